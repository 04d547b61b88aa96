"""Bring an order's head in line with its lines: value, date, and whether it is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from longshore.ledger.wire import run

# Over when nothing is open: delivered if anything was, else cancelled. Otherwise the date is the last line's, once
# every open line has one.
SETTLE: Final = """
UPDATE ordering_customerorder o SET
    state = CASE WHEN s.open > 0 THEN
                CASE WHEN o.state IN ('new', 'promised')
                     THEN CASE WHEN s.undated THEN 'new' ELSE 'promised' END ELSE o.state END
            WHEN s.delivered > 0 THEN 'delivered' ELSE 'cancelled' END,
    delivered_at = CASE WHEN s.open = 0 AND s.delivered > 0 THEN coalesce(o.delivered_at, %s) ELSE o.delivered_at END,
    promised_at = CASE WHEN s.open = 0 THEN o.promised_at WHEN s.undated THEN NULL ELSE s.last END,
    value = s.value
FROM (
    SELECT order_id, sum(qty - cancelled - delivered)::bigint AS open, sum(delivered)::bigint AS delivered,
        bool_or(qty > cancelled + delivered AND (promised_at IS NULL OR short > 0)) AS undated,
        max(promised_at) FILTER (WHERE qty > cancelled + delivered) AS last,
        sum((qty - cancelled) * unit_price)::bigint AS value
    FROM ordering_orderline WHERE order_id = ANY(%s) GROUP BY order_id
) s
WHERE o.id = s.order_id
"""


def settle(order_ids: Sequence[int], *, at: datetime) -> None:
    run(SETTLE, at, list(order_ids))
