"""Lot sizes for demand that is known period by period."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require, require_reals

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Horizon:
    """Columns (t,) float64: `demand`, `order` cost of ordering in the period, `holding` of a unit from this period to the
    next, `price` of a unit bought in it. Raises InvalidProblem."""

    demand: Reals
    order: Reals
    holding: Reals
    price: Reals

    def __post_init__(self) -> None:
        periods = len(self.demand)
        require(periods > 0, "demand", None, "is empty", "Give at least one period")
        for name in ("demand", "order", "holding", "price"):
            require_reals(getattr(self, name), name, (periods,))


@dataclass(frozen=True, slots=True, eq=False)
class Lots:
    """`orders` (t,) and their `cost`."""

    orders: Reals
    cost: float


def wagner_whitin(horizon: Horizon) -> Lots:
    """The cheapest orders (Wagner and Whitin 1958), by recursion over the period of the last order; O(t^2).

    Where two plans cost the same, the one that orders for longer wins."""
    periods = len(horizon.demand)
    best, until = np.zeros(periods + 1), np.zeros(periods, dtype=np.int64)
    for start in range(periods - 1, -1, -1):
        spans = _cost_of_spans(horizon, start) + best[start + 1 :]
        chosen = len(spans) - 1 - int(np.argmin(spans[::-1]))
        if horizon.demand[start] == 0 and best[start + 1] < spans[chosen]:
            best[start], until[start] = best[start + 1], start  # nothing is needed yet: no order
            continue
        best[start], until[start] = spans[chosen], start + 1 + chosen
    orders, start = np.zeros(periods), 0
    while start < periods:
        if until[start] == start:
            start += 1
            continue
        orders[start] = horizon.demand[start : until[start]].sum()
        start = int(until[start])
    return Lots(orders, float(best[0]))


def _cost_of_spans(horizon: Horizon, start: int) -> Reals:
    """Cost of one order in `start` that lasts one period, two, … to the end."""
    demand = horizon.demand[start:]
    carried = np.concatenate(([0.0], np.cumsum(horizon.holding[start:-1])))
    needed = np.cumsum(demand)
    fixed = np.where(needed > 0, horizon.order[start], 0.0)
    return np.asarray(fixed + horizon.price[start] * needed + np.cumsum(demand * carried), dtype=np.float64)
