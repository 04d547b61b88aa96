"""The live map: every vehicle, where it is, and whether it is on plan."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from longshore.shipping.rules import Drive, VehicleStatus, vehicle_status
from longshore.storing.queries.rows import fetch


class PositionRow(NamedTuple):
    """A vehicle as the map shows it. The next stop's `eta` stands beside its plan and its promise."""

    vehicle: int
    plate: str
    latitude: float
    longitude: float
    heading: int
    speed_kmh: int
    at: datetime | None
    status: VehicleStatus
    trip: int | None
    trip_number: str
    next_stop: int | None
    next_place: str
    next_place_zh: str
    planned_arrival: datetime | None
    eta: datetime | None
    due_at: datetime | None
    stops: int
    reached: int
    orders: int


class _Raw(NamedTuple):
    vehicle: int
    plate: str
    latitude: float | None
    longitude: float | None
    heading: int
    speed_kmh: int
    at: datetime | None
    trip: int | None
    trip_number: str
    next_stop: int | None
    next_place: str
    next_place_zh: str
    planned_arrival: datetime | None
    eta: datetime | None
    due_at: datetime | None
    stops: int
    reached: int
    orders: int
    at_stop: bool


_POSITIONS = """
SELECT v.id, v.plate, coalesce(f.latitude, home.latitude), coalesce(f.longitude, home.longitude), coalesce(f.heading, 0),
    coalesce(f.speed_kmh, 0), f.at, t.id, coalesce(t.number, ''), next.id, coalesce(next.name, ''),
    coalesce(next.name_zh, ''), next.planned_arrival, next.eta, next.due_at, coalesce(sums.stops, 0),
    coalesce(sums.reached, 0),
    (SELECT count(DISTINCT h.order_id) FROM shipping_shipment h WHERE h.trip_id = t.id),
    coalesce(sums.standing, false)
FROM shipping_vehicle v
JOIN catalog_place home ON home.id = v.home_site_id
LEFT JOIN shipping_vehicleposition f ON f.vehicle_id = v.id
LEFT JOIN shipping_trip t ON t.vehicle_id = v.id AND t.state = 'under_way'
LEFT JOIN LATERAL (
    SELECT s.id, p.name, p.name_zh, s.planned_arrival, s.eta,
        (SELECT min(h.due_at) FROM shipping_shipment h WHERE h.stop_id = s.id) AS due_at
    FROM shipping_tripstop s JOIN catalog_place p ON p.id = s.place_id
    WHERE s.trip_id = t.id AND s.arrived_at IS NULL ORDER BY s.sequence LIMIT 1
) next ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS stops, count(s.arrived_at) AS reached,
        bool_or(s.arrived_at IS NOT NULL AND s.departed_at IS NULL) AS standing
    FROM shipping_tripstop s WHERE s.trip_id = t.id
) sums ON true
WHERE v.active AND (%(moving)s = false OR t.id IS NOT NULL)
ORDER BY v.id
"""


def positions(*, at: datetime, only_moving: bool = False) -> list[PositionRow]:
    """Every active vehicle (or only those on a trip) with its status at `at`; without coordinates it is left out."""
    found = []
    for raw in fetch(_Raw, _POSITIONS, {"moving": only_moving}):
        if raw.latitude is None or raw.longitude is None:
            continue
        drive = Drive(raw.at, raw.speed_kmh, raw.at_stop, raw.eta, raw.planned_arrival, raw.due_at)
        status = VehicleStatus.IDLE if raw.trip is None else vehicle_status(drive, at=at)
        head, rest = raw[2:7], raw[7:18]
        found.append(PositionRow._make((raw.vehicle, raw.plate, *head, status, *rest)))
    return found
