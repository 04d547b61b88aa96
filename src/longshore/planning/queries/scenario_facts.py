"""The live facts a scenario is laid over, read once into arrays. Nothing is copied and nothing is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np

from longshore.planning import rules
from longshore.planning.queries.agreements import company_today
from longshore.planning.queries.costs import costs
from longshore.planning.queries.positions import Review, own_forecast, parents, review_of
from longshore.planning.reading import rows
from longshore.planning.scenario_rules import Facts, Integers, Offers, Supply

POLICIES = """
SELECT p.item_id, p.site_id, i.family, i.unit_cost, i.volume_cm3, NOT p.locked, p.explanation->'inputs',
    COALESCE(f.sigma_milli, 0)
FROM planning_stockpolicy p
JOIN catalog_item i ON i.id = p.item_id
LEFT JOIN planning_forecast f ON f.item_id = p.item_id AND f.site_id = p.site_id
"""
# What orders hold of stock, by the day it leaves; what is overdue leaves today.
CLAIMS = """
SELECT c.item_id, c.site_id, greatest((c.ship_at AT TIME ZONE s.timezone)::date, %(today)s) - %(today)s,
    SUM(c.qty - c.consumed)::bigint
FROM ledger_claim c
JOIN catalog_place s ON s.id = c.site_id
LEFT JOIN ledger_balance b ON b.id = c.balance_id
LEFT JOIN catalog_place bp ON bp.id = b.place_id
WHERE c.state = 'open' AND (c.flow_id IS NOT NULL OR bp.usage IN ('storage', 'receiving'))
GROUP BY 1, 2, 3
"""
# Supply by the day it arrives in its site's own calendar.
SUPPLY = """
SELECT f.item_id, s.id, greatest((f.arrive_at AT TIME ZONE s.timezone)::date, %(today)s) - %(today)s, f.qty - f.done,
    COALESCE(v.id, 0)
FROM ledger_plannedflow f
JOIN catalog_place t ON t.id = f.target_id AND t.kind NOT IN ('party', 'external')
JOIN catalog_place s ON s.id = COALESCE(t.site_id, t.id)
LEFT JOIN LATERAL (
    SELECT p.id FROM catalog_partner p WHERE p.place_id = f.source_id AND p.is_supplier ORDER BY p.id LIMIT 1
) v ON true
WHERE f.status = 'firm' AND f.kind <> 'sale' AND f.qty > f.done
UNION ALL
SELECT p.item_id, p.site_id, greatest((p.due_at AT TIME ZONE s.timezone)::date, %(today)s) - %(today)s, p.qty,
    COALESCE(p.supplier_id, 0)
FROM planning_proposal p JOIN catalog_place s ON s.id = p.site_id
WHERE p.state IN ('approved', 'released') AND p.flow_id IS NULL
"""
# How many order lines a unit of demand is, from the last quarter: what comes late is told in lines.
LINES = """
SELECT item_id, site_id, SUM(lines) * 1000 / SUM(qty)
FROM planning_demandday WHERE day >= %(since)s AND day <= %(today)s AND qty > 0 GROUP BY 1, 2
"""
CAPACITY = "SELECT id, capacity_cm3 FROM catalog_place WHERE kind = 'site' AND capacity_cm3 IS NOT NULL"
LINE_DAYS = 91
OUTSIDE = 10**9  # sources that have no policy of their own always have enough
Key = tuple[int, int]


def facts_of(*, at: datetime, days: int) -> Facts:
    """Every item-site with a policy, over so many days from today."""
    review = review_of(at=at, items=None, sites=None, every=True)
    today = rules.day_of(review.today) if review.policies else company_today(at)
    keys = [(policy.item, policy.site) for policy in review.policies]
    row_of = {key: n for n, key in enumerate(keys)}
    parent = parents(review.policies)
    known = {(item, site): tuple(more) for item, site, *more in rows(POLICIES, {})}
    family, unit_cost, volume, computed, inputs, sigma = ([known[key][n] for key in keys] for n in range(6))
    return Facts(
        item=_integers(item for item, _site in keys),
        site=_integers(site for _item, site in keys),
        parent=parent,
        family=tuple(family),
        unit_cost=_integers(unit_cost),
        volume_cm3=_integers(volume),
        lines_per_unit_milli=_lines(keys, today),
        on_hand=_integers(position.on_hand for position in review.positions),
        known=_known(review, row_of, today, days),
        mean_milli=own_forecast(keys, None, review.today, days),
        sigma_milli=_integers(sigma),
        reorder_point=_integers(position.reorder_point for position in review.positions),
        order_up_to=_integers(position.order_up_to for position in review.positions),
        order_qty=_integers(position.order_quantity for position in review.positions),
        review_days=_integers(position.review_days for position in review.positions),
        inputs=tuple(row if free and row else None for free, row in zip(computed, inputs, strict=True)),
        offers=_offers(review, parent),
        supply=_supply(row_of, today),
        capacity_cm3={site: int(most) for site, most in rows(CAPACITY, {})},
        costs=costs(),
        today=review.today,
    )


def _integers(values: Any) -> Integers:
    return np.array(list(values), dtype=np.int64)


def _lines(keys: Sequence[Key], today: date) -> Integers:
    since = rules.day_of(rules.epoch_day(today) - LINE_DAYS)
    known = {(item, site): int(share) for item, site, share in rows(LINES, {"since": since, "today": today})}
    return _integers(known.get(key, 1000) for key in keys)


def _known(review: Review, row_of: Mapping[Key, int], today: date, days: int) -> Integers:
    """Claims on their day, and what nothing covers today: as the projected stock of an item counts them."""
    found = np.zeros((len(row_of), days), dtype=np.int64)
    for n, position in enumerate(review.positions):
        found[n, 0] += position.backorder
    for item, site, day, qty in rows(CLAIMS, {"today": today}):
        if (item, site) in row_of and day < days:
            found[row_of[item, site], day] += qty
    return found


def _supply(row_of: Mapping[Key, int], today: date) -> Supply:
    found = [
        (row_of[item, site], day, qty, supplier)
        for item, site, day, qty, supplier in rows(SUPPLY, {"today": today})
        if (item, site) in row_of
    ]
    table = np.array(found, dtype=np.int64).reshape(-1, 4)
    return Supply(*(np.ascontiguousarray(table[:, n]) for n in range(4)))


def _offers(review: Review, parent: Integers) -> Offers:
    """The engine's numbers: even for suppliers, odd for sites that feed; a feeding site without a policy is outside."""
    columns: dict[str, list[int]] = defaultdict(list)
    for n, position in enumerate(review.positions):
        for offer in position.offers:
            inside = offer.kind == "transfer" and parent[n] >= 0
            outside = offer.kind == "transfer" and parent[n] < 0
            columns["row"].append(n)
            columns["source"].append(2 * (offer.source_id + (OUTSIDE if outside else 0)) + inside)
            for name in ("price_milli", "moq", "multiple", "lead_minutes", "order_days", "late_minutes"):
                columns[name].append(getattr(offer, name))
    names = ("row", "source", "price_milli", "moq", "multiple", "lead_minutes", "order_days", "late_minutes")
    return Offers(**{name: _integers(columns[name]) for name in names})
