"""Recompute what a forecast states about itself, sharing no code with the solver."""

from __future__ import annotations

import math
from itertools import pairwise

from longshore.engine.forecasting.problem import (
    Forecast,
    ForecastProblem,
    PanelForecast,
    PanelOptions,
    PanelProblem,
)


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


def check_panel(problem: PanelProblem, options: PanelOptions, made: PanelForecast) -> list[str]:
    """Every way in which a panel's forecast breaks a promise. O(n horizon (methods + levels))."""
    rows, ahead = len(problem.history), problem.horizon
    if made.mean.shape != (rows, ahead) or made.quantiles.shape != (rows, ahead, len(problem.levels)):
        return ["mean or quantiles have the wrong shape"]
    faults = []
    for row in range(rows):
        weights = made.weights[row].tolist()
        if len(weights) != len(options.methods) or min(weights) < -1e-9 or abs(math.fsum(weights) - 1) > 1e-6:
            faults.append(f"series {row}: weights are negative or do not add up")
        if made.method[row] != made.methods[max(range(len(weights)), key=lambda place: weights[place])]:
            faults.append(f"series {row}: the method named is not the weightiest")
        for step in range(ahead):
            values = [float(made.mean[row, step]), *made.quantiles[row, step].tolist()]
            if any(not math.isfinite(value) or value < 0 for value in values):
                faults.append(f"series {row}: a number is negative or not finite")
            if any(low > high + 1e-9 for low, high in pairwise(values[1:])):
                faults.append(f"series {row}: quantiles are not in order")
        faults.extend(_backtest_faults(problem, made, row))
    return faults


def _backtest_faults(problem: PanelProblem, made: PanelForecast, row: int) -> list[str]:
    """What the back-test calls actual is the history, and the error per unit of demand is that of its forecasts."""
    off = demand = 0.0
    for place, origin in enumerate(made.backtest.origins.tolist()):
        for step in range(problem.horizon):
            sold = float(problem.history[row, origin + step])
            if sold != float(made.backtest.actual[row, place, step]):
                return [f"series {row}: the back-test compares with something that was not sold"]
            off += abs(sold - float(made.backtest.weighed[row, place, step]))
            demand += sold
    stated = float(made.wape[row])
    return [] if abs(stated - (off / demand if demand else 0.0)) < 1e-6 else [f"series {row}: wape is not {stated}"]
