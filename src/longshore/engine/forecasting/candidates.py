"""Forecasting methods as candidates: one-step forecasts over history, forecasts of the future, best parameters
chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from longshore.engine.forecasting import smoothing
from longshore.engine.forecasting.measuring import SHORTEST, Window, squared
from longshore.engine.forecasting.problem import ForecastProblem, Integers, Reals

LEVELS = (0.03, 0.1, 0.2, 0.35, 0.55)
SLOW = (0.05, 0.1, 0.2, 0.3)


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A method on all series: `steps` (n, t + 1) one-step forecasts, `future` (n, horizon), `alpha` (n,) how much a new
    period moves the level, `possible` (n,) where it may be used."""

    name: str
    steps: Reals
    future: Reals
    alpha: Reals
    possible: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


def candidates(problem: ForecastProblem, found: Window, intermittent: Integers) -> list[Candidate]:
    """All fast methods, simplest first. `intermittent` (n,) 1 where demand is intermittent or lumpy."""
    history, first = problem.history, found.first
    rows = len(history)
    always = np.ones(rows, dtype=bool)
    long = history.shape[1] - first >= SHORTEST
    rare = long & (intermittent == 1)
    often = long & (intermittent == 0)
    mean = smoothing.running_mean(history, first)
    observed = np.maximum(history.shape[1] - first, 1)
    made = [
        Candidate("mean", mean, _flat(problem, mean), 1.0 / observed, always),
        _best(problem, found, "ses", long, ((a, smoothing.simple(history, first, a)) for a in LEVELS)),
        _best(problem, found, "sba", rare, ((a, smoothing.croston_sba(history, first, a)) for a in SLOW)),
        _best(
            problem, found, "tsb", rare, ((b, smoothing.tsb(history, first, a, b)) for a in (0.1, 0.3) for b in SLOW)
        ),
        _trend(problem, found, often),
    ]
    if problem.season_length > 1:
        made.append(_seasonal(problem, found, long))
    return made


def _flat(problem: ForecastProblem, steps: Reals) -> Reals:
    return np.repeat(steps[:, -1:], problem.horizon, axis=1)


def _best(
    problem: ForecastProblem,
    found: Window,
    name: str,
    possible: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    grid: Iterable[tuple[float, Reals]],
) -> Candidate:
    """The parameters with the least squared error before the test periods, per series."""
    steps, alpha = _choose(problem.history, found, grid)
    return Candidate(name, steps, _flat(problem, steps), alpha, possible)


def _choose(history: Reals, found: Window, grid: Iterable[tuple[float, Reals]]) -> tuple[Reals, Reals]:
    chosen: Reals | None = None
    error = alpha = np.zeros(len(history))
    for a, steps in grid:
        mine = squared(history, steps, found.train_mask)
        if chosen is None:
            chosen, error, alpha = steps, mine, np.full(len(history), a)
            continue
        better = mine < error
        chosen[better] = steps[better]
        error = np.where(better, mine, error)
        alpha = np.where(better, a, alpha)
    if chosen is None:
        raise AssertionError("an empty grid has no best")
    return chosen, alpha


def _trend(
    problem: ForecastProblem, found: Window, possible: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> Candidate:
    """Damped trend; the future runs on from the last level with the last step's slope, damped."""
    history, phi = problem.history, 0.9
    grid = ((a, smoothing.damped(history, found.first, a, b, phi)) for a in (0.1, 0.3, 0.5) for b in (0.05, 0.15))
    steps, alpha = _choose(history, found, grid)
    slope = steps[:, -1] - _last_level(problem, found, steps, alpha)
    powers = np.cumsum(phi ** np.arange(problem.horizon)) - 1.0
    future = np.maximum(steps[:, -1:] + slope[:, None] * powers[None, :], 0.0)
    return Candidate("damped", steps, future, alpha, possible)


def _last_level(problem: ForecastProblem, found: Window, steps: Reals, alpha: Reals) -> Reals:
    """Level after the last period: its forecast corrected by alpha times its error; the forecast itself at the
    start."""
    if steps.shape[1] < 2:
        return steps[:, -1]
    corrected = steps[:, -2] + alpha * (problem.history[:, -1] - steps[:, -2])
    return np.where(found.first < problem.history.shape[1] - 1, corrected, steps[:, -1])


def _seasonal(
    problem: ForecastProblem, found: Window, possible: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> Candidate:
    """Simple smoothing of the deseasonalised series; indices for the backtest come from before the test periods."""
    history, season, total = problem.history, problem.season_length, problem.history.shape[1]
    smooth: Callable[[Reals, float], Reals] = lambda y, a: smoothing.simple(y, found.first, a)  # noqa: E731
    before = smoothing.season_indices(history, found.first, found.test, season)
    after = smoothing.season_indices(history, found.first, np.full(len(history), total), season)
    places = np.arange(total + 1) % season
    past = before[:, places]
    flat = history / np.maximum(past[:, :-1], 1e-6)
    steps, alpha = _choose(history, found, ((a, smooth(flat, a) * past) for a in LEVELS))
    now = after[:, places]
    levels = _choose(history, found, ((a, smooth(history / np.maximum(now[:, :-1], 1e-6), a)) for a in LEVELS))[0]
    ahead = after[:, (total + np.arange(problem.horizon)) % season]
    enough = found.test - found.first >= 2 * season
    return Candidate("seasonal", steps, levels[:, -1:] * ahead, alpha, possible & enough)
