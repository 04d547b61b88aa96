"""Suppliers, what they offer, and what is ordered from them."""

from longshore.sourcing.models.orders import (
    NumberSeries,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseState,
    Receipt,
)
from longshore.sourcing.models.sensed import DeviceReceipt

__all__ = [
    "DeviceReceipt",
    "NumberSeries",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "PurchaseState",
    "Receipt",
]
