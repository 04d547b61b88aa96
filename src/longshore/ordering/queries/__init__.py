"""Questions about customer orders."""

from longshore.ordering.queries.orders import (
    HeldRow,
    LineRow,
    OrderDetail,
    OrderFilter,
    OrderPage,
    OrderRow,
    PromiseRow,
    journey,
    line_ids,
    list_orders,
    order_detail,
    order_id_of,
)
from longshore.ordering.queries.waiting import lines_of_demands, lines_on_flows, waiting_lines

__all__ = [
    "HeldRow",
    "LineRow",
    "OrderDetail",
    "OrderFilter",
    "OrderPage",
    "OrderRow",
    "PromiseRow",
    "journey",
    "line_ids",
    "lines_of_demands",
    "lines_on_flows",
    "list_orders",
    "order_detail",
    "order_id_of",
    "waiting_lines",
]
