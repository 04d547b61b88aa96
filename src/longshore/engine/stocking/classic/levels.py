"""(s, S): at s or below, order up to S. Exact for whole-unit demand; the power approximation for normal."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import special

from longshore.engine.invalid import require
from longshore.engine.stocking.classic.demands import Demand, over

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Reviewed:
    """Stock seen every period; `demand` of a period, whole periods `lead` until an order is there, cost `order` of an
    order, `holding` and `penalty` per unit left or late at a period's end. Raises InvalidProblem."""

    demand: Demand
    lead: int
    order: float
    holding: float
    penalty: float

    def __post_init__(self) -> None:
        require(self.lead >= 0, "lead", None, "is negative", "Use 0 or more periods")
        costly = self.holding > 0 and self.penalty > 0 and self.order >= 0
        require(costly, "holding", None, "penalty or order cost is out of range", "Holding and penalty above 0")
        require(float(self.demand.weights[0]) < 1, "demand", None, "is always 0", "Leave out what does not move")


@dataclass(frozen=True, slots=True)
class Levels:
    """Order at `reorder` or below, up to `target`; expected `cost` per period."""

    reorder: float
    target: float
    cost: float


@dataclass(slots=True)
class _Period:
    """Expected cost of the period that an order position decides, by position (any whole number, also negative)."""

    problem: Reviewed
    until: Demand

    def cost(self, positions: NDArray[np.int64]) -> Reals:
        units = np.arange(len(self.until.weights))
        cumulative = np.concatenate(([0.0], np.cumsum(self.until.weights)))
        moments = np.concatenate(([0.0], np.cumsum(self.until.weights * units)))
        at = np.clip(positions + 1, 0, len(units))
        left = positions * cumulative[at] - moments[at]
        mean = float(moments[-1])
        return np.asarray(
            self.problem.holding * left + self.problem.penalty * (mean - positions + left), dtype=np.float64
        )


def exact(problem: Reviewed) -> Levels:
    """The optimal (s, S) of all policies (Zheng and Federgruen 1991). Cost counts back orders; O(demand^2) at worst."""
    period = _Period(problem, over(problem.demand, problem.lead + 1))
    bottom = _bottom(period)
    renewal = _Renewal(problem.demand.weights)
    reorder, target = bottom, bottom
    while True:  # the best s for S at the bottom
        reorder -= 1
        best = _average(problem, period, renewal, (reorder, target))
        if best <= float(period.cost(np.array([reorder]))[0]):
            break
    known, upper = best, target + 1
    while float(period.cost(np.array([upper]))[0]) <= known:
        cost = _average(problem, period, renewal, (reorder, upper))
        if cost < known:
            target, known = upper, cost
            known = _average(problem, period, renewal, (reorder, target))
            while known <= float(period.cost(np.array([reorder + 1]))[0]):
                reorder += 1
                known = _average(problem, period, renewal, (reorder, target))
        upper += 1
    return Levels(reorder, target, known)


def cost_of(problem: Reviewed, reorder: int, target: int) -> float:
    """Expected cost per period of any (s, S), s < S, exact."""
    require(reorder < target, "target", None, "is not above the reorder level", "Order at least one unit")
    period = _Period(problem, over(problem.demand, problem.lead + 1))
    return _average(problem, period, _Renewal(problem.demand.weights), (reorder, target))


def _bottom(period: _Period) -> int:
    share = period.problem.penalty / (period.problem.penalty + period.problem.holding)
    return period.until.quantile(share)


@dataclass(slots=True)
class _Renewal:
    """Expected visits to each depth below S before an order is placed."""

    weights: Reals
    visits: Reals | None = None

    def upto(self, depth: int) -> Reals:
        known = np.zeros(0) if self.visits is None else self.visits
        if len(known) < depth:
            known = self._longer(known, max(depth, 2 * len(known), 64))
            self.visits = known
        return known[:depth]

    def _longer(self, known: Reals, length: int) -> Reals:
        visits = np.zeros(length)
        visits[: len(known)] = known
        stay = 1 - float(self.weights[0])
        for depth in range(len(known), length):
            top = min(depth, len(self.weights) - 1)
            came = float(self.weights[1 : top + 1] @ visits[depth - top : depth][::-1]) if top else 0.0
            visits[depth] = (came + (1.0 if depth == 0 else 0.0)) / stay
        return visits


def _average(problem: Reviewed, period: _Period, renewal: _Renewal, levels: tuple[int, int]) -> float:
    reorder, target = levels
    visits = renewal.upto(target - reorder)
    costs = period.cost(np.arange(target, reorder, -1))
    return (problem.order + float(visits @ costs)) / float(visits.sum())


@dataclass(frozen=True, slots=True)
class NormalReviewed:
    """As Reviewed, with normal demand of `mean` and `sd` per period."""

    mean: float
    sd: float
    lead: int
    order: float
    holding: float
    penalty: float


def power_approximation(problem: NormalReviewed, *, capped: bool = False) -> Levels:
    """Near-optimal levels without search (Ehrhardt 1979). `capped`: neither level above the single period's best where
    lots are small (Ehrhardt and Mosier 1984). Its cost is not part of it: nan."""
    periods = problem.lead + 1
    mean, sd = problem.mean * periods, problem.sd * sqrt(periods)
    lot = 1.30 * problem.mean**0.494 * (problem.order / problem.holding) ** 0.506
    lot *= (1 + sd**2 / problem.mean**2) ** 0.116
    z = sqrt(lot * problem.holding / (sd * problem.penalty))
    reorder = 0.973 * mean + sd * (0.183 / z + 1.063 - 2.192 * z)
    if not capped or lot / problem.mean > 1.5:
        return Levels(reorder, reorder + lot, float("nan"))
    single = mean + float(special.ndtri(problem.penalty / (problem.penalty + problem.holding))) * sd
    return Levels(min(reorder, single), min(reorder + lot, single), float("nan"))
