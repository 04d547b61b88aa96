"""Taking orders: units, idempotence, and everything a sender can get wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from longshore.catalog.models import Item, Partner, PartnerItem
from longshore.ledger.models import OutboxEvent
from longshore.ordering.models import CustomerOrder, OrderLine
from longshore.ordering.operations import NewLine, NewOrder, OrdersRefused, take_orders
from tests.platform.ordering.world import MONDAY, WHO, World, hours, name


def form(number: str = "A-1", *lines: NewLine) -> NewOrder:
    return NewOrder(name(number), number, "SHOP", hours(48), lines or (NewLine(1, "TEA", "3"),))


def test_quantities_are_written_as_entered_and_in_base_units(world: World) -> None:
    """Two cartons are 24 pieces at the list price; full-width digits and thousands separators are read."""
    lines = (NewLine(1, "TEA", "2", "CT"), NewLine(2, "RICE", "１，２００"), NewLine(3, "TEA", "0.5", "CT", 800))
    take_orders([form("A-1", *lines)], at=MONDAY, cause=WHO)
    rows = list(
        OrderLine.objects.order_by("line").values_list("entered_qty", "entered_unit__code", "qty", "unit_price")
    )
    assert rows == [("2", "CT", 24, 900), ("１，２００", "EA", 1200, 400), ("0.5", "CT", 6, 800)]
    order = CustomerOrder.objects.get()
    assert (order.value, order.state, order.received_at) == (24 * 900 + 1200 * 400 + 6 * 800, "new", MONDAY)


def test_taking_an_order_again_returns_the_first(world: World) -> None:
    """Same id: nothing new is written, the receipt says replayed; also twice in one call."""
    first = take_orders([form()], at=MONDAY, cause=WHO).accepted[0]
    again = take_orders([form(), form("A-2"), form("A-2")], at=hours(1), cause=WHO).accepted
    assert [(taken.number, taken.replayed) for taken in again] == [("A-1", True), ("A-2", False), ("A-2", True)]
    assert again[0].order_id == first.order_id
    assert (CustomerOrder.objects.count(), OutboxEvent.objects.filter(name="ordering.order-taken").count()) == (2, 2)


def test_the_customers_own_code_finds_the_item(world: World) -> None:
    """A code only this customer uses is read as our item."""
    PartnerItem.objects.create(partner_id=world.shop, item_id=world.rice, code="MI-77")
    take_orders([form("A-1", NewLine(1, "MI-77", 5))], at=MONDAY, cause=WHO)
    assert OrderLine.objects.get().item_id == world.rice


def line(**changes: object) -> Callable[[NewOrder], NewOrder]:
    return lambda order: replace(order, lines=(replace(order.lines[0], **changes),))


def head(**changes: object) -> Callable[[NewOrder], NewOrder]:
    return lambda order: replace(order, **changes)


BAD: list[tuple[Callable[[NewOrder], NewOrder], str, str]] = [
    (head(customer="NOBODY"), "customer", "unknown-customer"),
    (head(customer="GROWER"), "customer", "not-a-customer"),
    (head(customer=10**15), "customer", "unknown-customer"),
    (head(ship_to="MOON"), "ship_to", "unknown-place"),
    (head(number=""), "number", "bad-number"),
    (head(number="x" * 41), "number", "bad-number"),
    (head(number="A\n1"), "number", "bad-number"),
    (head(requested_at=datetime(2026, 3, 5)), "requested_at", "time-without-zone"),  # noqa: DTZ001
    (head(requested_at=datetime(1, 1, 1, tzinfo=UTC)), "requested_at", "time-out-of-range"),
    (head(requested_at=datetime(9999, 12, 31, tzinfo=UTC)), "requested_at", "time-out-of-range"),
    (head(received_at=datetime(202, 6, 3, tzinfo=UTC)), "received_at", "time-out-of-range"),
    (head(priority=0), "priority", "bad-priority"),
    (head(priority=10), "priority", "bad-priority"),
    (head(note="x" * 301), "note", "too-long"),
    (head(lines=()), "lines", "no-lines"),
    (head(lines=(NewLine(1, "TEA", 1), NewLine(1, "TEA", 2))), "lines[2].line", "line-repeated"),
    (line(line=0), "lines[1].line", "bad-line-number"),
    (line(line=2**31), "lines[1].line", "bad-line-number"),
    (line(item="COFFEE"), "lines[1].item", "unknown-item"),
    (line(item=10**12), "lines[1].item", "unknown-item"),
    (line(item="OLD"), "lines[1].item", "unknown-item"),
    (line(unit="PX"), "lines[1].unit", "unknown-unit"),
    (line(qty="0"), "lines[1].qty", "quantity-not-positive"),
    (line(qty=0), "lines[1].qty", "quantity-not-positive"),
    (line(qty="-3"), "lines[1].qty", "quantity-not-positive"),
    (line(qty="three"), "lines[1].qty", "quantity-not-a-number"),
    (line(qty=""), "lines[1].qty", "quantity-not-a-number"),
    (line(qty="NaN"), "lines[1].qty", "quantity-not-a-number"),
    (line(qty="1e400"), "lines[1].qty", "quantity-not-a-number"),
    (line(qty=Decimal("1e999999999")), "lines[1].qty", "quantity-not-a-number"),
    (line(qty=Decimal("Infinity")), "lines[1].qty", "quantity-not-a-number"),
    (line(qty="9" * 20), "lines[1].qty", "quantity-out-of-range"),
    (line(qty="9" * 5000), "lines[1].qty", "quantity-not-a-number"),
    (line(qty="1,5"), "lines[1].qty", "quantity-not-a-number"),
    (line(qty="1,20.5"), "lines[1].qty", "quantity-not-a-number"),
    (line(qty="1.200,5"), "lines[1].qty", "quantity-not-a-number"),
    (line(qty="=A1*2"), "lines[1].qty", "quantity-not-a-number"),
    (line(qty="#REF!"), "lines[1].qty", "quantity-not-a-number"),
    (line(qty="1.5"), "lines[1].qty", "not-whole-units"),
    (line(qty="0.33", unit="CT"), "lines[1].qty", "not-whole-units"),
    (line(qty=2**63), "lines[1].qty", "quantity-out-of-range"),
    (line(qty=2**62), "lines", "value-out-of-range"),
    (line(unit_price=-1), "lines[1].unit_price", "bad-price"),
]


@pytest.mark.parametrize(("spoil", "field", "code"), BAD)
def test_bad_orders_are_refused_by_row_and_field(
    world: World, spoil: Callable[[NewOrder], NewOrder], field: str, code: str
) -> None:
    """Among good orders the bad one is named with row, field, code and remedy, and nothing at all is written."""
    Item.objects.create(code="OLD", name="Old", base_unit_id=Item.objects.get(pk=world.tea).base_unit_id, active=False)
    with pytest.raises(OrdersRefused) as refused:
        take_orders([form("A-1"), spoil(form("A-2"))], at=MONDAY, cause=WHO)
    [fault] = refused.value.rejected
    assert (fault.row, fault.field, fault.code) == (2, field, code)
    assert fault.sentence and fault.remedy
    assert (CustomerOrder.objects.count(), OutboxEvent.objects.count()) == (0, 0)


def test_good_orders_are_taken_when_asked_so(world: World) -> None:
    """With `partial` the good one is taken and every fault of the bad one comes back."""
    bad = replace(form("A-2", NewLine(1, "COFFEE", "x"), NewLine(2, "TEA", "x")), customer="NOBODY")
    receipt = take_orders([form("A-1"), bad], at=MONDAY, cause=WHO, partial=True)
    assert [taken.number for taken in receipt.accepted] == ["A-1"]
    assert sorted(fault.field for fault in receipt.rejected) == ["customer", "lines[1].item", "lines[2].qty"]


def test_a_number_belongs_to_one_order(world: World) -> None:
    """Another id with a number that is taken is refused, in the database as within the call."""
    take_orders([form("A-1")], at=MONDAY, cause=WHO)
    other = replace(form("A-1"), key=name("other"))
    receipt = take_orders(
        [other, form("A-3"), replace(form("A-3"), key=name("third"))], at=MONDAY, cause=WHO, partial=True
    )
    assert [(fault.row, fault.code) for fault in receipt.rejected] == [(1, "number-taken"), (3, "number-taken")]


def test_a_customer_without_a_place_needs_one(world: World) -> None:
    """No place and none given: refused; given: taken."""
    Partner.objects.create(code="NEW", name="New", is_customer=True)
    order = replace(form(), customer="NEW")
    receipt = take_orders([order], at=MONDAY, cause=WHO, partial=True)
    assert [fault.code for fault in receipt.rejected] == ["no-place"]
    assert take_orders([replace(order, ship_to="P-SHOP")], at=MONDAY, cause=WHO).accepted
