"""Where the trucks are and when they will be there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import RejectedRow
from longshore.engine.arriving.problem import EtaProblem, RemainingStop
from longshore.engine.arriving.solve import solve
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.shipping.events import EtaChanged, StopReached
from longshore.shipping.operations.carrying import TripNotReady
from longshore.shipping.queries.driving import AheadRow, lock_stops, stops_ahead
from longshore.shipping.rules import at_minute, local_minute, minutes, service_minutes, worth_telling
from longshore.storing.queries.rows import change

_FIXES: Final = """
INSERT INTO shipping_vehicleposition AS p (vehicle_id, at, latitude, longitude, heading, speed_kmh)
SELECT DISTINCT ON (v.id) v.id, k.at, k.latitude, k.longitude, k.heading, k.speed
FROM unnest(%(vehicles)s::bigint[], %(ats)s::timestamptz[], %(latitudes)s::float8[], %(longitudes)s::float8[],
    %(headings)s::smallint[], %(speeds)s::smallint[]) AS k(vehicle, at, latitude, longitude, heading, speed)
JOIN shipping_vehicle v ON v.id = k.vehicle
ORDER BY v.id, k.at DESC
ON CONFLICT (vehicle_id) DO UPDATE SET at = excluded.at, latitude = excluded.latitude, longitude = excluded.longitude,
    heading = excluded.heading, speed_kmh = excluded.speed_kmh
