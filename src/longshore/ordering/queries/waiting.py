"""Who is touched when supply appears, moves or goes: order lines, most urgent first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from longshore.ordering.queries.wanted import DEMAND_PREFIX, fetch, line_of

MOST_LINES: Final = 1000
# Two statements, because each has an index made for it.
SHORT: Final = """
SELECT l.id FROM ordering_orderline l JOIN ordering_customerorder o ON o.id = l.order_id
WHERE l.item_id = ANY(%s::bigint[]) AND l.short > 0 AND o.state NOT IN ('cancelled', 'delivered')
ORDER BY o.priority, o.received_at, l.id LIMIT %s
"""
SHORT_OR_LATE: Final = """
SELECT l.id FROM ordering_orderline l JOIN ordering_customerorder o ON o.id = l.order_id
WHERE l.item_id = ANY(%s::bigint[]) AND l.qty > l.cancelled + l.delivered
  AND (l.short > 0 OR l.promised_at > o.requested_at) AND o.state NOT IN ('cancelled', 'delivered')
ORDER BY o.priority, o.received_at, l.id LIMIT %s
"""
ON_FLOWS: Final = """
SELECT DISTINCT demand FROM ledger_claim
WHERE flow_id = ANY(%s::bigint[]) AND state = 'open' AND NOT hard AND demand LIKE %s ORDER BY demand
"""
SHORT_OF_INBOUND: Final = """
SELECT l.id FROM ordering_orderline l JOIN ordering_customerorder o ON o.id = l.order_id
WHERE l.short > 0 AND o.state NOT IN ('cancelled', 'delivered') AND EXISTS (
    SELECT 1 FROM ledger_plannedflow f
    WHERE f.item_id = l.item_id AND f.status = 'firm' AND f.kind <> 'sale' AND f.qty - f.done > f.claimed)
ORDER BY o.priority, o.received_at, l.id LIMIT %s
"""
UNTOLD: Final = """
SELECT DISTINCT l.order_id FROM ordering_orderline l JOIN ordering_customerorder o ON o.id = l.order_id
WHERE l.order_id = ANY(%s::bigint[]) AND o.state = 'new' AND l.promised_at IS NULL AND l.short = 0
  AND l.qty > l.cancelled + l.delivered ORDER BY l.order_id
"""


def untold_orders(orders: Sequence[int]) -> tuple[int, ...]:
    """Those of these orders with a line about which nothing has been told yet."""
    return tuple(row[0] for row in fetch(UNTOLD, list(orders)))


def waiting_lines(items: Sequence[int], *, late_too: bool) -> tuple[int, ...]:
    """Open lines of these items without (enough) supply; `late_too`: also those promised later than wanted."""
    if not items:
        return ()
    return tuple(row[0] for row in fetch(SHORT_OR_LATE if late_too else SHORT, list(items), MOST_LINES))


def lines_short_of_inbound() -> tuple[int, ...]:
    """Lines without (enough) supply whose item has something free on its way."""
    return tuple(row[0] for row in fetch(SHORT_OF_INBOUND, MOST_LINES))


def lines_on_flows(flows: Sequence[int]) -> tuple[int, ...]:
    """Lines whose soft claims stand on these planned flows."""
    lines = (line_of(row[0]) for row in fetch(ON_FLOWS, list(flows), DEMAND_PREFIX + "%"))
    return tuple(sorted(line for line in lines if line is not None))


def lines_of_demands(demands: Sequence[str]) -> tuple[int, ...]:
    """The order lines among these demands."""
    return tuple(sorted({line for line in map(line_of, demands) if line is not None}))
