"""Trips under way, as whoever watches their way must know them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from longshore.storing.queries.rows import fetch


class LegRow(NamedTuple):
    """The leg a vehicle (by its place) drives now: since when, from where to where; `leg_m` 0: on the way home."""

    trip: int
    vehicle: int
    since: datetime
    read_until: datetime | None
    from_latitude: float | None
    from_longitude: float | None
    to_latitude: float | None
    to_longitude: float | None
    leg_m: int
    latitudes: list[float]
    longitudes: list[float]


_LEGS = """
SELECT t.id, v.place_id, coalesce(last.departed_at, last.arrived_at, t.departed_at), t.way_read_until,
    coalesce(here.latitude, home.latitude), coalesce(here.longitude, home.longitude),
    coalesce(next.latitude, home.latitude), coalesce(next.longitude, home.longitude), coalesce(next.leg_m, 0),
    spots.latitudes, spots.longitudes
FROM shipping_trip t JOIN shipping_vehicle v ON v.id = t.vehicle_id JOIN catalog_place home ON home.id = t.site_id
LEFT JOIN LATERAL (SELECT x.place_id, x.arrived_at, x.departed_at FROM shipping_tripstop x
    WHERE x.trip_id = t.id AND x.arrived_at IS NOT NULL ORDER BY x.sequence DESC LIMIT 1) last ON true
LEFT JOIN catalog_place here ON here.id = last.place_id
LEFT JOIN LATERAL (SELECT p.latitude, p.longitude, x.leg_m FROM shipping_tripstop x
    JOIN catalog_place p ON p.id = x.place_id
    WHERE x.trip_id = t.id AND x.arrived_at IS NULL ORDER BY x.sequence LIMIT 1) next ON true
CROSS JOIN LATERAL (
    SELECT array_agg(p.latitude ORDER BY p.id) AS latitudes, array_agg(p.longitude ORDER BY p.id) AS longitudes
    FROM catalog_place p WHERE p.latitude IS NOT NULL AND (p.id = t.site_id
        OR p.id IN (SELECT x.place_id FROM shipping_tripstop x WHERE x.trip_id = t.id))
) spots
WHERE v.place_id = ANY(%(vehicles)s) AND t.state = 'under_way' AND t.departed_at IS NOT NULL
ORDER BY t.id FOR NO KEY UPDATE OF t
"""


def lock_legs(vehicles: Sequence[int]) -> list[LegRow]:
    """The legs of these vehicles (by their places) that are under way; nobody else judges them meanwhile."""
    return fetch(LegRow, _LEGS, {"vehicles": list(vehicles)})
