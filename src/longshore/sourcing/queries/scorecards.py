"""How good suppliers are, from what they did: on time, in full, undamaged, price, how long they take and to answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from longshore.planning.reading import rows
from longshore.sourcing import rules

# A line counts once it is closed, or once its agreed day has passed, in the calendar of the site it is for; it is on time on
# that day at any hour, as the chance of its being late is counted.
SCORES = """
WITH line AS (
    SELECT o.supplier_id, l.ordered, l.received, l.damaged, o.ordered_at, l.closed_at, l.qty,
        l.unit_price, i.unit_cost, extract(epoch FROM o.confirmed_at - o.ordered_at) / 60 AS answered,
        (COALESCE(l.agreed_at, o.agreed_at) AT TIME ZONE s.timezone)::date AS agreed_on, s.timezone,
        (SELECT max(r.at) FROM sourcing_receipt r WHERE r.line_id = l.id) AS last_at
    FROM sourcing_purchaseorderline l
    JOIN sourcing_purchaseorder o ON o.id = l.order_id
    JOIN catalog_item i ON i.id = l.item_id
    JOIN catalog_place s ON s.id = o.site_id
    WHERE o.ordered_at >= %(since)s AND (l.closed_at IS NOT NULL
            OR (COALESCE(l.agreed_at, o.agreed_at) AT TIME ZONE s.timezone)::date
                < (%(at)s::timestamptz AT TIME ZONE s.timezone)::date)
        AND (%(supplier)s::bigint IS NULL OR o.supplier_id = %(supplier)s)
),
judged AS (
    SELECT supplier_id, received, damaged, answered, received * unit_price AS paid, received * unit_cost AS standard,
        received >= qty AND COALESCE((last_at AT TIME ZONE timezone)::date <= agreed_on, false) AS on_time,
        received - damaged >= ordered AS in_full,
        CASE WHEN received >= qty THEN extract(epoch FROM last_at - ordered_at) / 60 END AS minutes
    FROM line
)
SELECT s.id, s.code, s.name, s.name_zh, COUNT(*)::int, COUNT(*) FILTER (WHERE on_time)::int,
    COUNT(*) FILTER (WHERE in_full)::int, COUNT(*) FILTER (WHERE on_time AND in_full)::int,
    SUM(received)::bigint, SUM(damaged)::bigint, round(avg(minutes))::bigint, round(stddev_samp(minutes))::bigint,
    (SUM(paid) FILTER (WHERE standard > 0) * 10000 / NULLIF(SUM(standard), 0))::bigint, round(avg(answered))::bigint,
    (SELECT COUNT(*)::int FROM sourcing_supplierclaim c JOIN sourcing_purchaseorderline k ON k.id = c.line_id
        JOIN sourcing_purchaseorder q ON q.id = k.order_id WHERE q.supplier_id = s.id AND c.state = 'open')
FROM judged JOIN catalog_partner s ON s.id = judged.supplier_id
GROUP BY 1, 2, 3, 4 ORDER BY s.code
"""


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Counts of lines, so that every share can be opened; lead times in minutes, None where nothing was complete.

    `price_bp`: what was paid against the standard cost of the same goods; `answer_minutes`: from order to confirmation.
    """

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
    price_bp: int | None
    answer_minutes: int | None
    open_claims: int

    @property
    def on_time_bp(self) -> int:
        return self.on_time * 10_000 // self.lines

    @property
    def in_full_bp(self) -> int:
        return self.in_full * 10_000 // self.lines

    @property
    def damaged_bp(self) -> int:
        return self.damaged * 10_000 // self.received if self.received else 0

    @property
    def otif_bp(self) -> int:
        return self.on_time_in_full * 10_000 // self.lines


def scorecards(*, at: datetime, supplier: int | None = None, days: int = rules.MEASURED_DAYS) -> tuple[Scorecard, ...]:
    """One row for each supplier with lines that were due within the time looked at."""
    asked = {"since": at - timedelta(days=days), "at": at, "supplier": supplier}
    return tuple(Scorecard(*row) for row in rows(SCORES, asked))
