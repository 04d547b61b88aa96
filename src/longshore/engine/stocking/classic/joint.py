"""Several items in one order: how often, and which item in every how manieth."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require, require_reals

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """`shared` cost of an order whatever is in it; (n,) float64 `order` cost of an item being in it, `holding` of a unit
    per time, `rate` of demand. Raises InvalidProblem."""

    shared: float
    order: Reals
    holding: Reals
    rate: Reals

    def __post_init__(self) -> None:
        items = len(self.order)
        require(items > 0, "order", None, "is empty", "Give at least one item")
        for name in ("order", "holding", "rate"):
            require_reals(getattr(self, name), name, (items,))
        moving = bool((self.holding * self.rate > 0).all()) and self.shared > 0
        require(moving, "holding", None, "rate or shared cost is 0", "Leave out what does not move or cost")


@dataclass(frozen=True, slots=True, eq=False)
class Rhythm:
    """An order every `cycle`; item i in every `every[i]`-th (n,) with `quantity[i]` (n,); `cost` per time; `bound`: no
    policy whatever costs less (Jackson, Maxwell and Muckstadt 1985)."""

    cycle: float
    every: Integers
    quantity: Reals
    cost: float
    bound: float


def joint_order(family: Family) -> Rhythm:
    """The cheapest cyclic policy, exact: between the cycles at which an item's multiple changes the cost is convex in the
    cycle, so every such interval's best is looked at, up to where the shared cost alone is too dear (Goyal 1974; van Eijs
    1993)."""
    slope = family.holding * family.rate / 2
    start = _at(family, sqrt((family.shared + float(family.order.sum())) / float(slope.sum())))
    lowest = family.shared / start.cost
    marks = {start.cycle, lowest}
    for i in range(len(slope)):
        most = int(sqrt(family.order[i] / slope[i]) / lowest) + 1
        k = np.arange(1, most + 1)
        marks.update(np.sqrt(family.order[i] / (slope[i] * k * (k + 1))).tolist())
    edges = sorted(mark for mark in marks if mark >= lowest)
    best = start
    for low, high in zip([lowest, *edges], [*edges, edges[-1] * 4], strict=True):
        every = _multiples(family, (low + high) / 2)
        fixed = family.shared + float((family.order / every).sum())
        tried = _at(family, sqrt(fixed / float((slope * every).sum())))
        best = tried if tried.cost < best.cost else best
    return best


def powers_of_two(family: Family) -> Rhythm:
    """Multiples 1, 2, 4, …: at most 6 % above `bound` with the best cycle (Roundy 1985), easier to run."""
    slope = family.holding * family.rate / 2
    own = np.sqrt(family.order / slope)
    base = _relaxed(family)[1]
    best: Rhythm | None = None
    for cycle in base * 2 ** np.linspace(-0.5, 0.5, 65):
        every = 2 ** np.maximum(np.rint(np.log2(np.maximum(own, 1e-300) / cycle)), 0).astype(np.int64)
        fixed = family.shared + float((family.order / every).sum())
        tried = _priced(family, sqrt(fixed / float((slope * every).sum())), every)
        best = tried if best is None or tried.cost < best.cost else best
    assert best is not None
    return best


def _multiples(family: Family, cycle: float) -> Integers:
    """Best multiple of every item for this cycle: smallest k with k (k + 1) >= K / (slope cycle^2)."""
    ratio = family.order / (family.holding * family.rate / 2) / cycle**2
    found = np.ceil((np.sqrt(1 + 4 * ratio) - 1) / 2 - 1e-12)
    return np.maximum(found, 1).astype(np.int64)


def _at(family: Family, cycle: float) -> Rhythm:
    return _priced(family, cycle, _multiples(family, cycle))


def _priced(family: Family, cycle: float, every: Integers) -> Rhythm:
    slope = family.holding * family.rate / 2
    cost = family.shared / cycle + float((family.order / (every * cycle) + slope * every * cycle).sum())
    return Rhythm(cycle, every, family.rate * every * cycle, cost, _relaxed(family)[0])


def _relaxed(family: Family) -> tuple[float, float]:
    """Every item its own cycle, none shorter than the shared one: bound on any policy, and the shared cycle."""
    slope = family.holding * family.rate / 2
    own = np.sqrt(family.order / slope)
    order = np.argsort(own)
    fixed, held, cycle = family.shared, 0.0, 0.0
    for i in order.tolist():
        if held > 0 and own[i] >= sqrt(fixed / held):
            break
        fixed, held = fixed + float(family.order[i]), held + float(slope[i])
    cycle = sqrt(fixed / held)
    rest = own > cycle
    return 2 * sqrt(fixed * held) + float((2 * np.sqrt(family.order * slope))[rest].sum()), cycle
