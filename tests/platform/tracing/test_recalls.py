"""Recalls: found, held, told, reconciled to zero; again and again without harm, and called off."""

from __future__ import annotations

from uuid import uuid4

import pytest

from longshore.catalog.models import Partner, Place
from longshore.ledger.audit import audit
from longshore.ledger.models import Balance, Claim, Movement, OutboxEvent, Posting, PostingKind
from longshore.ledger.operations import Counted, Move, NewClaim, NewPosting, count_stock, post, reserve
from longshore.sensing.models import Attachment, Device
from longshore.tracing.models import Recall, RecallLetter, RecallLine
from longshore.tracing.operations import (
    NewRecall,
    RecallRefused,
    answer_letter,
    cancel_recall,
    close_recall,
    hold_recall,
    notify_recall,
    reconcile_recall,
    start_recall,
)
from longshore.tracing.rules import LOT, UNIT, node_of
from tests.platform.ledger.conftest import WHO, Small, hours
from tests.platform.tracing.dairy import Dairy, build_dairy, link


@pytest.fixture
def dairy(db: None) -> Dairy:
    found = build_dairy()
    link()
    return found


def begin(dairy: Dairy, **asked: object) -> int:
    given: dict[str, object] = {"key": uuid4(), "reason": "metal", "nodes": (node_of(LOT, dairy.small.early),)}
    return start_recall(NewRecall(**(given | asked)), at=hours(10), cause=WHO).recall  # type: ignore[arg-type]


def balances(recall: int) -> dict[str, tuple[int, ...]]:
    """lot: made, found, held, shipped, scrapped, consumed, unexplained"""
    rows = RecallLine.objects.filter(recall_id=recall).select_related("lot")
    return {
        row.lot.code: (row.made, row.found, row.held, row.shipped, row.scrapped, row.consumed, row.unexplained)
        for row in rows
        if row.lot
    }


def conditions(item: int) -> dict[int, int]:
    """condition: quantity on our places"""
    rows = Balance.objects.filter(item_id=item, bounded=True, qty__gt=0)
    totals: dict[int, int] = {}
    for row in rows:
        totals[row.condition] = totals.get(row.condition, 0) + row.qty
    return totals


def test_a_recall_of_a_lot_finds_all_of_it(dairy: Dairy) -> None:
    """Milk, cheese and slices with where every unit is; the shop's two deliveries as one letter; nothing moved yet."""
    moved = Movement.objects.count()
    recall = begin(dairy)
    assert balances(recall) == {
        "L1": (100, 20, 0, 0, 5, 75, 0),
        "C1": (8, 4, 0, 0, 0, 4, 0),
        "S1": (40, 25, 0, 15, 0, 0, 0),
    }
    letter = RecallLetter.objects.get(recall_id=recall)
    assert letter.partner == Partner.objects.get(code="SHOP")
    assert (letter.qty, letter.document, letter.state) == (15, "SH-1", "waiting")
    assert Movement.objects.count() == moved


def test_the_same_recall_twice_is_one(dairy: Dairy) -> None:
    """A replay returns the first receipt."""
    new = NewRecall(uuid4(), "metal", nodes=(node_of(LOT, dairy.small.early),))
    first = start_recall(new, at=hours(10), cause=WHO)
    again = start_recall(new, at=hours(11), cause=WHO)
    assert (again.recall, again.replayed, Recall.objects.count()) == (first.recall, True, 1)


