"""Whole-unit demand over a time: its distribution as an array, exactly or cut off where what is left out does not count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import special

from longshore.engine.invalid import require

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]

TAIL, MISSING = 1e-17, 1e-11
"""Probability cut off at the upper end, and how much may be missing before a longer array is tried."""


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """`weights[x]` probability of x units, x = 0, 1, …; adds up to 1. Raises InvalidProblem."""

    weights: Reals

    def __post_init__(self) -> None:
        total = float(self.weights.sum())
        require(
            len(self.weights) > 0 and bool((self.weights >= 0).all()), "weights", None, "are negative", "Correct them"
        )
        require(abs(total - 1) < 1e-6, "weights", None, f"add up to {total}", "Give probabilities that add up to 1")

    @property
    def mean(self) -> float:
        return float(self.weights @ np.arange(len(self.weights)))

    @property
    def variance(self) -> float:
        return float(self.weights @ (np.arange(len(self.weights)) - self.mean) ** 2)

    def at_most(self) -> Reals:
        """Probability of at most x units, by x."""
        return np.minimum(np.cumsum(self.weights), 1.0)

    def quantile(self, share: float) -> int:
        """Fewest units that demand does not exceed with probability `share`."""
        return min(int(np.searchsorted(self.at_most(), share - 1e-12)), len(self.weights) - 1)

    def short(self, level: int) -> float:
        """Expected units by which demand exceeds `level`."""
        units = np.arange(len(self.weights))
        return float(self.weights @ np.maximum(units - level, 0))


def poisson(mean: float) -> Demand:
    """Single units at random."""
    return _cut(lambda units: np.exp(special.xlogy(units, mean) - mean - special.gammaln(units + 1)), mean, sqrt(mean))


def negative_binomial(mean: float, variance: float) -> Demand:
    """More spread than Poisson: variance > mean."""
    require(variance > mean > 0, "variance", None, "does not exceed the mean", "Use poisson, or a larger variance")
    chance, count = mean / variance, mean**2 / (variance - mean)

    def weights(units: Reals) -> Reals:
        choose = special.gammaln(units + count) - special.gammaln(count) - special.gammaln(units + 1)
        return np.asarray(np.exp(choose + count * np.log(chance) + units * np.log1p(-chance)))

    return _cut(weights, mean, sqrt(variance))


def gamma(mean: float, sd: float) -> Demand:
    """A gamma's mass, each unit taking what is nearer to it than to any other."""
    shape, scale = (mean / sd) ** 2, sd**2 / mean

    def weights(units: Reals) -> Reals:
        return np.diff(special.gammainc(shape, np.maximum(np.append(units, units[-1] + 1) - 0.5, 0) / scale))

    return _cut(weights, mean, sd)


def normal(mean: float, sd: float) -> Demand:
    """A normal's mass by nearest unit; what lies below 0 counts as 0."""

    def weights(units: Reals) -> Reals:
        edges = special.ndtr((np.append(units, units[-1] + 1) - 0.5 - mean) / sd)
        edges[0] = 0.0
        return np.diff(edges)

    return _cut(weights, mean, sd)


def empirical(seen: Integers) -> Demand:
    """Each value seen as likely as it was frequent."""
    require(len(seen) > 0 and int(seen.min()) >= 0, "seen", None, "is empty or negative", "Give demand of past periods")
    return Demand(np.bincount(seen) / len(seen))


def compound_poisson(orders: float, size: Demand) -> Demand:
    """`orders` orders on average, at random, each of a random size (Panjer 1981)."""
    require(size.weights[0] < 1, "size", None, "is always 0", "Give sizes of at least 1")
    spread = sqrt(orders * (size.variance + size.mean**2))
    length = _reach(orders * size.mean, spread, len(size.weights))
    pull = orders * np.arange(len(size.weights)) * size.weights
    while True:
        weights = np.zeros(length)
        weights[0] = np.exp(-orders * (1 - size.weights[0]))
        for units in range(1, length):
            top = min(units, len(pull) - 1)
            weights[units] = pull[1 : top + 1] @ weights[units - top : units][::-1] / units
        if 1 - weights.sum() < MISSING:
            return Demand(weights / weights.sum())
        length *= 2


def over(period: Demand, periods: int) -> Demand:
    """Total of `periods` independent periods."""
    if periods == 0:
        return Demand(np.ones(1))
    half = over(period, periods // 2)
    both = np.convolve(half.weights, half.weights)
    return _trimmed(np.convolve(both, period.weights) if periods % 2 else both)


def over_random(period: Demand, lead: Demand) -> Demand:
    """Total over a random number of periods: `lead.weights[t]` is the probability that it is t."""
    totals, sums = [], np.ones(1)
    for chance in lead.weights.tolist():
        totals.append(chance * sums)
        sums = _trimmed(np.convolve(sums, period.weights)).weights
    found = np.zeros(max(len(one) for one in totals))
    for one in totals:
        found[: len(one)] += one
    return _trimmed(found)


def _cut(weights_of: Callable[[Reals], Reals], mean: float, sd: float) -> Demand:
    length = _reach(mean, sd, 1)
    while True:
        weights = np.asarray(weights_of(np.arange(length, dtype=np.float64)), dtype=np.float64)
        if 1 - weights.sum() < MISSING or length > 10_000_000:
            return _trimmed(weights)
        length *= 2


def _reach(mean: float, sd: float, most: int) -> int:
    return ceil(mean + 10 * sd + 10) + most


def _trimmed(weights: Reals) -> Demand:
    tail = np.cumsum(weights[::-1])[::-1]
    kept = weights[: max(int(np.count_nonzero(tail > TAIL)), 1)]
    return Demand(kept / kept.sum())
