"""Which of the item-sites just touched need a review: one cheap question before the full one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from longshore.planning.reading import listed, prepared

# The position as the review computes it, but without the lots' last days (those are the nightly run's business) and
# with orders of customers without a usual site counted at every site: it may ask for a review too many, never too few.
OWED = """
WITH owed AS MATERIALIZED (
    SELECT l.item_id, c.home_site_id AS site_id, l.short
    FROM ordering_customerorder o
    JOIN catalog_partner c ON c.id = o.customer_id
    JOIN ordering_orderline l ON l.order_id = o.id AND l.short > 0 AND l.item_id = ANY(%(items)s::bigint[])
    WHERE o.state = 'new'
)
"""
POSITION = """
    (COALESCE((
        SELECT SUM(b.qty - b.claimed) FROM ledger_balance b
        JOIN catalog_place pl ON pl.id = b.place_id AND pl.usage IN ('storage', 'receiving')
        WHERE b.item_id = p.item_id AND pl.site_id = p.site_id AND b.bounded AND b.condition = 0 AND b.qty > 0
    ), 0) + COALESCE((
        SELECT SUM(f.qty - f.done - f.claimed) FROM ledger_plannedflow f
        JOIN catalog_place pl ON pl.id = f.target_id AND pl.kind NOT IN ('party', 'external')
        WHERE f.item_id = p.item_id AND COALESCE(pl.site_id, pl.id) = p.site_id
            AND f.status = 'firm' AND f.kind <> 'sale' AND f.qty > f.done
    ), 0) + COALESCE((
        SELECT SUM(q.qty) FROM planning_proposal q
        WHERE q.item_id = p.item_id AND q.site_id = p.site_id AND q.state IN ('approved', 'released')
            AND q.flow_id IS NULL
    ), 0) - COALESCE((
        SELECT SUM(o.short) FROM owed o
        WHERE o.item_id = p.item_id AND (o.site_id = p.site_id OR o.site_id IS NULL)
    ), 0))
"""
PROPOSED = """EXISTS (
        SELECT FROM planning_proposal q
        WHERE q.item_id = p.item_id AND q.site_id = p.site_id AND q.state = 'proposed'
    )"""
BELOW = f"""
{OWED}
SELECT p.item_id, p.site_id FROM planning_stockpolicy p
WHERE p.planned_by = 'position' AND p.item_id = ANY(%(items)s::bigint[])
    AND (p.site_id = ANY(%(sites)s::bigint[]) OR %(everywhere)s)
    AND ({POSITION} <= p.reorder_point AND (NOT %(new_only)s OR NOT {PROPOSED}) OR NOT %(new_only)s AND {PROPOSED})
ORDER BY 1, 2
"""
# Below its safety stock although the plan in force brings something until an order made now would be there, too; not where
# it is said already: an open proposal, or a shortage that nobody can meet.
UNFORESEEN = f"""
{OWED}
SELECT DISTINCT p.item_id FROM planning_stockpolicy p
WHERE p.planned_by = 'network' AND p.item_id = ANY(%(items)s::bigint[])
    AND {POSITION} + COALESCE((
        SELECT SUM(n.qty) FROM planning_plannedorder n
        WHERE n.item_id = p.item_id AND n.site_id = p.site_id
            AND n.due_on <= %(today)s::date + %(slack)s::int + p.lead_time_minutes / 1440
    ), 0) < p.safety_stock
    AND NOT {PROPOSED}
    AND NOT EXISTS (SELECT FROM planning_shortage h WHERE h.item_id = p.item_id AND h.site_id = p.site_id)
ORDER BY 1
"""
SLACK_DAYS = 7


BY_NETWORK = """
SELECT DISTINCT item_id FROM planning_stockpolicy
WHERE planned_by = 'network' AND item_id = ANY(%(items)s::bigint[]) ORDER BY 1
"""


def planned_by_network(items: Sequence[int]) -> list[int]:
    """Those of the items that some site plans with the network."""
    return [item for (item,) in prepared(BY_NETWORK, {"items": listed(items)})]


def unforeseen(items: Sequence[int], *, today: date) -> list[int]:
    """Those of the items that a site plans with the network and that its plan does not keep above the safety stock."""
    asked = {"items": listed(items), "today": today, "slack": SLACK_DAYS}
    return [item for (item,) in prepared(UNFORESEEN, asked)]


def below_policy(
    *, items: Sequence[int], sites: Sequence[int] | None, new_only: bool = False
) -> tuple[tuple[int, int], ...]:
    """(item, site) at or below the reorder point, and those with an open proposal that may have become needless.

    `new_only`: only those for which nothing is proposed yet.
    """
    asked = {"items": listed(items), "sites": listed(sites or ()), "everywhere": sites is None, "new_only": new_only}
    return tuple((item, site) for item, site in prepared(BELOW, asked))
