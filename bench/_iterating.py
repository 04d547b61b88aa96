"""The optimal cost of a reviewed stock by value iteration: knows nothing of (s, S), and shares no code with the engine.

Decide what to order up to in every position; relative values are iterated until the least and the greatest change of a value,
which enclose the optimal average cost (Odoni 1969), are as near as asked. The cost of a policy comes from the stationary
distribution of the position after ordering.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """Orders come at `rate` a period, each of a size by `sizes` (probability of 1, 2, … units)."""

    rate: float
    sizes: tuple[float, ...]
    lead: int
    order: float
    holding: float
    penalty: float


def period_demand(case: Case, periods: int) -> Reals:
    """Probability of x units in so many periods: a sum over the number of orders."""
    size = np.array([0.0, *case.sizes])
    mean = case.rate * periods
    most = int(mean + 12 * mean**0.5 + 15)
    total, power = np.zeros(most * (len(size) - 1) + 1), np.ones(1)
    for orders in range(most + 1):
        total[: len(power)] += np.exp(orders * np.log(mean) - mean - special.gammaln(orders + 1)) * power
        power = np.convolve(power, size)
    kept = int(np.flatnonzero(np.cumsum(total[::-1])[::-1] > 1e-14)[-1]) + 1
    return total[:kept] / total[:kept].sum()


def bounds(case: Case, close: float = 1e-7) -> tuple[float, float]:
    """Least and greatest the optimal cost per period can be."""
    demand, cost, _low = _axis(case)
    states = len(cost)
    moved = _transition(demand, states)
    value = np.zeros(states)
    for _ in range(100_000):
        after = cost + moved @ value
        best_above = np.minimum.accumulate(after[::-1])[::-1]
        fresh = np.minimum(after, case.order + best_above)
        change = fresh - value
        if change.max() - change.min() < close * change.min():
            break
        value = fresh - fresh[0]
    return float(change.min()), float(change.max())


def cost_of(case: Case, reorder: int, target: int) -> float:
    """Average cost of (s, S) from the stationary distribution of the position after ordering."""
    demand, cost_at = period_demand(case, 1), _period(case)
    positions = target - reorder
    chain = np.zeros((positions, positions))  # row: position reorder + 1 + row after ordering
    for at in range(positions):
        for units, chance in enumerate(demand.tolist()):
            chain[at, at - units if units <= at else positions - 1] += chance
    ordering = np.array([1 - demand[: at + 1].sum() for at in range(positions)])
    system = np.vstack([chain.T - np.eye(positions), np.ones(positions)])
    share = np.linalg.lstsq(system, np.append(np.zeros(positions), 1.0), rcond=None)[0]
    held = np.array([cost_at(position) for position in range(reorder + 1, target + 1)])
    return float(share @ (held + case.order * ordering))


def _axis(case: Case) -> tuple[Reals, Reals, int]:
    """Demand of a period, cost of the period that a position decides, and the lowest position: far below where ordering is
    always better; the highest is where not even saving an order pays."""
    until, period = period_demand(case, case.lead + 1), _period(case)
    bottom = int(np.searchsorted(np.cumsum(until), case.penalty / (case.penalty + case.holding)))
    least = period(bottom)
    low, high = bottom, bottom
    while period(high) <= least + case.order:
        high += 1
    while period(low) <= least + 3 * case.order + 10 * case.penalty:
        low -= 1
    demand = period_demand(case, 1)
    return demand, np.array([period(position) for position in range(low, high + 1)]), low


def _period(case: Case) -> Callable[[int], float]:
    """Expected cost of the period that a position decides."""
    until = period_demand(case, case.lead + 1)
    units = np.arange(len(until))

    def cost(position: int) -> float:
        left = np.maximum(position - units, 0) @ until
        return float(case.holding * left + case.penalty * (left - position + units @ until))

    return cost


def _transition(demand: Reals, states: int) -> Reals:
    """Below the lowest position it costs the same from there on as at it: both order."""
    moved = np.zeros((states, states))
    for state in range(states):
        reached = min(state, len(demand) - 1)
        moved[state, state - reached : state + 1] = demand[: reached + 1][::-1]
        moved[state, 0] += demand[reached + 1 :].sum()
    return moved
