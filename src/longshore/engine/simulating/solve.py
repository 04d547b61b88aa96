"""Simulated demand, lead times and journeys."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require
from longshore.engine.simulating.problem import DemandProblem

YEAR = 365.25


def expected(problem: DemandProblem) -> NDArray[np.float64]:
    """Mean demand float64 (n, days): level x weekday x yearly swing x growth x promotions."""
    day = np.arange(problem.days)
    week = np.array(problem.week)[(day + problem.first_weekday) % 7]
    angle = 2 * np.pi * ((day + problem.first_day_of_year)[None, :] - problem.year_peak[:, None]) / YEAR
    swing = np.maximum(1 + problem.year_amplitude[:, None] * np.cos(angle), 0.0)
    growth = np.maximum(1 + problem.trend[:, None] * day[None, :] / YEAR, 0.0)
    mean = problem.level[:, None] * week[None, :] * swing * growth
    for promotion in problem.promotions:
        mean[promotion.row, promotion.first : promotion.last + 1] *= promotion.lift
    return np.asarray(mean, dtype=np.float64)


def solve(problem: DemandProblem, rng: np.random.Generator) -> NDArray[np.int64]:
    """Daily demand int64 (n, days).

    Days without demand are drawn first (`intermittence`); demand of the other days keeps the mean and has variance
    `dispersion` x mean: Poisson at 1, negative binomial above. The generator's state moves on.
    """
    mean = expected(problem) / (1 - problem.intermittence[:, None])
    active = rng.random(mean.shape) >= problem.intermittence[:, None]
    excess = problem.dispersion[:, None] - 1
    shape = np.where(excess > 0, mean / np.where(excess > 0, excess, 1.0), 1.0)
    mixed = rng.standard_gamma(np.maximum(shape, 1e-12)) * np.where(excess > 0, excess, 1.0)
    rate = np.where(excess > 0, mixed, mean)
    counts: NDArray[np.int64] = rng.poisson(rate).astype(np.int64)
    return counts * active


def lead_days(mean: NDArray[np.float64], sd: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Whole days (n,) int64 >= 0, gamma distributed with this mean and standard deviation (sd 0: the mean, rounded).

    Raises InvalidProblem for a negative mean or sd.
    """
    require(bool((mean >= 0).all() and (sd >= 0).all()), "mean", None, "or sd is negative", "Use 0 or more")
    random = (sd > 0) & (mean > 0)
    shape = np.where(random, (mean / np.where(random, sd, 1.0)) ** 2, 1.0)
    drawn = rng.standard_gamma(shape) * mean / shape
    return np.rint(np.where(random, drawn, mean)).astype(np.int64)


def travel_minutes(planned: NDArray[np.int64], cv: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Actual minutes (n,) int64 of planned drives: lognormal with mean factor 1 and coefficient of variation `cv`.

    Raises InvalidProblem for a negative plan or cv.
    """
    require(cv >= 0 and bool((planned >= 0).all()), "planned", None, "or cv is negative", "Use 0 or more")
    sigma = np.sqrt(np.log1p(cv * cv))
    factor = np.exp(sigma * rng.standard_normal(planned.shape) - sigma * sigma / 2)
    return np.asarray(np.rint(planned * factor), dtype=np.int64)