def test_a_recall_from_start_to_end(dairy: Dairy) -> None:
    """Hold displaces claims, the shop is told once and answers, everything comes out, and the books agree."""
    stock = Balance.objects.get(item_id=dairy.cheese, place_id=dairy.small.shelf).pk
    new = NewClaim(uuid4(), "order-line:9", dairy.cheese, dairy.small.east, 2, hours(20), hours(30), balance=stock)
    claim = reserve([new], at=hours(9), cause=WHO).accepted[0].claim_id
    recall = begin(dairy)
    held = hold_recall(recall, at=hours(11), cause=WHO)
    assert (held.moves, held.qty, held.displaced) == (3, 20 + 4 + 25, (claim,))
    assert Claim.objects.get(pk=claim).state == "voided"
    assert [conditions(item) for item in (dairy.small.milk, dairy.cheese, dairy.slices)] == [{2: 20}, {2: 4}, {2: 25}]
    assert hold_recall(recall, at=hours(12), cause=WHO).moves == 0
    told = notify_recall(recall, at=hours(12), cause=WHO)
    assert (len(told.letters), told.partners) == (1, (Partner.objects.get(code="SHOP").pk,))
    assert notify_recall(recall, at=hours(13), cause=WHO).letters == ()
    open_letter = reconcile_recall(recall, at=hours(13), cause=WHO)
    assert (open_letter.reconciled, open_letter.unexplained, open_letter.unanswered) == (False, 0, 1)
    answer_letter(told.letters[0], recovered=12, at=hours(14), cause=WHO, note="3 eaten")
    done = reconcile_recall(recall, at=hours(15), cause=WHO)
    assert (done.reconciled, done.unexplained, done.recall.state) == (True, 0, "reconciled")
    assert close_recall(recall, at=hours(16), cause=WHO).state == "closed"
    assert close_recall(recall, at=hours(16), cause=WHO).state == "closed"
    names = list(OutboxEvent.objects.filter(name__startswith="tracing.recall").values_list("name", flat=True))
    assert names == [
        f"tracing.recall-{step}" for step in ("started", "held", "notified", "reconciled", "reconciled", "closed")
    ]
    assert audit().clean


def test_what_a_count_missed_is_unexplained_and_stops_the_recall(dairy: Dairy) -> None:
    """Two cheeses too few on the shelf: unexplained 2, not reconciled, not closed."""
    where = dairy.key(dairy.cheese, dairy.c1, dairy.small.shelf)
    count_stock([Counted(uuid4(), where, 2, hours(9))], at=hours(9), cause=WHO)
    recall = begin(dairy)
    hold_recall(recall, at=hours(11), cause=WHO)
    looked = reconcile_recall(recall, at=hours(12), cause=WHO)
    assert (looked.reconciled, looked.unexplained) == (False, 2)
    assert balances(recall)["C1"] == (8, 2, 2, 0, 0, 4, 2)
    with pytest.raises(RecallRefused) as refused:
        close_recall(recall, at=hours(13), cause=WHO)
    assert refused.value.code == "recall-not-ready"


def test_a_recall_called_off_gives_back_what_it_held(dairy: Dairy) -> None:
    """What still stands on hold is usable again, but not what others hold; letters are withdrawn."""
    small = dairy.small
    shelf = small.key(small.shelf)
    other = Move(shelf, small.key(small.shelf, condition=2), 7)
    post([NewPosting(uuid4(), PostingKind.CONDITION, hours(9), (other,))], at=hours(9), cause=WHO)
    recall = begin(dairy)
    hold_recall(recall, at=hours(11), cause=WHO)
    notify_recall(recall, at=hours(12), cause=WHO)
    scrap = Place.objects.get(code="SCRAP").pk
    gone = Move(
        dairy.key(dairy.cheese, dairy.c1, small.shelf, condition=2), dairy.key(dairy.cheese, dairy.c1, scrap), 1
    )
    post([NewPosting(uuid4(), PostingKind.SCRAP, hours(12), (gone,))], at=hours(12), cause=WHO)
    off = cancel_recall(recall, at=hours(13), cause=WHO)
    assert (off.moves, off.qty, off.recall.state) == (3, 13 + 3 + 25, "cancelled")
    assert [conditions(item) for item in (small.milk, dairy.cheese, dairy.slices)] == [{0: 13, 2: 7}, {0: 3}, {0: 25}]
    assert RecallLetter.objects.get().state == "withdrawn"
    postings = Posting.objects.count()
    assert cancel_recall(recall, at=hours(14), cause=WHO).moves == 0
    assert Posting.objects.count() == postings
    assert audit().clean


