"""Where every item-site stands: what is there, what comes, what is owed. One statement each, for thousands of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np

from longshore.engine.replenishing.problem import EVERY_DAY
from longshore.planning import rules
from longshore.planning.queries.attribution import SITE_OF_ORDER
from longshore.planning.queries.managed import MANAGED
from longshore.planning.queries.rebalancing import spare_offers
from longshore.planning.reading import listed, rows
from longshore.planning.rebalancing_rules import LOOK_AHEAD_DAYS
from longshore.planning.rules import Integers

ItemSite = tuple[int, int]

POLICIES = f"""
SELECT p.item_id, p.site_id, p.source_id, p.review_minutes, p.safety_stock, p.reorder_point, p.order_up_to,
    p.order_qty, p.lead_time_minutes, p.automatic, s.timezone,
    CASE WHEN {MANAGED.format(row="p", today="(%(at)s::timestamptz AT TIME ZONE s.timezone)::date")} THEN 'partner'
        ELSE p.planned_by END
FROM planning_stockpolicy p
JOIN catalog_item i ON i.id = p.item_id AND i.active
JOIN catalog_place s ON s.id = p.site_id AND s.active
WHERE (%(items)s::bigint[] IS NULL OR p.item_id = ANY(%(items)s))
ORDER BY p.site_id, p.item_id
"""
# Stock that can be given to a customer who wants some life left in it.
ON_HAND = """
SELECT b.item_id, pl.site_id, SUM(b.qty), SUM(b.claimed)
FROM ledger_balance b
JOIN catalog_place pl ON pl.id = b.place_id AND pl.usage IN ('storage', 'receiving')
JOIN catalog_item i ON i.id = b.item_id
LEFT JOIN catalog_lot l ON l.id = b.lot_id
WHERE b.bounded AND b.condition = 0 AND b.qty > 0
    AND (%(items)s::bigint[] IS NULL OR b.item_id = ANY(%(items)s))
    AND (l.expires_on IS NULL OR l.expires_on - i.min_remaining_days > %(today)s)
GROUP BY 1, 2
"""
# Supply to come by the day it arrives in its site's own calendar.
INBOUND = """
SELECT f.item_id, s.id, (f.arrive_at AT TIME ZONE s.timezone)::date - DATE '1970-01-01', f.qty - f.done, f.claimed
FROM ledger_plannedflow f
JOIN catalog_place pl ON pl.id = f.target_id AND pl.kind NOT IN ('party', 'external')
JOIN catalog_place s ON s.id = COALESCE(pl.site_id, pl.id)
WHERE f.status = 'firm' AND f.kind <> 'sale' AND f.qty > f.done
    AND (%(items)s::bigint[] IS NULL OR f.item_id = ANY(%(items)s))
ORDER BY f.id
"""
# Decided but not yet a purchase order or transfer: without these a second review would order again.
DECIDED = """
SELECT p.item_id, p.site_id, (p.due_at AT TIME ZONE s.timezone)::date - DATE '1970-01-01', p.qty, 0
FROM planning_proposal p JOIN catalog_place s ON s.id = p.site_id
WHERE p.state IN ('approved', 'released') AND p.flow_id IS NULL
    AND (%(items)s::bigint[] IS NULL OR p.item_id = ANY(%(items)s))
ORDER BY p.id
"""
BACKORDERS = f"""
WITH asked AS ({SITE_OF_ORDER} WHERE o.state = 'new'),
open AS (
    SELECT l.item_id, a.site_id, l.qty - l.cancelled - l.delivered - l.refused - COALESCE(c.held, 0) AS uncovered
    FROM asked a
    JOIN ordering_orderline l ON l.order_id = a.order_id
    LEFT JOIN LATERAL (
        SELECT SUM(c.qty - c.consumed) AS held FROM ledger_claim c
        WHERE c.demand = 'order-line:' || l.id AND c.state = 'open'
    ) c ON true
    WHERE %(items)s::bigint[] IS NULL OR l.item_id = ANY(%(items)s)
)
SELECT item_id, site_id, SUM(uncovered) FROM open WHERE uncovered > 0 GROUP BY 1, 2
"""
FORECASTS = """
SELECT f.item_id, f.site_id, f.starts_on, f.daily_milli
FROM planning_forecast f
WHERE %(items)s::bigint[] IS NULL OR f.item_id = ANY(%(items)s)
"""
SUPPLIER_OFFERS = """
SELECT o.item_id, o.supplier_id, o.unit_price, o.moq, o.multiple,
    CASE WHEN t.samples >= %(enough)s THEN t.mean_minutes ELSE o.lead_time_minutes END,
    CASE WHEN t.samples >= %(enough)s THEN t.sd_minutes ELSE o.lead_time_sd_minutes END,
    COALESCE(c.weekdays, 127),
    ARRAY(SELECT h.day FROM catalog_holiday h WHERE h.calendar_id = o.calendar_id AND NOT h.working
        AND h.day >= %(today)s ORDER BY h.day LIMIT 60)
