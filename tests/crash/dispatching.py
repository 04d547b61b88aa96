"""One order's dispatch as a worker runs it: the same keys and times each time, an acknowledgement after each commit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F

from longshore.ledger.audit import audit
from longshore.ledger.models import Claim, Delivery, OutboxEvent, Posting
from longshore.ledger.outbox import Told
from longshore.ordering.models import CustomerOrder, OrderLine
from longshore.project import dispatcher, subscriptions
from longshore.shipping.models import ProofOfDelivery, Shipment, TripStop
from longshore.shipping.operations import (
    Arrived,
    Delivered,
    TripPlan,
    arrive,
    deliver,
    depart,
    finish,
    load,
    open_shipments,
    plan_trips,
)
from longshore.storing.models import PickTask, Wave
from longshore.storing.operations import Picked, confirm_picks, pack, release_wave
from tests.platform.storing.floor import MONDAY, WHO, Floor, build, hours, name

QUANTITIES = (5, 7)
Acknowledge = Callable[[str], None]


def remember(event: Told) -> None:
    """A job whose effect shows how often it was done."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO crash_told (event) VALUES (%s)", [event.id])


def subscribe() -> None:
    """Only our own reactor listens, to everything the dispatch tells."""
    subscriptions.SUBSCRIPTIONS.clear()
    for event in ("ledger.posted", "storing.packed", "shipping.delivered"):
        subscriptions.SUBSCRIPTIONS[event] = (remember,)


def prepare_world() -> Floor:
    floor = build()
    floor.stock(floor.tea, 100_000, floor.bin_a)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE crash_told (event bigint)")
    return floor


def take_order(floor: Floor, number: int) -> int:
    """A promised order of two lines of the same item."""
    return floor.order(f"C-{number}", *((floor.tea, qty) for qty in QUANTITIES))


def dispatch(floor: Floor, order: int, acknowledge: Acknowledge) -> None:
    """From wave to proof of delivery. Calling it again after a crash goes on where it stopped."""
    key = name("crash-wave", order)
    wave = release_wave(key=key, site=floor.site, ship_before=hours(48), order_ids=[order], at=hours(1), cause=WHO)
    acknowledge("released")
    confirm_picks([Picked(task, hours(2)) for task in wave.tasks], at=hours(2), cause=WHO)
    acknowledge("picked")
    pack(site=floor.site, order_ids=[order], at=hours(3), cause=WHO)
    acknowledge("packed")
    open_shipments(site=floor.site, order_ids=[order], at=hours(3), cause=WHO)
    acknowledge("opened")
    _drive(floor, order, acknowledge)
    dispatcher.drain_outbox(at=hours(20))
    acknowledge("told")


def _drive(floor: Floor, order: int, acknowledge: Acknowledge) -> None:
    plan_trips(site=floor.site, day=MONDAY.date(), at=hours(3), cause=WHO, plan=TripPlan(seed=1, iterations=20))
    acknowledge("planned")
    shipment = Shipment.objects.select_related("trip").get(order_id=order)
    trip = shipment.trip
    assert trip is not None
    left: datetime = trip.planned_departure
    if trip.state in ("planned", "loading"):
        load([trip.pk], at=hours(4), cause=WHO)
        acknowledge("loaded")
    if trip.state != "done":
        depart([trip.pk], at=left, cause=WHO)
        acknowledge("departed")
    there = left + timedelta(hours=1)
    stops = TripStop.objects.filter(trip=trip).values_list("id", flat=True)
    arrive([Arrived(stop, there) for stop in stops], at=there, cause=WHO)
    acknowledge("arrived")
    deliver([Delivered(shipment.pk, there, "signer")], at=there, cause=WHO)
    acknowledge("delivered")
    finish([trip.pk], at=there + timedelta(hours=1), cause=WHO)
    acknowledge("finished")


def reached(order: int) -> dict[str, bool]:
    """Which steps of the dispatch are in the database. Raises AssertionError where one is there by half."""
    tasks = PickTask.objects.filter(order_line__order_id=order)
    count = tasks.count()
    assert count in (0, len(QUANTITIES)), f"{count} tasks of a wave of {len(QUANTITIES)}"
    assert Wave.objects.filter(key=name("crash-wave", order)).count() == (1 if count else 0)
    picked, packed = tasks.filter(picked=F("qty")).count(), tasks.filter(packed=F("qty")).count()
    assert picked in (0, count) and packed in (0, count), f"picked {picked}, packed {packed} of {count}"
    shipments = list(Shipment.objects.filter(order_id=order).select_related("trip", "stop"))
    assert len(shipments) <= 1
    shipment = shipments[0] if shipments else None
    trip = shipment.trip if shipment else None
    steps = {
        "released": count > 0,
        "picked": picked > 0,
        "packed": packed > 0,
        "opened": shipment is not None,
        "planned": trip is not None,
        "loaded": shipment is not None and shipment.state in ("loaded", "in_transit", "delivered"),
        "departed": shipment is not None and shipment.state in ("in_transit", "delivered"),
        "arrived": shipment is not None and shipment.stop is not None and shipment.stop.arrived_at is not None,
        "delivered": shipment is not None and shipment.state == "delivered",
        "finished": trip is not None and trip.state == "done",
    }
    _agree(order, steps)
    return steps


def _agree(order: int, steps: dict[str, bool]) -> None:
    """Documents and ledger tell the same story."""
    lines = list(OrderLine.objects.filter(order_id=order))
    shipped, delivered = sum(line.shipped for line in lines), sum(line.delivered for line in lines)
    total = sum(QUANTITIES)
    assert shipped == (total if steps["departed"] else 0)
    assert delivered == (total if steps["delivered"] else 0)
    assert ProofOfDelivery.objects.filter(shipment__order_id=order).count() == (1 if steps["delivered"] else 0)
    claims = Claim.objects.filter(demand__in=[f"order-line:{line.pk}" for line in lines], state="open")
    assert sum(claim.qty - claim.consumed for claim in claims) == (0 if steps["delivered"] else total)


def assert_done_once(order: int) -> None:
    """Everything is there, once."""
    steps = reached(order)
    assert all(steps.values()), steps
    saved = CustomerOrder.objects.get(pk=order)
    assert saved.state == "delivered"
    numbers = [saved.number, Shipment.objects.get(order_id=order).number]
    kinds = Counter(Posting.objects.filter(document__in=numbers).values_list("kind", flat=True))
    assert sorted(kinds.values()) == [1, 1, 1, 2], f"two picks, and one pack, load and delivery: {kinds}"


def assert_told_once() -> None:
    """Every event was told to its reactor exactly once, and nothing waits."""
    subscribed = OutboxEvent.objects.filter(name__in=subscriptions.SUBSCRIPTIONS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT event, count(*) FROM crash_told GROUP BY event")
        told = dict(cursor.fetchall())
    assert told == dict.fromkeys(subscribed.values_list("id", flat=True), 1)
    assert not OutboxEvent.objects.filter(dispatched=False).exists()
    assert not Delivery.objects.exclude(state="done").exists()


def assert_audit_is_clean() -> None:
    assert audit().discrepancies == ()
