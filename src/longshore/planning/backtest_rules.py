"""What a policy and its alternatives would have held and served on the demand that came: pure, by the replaying engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from longshore.engine.stocking.problem import CYCLE
from longshore.engine.stocking.replaying.problem import Candidates, History, Interval, Plan
from longshore.planning import rules
from longshore.planning.rules import Integers

PATHS, BLOCK = 200, 14
LEAST_DAYS: Final = 60  # below, a window of lead time and review is seen too seldom to say anything
DRAWS: Final = 21  # lead times as likely as each other that stand for mean and spread
JUDGED = slice(0, None, 2)  # the half of the paths that did not choose


@dataclass(frozen=True, slots=True)
class Levels:
    """At `reorder_point` or below, order up to `order_up_to`."""

    key: str
    service_bp: int | None
    safety_stock: int
    reorder_point: int
    order_qty: int

    @property
    def order_up_to(self) -> int:
        return self.reorder_point + self.order_qty


@dataclass(frozen=True, slots=True)
class Terms:
    """Money in minor units; `holding_bp` a year's cost of holding as a share of `unit_cost`."""

    unit_cost: int
    order_cost: int
    holding_bp: int
    lead_minutes: int
    lead_sd_minutes: int
    review_minutes: int
    service_bp: int


@dataclass(frozen=True, slots=True)
class Span:
    """Mean over the paths, and the middle 95 % of them."""

    mean: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """`fill_bp` of what was asked for came from the shelf; `stock` on an average evening; `cost` a year of holding it and
    of ordering, in minor units."""

    levels: Levels
    fill_bp: Span
    stock: Span
    cost: Span
    reaches: bool
    chosen: bool


@dataclass(frozen=True, slots=True)
class Saving:
    """A year, against the present policy, on the same paths: the interval is of the difference itself."""

    yearly: Span
    sure: bool

    @property
    def costs_more(self) -> bool:
        """What serves as asked is dearer than the present policy, which does not."""
        return self.yearly.mean < 0

    @property
    def size(self) -> Span:
        """The difference without its sign."""
        if not self.costs_more:
            return self.yearly
        return Span(-self.yearly.mean, -self.yearly.high, -self.yearly.low)


def leads(mean_minutes: int, sd_minutes: int) -> Integers:
    """Whole days, each as likely as the others, that a lead time of this mean and spread would take."""
    mean, sd = mean_minutes / rules.DAY_MINUTES, sd_minutes / rules.DAY_MINUTES
    if sd == 0:
        return np.array([round(mean)], dtype=np.int64)
    normal = NormalDist(mean, sd)
    days = [round(normal.inv_cdf((n + 0.5) / DRAWS)) for n in range(DRAWS)]
    return np.array([day if day > 0 else 0 for day in days], dtype=np.int64)


def review_days(minutes: int) -> int:
    """Replay looks once a day at the most."""
    return -(-minutes // rules.DAY_MINUTES) or 1


def from_history(demand: Integers, terms: Terms, lot: int) -> int | None:
    """The reorder point that every window of lead time plus review of the history asks for; None: too few windows."""
    from longshore.engine.stocking.empirical import Seen, reorder_points

    days = leads(terms.lead_minutes, terms.lead_sd_minutes)
    review = review_days(terms.review_minutes)
    if int(days.max()) + review > len(demand):
        return None
    one = np.ones(1, dtype=np.int64)
    seen = Seen(
        demand=demand[None, :], leads=days[None, :], review_days=review * one,
        service=np.array([terms.service_bp / 10_000]), measure=CYCLE * one, lot=lot * one,
    )  # fmt: skip
    return int(reorder_points(seen)[0])


def replay(
    demand: Integers, terms: Terms, options: Sequence[Levels], *, seed: int
) -> tuple[tuple[Outcome, ...], Saving]:
    """Every option on the same paths and lead times. The first is the present one; the cheapest that serves as asked is
    chosen on half of the paths and judged on the others."""
    from longshore.engine.stocking.replaying.solve import solve

    days = leads(terms.lead_minutes, terms.lead_sd_minutes)
    yearly = terms.unit_cost * terms.holding_bp / 10_000
    history = History(
        demand=demand[None, :], leads=days[None, :], holding=np.array([yearly / 365.0]), penalty=np.zeros(1),
        order=np.array([float(terms.order_cost)]),
    )  # fmt: skip
    columns = [[[getattr(each, name)] for each in options] for name in ("reorder_point", "order_up_to")]
    reorder, target = (np.array(column, dtype=np.int64) for column in columns)
    review = np.full_like(reorder, review_days(terms.review_minutes))
    warm = min(int(days.max()) + int(review.max()), len(demand) // 4)
    plan = Plan(paths=PATHS, block=BLOCK, warm=warm, seed=seed)
    wanted = terms.service_bp / 10_000
    found = solve(history, Candidates(reorder, target, review), np.array([wanted]), plan)
    cost = found.cost[:, JUDGED, 0] * 365.0
    chosen = int(found.chosen[0])
    outcomes = tuple(
        Outcome(
            levels,
            _span(found.candidates[n][1], 10_000),
            _between(found.stock[n, JUDGED, 0]),
            _between(cost[n]),
            found.candidates[n][1].mean >= wanted,
            n == chosen,
        )
        for n, levels in enumerate(options)
    )
    saving = _between(cost[0] - cost[chosen])
    return outcomes, Saving(saving, saving.low > 0)


def _span(interval: Interval, unit: int) -> Span:
    return Span(round(interval.mean * unit), round(interval.low * unit), round(interval.high * unit))


def _between(values: np.ndarray) -> Span:  # type: ignore[type-arg]
    low, high = np.quantile(values, [0.025, 0.975])
    return Span(round(float(values.mean())), round(float(low)), round(float(high)))
