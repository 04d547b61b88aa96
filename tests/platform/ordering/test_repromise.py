"""When the ground moves: only who stands on it is promised again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from longshore.ledger.models import Claim, OutboxEvent, PostingKind
from longshore.ledger.operations import Claims, FlowPatch, Key, Move, NewPosting, change_flows, harden_claims, post
from longshore.ledger.outbox import Told
from longshore.ordering import reactors
from longshore.ordering.models import PromiseRecord
from longshore.ordering.operations import cancel_order, promise, repromise
from tests.platform.ordering.world import MONDAY, WHO, World, held, hours, lines_of, name


def told(event: str, at: datetime) -> Told:
    """The latest event of this name, as the dispatcher would tell it."""
    row = OutboxEvent.objects.filter(name=event).latest("id")
    return Told(id=row.pk, name=row.name, payload=row.payload, at=at, cause=row.cause)


def rows_of(*orders: int) -> list[Any]:
    """Everything stored about these orders, byte for byte, with the row versions."""
    found: list[Any] = []
    for table, key in (("ordering_customerorder", "id"), ("ordering_orderline", "order_id")):
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT xmin::text, ctid::text, t.* FROM {table} t WHERE {key} = ANY(%s) ORDER BY id", [list(orders)]
            )
            found += cursor.fetchall()
    lines = [line.pk for order in orders for line in lines_of(order)]
    found += list(
        Claim.objects.filter(demand__in=[f"order-line:{line}" for line in lines]).order_by("id").values_list()
    )
    return found + list(PromiseRecord.objects.filter(line__in=lines).order_by("id").values_list())


def test_a_late_receipt_moves_only_the_lines_that_stand_on_it(world: World) -> None:
    """Two orders wait for one receipt, one has stock: it slips three days, two dates move, one order is untouched."""
    world.stock(world.tea, 4)
    flow = world.inbound(world.tea, 50, hours(72))
    here = world.order("A-1", (world.tea, 4))
    promise([here], at=MONDAY, cause=WHO)
    first, second = world.order("A-2", (world.tea, 5)), world.order("A-3", (world.tea, 6))
    promise([first, second], at=MONDAY, cause=WHO)
    before = rows_of(here)
    dates = [lines_of(order)[0].promised_at for order in (first, second)]
    change_flows([FlowPatch(flow, arrive_at=hours(144))], at=hours(1), cause=WHO)
    reactors.repromise_moved_supply(told("ledger.flow-changed", hours(1)))
    after = [lines_of(order)[0] for order in (first, second)]
    assert rows_of(here) == before
    assert all(line.promised_at is not None and line.promised_at > hours(144) for line in after)
    assert [line.first_promised_at for line in after] == dates
    records = [PromiseRecord.objects.filter(line=line).latest("id") for line in after]
    assert [record.previous_at for record in records] == dates
    event = OutboxEvent.objects.filter(name="ordering.promised").latest("id")
    assert event.payload["before"] != event.payload["after"]


def test_telling_it_twice_changes_nothing(world: World) -> None:
    """The same late receipt told again leaves every row as it is."""
    flow = world.inbound(world.tea, 50, hours(72))
    order = world.order("A-1", (world.tea, 5))
    promise([order], at=MONDAY, cause=WHO)
    change_flows([FlowPatch(flow, arrive_at=hours(144))], at=hours(1), cause=WHO)
    event = told("ledger.flow-changed", hours(1))
    reactors.repromise_moved_supply(event)
    before, events = rows_of(order), OutboxEvent.objects.count()
    reactors.repromise_moved_supply(event)
    assert (rows_of(order), OutboxEvent.objects.count()) == (before, events)


def test_a_receipt_a_little_late_touches_nobody(world: World) -> None:
    """The goods still make the departure: no row changes."""
    flow = world.inbound(world.tea, 50, hours(24))
    order = world.order("A-1", (world.tea, 5), requested_at=hours(96))
    promise([order], at=MONDAY, cause=WHO)
    before = rows_of(order)
    change_flows([FlowPatch(flow, arrive_at=hours(25))], at=hours(1), cause=WHO)
    reactors.repromise_moved_supply(told("ledger.flow-changed", hours(1)))
    assert rows_of(order) == before


def test_a_cancelled_order_serves_who_was_short(world: World) -> None:
    """Five pieces held by one order, another has none: the first is cancelled, the second is promised all five."""
    world.stock(world.tea, 5)
    first, second = world.order("A-1", (world.tea, 5)), world.order("A-2", (world.tea, 5))
    promise([first, second], at=MONDAY, cause=WHO)
    assert [lines_of(order)[0].short for order in (first, second)] == [0, 5]
    cancel_order(first, at=hours(1), cause=WHO)
    reactors.repromise_freed_supply(told("ordering.order-cancelled", hours(1)))
    [line] = lines_of(second)
    assert (line.short, sum(row[3] for row in held(line.pk))) == (0, 5)
    record = PromiseRecord.objects.filter(line=line).latest("id")
    assert (record.previous_at, record.promised_at) == (None, line.promised_at)


def test_goods_that_arrive_go_to_who_waits_most_urgent_first(world: World) -> None:
    """Six arrive unplanned; lines of five wait with priority 7 and 2: the second is served, the first gets one."""
    slow, quick = world.order("A-1", (world.tea, 5), priority=7), world.order("A-2", (world.tea, 5), priority=2)
    promise([slow, quick], at=MONDAY, cause=WHO)
    world.stock(world.tea, 6)
    reactors.promise_arrived_goods(told("ledger.posted", hours(1)))
    assert [lines_of(order)[0].short for order in (slow, quick)] == [4, 0]


def test_lost_goods_are_replaced_or_the_shortage_is_told(world: World) -> None:
    """Ten held, seven are damaged: the line keeps what is left, four free ones are added, three are short."""
    world.stock(world.tea, 10)
    order = world.order("A-1", (world.tea, 10))
    promise([order], at=MONDAY, cause=WHO)
    world.stock(world.tea, 4, shelf=world.south_shelf)
    source = Key(world.tea, world.north_shelf, world.owner)
    damaged = Key(world.tea, world.north_shelf, world.owner, condition=3)
    move = Move(source, damaged, 7, claims=Claims.DISPLACE)
    post([NewPosting(name("damage"), PostingKind.DAMAGE, hours(1), (move,))], at=hours(1), cause=WHO)
    reactors.repromise_displaced(told("ledger.claims-displaced", hours(1)))
    [line] = lines_of(order)
    assert (line.short, sum(row[3] for row in held(line.pk))) == (3, 7)


def test_hard_claims_stay_where_they_are(world: World) -> None:
    """A line being picked is not moved, even when it is asked for by name."""
    world.stock(world.tea, 10)
    order = world.order("A-1", (world.tea, 10))
    promise([order], at=MONDAY, cause=WHO)
    harden_claims(list(Claim.objects.values_list("id", flat=True)), at=hours(1), cause=WHO)
    before = rows_of(order)
    assert repromise([lines_of(order)[0].pk], at=hours(2), cause=WHO).lines == ()
    assert rows_of(order) == before


def test_orders_that_came_by_file_are_promised_by_the_reactor(world: World) -> None:
    """Nobody called promise: the event does; told twice, once is enough."""
    world.stock(world.tea, 10)
    order = world.order("A-1", (world.tea, 4))
    event = told("ordering.order-taken", MONDAY)
    reactors.promise_taken_orders(event)
    before = rows_of(order)
    reactors.promise_taken_orders(event)
    assert sum(row[3] for row in held(lines_of(order)[0].pk)) == 4
    assert rows_of(order) == before


def test_supply_ordered_now_is_promised_at_once(world: World) -> None:
    """Nobody had a date; a purchase is planned and told: the line gets the date of the receipt, told twice or not."""
    order = world.order("A-1", (world.tea, 5))
    other = world.order("A-2", (world.rice, 5))
    promise([order, other], at=MONDAY, cause=WHO)
    before = rows_of(other)
    flow = world.inbound(world.tea, 20, hours(72))
    event = Told(id=1, name="sourcing.ordered", payload={"purchase_orders": [1]}, at=hours(1), cause="")
    reactors.promise_ordered_supply(event)
    [line] = lines_of(order)
    assert (line.short, held(line.pk)) == (0, [(world.north, None, flow, 5)])
    after = rows_of(order)
    reactors.promise_ordered_supply(event)
    assert (rows_of(order), rows_of(other)) == (after, before)


def test_a_receipt_that_comes_sooner_helps_who_is_late(world: World) -> None:
    """A line promised late on one receipt moves to another that now comes in time."""
    world.inbound(world.tea, 10, hours(120))
    order = world.order("A-1", (world.tea, 5), requested_at=hours(48))
    promise([order], at=MONDAY, cause=WHO)
    late = lines_of(order)[0].promised_at
    sooner = world.inbound(world.tea, 10, hours(144), label="PO-2")
    change_flows([FlowPatch(sooner, arrive_at=hours(12))], at=hours(1), cause=WHO)
    reactors.repromise_moved_supply(told("ledger.flow-changed", hours(1)))
    [line] = lines_of(order)
    assert held(line.pk)[0][2] == sooner
    assert line.promised_at is not None and late is not None and line.promised_at <= hours(48) < late
