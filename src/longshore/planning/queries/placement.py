"""Safety stock over the chain of sites that feed each other: where it is now, and where it would cost least."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Final

from longshore.planning import placement_rules
from longshore.planning.placement_rules import Placed, Site
from longshore.planning.queries.costs import costs
from longshore.planning.queries.names import Name
from longshore.planning.reading import rows

# Items that one site feeds to another, those with the dearest safety stock first; how many there are stands in each row.
ITEMS: Final = """
SELECT p.item_id, COUNT(*) OVER () FROM planning_stockpolicy p
JOIN catalog_item i ON i.id = p.item_id AND i.active
JOIN catalog_place s ON s.id = p.site_id AND s.active
WHERE p.explanation->'inputs' ? 'lead_minutes' AND (%(item)s::bigint IS NULL OR p.item_id = %(item)s)
GROUP BY p.item_id, i.unit_cost, i.code
HAVING COUNT(*) FILTER (WHERE (p.explanation->'inputs'->>'sd_milli')::bigint > 0) >= 2 AND EXISTS (
    SELECT FROM planning_stockpolicy q WHERE q.item_id = p.item_id AND q.source_id IS NOT NULL)
ORDER BY SUM(p.safety_stock) * i.unit_cost DESC, i.code LIMIT %(limit)s OFFSET %(offset)s
"""
CHAINS: Final = """
SELECT p.item_id, i.code, i.name, i.name_zh, i.unit_cost, p.site_id, s.code, s.name, s.name_zh, p.source_id,
    (p.explanation->'inputs'->>'mean_milli')::bigint, (p.explanation->'inputs'->>'sd_milli')::bigint,
    (p.explanation->'inputs'->>'lead_minutes')::bigint + p.review_minutes, p.service_level_bp, p.safety_stock
FROM planning_stockpolicy p JOIN catalog_item i ON i.id = p.item_id AND i.active
JOIN catalog_place s ON s.id = p.site_id AND s.active
WHERE p.explanation->'inputs' ? 'lead_minutes' AND p.item_id = ANY(%(items)s::bigint[])
    AND (p.explanation->'inputs'->>'sd_milli')::bigint > 0
ORDER BY array_position(%(items)s::bigint[], p.item_id), p.source_id NULLS FIRST, p.site_id
"""


@dataclass(frozen=True, slots=True)
class Chain:
    """An item with the sites it is held at."""

    item: int
    code: str
    name: str
    name_zh: str
    placed: Placed
    sites: dict[int, Name]


@dataclass(frozen=True, slots=True)
class Some:
    """Some of the chains there are, and how many there are."""

    chains: tuple[Chain, ...]
    total: int


def chains(item: int | None = None, *, limit: int = 40, offset: int = 0) -> Some:
    """Items that one site feeds to another, those with the dearest safety stock first. Only these are worked out."""
    asked = rows(ITEMS, {"item": item, "limit": limit, "offset": offset})
    holding_bp = costs().holding_bp
    found = []
    for _item, group in groupby(rows(CHAINS, {"items": [number for number, _all in asked]}), key=lambda row: row[0]):
        of_item = list(group)
        first = of_item[0]
        sites = [Site(row[5], row[9], row[10], row[11], row[12], row[13], row[14]) for row in of_item]
        placed = placement_rules.place(sites, unit_cost=int(first[4]), holding_bp=holding_bp)
        names = {row[5]: Name(*row[6:9]) for row in of_item}
        found.append(Chain(first[0], first[1], first[2], first[3], placed, names))
    return Some(tuple(found), asked[0][1] if asked else 0)
