"""What follows from where a truck is: which stop it has reached, whose goods come late, which dock it wants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from longshore.storing.queries.rows import fetch


class VehicleRow(NamedTuple):
    """A vehicle by its place in the ledger, and the trip it is on (None: none)."""

    place: int
    vehicle: int
    trip: int | None


_VEHICLES = """
SELECT v.place_id, v.id, t.id FROM shipping_vehicle v
LEFT JOIN shipping_trip t ON t.vehicle_id = v.id AND t.state = 'under_way'
WHERE v.place_id = ANY(%(places)s) ORDER BY v.id
"""


def vehicles_at(places: Sequence[int]) -> dict[int, VehicleRow]:
    """Vehicles by their places."""
    return {row.place: row for row in fetch(VehicleRow, _VEHICLES, {"places": list(places)})}


class _Stop(NamedTuple):
    stop: int


_NEXT = """
SELECT s.id FROM shipping_tripstop s JOIN shipping_trip t ON t.id = s.trip_id
JOIN shipping_vehicle v ON v.id = t.vehicle_id
WHERE v.place_id = %(vehicle)s AND t.state = 'under_way' AND s.place_id = %(place)s AND s.arrived_at IS NULL
    AND t.departed_at <= %(at)s
ORDER BY s.sequence LIMIT 1
"""


def stop_reached(vehicle: int, place: int, at: datetime) -> int | None:
    """The stop a vehicle (by its place) has reached when it stands there; None if it has no business there."""
    found = fetch(_Stop, _NEXT, {"vehicle": vehicle, "place": place, "at": at})
    return found[0].stop if found else None


class ComingRow(NamedTuple):
    """An order line (or a transfer's flow) aboard, and when it will be at its stop."""

    stop: int
    order: int | None
    order_line: int | None
    flow: int | None
    flow_arrives_at: datetime | None
    site: int
    eta: datetime
    due_at: datetime


_COMING = """
SELECT DISTINCT s.id, m.order_id, l.order_line_id, f.id, f.arrive_at, m.site_id, s.eta, m.due_at
FROM shipping_tripstop s JOIN shipping_shipment m ON m.stop_id = s.id AND m.state = 'in_transit'
JOIN shipping_shipmentline l ON l.shipment_id = m.id AND l.qty > l.delivered + l.refused
LEFT JOIN planning_proposal p ON p.id = m.transfer_id LEFT JOIN ledger_plannedflow f ON f.id = p.flow_id
    AND f.status = 'firm'
WHERE s.id = ANY(%(stops)s) AND s.arrived_at IS NULL ORDER BY s.id, l.order_line_id
"""


def coming(stops: Sequence[int]) -> list[ComingRow]:
    """What is still to be handed over at these stops."""
    return fetch(ComingRow, _COMING, {"stops": list(stops)})


class ToldRow(NamedTuple):
    """What a customer was last told of an order: the last notice, else the first promise."""

    order: int
    number: str
    told_at: datetime | None
    noticed: bool
    promised_at: datetime | None
    short: bool


_TOLD = """
SELECT o.id, o.number, coalesce(n.promised_at, o.first_promised_at), n.promised_at IS NOT NULL, o.promised_at,
    (SELECT coalesce(bool_or(l.short > 0 OR l.promised_at IS NULL), false) FROM ordering_orderline l
        WHERE l.order_id = o.id AND l.qty > l.cancelled + l.delivered)
FROM ordering_customerorder o LEFT JOIN LATERAL (
    SELECT x.promised_at FROM ordering_customernotice x WHERE x.order_id = o.id AND x.promised_at IS NOT NULL
    ORDER BY x.id DESC LIMIT 1) n ON true
WHERE o.id = ANY(%(orders)s) ORDER BY o.id
"""


def last_told(orders: Sequence[int]) -> list[ToldRow]:
    return fetch(ToldRow, _TOLD, {"orders": list(orders)})


class BerthRow(NamedTuple):
    """A trip at its own dock before it leaves (`stop` None), or at the dock of another site of ours where it stops."""

    trip: int
    stop: int | None
    site: int
    at: datetime
    units: int
    temperature_class: str


_BERTHS = """
SELECT t.id, NULL::bigint, t.site_id, t.planned_departure, count(DISTINCT l.handling_unit_id),
    coalesce(min(m.temperature_class), 'ambient')
FROM shipping_trip t LEFT JOIN shipping_shipment m ON m.trip_id = t.id
LEFT JOIN shipping_shipmentline l ON l.shipment_id = m.id
WHERE t.id = ANY(%(trips)s) AND t.state IN ('planned', 'loading') GROUP BY t.id
UNION ALL
SELECT t.id, s.id, s.place_id, s.eta, count(DISTINCT l.handling_unit_id), coalesce(min(m.temperature_class), 'ambient')
FROM shipping_trip t JOIN shipping_tripstop s ON s.trip_id = t.id AND s.arrived_at IS NULL
JOIN catalog_place p ON p.id = s.place_id AND p.kind = 'site'
LEFT JOIN shipping_shipment m ON m.stop_id = s.id LEFT JOIN shipping_shipmentline l ON l.shipment_id = m.id
WHERE t.id = ANY(%(trips)s) AND t.state IN ('planned', 'loading', 'under_way') GROUP BY t.id, s.id
ORDER BY 1, 2 NULLS FIRST
"""


def berths(trips: Sequence[int]) -> list[BerthRow]:
    """The docks these trips want: to be loaded at, and at each site of ours they go to."""
    return fetch(BerthRow, _BERTHS, {"trips": list(trips)})


class _Order(NamedTuple):
    order: int


_TOUCHED = """
SELECT DISTINCT l.order_id FROM storing_touchedline t JOIN ordering_orderline l ON l.id = t.order_line_id
JOIN ordering_customerorder o ON o.id = l.order_id
WHERE t.excursion = %(excursion)s AND o.state <> 'cancelled' ORDER BY 1
"""


def orders_touched(excursion: int) -> list[int]:
    """Orders that lost goods to an excursion."""
    return [row.order for row in fetch(_Order, _TOUCHED, {"excursion": excursion})]