def hung_up(small: Small) -> int:
    """A logger on the truck that hung on the shelf until before anything stood there."""
    logger = Device.objects.create(code="TH-1", name="", kind="logger", state="active", created_at=hours(-9))
    Attachment.objects.create(device=logger, place_id=small.shelf, from_at=hours(-9), until_at=hours(-8))
    Attachment.objects.create(device=logger, place_id=small.truck, from_at=hours(-8))
    return int(logger.pk)


def test_the_other_ways_to_begin(dairy: Dairy) -> None:
    """A supplier and period, a machine run, a place during a time, a carton: each finds its lots and no others."""
    small = dairy.small
    supplier = Partner.objects.get(code="DAIRY").pk
    day = {"from_at": hours(-1), "until": hours(0.5)}
    asked: list[tuple[dict[str, object], set[str]]] = [
        ({"kind": "supplier", "nodes": (), "supplier": supplier, **day}, {"L1", "C1", "S1"}),
        ({"kind": "machine", "nodes": (), "machine": small.stage, **day, "until": hours(1)}, {"C1", "S1"}),
        ({"kind": "sensor", "nodes": (), "places": (small.truck,), **day, "until": hours(4)}, {"S1"}),
        ({"kind": "sensor", "nodes": (), "device": hung_up(small), **day, "until": hours(4)}, {"S1"}),
        ({"nodes": (node_of(UNIT, dairy.carton),)}, {"S1"}),
    ]
    for how, lots in asked:
        assert set(balances(begin(dairy, **how))) == lots
    for how, _lots in asked[:4]:
        with pytest.raises(RecallRefused) as refused:
            begin(dairy, **(how | {"from_at": hours(8), "until": hours(9)}))
        assert refused.value.code == "nothing-to-recall"


def test_a_recall_that_says_too_little_is_refused(dairy: Dairy) -> None:
    """No start, no period, an unknown way, an answer beyond what was delivered: refused, and nothing is written."""
    for how, code in (
        ({"nodes": ()}, "recall-needs-start"),
        ({"kind": "machine", "machine": 1}, "recall-needs-period"),
        ({"kind": "magic", "from_at": hours(0), "until": hours(1)}, "unknown-recall-start"),
    ):
        with pytest.raises(RecallRefused) as refused:
            begin(dairy, **how)
        assert refused.value.code == code
    assert Recall.objects.count() == 0
    recall = begin(dairy)
    hold_recall(recall, at=hours(11), cause=WHO)
    letter = notify_recall(recall, at=hours(12), cause=WHO).letters[0]
    with pytest.raises(RecallRefused) as refused:
        answer_letter(letter, recovered=16, at=hours(13), cause=WHO)
    assert refused.value.code == "recovered-out-of-range"
    with pytest.raises(RecallRefused):
        notify_recall(999, at=hours(13), cause=WHO)


def test_what_turns_up_later_is_held_in_a_later_round(dairy: Dairy) -> None:
    """A return of slices after the first hold is found and held by the next."""
    small = dairy.small
    recall = begin(dairy)
    hold_recall(recall, at=hours(11), cause=WHO)
    back = Move(dairy.key(dairy.slices, dairy.s1, small.customer), dairy.key(dairy.slices, dairy.s1, small.dock), 3)
    post([NewPosting(uuid4(), PostingKind.RETURN, hours(12), (back,))], at=hours(12), cause=WHO)
    assert reconcile_recall(recall, at=hours(12), cause=WHO).still_free == 1
    again = hold_recall(recall, at=hours(13), cause=WHO)
    assert (again.moves, again.qty) == (1, 3)
    assert balances(recall)["S1"] == (40, 28, 28, 12, 0, 0, 0)
