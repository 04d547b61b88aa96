"""Plan the day's trips of a site: which vehicle, which stops, in which order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
from django.db import transaction

from longshore.catalog.errors import RejectedRow
from longshore.engine.routing.matrix import distances
from longshore.engine.routing.problem import Point, Route, Routes, RoutingProblem, Stop
from longshore.engine.routing.problem import Vehicle as Truck
from longshore.engine.routing.solve import solve
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.outbox import emit
from longshore.shipping.events import TripsPlanned
from longshore.shipping.models import Trip, TripState, TripStop
from longshore.shipping.operations.carriers import choose_carrier
from longshore.shipping.queries.loading import ShipmentRow, lock_unplanned
from longshore.shipping.queries.ways import FleetRow, SpotRow, lock_fleet, spots, units_of
from longshore.shipping.rules import (
    Parcel,
    Visit,
    at_minute,
    local_minute,
    minutes,
    service_minutes,
    skills,
    visits,
    window,
)
from longshore.storing.queries.rows import change, fetch
from longshore.storing.rules import key_of

SPARE_MINUTES = 15  # what traffic may take away
_ASSIGN = """
UPDATE shipping_shipment s SET trip_id = k.trip, stop_id = k.stop
FROM unnest(%(shipments)s::bigint[], %(trips)s::bigint[], %(stops)s::bigint[]) AS k(shipment, trip, stop)
WHERE s.id = k.shipment
"""
_IDS = "SELECT nextval(pg_get_serial_sequence('shipping_trip', 'id')) FROM generate_series(1, %(count)s)"


class _Id(NamedTuple):
    id: int


@dataclass(frozen=True, slots=True)
class TripPlan:
    """How hard the route planner tries, and from which seed: the same both give the same trips."""

    seed: int = 0
    iterations: int = 300


@dataclass(frozen=True, slots=True)
class TripsReceipt:
    """`unserved`: (shipment, code) that no vehicle of ours takes; `hired`: (shipment, carrier) given away for that."""

    trips: tuple[int, ...]
    shipments: tuple[int, ...]
    unserved: tuple[tuple[int, str], ...]
    hired: tuple[tuple[int, int], ...]
    rejected: tuple[RejectedRow, ...]
    distance_m: int
    cost: int


@dataclass(frozen=True, slots=True)
class _Day:
    """Everything the planner knows about the site's day. `calls[k]` is the visit behind the stop with key k."""

    site: SpotRow
    day: date
    at: datetime
    trucks: Sequence[FleetRow]
    rows: Mapping[int, ShipmentRow]
    where: Mapping[int, SpotRow]
    calls: Sequence[Visit]
    lost: tuple[tuple[int, str], ...]


@retried
def plan_trips(*, site: int, day: date, at: datetime, cause: Cause, plan: TripPlan | None = None) -> TripsReceipt:
    """Route the site's packed shipments that must leave that day over its free vehicles.

    A vehicle on an open trip is not free. What no vehicle can take goes to a carrier, with the reason.
    """
    how = plan or TripPlan()
    with transaction.atomic():
        trucks = [row for row in lock_fleet(site) if row.free]
        known = _day_of(site, day, at, trucks)
        if not known.rows:
            return TripsReceipt((), (), (), (), (), 0, 0)
        routes = solve(_problem(known), seed=how.seed, iterations=how.iterations)
        trips, served = _write_trips(known, routes)
        unserved = _unserved(known, routes)
        left = choose_carrier(
            [shipment for shipment, _code in unserved], at=at, cause=cause, own_fleet=False, reason=_reason(unserved)
        )
        if trips:
            emit([TripsPlanned(trips)], at=at, cause=cause)
        return TripsReceipt(trips, served, unserved, left.hired, left.rejected, routes.distance_m, routes.cost)


def _day_of(site: int, day: date, at: datetime, trucks: Sequence[FleetRow]) -> _Day:
    where = spots([site])
    evening = local_minute(day, 1440, where[site].timezone)
    rows = {row.shipment: row for row in lock_unplanned(site=site, ship_before=evening)}
    where |= spots(sorted({row.ship_to for row in rows.values()}))
    units = units_of(list(rows))
    located = [row for row in rows.values() if where[row.ship_to].latitude is not None]
    parcels = [
        Parcel(
            row.shipment,
            row.ship_to,
            row.weight_g,
            row.volume_cm3,
            units.get(row.shipment, 0),
            skills(row.temperature_class),
        )
        for row in located
    ]
    largest = max((truck.capacity_g for truck in trucks), default=0), max((t.capacity_cm3 for t in trucks), default=0)
    calls = visits(parcels, largest_g=largest[0], largest_cm3=largest[1])
    lost = tuple((row.shipment, "no-coordinates") for row in rows.values() if where[row.ship_to].latitude is None)
    if where[site].latitude is None:
        lost = tuple((row.shipment, "no-coordinates") for row in rows.values())
        calls = []
    return _Day(where[site], day, at, trucks, rows, where, calls, lost)


