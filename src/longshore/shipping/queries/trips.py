"""Trips, their stops and their geometry."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from longshore.storing.queries.rows import fetch


class TripListRow(NamedTuple):
    trip: int
    number: str
    state: str
    vehicle: int
    plate: str
    site: int
    site_code: str
    planned_departure: datetime
    departed_at: datetime | None
    finished_at: datetime | None
    distance_m: int
    cost: int
    stops: int
    reached: int
    shipments: int
    weight_g: int
    capacity_g: int
    late_stops: int


_TRIPS = """
SELECT t.id, t.number, t.state, v.id, v.plate, t.site_id, p.code, t.planned_departure, t.departed_at, t.finished_at,
    t.distance_m, t.cost,
    (SELECT count(*) FROM shipping_tripstop s WHERE s.trip_id = t.id),
    (SELECT count(*) FROM shipping_tripstop s WHERE s.trip_id = t.id AND s.arrived_at IS NOT NULL),
    h.shipments, h.weight_g, v.capacity_g,
    (SELECT count(DISTINCT s.id) FROM shipping_tripstop s JOIN shipping_shipment x ON x.stop_id = s.id
        WHERE s.trip_id = t.id AND s.eta > x.due_at)
FROM (
    SELECT * FROM shipping_trip
    WHERE (%(site)s::bigint IS NULL OR site_id = %(site)s) AND (%(states)s::text[] IS NULL OR state = ANY(%(states)s))
    ORDER BY id DESC LIMIT %(limit)s
) t
JOIN shipping_vehicle v ON v.id = t.vehicle_id
JOIN catalog_place p ON p.id = t.site_id
LEFT JOIN LATERAL (
    SELECT count(*) AS shipments, coalesce(sum(x.weight_g), 0)::bigint AS weight_g
    FROM shipping_shipment x WHERE x.trip_id = t.id
) h ON true
ORDER BY t.id DESC
"""


def trips(*, site: int | None = None, states: list[str] | None = None, limit: int = 100) -> list[TripListRow]:
    """The newest trips first."""
    return fetch(TripListRow, _TRIPS, {"site": site, "states": states, "limit": limit})


class StopListRow(NamedTuple):
    stop: int
    trip: int
    sequence: int
    place: int
    place_code: str
    place_name: str
    place_name_zh: str
    address: str
    latitude: float | None
    longitude: float | None
    planned_arrival: datetime
    eta: datetime
    arrived_at: datetime | None
    departed_at: datetime | None
    due_at: datetime | None
    shipments: list[int]
    units: int


_STOPS = """
SELECT s.id, s.trip_id, s.sequence, p.id, p.code, p.name, p.name_zh, p.address, p.latitude, p.longitude, s.planned_arrival,
    s.eta, s.arrived_at, s.departed_at, min(h.due_at), array_agg(DISTINCT h.id ORDER BY h.id),
    (SELECT count(DISTINCT l.handling_unit_id) FROM shipping_shipmentline l JOIN shipping_shipment x ON x.id = l.shipment_id
        WHERE x.stop_id = s.id)
FROM shipping_tripstop s
JOIN catalog_place p ON p.id = s.place_id
LEFT JOIN shipping_shipment h ON h.stop_id = s.id
WHERE s.trip_id = ANY(%(trips)s)
GROUP BY s.id, p.id ORDER BY s.trip_id, s.sequence
"""


def stops_of(trip_ids: list[int]) -> list[StopListRow]:
    """All stops of these trips in driving order, with what is due when."""
    return fetch(StopListRow, _STOPS, {"trips": trip_ids})


class WayPoint(NamedTuple):
    """A corner of a route. `stop` is None at the site where it begins and ends."""

    stop: int | None
    latitude: float
    longitude: float


class _Spot(NamedTuple):
    latitude: float | None
    longitude: float | None


_HOME = """
SELECT p.latitude, p.longitude FROM shipping_trip t JOIN catalog_place p ON p.id = t.site_id WHERE t.id = %(trip)s
"""


def route_of(trip: int) -> list[WayPoint]:
    """The planned way as straight lines: the site, each stop, the site again; places without coordinates left out."""
    homes = [
        WayPoint(None, home.latitude, home.longitude)
        for home in fetch(_Spot, _HOME, {"trip": trip})
        if home.latitude is not None and home.longitude is not None
    ]
    ways = [
        WayPoint(row.stop, row.latitude, row.longitude)
        for row in stops_of([trip])
        if row.latitude is not None and row.longitude is not None
    ]
    return [*homes, *ways, *homes]
