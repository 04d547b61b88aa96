"""Forecast a panel: local and learnt methods, combined by what they got wrong in the past, with calibrated bands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from longshore.engine.forecasting import combining, conformal
from longshore.engine.forecasting.effects import calendar_forecast
from longshore.engine.forecasting.features import Past, prepare, recent_steps, usual_step
from longshore.engine.forecasting.learners import LEARNERS
from longshore.engine.forecasting.learning import Learning, cut
from longshore.engine.forecasting.problem import (
    Backtest,
    Integers,
    PanelForecast,
    PanelOptions,
    PanelProblem,
    Progress,
    Reals,
    Truths,
)
from longshore.engine.forecasting.tail import tail_forecast, theta_grid
from longshore.engine.invalid import require

NAIVE = ("naive", "seasonal-naive")
"""What every forecast is measured against, asked for or not."""


def solve_panel(
    problem: PanelProblem, options: PanelOptions | None = None, progress: Progress | None = None
) -> PanelForecast:
    """One forecast per series: the methods' mean, weighted per group and series by their errors at rolling origins.

    Local methods are refitted at every origin; learnt ones are fitted once on what came before the first origin and
    once on everything. Bands are conformal over the same origins. Deterministic for a seed and a number of threads.
    Raises InvalidProblem where the history is shorter than a season and three horizons (use `solve`), and whatever
    `progress` raises. Cost: learners O(rows columns rounds), local methods O(n t) an origin.
    """
    asked = options or PanelOptions()
    rows, periods = problem.history.shape
    require(rows > 0, "history", None, "is empty", "Pass at least one series")
    enough = periods >= problem.season_length + 3 * problem.horizon
    require(enough, "history", None, "is shorter than a season and three horizons", "Use solve for short histories")
    origins = _origins(problem, asked)
    names = (*asked.methods, *(name for name in NAIVE if name not in asked.methods))
    total = _steps(names, Learning(problem, asked, origins, lambda: None))
    work = _Work(problem, asked, origins, _Steps(progress, total))
    made, future = work.all_methods(names)
    found = _weigh(work, _Told(names, made, future), asked)
    work.step.finish()
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """What the methods said: `made` (m, n, k, h), `future` (m, n, h)."""

    names: tuple[str, ...]
    made: Reals
    future: Reals


class _Steps:
    """Counts steps for the progress callback."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def __call__(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(min(self._done, self._total), self._total)

    def finish(self) -> None:
        """All is done, though it took fewer steps than thought."""
        if self._progress is not None and self._done < self._total:
            self._done = self._total
            self._progress(self._total, self._total)


def _steps(names: tuple[str, ...], learning: Learning) -> int:
    return sum(learning.steps(name) if name in LEARNERS else len(learning.origins) + 1 for name in names)


