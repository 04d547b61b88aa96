"""Recompute what a forecast states about itself, sharing no code with the solver."""

from __future__ import annotations

import math
from itertools import pairwise

from longshore.engine.forecasting.problem import Forecast, ForecastProblem


def check(problem: ForecastProblem, forecast: Forecast) -> list[str]:
    """Every way in which the forecast breaks a promise: shapes, numbers that are no numbers, unordered quantiles,
    levels far outside what was ever sold, classes that do not fit the history. O(n x (t + horizon x levels))."""
    rows, periods = problem.history.shape
    if forecast.mean.shape != (rows, problem.horizon):
        return ["mean has the wrong shape"]
    if forecast.quantiles.shape != (rows, problem.horizon, len(problem.levels)):
        return ["quantiles have the wrong shape"]
    faults = []
    for row in range(rows):
        numbers = [*forecast.mean[row].tolist(), float(forecast.sigma[row]), float(forecast.wape[row])]
        numbers += [float(forecast.mase[row]), *forecast.quantiles[row].ravel().tolist()]
        if any(not math.isfinite(number) or number < 0 for number in numbers):
            faults.append(f"series {row}: a number is negative or not finite")
        faults.extend(_quantile_faults(problem, forecast, row))
        sold = [float(problem.history[row, t]) for t in range(periods)]
        if forecast.demand_class[row] != _class(sold):
            faults.append(f"series {row}: class {forecast.demand_class[row]}, recomputed {_class(sold)}")
        if max(forecast.mean[row].tolist()) > 10 * max([*sold, 0.0]) + 1e-9:
            faults.append(f"series {row}: forecast beyond ten times the highest demand")
    return faults


def _quantile_faults(problem: ForecastProblem, forecast: Forecast, row: int) -> list[str]:
    order = sorted(range(len(problem.levels)), key=lambda place: problem.levels[place])
    for step in range(problem.horizon):
        values = [float(forecast.quantiles[row, step, place]) for place in order]
        if any(low > high + 1e-9 for low, high in pairwise(values)):
            return [f"series {row}: quantiles are not in order"]
    return []


def _class(sold: list[float]) -> str:
    while sold and sold[0] == 0:
        sold = sold[1:]
    sizes = [y for y in sold if y > 0]
    if not sizes:
        return "none"
    if len(sold) < 6:
        return "short"
    mean = sum(sizes) / len(sizes)
    variation = (sum(y * y for y in sizes) / len(sizes) - mean * mean) / (mean * mean)
    names = ("smooth", "erratic") if len(sold) / len(sizes) <= 1.32 else ("intermittent", "lumpy")
    return names[0] if variation <= 0.49 else names[1]
