"""Simulated demand, lead times and journeys."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from longshore.engine.simulating.problem import DemandProblem


def solve(problem: DemandProblem, rng: np.random.Generator) -> NDArray[np.int64]:
    """Daily demand int64 (n, days)."""
    raise NotImplementedError


def lead_days(mean: NDArray[np.float64], sd: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Whole days (n,) int64 >= 0, gamma distributed with this mean and sd (sd 0: the mean, rounded)."""
    raise NotImplementedError


def travel_minutes(planned: NDArray[np.int64], cv: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Actual minutes (n,) int64 of planned drives: lognormal with mean factor 1 and this coefficient of variation."""
    raise NotImplementedError
