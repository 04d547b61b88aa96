"""Reorder points from demand as it was, without a distribution in between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require, require_all, require_integers
from longshore.engine.stocking.problem import CYCLE, FILL

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """`demand` int64 (n, t) by day; `leads` int64 (n, k) lead times seen, in days; `review_days` int64 (n,); `service`
    float64 (n,) with `measure` CYCLE or FILL; `lot` int64 (n,) order quantity. Raises InvalidProblem."""

    demand: Integers
    leads: Integers
    review_days: Integers
    service: Reals
    measure: Integers
    lot: Integers

    def __post_init__(self) -> None:
        items = len(self.demand)
        whole = self.demand.ndim == 2 and self.demand.dtype == np.int64 and self.demand.size > 0
        require(whole, "demand", None, "is not int64 (n, t)", "One row for each item")
        require_all(self.demand >= 0, "demand", "is negative", "Leave returns out")
        shaped = self.leads.ndim == 2 and self.leads.dtype == np.int64 and len(self.leads) == items
        require(shaped and self.leads.shape[1] > 0, "leads", None, "is not int64 (n, k)", "One row for each item")
        require_integers(self.review_days, "review_days", items, 0)
        require_integers(self.lot, "lot", items, 1)
        longest = self.leads.max(axis=1) + self.review_days
        require_all(longest <= self.demand.shape[1], "leads", "are longer than the history", "Use a distribution")
        require_all((self.service > 0) & (self.service < 1), "service", "is not inside (0, 1)", "Give a share")
        require_all((self.measure == CYCLE) | (self.measure == FILL), "measure", "is unknown", "Use CYCLE or FILL")


def reorder_points(seen: Seen) -> Integers:
    """Smallest whole level (n,) that meets the target over every window of lead time plus review that the history holds,
    every lead time seen as likely as the others and every window as likely as the others. Neighbouring windows overlap:
    with a history shorter than about 20 of them the tail is only as good as that."""
    points = np.zeros(len(seen.demand), dtype=np.int64)
    for item, history in enumerate(seen.demand):
        totals, weights = _windows(history, seen.leads[item] + seen.review_days[item])
        if seen.measure[item] == CYCLE:
            points[item] = _quantile(totals, weights, float(seen.service[item]))
        else:
            points[item] = _filling(totals, weights, (float(seen.service[item]), int(seen.lot[item])))
    return points


def _windows(history: Integers, days: Integers) -> tuple[Integers, Reals]:
    """Totals over all windows, sorted, and their weights."""
    sums = np.concatenate(([0], np.cumsum(history)))
    totals, weights = [], []
    for length, count in zip(*np.unique(days, return_counts=True), strict=True):
        found = sums[length:] - sums[: len(sums) - length]
        totals.append(found)
        weights.append(np.full(len(found), count / len(days) / len(found)))
    order = np.argsort(np.concatenate(totals), kind="stable")
    return np.concatenate(totals)[order], np.concatenate(weights)[order]


def _quantile(totals: Integers, weights: Reals, share: float) -> int:
    return int(totals[min(int(np.searchsorted(np.cumsum(weights), share - 1e-12)), len(totals) - 1)])


def _filling(totals: Integers, weights: Reals, target: tuple[float, int]) -> int:
    """Smallest level whose shortage per lot, less what the lot would leave short anyway, is small enough."""
    share, lot = target
    low, high = -1, int(totals[-1])
    while high - low > 1:
        level = (low + high) // 2
        late = weights @ (np.maximum(totals - level, 0) - np.maximum(totals - level - lot, 0))
        low, high = (low, level) if late <= (1 - share) * lot + 1e-9 else (level, high)
    return high
