"""Demand and forecast at any level: item, family or all; site, region or everywhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from longshore.planning.queries.projection import BAND_MILLI
from longshore.planning.reading import listed, rows

WEEKS_BACK = 4
WEEKS_AHEAD = 4
LEAVES = """
SELECT f.id, f.item_id, f.site_id, i.family, COALESCE(r.code, ''), i.code, i.name, i.name_zh, s.name, s.name_zh,
    COALESCE(r.name, ''), COALESCE(r.name_zh, ''), i.family_zh, f.starts_on, f.daily_milli,
    CASE WHEN f.base_milli = '[]'::jsonb THEN f.daily_milli ELSE f.base_milli END
FROM planning_forecast f
JOIN catalog_item i ON i.id = f.item_id
JOIN catalog_place s ON s.id = f.site_id
LEFT JOIN planning_planregion r ON r.site_id = f.site_id
WHERE (%(items)s::bigint[] IS NULL OR f.item_id = ANY(%(items)s))
    AND (%(item)s::bigint IS NULL OR f.item_id = %(item)s) AND (%(family)s = '' OR i.family = %(family)s)
    AND (%(site)s::bigint IS NULL OR f.site_id = %(site)s) AND (%(region)s = '' OR r.code = %(region)s)
ORDER BY i.code, s.code
"""
SPREADS = """
SELECT id, sigma_milli, drivers, low_milli, high_milli FROM planning_forecast WHERE id = ANY(%(ids)s::bigint[])
"""
PAST = """
SELECT d.item_id, d.site_id, (%(today)s::date - 1 - d.day) / 7 AS week, SUM(d.qty)::bigint
FROM planning_demandday d
JOIN catalog_item i ON i.id = d.item_id
LEFT JOIN planning_planregion r ON r.site_id = d.site_id
WHERE d.day >= %(since)s AND d.day < %(today)s
    AND (%(item)s::bigint IS NULL OR d.item_id = %(item)s) AND (%(family)s = '' OR i.family = %(family)s)
    AND (%(site)s::bigint IS NULL OR d.site_id = %(site)s) AND (%(region)s = '' OR r.code = %(region)s)
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Node:
    """A place in the hierarchy: an item or a family or neither; a site or a region or neither."""

    item: int | None = None
    family: str = ""
    site: int | None = None
    region: str = ""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A forecast at the bottom: one item at one site. `base` is the machine's, `daily` with overrides, in thousandths."""

    forecast: int
    item: int
    site: int
    family: str
    region: str
    item_code: str
    item_name: str
    item_name_zh: str
    site_name: str
    site_name_zh: str
    region_name: str
    region_name_zh: str
    family_zh: str
    starts_on: date
    daily: tuple[int, ...]
    base: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GridRow:
    """One child of the node: the weeks that were and the weeks to come, in thousandths; sums of its leaves exactly."""

    node: Node
    name: str
    name_zh: str
    code: str
    past: tuple[int, ...]
    base: tuple[int, ...]
    final: tuple[int, ...]
    leaves: int


@dataclass(frozen=True, slots=True)
class Grid:
    node: Node
    by: str
    today: date
    rows: tuple[GridRow, ...]
    total: GridRow


def leaves(node: Node, *, items: Sequence[int] | None = None) -> tuple[Leaf, ...]:
    found = rows(LEAVES, {**_asked(node), "items": listed(items)})
    return tuple(Leaf(*(*row[:14], tuple(row[14]), tuple(row[15]))) for row in found)


@dataclass(frozen=True, slots=True)
class Spread:
    """How far a day may lie above and below what is expected of the leaf, in thousandths, and what moves it."""

    leaf: Leaf
    above: tuple[int, ...]
    below: tuple[int, ...]
    drivers: dict[str, int]


def leaves_with_spread(node: Node) -> tuple[Spread, ...]:
    """The leaves with their bands: the engine's own where it gave one, else four days of five of a normal spread."""
    found = leaves(node)
    known = {row[0]: row[1:] for row in rows(SPREADS, {"ids": [leaf.forecast for leaf in found]})}
    return tuple(_spread(leaf, *known[leaf.forecast]) for leaf in found)


