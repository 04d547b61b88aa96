"""An item-site's own history under its present policy and under others that stand to reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import numpy as np

from longshore.catalog.models import Item
from longshore.planning import backtest_rules, rules
from longshore.planning.backtest_rules import Levels, Outcome, Saving, Terms
from longshore.planning.models import StockPolicy
from longshore.planning.queries.agreements import company_today
from longshore.planning.queries.costs import costs
from longshore.planning.queries.policy_curve import Curve, service_curve
from longshore.planning.queries.projection import PolicyView, policy_of
from longshore.planning.queries.training import as_marked, wanted_days
from longshore.planning.rules import Integers

SEED: Final = 7  # the same paths whenever it is asked, so that the answer does not flicker


@dataclass(frozen=True, slots=True)
class Backtest:
    """`outcomes` empty: too short a history. The first outcome is the present policy's."""

    policy: PolicyView
    since: date | None
    days: int
    asked: int
    outcomes: tuple[Outcome, ...]
    saving: Saving | None
    unit_cost: int

    @property
    def chosen(self) -> Outcome | None:
        return next((each for each in self.outcomes if each.chosen), None)


def backtest(item: int, site: int, *, at: datetime) -> Backtest | None:
    """None: there is no policy. What the sites it feeds were asked for counts, too."""
    policy = policy_of(item, site)
    if policy is None:
        return None
    today = company_today(at)
    series = as_marked(wanted_days(today, [item]), today, [item])
    fed = _fed_by(item, site)
    rows = [n for n, (_item, place) in enumerate(series.keys) if place in fed]
    demand: Integers = series.wanted[rows].sum(axis=0) if rows else np.zeros(0, dtype=np.int64)
    sold = np.flatnonzero(demand)
    demand = demand[sold[0] :] if len(sold) else demand[:0]
    terms = _terms(item, policy)
    if len(demand) < backtest_rules.LEAST_DAYS:
        return Backtest(policy, None, len(demand), int(demand.sum()), (), None, terms.unit_cost)
    options = _options(policy, service_curve(item, site), demand, terms)
    outcomes, saving = backtest_rules.replay(demand, terms, options, seed=SEED)
    since = date.fromordinal(today.toordinal() - len(demand))
    return Backtest(policy, since, len(demand), int(demand.sum()), outcomes, saving, terms.unit_cost)


def _fed_by(item: int, site: int) -> set[int]:
    """The site and all that are replenished from it, directly or not."""
    known = StockPolicy.objects.filter(item=item).values_list("site_id", "source_id")
    source: dict[int, int | None] = {int(place): origin for place, origin in known}
    fed, before = {site}, 0
    while len(fed) > before:
        before = len(fed)
        fed |= {place for place, origin in source.items() if origin in fed}
    return fed


def _terms(item: int, policy: PolicyView) -> Terms:
    """As the policy was computed; of one set by hand what is known of the item."""
    inputs: dict[str, Any] = policy.explanation.get("inputs", {})
    usual = costs()
    order = usual.order_line if policy.source is None else usual.transfer_line
    return Terms(
        unit_cost=int(inputs.get("unit_cost", Item.objects.values_list("unit_cost", flat=True).get(pk=item))),
        order_cost=int(inputs.get("order_cost", order)),
        holding_bp=int(inputs.get("holding_bp", usual.holding_bp)),
        lead_minutes=int(inputs.get("lead_minutes", policy.lead_time_minutes)),
        lead_sd_minutes=int(inputs.get("lead_sd_minutes", 0)),
        review_minutes=int(inputs.get("review_minutes", policy.review_minutes)),
        service_bp=policy.service_bp,
    )


def _options(policy: PolicyView, curve: Curve | None, demand: Integers, terms: Terms) -> list[Levels]:
    """The present one, a step of service less and more, what the windows of history ask for; where no service
    was asked for, half the lot."""
    lot = policy.order_up_to - policy.reorder_point
    lot = lot if lot > 0 else policy.order_qty
    found = [Levels("present", None, policy.safety_stock, policy.reorder_point, lot)]
    points = list(curve.points) if curve is not None else []
    at = next((n for n, point in enumerate(points) if point.chosen), None)
    for key, step in (("leaner", -1), ("safer", 1)):
        if at is not None and 0 <= at + step < len(points):
            point = points[at + step]
            found.append(Levels(key, point.service_bp, point.safety_stock, point.reorder_point, policy.order_qty))
    seen = backtest_rules.from_history(demand, terms, lot)
    if seen is not None:
        mean = float(demand.mean()) * (terms.lead_minutes + terms.review_minutes) / rules.DAY_MINUTES
        safety = seen - round(mean)
        found.append(Levels("history", None, safety if safety > 0 else 0, seen, lot))
    if at is None and lot > 1:
        found.append(Levels("half-lot", None, policy.safety_stock, policy.reorder_point, lot // 2))
    known: dict[tuple[int, int], Levels] = {}
    for each in found:
        known.setdefault((each.reorder_point, each.order_qty), each)
    return list(known.values())
