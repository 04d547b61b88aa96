"""Scanners on a bad network: messages come twice, late and in any order, and the server dies where it hurts most.

Whatever the network does, the same work must end in the same balances, and everything the server said it had must be
told to the subscribers exactly once. After every step the auditor recomputes the ledger from its movements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import numpy as np
import pytest

from longshore.catalog.models import Item, Partner, Place
from longshore.catalog.operations import ensure_fixed_places, ensure_units
from longshore.engine.simulating.streams import Streams
from longshore.ledger import outbox
from longshore.ledger.audit import audit
from longshore.ledger.cause import Cause
from longshore.ledger.models import Balance, Delivery, OutboxEvent, PostingKind
from longshore.ledger.operations import Key, Move, NewPosting, post
from longshore.project import dispatcher
from tests.simulation.auditor import findings

START = datetime(2026, 3, 2, tzinfo=UTC)
NAMES = UUID("0f5a5a53-52d1-4d9e-9a1e-0d8b9f0a1c55")
DEVICES, BINS, ITEMS, STEPS = 5, 8, 4, 40


class Crash(BaseException):
    """The process is gone: nothing in it catches this."""


@dataclass
class Network:
    """Holds messages back, sends some twice, hands them over in any order."""

    rng: np.random.Generator
    waiting: list[tuple[int, NewPosting]] = field(default_factory=list)

    def send(self, message: NewPosting, step: int) -> None:
        for _copy in range(1 + int(self.rng.random() < 0.35)):
            self.waiting.append((step + int(self.rng.geometric(0.4)) - 1, message))

    def arriving(self, step: int) -> list[NewPosting]:
        due = [message for when, message in self.waiting if when <= step]
        self.waiting = [(when, message) for when, message in self.waiting if when > step]
        self.rng.shuffle(due)  # type: ignore[arg-type]
        return due


@dataclass
class Told:
    """What subscribers have heard, by event; and when the process should die while telling them."""

    heard: Counter[int] = field(default_factory=Counter)
    crash_next: bool = False

    def react(self, event: outbox.Told) -> None:
        OutboxEvent.objects.filter(id=event.id).update(cause="told")
        if self.crash_next:
            self.crash_next = False
            raise Crash
        self.heard[event.id] += 1


@contextmanager
def _subscribed(told: Told, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    table = {"ledger.posted": (told.react,)}
    monkeypatch.setattr(dispatcher, "SUBSCRIPTIONS", table)
    monkeypatch.setattr(dispatcher, "reactors_by_name", lambda: {dispatcher.reactor_name(told.react): told.react})
    yield


@dataclass(frozen=True)
class Stage:
    items: list[int]
    bins: list[int]
    owner: int
    opening: int
    customer: int


def _stage() -> Stage:
    units = ensure_units()
    assert units.created
    ensure_fixed_places()
    from longshore.catalog.models import UnitOfMeasure

    each = UnitOfMeasure.objects.get(code="EA")
    site = Place.objects.create(code="S", name="Site", kind="site")
    bins = Place.objects.bulk_create(
        [
            Place(code=f"S-{n}", name=f"Bin {n}", kind="bin", parent=site, site=site, usage="storage")
            for n in range(BINS)
        ]
    )
    items = Item.objects.bulk_create([Item(code=f"I{n}", name=f"Item {n}", base_unit=each) for n in range(ITEMS)])
    customer = Place.objects.create(code="P-K", name="Customer", kind="party")
    return Stage(
        [item.pk for item in items],
        [place.pk for place in bins],
        Partner.objects.get(code="SELF").pk,
        Place.objects.get(code="OPENING").pk,
        customer.pk,
    )


def _work(stage: Stage, rng: np.random.Generator, step: int, stock: Counter[tuple[int, int]]) -> list[NewPosting]:
    """What the devices do in one step, on the stock as it really is: receive, move, ship."""
    messages = []
    for device in range(DEVICES):
        item = stage.items[int(rng.integers(ITEMS))]
        here, there = (stage.bins[int(index)] for index in rng.choice(BINS, 2, replace=False))
        kind = float(rng.random())
        have = stock[item, here]
        qty = 1 + int(rng.integers(20))
        if kind < 0.45 or not have:
            source, target, why = stage.opening, here, PostingKind.RECEIPT
        elif kind < 0.8:
            source, target, why, qty = here, there, PostingKind.MOVE, min(qty, have)
        else:
            source, target, why, qty = here, stage.customer, PostingKind.DELIVER, min(qty, have)
        stock[item, source] -= qty
        stock[item, target] += qty
        move = Move(Key(item, source, stage.owner), Key(item, target, stage.owner), qty)
        key = uuid5(NAMES, f"{step}/{device}")
        messages.append(NewPosting(key, why, START + timedelta(minutes=step), (move,), f"D{device}"))
    return messages


def _accept(batch: Sequence[NewPosting], at: datetime) -> set[UUID]:
    """The server takes what stands; the rest has overtaken something it needs and comes again. Returns acknowledged ids."""
    once = list({message.key: message for message in batch}.values())
    receipt = post(once, at=at, cause=Cause("device"), partial=True)
    assert all(row.code == "not-enough" for row in receipt.rejected), receipt.rejected
    return {posted.key for posted in receipt.accepted}


def _dispatch(told: Told, rng: np.random.Generator, at: datetime) -> None:
    """Sometimes nothing runs, sometimes the process dies in the middle of telling."""
    chance = float(rng.random())
    if chance < 0.3:
        return
    told.crash_next = chance < 0.6
    from django.db import transaction

    try:
        with transaction.atomic():
            dispatcher.drain_outbox(at=at)
    except Crash:
        pass
    told.crash_next = False


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_any_order_any_crash_same_end(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Duplicates, delays, shuffles and crashes leave the balances that the work itself leaves, and tell each event."""
    streams = Streams(seed)
    stage, network = _stage(), Network(streams.stream("network"))
    work, crashes = streams.stream("work"), streams.stream("crashes")
    truth: Counter[tuple[int, int]] = Counter()
    sent: dict[UUID, NewPosting] = {}
    acknowledged: set[UUID] = set()
    told = Told()
    with _subscribed(told, monkeypatch):
        for step in range(STEPS * 3):
            at = START + timedelta(minutes=step + 1)
            for message in _work(stage, work, step, truth) if step < STEPS else ():
                sent[message.key] = message
                network.send(message, step)
            batch = network.arriving(step)
            if step % 5 == 4 or step >= STEPS:
                batch += [message for key, message in sent.items() if key not in acknowledged]  # devices try again
            acknowledged |= _accept(batch, at)
            _dispatch(told, crashes, at)
            assert findings() == [], f"seed {seed}, step {step}: {findings()}"
        dispatcher.drain_outbox(at=START + timedelta(days=1))
    assert acknowledged == set(sent), f"seed {seed}"
    found = {(b.item_id, b.place_id): b.qty for b in Balance.objects.all() if b.qty}
    assert found == {key: qty for key, qty in truth.items() if qty}, f"seed {seed}"
    report = audit()
    assert (report.discrepancies, report.entries > 0) == ((), True), f"seed {seed}: {report.discrepancies}"
    told_once = set(OutboxEvent.objects.filter(name="ledger.posted").values_list("id", flat=True))
    assert set(told.heard) >= told_once, f"seed {seed}"
    assert not Delivery.objects.exclude(state="done").exists(), f"seed {seed}"
