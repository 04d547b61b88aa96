"""How far an order has come, told by where its claims stand: the ledger is the only witness."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from longshore.storing.queries.rows import fetch


class OrderStage(IntEnum):
    """Of an order's open lines, the least advanced."""

    UNPROMISED = 0
    PROMISED = 1
    RELEASED = 2
    PICKED = 3
    PACKED = 4
    ABOARD = 5
    CLOSED = 6  # nothing left to deliver


class StageRow(NamedTuple):
    order: int
    stage: OrderStage


class _Raw(NamedTuple):
    order: int
    stage: int


# One index look-up a line, whatever the planner knows of these tables: LATERAL, and `closed_at IS NULL` (which means
# open) because no other index than the one on demand fits it.
_STAGES = """
SELECT l.order_id, min(CASE
    WHEN l.qty = l.cancelled + l.delivered THEN 6
    WHEN s.claimed IS NULL OR s.claimed < l.qty - l.cancelled - l.delivered THEN 0
    ELSE s.stage END)
FROM ordering_orderline l
LEFT JOIN LATERAL (
    SELECT sum(c.qty - c.consumed) AS claimed,
        min(CASE
            WHEN NOT c.hard OR c.flow_id IS NOT NULL THEN 1
            WHEN p.kind = 'vehicle' THEN 5
            WHEN b.handling_unit_id IS NOT NULL AND p.usage IN ('staging', 'shipping') THEN 4
            WHEN p.usage IN ('staging', 'shipping') THEN 3
            ELSE 2
        END) AS stage
    FROM ledger_claim c
    LEFT JOIN ledger_balance b ON b.id = c.balance_id
    LEFT JOIN catalog_place p ON p.id = b.place_id
    WHERE c.demand = 'order-line:' || l.id AND c.closed_at IS NULL AND l.qty > l.cancelled + l.delivered
) s ON true
WHERE l.order_id = ANY(%(orders)s)
GROUP BY l.order_id ORDER BY l.order_id
"""


def stages_of_orders(order_ids: Sequence[int]) -> list[StageRow]:
    """The stage of each order, in order of id."""
    if not order_ids:
        return []
    raw = fetch(_Raw, _STAGES, {"orders": list(order_ids)})
    return [StageRow(row.order, OrderStage(row.stage)) for row in raw]