def _problem(known: _Day) -> RoutingProblem:
    zone = known.site.timezone
    stops = []
    for key, call in enumerate(known.calls):
        spot = known.where[call.place]
        # The promise is kept when the goods are handed over, not when the truck stops: service must be over by then.
        served = timedelta(minutes=service_minutes(call.units) + SPARE_MINUTES)
        due = min(known.rows[shipment].due_at for shipment in call.shipments) - served
        opens, closes = window(known.day, spot.opens_minute, spot.closes_minute, spot.timezone, due, at=known.at)
        stops.append(
            Stop(
                key=key,
                lat=spot.latitude or 0.0,
                lon=spot.longitude or 0.0,
                weight_g=call.weight_g,
                volume_cm3=call.volume_cm3,
                units=call.units,
                window_start=opens,
                window_end=closes,
                service_minutes=service_minutes(call.units),
                temperature=call.skills,
            )
        )
    return RoutingProblem(
        depot=Point(known.site.latitude or 0.0, known.site.longitude or 0.0),
        stops=tuple(stops),
        vehicles=tuple(truck for row in known.trucks for truck in _truck(row, known.day, zone, known.at)),
    )


def _truck(row: FleetRow, day: date, zone: str, at: datetime) -> list[Truck]:
    """The vehicle within what is left of its shift that day; nothing if the shift is over."""
    start = max(minutes(local_minute(day, row.shift_starts_minute, zone)), minutes(at))
    end = minutes(local_minute(day, row.shift_ends_minute, zone))
    if start >= end:
        return []
    return [
        Truck(
            key=row.vehicle,
            capacity_g=row.capacity_g,
            capacity_cm3=row.capacity_cm3,
            skills=skills(row.temperature_classes),
            shift_start=start,
            shift_end=end,
            fixed_cost=row.fixed_cost,
            cost_per_km=row.cost_per_km,
            speed_kmh=float(row.speed_kmh),
        )
    ]


def _unserved(known: _Day, routes: Routes) -> tuple[tuple[int, str], ...]:
    missed = tuple((shipment, gap.code) for gap in routes.unserved for shipment in known.calls[gap.key].shipments)
    return (*known.lost, *missed)


def _reason(unserved: Sequence[tuple[int, str]]) -> str:
    return ", ".join(sorted({code for _shipment, code in unserved}))


def _write_trips(known: _Day, routes: Routes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The trips with their stops, and the shipments on them."""
    if not routes.routes:
        return (), ()
    ids = sorted(row.id for row in fetch(_Id, _IDS, {"count": len(routes.routes)}))
    pairs = list(zip(ids, routes.routes, strict=True))
    why = json.loads(json.dumps(asdict(routes.explanation)))
    site = known.site.place
    Trip.objects.bulk_create([_trip(number, route, site, why) for number, route in pairs])
    stops = TripStop.objects.bulk_create([stop for number, route in pairs for stop in _stops(number, route, known)])
    carried: list[tuple[int, int, int]] = []
    plans = [(number, plan.key) for number, route in pairs for plan in route.stops]
    for stop, (number, key) in zip(stops, plans, strict=True):
        carried += [(shipment, number, stop.pk) for shipment in known.calls[key].shipments]
    change(
        _ASSIGN,
        {
            "shipments": [shipment for shipment, _t, _s in carried],
            "trips": [trip for _s, trip, _p in carried],
            "stops": [stop for _s, _t, stop in carried],
        },
    )
    return tuple(ids), tuple(sorted(shipment for shipment, _t, _s in carried))


def _trip(number: int, route: Route, site: int, why: dict[str, object]) -> Trip:
    return Trip(
        id=number,
        key=key_of("trip", site, number),
        number=f"T{number:06d}",
        vehicle_id=route.vehicle_key,
        site_id=site,
        state=TripState.PLANNED,
        planned_departure=at_minute(route.depart_at),
        distance_m=route.distance_m,
        cost=route.cost,
        explanation=why | {"return_at": at_minute(route.return_at).isoformat()},
    )


def _stops(number: int, route: Route, known: _Day) -> list[TripStop]:
    legs = _legs(route, known)
    return [
        TripStop(
            trip_id=number,
            sequence=order,
            place_id=known.calls[plan.key].place,
            planned_arrival=at_minute(plan.arrive),
            planned_departure=at_minute(plan.depart),
            eta=at_minute(plan.arrive),
            eta_at=known.at,
            leg_m=leg,
        )
        for order, (plan, leg) in enumerate(zip(route.stops, legs, strict=True), start=1)
    ]


def _legs(route: Route, known: _Day) -> list[int]:
    """Metres to each stop from the one before it (from the site for the first)."""
    spots_on_way = [known.site, *(known.where[known.calls[plan.key].place] for plan in route.stops)]
    latitudes = np.array([spot.latitude for spot in spots_on_way], dtype=np.float64)
    longitudes = np.array([spot.longitude for spot in spots_on_way], dtype=np.float64)
    matrix = distances(latitudes, longitudes)
    return [int(matrix[step, step + 1]) for step in range(len(route.stops))]
