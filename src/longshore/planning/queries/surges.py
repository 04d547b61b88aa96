"""Surges of demand as people and reasons name them: what came, what was expected, what changed because of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from longshore.planning import rules, surge_rules
from longshore.planning.queries.hierarchy import Node
from longshore.planning.reading import listed, rows

# The latest surge of an item-site with its day as it is now, told to the site itself and to the one that feeds it.
BEHIND = """
SELECT DISTINCT ON (s.item_id, t.site_id) s.item_id, t.site_id, s.day, COALESCE(d.qty, s.qty), COALESCE(d.lines, s.lines),
    s.high_milli, s.site_id, s.before->'reorder_point', s.after->'reorder_point'
FROM planning_demandsurge s
LEFT JOIN planning_demandday d ON d.item_id = s.item_id AND d.site_id = s.site_id AND d.day = s.day
CROSS JOIN LATERAL (
    SELECT s.site_id AS site_id
    UNION SELECT p.source_id FROM planning_stockpolicy p
    WHERE p.item_id = s.item_id AND p.site_id = s.site_id AND p.source_id IS NOT NULL
) t
WHERE s.counted > 0 AND s.day > %(since)s AND (%(items)s::bigint[] IS NULL OR s.item_id = ANY(%(items)s))
ORDER BY s.item_id, t.site_id, s.day DESC, s.qty DESC
"""
LIST = """
SELECT s.id, s.item_id, i.code, i.name, i.name_zh, s.site_id, p.name, p.name_zh, s.day, COALESCE(d.qty, s.qty),
    COALESCE(d.lines, s.lines), s.expected_milli, s.high_milli, s.counted, s.counted_at, s.before, s.after
FROM planning_demandsurge s
LEFT JOIN planning_demandday d ON d.item_id = s.item_id AND d.site_id = s.site_id AND d.day = s.day
JOIN catalog_item i ON i.id = s.item_id
JOIN catalog_place p ON p.id = s.site_id
LEFT JOIN planning_planregion r ON r.site_id = s.site_id
WHERE s.counted > 0 AND s.day > %(since)s
    AND (%(item)s::bigint IS NULL OR s.item_id = %(item)s) AND (%(family)s = '' OR i.family = %(family)s)
    AND (%(site)s::bigint IS NULL OR s.site_id = %(site)s) AND (%(region)s = '' OR r.code = %(region)s)
ORDER BY s.day DESC, s.qty * s.high_milli DESC, s.id DESC LIMIT 20
"""
LATELY = """
SELECT DISTINCT s.item_id, s.site_id FROM planning_demandsurge s
JOIN planning_demandday d ON d.item_id = s.item_id AND d.site_id = s.site_id AND d.day = s.day
WHERE s.counted > 0 AND s.day > %(since)s AND d.qty * 1000 > s.high_milli
    AND (%(items)s::bigint[] IS NULL OR s.item_id = ANY(%(items)s))
"""


@dataclass(frozen=True, slots=True)
class SurgeRow:
    """`qty` and `lines` of the day as it is now, `counted` of them in the forecast; `before` and `after` as in DemandSurge."""

    id: int
    item: int
    code: str
    name: str
    name_zh: str
    site: int
    site_name: str
    site_name_zh: str
    day: date
    qty: int
    lines: int
    expected_milli: int
    high_milli: int
    counted: int
    counted_at: datetime
    before: dict[str, Any]
    after: dict[str, Any]


def surges_of(node: Node, *, today: date) -> tuple[SurgeRow, ...]:
    """Those of the last days at this level, the latest first."""
    asked = {"item": node.item, "family": node.family, "site": node.site, "region": node.region}
    return tuple(SurgeRow(*row) for row in rows(LIST, {**asked, "since": _since(today)}))


def surges_behind(items: Sequence[int] | None, *, today: date) -> dict[tuple[int, int], dict[str, int | None]]:
    """What a proposal's reason says of the surge that led to it, by item-site."""
    found = rows(BEHIND, {"items": listed(items), "since": _since(today)})
    return {
        (item, target): {
            "day": rules.epoch_day(day), "qty": qty, "lines": lines, "high_milli": high, "site": site,
            "reorder_before": before, "reorder_after": after,
        }
        for item, target, day, qty, lines, high, site, before, after in found
    }  # fmt: skip


def surged_lately(items: Sequence[int] | None, *, today: date) -> set[tuple[int, int]]:
    """Item-sites of which nobody knows yet whether their surge goes on."""
    return set(rows(LATELY, {"items": listed(items), "since": _since(today)}))


def _since(today: date) -> date:
    return today - timedelta(days=surge_rules.TOLD_DAYS)
