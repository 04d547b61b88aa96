"""What shipments hold in the ledger right now: the rows the verbs move."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from longshore.storing.queries.rows import fetch


class PackedTask(NamedTuple):
    """A packed pick task whose goods are on no shipment yet."""

    task: int
    demand: str


_TO_SHIP = """
SELECT t.id, coalesce('order-line:' || t.order_line_id, 'transfer:' || t.transfer_id)
FROM storing_picktask t
JOIN storing_wave w ON w.id = t.wave_id
LEFT JOIN ordering_orderline l ON l.id = t.order_line_id
WHERE t.packed > 0 AND NOT t.on_shipment AND w.site_id = %(site)s
    AND (%(orders)s::bigint[] IS NULL OR l.order_id = ANY(%(orders)s))
ORDER BY t.id FOR UPDATE OF t
"""


def lock_to_ship(*, site: int, order_ids: Sequence[int] | None) -> list[PackedTask]:
    """What is packed at the site (of these orders) and on no shipment, locked."""
    orders = None if order_ids is None else list(order_ids)
    return fetch(PackedTask, _TO_SHIP, {"site": site, "orders": orders})


class PackedRow(NamedTuple):
    """Goods of one order line (or transfer) in one handling unit."""

    order: int | None
    transfer: int | None
    order_line: int | None
    handling_unit: int
    temperature_class: str
    qty: int
    weight_g: int
    volume_cm3: int
    ship_at: datetime
    due_at: datetime
    ship_to: int


_PACKED = """
SELECT l.order_id, t.id, l.id, b.handling_unit_id, i.temperature_class, sum(c.qty - c.consumed)::bigint,
    sum((c.qty - c.consumed) * i.weight_g)::bigint, sum((c.qty - c.consumed) * i.volume_cm3)::bigint,
    min(c.ship_at), min(c.due_at), coalesce(o.ship_to_id, t.site_id)
FROM ledger_claim c
JOIN ledger_balance b ON b.id = c.balance_id AND b.handling_unit_id IS NOT NULL
JOIN catalog_place p ON p.id = b.place_id AND p.site_id = %(site)s
JOIN catalog_item i ON i.id = b.item_id
LEFT JOIN ordering_orderline l
    ON l.id = CASE WHEN c.demand LIKE 'order-line:%%' THEN substr(c.demand, 12)::bigint END
LEFT JOIN ordering_customerorder o ON o.id = l.order_id
LEFT JOIN planning_proposal t ON t.id = CASE WHEN c.demand LIKE 'transfer:%%' THEN substr(c.demand, 10)::bigint END
WHERE c.demand = ANY(%(demands)s) AND c.closed_at IS NULL AND c.hard
GROUP BY l.order_id, t.id, l.id, b.handling_unit_id, i.temperature_class, o.ship_to_id, t.site_id
ORDER BY l.order_id, t.id, i.temperature_class, b.handling_unit_id, l.id
"""
_ON_SHIPMENTS = "SELECT DISTINCT handling_unit_id FROM shipping_shipmentline WHERE handling_unit_id = ANY(%(units)s)"


class _Id(NamedTuple):
    id: int


def packed_goods(*, site: int, demands: Sequence[str]) -> list[PackedRow]:
    """What these demands have in handling units at the site that are on no shipment, order by order."""
    rows = fetch(PackedRow, _PACKED, {"site": site, "demands": list(demands)})
    taken = {row.id for row in fetch(_Id, _ON_SHIPMENTS, {"units": sorted({row.handling_unit for row in rows})})}
    return [row for row in rows if row.handling_unit not in taken]


class ShipmentRow(NamedTuple):
    """A shipment as the verbs need it."""

    shipment: int
    number: str
    state: str
    order: int | None
    transfer: int | None
    site: int
    ship_to: int
    carrier: int | None
    trip: int | None
    trip_state: str | None
    stop: int | None
    vehicle_place: int | None
    weight_g: int
    volume_cm3: int
    temperature_class: str
    ship_by: datetime
    due_at: datetime
    flow: int | None


_SHIPMENTS = """
SELECT s.id, s.number, s.state, s.order_id, s.transfer_id, s.site_id, s.ship_to_id, s.carrier_id, s.trip_id, t.state,
    s.stop_id, v.place_id, s.weight_g, s.volume_cm3, s.temperature_class, s.ship_by, s.due_at, p.flow_id
