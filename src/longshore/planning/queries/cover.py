"""How long stock lasts: one row for each item and site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from longshore.planning import rules
from longshore.planning.queries.positions import POLICIES, PolicyRow, company_day, network_forecast, stand_of
from longshore.planning.reading import listed, rows

LOOK_AHEAD_DAYS = 14
PLENTY = 3  # times the order-up-to level: more than anybody planned


@dataclass(frozen=True, slots=True)
class CoverRow:
    """`free` is what nobody has claimed; `cover_days` how many days it lasts as expected, None: nothing sells.

    `state`: out (nothing free), low (position at or below the reorder point), short (free below safety stock, more is
    coming), ok, over.
    """

    item: int
    site: int
    free: int
    inbound: int
    position: int
    daily_milli: int
    cover_days: int | None
    safety_stock: int
    reorder_point: int
    state: str


def cover(
    *, at: datetime, items: Sequence[int] | None = None, sites: Sequence[int] | None = None
) -> tuple[CoverRow, ...]:
    """Every item-site that has a policy, in the order of sites and items."""
    policies = [PolicyRow(*row) for row in rows(POLICIES, {"items": listed(items), "at": at})]
    today = rules.epoch_day(company_day(at, policies))
    stand = stand_of(at=at, items=items, today=today)
    daily = network_forecast(policies, items, today, LOOK_AHEAD_DAYS).sum(axis=1).tolist()
    wanted = None if sites is None else set(sites)
    found = []
    for policy, total in zip(policies, daily, strict=True):
        if wanted is not None and policy.site not in wanted:
            continue
        key = (policy.item, policy.site)
        on_hand, claimed = stand.on_hand.get(key, (0, 0))
        coming = sum(qty for _day, qty in stand.inbound.get(key, ())) - stand.inbound_claimed.get(key, 0)
        free = on_hand - claimed
        position = free + coming - stand.backorder.get(key, 0)
        found.append(_row(policy, free, coming, position, total // LOOK_AHEAD_DAYS))
    return tuple(found)


def _row(policy: PolicyRow, free: int, coming: int, position: int, daily_milli: int) -> CoverRow:
    return CoverRow(
        item=policy.item,
        site=policy.site,
        free=free,
        inbound=coming,
        position=position,
        daily_milli=daily_milli,
        cover_days=free * 1000 // daily_milli if daily_milli else None,
        safety_stock=policy.safety_stock,
        reorder_point=policy.reorder_point,
        state=_state(policy, free, position, sells=daily_milli > 0),
    )


def _state(policy: PolicyRow, free: int, position: int, *, sells: bool) -> str:
    if free <= 0 and (sells or policy.reorder_point > 0):
        return "out"
    if position <= policy.reorder_point and policy.reorder_point > 0:
        return "low"
    if free < policy.safety_stock:
        return "short"
    if policy.order_up_to > 0 and free > PLENTY * policy.order_up_to:
        return "over"
    return "ok"
