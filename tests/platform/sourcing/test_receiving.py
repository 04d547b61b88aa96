"""Goods as they are scanned at the dock: over, short, damaged, in lots, once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from longshore.catalog.models import Lot
from longshore.ledger.models import Claim, PlannedFlow, Posting
from longshore.ledger.operations import Key, Move, NewClaim, NewPosting, post, reserve
from longshore.planning.models import LeadTime
from longshore.sourcing.models import PurchaseOrder, PurchaseOrderLine, Receipt
from longshore.sourcing.operations import (
    Arrived,
    ReceiptRefused,
    WrongDock,
    close_short,
    mark_stored,
    place_orders,
    receive,
)
from longshore.sourcing.queries import scorecards, waiting_for_put_away
from tests.platform.planning.world import MONDAY, WHO, World, days, name

DAMAGED = 3


def _order(world: World, item: int, qty: int, label: str = "") -> PurchaseOrderLine:
    world.released(item, qty, label=label)
    number = place_orders(at=MONDAY, cause=WHO).purchase_orders[0]
    return PurchaseOrderLine.objects.get(order=number)


def _came(line: PurchaseOrderLine, qty: int, label: str = "scan", **more: Any) -> Arrived:
    return Arrived(line=line.pk, qty=qty, key=name(label), **more)


def _take(world: World, line: PurchaseOrderLine, *arrived: Arrived, at: float = 3, partial: bool = False) -> Any:
    return receive(line.order_id, arrived, world.dock, at=days(at), cause=WHO, partial=partial)


def test_in_full(world: World) -> None:
    """50 of 50: on the dock, the flow done and closed, line and order closed, the supplier's place 50 below zero."""
    line = _order(world, world.tea, 50)
    receipt = _take(world, line, _came(line, 50))
    line.refresh_from_db()
    order = PurchaseOrder.objects.get()
    flow = PlannedFlow.objects.get(pk=line.flow_id)
    assert [(r.qty, r.damaged, r.over, r.replayed) for r in receipt.accepted] == [(50, 0, 0, False)]
    assert (world.standing(world.tea, world.dock), world.standing(world.tea, world.grower_place)) == (50, -50)
    assert (flow.done, flow.status, line.received, line.closed_at, order.state) == (
        50,
        "closed",
        50,
        days(3),
        "received",
    )
    assert (order.received_at, Posting.objects.get().document) == (days(3), f"purchase-order:{order.pk}")


def test_short_stays_open_until_it_is_closed(world: World) -> None:
    """30 of 50: 20 are still to come; closing short ends them and what was promised on them."""
    line = _order(world, world.tea, 50)
    claim = NewClaim(name("c"), "order-line:1", world.tea, world.centre, 40, days(4), days(5), flow=line.flow_id)
    held = reserve([claim], at=MONDAY, cause=WHO).accepted[0].claim_id
    _take(world, line, _came(line, 30))
    flow = PlannedFlow.objects.get(pk=line.flow_id)
    assert (flow.done, flow.status, flow.claimed, PurchaseOrder.objects.get().state) == (
        30,
        "firm",
        10,
        "part_received",
    )
    on_stock, on_flow = Claim.objects.filter(state="open").order_by("flow_id")[:2]
    assert {(c.flow_id is None, c.qty - c.consumed) for c in (on_stock, on_flow)} == {(True, 30), (False, 10)}
    receipt = close_short(line.order_id, at=days(4), cause=WHO)
    assert len(receipt.displaced) == 1
    assert (PurchaseOrder.objects.get().state, PlannedFlow.objects.get(pk=line.flow_id).status) == (
        "received",
        "closed",
    )
    assert sum(c.qty - c.consumed for c in Claim.objects.filter(state="open")) == 30
    assert held in {on_stock.pk, on_flow.pk}


def test_damaged_goods_serve_nobody(world: World) -> None:
    """50 came, 8 of them damaged: 42 fit for use, 8 damaged; of claims of 40 and 5 the less urgent falls whole."""
    line = _order(world, world.tea, 50)
    claims = [
        NewClaim(
            name("a"), "order-line:1", world.tea, world.centre, 40, days(4), days(5), flow=line.flow_id, priority=1
        ),
        NewClaim(
            name("b"), "order-line:2", world.tea, world.centre, 5, days(4), days(5), flow=line.flow_id, priority=9
        ),
    ]
    reserve(claims, at=MONDAY, cause=WHO)
    receipt = _take(world, line, _came(line, 50, damaged=8))
    assert (world.standing(world.tea, world.dock), world.standing(world.tea, world.dock, DAMAGED)) == (42, 8)
    line.refresh_from_db()
    assert (line.received, line.damaged, PlannedFlow.objects.get(pk=line.flow_id).status) == (50, 8, "closed")
    open_claims = {c.demand: (c.flow_id, c.qty - c.consumed) for c in Claim.objects.filter(state="open")}
    assert open_claims == {"order-line:1": (None, 40)}
    assert len(receipt.displaced) == 1


def test_a_little_over_is_taken_in_and_named(world: World) -> None:
    """52 of 50 lie within five per cent: 50 fulfil the order, 2 are over."""
    line = _order(world, world.tea, 50)
    receipt = _take(world, line, _came(line, 52))
    assert (receipt.accepted[0].over, world.standing(world.tea, world.dock)) == (2, 52)
    assert PlannedFlow.objects.get(pk=line.flow_id).done == 50
    assert Receipt.objects.get().over == 2


