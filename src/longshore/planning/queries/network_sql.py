"""What the network planner asks the database: whole tables as arrays of integers, or only the rows of some items."""

from __future__ import annotations

from typing import Final, NamedTuple

from longshore.planning.queries.attribution import SITE_OF_ORDER

# In each, {items} becomes a condition on the named column where only some items are asked for, {pairs} one on the columns
# of item and site.
FAR: Final = 1 << 30


class Question(NamedTuple):
    """The columns of an answer, all whole numbers and none NULL, and the question."""

    columns: str
    text: str


NODES = Question(
    "item site source review safety lot lead life remaining weight cost automatic",
    """
SELECT p.item_id AS item, p.site_id AS site, COALESCE(p.source_id, 0) AS source, p.review_minutes::bigint AS review,
    p.safety_stock AS safety, p.order_qty AS lot, p.lead_time_minutes::bigint AS lead,
    COALESCE(i.shelf_life_days, 0)::bigint AS life, i.min_remaining_days::bigint AS remaining, i.weight_g AS weight,
    i.unit_cost AS cost, p.automatic::int::bigint AS automatic
FROM planning_stockpolicy p
JOIN catalog_item i ON i.id = p.item_id AND i.active
JOIN catalog_place s ON s.id = p.site_id AND s.active
WHERE p.planned_by = 'network' AND {pairs:p.item_id,p.site_id}
ORDER BY 1, 2
""",
)
STOCK = Question(
    "item site day qty last",
    f"""
SELECT b.item_id AS item, pl.site_id AS site, 0::bigint AS day, SUM(b.qty - b.claimed)::bigint AS qty,
    COALESCE(l.expires_on - i.min_remaining_days - 1 - %(today)s::date, {FAR})::bigint AS last
FROM ledger_balance b
JOIN catalog_place pl ON pl.id = b.place_id AND pl.usage IN ('storage', 'receiving')
JOIN catalog_item i ON i.id = b.item_id
LEFT JOIN catalog_lot l ON l.id = b.lot_id
WHERE b.bounded AND b.condition = 0 AND b.qty > b.claimed AND {{pairs:b.item_id,pl.site_id}}
    AND (l.expires_on IS NULL OR l.expires_on - i.min_remaining_days > %(today)s::date)
GROUP BY 1, 2, 5
ORDER BY 1, 2, 5
""",
)
COMING = Question(
    "item site day qty last",
    f"""
SELECT item, site, greatest(arrive_on - %(today)s::date, 0)::bigint AS day, SUM(qty)::bigint AS qty, {FAR}::bigint AS last
FROM (
    SELECT f.item_id AS item, z.id AS site, (f.arrive_at AT TIME ZONE z.timezone)::date AS arrive_on,
        f.qty - f.done - f.claimed AS qty
    FROM ledger_plannedflow f
    JOIN catalog_place pl ON pl.id = f.target_id AND pl.kind NOT IN ('party', 'external')
    JOIN catalog_place z ON z.id = COALESCE(pl.site_id, pl.id)
    WHERE f.status = 'firm' AND f.kind <> 'sale' AND f.qty - f.done > f.claimed AND {{items:f.item_id}}
    UNION ALL
    SELECT p.item_id, p.site_id, (p.due_at AT TIME ZONE z.timezone)::date, p.qty
    FROM planning_proposal p JOIN catalog_place z ON z.id = p.site_id
    WHERE p.state IN ('approved', 'released') AND p.flow_id IS NULL AND {{items:p.item_id}}
) coming
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
""",
)
# What orders ask for and nothing covers; what decided production takes, and what decided transfers will.
OWED = Question(
    "item site day qty",
    f"""
WITH asked AS ({SITE_OF_ORDER} WHERE o.state = 'new')
SELECT item, site, day, SUM(qty)::bigint AS qty FROM (
    SELECT l.item_id AS item, a.site_id AS site, 0::bigint AS day,
        l.qty - l.cancelled - l.delivered - l.refused - COALESCE(c.held, 0) AS qty
    FROM asked a
    JOIN ordering_orderline l ON l.order_id = a.order_id AND {{items:l.item_id}}
    LEFT JOIN LATERAL (
        SELECT SUM(c.qty - c.consumed) AS held FROM ledger_claim c
        WHERE c.demand = 'order-line:' || l.id AND c.state = 'open'
    ) c ON true
    UNION ALL
    SELECT b.component_id, p.site_id, greatest((p.order_at AT TIME ZONE z.timezone)::date - %(today)s::date, 0),
        ceil(p.qty * b.numerator / (b.denominator * (1 - b.scrap_bp / 10000.0)))
    FROM planning_proposal p
    JOIN catalog_place z ON z.id = p.site_id
    JOIN catalog_billline b ON b.item_id = p.item_id AND {{items:b.component_id}}
    WHERE p.kind = 'production' AND p.state IN ('approved', 'released') AND p.flow_id IS NULL
    UNION ALL
    SELECT p.item_id, p.origin_id, greatest((p.order_at AT TIME ZONE z.timezone)::date - %(today)s::date, 0), p.qty
    FROM planning_proposal p
    JOIN catalog_place z ON z.id = p.origin_id
    WHERE p.kind = 'transfer' AND p.state = 'approved' AND p.flow_id IS NULL AND {{items:p.item_id}}
) owed WHERE qty > 0
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
""",
)
# Those of item-sites that are planned by position are dropped by who reads: a join with the policies costs twice the text.
FORECASTS = """
SELECT array_agg(f.item_id), array_agg(f.site_id), array_agg(f.starts_on - %(today)s::date), string_agg(f.daily_milli::text, '')
FROM planning_forecast f
WHERE {pairs:f.item_id,f.site_id} AND f.item_id >= %(low)s AND f.item_id < %(high)s
"""
OFFERS = Question(
    "item supplier price moq multiple lead calendar place",
    """
SELECT o.item_id AS item, o.supplier_id AS supplier, o.unit_price AS price, o.moq, o.multiple,
    (CASE WHEN t.samples >= %(enough)s THEN t.mean_minutes ELSE o.lead_time_minutes END)::bigint AS lead,
    COALESCE(o.calendar_id, 0) AS calendar, s.place_id AS place
FROM catalog_supplieritem o
JOIN catalog_partner s ON s.id = o.supplier_id AND s.active AND s.is_supplier AND s.place_id IS NOT NULL
LEFT JOIN planning_leadtime t ON t.supplier_id = o.supplier_id AND t.item_id = o.item_id
WHERE o.active AND {items:o.item_id}
ORDER BY 1, 2
""",
)
BILLS = Question(
    "item site lead moq multiple cost calendar",
    """
SELECT b.item_id AS item, b.site_id AS site, b.lead_time_minutes::bigint AS lead, b.moq, b.multiple, b.unit_cost AS cost,
    COALESCE(s.calendar_id, 0) AS calendar
FROM catalog_bill b JOIN catalog_place s ON s.id = b.site_id
WHERE b.active AND {items:b.item_id}
ORDER BY 1, 2
""",
)
BILL_LINES = Question(
    "item component numerator denominator",
    """
SELECT l.item_id AS item, l.component_id AS component, l.numerator * 10000 AS numerator,
    l.denominator * (10000 - l.scrap_bp) AS denominator
FROM catalog_billline l
WHERE {items:l.item_id}
ORDER BY 1, 2
""",
)
LANES = Question(
    "origin destination transit per_kg calendar",
    """
SELECT DISTINCT ON (l.origin_id, l.destination_id) l.origin_id AS origin, l.destination_id AS destination,
    l.transit_minutes::bigint AS transit, l.cost_per_kg AS per_kg, COALESCE(a.calendar_id, 0) AS calendar
FROM catalog_lane l
JOIN catalog_place a ON a.id = l.origin_id AND a.kind = 'site'
JOIN catalog_place b ON b.id = l.destination_id AND b.kind = 'site'
WHERE l.active
ORDER BY l.origin_id, l.destination_id, l.fixed_cost, l.transit_minutes, l.id
""",
)
SUBSTITUTES = Question(
    "item substitute numerator denominator priority",
    """
SELECT s.item_id AS item, s.substitute_id AS substitute, s.numerator, s.denominator, s.priority::bigint AS priority
FROM catalog_substitute s
WHERE s.active AND {items:s.item_id}
ORDER BY 1, 5, 2
""",
)
LIMITS = Question(
    "supplier period most",
    "SELECT supplier_id AS supplier, period_days::bigint AS period, most_units AS most FROM planning_supplylimit ORDER BY 1",
)
BREAKS = Question(
    "item supplier qty price",
    """
SELECT b.item_id AS item, b.supplier_id AS supplier, b.from_qty AS qty, b.unit_price AS price
FROM planning_pricebreak b WHERE {items:b.item_id} ORDER BY 1, 2, 3
""",
)
LOADS = Question(
    "origin site capacity pull",
    """
SELECT origin_id AS origin, site_id AS site, capacity_g AS capacity, pull_days::bigint AS pull
FROM planning_loadrule ORDER BY 1, 2
""",
)
CALENDARS = Question(
    "id weekdays",
    "SELECT id, weekdays::bigint AS weekdays FROM catalog_calendar ORDER BY 1",
)
HOLIDAYS = Question(
    "calendar day working",
    """
SELECT calendar_id AS calendar, (day - %(today)s::date)::bigint AS day, working::int::bigint AS working
FROM catalog_holiday WHERE day >= %(today)s::date AND day < %(today)s::date + %(days)s ORDER BY 1, 2
""",
)
FORMER = Question(
    "item site kind source day qty",
    """
SELECT o.item_id AS item, o.site_id AS site, o.kind::bigint AS kind, o.source,
    (o.order_on - %(today)s::date)::bigint AS day, o.qty
FROM planning_plannedorder o WHERE o.order_on >= %(today)s::date AND {pairs:o.item_id,o.site_id} ORDER BY 1, 2, 3, 4, 5
""",
)
# The plan as it stands, each column as it is written; days from 2000-01-01.
STANDING = Question(
    "item site kind source qty order_on due_on need_on lack flip why price cost weight rival rival_cost",
    """
SELECT o.item_id AS item, o.site_id AS site, o.kind::bigint AS kind, o.source, o.qty,
    (o.order_on - DATE '2000-01-01')::bigint AS order_on, (o.due_on - DATE '2000-01-01')::bigint AS due_on,
    (o.need_on - DATE '2000-01-01')::bigint AS need_on, o.lack, o.flip, o.why::bigint AS why, o.price_milli AS price,
    o.cost_milli AS cost, o.weight, o.rival, o.rival_cost_milli AS rival_cost
FROM planning_plannedorder o WHERE {pairs:o.item_id,o.site_id} ORDER BY o.item_id, o.site_id, o.id
""",
)
STANDING_SHORT = Question(
    "item site day qty why",
    """
SELECT h.item_id AS item, h.site_id AS site, (h.day - DATE '2000-01-01')::bigint AS day, h.qty, h.why::bigint AS why
FROM planning_shortage h WHERE {pairs:h.item_id,h.site_id} ORDER BY h.item_id, h.site_id, h.id
""",
)
# What the orders of all other item-sites take of these day by day: of a plan that stands and is not made again.
DRAWN = Question(
    "item site day qty",
    """
WITH mine AS MATERIALIZED (
    SELECT * FROM unnest(%(pair_items)s::bigint[], %(pair_sites)s::bigint[]) AS u(item, site)
)
SELECT item, site, (order_on - %(today)s::date)::bigint AS day, SUM(qty)::bigint AS qty FROM (
    SELECT m.item, m.site, o.site_id AS by_site, o.item_id AS by_item, o.order_on, o.qty
    FROM mine m JOIN planning_plannedorder o ON o.item_id = m.item AND o.kind = 1 AND o.source = m.site
    UNION ALL
    SELECT m.item, m.site, o.site_id, o.item_id, o.order_on,
        (o.qty * l.numerator * 10000 + l.denominator * (10000::bigint - l.scrap_bp) - 1)
            / (l.denominator * (10000::bigint - l.scrap_bp))
    FROM mine m
    JOIN catalog_billline l ON l.component_id = m.item
    JOIN planning_plannedorder o ON o.item_id = l.item_id AND o.site_id = m.site AND o.kind = 2
) taken
WHERE NOT EXISTS (SELECT FROM mine m WHERE m.item = by_item AND m.site = by_site) AND EXISTS (
    SELECT FROM planning_stockpolicy p WHERE p.item_id = by_item AND p.site_id = by_site AND p.planned_by = 'network'
)
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
""",
)
LEVELS = Question(
    "item site level",
    """
SELECT v.item_id AS item, v.site_id AS site, v.level::bigint AS level
FROM planning_plannedlevel v WHERE {pairs:v.item_id,v.site_id} ORDER BY 1, 2
""",
)
EVERYWHERE: Final = """
SELECT item_id, site_id FROM planning_stockpolicy
WHERE planned_by = 'network' AND item_id = ANY(%(items)s::bigint[]) ORDER BY 1, 2
"""
LAST_RUN: Final = "SELECT starts_on, days FROM planning_networkrun ORDER BY id DESC LIMIT 1"
# Every item-site whose plan may change with the plans of these items: what they are made of, who feeds them, what stands in
# or helps out, and who shares a supplier's limit (kind 1) or a full load (kind 2) with them; the same of those, and so
# on. What draws on an item-site orders the same however its plan changes: {above} takes it along only where need be.
RELATED: Final = """
WITH RECURSIVE related(kind, a, b) AS (
    SELECT 0, p.item_id, p.site_id FROM planning_stockpolicy p
    WHERE p.item_id = ANY(%(items)s::bigint[]) AND p.planned_by = 'network'
    UNION
    SELECT n.kind, n.a, n.b FROM related r JOIN LATERAL (
        SELECT 0 AS kind, p.item_id AS a, p.site_id AS b FROM catalog_billline l
            JOIN planning_stockpolicy p ON p.item_id = l.component_id AND p.site_id = r.b AND p.planned_by = 'network'
            WHERE r.kind = 0 AND l.item_id = r.a
        UNION ALL SELECT 0, r.a, p.source_id FROM planning_stockpolicy p
            WHERE r.kind = 0 AND p.item_id = r.a AND p.site_id = r.b AND p.source_id IS NOT NULL
        {above}
        UNION ALL SELECT 0, s.substitute_id, r.b FROM catalog_substitute s WHERE r.kind = 0 AND s.item_id = r.a
        UNION ALL SELECT 0, s.item_id, r.b FROM catalog_substitute s WHERE r.kind = 0 AND s.substitute_id = r.a
        UNION ALL SELECT 0, r.a, o.site_id FROM planning_stockpolicy p
            JOIN planning_stockpolicy o ON o.item_id = p.item_id AND o.site_id <> p.site_id AND o.planned_by = 'network'
                AND o.source_id IS NOT DISTINCT FROM p.source_id
            WHERE r.kind = 0 AND p.item_id = r.a AND p.site_id = r.b AND EXISTS (
                SELECT FROM catalog_lane n WHERE n.active AND (n.origin_id = p.site_id AND n.destination_id = o.site_id
                    OR n.origin_id = o.site_id AND n.destination_id = p.site_id))
        UNION ALL SELECT 1, m.supplier_id, 0 FROM planning_stockpolicy p
            JOIN catalog_supplieritem m ON m.item_id = p.item_id AND m.active
            JOIN planning_supplylimit q ON q.supplier_id = m.supplier_id
            WHERE r.kind = 0 AND p.item_id = r.a AND p.site_id = r.b AND p.source_id IS NULL
        UNION ALL SELECT 0, p.item_id, p.site_id FROM catalog_supplieritem m
            JOIN planning_stockpolicy p ON p.item_id = m.item_id AND p.source_id IS NULL AND p.planned_by = 'network'
            WHERE r.kind = 1 AND m.supplier_id = r.a AND m.active
        UNION ALL SELECT 2, w.id, 0 FROM planning_stockpolicy p
            JOIN planning_loadrule w ON w.site_id = p.site_id
            WHERE r.kind = 0 AND p.item_id = r.a AND p.site_id = r.b AND (w.origin_id = p.source_id
                OR p.source_id IS NULL AND EXISTS (
                    SELECT FROM catalog_supplieritem m JOIN catalog_partner s ON s.id = m.supplier_id
                    WHERE m.item_id = p.item_id AND m.active AND s.place_id = w.origin_id))
        UNION ALL SELECT 0, p.item_id, p.site_id FROM planning_loadrule w
            JOIN planning_stockpolicy p ON p.site_id = w.site_id AND p.source_id = w.origin_id
            WHERE r.kind = 2 AND w.id = r.a AND p.planned_by = 'network'
        UNION ALL SELECT 0, p.item_id, p.site_id FROM planning_loadrule w
            JOIN catalog_partner s ON s.place_id = w.origin_id
            JOIN catalog_supplieritem m ON m.supplier_id = s.id AND m.active
            JOIN planning_stockpolicy p ON p.item_id = m.item_id AND p.site_id = w.site_id AND p.source_id IS NULL
            WHERE r.kind = 2 AND w.id = r.a AND p.planned_by = 'network'
    ) n ON true
)
SELECT a, b FROM related WHERE kind = 0 ORDER BY 1, 2
"""
ABOVE: Final = """
        UNION ALL SELECT 0, l.item_id, r.b FROM catalog_billline l WHERE r.kind = 0 AND l.component_id = r.a
        UNION ALL SELECT 0, r.a, p.site_id FROM planning_stockpolicy p
            WHERE r.kind = 0 AND p.item_id = r.a AND p.source_id = r.b"""
# Where a plan of it stands: what draws on an item-site and has been decided since, whose order is counted by the decision
# now (OWED, COMING) and must leave the plan.
ABOVE_DECIDED: Final = """
        UNION ALL SELECT 0, q.item_id, q.site_id FROM catalog_billline l
            JOIN planning_proposal q ON q.item_id = l.item_id AND q.site_id = r.b AND q.kind = 'production'
                AND q.state IN ('approved', 'released') AND q.flow_id IS NULL
            WHERE r.kind = 0 AND l.component_id = r.a
        UNION ALL SELECT 0, q.item_id, q.site_id FROM planning_proposal q
            WHERE r.kind = 0 AND q.item_id = r.a AND q.origin_id = r.b AND q.kind = 'transfer'
                AND q.state IN ('approved', 'released') AND q.flow_id IS NULL"""
