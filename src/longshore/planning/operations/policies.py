"""How much to hold, computed for every item-site at once, and set by hand where a person knows better."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.planning import policy_rules, rules
from longshore.planning.events import PolicyChanged
from longshore.planning.models import StockCosts
from longshore.planning.policy_rules import Candidate, Computed
from longshore.planning.queries.costs import costs
from longshore.planning.queries.positions import lanes_between_sites
from longshore.planning.reading import listed, rows

COUNTED_DAYS: Final = 84  # of order lines, for what a late one is worth
# Item-sites that sell, have a policy, or feed one that has. New ones are fed as most of their site's items are.
CANDIDATES = """
WITH fed AS (
    SELECT site_id, source_id FROM (
        SELECT site_id, source_id, row_number() OVER (PARTITION BY site_id ORDER BY COUNT(*) DESC, source_id) AS rank
        FROM planning_stockpolicy WHERE source_id IS NOT NULL GROUP BY 1, 2
    ) counted WHERE rank = 1
),
wanted AS (
    SELECT item_id, site_id FROM planning_forecast
    UNION SELECT item_id, site_id FROM planning_stockpolicy
    UNION SELECT item_id, source_id FROM planning_stockpolicy WHERE source_id IS NOT NULL
),
best AS (
    SELECT DISTINCT ON (o.item_id) o.item_id, o.supplier_id, o.moq, o.multiple,
        CASE WHEN t.samples >= %(enough)s THEN t.mean_minutes ELSE o.lead_time_minutes END AS lead,
        CASE WHEN t.samples >= %(enough)s THEN t.sd_minutes ELSE o.lead_time_sd_minutes END AS lead_sd,
        CASE WHEN t.samples >= %(enough)s THEN t.samples ELSE 0 END AS samples
    FROM catalog_supplieritem o
    JOIN catalog_partner s ON s.id = o.supplier_id AND s.active AND s.is_supplier
    LEFT JOIN planning_leadtime t ON t.supplier_id = o.supplier_id AND t.item_id = o.item_id
    WHERE o.active AND (%(items)s::bigint[] IS NULL OR o.item_id = ANY(%(items)s))
    ORDER BY o.item_id, o.unit_price, o.lead_time_minutes, o.supplier_id
)
SELECT w.item_id, w.site_id,
    CASE WHEN p.id IS NOT NULL THEN p.source_id WHEN b.item_id IS NULL THEN fed.source_id END,
    COALESCE(p.review_minutes, 1440), COALESCE(p.locked, false), COALESCE(p.own_service, false),
    CASE WHEN p.own_service THEN p.service_level_bp ELSE i.service_level_bp END,
    i.unit_cost, COALESCE(i.shelf_life_days, 0), COALESCE(f.mean_milli, 0), COALESCE(f.sigma_milli, 0),
    b.supplier_id, COALESCE(b.moq, 1), COALESCE(b.multiple, 1), COALESCE(b.lead, 1440), COALESCE(b.lead_sd, 0),
    COALESCE(b.samples, 0),
    CASE WHEN f.demand_class = 'short' THEN COALESCE(f.starts_on - (
        SELECT MIN(d.day) FROM planning_demandday d
        WHERE d.item_id = f.item_id AND d.site_id = f.site_id AND d.qty > 0 AND d.day < f.starts_on
    ), 0) ELSE 0 END,
    CASE WHEN %(counting)s THEN COALESCE((
        SELECT SUM(d.lines) * 1000 / %(days)s FROM planning_demandday d
        WHERE d.item_id = w.item_id AND d.site_id = w.site_id AND d.day >= %(since)s::date
    ), 0)::bigint ELSE 0 END
FROM wanted w
JOIN catalog_item i ON i.id = w.item_id AND i.active
JOIN catalog_place s ON s.id = w.site_id AND s.active
LEFT JOIN planning_stockpolicy p ON p.item_id = w.item_id AND p.site_id = w.site_id
LEFT JOIN planning_forecast f ON f.item_id = w.item_id AND f.site_id = w.site_id
LEFT JOIN best b ON b.item_id = w.item_id
LEFT JOIN fed ON fed.site_id = w.site_id
WHERE %(items)s::bigint[] IS NULL OR w.item_id = ANY(%(items)s)
ORDER BY w.item_id, w.site_id
"""
PUT = """
INSERT INTO planning_stockpolicy AS p (item_id, site_id, source_id, review_minutes, service_level_bp, own_service,
    lead_time_minutes, safety_stock, reorder_point, order_qty, order_up_to, automatic, locked, explanation, computed_at)
