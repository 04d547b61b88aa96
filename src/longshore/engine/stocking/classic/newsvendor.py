"""One period: how much to have when what is left over and what is missing both cost.

`over` is the cost of a unit left, `under` of a unit missing. All find the critical quantile under / (under + over)
(Arrow, Harris and Marschak 1951). Cost is the expected cost of both mistakes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, isfinite, pi, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import special

from longshore.engine.invalid import require
from longshore.engine.stocking.classic import demands

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Cost `over` of a unit left over and `under` of a unit missing. Raises InvalidProblem."""

    over: float
    under: float

    def __post_init__(self) -> None:
        for name in ("over", "under"):
            value = getattr(self, name)
            require(isfinite(value) and value > 0, name, None, "is not positive", "Give a number above 0")

    @property
    def share(self) -> float:
        return self.under / (self.under + self.over)


@dataclass(frozen=True, slots=True)
class Level:
    """`quantity` to have, and the expected `cost` of both mistakes with it."""

    quantity: float
    cost: float


@dataclass(frozen=True, slots=True)
class Trade:
    """Sell at `price`, buy at `cost`, what is left brings `salvage`; `penalty` for a customer lost beyond the margin."""

    price: float
    cost: float
    salvage: float = 0.0
    penalty: float = 0.0

    @property
    def mistakes(self) -> Mistakes:
        return Mistakes(self.cost - self.salvage, self.price - self.cost + self.penalty)

    def profit(self, mean: float, level: Level) -> float:
        """Expected profit with this level."""
        return (self.price - self.cost) * mean - level.cost


def normal(mistakes: Mistakes, mean: float, sd: float, periods: float = 1.0) -> Level:
    """Normal demand over `periods` periods (lead time + 1 for a base stock that is reviewed every period)."""
    z, spread = float(special.ndtri(mistakes.share)), sd * sqrt(periods)
    density = exp(-z * z / 2) / sqrt(2 * pi)
    return Level(mean * periods + z * spread, (mistakes.over + mistakes.under) * density * spread)


def normal_cost(mistakes: Mistakes, mean: float, sd: float, quantity: float) -> float:
    """Cost of any quantity under normal demand."""
    z = (quantity - mean) / sd
    short = sd * (exp(-z * z / 2) / sqrt(2 * pi) - z * float(special.ndtr(-z)))
    return mistakes.over * (quantity - mean + short) + mistakes.under * short


def discrete(mistakes: Mistakes, demand: demands.Demand) -> Level:
    """Any whole-unit demand."""
    quantity = demand.quantile(mistakes.share)
    return Level(quantity, discrete_cost(mistakes, demand, quantity))


def discrete_cost(mistakes: Mistakes, demand: demands.Demand, quantity: int) -> float:
    """Cost of any quantity."""
    short = demand.short(quantity)
    return mistakes.over * (quantity - demand.mean + short) + mistakes.under * short


def poisson(mistakes: Mistakes, mean: float) -> Level:
    """Poisson demand."""
    return discrete(mistakes, demands.poisson(mean))


def continuous(mistakes: Mistakes, quantile: Callable[[Reals], Reals]) -> Level:
    """Demand known by its quantile function of shares (n,). The cost is an integral of quantiles, by Gauss-Legendre on
    both sides of the critical one, tails stretched."""
    share = mistakes.share
    quantity = float(quantile(np.array([share]))[0])
    nodes, weights = np.polynomial.legendre.leggauss(200)
    u = (nodes + 1) / 2
    stretch, slope = u**3, 3 * u**2 * weights / 2
    left = float(((quantity - quantile(share * stretch)) * slope).sum()) * share
    right = float(((quantile(1 - (1 - share) * stretch) - quantity) * slope).sum()) * (1 - share)
    return Level(quantity, mistakes.over * left + mistakes.under * right)


def explicit(trade: Trade, mean: float, sd: float) -> Level:
    """Normal demand, prices instead of mistakes."""
    return normal(trade.mistakes, mean, sd)