def _origins(problem: PanelProblem, options: PanelOptions) -> Integers:
    """First unknown periods, oldest first; as many of those asked for as leave a season and a horizon before."""
    periods, horizon = problem.history.shape[1], problem.horizon
    stride = options.stride or horizon
    found = periods - horizon - stride * np.arange(options.origins)
    return np.asarray(found[found >= problem.season_length + horizon][::-1], dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    problem: PanelProblem
    options: PanelOptions
    origins: Integers
    step: _Steps

    @property
    def learning(self) -> Learning:
        return Learning(self.problem, self.options, self.origins, self.step)

    def all_methods(self, names: tuple[str, ...]) -> tuple[Reals, Reals]:
        """What each method said at the origins (m, n, k, h) and says now (m, n, h)."""
        made, future = [], []
        for name in names:
            told = self.learning.told(name) if name in LEARNERS else self._local(name)
            made.append(told[:, :-1])
            future.append(told[:, -1])
        shut = np.stack([self._shut(int(o)) for o in (*self.origins, self.problem.history.shape[1])])
        return np.stack(made) * ~shut[None, None, :-1], np.stack(future) * ~shut[None, None, -1]

    def _local(self, name: str) -> Reals:
        """(n, k + 1, h) by a method that looks at each series, refitted at each origin and now."""
        told = []
        for origin in (*self.origins.tolist(), self.problem.history.shape[1]):
            now = cut(self.problem, origin)
            told.append(LOCAL[name](now, prepare(now), self.options))
            self.step()
        return np.stack(told, axis=1)

    def _shut(self, origin: int) -> Truths:
        """Leads (h,) on which an event falls that has always closed the shop before."""
        found = np.zeros(self.problem.horizon, dtype=bool)
        known = self.problem.regressors
        if known is None:
            return found
        closed = prepare(cut(self.problem, origin)).closed
        for events in known.events.T:
            codes = [code for code in np.unique(events[:origin][closed]) if code > 0]
            always = [code for code in codes if closed[events[:origin] == code].mean() > 0.5]
            found |= np.isin(events[origin : origin + self.problem.horizon], always)
        return found


def _last(problem: PanelProblem, past: Past, options: PanelOptions) -> Reals:
    return np.repeat(np.nan_to_num(past.filled[:, -1:]), problem.horizon, axis=1)


def _season(problem: PanelProblem, past: Past, options: PanelOptions) -> Reals:
    season, horizon = problem.season_length, problem.horizon
    last = np.nan_to_num(past.filled[:, -season:])
    return np.asarray(last[:, np.arange(horizon) % season])


def _smoothing(problem: PanelProblem, past: Past, options: PanelOptions) -> Reals:
    filled = np.nan_to_num(past.filled)
    return tail_forecast(filled, problem.season_length, problem.horizon, threads=options.threads).mean


def _theta(problem: PanelProblem, past: Past, options: PanelOptions) -> Reals:
    filled = np.nan_to_num(past.filled)
    made = tail_forecast(filled, problem.season_length, problem.horizon, grid=theta_grid(), threads=options.threads)
    return made.mean


def _by_calendar(problem: PanelProblem, past: Past, options: PanelOptions) -> Reals:
    return calendar_forecast(problem, past)


LOCAL: dict[str, Callable[[PanelProblem, Past, PanelOptions], Reals]] = {
    "naive": _last,
    "seasonal-naive": _season,
    "smoothing": _smoothing,
    "theta": _theta,
    "calendar": _by_calendar,
}


def _weigh(work: _Work, told: _Told, options: PanelOptions) -> PanelForecast:
    problem, origins = work.problem, work.origins
    rows, periods = problem.history.shape
    past = prepare(problem)
    places = origins[:, None] + np.arange(problem.horizon)[None, :]
    actual = problem.history[:, places]
    scale = usual_step(problem.history, past.first, options.measure)
    asked = len(options.methods)
    errors = (told.made - actual[None]) / scale[None, :, None, None]
    groups = np.zeros(rows, dtype=np.int64) if problem.groups is None else problem.groups
    weights = combining.series_weights(errors[:asked], groups, options.measure)
    apart = combining.without_own_origin(errors[:asked], groups, options.measure)
    weighed = np.einsum("knm,mnkh->nkh", apart, told.made[:asked])
    mean = np.einsum("nm,mnh->nh", weights, told.future[:asked])
    units = recent_steps(past, np.append(origins, periods))
    bands = conformal.calibrate(conformal.rolled(weighed, actual, origins, past.first), units, problem.levels)
    error = _size(weighed - actual, scale, options.measure)
    plain = [_size(told.made[told.names.index(name)] - actual, scale, options.measure) for name in NAIVE]
    naive = np.minimum(*plain)
    volume = actual.sum(axis=(1, 2))
    off = np.abs(weighed - actual).sum(axis=(1, 2))
    leading = [options.methods[place] for place in weights.argmax(axis=1)]
    drivers, shares = _drivers(work, options, weights)
    return PanelForecast(
        mean=mean,
        quantiles=conformal.quantiles(mean, bands),
        methods=options.methods,
        weights=weights,
        method=tuple(leading),
        error=error,
        naive_error=naive,
        wape=np.where(volume > 0, off / np.where(volume > 0, volume, 1.0), 0.0),
        value_added=np.where(naive > 0, 1 - error / np.where(naive > 0, naive, 1.0), 0.0),
        backtest=Backtest(origins, told.made[:asked], actual, scale, weighed),
        drivers=drivers,
        contributions=shares,
    )


def _drivers(work: _Work, options: PanelOptions, weights: Reals) -> tuple[tuple[str, ...], Reals]:
    """Of the learnt method that counts most."""
    learnt = [place for place, name in enumerate(options.methods) if name in LEARNERS]
    if not (options.explain and learnt):
        return (), np.zeros((len(weights), work.problem.horizon, 0))
    heaviest = max(learnt, key=lambda place: float(weights[:, place].mean()))
    return work.learning.explained(options.methods[heaviest])


def _size(misses: Reals, scale: Reals, measure: str) -> Reals:
    if measure == "squared":
        return np.asarray(np.sqrt((misses**2).mean(axis=2)).mean(axis=1) / scale)
    return np.asarray(np.abs(misses).mean(axis=(1, 2)) / scale)
