"""Shipments: the list, and everything about one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from longshore.storing.queries.rows import fetch


class ShipmentListRow(NamedTuple):
    shipment: int
    number: str
    state: str
    order: int | None
    order_number: str
    transfer: int | None
    customer: str
    site_code: str
    ship_to: int
    ship_to_name: str
    ship_to_name_zh: str
    carrier: str
    trip: int | None
    trip_number: str
    plate: str
    temperature_class: str
    weight_g: int
    volume_cm3: int
    ship_by: datetime
    due_at: datetime
    eta: datetime | None
    departed_at: datetime | None
    delivered_at: datetime | None
    explanation: dict[str, Any]


_SHIPMENTS = """
SELECT s.id, s.number, s.state, o.id, coalesce(o.number, ''), s.transfer_id, coalesce(c.name, ''), site.code, p.id, p.name,
    p.name_zh, coalesce(k.name, ''), t.id, coalesce(t.number, ''), coalesce(v.plate, ''), s.temperature_class, s.weight_g,
    s.volume_cm3, s.ship_by, s.due_at, st.eta, s.departed_at, s.delivered_at, s.explanation
FROM shipping_shipment s
JOIN catalog_place site ON site.id = s.site_id
JOIN catalog_place p ON p.id = s.ship_to_id
LEFT JOIN ordering_customerorder o ON o.id = s.order_id
LEFT JOIN catalog_partner c ON c.id = o.customer_id
LEFT JOIN catalog_partner k ON k.id = s.carrier_id
LEFT JOIN shipping_trip t ON t.id = s.trip_id
LEFT JOIN shipping_vehicle v ON v.id = t.vehicle_id
LEFT JOIN shipping_tripstop st ON st.id = s.stop_id
WHERE {which}
ORDER BY s.id DESC LIMIT %(limit)s
"""


def shipments(
    *,
    site: int | None = None,
    states: list[str] | None = None,
    order: int | None = None,
    trip: int | None = None,
    limit: int = 200,
) -> list[ShipmentListRow]:
    """The newest shipments first, narrowed as asked."""
    which = ["true"]
    if site is not None:
        which.append("s.site_id = %(site)s")
    if states is not None:
        which.append("s.state = ANY(%(states)s)")
    if order is not None:
        which.append("s.order_id = %(order)s")
    if trip is not None:
        which.append("s.trip_id = %(trip)s")
    parameters = {"site": site, "states": states, "order": order, "trip": trip, "limit": limit}
    return fetch(ShipmentListRow, _SHIPMENTS.format(which=" AND ".join(which)), parameters)


def shipment(shipment_id: int) -> ShipmentListRow | None:
    """One shipment; None if there is none with this id."""
    found = fetch(ShipmentListRow, _SHIPMENTS.format(which="s.id = %(id)s"), {"id": shipment_id, "limit": 1})
    return found[0] if found else None


class ShipmentLineRow(NamedTuple):
    line: int
    order_line: int | None
    order_line_number: int | None
    item: int | None
    item_code: str
    item_name: str
    item_name_zh: str
    handling_unit: int
    sscc: str
    kind: str
    qty: int
    delivered: int
    refused: int
    damaged: int
    refused_reason: str


_LINES = """
SELECT l.id, ol.id, ol.line, i.id, coalesce(i.code, ''), coalesce(i.name, ''), coalesce(i.name_zh, ''), h.id, h.sscc, h.kind,
    l.qty, l.delivered, l.refused, l.damaged, l.refused_reason
FROM shipping_shipmentline l
JOIN shipping_shipment s ON s.id = l.shipment_id
JOIN catalog_handlingunit h ON h.id = l.handling_unit_id
LEFT JOIN ordering_orderline ol ON ol.id = l.order_line_id
LEFT JOIN planning_proposal p ON p.id = s.transfer_id
LEFT JOIN catalog_item i ON i.id = coalesce(ol.item_id, p.item_id)
WHERE l.shipment_id = %(shipment)s ORDER BY ol.line, h.sscc, l.id
"""


def shipment_lines(shipment_id: int) -> list[ShipmentLineRow]:
    """What is in it, line by line and package by package."""
    return fetch(ShipmentLineRow, _LINES, {"shipment": shipment_id})
