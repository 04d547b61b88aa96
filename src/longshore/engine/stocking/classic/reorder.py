"""(r, Q): when the stock position falls to r, order Q. Exact for normal and whole-unit demand, and the usual approximations.

Units: `rate` and `sd` of demand per time, `lead` in the same time, costs per time. Unless said otherwise a late unit costs
`penalty` per time it is late.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, isfinite, pi, sqrt

import numpy as np
from scipy import special

from longshore.engine.invalid import require
from longshore.engine.stocking.classic.demands import Demand
from longshore.engine.stocking.classic.searching import least, root


@dataclass(frozen=True, slots=True)
class Continuous:
    """Normal demand, stock seen at all times. Raises InvalidProblem."""

    rate: float
    sd: float
    lead: float
    order: float
    holding: float
    penalty: float

    def __post_init__(self) -> None:
        for name in ("rate", "sd", "lead", "order", "holding", "penalty"):
            value = getattr(self, name)
            require(isfinite(value) and value > 0, name, None, "is not positive", "Give a number above 0")

    @property
    def mean_until(self) -> float:
        return self.rate * self.lead

    @property
    def sd_until(self) -> float:
        return self.sd * sqrt(self.lead)


@dataclass(frozen=True, slots=True)
class ReorderPoint:
    """Order `quantity` at `reorder`; `cost` per time (nan where the method gives none)."""

    reorder: float
    quantity: float
    cost: float


def losses(z: float) -> tuple[float, float]:
    """First and second loss of a standard normal: E(X - z)+ and E((X - z)+)^2 / 2."""
    density, tail = exp(-z * z / 2) / sqrt(2 * pi), float(special.ndtr(-z))
    return density - z * tail, ((z * z + 1) * tail - z * density) / 2


def cost_of(problem: Continuous, reorder: float, quantity: float) -> float:
    """Exact cost per time; the integral of the period cost in closed form."""
    mean, sd = problem.mean_until, problem.sd_until
    second = sd**2 * (losses((reorder - mean) / sd)[1] - losses((reorder + quantity - mean) / sd)[1])
    held = problem.holding * quantity * (reorder + quantity / 2 - mean)
    return (problem.order * problem.rate + held + (problem.holding + problem.penalty) * second) / quantity


def reorder_for(problem: Continuous, quantity: float) -> float:
    """Best reorder point for a given quantity: where a unit costs as much at r as at r + Q."""
    mean, sd = problem.mean_until, problem.sd_until

    def rising(point: float) -> float:
        return _period(problem, point + quantity) - _period(problem, point)

    reach = quantity + 10 * sd + sd * abs(float(special.ndtri(_share(problem))))
    return root(rising, mean - reach, mean + reach)


def exact(problem: Continuous) -> ReorderPoint:
    """Best r and Q of all (Zheng 1992)."""
    low = sqrt(2 * problem.order * problem.rate / problem.holding)
    ratio = (problem.holding + problem.penalty) / problem.penalty
    high = sqrt(ratio) * low + 10 * problem.sd_until * ratio

    def cost(quantity: float) -> float:
        return cost_of(problem, reorder_for(problem, quantity), quantity)

    quantity = least(cost, low * 0.5, high)
    reorder = reorder_for(problem, quantity)
    return ReorderPoint(reorder, quantity, cost_of(problem, reorder, quantity))


def expected_level(problem: Continuous) -> ReorderPoint:
    """Expected-inventory-level approximation (Whitin 1953; Hadley and Whitin 1963). Here `penalty` is per unit late,
    however long; the cost is the approximation's own."""
    mean, sd, rate = problem.mean_until, problem.sd_until, problem.rate
    quantity, reorder = sqrt(2 * rate * problem.order / problem.holding), 0.0
    for _ in range(1000):
        share = quantity * problem.holding / (problem.penalty * rate)
        require(share < 1, "penalty", None, "is too small to hold any stock", "Raise it, or let customers wait")
        known = quantity, reorder
        reorder = mean + sd * float(special.ndtri(1 - share))
        short = sd * losses((reorder - mean) / sd)[0]
        quantity = sqrt(2 * rate * (problem.order + problem.penalty * short) / problem.holding)
        if abs(quantity - known[0]) + abs(reorder - known[1]) < 1e-12 * (quantity + abs(reorder)):
            break
    held = problem.holding * (reorder - mean + quantity / 2)
    short = sd * losses((reorder - mean) / sd)[0]
    return ReorderPoint(reorder, quantity, held + rate * (problem.order + problem.penalty * short) / quantity)


