"""Transformations: inputs become outputs in one posting, with their yield; conserved, reversible, audited."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from longshore.catalog.models import Item, Lot, Place
from longshore.ledger.audit import audit
from longshore.ledger.models import Balance, Movement, Posting, PostingKind, Transform
from longshore.ledger.operations import (
    Claims,
    Input,
    Move,
    NewClaim,
    NewPosting,
    NewTransform,
    Output,
    PostingRefused,
    TransformRefused,
    post,
    reserve,
    reverse,
    transform,
)
from longshore.ledger.posting import Key
from tests.platform.ledger.conftest import WHO, Small, hours


def standing() -> dict[tuple[str, str], int]:
    """(item/lot, place): quantity"""
    rows = Balance.objects.exclude(qty=0).select_related("item", "lot", "place")
    return {(f"{row.item.code}/{row.lot.code if row.lot else ''}", row.place.code): row.qty for row in rows}


@pytest.fixture
def cheese(small: Small) -> Key:
    """Where the cheese will stand; 100 of milk L1 and 10 salt are on the shelf."""
    item = Item.objects.create(code="CHEESE", name="Cheese", base_unit_id=Item.objects.get(pk=small.milk).base_unit_id)
    lot = Lot.objects.create(item=item, code="C1")
    moves = (
        Move(small.key(small.supplier), small.key(small.shelf), 100),
        Move(small.key(small.supplier, item=small.salt), small.key(small.shelf, item=small.salt), 10),
    )
    post([NewPosting(uuid4(), PostingKind.RECEIPT, hours(0), moves)], at=hours(0), cause=WHO)
    return Key(item.pk, small.shelf, small.owner, lot.pk)


def making(small: Small, cheese: Key, **changes: object) -> NewTransform:
    given: dict[str, object] = {
        "key": uuid4(),
        "happened_at": hours(1),
        "inputs": (Input(small.key(small.shelf), 80, lost=5), Input(small.key(small.shelf, item=small.salt), 2)),
        "outputs": (Output(cheese, 9),),
        "machine": small.shelf,
        "expected": 10,
    }
    return NewTransform(**(given | changes))  # type: ignore[arg-type]


def test_inputs_become_outputs_in_one_posting(small: Small, cheese: Key) -> None:
    """80 milk (5 lost) and 2 salt make 9 cheese where 10 were expected: one posting, conserved, told with reason."""
    receipt = transform([making(small, cheese)], at=hours(1), cause=WHO)
    assert standing() == {
        ("MILK/L1", "E-01"): 20,
        ("MILK/L1", "PRODUCTION"): 75,
        ("MILK/L1", "SCRAP"): 5,
        ("MILK/L1", "P-SUP"): -100,
        ("SALT/", "E-01"): 8,
        ("SALT/", "PRODUCTION"): 2,
        ("SALT/", "P-SUP"): -10,
        ("CHEESE/C1", "PRODUCTION"): -9,
        ("CHEESE/C1", "E-01"): 9,
    }
    run = Transform.objects.get(posting_id=receipt.accepted[0].posting_id)
    assert (run.reason, run.machine_id, run.expected, run.posting.kind) == ("make", small.shelf, 10, 21)
    assert audit().clean


def test_the_same_transformation_twice_is_one(small: Small, cheese: Key) -> None:
    """A replay writes nothing and returns the first receipt."""
    new = making(small, cheese)
    first = transform([new], at=hours(1), cause=WHO).accepted[0]
    again = transform([new], at=hours(2), cause=WHO).accepted[0]
    assert (again.posting_id, again.replayed) == (first.posting_id, True)
    assert (Transform.objects.count(), Movement.objects.count()) == (1, 6)


def test_a_transformation_is_taken_back_like_any_posting(small: Small, cheese: Key) -> None:
    """After the reversal everything stands where it stood, and the books agree."""
    before = standing()
    new = making(small, cheese)
    transform([new], at=hours(1), cause=WHO)
    reverse(new.key, key=uuid4(), at=hours(2), cause=WHO)
    assert standing() == before
    assert audit().clean


def test_claims_on_inputs_are_respected_or_used(small: Small, cheese: Key) -> None:
    """Claimed milk is not free to be used; the claim of the production itself is used up, loss included."""
    stock = Balance.objects.get(item_id=small.milk, place_id=small.shelf).pk
    wanted = NewClaim(uuid4(), "production:1", small.milk, small.east, 80, hours(2), hours(3), balance=stock)
    claim = reserve([wanted], at=hours(0), cause=WHO).accepted[0].claim_id
    with pytest.raises(PostingRefused) as refused:
        transform([making(small, cheese)], at=hours(1), cause=WHO)
    assert refused.value.code == "not-enough"
    inputs = (Input(small.key(small.shelf), 80, lost=5, claims=Claims.CONSUME, claim=claim),)
    transform([making(small, cheese, inputs=inputs)], at=hours(1), cause=WHO)
    assert Balance.objects.get(pk=stock).claimed == 0
    assert audit().clean


def test_what_cannot_be_is_refused_and_the_rest_goes_on(small: Small, cheese: Key) -> None:
    """Each refusal names its row; with `partial` the good one is posted, without it nothing is."""
    milk = small.key(small.shelf)
    bad = [
        making(small, cheese, outputs=()),
        making(small, cheese, outputs=(Output(small.key(small.dock), 3),)),
        making(small, cheese, inputs=(Input(milk, 5, lost=6),)),
        making(small, cheese, expected=0),
        making(small, cheese, reason="magic"),
        making(small, cheese, inputs=(Input(milk, 500),)),
    ]
    codes = [
        "transform-one-sided",
        "transforms-itself",
        "loss-out-of-range",
        "expected-not-positive",
        "unknown-reason",
        "not-enough",
    ]
    with pytest.raises(TransformRefused):
        transform([making(small, cheese), *bad], at=hours(1), cause=WHO)
    assert Posting.objects.count() == 1
    receipt = transform([*bad, making(small, cheese)], at=hours(1), cause=WHO, partial=True)
    assert [(row.row, row.code) for row in receipt.rejected] == list(enumerate(codes, start=1))
    assert len(receipt.accepted) == 1
    assert Transform.objects.count() == 1


def test_a_transformation_is_never_rewritten(small: Small, cheese: Key) -> None:
    """The database itself refuses to change or delete one."""
    transform([making(small, cheese)], at=hours(1), cause=WHO)
    for change in (lambda: Transform.objects.update(reason="repack"), lambda: Transform.objects.all().delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    assert Place.objects.get(code="PRODUCTION").kind == "external"
