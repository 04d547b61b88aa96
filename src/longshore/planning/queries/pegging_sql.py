"""What pegging asks the database about a few item-sites: which hang together, what they have, what is wanted of them."""

from __future__ import annotations

from typing import Final

from longshore.planning.queries.attribution import SITE_OF_ORDER
from longshore.planning.queries.network_writing import KIND

ASKED: Final = "unnest(%(items)s::bigint[], %(sites)s::bigint[])"
# A proposal that is still to come: open, or decided and not yet on its way.
COMES: Final = """(p.state = 'proposed' OR p.state IN ('approved', 'released') AND (p.flow_id IS NULL
    OR EXISTS (SELECT FROM ledger_plannedflow f WHERE f.id = p.flow_id AND f.status = 'firm')))"""
# The item-sites that draw on these, and those that draw on them, and so on.
ABOVE: Final = f"""
WITH RECURSIVE reached(item, site) AS (
    SELECT * FROM {ASKED} AS asked(item, site)
    UNION
    SELECT n.item, n.site FROM reached r JOIN LATERAL (
        SELECT o.item_id AS item, o.site_id AS site FROM planning_plannedorder o
            WHERE o.item_id = r.item AND (o.kind = 1 AND o.source = r.site OR o.kind = 3 AND o.source = r.site * 2
                OR o.kind = 0 AND o.source = r.site * 2 + 1)
        UNION ALL SELECT o.item_id, o.site_id FROM catalog_billline l
            JOIN planning_plannedorder o ON o.item_id = l.item_id AND o.site_id = r.site AND o.kind = 2
            WHERE l.component_id = r.item
        UNION ALL SELECT o.item_id, o.site_id FROM catalog_substitute s
            JOIN planning_plannedorder o ON o.item_id = s.item_id AND o.site_id = r.site AND o.kind = 3
                AND o.source = r.item * 2 + 1
            WHERE s.substitute_id = r.item
        UNION ALL SELECT p.item_id, p.site_id FROM planning_proposal p
            WHERE p.item_id = r.item AND p.origin_id = r.site AND {COMES}
        UNION ALL SELECT p.item_id, p.site_id FROM catalog_billline l
            JOIN planning_proposal p ON p.item_id = l.item_id AND p.site_id = r.site AND p.kind = 'production' AND {COMES}
            WHERE l.component_id = r.item
        UNION ALL SELECT p.item_id, p.site_id FROM planning_stockpolicy p
            WHERE p.item_id = r.item AND p.source_id = r.site AND p.planned_by = 'position'
    ) n ON true
)
SELECT item, site FROM reached ORDER BY 1, 2
"""
# The item-sites that these draw on, and so on.
BELOW: Final = f"""
WITH RECURSIVE reached(item, site) AS (
    SELECT * FROM {ASKED} AS asked(item, site)
    UNION
    SELECT n.item, n.site FROM reached r JOIN LATERAL (
        SELECT o.item_id AS item, CASE WHEN o.kind = 1 THEN o.source ELSE o.source / 2 END AS site
            FROM planning_plannedorder o
            WHERE o.item_id = r.item AND o.site_id = r.site
                AND (o.kind = 1 OR o.kind = 3 AND o.source %% 2 = 0 OR o.kind = 0 AND o.source %% 2 = 1)
        UNION ALL SELECT o.source / 2, o.site_id FROM planning_plannedorder o
            WHERE o.item_id = r.item AND o.site_id = r.site AND o.kind = 3 AND o.source %% 2 = 1
        UNION ALL SELECT l.component_id, r.site FROM catalog_billline l
            WHERE l.item_id = r.item AND (
                EXISTS (SELECT FROM planning_plannedorder o
                    WHERE o.item_id = r.item AND o.site_id = r.site AND o.kind = 2)
                OR EXISTS (SELECT FROM planning_proposal p
                    WHERE p.item_id = r.item AND p.site_id = r.site AND p.kind = 'production' AND {COMES}))
        UNION ALL SELECT p.item_id, p.origin_id FROM planning_proposal p
            WHERE p.item_id = r.item AND p.site_id = r.site AND p.origin_id IS NOT NULL AND {COMES}
        UNION ALL SELECT p.item_id, p.source_id FROM planning_stockpolicy p
            WHERE p.item_id = r.item AND p.site_id = r.site AND p.source_id IS NOT NULL AND p.planned_by = 'position'
    ) n ON true
)
SELECT item, site FROM reached ORDER BY 1, 2
"""
POLICIES: Final = f"""
SELECT p.item_id, p.site_id, p.source_id, p.planned_by, p.safety_stock
FROM {ASKED} AS u(item, site) JOIN planning_stockpolicy p ON p.item_id = u.item AND p.site_id = u.site
"""
STOCK: Final = f"""
SELECT u.item, u.site, SUM(b.qty - b.claimed)::bigint
FROM {ASKED} AS u(item, site)
JOIN catalog_place pl ON pl.site_id = u.site AND pl.usage IN ('storage', 'receiving')
JOIN ledger_balance b ON b.item_id = u.item AND b.place_id = pl.id AND b.bounded AND b.condition = 0 AND b.qty > b.claimed
JOIN catalog_item i ON i.id = u.item
LEFT JOIN catalog_lot l ON l.id = b.lot_id
WHERE l.expires_on IS NULL OR l.expires_on - i.min_remaining_days > %(today)s
GROUP BY 1, 2
"""
COMING: Final = f"""
SELECT f.id, u.item, u.site, (f.arrive_at AT TIME ZONE z.timezone)::date, f.qty - f.done, f.document,
    COALESCE(v.name, q.name, s.name), COALESCE(v.name_zh, q.name_zh, s.name_zh), f.kind, p.id, p.kind
FROM {ASKED} AS u(item, site)
JOIN catalog_place z ON z.id = u.site
JOIN ledger_plannedflow f ON f.item_id = u.item AND f.status = 'firm' AND f.kind <> 'sale' AND f.qty > f.done
JOIN catalog_place t ON t.id = f.target_id AND t.kind NOT IN ('party', 'external') AND COALESCE(t.site_id, t.id) = u.site
JOIN catalog_place s ON s.id = f.source_id
LEFT JOIN catalog_place q ON q.id = s.site_id
LEFT JOIN catalog_partner v ON v.place_id = s.id
LEFT JOIN planning_proposal p ON p.flow_id = f.id
ORDER BY f.id
"""
# Open proposals count where no plan of the network stands for the item-site; decided ones until they are on their way.
PROPOSALS: Final = f"""
SELECT p.id, p.state = 'proposed', p.item_id, p.site_id, (p.due_at AT TIME ZONE z.timezone)::date,
    (p.order_at AT TIME ZONE z.timezone)::date, p.qty, p.kind, COALESCE(v.name, o.name, ''), COALESCE(v.name_zh, o.name_zh, '')
FROM {ASKED} AS u(item, site)
JOIN planning_proposal p ON p.item_id = u.item AND p.site_id = u.site AND (p.state = 'proposed'
    OR p.state IN ('approved', 'released') AND p.flow_id IS NULL)
JOIN catalog_place z ON z.id = p.site_id
LEFT JOIN catalog_partner v ON v.id = p.supplier_id
LEFT JOIN catalog_place o ON o.id = p.origin_id
LEFT JOIN planning_stockpolicy n ON n.item_id = p.item_id AND n.site_id = p.site_id
WHERE p.state <> 'proposed' OR COALESCE(n.planned_by, 'position') <> 'network'
ORDER BY p.id
"""
# An item-site's open proposal is its next planned order.
PLANNED: Final = f"""
SELECT o.id, o.item_id, o.site_id, o.due_on, o.order_on, o.qty, {KIND.format(o="o")}, COALESCE(v.name, q.name, i.name, ''),
    COALESCE(v.name_zh, q.name_zh, i.name_zh, ''), p.id
FROM (
    SELECT o.*, row_number() OVER (PARTITION BY o.item_id, o.site_id ORDER BY o.order_on, o.need_on, o.id) AS nth
    FROM {ASKED} AS u(item, site) JOIN planning_plannedorder o ON o.item_id = u.item AND o.site_id = u.site
) o
JOIN planning_stockpolicy n ON n.item_id = o.item_id AND n.site_id = o.site_id AND n.planned_by = 'network'
LEFT JOIN planning_proposal p ON o.nth = 1 AND p.item_id = o.item_id AND p.site_id = o.site_id AND p.state = 'proposed'
LEFT JOIN catalog_partner v ON o.kind = 0 AND o.source %% 2 = 0 AND v.id = o.source / 2
LEFT JOIN catalog_place q ON q.id = CASE WHEN o.kind = 1 THEN o.source
    WHEN o.kind <> 2 AND (o.kind = 3) = (o.source %% 2 = 0) THEN o.source / 2 END
LEFT JOIN catalog_item i ON o.kind = 3 AND o.source %% 2 = 1 AND i.id = o.source / 2
ORDER BY o.id
"""
# What each planned order, and each proposal that comes, draws on these item-sites: the order's key, item, site, day, units,
# and into which item-site they go how.
DRAWN: Final = f"""
WITH asked AS MATERIALIZED (SELECT * FROM {ASKED} AS u(item, site))
SELECT 'planned:' || d.id, d.item, d.site, d.day, d.qty, d.by_item, d.by_site, d.way FROM (
    SELECT o.id, u.item, u.site, o.order_on AS day, o.qty, o.item_id AS by_item, o.site_id AS by_site, 'transfer' AS way
        FROM asked u
        JOIN planning_plannedorder o ON o.item_id = u.item AND (o.kind = 1 AND o.source = u.site
            OR o.kind = 3 AND o.source = u.site * 2 OR o.kind = 0 AND o.source = u.site * 2 + 1)
    UNION ALL
    SELECT o.id, u.item, u.site, o.order_on, (o.qty * l.numerator * 10000 + l.denominator * (10000::bigint - l.scrap_bp) - 1)
            / (l.denominator * (10000::bigint - l.scrap_bp)), o.item_id, o.site_id, 'production' FROM asked u
        JOIN catalog_billline l ON l.component_id = u.item
        JOIN planning_plannedorder o ON o.item_id = l.item_id AND o.site_id = u.site AND o.kind = 2
    UNION ALL
    SELECT o.id, u.item, u.site, o.order_on, (o.qty * s.numerator + s.denominator - 1) / s.denominator, o.item_id,
            o.site_id, 'substitute' FROM asked u
        JOIN catalog_substitute s ON s.substitute_id = u.item
        JOIN planning_plannedorder o ON o.item_id = s.item_id AND o.site_id = u.site AND o.kind = 3
            AND o.source = u.item * 2 + 1
) d
JOIN planning_stockpolicy n ON n.item_id = d.by_item AND n.site_id = d.by_site AND n.planned_by = 'network'
UNION ALL
SELECT 'proposal:' || d.id, d.item, d.site, d.day, d.qty, d.item_id, d.site_id, d.kind FROM (
    SELECT p.id, u.item, u.site, (p.order_at AT TIME ZONE z.timezone)::date AS day, p.qty, p.state, p.item_id, p.site_id,
            p.kind FROM asked u
        JOIN planning_proposal p ON p.item_id = u.item AND p.origin_id = u.site AND p.kind = 'transfer' AND p.flow_id IS NULL
        JOIN catalog_place z ON z.id = u.site
        WHERE p.state IN ('proposed', 'approved')
    UNION ALL
    SELECT p.id, u.item, u.site, (p.order_at AT TIME ZONE z.timezone)::date,
            (p.qty * l.numerator * 10000 + l.denominator * (10000::bigint - l.scrap_bp) - 1)
            / (l.denominator * (10000::bigint - l.scrap_bp)), p.state, p.item_id, p.site_id, p.kind FROM asked u
        JOIN catalog_billline l ON l.component_id = u.item
        JOIN planning_proposal p ON p.item_id = l.item_id AND p.site_id = u.site AND p.kind = 'production'
            AND p.flow_id IS NULL
        JOIN catalog_place z ON z.id = u.site
        WHERE p.state IN ('proposed', 'approved', 'released')
) d
LEFT JOIN planning_stockpolicy n ON n.item_id = d.item_id AND n.site_id = d.site_id
WHERE d.state <> 'proposed' OR COALESCE(n.planned_by, 'position') <> 'network'
ORDER BY 1, 2, 3
"""
# What orders ask for and nothing covers, line by line.
OWED: Final = f"""
WITH asked AS ({SITE_OF_ORDER} WHERE o.state = 'new' AND EXISTS (
    SELECT FROM ordering_orderline l WHERE l.order_id = o.id AND l.item_id = ANY(%(items)s::bigint[])))
SELECT l.id, l.item_id, a.site_id, (l.qty - l.cancelled - l.delivered - l.refused - COALESCE(c.held, 0))::bigint
FROM asked a
JOIN ordering_orderline l ON l.order_id = a.order_id
JOIN {ASKED} AS u(item, site) ON u.item = l.item_id AND u.site = a.site_id
LEFT JOIN LATERAL (
    SELECT SUM(c.qty - c.consumed) AS held FROM ledger_claim c
    WHERE c.demand = 'order-line:' || l.id AND c.state = 'open'
) c ON true
WHERE l.qty - l.cancelled - l.delivered - l.refused > COALESCE(c.held, 0)
ORDER BY l.id
"""
# Found by what they stand on: claims are kept when they are closed, and only the open ones of a balance or flow are indexed.
CLAIMS: Final = f"""
SELECT c.demand, u.item, u.site, COALESCE(c.flow_id, 0), SUM(c.qty - c.consumed)::bigint,
    MIN((c.due_at AT TIME ZONE z.timezone)::date)
FROM (
    SELECT c.* FROM ledger_balance b JOIN ledger_claim c ON c.balance_id = b.id AND c.state = 'open'
    WHERE b.item_id = ANY(%(items)s::bigint[]) AND b.claimed > 0
    UNION ALL
    SELECT c.* FROM ledger_plannedflow f JOIN ledger_claim c ON c.flow_id = f.id AND c.state = 'open'
    WHERE f.item_id = ANY(%(items)s::bigint[]) AND f.status = 'firm' AND f.claimed > 0
) c
JOIN {ASKED} AS u(item, site) ON u.item = c.item_id AND u.site = c.site_id
JOIN catalog_place z ON z.id = u.site
WHERE c.qty > c.consumed
GROUP BY 1, 2, 3, 4
ORDER BY 4, 6, 1
"""
LINES: Final = """
SELECT l.id, o.id, o.number, (o.requested_at AT TIME ZONE %(zone)s)::date, c.name, c.name_zh
FROM ordering_orderline l
JOIN ordering_customerorder o ON o.id = l.order_id
JOIN catalog_partner c ON c.id = o.customer_id
WHERE l.id = ANY(%(lines)s::bigint[])
"""
# Which supply a transfer's claim brings into being.
MOVES: Final = """
SELECT id, flow_id, site_id FROM planning_proposal WHERE id = ANY(%(proposals)s::bigint[]) AND flow_id IS NOT NULL
"""
LINES_OF_ORDER: Final = f"""
WITH asked AS ({SITE_OF_ORDER} WHERE o.id = %(order)s)
SELECT l.id, l.item_id, a.site_id FROM asked a JOIN ordering_orderline l ON l.order_id = a.order_id
UNION
SELECT l.id, l.item_id, c.site_id FROM ordering_orderline l
JOIN ledger_claim c ON c.demand = 'order-line:' || l.id AND c.state = 'open'
WHERE l.order_id = %(order)s
ORDER BY 1, 3
"""
NAMES: Final = """
SELECT 'item', id, code, name, name_zh FROM catalog_item WHERE id = ANY(%(items)s::bigint[])
UNION ALL SELECT 'site', id, code, name, name_zh FROM catalog_place WHERE id = ANY(%(sites)s::bigint[])
"""
