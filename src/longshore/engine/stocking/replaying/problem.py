"""Replay of stock policies on their own history: the question and the answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require, require_all, require_integers, require_reals

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """`demand` int64 (n, t) whole units; `leads` int64 (n, k) lead times seen, in whole periods (each as likely; 0: there
    before the period's demand); costs float64 (n,): `holding` and `penalty` of a unit left or late at a period's end
    (of a unit lost where `lost`), `order` of an order. Raises InvalidProblem."""

    demand: Integers
    leads: Integers
    holding: Reals
    penalty: Reals
    order: Reals
    lost: bool = False

    def __post_init__(self) -> None:
        require(
            self.demand.ndim == 2 and self.demand.dtype == np.int64, "demand", None, "is not int64 (n, t)", "Convert"
        )
        items = len(self.demand)
        require(self.demand.size > 0, "demand", None, "is empty", "Give at least one item and period")
        require_all(self.demand >= 0, "demand", "is negative", "Leave returns out")
        shaped = self.leads.ndim == 2 and self.leads.dtype == np.int64 and len(self.leads) == items
        require(shaped and self.leads.shape[1] > 0, "leads", None, "is not int64 (n, k)", "One row for each item")
        require_all(self.leads >= 0, "leads", "is negative", "Give whole periods from 0")
        for name in ("holding", "penalty", "order"):
            require_reals(getattr(self, name), name, (items,))


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Policies to compare, c for every item: at `reorder` or below at a review, order up to `target` (c, n) int64; a review
    every `review` (c, n) periods. Raises InvalidProblem."""

    reorder: Integers
    target: Integers
    review: Integers

    def __post_init__(self) -> None:
        shape = self.reorder.shape
        same = len(shape) == 2 and self.target.shape == shape and self.review.shape == shape
        require(same, "target", None, "has another shape", "All (candidates, items)")
        for row in range(shape[0]):
            require_integers(self.review[row], "review", shape[1], 1)
        require_all(self.target >= self.reorder, "target", "is below the reorder level", "Order at least nothing")


@dataclass(frozen=True, slots=True)
class Plan:
    """`paths` ways the history might have gone: the first is how it went, the others put blocks of `block` periods of it
    together at random, all items alike, so that seasons and what moves items together stays. `warm` periods at the start
    do not count. `seed` fixes blocks and lead times, the same for every candidate."""

    paths: int = 40
    block: int = 14
    warm: int = 0
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """`mean` over paths, and the middle 95 % of paths."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """Measured (candidates, paths, items): `cost` per period, units `asked` and `served` from stock, mean `stock` at a
    period's end.

    `chosen` (n,) the candidate that was cheapest among those that reached the fill rate on every second path; totals of
    the choice `cost_chosen`, `fill_chosen`, and `saving` against candidate 0, are measured on the other paths: what chose
    does not judge."""

    cost: Reals
    asked: Integers
    served: Integers
    stock: Reals
    chosen: Integers
    cost_chosen: Interval
    fill_chosen: Interval
    saving: Interval
    candidates: tuple[tuple[Interval, Interval], ...]
