"""Demand as it was wanted: recounted from the orders, never added up, so hearing an event twice changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import RejectedRow
from longshore.planning.queries.attribution import SITE_OF_ORDER
from longshore.planning.reading import execute, listed, prepared, rows

# A day belongs to the site's own calendar, and an order to the day it was received: then yesterday is complete today.
RECOUNT = f"""
WITH touched AS MATERIALIZED (
    SELECT DISTINCT l.item_id, a.site_id, a.timezone, (a.received_at AT TIME ZONE a.timezone)::date AS day
    FROM ({SITE_OF_ORDER} WHERE o.id = ANY(%(orders)s::bigint[])) a
    JOIN ordering_orderline l ON l.order_id = a.order_id
    WHERE a.site_id IS NOT NULL
),
span AS MATERIALIZED (
    SELECT min(day::timestamp AT TIME ZONE timezone) AS since, max((day + 1)::timestamp AT TIME ZONE timezone) AS till
    FROM touched
),
attributed AS MATERIALIZED (
    SELECT a.order_id, a.site_id, (a.received_at AT TIME ZONE a.timezone)::date AS day
    FROM ({SITE_OF_ORDER} CROSS JOIN span WHERE o.received_at >= span.since AND o.received_at < span.till) a
),
counted AS (
    SELECT l.item_id, a.site_id, a.day, SUM(l.qty - l.cancelled) AS qty,
        COUNT(*) FILTER (WHERE l.qty > l.cancelled) AS lines
    FROM attributed a
    JOIN ordering_orderline l ON l.order_id = a.order_id
    GROUP BY 1, 2, 3
)
INSERT INTO planning_demandday AS d (item_id, site_id, day, qty, lines)
SELECT c.item_id, c.site_id, c.day, c.qty, c.lines FROM counted c
JOIN touched t ON t.item_id = c.item_id AND t.site_id = c.site_id AND t.day = c.day
ORDER BY 1, 2, 3
ON CONFLICT (item_id, site_id, day) DO UPDATE SET qty = EXCLUDED.qty, lines = EXCLUDED.lines
WHERE (d.qty, d.lines) IS DISTINCT FROM (EXCLUDED.qty, EXCLUDED.lines)
RETURNING d.item_id, d.site_id, d.day
"""
PUT = """
INSERT INTO planning_demandday AS d (item_id, site_id, day, qty, lines)
SELECT u.item, u.site, u.day, u.qty, 1
FROM unnest(%(item)s::bigint[], %(site)s::bigint[], %(day)s::date[], %(qty)s::bigint[]) AS u(item, site, day, qty)
ORDER BY 1, 2, 3
ON CONFLICT (item_id, site_id, day) DO UPDATE SET qty = EXCLUDED.qty, lines = EXCLUDED.lines
"""
KNOWN = """
SELECT 'item', i.id FROM catalog_item i WHERE i.id = ANY(%(item)s)
UNION ALL SELECT 'site', p.id FROM catalog_place p WHERE p.id = ANY(%(site)s) AND p.kind = 'site'
"""


@dataclass(frozen=True, slots=True)
class DemandReceipt:
    """The item-site-days that say something else than before."""

    days: tuple[tuple[int, int, date], ...]

    @property
    def days_changed(self) -> int:
        return len(self.days)


@dataclass(frozen=True, slots=True)
class HistoryDay:
    """Demand known from elsewhere, for item-sites whose orders this system has never seen."""

    item: int
    site: int
    day: date
    qty: int


@dataclass(frozen=True, slots=True)
class HistoryReceipt:
    accepted: int
    rejected: tuple[RejectedRow, ...]


@transaction.atomic
def record_demand(order_ids: Sequence[int]) -> DemandReceipt:
    """Recount the item-site-days these orders touch, from all order lines of those days."""
    if not order_ids:
        return DemandReceipt(())
    return DemandReceipt(tuple(prepared(RECOUNT, {"orders": listed(order_ids)})))  # type: ignore[arg-type]


@transaction.atomic
def put_history(days: Sequence[HistoryDay]) -> HistoryReceipt:
    """Take over demand from another system; the last of several rows for one item-site-day counts."""
    known = set(rows(KNOWN, {"item": listed([d.item for d in days]), "site": listed([d.site for d in days])}))
    rejected = tuple(found for n, day in enumerate(days, 1) if (found := _refused(n, day, known)) is not None)
    bad = {row.row for row in rejected}
    good = {(d.item, d.site, d.day): d.qty for n, d in enumerate(days, 1) if n not in bad}
    columns = {
        "item": [item for item, _site, _day in good],
        "site": [site for _item, site, _day in good],
        "day": [day for _item, _site, day in good],
        "qty": list(good.values()),
    }
    execute(PUT, columns)
    return HistoryReceipt(len(good), rejected)


def _refused(row: int, day: HistoryDay, known: set[tuple[str, int]]) -> RejectedRow | None:
    if ("item", day.item) not in known:
        sentence, field = _("There is no such item."), "item"
    elif ("site", day.site) not in known:
        sentence, field = _("There is no such site."), "site"
    elif day.qty < 0:
        sentence, field = _("Demand cannot be negative."), "qty"
    else:
        return None
    remedy = str(_("Correct the row or leave it out."))
    return RejectedRow(row, field, f"bad-{field}", str(sentence), remedy, str(getattr(day, field)))
