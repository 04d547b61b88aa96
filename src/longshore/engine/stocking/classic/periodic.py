"""Stock seen at fixed times, cards and boxes: (R, S), base stock, min-max, kanban, one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require
from longshore.engine.stocking.classic.demands import Demand, over, over_random

Reals = NDArray[np.float64]
ALPHA, BETA = "alpha", "beta"


@dataclass(frozen=True, slots=True)
class Target:
    """`alpha`: chance of no shortage in a cycle; `beta`: share of demand served from stock. Raises InvalidProblem."""

    measure: str
    share: float

    def __post_init__(self) -> None:
        require(self.measure in (ALPHA, BETA), "measure", None, f"is {self.measure}", "Use alpha or beta")
        require(0 < self.share < 1, "share", None, "is not inside (0, 1)", "Give a share such as 0.97")


@dataclass(frozen=True, slots=True)
class Reached:
    """Order up to `level` every `review` periods; both services it gives, and the mean stock at a cycle's end."""

    level: int
    alpha: float
    beta: float
    left: float


def order_up_to(period: Demand, review: int, lead: Demand, target: Target) -> Reached:
    """(R, S): smallest level that meets the target; `lead` is the distribution of whole periods until delivery, orders do
    not overtake one another. Back orders. Base stock is review = 1."""
    require(review >= 1, "review", None, "is below 1", "Review at least once a period")
    before = over_random(period, lead)
    until = over_random(period, Demand(_shifted(lead, review)))
    per_cycle = over(period, review).mean
    low, high = -1, len(until.weights) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _met(before, until, per_cycle, middle, target) else (middle, high)
    below = until.at_most()
    return Reached(high, float(below[high]), _filled(before, until, per_cycle, high), _left(until, high))


def _shifted(lead: Demand, review: int) -> Reals:
    return np.concatenate((np.zeros(review), lead.weights))


def _left(until: Demand, level: int) -> float:
    return level - until.mean + until.short(level)


def _filled(before: Demand, until: Demand, per_cycle: float, level: int) -> float:
    return 1 - (until.short(level) - before.short(level)) / per_cycle


def _met(before: Demand, until: Demand, per_cycle: float, level: int, target: Target) -> bool:
    if target.measure == ALPHA:
        return float(until.at_most()[level]) >= target.share - 1e-12
    return _filled(before, until, per_cycle, level) >= target.share - 1e-12


@dataclass(frozen=True, slots=True)
class MinMax:
    """At `least` or below, order up to `most`."""

    least: int
    most: int


def min_max(reorder: int, quantity: int, order: Demand, step: int = 1) -> MinMax:
    """Min and max from a reorder point and a quantity: max leaves room for what the last order overshot the min by
    (mean E X^2 / 2 E X less half a unit: Tijms 2003), and is a whole number of `step` above min."""
    require(step >= 1, "step", None, "is below 1", "Use 1 for single units")
    overshoot = (order.variance + order.mean**2) / (2 * order.mean) - 0.5
    room = quantity - round(overshoot)
    return MinMax(reorder, reorder + ceil((room if room > step else step) / step) * step)


@dataclass(frozen=True, slots=True)
class Loop:
    """Between a maker and a user: demand `rate` per time, `waiting` and `making` time per container, `container` units."""

    rate: float
    waiting: float
    making: float
    container: int


def cards(loop: Loop, safety: float = 0.0) -> int:
    """Kanban cards by Toyota's rule: rate x (waiting + making) x (1 + safety) / container, rounded up (Monden 1983)."""
    require(loop.container >= 1 and loop.rate > 0, "container", None, "or rate is not positive", "Correct it")
    return ceil(loop.rate * (loop.waiting + loop.making) * (1 + safety) / loop.container - 1e-9)


def cards_for(period: Demand, lead: Demand, container: int, target: Target) -> int:
    """Cards that meet a target under random demand and lead time: those that cover the base stock, and the container that
    is being emptied."""
    level = order_up_to(period, 1, lead, target).level
    return ceil(level / container) + 1


@dataclass(frozen=True, slots=True)
class Pace:
    """One at a time: `takt` seconds between units sold, `batch` the smallest lot whose set-ups still fit, `spare` share of
    time left at that lot."""

    takt: float
    batch: int
    spare: float


def just_in_time(demand: float, seconds: float, each: float, setup: float) -> Pace:
    """Takt and smallest lot for `demand` units in `seconds` of work, `each` seconds to make one and `setup` between
    lots."""
    spare = seconds - demand * each
    require(spare > 0, "demand", None, "takes more than all the time there is", "Add time or make it quicker")
    batch = max(ceil(demand * setup / spare - 1e-9), 1)
    return Pace(seconds / demand, batch, (spare - setup * demand / batch) / seconds)
