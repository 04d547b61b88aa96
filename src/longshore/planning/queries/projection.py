"""What stock will be, day by day, and why the reorder point is what it is."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from longshore.planning import rules
from longshore.planning.queries.positions import POLICIES as REVIEWED
from longshore.planning.queries.positions import PolicyRow, network_forecast, own_forecast, stand_of
from longshore.planning.reading import rows

# Local days of claims (when goods leave) and of supply (when it comes); what is overdue counts today.
CLAIMS = """
SELECT greatest((c.ship_at AT TIME ZONE s.timezone)::date, %(today)s), SUM(c.qty - c.consumed)::bigint
FROM ledger_claim c
JOIN catalog_place s ON s.id = c.site_id
LEFT JOIN ledger_balance b ON b.id = c.balance_id
LEFT JOIN catalog_place bp ON bp.id = b.place_id
WHERE c.state = 'open' AND c.item_id = %(item)s AND c.site_id = %(site)s
    AND (c.flow_id IS NOT NULL OR bp.usage IN ('storage', 'receiving'))
GROUP BY 1
"""
POLICY = """
SELECT p.id, p.source_id, COALESCE(o.name, ''), COALESCE(o.name_zh, ''), p.review_minutes, p.service_level_bp,
    p.own_service, p.lead_time_minutes, p.safety_stock, p.reorder_point, p.order_qty, p.order_up_to, p.automatic,
    p.locked, p.explanation, p.computed_at