WHERE p.at < excluded.at
"""
_ETAS: Final = """
UPDATE shipping_tripstop s SET eta = k.eta, eta_at = %(at)s
FROM unnest(%(stops)s::bigint[], %(etas)s::timestamptz[]) AS k(stop, eta) WHERE s.id = k.stop
"""
_ARRIVE: Final = """
UPDATE shipping_tripstop s SET arrived_at = k.at, eta = k.at, eta_at = k.at
FROM unnest(%(stops)s::bigint[], %(ats)s::timestamptz[]) AS k(stop, at) WHERE s.id = k.stop
"""


@dataclass(frozen=True, slots=True)
class Fix:
    """A position report: degrees, compass heading, km/h."""

    vehicle: int
    at: datetime
    latitude: float
    longitude: float
    heading: int = 0
    speed_kmh: int = 0


@dataclass(frozen=True, slots=True)
class FixesReceipt:
    """`changed`: vehicles whose last known position is newer now; older reports change nothing."""

    changed: int
    rejected: tuple[RejectedRow, ...] = ()


@dataclass(frozen=True, slots=True)
class EtaReceipt:
    """`stops` got a new expected arrival; `late` of them will miss their promise."""

    stops: tuple[int, ...]
    late: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Arrived:
    stop: int
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class ArriveReceipt:
    stops: tuple[int, ...]
    replayed: tuple[int, ...] = ()


def record_positions(fixes: Sequence[Fix], *, at: datetime, cause: Cause) -> FixesReceipt:
    """Keep the newest position of each vehicle. A position is an observation: it moves no goods."""
    good: list[Fix] = []
    rejected: list[RejectedRow] = []
    for row, fix in enumerate(fixes, start=1):
        if abs(fix.latitude) <= 90 and abs(fix.longitude) <= 180 and fix.at <= at:
            good.append(fix)
            continue
        sentence = _("This position is not on earth, or lies in the future.")
        remedy = _("Check the device's clock and the order of latitude and longitude.")
        rejected.append(RejectedRow(row, "position", "bad-position", sentence, remedy, value=str(fix.vehicle)))
    if not good:
        return FixesReceipt(0, tuple(rejected))
    with transaction.atomic():
        changed = change(
            _FIXES,
            {
                "vehicles": [fix.vehicle for fix in good],
                "ats": [fix.at for fix in good],
                "latitudes": [fix.latitude for fix in good],
                "longitudes": [fix.longitude for fix in good],
                "headings": [fix.heading for fix in good],
                "speeds": [fix.speed_kmh for fix in good],
            },
        )
    return FixesReceipt(changed, tuple(rejected))


def refresh_eta(*, at: datetime, cause: Cause, trip_ids: Sequence[int] | None = None) -> EtaReceipt:
    """Expect arrivals anew from where the trucks are. Tells (shipping.eta-changed) what moved noticeably or became late."""
    with transaction.atomic():
        ahead = stops_ahead(trip_ids)
        fresh: list[tuple[AheadRow, datetime]] = []
        for _trip, rows in groupby(ahead, key=lambda row: row.trip):
            fresh += _expect(list(rows), at)
        change(_ETAS, {"at": at, "stops": [row.stop for row, _eta in fresh], "etas": [eta for _row, eta in fresh]})
        news = [(row, eta) for row, eta in fresh if worth_telling(row.eta, eta, row.due_at)]
        told = [
            EtaChanged(trip, tuple(_news(row, eta) for row, eta in rows))
            for trip, rows in groupby(news, key=lambda pair: pair[0].trip)
        ]
        emit(told, at=at, cause=cause)
        late = tuple(row.stop for row, eta in fresh if row.due_at is not None and eta > row.due_at)
        return EtaReceipt(tuple(row.stop for row, _eta in fresh), late)


def _expect(rows: Sequence[AheadRow], at: datetime) -> list[tuple[AheadRow, datetime]]:
    """New expected arrivals of one trip; a trip with a stop or vehicle without coordinates keeps its plan."""
    first = rows[0]
    if first.from_latitude is None or first.from_longitude is None or any(row.latitude is None for row in rows):
        return []
    dwell = 0
    if first.standing_since is not None:
        stood = int((at - first.standing_since).total_seconds()) // 60
        left = service_minutes(first.standing_units) - stood
        dwell = left if left > 0 else 0
    problem = EtaProblem(
        lat=first.from_latitude,
        lon=first.from_longitude,
        now=minutes(at),
        stops=tuple(_remaining(row, number, at) for number, row in enumerate(rows)),
        speed_by_hour=(float(first.speed_kmh),) * 24,
        dwell=dwell,
    )
    expected = {arrival.key: at_minute(arrival.expected) for arrival in solve(problem)}
    return [(row, expected[row.stop]) for row in rows]


def _remaining(row: AheadRow, number: int, at: datetime) -> RemainingStop:
    """The first leg is measured from where the truck is, the others as planned."""
    today = at.astimezone(ZoneInfo(row.timezone)).date()
    return RemainingStop(
        key=row.stop,
        lat=row.latitude or 0.0,
        lon=row.longitude or 0.0,
        service_minutes=service_minutes(row.units),
        window_start=minutes(local_minute(today, row.opens_minute, row.timezone)),
        distance_m=row.leg_m if number and row.leg_m else None,
    )


def _news(row: AheadRow, eta: datetime) -> dict[str, object]:
    return {
        "stop": row.stop,
        "place": row.place,
        "before": row.eta.isoformat(),
        "eta": eta.isoformat(),
        "due_at": None if row.due_at is None else row.due_at.isoformat(),
        "late": row.due_at is not None and eta > row.due_at,
        "orders": list(row.orders),
    }


def arrive(arrivals: Sequence[Arrived], *, at: datetime, cause: Cause) -> ArriveReceipt:
    """Vehicles stand at their stops. Arriving again at the same stop changes nothing."""
    with transaction.atomic():
        when = {arrival.stop: arrival.happened_at for arrival in arrivals}
        stops = lock_stops(sorted(when))
        wrong = [row.stop for row in stops if row.trip_state != "under_way" and row.arrived_at is None]
        unknown = sorted(set(when) - {row.stop for row in stops})
        if wrong or unknown:
            raise TripNotReady(
                "trip-not-under-way",
                _("Stop {stop} belongs to no trip that is under way.").format(stop=[*wrong, *unknown][0]),
                _("Let the trip depart first."),
                stops=[*wrong, *unknown],
            )
        fresh = [row for row in stops if row.arrived_at is None]
        change(_ARRIVE, {"stops": [row.stop for row in fresh], "ats": [when[row.stop] for row in fresh]})
        emit([StopReached(row.trip, row.stop) for row in fresh], at=at, cause=cause)
        return ArriveReceipt(
            tuple(row.stop for row in fresh), tuple(row.stop for row in stops if row.arrived_at is not None)
        )
