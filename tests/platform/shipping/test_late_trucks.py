"""A late truck: the promise follows it, the customer is told once, the dock waits for it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from longshore.catalog.models import Partner, Place
from longshore.ledger.outbox import emit
from longshore.ordering.models import CustomerNotice, CustomerOrder, OrderLine, PromiseRecord
from longshore.ordering.operations import NewNotice, notify, send_notices
from longshore.project.dispatcher import drain_outbox
from longshore.sensing.events import DevicesLocated, VisitBegan
from longshore.shipping.models import Trip, TripStop, VehiclePosition
from longshore.shipping.operations import book_berths, cancel_trips
from longshore.sourcing.operations import close_short, place_orders
from longshore.storing.dock_rules import Dock, DockWish, choose_slot
from longshore.storing.models import DockBooking
from longshore.storing.operations import book_docks, give_up_docks
from tests.platform.planning.world import MONDAY
from tests.platform.planning.world import build as build_world
from tests.platform.storing.cold import Cold, build_cold
from tests.platform.storing.floor import WHO, Floor, hours


@pytest.fixture
def cold(db: None) -> Cold:
    made = build_cold()
    Partner.objects.filter(pk=made.floor.shop).update(email="shop@example.cn")
    return made


def _seen(cold: Cold, at: datetime, lat: float, lon: float) -> None:
    fix = {
        "device": cold.logger.pk, "place": cold.floor.truck_place, "at": at.isoformat(), "lat": lat, "lon": lon,
        "heading": 12.6, "speed_kmh": 0.4,
    }  # fmt: skip
    emit([DevicesLocated((fix,))], at=at, cause=WHO)
    drain_outbox(at=at)


def test_a_fix_far_away_redates_the_orders_aboard_and_tells_their_customers(cold: Cold) -> None:
    """Seen 250 km off an hour before it is due, the truck takes its orders' promises along; nobody else's."""
    late = hours(11)
    before = CustomerOrder.objects.get(number="C-1").promised_at
    others = list(CustomerOrder.objects.filter(number__in=["C-4", "C-5"]).values())
    _seen(cold, late, 30.0, 119.0)
    assert VehiclePosition.objects.get().heading == 13
    stop = TripStop.objects.get(place_id=cold.floor.shop_place)
    order = CustomerOrder.objects.get(number="C-1")
    assert order.promised_at == OrderLine.objects.get(order=order).promised_at == stop.eta
    assert before is not None and stop.eta > before and order.first_promised_at == before
    record = PromiseRecord.objects.filter(line__order=order).latest("id")
    assert record.explanation["binding"]["code"] == "truck" and record.previous_at == before
    assert list(CustomerOrder.objects.filter(number__in=["C-4", "C-5"]).values()) == others
    told = {notice.order.number: notice.kind for notice in CustomerNotice.objects.all()}
    assert told["C-1"] == "later" and "C-4" not in told


def test_the_same_position_again_tells_nobody_again(cold: Cold) -> None:
    """A fix told twice, and one a minute later at the same place, make no second notice."""
    _seen(cold, hours(11), 30.0, 119.0)
    notices = list(CustomerNotice.objects.values_list("key", flat=True))
    _seen(cold, hours(11), 30.0, 119.0)
    _seen(cold, hours(11) + timedelta(minutes=1), 30.0, 119.0)
    assert list(CustomerNotice.objects.values_list("key", flat=True)) == notices
    records = PromiseRecord.objects.filter(explanation__binding__code="truck").count()
    assert records == 3, "one for each line aboard"


def test_what_comes_in_time_after_all_is_said_too(cold: Cold) -> None:
    """The promise goes back to the first date, and the customer who had been told of a later one hears of it."""
    _seen(cold, hours(5), 28.0, 115.0)
    assert CustomerNotice.objects.filter(order__number="C-1").latest("id").kind == "later"
    _seen(cold, hours(5.2), 31.25, 121.47)
    order = CustomerOrder.objects.get(number="C-1")
    assert order.promised_at == order.first_promised_at
    assert CustomerNotice.objects.filter(order=order).latest("id").kind == "sooner"


def test_a_visit_is_an_arrival_where_the_trip_stops(cold: Cold) -> None:
    """At the shop's fence the stop is reached, once; at a place it has no business with, nothing is."""
    at = hours(6)
    visit = {"device": cold.logger.pk, "vehicle": cold.floor.truck_place, "at": at.isoformat()}
    emit([VisitBegan(visit=1, place=cold.floor.shop_place, **visit)], at=at, cause=WHO)  # type: ignore[arg-type]
    emit([VisitBegan(visit=2, place=cold.floor.other, **visit)], at=at, cause=WHO)  # type: ignore[arg-type]
    emit([VisitBegan(visit=1, place=cold.floor.shop_place, **visit)], at=at, cause=WHO)  # type: ignore[arg-type]
    drain_outbox(at=at)
    reached = dict(TripStop.objects.values_list("place_id", "arrived_at"))
    assert reached[cold.floor.shop_place] == at and reached[cold.floor.kiosk_place] is None


