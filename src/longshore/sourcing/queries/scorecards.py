"""How good suppliers are, from what they did: on time, in full, undamaged, and how long they take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from longshore.planning.reading import rows
from longshore.sourcing import rules

# A line counts once it is closed, or once its agreed date has passed.
SCORES = """
WITH line AS (
    SELECT o.supplier_id, l.ordered, l.received, l.damaged, o.ordered_at, o.agreed_at, l.closed_at, l.qty,
        (SELECT max(r.at) FROM sourcing_receipt r WHERE r.line_id = l.id) AS last_at
    FROM sourcing_purchaseorderline l
    JOIN sourcing_purchaseorder o ON o.id = l.order_id
    WHERE o.ordered_at >= %(since)s AND (l.closed_at IS NOT NULL OR o.agreed_at < %(at)s)
        AND (%(supplier)s::bigint IS NULL OR o.supplier_id = %(supplier)s)
),
judged AS (
    SELECT supplier_id, received, damaged,
        last_at IS NOT NULL AND last_at <= agreed_at AND received >= qty AS on_time,
        received - damaged >= ordered AS in_full,
        CASE WHEN received >= qty THEN extract(epoch FROM last_at - ordered_at) / 60 END AS minutes
    FROM line
)
SELECT s.id, s.code, s.name, s.name_zh, COUNT(*)::int, COUNT(*) FILTER (WHERE on_time)::int,
    COUNT(*) FILTER (WHERE in_full)::int, COUNT(*) FILTER (WHERE on_time AND in_full)::int,
    SUM(received)::bigint, SUM(damaged)::bigint, round(avg(minutes))::bigint, round(stddev_samp(minutes))::bigint
FROM judged JOIN catalog_partner s ON s.id = judged.supplier_id
GROUP BY 1, 2, 3, 4 ORDER BY s.code
"""


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Counts of lines, so that every share can be opened; lead times in minutes, None where nothing was complete."""

    supplier: int
    code: str
    name: str
    name_zh: str
    lines: int
    on_time: int
    in_full: int
    on_time_in_full: int
    received: int
    damaged: int
    lead_minutes: int | None
    lead_sd_minutes: int | None

    @property
    def otif_bp(self) -> int:
        return self.on_time_in_full * 10_000 // self.lines


def scorecards(*, at: datetime, supplier: int | None = None, days: int = rules.MEASURED_DAYS) -> tuple[Scorecard, ...]:
    """One row for each supplier with lines that were due within the time looked at."""
    asked = {"since": at - timedelta(days=days), "at": at, "supplier": supplier}
    return tuple(Scorecard(*row) for row in rows(SCORES, asked))