FROM planning_stockpolicy p LEFT JOIN catalog_place o ON o.id = p.source_id
WHERE p.item_id = %(item)s AND p.site_id = %(site)s
"""
DEMAND = """
SELECT day, qty, lines FROM planning_demandday
WHERE item_id = %(item)s AND site_id = %(site)s AND day >= %(since)s AND day <= %(today)s ORDER BY day
"""
FORECAST = """
SELECT made_at, starts_on, daily_milli, sigma_milli, method, runner_up, demand_class, wape_bp, bias_bp, naive_wape_bp
FROM planning_forecast WHERE item_id = %(item)s AND site_id = %(site)s
"""
ZONE = "SELECT timezone FROM catalog_place WHERE id = %(site)s"
BAND_MILLI = 1282  # 80 % of a normal spread lies within 1.282 standard deviations


@dataclass(frozen=True, slots=True)
class ProjectedDay:
    """Quantities of one day; `closing_milli` is what is left in the evening, in thousandths, below zero if short."""

    day: date
    inbound: int
    claims: int
    forecast_milli: int
    closing_milli: int


@dataclass(frozen=True, slots=True)
class PolicyView:
    """The policy of an item-site with its reason: inputs, rule, what binds, what would flip it."""

    id: int
    source: int | None
    source_name: str
    source_name_zh: str
    review_minutes: int
    service_bp: int
    own_service: bool
    lead_time_minutes: int
    safety_stock: int
    reorder_point: int
    order_qty: int
    order_up_to: int
    automatic: bool
    locked: bool
    explanation: dict[str, Any]
    computed_at: datetime


@dataclass(frozen=True, slots=True)
class Projection:
    """`position` = on hand + inbound − claimed − backorder, the number that is compared with the reorder point."""

    item: int
    site: int
    today: date
    on_hand: int
    claimed: int
    inbound: int
    backorder: int
    position: int
    days: tuple[ProjectedDay, ...]
    policy: PolicyView | None
    runs_out_on: date | None


@dataclass(frozen=True, slots=True)
class DemandPoint:
    day: date
    qty: int
    lines: int


@dataclass(frozen=True, slots=True)
class ForecastPoint:
    """Mean and the band that four days of five should fall in, in thousandths."""

    day: date
    mean_milli: int
    low_milli: int
    high_milli: int


@dataclass(frozen=True, slots=True)
class DemandView:
    history: tuple[DemandPoint, ...]
    forecast: tuple[ForecastPoint, ...]
    method: str
    runner_up: str
    demand_class: str
    wape_bp: int | None
    bias_bp: int | None
    naive_wape_bp: int | None
    made_at: datetime | None


def policy_of(item: int, site: int) -> PolicyView | None:
    found = rows(POLICY, {"item": item, "site": site})
    return PolicyView(*found[0]) if found else None


def projected_stock(item: int, site: int, *, at: datetime, days: int = rules.HORIZON_DAYS) -> Projection:
    """On hand, what comes, what is claimed and what is expected to be asked for, day by day."""
    today = _today(site, at)
    start = rules.epoch_day(today)
    key = (item, site)
    stand = stand_of(at=at, items=[item], today=start)
    on_hand, claimed = stand.on_hand.get(key, (0, 0))
    inbound: dict[int, int] = defaultdict(int)
    for day, qty in stand.inbound.get(key, ()):
        inbound[day - start] += qty
    claims = {(day - today).days: qty for day, qty in rows(CLAIMS, {"item": item, "site": site, "today": today})}
    claims[0] = claims.get(0, 0) + stand.backorder.get(key, 0)
    curve = _curve(today, on_hand, inbound, claims, _expected(item, site, start, days))
    coming = sum(inbound.values())
    held = claimed + stand.inbound_claimed.get(key, 0)
    backorder = stand.backorder.get(key, 0)
    return Projection(
        item=item,
        site=site,
        today=today,
        on_hand=on_hand,
        claimed=held,
        inbound=coming,
        backorder=backorder,
        position=on_hand + coming - held - backorder,
        days=curve,
        policy=policy_of(item, site),
        runs_out_on=next((day.day for day in curve if day.closing_milli < 0), None),
    )


def _expected(item: int, site: int, start: int, days: int) -> list[int]:
    """What is expected to be asked of the site, by its own customers and by the sites it feeds."""
    policies = [PolicyRow(*row) for row in rows(REVIEWED, {"items": [item], "at": None})]
    row = next((n for n, policy in enumerate(policies) if policy.site == site), None)
    if row is None:
        alone: list[int] = own_forecast([(item, site)], [item], start, days)[0].tolist()
        return alone
    found: list[int] = network_forecast(policies, [item], start, days)[row].tolist()
    return found


def _curve(
    today: date, on_hand: int, inbound: dict[int, int], claims: dict[int, int], expected: list[int]
) -> tuple[ProjectedDay, ...]:
    stock = on_hand * 1000
    curve = []
    for n, forecast_milli in enumerate(expected):
        come, go = inbound.get(n, 0), claims.get(n, 0)
        stock += (come - go) * 1000 - forecast_milli
        curve.append(ProjectedDay(today + timedelta(days=n), come, go, forecast_milli, stock))
    return tuple(curve)


def demand_of(item: int, site: int, *, at: datetime, days: int = 182) -> DemandView:
    """What was wanted, day by day, and what is expected, with its band and its measured error."""
    today = _today(site, at)
    asked = {"item": item, "site": site, "today": today, "since": today - timedelta(days=days)}
    history = tuple(DemandPoint(*row) for row in rows(DEMAND, asked))
    found = rows(FORECAST, asked)
    if not found:
        return DemandView(history, (), "", "", "", None, None, None, None)
    made_at, starts_on, daily, sigma, method, runner_up, demand_class, wape, bias, naive = found[0]
    band = sigma * BAND_MILLI // 1000
    points = tuple(
        ForecastPoint(starts_on + timedelta(days=n), mean, mean - band if mean > band else 0, mean + band)
        for n, mean in enumerate(daily)
    )
    return DemandView(history, points, method, runner_up, demand_class, wape, bias, naive, made_at)


def _today(site: int, at: datetime) -> date:
    zone = rows(ZONE, {"site": site})
    return rules.local_day(at, zone[0][0] if zone else "UTC")
