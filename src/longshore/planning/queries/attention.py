"""Which of the item-sites just touched need a review: one cheap question before the full one."""

from __future__ import annotations

from collections.abc import Sequence

from longshore.planning.queries.attribution import SITE_OF_ORDER
from longshore.planning.reading import listed, rows

# The position as the review computes it, without the lots' last days: those are the nightly run's business.
BELOW = f"""
WITH policy AS (
    SELECT p.item_id, p.site_id, p.reorder_point FROM planning_stockpolicy p
    WHERE p.item_id = ANY(%(items)s) AND (%(sites)s::bigint[] IS NULL OR p.site_id = ANY(%(sites)s))
),
free AS (
    SELECT b.item_id, pl.site_id, SUM(b.qty - b.claimed) AS qty
    FROM ledger_balance b JOIN catalog_place pl ON pl.id = b.place_id AND pl.usage IN ('storage', 'receiving')
    WHERE b.item_id = ANY(%(items)s) AND b.bounded AND b.condition = 0 AND b.qty > 0 GROUP BY 1, 2
),
coming AS (
    SELECT f.item_id, COALESCE(pl.site_id, pl.id) AS site_id, SUM(f.qty - f.done - f.claimed) AS qty
    FROM ledger_plannedflow f JOIN catalog_place pl ON pl.id = f.target_id AND pl.kind NOT IN ('party', 'external')
    WHERE f.item_id = ANY(%(items)s) AND f.status = 'firm' AND f.kind <> 'sale' AND f.qty > f.done GROUP BY 1, 2
),
proposed AS (
    SELECT item_id, site_id, SUM(qty) FILTER (WHERE state IN ('approved', 'released') AND flow_id IS NULL) AS qty,
        bool_or(state = 'proposed') AS stands
    FROM planning_proposal
    WHERE item_id = ANY(%(items)s) AND (state IN ('proposed', 'approved') OR (state = 'released' AND flow_id IS NULL))
    GROUP BY 1, 2
),
asked AS ({SITE_OF_ORDER} WHERE o.state = 'new'),
owed AS (
    SELECT l.item_id, a.site_id, SUM(l.qty - l.cancelled - l.delivered - l.refused - COALESCE(c.held, 0)) AS qty
    FROM asked a
    JOIN ordering_orderline l ON l.order_id = a.order_id AND l.item_id = ANY(%(items)s)
    LEFT JOIN LATERAL (
        SELECT SUM(c.qty - c.consumed) AS held FROM ledger_claim c
        WHERE c.demand = 'order-line:' || l.id AND c.state = 'open'
    ) c ON true
    GROUP BY 1, 2
)
SELECT p.item_id, p.site_id FROM policy p
LEFT JOIN free f ON f.item_id = p.item_id AND f.site_id = p.site_id
LEFT JOIN coming c ON c.item_id = p.item_id AND c.site_id = p.site_id
LEFT JOIN proposed q ON q.item_id = p.item_id AND q.site_id = p.site_id
LEFT JOIN owed o ON o.item_id = p.item_id AND o.site_id = p.site_id
WHERE COALESCE(f.qty, 0) + COALESCE(c.qty, 0) + COALESCE(q.qty, 0) - COALESCE(o.qty, 0) <= p.reorder_point
    OR COALESCE(q.stands, false)
ORDER BY 1, 2
"""


def below_policy(*, items: Sequence[int], sites: Sequence[int] | None) -> tuple[tuple[int, int], ...]:
    """(item, site) at or below the reorder point, and those with an open proposal that may have become needless."""
    return tuple((item, site) for item, site in rows(BELOW, {"items": listed(items), "sites": listed(sites)}))