def with_backorders(problem: Continuous) -> ReorderPoint:
    """Quantity as if demand were steady (with backorders), best reorder point for it: at most 12.5 % above the optimum
    (Zheng 1992), in practice far less."""
    ratio = (problem.holding + problem.penalty) / problem.penalty
    quantity = sqrt(2 * problem.order * problem.rate * ratio / problem.holding)
    reorder = reorder_for(problem, quantity)
    return ReorderPoint(reorder, quantity, cost_of(problem, reorder, quantity))


def plus_safety(problem: Continuous) -> ReorderPoint:
    """Harris's quantity, newsvendor reorder point."""
    quantity = sqrt(2 * problem.order * problem.rate / problem.holding)
    reorder = problem.mean_until + problem.sd_until * float(special.ndtri(_share(problem)))
    return ReorderPoint(reorder, quantity, cost_of(problem, reorder, quantity))


def by_losses(problem: Continuous) -> ReorderPoint:
    """Loss-function approximation (Hadley and Whitin 1963): what is still late when the order is in does not count."""
    mean, sd, both = problem.mean_until, problem.sd_until, problem.holding + problem.penalty
    quantity, reorder = sqrt(2 * problem.order * problem.rate / problem.holding), mean
    for _ in range(10_000):
        known = quantity
        z = _loss_point(problem.holding * quantity / both / sd)
        reorder = mean + sd * z
        quantity = sqrt(2 * (problem.order * problem.rate + both * sd**2 * losses(z)[1]) / problem.holding)
        if abs(quantity - known) < 1e-12 * quantity:
            break
    return ReorderPoint(reorder, quantity, cost_of(problem, reorder, quantity))


def _loss_point(allowed: float) -> float:
    """Where the standard normal's loss is `allowed`."""
    return root(lambda at: allowed - losses(at)[0], -allowed - 10, 40.0)


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Whole-unit demand: `until` over the lead time, `rate` per time, costs as in Continuous. Exact for single-unit
    (Poisson) demand; for larger orders what overshoots the reorder point is not counted: use levels.exact."""

    rate: float
    until: Demand
    order: float
    holding: float
    penalty: float


def exact_units(problem: Units) -> ReorderPoint:
    """Best whole r and Q (Federgruen and Zheng 1992): take positions in the order of their cost while that lowers the
    average."""
    share = problem.penalty / (problem.penalty + problem.holding)
    low = high = problem.until.quantile(share)
    total = problem.order * problem.rate + _unit_cost(problem, low)
    below, above = _unit_cost(problem, low - 1), _unit_cost(problem, high + 1)
    quantity = 1
    while min(below, above) < total / quantity:
        quantity += 1
        if below <= above:
            total, low = total + below, low - 1
            below = _unit_cost(problem, low - 1)
        else:
            total, high = total + above, high + 1
            above = _unit_cost(problem, high + 1)
    return ReorderPoint(low - 1, quantity, total / quantity)


def cost_of_units(problem: Units, reorder: int, quantity: int) -> float:
    """Cost per time of any whole r and Q."""
    held = sum(_unit_cost(problem, position) for position in range(reorder + 1, reorder + quantity + 1))
    return (problem.order * problem.rate + held) / quantity


def _unit_cost(problem: Units, position: int) -> float:
    short = problem.until.short(position)
    return problem.holding * (position - problem.until.mean + short) + problem.penalty * short


def _period(problem: Continuous, position: float) -> float:
    sd = problem.sd_until
    short = sd * losses((position - problem.mean_until) / sd)[0]
    return problem.holding * (position - problem.mean_until) + (problem.holding + problem.penalty) * short


def _share(problem: Continuous) -> float:
    return problem.penalty / (problem.penalty + problem.holding)


def fill_rate(problem: Units, reorder: int, quantity: int) -> float:
    """Share of demand served from stock under (r, Q), exact for single-unit demand: positions r + 1 … r + Q are equally
    likely, and a unit is served when demand over the lead time leaves one."""
    below = problem.until.at_most()
    positions = np.arange(reorder + 1, reorder + quantity + 1) - 1
    at = np.minimum(positions, len(below) - 1)
    return float(np.where(positions < 0, 0.0, below[np.maximum(at, 0)]).mean())
