"""Questions about transport."""

from longshore.shipping.queries.positions import PositionRow, positions
from longshore.shipping.queries.shipments import (
    ShipmentLineRow,
    ShipmentListRow,
    shipment,
    shipment_lines,
    shipments,
)
from longshore.shipping.queries.trips import StopListRow, TripListRow, WayPoint, route_of, stops_of, trips

__all__ = [
    "PositionRow",
    "ShipmentLineRow",
    "ShipmentListRow",
    "StopListRow",
    "TripListRow",
    "WayPoint",
    "positions",
    "route_of",
    "shipment",
    "shipment_lines",
    "shipments",
    "stops_of",
    "trips",
]
