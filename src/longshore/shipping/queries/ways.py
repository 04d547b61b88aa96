"""Who could drive: own vehicles, carriers' lanes, and where things are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from longshore.storing.queries.rows import fetch


class FleetRow(NamedTuple):
    """One of our own vehicles. `free`: on no open trip."""

    vehicle: int
    site: int
    capacity_g: int
    capacity_cm3: int
    temperature_classes: str
    fixed_cost: int
    cost_per_km: int
    speed_kmh: int
    shift_starts_minute: int
    shift_ends_minute: int
    free: bool


_FLEET = """
SELECT v.id, v.home_site_id, v.capacity_g, v.capacity_cm3, v.temperature_classes, v.fixed_cost, v.cost_per_km, v.speed_kmh,
    v.shift_starts_minute, v.shift_ends_minute,
    NOT EXISTS (SELECT 1 FROM shipping_trip t
        WHERE t.vehicle_id = v.id AND t.state IN ('planned', 'loading', 'under_way'))
FROM shipping_vehicle v
WHERE v.active AND v.carrier_id IS NULL AND v.home_site_id = ANY(%(sites)s)
ORDER BY v.id
"""


def fleet(sites: Sequence[int]) -> list[FleetRow]:
    return fetch(FleetRow, _FLEET, {"sites": list(sites)})


def lock_fleet(site: int) -> list[FleetRow]:
    """The site's own vehicles, locked: nobody else plans them until the transaction ends."""
    return fetch(FleetRow, _FLEET + " FOR UPDATE OF v", {"sites": [site]})


class LaneRow(NamedTuple):
    origin: int
    destination: int
    carrier: int
    transit_minutes: int
    fixed_cost: int
    cost_per_kg: int
    temperature_classes: str


_LANES = """
SELECT l.origin_id, l.destination_id, l.carrier_id, l.transit_minutes, l.fixed_cost, l.cost_per_kg,
    coalesce((SELECT string_agg(v.temperature_classes, ',') FROM shipping_vehicle v
        WHERE v.carrier_id = l.carrier_id AND v.active), '')
FROM catalog_lane l
WHERE l.active AND l.carrier_id IS NOT NULL AND l.origin_id = ANY(%(origins)s) AND l.destination_id = ANY(%(places)s)
ORDER BY l.id
"""


def carrier_lanes(origins: Sequence[int], places: Sequence[int]) -> list[LaneRow]:
    """What carriers ask between these places, and the temperature classes their vehicles have ('': not said)."""
    return fetch(LaneRow, _LANES, {"origins": list(origins), "places": list(places)})


class DistanceRow(NamedTuple):
    origin: int
    destination: int
    distance_m: int


_DISTANCES = """
SELECT origin_id, destination_id, min(distance_m)::bigint FROM catalog_lane
WHERE active AND distance_m > 0 AND origin_id = ANY(%(origins)s) AND destination_id = ANY(%(places)s)
GROUP BY origin_id, destination_id
"""


def lane_distances(origins: Sequence[int], places: Sequence[int]) -> list[DistanceRow]:
    return fetch(DistanceRow, _DISTANCES, {"origins": list(origins), "places": list(places)})


class SpotRow(NamedTuple):
    """Where a place is and when it receives; a place of no partner receives all day."""

    place: int
    latitude: float | None
    longitude: float | None
    timezone: str
    opens_minute: int
    closes_minute: int


_SPOTS = """
SELECT p.id, p.latitude, p.longitude, p.timezone,
    coalesce(min(c.window_opens_minute), 0), coalesce(max(c.window_closes_minute), 1440)
FROM catalog_place p LEFT JOIN catalog_partner c ON c.place_id = p.id AND c.is_customer
WHERE p.id = ANY(%(places)s) GROUP BY p.id ORDER BY p.id
"""


def spots(places: Sequence[int]) -> dict[int, SpotRow]:
    return {row.place: row for row in fetch(SpotRow, _SPOTS, {"places": list(places)})}


class UnitsRow(NamedTuple):
    shipment: int
    units: int


_UNITS = """
SELECT shipment_id, count(DISTINCT handling_unit_id) FROM shipping_shipmentline
WHERE shipment_id = ANY(%(shipments)s) GROUP BY shipment_id
"""


def units_of(shipments: Sequence[int]) -> dict[int, int]:
    """How many handling units each shipment has."""
    return {row.shipment: row.units for row in fetch(UnitsRow, _UNITS, {"shipments": list(shipments)})}


class CarrierPlace(NamedTuple):
    carrier: int
    code: str
    name: str
    place: int | None


_CARRIER_PLACES = """
SELECT c.id, c.code, c.name,
    coalesce((SELECT min(v.place_id) FROM shipping_vehicle v WHERE v.carrier_id = c.id AND v.active),
        (SELECT p.id FROM catalog_place p WHERE p.code = 'CARRIER-' || c.code))
FROM catalog_partner c WHERE c.id = ANY(%(carriers)s) ORDER BY c.id
"""


def carrier_places(carriers: Sequence[int]) -> list[CarrierPlace]:
    """The place in the ledger where a carrier's load stands: its vehicle's, or one made for it."""
    return fetch(CarrierPlace, _CARRIER_PLACES, {"carriers": list(carriers)})
