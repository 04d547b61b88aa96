"""What suppliers really take: measured from receipts, handed down to planning."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from longshore.planning.operations import Measured, record_lead_times
from longshore.planning.reading import listed, rows
from longshore.sourcing import rules

# One sample a line: from the order to the receipt that completed it.
MEASURE = """
WITH touched AS (
    SELECT DISTINCT o.supplier_id, l.item_id
    FROM sourcing_purchaseorderline l JOIN sourcing_purchaseorder o ON o.id = l.order_id
    WHERE l.id = ANY(%(lines)s) AND l.received >= l.qty
),
took AS (
    SELECT o.supplier_id, l.item_id, extract(epoch FROM max(r.at) - o.ordered_at) / 60 AS minutes
    FROM touched t
    JOIN sourcing_purchaseorderline l ON l.item_id = t.item_id AND l.received >= l.qty
    JOIN sourcing_purchaseorder o ON o.id = l.order_id AND o.supplier_id = t.supplier_id AND o.ordered_at >= %(since)s
    JOIN sourcing_receipt r ON r.line_id = l.id
    GROUP BY o.supplier_id, l.item_id, l.id, o.ordered_at
)
SELECT supplier_id, item_id, COUNT(*)::int, round(avg(minutes))::bigint,
    COALESCE(round(stddev_samp(minutes)), 0)::bigint
FROM took GROUP BY 1, 2 HAVING avg(minutes) >= 0 ORDER BY 1, 2
"""


def measure_lead_times(lines: Sequence[int], *, at: datetime) -> int:
    """Measure anew the suppliers and items of these lines, over the last year; how many were complete."""
    since = at - timedelta(days=rules.MEASURED_DAYS)
    found = rows(MEASURE, {"lines": listed(lines), "since": since})
    return record_lead_times([Measured(*row) for row in found], at=at)