SELECT u.item, u.site, nullif(u.source, 0), u.review, u.service, false, u.lead, u.safety, u.reorder, u.quantity,
    u.up_to, %(automatic)s, false, u.explanation, %(at)s
FROM unnest(%(item)s::bigint[], %(site)s::bigint[], %(source)s::bigint[], %(review)s::int[], %(service)s::int[],
    %(lead)s::int[], %(safety)s::bigint[], %(reorder)s::bigint[], %(quantity)s::bigint[], %(up_to)s::bigint[],
    ARRAY(SELECT jsonb_array_elements(%(explanation)s::jsonb)))
    AS u(item, site, source, review, service, lead, safety, reorder, quantity, up_to, explanation)
ORDER BY 1, 2
ON CONFLICT (item_id, site_id) DO UPDATE SET service_level_bp = EXCLUDED.service_level_bp,
    lead_time_minutes = EXCLUDED.lead_time_minutes, safety_stock = EXCLUDED.safety_stock,
    reorder_point = EXCLUDED.reorder_point, order_qty = EXCLUDED.order_qty, order_up_to = EXCLUDED.order_up_to,
    explanation = EXCLUDED.explanation, computed_at = EXCLUDED.computed_at
WHERE NOT p.locked AND (p.service_level_bp, p.lead_time_minutes, p.safety_stock, p.reorder_point, p.order_qty,
    p.order_up_to, p.explanation) IS DISTINCT FROM (EXCLUDED.service_level_bp, EXCLUDED.lead_time_minutes,
    EXCLUDED.safety_stock, EXCLUDED.reorder_point, EXCLUDED.order_qty, EXCLUDED.order_up_to, EXCLUDED.explanation)
RETURNING item_id, site_id
"""


@dataclass(frozen=True, slots=True)
class PolicyReceipt:
    """How many item-sites were computed, and which of them say something else now."""

    computed: int
    changed: tuple[tuple[int, int], ...]


@transaction.atomic
def set_policies(
    *, at: datetime, cause: Cause, items: Sequence[int] | None = None, automatic: bool = False
) -> PolicyReceipt:
    """Compute safety stock, reorder point and quantities; those set by hand stay. `automatic` is for new ones only.

    Where the company has one target for all order lines, what a late line is worth is found anew when all are set; a few
    items alone follow what was found last.
    """
    known = costs()
    asked = {
        "items": listed(items),
        "enough": rules.ENOUGH_RECEIPTS,
        "counting": known.lines_bp > 0,
        "days": COUNTED_DAYS,
        "since": at - timedelta(days=COUNTED_DAYS),
    }
    candidates = [Candidate(*row) for row in rows(CANDIDATES, asked)]
    if not candidates:
        return PolicyReceipt(0, ())
    lanes = lanes_between_sites()
    if known.lines_bp and items is None:
        known = replace(known, late_line_milli=policy_rules.late_line(candidates, lanes, known))
        StockCosts.objects.update(late_line_milli=known.late_line_milli)
    computed = policy_rules.compute(candidates, lanes, known)
    open_ones = [row for row in computed if not row.candidate.locked]
    changed = tuple((item, site) for item, site in rows(PUT, {**_columns(open_ones), "at": at, "automatic": automatic}))
    _tell(changed, at=at, cause=cause)
    return PolicyReceipt(len(open_ones), changed)


def _columns(computed: Sequence[Computed]) -> dict[str, Any]:
    return {
        "item": [row.candidate.item for row in computed],
        "site": [row.candidate.site for row in computed],
        "source": [row.candidate.source or 0 for row in computed],
        "review": [row.candidate.review_minutes for row in computed],
        "service": [row.service_bp for row in computed],
        "lead": [row.lead_minutes for row in computed],
        "safety": [row.safety_stock for row in computed],
        "reorder": [row.reorder_point for row in computed],
        "quantity": [row.order_qty for row in computed],
        "up_to": [row.order_up_to for row in computed],
        "explanation": json.dumps([row.explanation for row in computed]),
    }


def _tell(changed: Sequence[tuple[int, int]], *, at: datetime, cause: Cause) -> None:
    if changed:
        items = np.unique([item for item, _site in changed]).tolist()
        sites = np.unique([site for _item, site in changed]).tolist()
        emit([PolicyChanged(items, sites)], at=at, cause=cause)
