"""Purchasing's questions."""

from longshore.sourcing.queries.orders import (
    LineRow,
    OrderFilter,
    OrderRow,
    ReceiptRow,
    late_orders,
    lines_due,
    lines_of,
    order_by_number,
    orders,
    receipts_by_id,
    receipts_of,
    waiting_for_put_away,
)
from longshore.sourcing.queries.scorecards import Scorecard, scorecards

__all__ = [
    "LineRow",
    "OrderFilter",
    "OrderRow",
    "ReceiptRow",
    "Scorecard",
    "late_orders",
    "lines_due",
    "lines_of",
    "order_by_number",
    "orders",
    "receipts_by_id",
    "receipts_of",
    "scorecards",
    "waiting_for_put_away",
]
