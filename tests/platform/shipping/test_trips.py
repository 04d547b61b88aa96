"""Trips: planned, loaded once, driven, delivered, refused, home again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from longshore.ledger.models import Claim, Movement, OutboxEvent
from longshore.ordering.models import CustomerOrder, OrderLine
from longshore.shipping.models import Shipment, Trip, TripStop, Vehicle
from longshore.shipping.operations import (
    Arrived,
    Delivered,
    DeliveriesRefused,
    Fix,
    RefusedLine,
    TripNotReady,
    TripPlan,
    arrive,
    cancel_trips,
    choose_carrier,
    deliver,
    depart,
    finish,
    load,
    open_shipments,
    plan_trips,
    record_positions,
    refresh_eta,
)
from longshore.shipping.queries import positions, route_of, shipment_lines, shipments, stops_of, trips
from tests.platform.storing.floor import MONDAY, WHO, Floor, assert_books_are_clean, hours, line_ids, standing


def _packed(floor: Floor, *orders: tuple[str, int, int]) -> list[int]:
    """Packed orders of tea: (number, quantity, customer)."""
    floor.stock(floor.tea, 5000, floor.bin_a)
    ids = [floor.order(number, (floor.tea, qty), customer=customer) for number, qty, customer in orders]
    floor.pack_all()
    open_shipments(site=floor.site, at=hours(3), cause=WHO)
    return ids


def _under_way(floor: Floor, *orders: tuple[str, int, int]) -> tuple[list[int], Trip]:
    ids = _packed(floor, *orders)
    [trip] = plan_trips(site=floor.site, day=MONDAY.date(), at=hours(3), cause=WHO).trips
    load([trip], at=hours(4), cause=WHO)
    left = Trip.objects.get(pk=trip).planned_departure
    depart([trip], at=max(left, hours(4)), cause=WHO)
    return ids, Trip.objects.get(pk=trip)


def test_two_shops_make_one_trip_with_two_stops_the_same_each_time(floor: Floor) -> None:
    """One truck serves both; planning finds nothing left to plan the second time."""
    _packed(floor, ("A-1", 10, floor.shop), ("A-2", 20, floor.kiosk))
    plan = TripPlan(seed=3, iterations=50)
    receipt = plan_trips(site=floor.site, day=MONDAY.date(), at=hours(3), cause=WHO, plan=plan)
    assert (len(receipt.trips), len(receipt.shipments), receipt.unserved) == (1, 2, ())
    stops = stops_of(list(receipt.trips))
    assert {stop.place for stop in stops} == {floor.shop_place, floor.kiosk_place}
    assert all(stop.leg_m > 0 for stop in TripStop.objects.all())
    assert len(route_of(receipt.trips[0])) == 4
    assert plan_trips(site=floor.site, day=MONDAY.date(), at=hours(3), cause=WHO, plan=plan).trips == ()


def test_what_no_truck_can_carry_goes_to_a_carrier_with_the_reason(floor: Floor) -> None:
    """Frozen goods and a truck without a freezer: the carrier gets them, and the shipment says why."""
    _packed(floor, ("A-1", 10, floor.shop))
    Vehicle.objects.update(temperature_classes="frozen")
    receipt = plan_trips(site=floor.site, day=MONDAY.date(), at=hours(3), cause=WHO)
    assert (receipt.trips, [carrier for _s, carrier in receipt.hired]) == ((), [floor.carrier])
    saved = Shipment.objects.get()
    assert saved.carrier_id == floor.carrier
    assert saved.explanation["own_fleet"] == "temperature"


def test_a_busy_truck_is_not_planned_again(floor: Floor) -> None:
    """The only truck is on a planned trip: the next order finds no vehicle."""
    _packed(floor, ("A-1", 10, floor.shop))
    plan_trips(site=floor.site, day=MONDAY.date(), at=hours(3), cause=WHO)
    floor.order("A-2", (floor.tea, 5))
    floor.pack_all("W2")
    open_shipments(site=floor.site, at=hours(3), cause=WHO)
    receipt = plan_trips(site=floor.site, day=MONDAY.date(), at=hours(3), cause=WHO)
    assert receipt.trips == () and [code for _s, code in receipt.unserved] == ["no-vehicle"]


def test_a_truck_cannot_be_loaded_for_two_trips(floor: Floor) -> None:
    """A second trip of the same truck is refused while the first is being loaded."""
    _packed(floor, ("A-1", 10, floor.shop))
    [first] = plan_trips(site=floor.site, day=MONDAY.date(), at=hours(3), cause=WHO).trips
    load([first], at=hours(4), cause=WHO)
    saved = Trip.objects.get(pk=first)
    second = Trip.objects.create(
        key="0b6f2a61-95b7-4a37-9a56-8f0b7f5b1c99", number="T-2", vehicle=saved.vehicle, site=saved.site,
        planned_departure=hours(5),
    )  # fmt: skip
    with pytest.raises(TripNotReady) as refusal:
        load([second.pk], at=hours(4), cause=WHO)
    assert (refusal.value.code, refusal.value.fields["busy_with"]) == ("vehicle-busy", first)


def test_loading_twice_moves_once_and_leaving_unloaded_is_refused(floor: Floor) -> None:
    """Depart before load: refused. Load again: a replay."""
    _packed(floor, ("A-1", 10, floor.shop))
    [trip] = plan_trips(site=floor.site, day=MONDAY.date(), at=hours(3), cause=WHO).trips
    with pytest.raises(TripNotReady) as refusal:
        depart([trip], at=hours(4), cause=WHO)
    assert refusal.value.code == "trip-not-loaded"
    load([trip], at=hours(4), cause=WHO)
    before = Movement.objects.count()
    assert len(load([trip], at=hours(4), cause=WHO).replayed) == 1
    assert (Movement.objects.count(), standing(floor.truck_place)) == (before, 10)


def test_a_planned_trip_can_be_given_up(floor: Floor) -> None:
    """Its shipment can be planned again; a loaded trip cannot be given up."""
    _packed(floor, ("A-1", 10, floor.shop))
    [trip] = plan_trips(site=floor.site, day=MONDAY.date(), at=hours(3), cause=WHO).trips
    assert cancel_trips([trip], at=hours(3), cause=WHO) == (trip,)
    [again] = plan_trips(site=floor.site, day=MONDAY.date(), at=hours(3), cause=WHO).trips
    load([again], at=hours(4), cause=WHO)
    with pytest.raises(TripNotReady):
        cancel_trips([again], at=hours(4), cause=WHO)


def test_orders_follow_the_truck(floor: Floor) -> None:
    """In transit after the departure, delivered after the signature, with shipped and delivered quantities."""
    [order], trip = _under_way(floor, ("A-1", 10, floor.shop))
    assert CustomerOrder.objects.get(pk=order).state == "in_transit"
    assert OrderLine.objects.get().shipped == 10
    there = hours(6)
    arrive([Arrived(TripStop.objects.get().pk, there)], at=there, cause=WHO)
    [shipment] = Shipment.objects.values_list("id", flat=True)
    report = Delivered(shipment, there, "signer")
    assert deliver([report], at=there, cause=WHO).delivered == (shipment,)
    assert deliver([report], at=there, cause=WHO).replayed == (shipment,)
    assert finish([trip.pk], at=hours(7), cause=WHO).returned == ()
    assert CustomerOrder.objects.get(pk=order).state == "delivered"
    assert standing(floor.shop_place) == 10
    assert TripStop.objects.get().departed_at == there
    assert [(row.qty, row.delivered) for row in shipment_lines(shipment)] == [(10, 10)]
    assert trips()[0].state == "done" and shipments(states=["delivered"])[0].shipment == shipment
    assert_books_are_clean()


@pytest.mark.parametrize("refused", [0, 5])
def test_proofs_told_in_another_order_than_they_happened(floor: Floor, refused: int) -> None:
    """Tea taken at ten, milk at six or not at all, told in the evening: the order was delivered at ten."""
    floor.stock(floor.tea, 100, floor.bin_a)
    floor.stock(floor.milk, 100, floor.cold, floor.late)
    order = floor.order("A-1", (floor.tea, 10), (floor.milk, 5))
    floor.pack_all()
    open_shipments(site=floor.site, at=hours(3), cause=WHO)
    [trip] = plan_trips(site=floor.site, day=MONDAY.date(), at=hours(3), cause=WHO).trips
    load([trip], at=hours(4), cause=WHO)
    depart([trip], at=hours(5), cause=WHO)
    tea, milk = (Shipment.objects.get(temperature_class=kind).pk for kind in ("ambient", "chilled"))
    deliver([Delivered(tea, hours(10), "signer")], at=hours(10.5), cause=WHO)
    back = (RefusedLine(line_ids(order)[1], refused),) if refused else ()
    deliver([Delivered(milk, hours(6), "signer", refused=back)], at=hours(12), cause=WHO)
    saved = CustomerOrder.objects.get()
    assert (saved.state, saved.delivered_at) == ("delivered", hours(10))


@pytest.mark.parametrize(
    ("reason", "condition", "cancelled", "state"), [("unwanted", 5, 4, "delivered"), ("damaged", 3, 0, "in_transit")]
)
def test_refused_goods_come_home(floor: Floor, reason: str, condition: int, cancelled: int, state: str) -> None:
    """Four of ten: not wanted is cancelled; damaged stays open to be brought again. Both end at the returns place."""
    [order], trip = _under_way(floor, ("A-1", 10, floor.shop))
    [line] = line_ids(order)
    [shipment] = Shipment.objects.values_list("id", flat=True)
    receipt = deliver(
        [Delivered(shipment, hours(6), "signer", refused=(RefusedLine(line, 4, reason),))], at=hours(6), cause=WHO
    )
    assert receipt.refused == (shipment,)
    saved = OrderLine.objects.get()
    assert (saved.delivered, saved.refused, saved.cancelled) == (6, 4, cancelled)
    finish([trip.pk], at=hours(7), cause=WHO)
    assert standing(floor.returns, condition) == 4
    assert not Claim.objects.filter(state="open").exists()
    [event] = OutboxEvent.objects.filter(name="shipping.refused")
    assert event.payload["lines"][0]["qty"] == 4
    assert CustomerOrder.objects.get(pk=order).state == state
    assert_books_are_clean()


def test_more_cannot_be_refused_than_was_brought(floor: Floor) -> None:
    """Eleven of ten: refused with row and remedy; nothing moves."""
    [order], _trip = _under_way(floor, ("A-1", 10, floor.shop))
    [shipment] = Shipment.objects.values_list("id", flat=True)
    before = Movement.objects.count()
    report = Delivered(shipment, hours(6), refused=(RefusedLine(line_ids(order)[0], 11),))
    with pytest.raises(DeliveriesRefused) as refusal:
        deliver([report], at=hours(6), cause=WHO)
    assert (refusal.value.code, refusal.value.rejected[0].row) == ("more-refused-than-aboard", 1)
    assert Movement.objects.count() == before


def test_a_trip_with_goods_aboard_does_not_end(floor: Floor) -> None:
    """Finish before the delivery is refused."""
    _orders, trip = _under_way(floor, ("A-1", 10, floor.shop))
    with pytest.raises(TripNotReady) as refusal:
        finish([trip.pk], at=hours(7), cause=WHO)
    assert refusal.value.code == "shipments-open"


def test_a_late_truck_is_told_and_shown(floor: Floor) -> None:
    """Standing still far away: the expected arrival passes the promise, an event says so, the map shows it late."""
    _orders, trip = _under_way(floor, ("A-1", 10, floor.shop))
    now = hours(11)
    fixes = [Fix(floor.truck, now - timedelta(minutes=5), 32.5, 119.0, 90, 0), Fix(floor.truck, hours(5), 0.0, 0.0)]
    assert record_positions(fixes, at=now, cause=WHO).changed == 1
    receipt = refresh_eta(at=now, cause=WHO)
    assert len(receipt.late) == 1
    [event] = OutboxEvent.objects.filter(name="shipping.eta-changed")
    assert event.payload["trip"] == trip.pk and event.payload["stops"][0]["late"] is True
    [shown] = positions(at=now)
    assert (shown.status, shown.latitude, shown.trip) == ("late", 32.5, trip.pk)


def test_positions_not_on_earth_are_rejected(floor: Floor) -> None:
    """A latitude of 99 is rejected by row; an older fix changes nothing."""
    good, bad = Fix(floor.truck, hours(1), 31.0, 121.0), Fix(floor.truck, hours(1), 99.0, 121.0)
    receipt = record_positions([good, bad], at=hours(2), cause=WHO)
    assert (receipt.changed, [row.row for row in receipt.rejected]) == (1, [2])
    assert record_positions([Fix(floor.truck, hours(0), 30.0, 120.0)], at=hours(2), cause=WHO).changed == 0


def test_our_own_truck_is_chosen_when_cheaper_and_the_runner_up_is_named(floor: Floor) -> None:
    """The explanation holds both costs and what would turn the choice."""
    _packed(floor, ("A-1", 10, floor.shop))
    [shipment] = Shipment.objects.values_list("id", flat=True)
    assert choose_carrier([shipment], at=hours(3), cause=WHO).own == (shipment,)
    why = Shipment.objects.get().explanation
    assert (why["chosen"]["carrier"], why["runner_up"]["carrier"]) == (None, floor.carrier)
    assert why["flip"] == why["runner_up"]["cost"] - why["chosen"]["cost"] > 0