def test_a_notice_is_mailed_once_in_both_languages(cold: Cold) -> None:
    """Written twice and sent twice, the same fact is one row and one message with a number of its own."""
    order = CustomerOrder.objects.get(number="C-1")
    note = NewNotice(
        order.pk, "later", hours(20), "eta", {"due": hours(20).isoformat(), "before": hours(12).isoformat()}
    )
    first = notify([note], at=hours(6), cause=WHO).written
    assert notify([note], at=hours(7), cause=WHO).written == () and len(first) == 1
    assert send_notices(at=hours(6)) == 1 and send_notices(at=hours(7)) == 0
    [message] = mail.outbox
    assert message.to == ["shop@example.cn"] and "C-1" in message.subject
    assert "will arrive at 03-03 04:00" in message.body and "03-03 04:00" in message.body.split("\n")[0]
    assert str(CustomerNotice.objects.get().key) in message.extra_headers["Message-ID"]


def test_a_customer_without_an_address_is_told_on_the_page_only(cold: Cold) -> None:
    """The notice stands there and no message goes out."""
    order = CustomerOrder.objects.get(number="C-2")
    notify([NewNotice(order.pk, "waiting", None, "x")], at=hours(6), cause=WHO)
    assert send_notices(at=hours(6)) == 0 and CustomerNotice.objects.get().sent_at is None


def test_a_planned_trip_has_its_dock_until_it_leaves(cold: Cold) -> None:
    """Booked when planned, at the dock where it is loaded, ready by the time it departs."""
    drain_outbox(at=hours(5))
    Trip.objects.update(state="planned")
    assert book_berths([cold.trip.pk], at=hours(3), cause=WHO).booked == (f"trip:{cold.trip.pk}",)
    booking = DockBooking.objects.get(document=f"trip:{cold.trip.pk}")
    assert (booking.dock_id, booking.inbound) == (cold.floor.dock_out, False)
    assert booking.until_at == cold.trip.planned_departure
    assert book_berths([cold.trip.pk], at=hours(3), cause=WHO).kept == (f"trip:{cold.trip.pk}",)


def test_a_cancelled_trip_gives_its_docks_back(cold: Cold) -> None:
    """Called off, its dock here and those on its way are free; a telling of its planning that comes late books none."""
    Trip.objects.update(state="planned")
    Place.objects.filter(pk=cold.floor.shop_place).update(kind="site")
    book_berths([cold.trip.pk], at=hours(3), cause=WHO)
    assert DockBooking.objects.filter(document=f"trip:{cold.trip.pk}").exists()
    wish = DockWish("trip:999", cold.floor.site, False, hours(3), 30)
    book_docks([wish], at=hours(3), cause=WHO)
    cancel_trips([cold.trip.pk], at=hours(3), cause=WHO)
    cancel_trips([cold.trip.pk], at=hours(3), cause=WHO)
    book_berths([cold.trip.pk], at=hours(3), cause=WHO)
    assert list(DockBooking.objects.values_list("document", flat=True)) == ["trip:999"]


def test_a_purchase_called_off_keeps_no_dock(db: None) -> None:
    """Booked when ordered; closed short with nothing come, the dock is free; what has come in part keeps its truck's."""
    world = build_world()
    world.released(world.tea, 50)
    world.released(world.milk, 20)
    world.released(world.tea, 30, supplier=world.trader)
    orders = place_orders(at=MONDAY, cause=WHO).purchase_orders
    drain_outbox(at=MONDAY)
    assert set(DockBooking.objects.values_list("document", flat=True)) == {f"purchase:{order}" for order in orders}
    close_short(orders[0], at=MONDAY, cause=WHO)
    drain_outbox(at=MONDAY)
    assert list(DockBooking.objects.values_list("document", flat=True)) == [f"purchase:{orders[1]}"]


def test_docks_are_never_booked_twice_at_once(floor: Floor) -> None:
    """Three trucks for one dock at nine come one after the other; the database refuses what the rule would not do."""
    wishes = [DockWish(f"purchase:{n}", floor.site, True, hours(1), 60) for n in range(3)]
    assert len(book_docks(wishes, at=hours(0), cause=WHO).booked) == 3
    rows = list(DockBooking.objects.order_by("from_at").values_list("from_at", "until_at"))
    assert rows == [(hours(1), hours(2)), (hours(2), hours(3)), (hours(3), hours(4))]
    moved = book_docks([DockWish("purchase:0", floor.site, True, hours(2.5), 60)], at=hours(0), cause=WHO)
    assert moved.booked == ("purchase:0",)
    assert DockBooking.objects.get(document="purchase:0").from_at == hours(4)
    one = DockBooking.objects.get(document="purchase:1")
    with pytest.raises(IntegrityError), transaction.atomic():
        DockBooking.objects.filter(document="purchase:2").update(from_at=one.from_at, until_at=one.until_at)
    assert give_up_docks(["purchase:1"]) == 1
    nowhere = DockWish("purchase:9", Place.objects.get(code="SCRAP").pk, True, hours(1), 60)
    assert book_docks([nowhere], at=hours(0), cause=WHO).homeless == ("purchase:9",)


def test_the_dock_of_the_right_temperature_wins_only_when_it_is_free_as_soon() -> None:
    """A chilled truck takes the warm dock rather than wait an hour for the cold one."""
    wish = DockWish("trip:1", 1, True, hours(1), 30, "chilled")
    docks = [Dock(1, "ambient"), Dock(2, "chilled")]
    free = choose_slot(wish, docks, {})
    busy = choose_slot(wish, docks, {2: [(hours(0), hours(2))]})
    assert free is not None and busy is not None
    assert (free.dock, busy.dock, busy.begin) == (2, 1, hours(1))
    assert choose_slot(wish, [], {}) is None
