"""What a network plan leaves in the database: orders of the plan, shortages, and the proposals that follow from them."""

from __future__ import annotations

from typing import Final

from longshore.planning.queries.managed import MANAGED

DAY: Final = "DATE '1970-01-01'"
DELETE_ORDERS: Final = """
DELETE FROM planning_plannedorder o USING unnest(%(item)s::bigint[], %(site)s::bigint[]) AS u(item, site)
WHERE o.item_id = u.item AND o.site_id = u.site
"""
DELETE_SHORTAGES: Final = """
DELETE FROM planning_shortage o USING unnest(%(item)s::bigint[], %(site)s::bigint[]) AS u(item, site)
WHERE o.item_id = u.item AND o.site_id = u.site
"""
LOOK_AGAIN: Final = "ANALYZE planning_plannedorder, planning_proposal"
EMPTY: Final = "TRUNCATE planning_plannedorder, planning_shortage"
# For the plan of everything: sorts and joins of millions of rows stay in memory.
ROOM: Final = "SET LOCAL work_mem = '128MB'; SET LOCAL maintenance_work_mem = '256MB'"
# How each index of the orders is taken away and made again: to build them once costs half of minding them row by row.
INDEXES: Final = """
SELECT CASE WHEN c.oid IS NULL THEN 'DROP INDEX ' || i.indexrelid::regclass
        ELSE 'ALTER TABLE planning_plannedorder DROP CONSTRAINT ' || quote_ident(c.conname) END,
    CASE WHEN c.oid IS NULL THEN pg_get_indexdef(i.indexrelid)
        ELSE 'ALTER TABLE planning_plannedorder ADD CONSTRAINT ' || quote_ident(c.conname) || ' '
            || pg_get_constraintdef(c.oid) END
FROM pg_index i
LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.conrelid = i.indrelid AND c.contype IN ('p', 'u')
WHERE i.indrelid = 'planning_plannedorder'::regclass
ORDER BY 1
"""
NEXT_IDS: Final = """
SELECT setval(s.name, nextval(s.name) + %(count)s) - %(count)s
FROM (SELECT pg_get_serial_sequence('planning_plannedorder', 'id') AS name) s
"""
EMPTY_LEVELS: Final = "TRUNCATE planning_plannedlevel"
INTO_LEVELS: Final = "planning_plannedlevel (item_id, site_id, level)"
INTO_ORDERS: Final = """planning_plannedorder (id, item_id, site_id, kind, source, qty, order_on, due_on, need_on, lack, flip,
    why, price_milli, cost_milli, weight, rival, rival_cost_milli)"""
INTO_SHORTAGES: Final = "planning_shortage (item_id, site_id, day, qty, why)"

# How an arc's kind and source read as a word, a supplier or an origin. {o} is the table with both columns.
KIND: Final = """CASE WHEN {o}.kind = 0 AND {o}.source %% 2 = 0 THEN 'purchase' WHEN {o}.kind = 2 THEN 'production'
    ELSE 'transfer' END"""
SOURCE: Final = """CASE WHEN {kind} = 0 AND {source} %% 2 = 0 THEN 'supplier:' || {source} / 2 WHEN {kind} = 2 THEN 'made-here'
    WHEN {kind} = 1 THEN 'site:' || {source} WHEN {kind} = 3 AND {source} %% 2 = 1 THEN 'item:' || {source} / 2
    ELSE 'site:' || {source} / 2 END"""
# Of what shaped an order the first that holds is said to bind.
BINDING: Final = """CASE WHEN o.why & 8 > 0 THEN 'capacity' WHEN o.why & 32 > 0 THEN 'shelf-life' WHEN o.why & 64 > 0 THEN 'kept'
    WHEN o.why & 128 > 0 THEN 'surplus' WHEN o.why & 256 > 0 THEN 'fills-load' WHEN o.why & 4 > 0 THEN 'price-break'
    WHEN o.why & 1 > 0 THEN 'moq' WHEN o.why & 2 > 0 THEN 'multiple' ELSE 'need' END"""

