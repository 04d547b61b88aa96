"""What the network planner asks the database: whole tables as arrays of integers, or only the rows of some items."""

from __future__ import annotations

from typing import Final, NamedTuple

from longshore.planning.queries.attribution import SITE_OF_ORDER

# In each, {items} becomes a condition on the named column where only some items are asked for.
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
WHERE p.planned_by = 'network' AND {items:p.item_id}
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
WHERE b.bounded AND b.condition = 0 AND b.qty > b.claimed AND {{items:b.item_id}}
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
    SELECT f.item_id AS item, COALESCE(pl.site_id, pl.id) AS site, f.arrive_at::date AS arrive_on,
        f.qty - f.done - f.claimed AS qty
    FROM ledger_plannedflow f
    JOIN catalog_place pl ON pl.id = f.target_id AND pl.kind NOT IN ('party', 'external')
    WHERE f.status = 'firm' AND f.kind <> 'sale' AND f.qty - f.done > f.claimed AND {{items:f.item_id}}
    UNION ALL
    SELECT p.item_id, p.site_id, p.due_at::date, p.qty FROM planning_proposal p
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
    SELECT b.component_id, p.site_id, greatest(p.order_at::date - %(today)s::date, 0),
        ceil(p.qty * b.numerator / (b.denominator * (1 - b.scrap_bp / 10000.0)))
    FROM planning_proposal p
    JOIN catalog_billline b ON b.item_id = p.item_id AND {{items:b.component_id}}
    WHERE p.kind = 'production' AND p.state IN ('approved', 'released') AND p.flow_id IS NULL
    UNION ALL
    SELECT p.item_id, p.origin_id, greatest(p.order_at::date - %(today)s::date, 0), p.qty
    FROM planning_proposal p
    WHERE p.kind = 'transfer' AND p.state = 'approved' AND p.flow_id IS NULL AND {{items:p.item_id}}
) owed WHERE qty > 0
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
""",
)
FORECASTS = """
SELECT array_agg(f.item_id), array_agg(f.site_id), array_agg(f.starts_on - %(today)s::date), string_agg(f.daily_milli::text, '')
FROM planning_forecast f
JOIN planning_stockpolicy p ON p.item_id = f.item_id AND p.site_id = f.site_id AND p.planned_by = 'network'
WHERE {items:f.item_id} AND f.item_id >= %(low)s AND f.item_id < %(high)s
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
FROM planning_plannedorder o WHERE o.order_on >= %(today)s::date AND {items:o.item_id} ORDER BY 1, 2, 3, 4, 5
""",
)
# Everything whose plan may change with the plan of these items: what they are made of, what is made of them, what stands
# in for them, and who shares a supplier's limit or a full load with them; the same of those, and so on.
RELATED = """
WITH RECURSIVE related(item) AS (
    SELECT unnest(%(items)s::bigint[])
    UNION
    SELECT n.other FROM related r JOIN LATERAL (
        SELECT component_id AS other FROM catalog_billline WHERE item_id = r.item
        UNION ALL SELECT item_id FROM catalog_billline WHERE component_id = r.item
        UNION ALL SELECT substitute_id FROM catalog_substitute WHERE item_id = r.item
        UNION ALL SELECT item_id FROM catalog_substitute WHERE substitute_id = r.item
        UNION ALL SELECT o.item_id FROM catalog_supplieritem m
            JOIN planning_supplylimit q ON q.supplier_id = m.supplier_id
            JOIN catalog_supplieritem o ON o.supplier_id = m.supplier_id AND o.active
            WHERE m.item_id = r.item AND m.active
        UNION ALL SELECT p2.item_id FROM planning_stockpolicy p1
            JOIN planning_loadrule w ON w.site_id = p1.site_id
            JOIN planning_stockpolicy p2 ON p2.site_id = p1.site_id AND p2.planned_by = 'network'
            WHERE p1.item_id = r.item AND p1.planned_by = 'network'
    ) n ON true
)
SELECT item FROM related ORDER BY 1
"""