FROM catalog_supplieritem o
JOIN catalog_partner s ON s.id = o.supplier_id AND s.active AND s.is_supplier AND s.place_id IS NOT NULL
LEFT JOIN catalog_calendar c ON c.id = o.calendar_id
LEFT JOIN planning_leadtime t ON t.supplier_id = o.supplier_id AND t.item_id = o.item_id
WHERE o.active AND (%(items)s::bigint[] IS NULL OR o.item_id = ANY(%(items)s))
ORDER BY o.item_id, o.supplier_id
"""
LANES = """
SELECT DISTINCT ON (l.origin_id, l.destination_id)
    l.origin_id, l.destination_id, l.transit_minutes, l.transit_sd_minutes
FROM catalog_lane l
JOIN catalog_place a ON a.id = l.origin_id AND a.kind = 'site'
JOIN catalog_place b ON b.id = l.destination_id AND b.kind = 'site'
WHERE l.active
ORDER BY l.origin_id, l.destination_id, l.fixed_cost, l.transit_minutes, l.id
"""


@dataclass(frozen=True, slots=True)
class PolicyRow:
    item: int
    site: int
    source: int | None
    review_minutes: int
    safety_stock: int
    reorder_point: int
    order_up_to: int
    order_qty: int
    lead_time_minutes: int
    automatic: bool
    timezone: str
    planned_by: str = "position"


@dataclass(frozen=True, slots=True)
class Review:
    """Item-sites under review: policy and position row by row, and the forecast each must cover (n, days)."""

    policies: tuple[PolicyRow, ...]
    positions: tuple[rules.Position, ...]
    forecast_milli: Integers
    today: int


@dataclass(frozen=True, slots=True)
class Stand:
    """On hand and claimed, inbound (day, quantity), claimed of the inbound, and what nothing covers."""

    on_hand: dict[ItemSite, tuple[int, int]]
    inbound: dict[ItemSite, list[tuple[int, int]]]
    inbound_claimed: dict[ItemSite, int]
    backorder: dict[ItemSite, int]


def review_of(*, at: datetime, items: Sequence[int] | None, sites: Sequence[int] | None, every: bool = False) -> Review:
    """Everything a review needs to know about the item-sites that have a policy; `every`: the network's too."""
    wanted = {"items": listed(items)}
    policies = [PolicyRow(*row) for row in rows(POLICIES, {**wanted, "at": at})]
    today = rules.epoch_day(company_day(at, policies))
    stand = stand_of(at=at, items=items, today=today)
    offers = _offers(policies, items, today)
    days = max([rules.HORIZON_DAYS, *(rules.days_up(p.lead_time_minutes + p.review_minutes) + 7 for p in policies)])
    forecast = network_forecast(policies, items, today, days)
    wanted_sites = None if sites is None else set(sites)
    chosen = [
        n
        for n, policy in enumerate(policies)
        if (every or policy.planned_by == "position") and (wanted_sites is None or policy.site in wanted_sites)
    ]
    positions = [_position(policies[n], stand, offers.get((policies[n].item, policies[n].site), ())) for n in chosen]
    spare = _spare(policies, stand, forecast, _wanting(policies, positions, chosen))
    return Review(
        tuple(policies[n] for n in chosen),
        tuple(replace(each, offers=each.offers + spare.get((each.item, each.site), ())) for each in positions),
        forecast[chosen],
        today,
    )


def _wanting(
    policies: Sequence[PolicyRow], positions: Sequence[rules.Position], chosen: Sequence[int]
) -> dict[ItemSite, rules.Position]:
    """Item-sites that buy and are at or below their reorder point: those that other sites may help out."""
    return {
        (position.item, position.site): position
        for n, position in zip(chosen, positions, strict=True)
        if policies[n].source is None
        and position.stock_position <= position.reorder_point
        and rules.wanted(position) > 0  # a level at or below the reorder point asks for nothing
    }


def _spare(
    policies: Sequence[PolicyRow], stand: Stand, forecast: Integers, wanting: dict[ItemSite, rules.Position]
) -> dict[ItemSite, tuple[rules.Offer, ...]]:
    if not wanting:
        return {}
    items = {item for item, _site in wanting}
    others = [
        n for n, policy in enumerate(policies)
        if policy.item in items and policy.planned_by == "position" and (policy.item, policy.site) not in wanting
    ]  # fmt: skip
    daily = forecast[others, :LOOK_AHEAD_DAYS].sum(axis=1) // LOOK_AHEAD_DAYS
    sold = {(policies[n].item, policies[n].site): int(a_day) for n, a_day in zip(others, daily, strict=True)}
    return spare_offers(wanting, [_position(policies[n], stand, ()) for n in others], sold)


def company_day(at: datetime, policies: Sequence[PolicyRow]) -> date:
    """The local day of most sites: planning counts in one calendar."""
    zones = [policy.timezone for policy in policies] or ["UTC"]
    return rules.local_day(at, max(sorted(set(zones)), key=zones.count))


