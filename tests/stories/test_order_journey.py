"""One order from its taking to its proof of delivery and its return, by public verbs only; every step is a movement."""

from __future__ import annotations

from datetime import timedelta

from longshore.ledger.models import Balance, Claim, Movement, OutboxEvent, Posting, PostingKind
from longshore.ordering.models import CustomerOrder, OrderLine
from longshore.returning.operations import NewReturn, return_goods
from longshore.shipping.models import ProofOfDelivery, Shipment, Trip, TripStop
from longshore.shipping.operations import (
    Arrived,
    Delivered,
    RefusedLine,
    arrive,
    choose_carrier,
    deliver,
    depart,
    finish,
    load,
    open_shipments,
    plan_trips,
    stage,
)
from longshore.storing.models import PickTask
from longshore.storing.operations import Picked, confirm_picks, pack, release_wave
from tests.platform.storing.floor import MONDAY, WHO, Floor, assert_books_are_clean, hours, line_ids, name, standing


def _state(order: int) -> str:
    return CustomerOrder.objects.get(pk=order).state


def test_an_order_goes_its_whole_way(floor: Floor) -> None:
    """Ten tea and six milk: one tea is missing at the pick, two milk are refused, three tea come back; the books are clean."""
    floor.stock(floor.tea, 10, floor.bin_a)
    floor.stock(floor.milk, 4, floor.cold, floor.late)
    floor.stock(floor.milk, 4, floor.cold, floor.early)
    order = floor.order("J-1", (floor.tea, 10), (floor.milk, 6))
    tea, milk = line_ids(order)
    assert _state(order) == "promised"

    wave = release_wave(key=name("wave"), site=floor.site, ship_before=hours(48), at=hours(1), cause=WHO)
    assert _state(order) == "released"
    tasks = {task.pk: task for task in PickTask.objects.select_related("balance").filter(pk__in=wave.tasks)}
    by_lot = {task.balance.lot_id: (task.qty, task.sequence) for task in tasks.values()}
    assert by_lot == {None: (10, 1), floor.early: (4, 2), floor.late: (2, 3)}

    picks = [
        Picked(pk, hours(2), 9, "missing") if task.order_line_id == tea else Picked(pk, hours(2))
        for pk, task in sorted(tasks.items())
    ]
    picked = confirm_picks(picks, at=hours(2), cause=WHO)
    assert len(picked.picked) == 3 and len(picked.short) == 1
    assert standing(floor.bin_a) == 0, "the tenth tea was not there, and the ledger says so now"
    assert standing(floor.staging) == 15
    assert OutboxEvent.objects.filter(name="storing.picked-short").count() == 1

    packed = pack(site=floor.site, at=hours(3), cause=WHO)
    assert [unit.kind for unit in packed.units] == ["carton", "carton"], "tea and chilled milk never share a carton"
    opened = open_shipments(site=floor.site, at=hours(3), cause=WHO)
    assert len(opened.shipments) == 2
    choice = choose_carrier(opened.shipments, at=hours(3), cause=WHO)
    assert choice.own == opened.shipments, "our own truck is cheaper, and on time"
    planned = plan_trips(site=floor.site, day=MONDAY.date(), at=hours(3), cause=WHO)
    assert planned.shipments == opened.shipments
    stage(opened.shipments, at=hours(4), cause=WHO)
    assert standing(floor.dock_out) == 15

    load(planned.trips, at=hours(4), cause=WHO)
    assert (standing(floor.dock_out), standing(floor.truck_place)) == (0, 15)
    trip = Trip.objects.get(pk=planned.trips[0])
    depart(planned.trips, at=trip.planned_departure, cause=WHO)
    there = trip.planned_departure + timedelta(hours=1)
    [stop] = TripStop.objects.filter(trip=trip)
    arrive([Arrived(stop.pk, there)], at=there, cause=WHO)
    chilled = Shipment.objects.get(pk__in=opened.shipments, temperature_class="chilled").pk
    reports = [
        Delivered(shipment, there, "王店长", refused=(RefusedLine(milk, 2, "unwanted"),) if shipment == chilled else ())
        for shipment in opened.shipments
    ]
    done = deliver(reports, at=there, cause=WHO)
    assert (len(done.delivered), done.refused) == (2, (chilled,))
    assert ProofOfDelivery.objects.filter(signer="王店长").count() == 2
    assert (standing(floor.shop_place), standing(floor.truck_place, 5)) == (13, 2)
    home = finish(planned.trips, at=there + timedelta(hours=1), cause=WHO)
    assert home.returned == ((trip.pk, 2),)
    assert (standing(floor.returns, 5), standing(floor.truck_place, 5)) == (2, 0)

    lines = {row.pk: row for row in OrderLine.objects.filter(order_id=order)}
    assert (lines[tea].shipped, lines[tea].delivered, lines[tea].refused) == (9, 9, 0)
    assert (lines[milk].shipped, lines[milk].delivered, lines[milk].refused, lines[milk].cancelled) == (6, 4, 2, 2)
    assert not Claim.objects.filter(state="open").exists()
    back = NewReturn(name("return"), tea, 3, "wrong", floor.site)
    assert len(return_goods([back], at=there + timedelta(hours=2), cause=WHO).accepted) == 1
    assert (OrderLine.objects.get(pk=tea).returned, standing(floor.returns, 5)) == (3, 5)
    kinds = set(Posting.objects.values_list("kind", flat=True))
    assert kinds >= {
        PostingKind.PICK, PostingKind.COUNT, PostingKind.PACK, PostingKind.STAGE, PostingKind.LOAD,
        PostingKind.DELIVER, PostingKind.REFUSE, PostingKind.UNLOAD, PostingKind.RETURN,
    }  # fmt: skip
    moved = sum(row.qty for row in Movement.objects.filter(target__place_id=floor.shop_place))
    assert moved == 13
    assert sum(row.qty for row in Balance.objects.filter(place_id=floor.shop_place)) == 10
    assert_books_are_clean()
