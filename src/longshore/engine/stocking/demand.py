"""Demand over the risk period: its distribution, quantiles and expected shortage, vectorised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from longshore.engine.stocking.problem import AUTO, GAMMA, NORMAL, POISSON, Integers, Reals, StockingProblem

SLIVER = 1e-9
"""Rounding noise that must not lift a whole number to the next."""


@dataclass(frozen=True, slots=True, eq=False)
class RiskDemand:
    """Demand until the next order can arrive: mean and standard deviation (n,), and its distribution (n,)."""

    mean: Reals
    sd: Reals
    shape: Integers

    def rows(self, chosen: Integers) -> RiskDemand:
        """The rows with these indices."""
        return RiskDemand(self.mean[chosen], self.sd[chosen], self.shape[chosen])


def risk_demand(problem: StockingProblem) -> RiskDemand:
    """Mean d (L + R), variance (L + R) sd^2 + d^2 sd_L^2 (independent days and lead times; Silver, Pyke and Thomas
    2017)."""
    days = problem.lead_mean + problem.review_days
    mean = problem.demand_mean * days
    variance = days * problem.demand_sd**2 + problem.demand_mean**2 * problem.lead_sd**2
    sd = np.sqrt(variance)
    slow = (mean < 10) & (variance <= 1.1 * mean)
    wild = sd > 0.5 * mean
    chosen = np.where(slow, POISSON, np.where(wild, GAMMA, NORMAL))
    shape = np.where(problem.distribution == AUTO, chosen, problem.distribution)
    dead = (mean == 0) | ((sd == 0) & (shape == GAMMA))
    return RiskDemand(mean, sd, np.where(dead, NORMAL, shape).astype(np.int64))


def at_most(demand: RiskDemand, level: Reals) -> Reals:
    """Probability (n,) that demand is at most `level` (n,)."""
    safe = np.where(demand.sd > 0, demand.sd, 1.0)
    certain = np.where(level >= demand.mean - SLIVER, 1.0, 0.0)
    found = np.where(demand.sd > 0, special.ndtr((level - demand.mean) / safe), certain)
    gamma = np.flatnonzero(demand.shape == GAMMA)
    if len(gamma):
        mean, scale = demand.mean[gamma], demand.sd[gamma] ** 2 / demand.mean[gamma]
        found[gamma] = special.gammainc(mean / scale, np.maximum(level[gamma] + SLIVER, 0.0) / scale)
    poisson = np.flatnonzero(demand.shape == POISSON)
    if len(poisson):
        counts = np.floor(level[poisson] + SLIVER)
        found[poisson] = np.where(counts < 0, 0.0, special.pdtr(np.maximum(counts, 0.0), demand.mean[poisson]))
    return found


def shortage(demand: RiskDemand, level: Reals) -> Reals:
    """Expected units (n,) by which demand exceeds `level` (n,), level >= 0."""
    safe = np.where(demand.sd > 0, demand.sd, 1.0)
    z = (level - demand.mean) / safe
    normal = safe * (np.exp(-z * z / 2) / np.sqrt(2 * np.pi) - z * special.ndtr(-z))
    found = np.where(demand.sd > 0, normal, np.maximum(demand.mean - level, 0.0))
    gamma = np.flatnonzero(demand.shape == GAMMA)
    if len(gamma):
        mean, scale, at = demand.mean[gamma], demand.sd[gamma] ** 2 / demand.mean[gamma], level[gamma]
        above = special.gammaincc(mean / scale + 1, at / scale), special.gammaincc(mean / scale, at / scale)
        found[gamma] = mean * above[0] - at * above[1]
    poisson = np.flatnonzero(demand.shape == POISSON)
    if len(poisson):
        mean, at = demand.mean[poisson], np.floor(level[poisson] + SLIVER)
        at_least = np.where(at > 0, special.pdtrc(np.maximum(at - 1, 0.0), mean), 1.0)
        found[poisson] = mean * at_least - at * special.pdtrc(at, mean)
    return np.asarray(found, dtype=np.float64)


def quantile(demand: RiskDemand, share: Reals) -> Reals:
    """Level (n,) that demand does not exceed with probability `share` (n,); whole for Poisson."""
    found = demand.mean + special.ndtri(share) * demand.sd
    gamma = np.flatnonzero(demand.shape == GAMMA)
    if len(gamma):
        mean, scale = demand.mean[gamma], demand.sd[gamma] ** 2 / demand.mean[gamma]
        found[gamma] = special.gammaincinv(mean / scale, share[gamma]) * scale
    poisson = np.flatnonzero(demand.shape == POISSON)
    if len(poisson):
        mean, asked = demand.mean[poisson], share[poisson]
        guess = np.maximum(np.ceil(special.pdtrik(asked, mean) - SLIVER), 0.0)
        lower = np.maximum(guess - 1, 0.0)
        guess = np.where((guess > 0) & (special.pdtr(lower, mean) >= asked), lower, guess)
        found[poisson] = np.where(special.pdtr(guess, mean) >= asked, guess, guess + 1)
    return np.asarray(found, dtype=np.float64)


def level_for_fill(demand: RiskDemand, share: Reals, lot: Reals) -> Integers:
    """Smallest whole level s >= 0 (n,) at which shortage(s) - shortage(s + lot) <= (1 - share) x lot: the part of a lot
    sold late (continuous review; Hadley and Whitin 1963). Bisection on whole numbers."""
    allowed = (1 - share) * lot + SLIVER
    low = np.full(len(share), -1.0)
    high = np.ceil(demand.mean + 12 * demand.sd + 12)
    while bool((high - low > 1).any()):
        middle = np.floor((low + high) / 2)
        fine = shortage(demand, middle) - shortage(demand, middle + lot) <= allowed
        settled = high - low <= 1
        high = np.where(fine & ~settled, middle, high)
        low = np.where(~fine & ~settled, middle, low)
    return np.asarray(high, dtype=np.int64)
