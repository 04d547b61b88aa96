"""Candidates from statsforecast, refitted at each origin of a short backtest."""

from __future__ import annotations

from typing import Any

import numpy as np

from longshore.engine.forecasting.candidates import Candidate
from longshore.engine.forecasting.measuring import ERRATIC, INTERMITTENT, LUMPY, SMOOTH, Window
from longshore.engine.forecasting.problem import ForecastProblem, Integers, Reals

ORIGINS = 6
"""Last periods each of which is forecast by a fit on what came before it."""


def reference_candidates(problem: ForecastProblem, found: Window, kinds: Integers) -> list[Candidate]:
    """Dynamic optimised theta and optimised smoothing for steady demand, IMAPA and ADIDA for intermittent."""
    from statsforecast import models

    steady = (SMOOTH, ERRATIC)
    rare = (INTERMITTENT, LUMPY)
    season = problem.season_length
    observed = found.test - found.first
    seasonal = (observed >= 2 * season) & (season > 1)
    known = observed >= ORIGINS
    pool: list[tuple[str, Any, Any]] = [
        ("theta", models.DynamicOptimizedTheta(season_length=1), np.isin(kinds, steady) & known & ~seasonal),
        ("theta-seasonal", models.DynamicOptimizedTheta(season_length=season), np.isin(kinds, steady) & seasonal),
        ("ses-optimised", models.SimpleExponentialSmoothingOptimized(), np.isin(kinds, steady) & known),
        ("imapa", models.IMAPA(), np.isin(kinds, rare) & known),
        ("adida", models.ADIDA(), np.isin(kinds, rare) & known),
    ]
    return [_candidate(problem, found, name, model, wanted) for name, model, wanted in pool if wanted.any()]


def _candidate(problem: ForecastProblem, found: Window, name: str, model: Any, wanted: Any) -> Candidate:
    rows, periods = problem.history.shape
    steps = np.zeros((rows, periods + 1))
    future = np.zeros((rows, problem.horizon))
    possible = np.zeros(rows, dtype=bool)
    for row in np.flatnonzero(wanted):
        first, test = int(found.first[row]), int(found.test[row])
        series = problem.history[row, first:]
        for t in range(test, periods):
            steps[row, t] = _forecast(model, series[: t - first], 1)[0]
        future[row] = _forecast(model, series, problem.horizon)
        possible[row] = bool(np.isfinite(steps[row]).all() and np.isfinite(future[row]).all())
    steps = np.where(np.isfinite(steps), np.maximum(steps, 0.0), 0.0)
    future = np.where(np.isfinite(future), np.maximum(future, 0.0), 0.0)
    return Candidate(name, steps, future, np.full(rows, 0.2), possible)


def _forecast(model: Any, series: Reals, horizon: int) -> Reals:
    """The model's mean forecast; a constant series is its own forecast (theta cannot fit one)."""
    if float(np.ptp(series)) == 0.0:
        return np.full(horizon, float(series[-1]))
    return np.asarray(model.forecast(y=np.ascontiguousarray(series), h=horizon)["mean"], dtype=np.float64)
