"""Warehouses and roads of the replay: everything goes as planned, in one batch a day and warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from django.db.models import F

from longshore.catalog.models import Lane, Place
from longshore.engine.simulating.streams import Streams
from longshore.ledger.cause import Cause
from longshore.shipping.models import Shipment
from longshore.shipping.operations import Delivered, deliver, hand_over, open_shipments
from longshore.sourcing.models import PurchaseOrder, PurchaseOrderLine, PurchaseState
from longshore.sourcing.operations import Arrived, confirm_as_ordered, receive
from longshore.storing.models import PickTask
from longshore.storing.operations import Picked, confirm_picks, pack, put_away_all, release_wave

NAMES = UUID("0a8a9c1e-4a4f-5f0c-9d2a-2f0cf2f5f0aa")
OPEN_ORDERS = (PurchaseState.SENT, PurchaseState.CONFIRMED, PurchaseState.PART_RECEIVED)
FLOOR, ROAD, SUPPLIERS = Cause("floor", "replay"), Cause("carrier", "replay"), Cause("suppliers", "replay")


def release(site: int, code: str, *, at: datetime, ship_before: datetime) -> None:
    key = uuid5(NAMES, f"wave/{code}/{at.isoformat()}")
    release_wave(key=key, site=site, ship_before=ship_before, at=at, cause=FLOOR)


def work_off(site: int, carrier: int, *, at: datetime) -> int:
    """Pick, pack and hand over everything that was released; returns how many shipments left."""
    waiting = PickTask.objects.filter(wave__site=site, state="waiting").order_by("wave", "sequence")
    picks = [Picked(task, at) for task in waiting.values_list("id", flat=True)]
    if picks:
        confirm_picks(picks, at=at, cause=FLOOR)
    if not PickTask.objects.filter(wave__site=site, picked__gt=F("packed")).exists():
        return 0
    pack(site=site, at=at, cause=FLOOR)
    opened = open_shipments(site=site, at=at, cause=FLOOR)
    if opened.shipments:
        hand_over(opened.shipments, carrier=carrier, at=at, cause=ROAD)
    return len(opened.shipments)


def bring(*, at: datetime) -> int:
    """Deliver every parcel whose transit time has passed."""
    lane = Lane.objects.filter(active=True).values_list("origin", "destination", "transit_minutes")
    on_the_way = list(
        Shipment.objects.filter(state="in_transit", departed_at__isnull=False)
        .order_by("id")
        .values_list("id", "site", "ship_to", "departed_at")
    )
    ends = {ship_to for _id, _site, ship_to, _at in on_the_way}
    minutes: dict[tuple[int | None, int], int] = {
        (origin, end): transit for origin, end, transit in lane.filter(destination__in=ends)
    }
    arrived = []
    for shipment, site, ship_to, departed in on_the_way:
        assert departed is not None, "only those that left were asked for"
        door = departed + timedelta(minutes=minutes[site, ship_to])
        if door <= at:
            arrived.append(Delivered(shipment, door, signer="customer"))
    if arrived:
        deliver(arrived, at=at, cause=ROAD)
    return len(arrived)


def answer(*, at: datetime) -> None:
    """Every supplier confirms as ordered."""
    sent = list(PurchaseOrder.objects.filter(state=PurchaseState.SENT).order_by("id").values_list("id", flat=True))
    if sent:
        confirm_as_ordered(sent, at=at, cause=SUPPLIERS)


def take_in(spread_hours: Mapping[str, int], *, seed: int, zone: ZoneInfo, at: datetime) -> int:
    """Receive what has arrived by now, before or after its date by the supplier's spread; returns how many lines.

    How late a truck is depends on who sent it, where to and on which day, never on what else was ordered: two worlds
    that order differently meet the same roads.
    """
    due: dict[int, list[int]] = {}
    for order in PurchaseOrder.objects.filter(state__in=OPEN_ORDERS).select_related("supplier", "site").order_by("id"):
        sent = order.ordered_at.astimezone(zone).date()
        hours = lateness(order.supplier.code, order.site.code, sent, seed=seed) * spread_hours[order.supplier.code]
        if order.expected_at + timedelta(minutes=round(hours * 60)) <= at:
            due.setdefault(order.site_id, []).append(order.pk)
    docks = dict(Place.objects.filter(usage="receiving", site__in=due).values_list("site", "id"))
    count = 0
    for site, orders in due.items():
        lines = PurchaseOrderLine.objects.filter(order__in=orders, closed_at=None).order_by("order", "line")
        count += _receive(list(lines.select_related("order")), docks[site], at)
    return count


def lateness(supplier: str, site: str, sent: date, *, seed: int) -> float:
    """How late what was sent that day arrives, in standard deviations; before its date where negative."""
    return float(Streams(seed).stream("replay", f"{supplier}>{site}/{sent}").normal())


def put_away(sites: Iterable[int], *, at: datetime) -> None:
    for site in sites:
        put_away_all(site=site, at=at, cause=FLOOR)


def _receive(lines: Sequence[PurchaseOrderLine], dock: int, at: datetime) -> int:
    arrived = [
        Arrived(line.pk, line.qty - line.received, uuid5(NAMES, f"arrival/{line.order.number}/{line.line}"))
        for line in lines
    ]
    if arrived:
        receive(None, arrived, dock, at=at, cause=SUPPLIERS)
    return len(arrived)
