"""Dispatchers, drivers and carriers: rounds are planned, loaded, driven; goods are handed over or refused at the door."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Min

from longshore.catalog.models import Lane, Partner
from longshore.shipping.models import Shipment, ShipmentLine, ShipmentState, Trip, TripState, TripStop
from longshore.shipping.operations import (
    Arrived,
    Delivered,
    Fix,
    RefusalReason,
    RefusedLine,
    TripPlan,
    arrive,
    bring_back,
    deliver,
    depart,
    finish,
    hand_over,
    load,
    plan_trips,
    record_positions,
    refresh_eta,
)
from longshore.twin.world.driving import Drive, Halt, Leg, Spot, legs, where
from longshore.twin.world.scene import ZONE, Scene, Tick, at_minute

PLANS = (330, 510, 810, 1050)
ITERATIONS = 120
LOADING = timedelta(minutes=30)
REFUSED_SHARE = 0.012
BRING_BACK_MINUTE = 1320
OFFSET = timedelta(hours=8)
WAITING = (ShipmentState.PACKED, ShipmentState.STAGED)
REASONS = (RefusalReason.UNWANTED, RefusalReason.DAMAGED, RefusalReason.WRONG, RefusalReason.TOO_WARM)


def step(scene: Scene, tick: Tick) -> None:
    if any(tick.passes(minute) is not None for minute in PLANS):
        plan(scene, tick)
    leave(scene, tick)
    drive(scene, tick)
    collect(scene, tick)
    carry(scene, tick)
    if tick.passes(BRING_BACK_MINUTE) is not None:
        back(scene, tick)
    if scene.living or tick.now.minute < (tick.now - tick.since).total_seconds() / 60:  # else once an hour is enough
        if not scene.on_line:
            show(scene, tick.now)
        refresh_eta(at=tick.now, cause=scene.cause("dispatch"))


def plan(scene: Scene, tick: Tick) -> None:
    day = tick.now.astimezone(ZONE).date()
    waiting = set(Shipment.objects.filter(state__in=WAITING, trip=None, carrier=None).values_list("site", flat=True))
    for code, site in scene.sites.items():
        if site in waiting:
            how = TripPlan(seed=scene.seed, iterations=ITERATIONS)
            plan_trips(site=site, day=day, at=tick.now, cause=scene.cause(f"dispatch {code}"), plan=how)


def leave(scene: Scene, tick: Tick) -> None:
    """A trip is loaded half an hour before it leaves, and leaves as planned or by the time its goods must have left."""
    open_trips = (
        Trip.objects.filter(state__in=[TripState.PLANNED, TripState.LOADING])
        .annotate(ship_by=Min("shipments__ship_by"))
        .order_by("id")
        .values_list("id", "state", "planned_departure", "ship_by")
    )
    loading: list[int] = []
    leaving: list[int] = []
    for trip, state, planned, ship_by in open_trips:
        leaves = min(planned, ship_by or planned)
        if state == TripState.PLANNED and leaves - LOADING <= tick.now:
            loading.append(trip)
        if leaves <= tick.now:
            leaving.append(trip)
    cause = scene.cause("dispatch")
    if loading:
        load(loading, at=tick.now, cause=cause)
    if leaving:
        depart(leaving, at=tick.now, cause=cause)


def under_way() -> list[Drive]:
    """Every trip on the road, with its stops."""
    trips = list(Trip.objects.filter(state=TripState.UNDER_WAY).select_related("vehicle", "site").order_by("id"))
    ids = [trip.pk for trip in trips]
    opens = dict(
        Partner.objects.filter(is_customer=True, place__tripstop__trip__in=ids).values_list(
            "place", "window_opens_minute"
        )
    )
    stops: dict[int, list[Halt]] = defaultdict(list)
    rows = (
        TripStop.objects.filter(trip__in=ids)
        .select_related("place")
        .annotate(units=Count("shipments__lines__handling_unit", distinct=True))
        .order_by("trip", "sequence")
    )
    for row in rows:
        spot = Spot(row.place.latitude or 0.0, row.place.longitude or 0.0)
        service = timedelta(minutes=min(60, 10 + 2 * row.units))
        halt = Halt(
            row.pk, row.sequence, spot, row.leg_m, service, opens.get(row.place_id, 0), row.arrived_at, row.departed_at
        )
        stops[row.trip_id].append(halt)
    return [
        Drive(
            trip.pk,
            trip.number,
            trip.vehicle_id,
            Spot(trip.site.latitude or 0.0, trip.site.longitude or 0.0),
            trip.departed_at or trip.planned_departure,
            trip.vehicle.speed_kmh,
            tuple(stops[trip.pk]),
        )
        for trip in trips
    ]


def drive(scene: Scene, tick: Tick) -> None:
    """Stops that were reached and served in this step, and trucks that are home."""
    arrivals: list[Arrived] = []
    served: dict[int, datetime] = {}
    home: dict[int, tuple[datetime, int]] = {}
    for trip in under_way():
        known = {halt.stop: halt for halt in trip.halts}
        way = legs(trip, scene.seed, OFFSET)
        for leg in way:
            if leg.stop is None and leg.arrives_at <= tick.now:
                home[trip.trip] = leg.arrives_at, sum(each.distance_m for each in way)
            if leg.stop is None:
                continue
            halt = known[leg.stop]
            if halt.arrived_at is None and leg.arrives_at <= tick.now:
                arrivals.append(Arrived(leg.stop, leg.arrives_at))
            if halt.departed_at is None and leg.leaves_at <= tick.now:
                served[leg.stop] = leg.leaves_at
    cause = scene.cause("drivers")
    if arrivals:
        arrive(arrivals, at=tick.now, cause=cause)
    if served:
        _deliver(scene, tick, Shipment.objects.filter(stop__in=served), served)
    if home:
        driven = {trip: distance for trip, (_at, distance) in home.items()}
        finish(list(home), at=tick.now, cause=cause, driven_m=driven)


def _deliver(scene: Scene, tick: Tick, shipments: object, served: dict[int, datetime]) -> None:
    rows = shipments.filter(state=ShipmentState.IN_TRANSIT).select_related("order", "ship_to").order_by("id")  # type: ignore[attr-defined]
    reports = [
        Delivered(row.pk, served[row.stop_id], signer=_signer(row), refused=_refused(scene, row)) for row in rows
    ]
    if reports:
        deliver(reports, at=tick.now, cause=scene.cause("drivers"))


def _signer(shipment: Shipment) -> str:
    return ("王敏", "李强", "张伟", "刘洋", "陈静", "杨帆", "赵磊", "周婷")[shipment.pk % 8]


def _refused(scene: Scene, shipment: Shipment) -> tuple[RefusedLine, ...]:
    """Now and then a customer does not take one of the lines."""
    rng = scene.chance("door", shipment.number)
    luck, share, why = rng.random(3).tolist()
    if shipment.order_id is None or luck >= REFUSED_SHARE:
        return ()
    lines: dict[int, int] = defaultdict(int)
    for line in ShipmentLine.objects.filter(shipment=shipment, order_line__isnull=False).order_by("id"):
        lines[line.order_line_id or 0] += line.qty
    refused, qty = sorted(lines.items())[int(share * len(lines))]
    reason = REASONS[int(why * len(REASONS))]
    return (RefusedLine(refused, 1 + int(share * (qty - 1)), reason),)


def collect(scene: Scene, tick: Tick) -> None:
    """Carriers come for what was given to them, by the time it must leave."""
    waiting = Shipment.objects.filter(state__in=WAITING, trip=None, carrier__isnull=False, ship_by__lte=tick.now)
    ids = list(waiting.order_by("id").values_list("id", flat=True))
    if ids:
        hand_over(ids, at=tick.now, cause=scene.cause("carriers"))


def carry(scene: Scene, tick: Tick) -> None:
    """What carriers have brought to its door by now."""
    rows = list(
        Shipment.objects.filter(state=ShipmentState.IN_TRANSIT, trip=None)
        .order_by("id")
        .values_list("id", "number", "site", "ship_to", "carrier", "departed_at")
    )
    if not rows:
        return
    ends = [row[2] for row in rows], [row[3] for row in rows]
    lanes = Lane.objects.filter(origin__in=ends[0], destination__in=ends[1], carrier__isnull=False)
    transit: dict[tuple[int | None, int, int], int] = {
        (o, d, c): minutes
        for o, d, c, minutes in lanes.values_list("origin", "destination", "carrier", "transit_minutes")
    }
    hours = {
        place: (opens, closes)
        for place, opens, closes in Partner.objects.filter(is_customer=True, place__in=ends[1]).values_list(
            "place", "window_opens_minute", "window_closes_minute"
        )
    }
    reports = []
    for shipment, number, site, ship_to, carrier, departed in rows:
        share = 0.86 + 0.07 * float(scene.chance("carrier", number).normal())
        minutes = round(transit.get((site, ship_to, carrier), 1440) * max(0.5, share))
        assert departed is not None, "only those that left were asked for"
        door = _in_hours(departed + timedelta(minutes=minutes), *hours.get(ship_to, (0, 1440)))
        if door <= tick.now:
            reports.append(Delivered(shipment, door, signer="门卫"))
    if reports:
        deliver(reports, at=tick.now, cause=scene.cause("carriers"))


def _in_hours(at: datetime, opens: int, closes: int) -> datetime:
    """At the door while somebody is there."""
    local = at.astimezone(ZONE)
    minute = local.hour * 60 + local.minute
    if minute < opens:
        return at_minute(local.date(), opens)
    return at if minute < closes else at_minute(local.date() + timedelta(days=1), opens)


def back(scene: Scene, tick: Tick) -> None:
    """Carriers bring back what was refused, each to the site where it is at home."""
    sites = list(scene.sites.values())
    for number, (carrier, code) in enumerate(
        Partner.objects.filter(is_carrier=True).order_by("code").values_list("id", "code")
    ):
        key = scene.key("bring-back", code, tick.now.isoformat())
        site = sites[number % len(sites)]
        bring_back(carriers=[carrier], site=site, key=key, at=tick.now, cause=scene.cause("carriers"))


def show(scene: Scene, now: datetime) -> list[Fix]:
    """Report where every truck on the road is."""
    fixes = [_fix(drive, legs(drive, scene.seed, OFFSET), now) for drive in under_way()]
    if fixes:
        record_positions(fixes, at=now, cause=scene.cause("trucks"))
    return fixes


def _fix(drive: Drive, way: Sequence[Leg], now: datetime) -> Fix:
    found = where(way, now)
    return Fix(drive.vehicle, now, found.latitude, found.longitude, found.heading, found.speed_kmh)