FROM shipping_shipment s
LEFT JOIN shipping_trip t ON t.id = s.trip_id
LEFT JOIN shipping_vehicle v ON v.id = t.vehicle_id
LEFT JOIN planning_proposal p ON p.id = s.transfer_id
WHERE {which}
ORDER BY s.id FOR UPDATE OF s
"""


def lock_shipments(shipment_ids: Sequence[int]) -> list[ShipmentRow]:
    """These shipments, locked in order of id."""
    return fetch(ShipmentRow, _SHIPMENTS.format(which="s.id = ANY(%(ids)s)"), {"ids": list(shipment_ids)})


def lock_shipments_of_trips(trip_ids: Sequence[int]) -> list[ShipmentRow]:
    return fetch(ShipmentRow, _SHIPMENTS.format(which="s.trip_id = ANY(%(ids)s)"), {"ids": list(trip_ids)})


def lock_unplanned(*, site: int, ship_before: datetime | None = None) -> list[ShipmentRow]:
    """Packed shipments of the site that are on no trip and with no carrier, and must leave before then."""
    which = (
        "s.site_id = %(site)s AND s.trip_id IS NULL AND s.carrier_id IS NULL AND s.state IN ('packed', 'staged')"
        " AND (%(before)s::timestamptz IS NULL OR s.ship_by <= %(before)s)"
    )
    return fetch(ShipmentRow, _SHIPMENTS.format(which=which), {"site": site, "before": ship_before})


class GoodsRow(NamedTuple):
    """A claim of a shipment and the key it stands on; `line` is the shipment's line."""

    shipment: int
    line: int
    order_line: int | None
    claim: int
    qty: int
    balance: int
    item: int
    place: int
    owner: int
    lot: int | None
    condition: int
    handling_unit: int | None
    serial: int | None


# Both sides are worked out first: a package of many lines joined line by balance would be quadratic.
_GOODS = """
WITH wanted AS MATERIALIZED (
    SELECT s.id AS shipment, l.id AS line, l.order_line_id, l.handling_unit_id AS unit,
        coalesce('order-line:' || l.order_line_id, 'transfer:' || s.transfer_id) AS demand
    FROM shipping_shipment s JOIN shipping_shipmentline l ON l.shipment_id = s.id
    WHERE s.id = ANY(%(shipments)s)
), held AS MATERIALIZED (
    SELECT c.id AS claim, c.demand, c.qty - c.consumed AS open, b.id, b.item_id, b.place_id, b.owner_id, b.lot_id,
        b.condition, b.handling_unit_id, b.serial_id
    FROM ledger_balance b JOIN ledger_claim c ON c.balance_id = b.id AND c.state = 'open'
    WHERE b.qty > 0 AND b.handling_unit_id IN (SELECT unit FROM wanted)
)
SELECT w.shipment, w.line, w.order_line_id, h.claim, h.open, h.id, h.item_id, h.place_id, h.owner_id, h.lot_id,
    h.condition, h.handling_unit_id, h.serial_id
FROM wanted w JOIN held h ON h.handling_unit_id = w.unit AND h.demand = w.demand
ORDER BY w.shipment, w.line, h.claim
"""


def goods_of(shipment_ids: Sequence[int]) -> list[GoodsRow]:
    """Everything these shipments hold, wherever it stands."""
    return fetch(GoodsRow, _GOODS, {"shipments": list(shipment_ids)}) if shipment_ids else []


class TripRow(NamedTuple):
    trip: int
    number: str
    state: str
    site: int
    vehicle: int
    vehicle_place: int
    capacity_g: int
    capacity_cm3: int
    distance_m: int
    planned_departure: datetime
    departed_at: datetime | None


_TRIPS = """
SELECT t.id, t.number, t.state, t.site_id, v.id, v.place_id, v.capacity_g, v.capacity_cm3, t.distance_m,
    t.planned_departure, t.departed_at
FROM shipping_trip t JOIN shipping_vehicle v ON v.id = t.vehicle_id
WHERE t.id = ANY(%(trips)s) ORDER BY t.id FOR UPDATE OF t
"""


def lock_trips(trip_ids: Sequence[int]) -> list[TripRow]:
    return fetch(TripRow, _TRIPS, {"trips": list(trip_ids)})


class BusyRow(NamedTuple):
    vehicle: int
    trip: int


_BUSY = """
SELECT vehicle_id, id FROM shipping_trip WHERE vehicle_id = ANY(%(vehicles)s) AND state IN ('loading', 'under_way')
"""


def busy_vehicles(vehicles: Sequence[int]) -> list[BusyRow]:
    """Which of these vehicles are being loaded or under way, on which trip."""
    return fetch(BusyRow, _BUSY, {"vehicles": list(vehicles)})
