"""A company of one plant, regional stores and shops, written straight into the tables, as large as asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import LiteralString

from django.db import connection, transaction

from longshore.catalog.operations import ensure_fixed_places, ensure_units

START = datetime(2026, 3, 2, 2, tzinfo=UTC)
DAYS = 90
REGIONS, SHOPS, SUPPLIERS, LIMITED = 4, 20, 500, 50


@dataclass(frozen=True)
class Sizes:
    """Products are at every site; sub-assemblies, parts and raw materials at the plant."""

    products: int
    components: int  # a fifth raw materials, two fifths parts, two fifths sub-assemblies
    facts: int

    @property
    def item_places(self) -> int:
        return self.products * (1 + REGIONS + SHOPS) + self.components


FULL = Sizes(products=36_000, components=100_000, facts=60)
SMALL = Sizes(products=720, components=2_000, facts=20)

# Ids: items 1 .. components are raw, parts, sub-assemblies; then products. Sites 1 plant, 2 .. 5 regions, 6 .. 25 shops,
# each with one shelf; suppliers have a place each. All from an id that leaves room for what is there already.
SETUP: tuple[tuple[str, LiteralString], ...] = (
    (
        "places",
        """
        INSERT INTO catalog_place (id, code, name, name_zh, kind, site_id, gln, latitude, longitude, address, timezone,
            temperature_class, pick_rank, usage, active, parent_id)
        SELECT 1000 + n, 'S' || n, 'Site ' || n, '', 'site', 1000 + n, '', 31, 121 + n / 100.0, '', 'Asia/Shanghai',
            'ambient', 0, '', true, NULL
        FROM generate_series(1, %(sites)s) n
        UNION ALL
        SELECT 2000 + n, 'B' || n, 'Shelf ' || n, '', 'bin', 1000 + n, '', NULL, NULL, '', 'Asia/Shanghai', 'ambient', 0,
            'storage', true, 1000 + n
        FROM generate_series(1, %(sites)s) n
        UNION ALL
        SELECT 10000 + n, 'P' || n, 'Supplier ' || n, '', 'party', NULL, '', NULL, NULL, '', 'Asia/Shanghai', 'ambient', 0,
            '', true, NULL
        FROM generate_series(1, %(suppliers)s) n
        """,
    ),
    (
        "calendars",
        """
        INSERT INTO catalog_calendar (id, code, name, timezone, weekdays, opens_minute, closes_minute)
        SELECT 100 + n, 'CAL' || n, 'Days ' || n, 'Asia/Shanghai', (ARRAY[31, 5, 18, 127])[n], 0, 1440
        FROM generate_series(1, 4) n
        """,
    ),
    (
        "suppliers",
        """
        INSERT INTO catalog_partner (id, code, name, name_zh, is_owner, is_supplier, is_customer, is_carrier, place_id,
            priority, window_opens_minute, window_closes_minute, email, phone, active)
        SELECT 1000 + n, 'V' || n, 'Supplier ' || n, '', false, true, false, false, 10000 + n, 5, 360, 1200, '', '', true
        FROM generate_series(1, %(suppliers)s) n
        """,
    ),
    (
        "lanes",
        """
        INSERT INTO catalog_lane (origin_id, destination_id, transit_minutes, transit_sd_minutes, distance_m, fixed_cost,
            cost_per_kg, active)
        SELECT 1001, 1000 + r, 2000, 0, 0, 5000, 20, true FROM generate_series(2, 1 + %(regions)s) r
        UNION ALL
        SELECT 1002 + (s %% %(regions)s), 1000 + s, 1000, 0, 0, 2000, 10, true
        FROM generate_series(2 + %(regions)s, %(sites)s) s
        UNION ALL
        SELECT 1000 + a, 1000 + b, 1500, 0, 0, 3000, 15, true
        FROM generate_series(2, 1 + %(regions)s) a, generate_series(2, 1 + %(regions)s) b WHERE a <> b
        """,
    ),
    (
        "items",
        """
        INSERT INTO catalog_item (id, code, name, name_zh, family, family_zh, gtin, base_unit_id, temperature_class,
            shelf_life_days, min_remaining_days, weight_g, length_mm, width_mm, height_mm, volume_cm3, lot_tracked,
            serial_tracked, unit_cost, unit_price, service_level_bp, active)
        SELECT 1000000 + n, 'I' || n, 'Item ' || n, '', '', '', '', (SELECT id FROM catalog_unitofmeasure WHERE code = 'EA'),
            'ambient', CASE WHEN n > %(components)s AND n %% 20 = 0 THEN 20 + n %% 41 END, 0, 100 + n %% 4900, 0, 0, 0, 0,
            false, false, 100 + n * 7919 %% 9900, 0, 9500, true
        FROM generate_series(1, %(items)s) n
        """,
    ),
    (
        "bills",
        """
        INSERT INTO catalog_bill (item_id, site_id, lead_time_minutes, moq, multiple, unit_cost, active)
        SELECT 1000000 + n, 1001, 1440 * (1 + n %% 4), 1 + n %% 20, 1 + n %% 5, 10 + n %% 90, true
        FROM generate_series(%(raw)s + 1, %(items)s) n
        WHERE n <= %(components)s OR n %% 10 < 7
        """,
    ),
    (
        "lines",
        """
        INSERT INTO catalog_billline (item_id, component_id, numerator, denominator, scrap_bp)
        SELECT DISTINCT ON (1, 2) 1000000 + n, 1000000 + CASE
                WHEN n <= %(raw)s + %(parts)s THEN 1 + (n * 31 + k * 7907) %% %(raw)s
                WHEN n <= %(components)s THEN %(raw)s + 1 + (n * 37 + k * 7901) %% %(parts)s
                ELSE %(raw)s + %(parts)s + 1 + (n * 41 + k * 7877) %% (%(components)s - %(raw)s - %(parts)s) END,
            1 + (n + k) %% 3, 1 + k, 100 * k
        FROM generate_series(%(raw)s + 1, %(items)s) n, generate_series(0, 1) k
        WHERE n <= %(components)s OR n %% 10 < 7
        """,
    ),
    (
        "offers",
        """
        INSERT INTO catalog_supplieritem (supplier_id, item_id, unit_price, moq, multiple, lead_time_minutes,
            lead_time_sd_minutes, calendar_id, active)
        SELECT 1001 + (n * 13 + k * 251) %% %(suppliers)s, 1000000 + n, 50 + (n * 17 + k * 29) %% 500, 1 + (n + k) %% 50,
            1 + (n + 3 * k) %% 12, 1440 * (3 + (n + 5 * k) %% 18), 0, 101 + (n + k) %% 4, true
        FROM generate_series(1, %(items)s) n, generate_series(0, 1) k
        WHERE n <= %(raw)s OR (n > %(components)s AND n %% 10 >= 7)
        """,
    ),
    (
        "breaks",
        """
        INSERT INTO planning_pricebreak (supplier_id, item_id, from_qty, unit_price)
        SELECT supplier_id, item_id, 200 * k, unit_price * (100 - 4 * k) / 100
        FROM catalog_supplieritem, generate_series(1, 2) k WHERE item_id %% 5 = 0
        """,
    ),
    (
        "limits",
        """
        INSERT INTO planning_supplylimit (supplier_id, period_days, most_units)
        SELECT 1000 + n, 7, 20000 FROM generate_series(1, %(limited)s) n
        """,
    ),
    (
        "loads",
        """
        INSERT INTO planning_loadrule (origin_id, site_id, capacity_g, pull_days)
        SELECT 10000 + n, 1001, 20000000, 3 FROM generate_series(%(limited)s + 1, 2 * %(limited)s) n
        """,
    ),
    (
        "policies",
        """
        INSERT INTO planning_stockpolicy (item_id, site_id, source_id, review_minutes, service_level_bp, own_service,
            lead_time_minutes, safety_stock, reorder_point, order_qty, order_up_to, automatic, locked, explanation,
            computed_at, planned_by)
        SELECT 1000000 + n, 1000 + s, CASE WHEN s = 1 THEN NULL WHEN s <= 1 + %(regions)s THEN 1001
                ELSE 1002 + (s %% %(regions)s) END,
            1440 * (CASE WHEN s = 1 THEN 14 ELSE 7 END), 9500, false, 1440, (n * 7 + s * 3) %% 9, 10,
            CASE WHEN s = 1 THEN 20 + n %% 80 ELSE 4 + n %% 9 END, 50, false, false, '{}', %(at)s, 'network'
        FROM generate_series(1, %(items)s) n, generate_series(1, %(sites)s) s
        WHERE s = 1 OR n > %(components)s
        """,
    ),
    (
        "stock",
        """
        INSERT INTO ledger_balance (item_id, owner_id, place_id, condition, bounded, qty, claimed)
        SELECT p.item_id, (SELECT id FROM catalog_partner WHERE code = 'SELF'), p.site_id + 1000, 0, true,
            CASE WHEN p.site_id = 1001 THEN (p.item_id * 7907) %% 400
                WHEN p.site_id <= 1001 + %(regions)s THEN p.safety_stock + 12 + (p.item_id * 31 + p.site_id * 17) %% 36
                ELSE p.safety_stock + 1 + (CASE WHEN k %% 2 = 0 THEN 20 + k * 7 %% 280 ELSE 300 + k * 13 %% 2700 END)
                    * (20 + (p.item_id * 31 + p.site_id * 17) %% 70) / 10000 END, 0
        FROM planning_stockpolicy p, LATERAL (SELECT (p.item_id * 7 + p.site_id * 131) %% 2000 AS k) profile
        """,
    ),
    (
        "profiles",
        """
        CREATE TEMPORARY TABLE profile AS
        SELECT k, jsonb_agg((CASE WHEN k %% 2 = 0 THEN 20 + k * 7 %% 280 ELSE 300 + k * 13 %% 2700 END)
            * (70 + (d * 11 + k * 3) %% 61) / 100 ORDER BY d) AS daily
        FROM generate_series(0, 1999) k, generate_series(1, %(days)s) d GROUP BY k
        """,
    ),
    (
        "forecasts",
        """
        INSERT INTO planning_forecast (item_id, site_id, made_at, starts_on, daily_milli, sigma_milli, method, mean_milli,
            demand_class, runner_up, base_milli, low_milli, high_milli, drivers)
        SELECT p.item_id, p.site_id, %(at)s, %(at)s::date, f.daily, 500, 'bench', 500, '', '', '[]', '[]', '[]', '{}'
        FROM planning_stockpolicy p JOIN profile f ON f.k = (p.item_id * 7 + p.site_id * 131) %% 2000
        WHERE p.site_id > 1001 + %(regions)s
        """,
    ),
)  # fmt: skip


def build(sizes: Sizes) -> None:
    """Fill an empty database. Foreign keys are right by construction and not checked again row by row."""
    ensure_units()
    ensure_fixed_places()
    raw, parts = sizes.components // 5, sizes.components * 2 // 5
    told = {
        "sites": 1 + REGIONS + SHOPS, "regions": REGIONS, "suppliers": SUPPLIERS, "limited": LIMITED, "days": DAYS,
        "raw": raw, "parts": parts, "components": sizes.components, "items": sizes.components + sizes.products, "at": START,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for _name, statement in SETUP:
            cursor.execute(statement, told)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