def test_too_much_is_refused_and_nothing_changes(world: World) -> None:
    """53 of 50 are refused with what can be taken in; the other row of the same call is not taken in either."""
    line = _order(world, world.tea, 50)
    with pytest.raises(ReceiptRefused) as refused:
        _take(world, line, _came(line, 10, "one"), _came(line, 43, "two"))
    row = refused.value.rejected[0]
    assert (row.row, row.field, row.code) == (2, "qty", "too-much")
    assert row.remedy
    assert (Receipt.objects.count(), Posting.objects.count(), world.standing(world.tea, world.dock)) == (0, 0, 0)
    receipt = _take(world, line, _came(line, 10, "one"), _came(line, 43, "two"), partial=True)
    assert ([r.qty for r in receipt.accepted], [r.row for r in receipt.rejected]) == ([10], [2])
    assert world.standing(world.tea, world.dock) == 10


def test_scanning_twice_receives_once(world: World) -> None:
    """The same id again returns the first receipt; the same id with another quantity is refused."""
    line = _order(world, world.tea, 50)
    first = _take(world, line, _came(line, 30)).accepted[0]
    again = _take(world, line, _came(line, 30)).accepted[0]
    assert (again.receipt, again.replayed, world.standing(world.tea, world.dock)) == (first.receipt, True, 30)
    with pytest.raises(ReceiptRefused) as refused:
        _take(world, line, _came(line, 20))
    assert refused.value.code == "receipt-id-reused"
    assert world.standing(world.tea, world.dock) == 30


def test_lots_come_with_their_last_day(world: World) -> None:
    """A new lot is written with its dates; a missing lot, a missing date and another date are refused by row."""
    line = _order(world, world.milk, 50)
    expires = date(2026, 4, 1)
    _take(world, line, _came(line, 20, lot_code="L7", expires_on=expires, produced_on=date(2026, 3, 1)))
    lot = Lot.objects.get(code="L7")
    assert (lot.expires_on, lot.supplier_id, Receipt.objects.get().lot_id) == (expires, world.grower, lot.pk)
    bad = (
        _came(line, 1, "no-lot"),
        _came(line, 1, "no-date", lot_code="L8"),
        _came(line, 1, "other-date", lot_code="L7", expires_on=date(2026, 4, 2)),
        _came(line, 1, "expired", lot_code="L9", expires_on=date(2026, 3, 4)),
    )
    receipt = _take(world, line, *bad, partial=True)
    codes = ["lot-missing", "expiry-missing", "lot-differs", "lot-expired"]
    assert [(row.row, row.code) for row in receipt.rejected] == list(enumerate(codes, 1))
    assert world.standing(world.milk, world.dock) == 20


def test_goods_are_received_at_their_own_site(world: World) -> None:
    """A dock of another site, or a shelf, is refused."""
    line = _order(world, world.tea, 50)
    for place in (world.branch_dock, world.shelf):
        with pytest.raises(WrongDock):
            receive(line.order_id, [_came(line, 5)], place, at=days(3), cause=WHO)
    assert Receipt.objects.count() == 0


def test_receipts_wait_until_their_goods_leave_the_dock(world: World) -> None:
    """A receipt waits for put-away exactly as long as something of it stands on the dock."""
    line = _order(world, world.tea, 50)
    _take(world, line, _came(line, 50))
    assert [row.qty for row in waiting_for_put_away(world.centre)] == [50]
    dock, shelf = (Key(world.tea, place, world.owner) for place in (world.dock, world.shelf))
    post([NewPosting(name("p1"), 2, days(3), (Move(dock, shelf, 30),))], at=days(3), cause=WHO)
    assert mark_stored(at=days(3)) == 0
    post([NewPosting(name("p2"), 2, days(3), (Move(dock, shelf, 20),))], at=days(3), cause=WHO)
    assert mark_stored(at=days(3)) == 1
    assert waiting_for_put_away() == ()


def test_scorecard_and_measured_lead_time(world: World) -> None:
    """Two lines, one on time and in full, one late and damaged: counted so, and planning learns the lead times."""
    good = _order(world, world.tea, 50, "a")
    _take(world, good, _came(good, 50, "a"), at=2)
    bad = _order(world, world.tea, 20, "b")
    _take(world, bad, _came(bad, 20, "b", damaged=1), at=4)
    card = scorecards(at=days(5))[0]
    assert (card.lines, card.on_time, card.in_full, card.on_time_in_full, card.damaged) == (2, 1, 1, 1, 1)
    assert (card.lead_minutes, card.lead_sd_minutes, card.otif_bp) == (3 * 1440, 2036, 5000)
    known = LeadTime.objects.get(supplier=world.grower, item=world.tea)
    assert (known.samples, known.mean_minutes, known.sd_minutes) == (2, 3 * 1440, 2036)


def test_a_line_has_its_whole_day(world: World) -> None:
    """Due at eight and taken in the same evening: on time; until that day is over it is not counted at all."""
    line = _order(world, world.tea, 50)
    assert line.order.agreed_at == days(3)
    evening = days(3) + timedelta(hours=10)
    assert scorecards(at=evening) == ()
    receive(line.order_id, [_came(line, 50)], world.dock, at=evening, cause=WHO)
    card = scorecards(at=evening)[0]
    assert (card.lines, card.on_time, card.on_time_in_full) == (1, 1, 1)
