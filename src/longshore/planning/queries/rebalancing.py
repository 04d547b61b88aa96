"""What other sites could send to those that need an order: asked only when somebody does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from longshore.planning import rebalancing_rules
from longshore.planning.queries.costs import costs
from longshore.planning.reading import listed, rows
from longshore.planning.rebalancing_rules import Goods, Spare, Way
from longshore.planning.rules import Offer, Position

ItemSite = tuple[int, int]

WAYS = """
SELECT DISTINCT ON (l.origin_id, l.destination_id) l.origin_id, l.destination_id, l.transit_minutes,
    l.transit_sd_minutes, l.fixed_cost, l.cost_per_kg
FROM catalog_lane l
WHERE l.active AND l.origin_id = ANY(%(origins)s::bigint[]) AND l.destination_id = ANY(%(targets)s::bigint[])
ORDER BY l.origin_id, l.destination_id, l.fixed_cost, l.transit_minutes, l.id
"""
GOODS = "SELECT id, unit_cost, weight_g FROM catalog_item WHERE id = ANY(%(items)s::bigint[])"
# What leaves an origin by transfers that nothing is claimed for yet. A proposal that waits may be made anew by the review
# that asks; one that was approved may not.
PLEDGED = """
SELECT p.item_id, p.origin_id, p.site_id, p.state = 'proposed', SUM(p.qty)::bigint
FROM planning_proposal p
WHERE p.kind = 'transfer' AND p.state IN ('proposed', 'approved') AND p.flow_id IS NULL
    AND p.item_id = ANY(%(items)s::bigint[])
GROUP BY 1, 2, 3, 4
"""


def spare_offers(
    wanting: Mapping[ItemSite, Position], others: Sequence[Position], daily_milli: Mapping[ItemSite, int]
) -> dict[ItemSite, tuple[Offer, ...]]:
    """Offers from `others` for the positions `wanting`, by item-site. `daily_milli`: what each of the others sells a day."""
    by_item: dict[int, list[Position]] = defaultdict(list)
    for position in others:
        if position.on_hand > position.claimed and position.stock_position > position.order_up_to:
            by_item[position.item].append(position)
    asked = [key for key in wanting if by_item.get(key[0])]
    if not asked:
        return {}
    items = sorted({item for item, _site in asked})
    origins = sorted({position.site for item in items for position in by_item[item]})
    ways = _ways(origins, sorted({site for _item, site in asked}))
    if not ways:
        return {}
    goods = {item: (cost, weight) for item, cost, weight in rows(GOODS, {"items": items})}
    pledged = rows(PLEDGED, {"items": items})
    known = costs()
    found = {}
    for key in asked:
        item, site = key
        sending = [
            (each, ways[each.site, site])
            for position in by_item[item]
            if (position.site, site) in ways
            for each in [_spare(position, daily_milli, _elsewhere(pledged, position, site))]
            if each is not None
        ]
        worth = _goods(wanting[key], *goods[item])
        found[key] = tuple(rebalancing_rules.offer(wanting[key], each, way, worth, known) for each, way in sending)
    return found


def _ways(origins: Sequence[int], targets: Sequence[int]) -> dict[tuple[int, int], Way]:
    asked = {"origins": listed(origins), "targets": listed(targets)}
    return {(origin, target): Way(*terms) for origin, target, *terms in rows(WAYS, asked)}


def _spare(position: Position, daily_milli: Mapping[ItemSite, int], pledged: int) -> Spare | None:
    return rebalancing_rules.spare(position, daily_milli.get((position.item, position.site), 0), pledged)


def _elsewhere(pledged: Sequence[tuple[int, int, int, bool, int]], origin: Position, target: int) -> int:
    return sum(
        qty
        for item, site, to, waits, qty in pledged
        if (item, site) == (origin.item, origin.site) and not (waits and to == target)
    )


def _goods(wanted: Position, unit_cost: int, weight_g: int) -> Goods:
    """A unit is worth what the cheapest supplier asks for it; without one, what it cost us."""
    return Goods(min((offer.price_milli for offer in wanted.offers), default=unit_cost * 1000), weight_g)