def _spread(leaf: Leaf, sigma: int, drivers: dict[str, int], low: list[int], high: list[int]) -> Spread:
    if len(low) != len(leaf.base) or len(high) != len(leaf.base):
        width = (sigma * BAND_MILLI // 1000,) * len(leaf.base)
        return Spread(leaf, width, width, drivers)
    # An override moves the band with the forecast: as much wider as there is more expected.
    scaled = [(final, base) if base > 0 else (1, 1) for final, base in zip(leaf.daily, leaf.base, strict=True)]
    above = tuple((top - base) * f // b for top, base, (f, b) in zip(high, leaf.base, scaled, strict=True))
    below = tuple((base - bottom) * f // b for bottom, base, (f, b) in zip(low, leaf.base, scaled, strict=True))
    return Spread(leaf, above, below, drivers)


def _asked(node: Node) -> dict[str, object]:
    return {"item": node.item, "family": node.family, "site": node.site, "region": node.region}


def children_of(node: Node, by: str = "") -> str:
    """What a node is divided into when nobody says: families, then items, then sites."""
    allowed = [name for name, free in _divisions(node).items() if free]
    return by if by in allowed else (allowed[0] if allowed else "leaf")


def _divisions(node: Node) -> dict[str, bool]:
    return {
        "family": node.item is None and not node.family,
        "item": node.item is None,
        "region": node.site is None and not node.region,
        "site": node.site is None,
    }


def grid(node: Node, *, today: date, by: str = "") -> Grid:
    """The children of a node, four weeks back and four ahead."""
    way = children_of(node, by)
    found = leaves(node)
    past: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0] * WEEKS_BACK)
    since = today - timedelta(days=7 * WEEKS_BACK)
    for item, site, week, qty in rows(PAST, {**_asked(node), "since": since, "today": today}):
        past[item, site][WEEKS_BACK - 1 - week] += int(qty) * 1000
    groups: dict[object, list[Leaf]] = defaultdict(list)
    for leaf in found:
        groups[_group(leaf, way)].append(leaf)
    made = [_row(_child(node, members[0], way), members, past, today) for members in groups.values()]
    made.sort(key=lambda row: (-sum(row.final), row.name))
    return Grid(node, way, today, tuple(made), _row((node, "", "", ""), found, past, today))


def _group(leaf: Leaf, way: str) -> object:
    return {"family": leaf.family, "item": leaf.item, "region": leaf.region, "site": leaf.site}.get(
        way, (leaf.item, leaf.site)
    )


def _child(node: Node, leaf: Leaf, way: str) -> tuple[Node, str, str, str]:
    """The child's own node, its name in both languages, and its code."""
    if way == "family":
        return Node(None, leaf.family, node.site, node.region), leaf.family, leaf.family_zh, ""
    if way == "item":
        return Node(leaf.item, "", node.site, node.region), leaf.item_name, leaf.item_name_zh, leaf.item_code
    if way == "region":
        region = Node(node.item, node.family, None, leaf.region)
        return region, leaf.region_name, leaf.region_name_zh, leaf.region
    return Node(node.item, node.family, leaf.site, ""), leaf.site_name, leaf.site_name_zh, ""


def _row(
    child: tuple[Node, str, str, str],
    members: Sequence[Leaf],
    past: dict[tuple[int, int], list[int]],
    today: date,
) -> GridRow:
    node, name, name_zh, code = child
    weeks = [past[leaf.item, leaf.site] for leaf in members if (leaf.item, leaf.site) in past]
    return GridRow(
        node=node,
        name=name,
        name_zh=name_zh,
        code=code,
        past=tuple(sum(column) for column in zip(*weeks, strict=True)) or (0,) * WEEKS_BACK,
        base=_weeks([(leaf.starts_on, leaf.base) for leaf in members], today),
        final=_weeks([(leaf.starts_on, leaf.daily) for leaf in members], today),
        leaves=len(members),
    )


def _weeks(said: Sequence[tuple[date, tuple[int, ...]]], today: date) -> tuple[int, ...]:
    """Sums by week from today on; a forecast made days ago has fewer days left in its last week."""
    found = [0] * WEEKS_AHEAD
    for starts_on, daily in said:
        gone = (today - starts_on).days
        for place, value in enumerate(daily):
            if 0 <= place - gone < 7 * WEEKS_AHEAD:
                found[(place - gone) // 7] += value
    return tuple(found)