def stand_of(*, at: datetime, items: Sequence[int] | None, today: int) -> Stand:
    wanted = {"items": listed(items), "today": rules.day_of(today)}
    stock = {(item, site): (int(qty), int(claimed)) for item, site, qty, claimed in rows(ON_HAND, wanted)}
    inbound: dict[ItemSite, list[tuple[int, int]]] = defaultdict(list)
    claimed: dict[ItemSite, int] = defaultdict(int)
    for item, site, day, qty, held in rows(INBOUND, wanted) + rows(DECIDED, wanted):
        # What should have come already is expected today, not in the past.
        inbound[item, site].append((max(today, day), qty))
        claimed[item, site] += held
    owed = {(item, site): int(qty) for item, site, qty in rows(BACKORDERS, wanted)}
    return Stand(stock, inbound, claimed, owed)


def _position(policy: PolicyRow, stand: Stand, offers: tuple[rules.Offer, ...]) -> rules.Position:
    key = (policy.item, policy.site)
    on_hand, claimed = stand.on_hand.get(key, (0, 0))
    return rules.Position(
        item=policy.item,
        site=policy.site,
        on_hand=on_hand,
        claimed=claimed + stand.inbound_claimed.get(key, 0),
        backorder=stand.backorder.get(key, 0),
        reorder_point=policy.reorder_point,
        order_up_to=policy.order_up_to,
        order_quantity=policy.order_qty,
        review_days=rules.review_days(policy.review_minutes),
        receipts=tuple(stand.inbound.get(key, ())),
        offers=offers,
    )


def network_forecast(policies: Sequence[PolicyRow], items: Sequence[int] | None, today: int, days: int) -> Integers:
    """The forecast each policy must cover: its own customers and the sites it feeds."""
    own = own_forecast([(p.item, p.site) for p in policies], items, today, days)
    return rules.with_branches(own, parents(policies))


def own_forecast(wanted: Sequence[ItemSite], items: Sequence[int] | None, today: int, days: int) -> Integers:
    """Stored forecasts as a matrix (n, days) from `today`; rows without one are zero."""
    row_of = {key: n for n, key in enumerate(wanted)}
    own = np.zeros((len(wanted), days), dtype=np.int64)
    by_length: dict[int, list[tuple[int, int, list[int]]]] = defaultdict(list)
    for item, site, starts_on, daily in rows(FORECASTS, {"items": listed(items)}):
        if (item, site) in row_of:
            by_length[len(daily)].append((row_of[item, site], rules.epoch_day(starts_on), daily))
    for group in by_length.values():
        at = np.array([row for row, _, _ in group], dtype=np.int64)
        starts = np.array([start for _, start, _ in group], dtype=np.int64)
        daily = np.array([values for _, _, values in group], dtype=np.int64)
        own[at] = rules.aligned(daily, np.minimum(starts, today), today, days)
    return own


def parents(policies: Sequence[PolicyRow]) -> Integers:
    """For each policy the row of the policy that feeds it; -1 where it buys or the source has no policy."""
    row_of = {(policy.item, policy.site): n for n, policy in enumerate(policies)}
    found = [-1 if p.source is None else row_of.get((p.item, p.source), -1) for p in policies]
    return np.array(found, dtype=np.int64)


def _offers(
    policies: Iterable[PolicyRow], items: Sequence[int] | None, today: int
) -> dict[ItemSite, tuple[rules.Offer, ...]]:
    bought: dict[int, list[rules.Offer]] = defaultdict(list)
    asked = {"items": listed(items), "enough": rules.ENOUGH_RECEIPTS, "today": rules.day_of(today)}
    for item, *terms in rows(SUPPLIER_OFFERS, asked):
        bought[item].append(_bought(*terms))
    lanes = lanes_between_sites()
    found = {}
    for policy in policies:
        if policy.source is None:
            found[policy.item, policy.site] = tuple(bought.get(policy.item, ()))
        else:
            transit = lanes.get((policy.source, policy.site), (rules.TRANSFER_TRANSIT_MINUTES, 0))
            found[policy.item, policy.site] = (_moved(policy.source, *transit),)
    return found


def _bought(supplier: int, *terms: Any) -> rules.Offer:
    price, moq, multiple, lead, lead_spread, weekdays, closed = terms
    return rules.Offer(
        source=f"supplier:{supplier}",
        price_milli=price * 1000,
        moq=moq,
        multiple=multiple,
        lead_minutes=int(lead),
        order_days=weekdays or EVERY_DAY,
        # Mean lateness of a symmetric spread: sd / sqrt(2 pi), 0.4 in whole numbers.
        late_minutes=int(lead_spread) * 2 // 5,
        closed_days=tuple(rules.epoch_day(day) for day in closed),
    )


def _moved(source: int, transit_minutes: int, spread_minutes: int) -> rules.Offer:
    return rules.Offer(
        source=f"site:{source}",
        price_milli=0,
        moq=1,
        multiple=1,
        lead_minutes=rules.TRANSFER_HANDLING_MINUTES + transit_minutes,
        order_days=EVERY_DAY,
        late_minutes=spread_minutes * 2 // 5,
    )


def lanes_between_sites() -> dict[ItemSite, tuple[int, int]]:
    """(from, to) → minutes under way and their spread, by the cheapest lane."""
    return {(origin, target): (transit, spread) for origin, target, transit, spread in rows(LANES, {})}
