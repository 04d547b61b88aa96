"""Promises: on stock, on supply to come, split, short, complete, again."""

from __future__ import annotations

from longshore.ledger.models import Balance, Claim, OutboxEvent
from longshore.ordering.models import CustomerOrder, PromiseRecord
from longshore.ordering.operations import promise
from tests.platform.ordering.world import MONDAY, WHO, World, held, hours, lines_of


def test_stock_on_hand_is_promised_for_the_last_departure_that_is_on_time(world: World) -> None:
    """Ten on the shelf: four are promised from the cheap site, on time, as one soft claim."""
    world.stock(world.tea, 10)
    order = world.order("A-1", (world.tea, 4))
    receipt = promise([order], at=MONDAY, cause=WHO)
    [line] = lines_of(order)
    [claim] = Claim.objects.all()
    assert [found.short for found in receipt.lines] == [0]
    assert line.promised_at is not None and line.promised_at <= hours(48)
    assert (claim.site_id, claim.qty, claim.hard, claim.state) == (world.north, 4, False, "open")
    assert claim.due_at == line.promised_at
    assert claim.ship_at == line.promised_at - (hours(2) - MONDAY)
    saved = CustomerOrder.objects.get(pk=order)
    assert (saved.state, saved.promised_at, saved.first_promised_at) == ("promised",) + (line.promised_at,) * 2
    assert Balance.objects.get(place_id=world.north_shelf).claimed == 4


def test_promising_again_changes_nothing(world: World) -> None:
    """The second call writes no claim, no record, no event."""
    world.stock(world.tea, 10)
    order = world.order("A-1", (world.tea, 4))
    promise([order], at=MONDAY, cause=WHO)
    before = (Claim.objects.count(), PromiseRecord.objects.count(), OutboxEvent.objects.count())
    assert promise([order], at=hours(1), cause=WHO).lines == ()
    assert (Claim.objects.count(), PromiseRecord.objects.count(), OutboxEvent.objects.count()) == before


def test_future_supply_is_promised_with_its_date(world: World) -> None:
    """Nothing on hand, fifty arriving in three days: the claim stands on the flow, the date comes after it."""
    flow = world.inbound(world.tea, 50, hours(72))
    order = world.order("A-1", (world.tea, 8))
    promise([order], at=MONDAY, cause=WHO)
    [line] = lines_of(order)
    assert held(line.pk) == [(world.north, None, flow, 8)]
    assert line.promised_at is not None and line.promised_at > hours(72)
    record = PromiseRecord.objects.get(line=line)
    assert record.explanation["binding"]["code"] == "supply"
    assert record.explanation["binding"]["supply"] == f"flow:{flow}"


def test_two_sites_share_an_order_when_neither_has_it_all(world: World) -> None:
    """Six here and six there: ten are promised over both."""
    world.stock(world.tea, 6)
    world.stock(world.tea, 6, shelf=world.south_shelf)
    order = world.order("A-1", (world.tea, 10))
    promise([order], at=MONDAY, cause=WHO)
    [line] = lines_of(order)
    assert sum(row[3] for row in held(line.pk)) == 10
    assert {row[0] for row in held(line.pk)} == {world.north, world.south}


def test_what_is_not_there_is_told(world: World) -> None:
    """Three of five: three are held, the record says two are short, the order stays new and an event names the line."""
    world.stock(world.tea, 3)
    order = world.order("A-1", (world.tea, 5))
    receipt = promise([order], at=MONDAY, cause=WHO)
    [line] = lines_of(order)
    assert [(found.qty, found.short) for found in receipt.unpromised] == [(3, 2)]
    assert (line.short, CustomerOrder.objects.get(pk=order).state) == (2, "new")
    assert CustomerOrder.objects.get(pk=order).promised_at is None
    [event] = OutboxEvent.objects.filter(name="ordering.unpromised")
    assert event.payload == {"orders": [order], "lines": [line.pk]}


def test_a_complete_order_takes_nothing_when_something_is_missing(world: World) -> None:
    """Tea is there, rice is not: with deliver-complete nothing is held and both lines have no date."""
    world.stock(world.tea, 10)
    order = world.order("A-1", (world.tea, 5), (world.rice, 1), ship_complete=True)
    promise([order], at=MONDAY, cause=WHO)
    assert [line.promised_at for line in lines_of(order)] == [None, None]
    assert [record.promised_at for record in PromiseRecord.objects.all()] == [None, None]
    assert Claim.objects.count() == 0


def test_urgent_orders_of_a_batch_come_first(world: World) -> None:
    """Five pieces, two orders of five in one call: the one of priority 1 gets them though it came later."""
    world.stock(world.tea, 5)
    usual = world.order("A-1", (world.tea, 5), priority=5)
    urgent = world.order("A-2", (world.tea, 5), priority=1, received_at=hours(1))
    promise([usual, urgent], at=hours(1), cause=WHO)
    assert [lines_of(order)[0].short for order in (usual, urgent)] == [5, 0]


def test_goods_too_old_for_the_customer_are_not_promised(world: World) -> None:
    """A lot with less than three days left at arrival is passed over for the fresher one."""
    world.stock(world.milk, 10, lot=world.early)
    world.stock(world.milk, 10, lot=world.late)
    order = world.order("A-1", (world.milk, 4), requested_at=hours(72))
    promise([order], at=MONDAY, cause=WHO)
    [claim] = Claim.objects.all()
    assert claim.balance is not None and claim.balance.lot_id == world.late
