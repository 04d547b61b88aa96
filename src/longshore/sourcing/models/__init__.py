"""Suppliers, what they offer, and what is ordered from them."""

from longshore.sourcing.models.orders import (
    NumberSeries,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseState,
    Receipt,
)

__all__ = [
    "NumberSeries",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "PurchaseState",
    "Receipt",
]