# The next order of each item-site that is due for a decision: one proposal each. {scope} limits it to some item-sites,
# {mine} names the proposals that network plans answer for.
PROPOSE: Final = f"""
WITH draft AS (
    SELECT DISTINCT ON (o.item_id, o.site_id) o.item_id, o.site_id, {KIND.format(o="o")} AS kind,
        CASE WHEN o.kind = 0 AND o.source %% 2 = 0 THEN o.source / 2 END AS supplier_id,
        CASE WHEN o.kind = 1 THEN o.source WHEN o.kind <> 2 AND (o.kind = 3) = (o.source %% 2 = 0) THEN o.source / 2 END
            AS origin_id,
        o.qty, o.price_milli / 1000 AS unit_price, o.order_on, o.due_on - o.order_on AS lead, s.timezone,
        {SOURCE.format(kind="o.kind", source="o.source")} || '>site:' || o.site_id AS "group",
        jsonb_build_object('rule', 'network', 'qty', o.qty, 'source', {SOURCE.format(kind="o.kind", source="o.source")},
            'need_day', o.need_on - {DAY}, 'short', o.lack, 'late_days', greatest(o.due_on - o.need_on, 0),
            'binding', {BINDING}, 'cost_milli', o.cost_milli,
            'runner_up', CASE WHEN o.rival >= 0 THEN jsonb_build_object('source',
                {SOURCE.format(kind="o.rival %% 4", source="(o.rival / 4)")}, 'cost_milli', o.rival_cost_milli) END,
            'flip', jsonb_build_object('more_on_hand', o.flip, 'price_milli', CASE WHEN o.rival >= 0 AND o.weight > 0
                AND o.rival_cost_milli >= o.cost_milli
                THEN o.price_milli + (o.rival_cost_milli - o.cost_milli) / o.weight + 1 END),
            'inputs', jsonb_build_object('today', %(today)s::date - {DAY}, 'days', %(days)s)) AS explanation
    FROM planning_plannedorder o
    JOIN catalog_place s ON s.id = o.site_id
    {{scope}}
    WHERE o.order_on <= %(until)s::date AND NOT (o.kind = 3 AND o.source %% 2 = 1)
        AND NOT {MANAGED.format(row="o", today="%(today)s::date")}
    ORDER BY o.item_id, o.site_id, o.order_on, o.need_on, o.id
), dated AS (
    SELECT d.*, greatest(%(at)s, d.order_on::timestamp AT TIME ZONE d.timezone) AS order_at FROM draft d
), standing AS (
    SELECT p.* FROM planning_proposal p {{mine}} WHERE p.state = 'proposed'
), former AS MATERIALIZED (
    SELECT p.item_id, p.site_id, COUNT(*) AS count,
        bool_or(p.state = 'rejected' AND p.decided_at > %(since)s) AS rejected
    FROM planning_proposal p {{mine}} GROUP BY 1, 2
), updated AS (
    UPDATE planning_proposal p SET kind = d.kind, supplier_id = d.supplier_id, origin_id = d.origin_id, qty = d.qty,
        proposed_qty = d.qty, unit_price = d.unit_price, order_at = d.order_at,
        due_at = d.order_at + make_interval(days => d.lead), "group" = d."group", explanation = d.explanation,
        cause = %(cause)s, made_at = %(at)s
    FROM dated d
    WHERE p.item_id = d.item_id AND p.site_id = d.site_id AND p.state = 'proposed' AND p.decided_by = ''
        AND ((p.order_at AT TIME ZONE d.timezone)::date, p.kind, COALESCE(p.supplier_id, 0), COALESCE(p.origin_id, 0), p.qty,
            p.unit_price)
        <> ((d.order_at AT TIME ZONE d.timezone)::date, d.kind, COALESCE(d.supplier_id, 0), COALESCE(d.origin_id, 0), d.qty,
            d.unit_price)
    RETURNING p.id
), superseded AS (
    UPDATE planning_proposal p SET state = 'superseded', decided_at = %(at)s, decision_note = 'no longer needed'
    FROM standing t LEFT JOIN dated d ON d.item_id = t.item_id AND d.site_id = t.site_id
    WHERE p.id = t.id AND t.decided_by = '' AND d.item_id IS NULL
    RETURNING p.id
), new AS (
    INSERT INTO planning_proposal (key, kind, state, item_id, site_id, supplier_id, origin_id, qty, proposed_qty, unit_price,
        order_at, due_at, "group", explanation, cause, made_at, decided_by, decision_note)
    SELECT md5('network:' || d.item_id || ':' || d.site_id || ':' || COALESCE(f.count, 0))::uuid, d.kind, 'proposed',
        d.item_id, d.site_id, d.supplier_id, d.origin_id, d.qty, d.qty, d.unit_price, d.order_at,
        d.order_at + make_interval(days => d.lead), d."group", d.explanation, %(cause)s, %(at)s, '', ''
    FROM dated d
    LEFT JOIN former f ON f.item_id = d.item_id AND f.site_id = d.site_id
    LEFT JOIN standing t ON t.item_id = d.item_id AND t.site_id = d.site_id
    WHERE t.id IS NULL AND NOT COALESCE(f.rejected, false)
    ORDER BY d.site_id, d.item_id
    RETURNING id
)
SELECT 0::bigint AS what, id FROM new UNION ALL SELECT 1, id FROM updated UNION ALL SELECT 2, id FROM superseded
"""
SCOPE: Final = """JOIN unnest(%(item)s::bigint[], %(site)s::bigint[]) AS u(item, site)
        ON u.item = o.item_id AND u.site = o.site_id"""
MINE: Final = (
    """JOIN planning_stockpolicy n ON n.item_id = p.item_id AND n.site_id = p.site_id AND n.planned_by = 'network'"""
)
MINE_OF: Final = """JOIN unnest(%(item)s::bigint[], %(site)s::bigint[]) AS u(item, site)
        ON u.item = p.item_id AND u.site = p.site_id"""
DUE: Final = """
SELECT q.id FROM planning_proposal q
JOIN planning_stockpolicy n ON n.item_id = q.item_id AND n.site_id = q.site_id AND n.planned_by = 'network' AND n.automatic
{scope}
WHERE q.state = 'proposed' AND q.decided_by = '' AND q.kind <> 'production' AND q.order_at <= %(at)s
ORDER BY q.id
"""
DUE_OF: Final = """JOIN unnest(%(item)s::bigint[], %(site)s::bigint[]) AS u(item, site)
    ON u.item = q.item_id AND u.site = q.site_id"""
ZONE: Final = """
SELECT timezone FROM catalog_place WHERE kind = 'site' AND active GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT 1
"""
