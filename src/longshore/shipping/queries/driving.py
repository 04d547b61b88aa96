"""Trips under way: where they are, what is still ahead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from longshore.storing.queries.rows import fetch


class AheadRow(NamedTuple):
    """A stop that was not reached yet, and from where the vehicle comes."""

    trip: int
    stop: int
    place: int
    latitude: float | None
    longitude: float | None
    timezone: str
    opens_minute: int
    planned_arrival: datetime
    eta: datetime
    leg_m: int
    units: int
    due_at: datetime | None
    orders: list[int]
    from_latitude: float | None
    from_longitude: float | None
    fix_at: datetime | None
    speed_kmh: int
    standing_since: datetime | None
    standing_units: int


_AHEAD = """
SELECT t.id, s.id, s.place_id, p.latitude, p.longitude, p.timezone,
    coalesce((SELECT min(c.window_opens_minute) FROM catalog_partner c WHERE c.place_id = p.id AND c.is_customer), 0),
    s.planned_arrival, s.eta, s.leg_m,
    (SELECT count(DISTINCT l.handling_unit_id) FROM shipping_shipment h JOIN shipping_shipmentline l ON l.shipment_id = h.id
        WHERE h.stop_id = s.id),
    (SELECT min(h.due_at) FROM shipping_shipment h WHERE h.stop_id = s.id),
    ARRAY(SELECT DISTINCT h.order_id FROM shipping_shipment h WHERE h.stop_id = s.id AND h.order_id IS NOT NULL ORDER BY 1),
    coalesce(f.latitude, here.latitude, home.latitude), coalesce(f.longitude, here.longitude, home.longitude),
    f.at, v.speed_kmh,
    CASE WHEN last.departed_at IS NULL THEN last.arrived_at END,
    CASE WHEN last.departed_at IS NULL AND last.id IS NOT NULL THEN
        (SELECT count(DISTINCT l.handling_unit_id) FROM shipping_shipment h
            JOIN shipping_shipmentline l ON l.shipment_id = h.id WHERE h.stop_id = last.id)
    ELSE 0 END
FROM shipping_trip t
JOIN shipping_vehicle v ON v.id = t.vehicle_id
JOIN catalog_place home ON home.id = t.site_id
JOIN shipping_tripstop s ON s.trip_id = t.id AND s.arrived_at IS NULL
JOIN catalog_place p ON p.id = s.place_id
LEFT JOIN LATERAL (SELECT x.id, x.place_id, x.arrived_at, x.departed_at FROM shipping_tripstop x
    WHERE x.trip_id = t.id AND x.arrived_at IS NOT NULL ORDER BY x.sequence DESC LIMIT 1) last ON true
LEFT JOIN catalog_place here ON here.id = last.place_id
LEFT JOIN shipping_vehicleposition f ON f.vehicle_id = v.id
    AND f.at >= coalesce(last.departed_at, last.arrived_at, t.departed_at)
WHERE t.state = 'under_way' AND (%(trips)s::bigint[] IS NULL OR t.id = ANY(%(trips)s))
ORDER BY t.id, s.sequence
"""


def stops_ahead(trip_ids: Sequence[int] | None) -> list[AheadRow]:
    """The stops still to come of these trips (None: of all under way), trip by trip in driving order."""
    return fetch(AheadRow, _AHEAD, {"trips": None if trip_ids is None else list(trip_ids)})


class StopRow(NamedTuple):
    stop: int
    trip: int
    trip_state: str
    arrived_at: datetime | None


_STOPS = """
SELECT s.id, t.id, t.state, s.arrived_at FROM shipping_tripstop s JOIN shipping_trip t ON t.id = s.trip_id
WHERE s.id = ANY(%(stops)s) ORDER BY s.id FOR UPDATE OF s
"""


def lock_stops(stop_ids: Sequence[int]) -> list[StopRow]:
    return fetch(StopRow, _STOPS, {"stops": list(stop_ids)})
