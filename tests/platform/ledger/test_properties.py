"""Whatever is asked of the ledger, in whatever order: the books agree with a plain model of them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longshore.ledger.audit import audit
from longshore.ledger.models import Balance, Claim, Movement
from longshore.ledger.operations import (
    Claims,
    Move,
    NewClaim,
    NewPosting,
    PostingRefused,
    post,
    rebuild_balances,
    reserve,
    void_claims,
)
from longshore.ledger.operations.claims import ClaimRefused
from longshore.ledger.posting import columns, microseconds, moment
from longshore.ledger.rules import average_out, digests, distinct_keys, fifo_out
from tests.platform.ledger.conftest import NOON, WHO, Small, hours

QUANTITY = st.integers(min_value=1, max_value=12)
PLACES = ("dock", "shelf", "stage", "far_shelf", "truck")
STEP = st.one_of(
    st.tuples(st.just("receive"), st.sampled_from(PLACES), QUANTITY),
    st.tuples(st.just("move"), st.sampled_from(PLACES), st.sampled_from(PLACES), QUANTITY),
    st.tuples(st.just("follow"), st.sampled_from(PLACES), st.sampled_from(PLACES), QUANTITY),
    st.tuples(st.just("lose"), st.sampled_from(PLACES), QUANTITY),
    st.tuples(st.just("claim"), st.sampled_from(PLACES), QUANTITY),
    st.tuples(st.just("carry"), st.integers(0, 5), st.sampled_from(PLACES), QUANTITY),
    st.tuples(st.just("consume"), st.integers(0, 5), QUANTITY),
    st.tuples(st.just("void"), st.integers(0, 5)),
    st.tuples(st.just("again"),),
)  # fmt: skip


class Story:
    """Plays steps against the ledger and against a dictionary of quantities."""

    def __init__(self, small: Small) -> None:
        self.small = small
        self.model: dict[int, int] = defaultdict(int)
        self.last: NewPosting | None = None

    def play(self, step: tuple[Any, ...]) -> None:
        what, *rest = step
        getattr(self, what)(*rest)
        rows = Balance.objects.filter(item_id=self.small.milk)
        got: dict[int, int] = defaultdict(int)
        for row in rows:
            got[row.place_id] += row.qty
            assert row.claimed <= max(row.qty, 0), "claims never exceed what they stand on"
        assert {k: v for k, v in got.items() if v} == {k: v for k, v in self.model.items() if v}

    def _send(self, source: int, target: int, qty: int, mode: Claims = Claims.FREE, claim: int | None = None) -> None:
        move = Move(self.small.key(source), self.small.key(target), qty, mode, claim)
        posting = NewPosting(uuid4(), 3, hours(1), (move,))
        try:
            post([posting], at=hours(1), cause=WHO)
        except PostingRefused:
            return
        self.last = posting
        self.model[source] -= qty
        self.model[target] += qty

    def receive(self, place: str, qty: int) -> None:
        self._send(self.small.supplier, getattr(self.small, place), qty)

    def move(self, source: str, target: str, qty: int) -> None:
        self._send(getattr(self.small, source), getattr(self.small, target), qty)

    def follow(self, source: str, target: str, qty: int) -> None:
        self._send(getattr(self.small, source), getattr(self.small, target), qty, Claims.FOLLOW)

    def lose(self, place: str, qty: int) -> None:
        self._send(getattr(self.small, place), self.small.customer, qty, Claims.DISPLACE)

    def claim(self, place: str, qty: int) -> None:
        row = Balance.objects.filter(item_id=self.small.milk, place_id=getattr(self.small, place)).first()
        if row is not None:
            new = NewClaim(uuid4(), "order-line:1", self.small.milk, self.small.east, qty, hours(5), hours(6), row.pk)
            try:
                reserve([new], at=hours(1), cause=WHO)
            except ClaimRefused:
                assert row.qty - row.claimed < qty

    def _open(self, number: int) -> Claim | None:
        claims = Claim.objects.filter(state="open").select_related("balance").order_by("pk")
        return claims[number % len(claims)] if claims else None

    def carry(self, number: int, target: str, qty: int) -> None:
        claim = self._open(number)
        if claim is not None and claim.balance is not None:
            self._send(claim.balance.place_id, getattr(self.small, target), qty, Claims.CARRY, claim.pk)

    def consume(self, number: int, qty: int) -> None:
        claim = self._open(number)
        if claim is not None and claim.balance is not None:
            self._send(claim.balance.place_id, self.small.customer, qty, Claims.CONSUME, claim.pk)

    def void(self, number: int) -> None:
        claim = self._open(number)
        if claim is not None:
            void_claims([claim.pk], at=hours(1), cause=WHO)

    def again(self) -> None:
        if self.last is not None:
            before = Movement.objects.count()
            assert post([self.last], at=hours(2), cause=WHO).accepted[0].replayed
            assert Movement.objects.count() == before


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=14))
def test_any_story_keeps_the_books(small: Small, steps: list[tuple[Any, ...]]) -> None:
    """After any sequence of verbs the balances equal a plain model, the audit is clean and a rebuild mends nothing."""
    with transaction.atomic():
        story = Story(small)
        for step in steps:
            story.play(step)
        assert audit().discrepancies == ()
        assert rebuild_balances() == ()
        transaction.set_rollback(True)


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moves=st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(PLACES), QUANTITY), min_size=1, max_size=12),
)
def test_a_batch_is_judged_as_if_posted_one_by_one(small: Small, moves: list[tuple[str, str, int]]) -> None:
    """With `partial`, a batch accepts exactly the postings that single postings in that order would have."""
    start = [
        NewPosting(uuid4(), 1, NOON, (Move(small.key(small.supplier), small.key(getattr(small, place)), 10),))
        for place in PLACES
    ]
    base = uuid4()
    batch = [
        NewPosting(
            uuid5(base, str(n)), 3, NOON, (Move(small.key(getattr(small, a)), small.key(getattr(small, b)), qty),)
        )
        for n, (a, b, qty) in enumerate(moves)
    ]

    def accepted(sizes: int) -> list[UUID]:
        done: list[UUID] = []
        with transaction.atomic():
            post(start, at=NOON, cause=WHO)
            for begin in range(0, len(batch), sizes):
                receipt = post(batch[begin : begin + sizes], at=NOON, cause=WHO, partial=True)
                done += [row.key for row in receipt.accepted]
            transaction.set_rollback(True)
        return done

    assert accepted(len(batch)) == accepted(1)


@given(qty=st.integers(1, 10**9), value=st.integers(0, 10**15), parts=st.lists(st.integers(1, 1000), max_size=20))
def test_no_value_is_lost_when_stock_leaves_in_parts(qty: int, value: int, parts: list[int]) -> None:
    """The values taken out and what is left add up to the value that was there, and the last unit takes the rest."""
    left, worth, out = qty, value, 0
    for part in parts:
        taken, cost = fifo_out(left, worth, part)
        left, worth, out = left - taken, worth - cost, out + cost
        if left == 0:
            break
    assert out + worth == value
    assert left > 0 or worth == 0
    assert average_out(qty, value, qty) == value


@given(micros=st.integers(-(10**15), 10**15))
def test_a_moment_survives_the_wire(micros: int) -> None:
    """Microseconds since 2000 and back give the same moment."""
    assert microseconds(moment(micros)) == micros


def test_the_digest_tells_contents_apart_and_batches_alike(small: Small) -> None:
    """A posting has the same digest alone and in a batch; another quantity, place or order of moves has another."""
    one = Move(small.key(small.supplier), small.key(small.shelf), 5)
    two = Move(small.key(small.supplier), small.key(small.dock), 5)
    key = uuid4()
    contents = [(one, two), (two, one), (one,), (Move(one.source, one.target, 6),), (Move(one.target, one.source, 5),)]
    alone = [digests(columns([NewPosting(key, 1, NOON, moves)]))[0] for moves in contents]
    together = digests(columns([NewPosting(key, 1, NOON, moves) for moves in contents]))
    assert alone == together
    assert len(set(alone)) == len(contents)
    keys, source, _target = distinct_keys(columns([NewPosting(key, 1, NOON, (one, two))]))
    assert (len(keys), len(set(source.tolist()))) == (3, 1)
