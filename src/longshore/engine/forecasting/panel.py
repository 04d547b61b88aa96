"""Forecast a panel: local and learnt methods, combined by what they got wrong in the past, with calibrated bands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from longshore.engine.forecasting import combining, conformal, learners
from longshore.engine.forecasting.effects import calendar_forecast
from longshore.engine.forecasting.features import Past, Table, Truths, build, prepare, recent_steps, usual_step
from longshore.engine.forecasting.problem import (
    Backtest,
    Integers,
    PanelForecast,
    PanelOptions,
    PanelProblem,
    Progress,
    Reals,
)
from longshore.engine.forecasting.tail import tail_forecast, theta_grid
from longshore.engine.invalid import require

YEARS = 5.0
"""How far back learnt models look at most."""
VIEWS = {"lightgbm": (False, True), "linear": (False,), "support-vector": (False,), "neural": (False,)}
"""Whether a learner's rows are relative to the level at their origin, or shares of the usual one, or both in turn."""
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
    work = _Work(problem, asked, origins, _Steps(progress, _steps(names, asked, len(origins))))
    made, future = work.all_methods(names)
    return _weigh(work, _Told(names, made, future), asked)


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


def _steps(names: tuple[str, ...], options: PanelOptions, origins: int) -> int:
    each = {"lightgbm": 4 * options.rounds * options.bags, "linear": 4, "support-vector": 4, "neural": 4}
    return sum(each.get(name, origins + 1) for name in names)


def _origins(problem: PanelProblem, options: PanelOptions) -> Integers:
    """First unknown periods, oldest first; as many of those asked for as leave a season and a horizon before."""
    periods, horizon = problem.history.shape[1], problem.horizon
    stride = options.stride or horizon
    found = periods - horizon - stride * np.arange(options.origins)
    return np.asarray(found[found >= problem.season_length + horizon][::-1], dtype=np.int64)


def cut(problem: PanelProblem, origin: int) -> PanelProblem:
    """The problem as it was when only periods before `origin` were known."""
    known = problem.regressors
    end = origin + problem.horizon
    if known is not None:
        known = replace(known, codes=known.codes[:end], events=known.events[:end], own=known.own[:, :end])
    return replace(problem, history=np.ascontiguousarray(problem.history[:, :origin]), regressors=known)


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    problem: PanelProblem
    options: PanelOptions
    origins: Integers
    step: _Steps

    def all_methods(self, names: tuple[str, ...]) -> tuple[Reals, Reals]:
        """What each method said at the origins (m, n, k, h) and says now (m, n, h)."""
        made, future = [], []
        for name in names:
            told = self._learnt(name) if name in learners.LEARNERS else self._local(name)
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

    def _learnt(self, name: str) -> Reals:
        """(n, k + 1, h) by a learnt model: one fit before the first origin, one on everything; trees see every row
        twice, relative to the level then and to the usual one, and say the mean of both."""
        views = VIEWS[name] if prepare(self.problem).memory > 1 else (False,)
        return np.asarray(np.mean([self._seen(name, fixed) for fixed in views], axis=0))

    def _seen(self, name: str, fixed: bool) -> Reals:
        rows, end = self.problem.history.shape
        first = int(self.origins[0])
        then = cut(self.problem, first)
        before, past = prepare(then), prepare(self.problem)
        early = self._fit(name, then, before, fixed)
        seen = replace(past, memory=before.memory, usual=before.usual)
        told = [_apply(early, build(self.problem, seen, self.origins, fixed=fixed), (rows, len(self.origins)))]
        final = self._fit(name, self.problem, past, fixed)
        now = build(self.problem, past, np.array([end], dtype=np.int64), fixed=fixed)
        told.append(_apply(final, now, (rows, 1)))
        return np.concatenate(told, axis=1)

    def _fit(self, name: str, problem: PanelProblem, past: Past, fixed: bool) -> learners.Fitted:
        return learners.fit(name, lesson(problem, past, self.options, fixed=fixed), self.options, self.step)

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

    def explained(self, name: str) -> tuple[tuple[str, ...], Reals]:
        """Drivers and what each adds (n, h, drivers) to a learnt method's forecast, in units of demand."""
        past, shape = prepare(self.problem), (len(self.problem.history), self.problem.horizon)
        views = VIEWS[name] if past.memory > 1 else (False,)
        added: dict[str, Reals] = {}
        for fixed in views:
            fitted = self._fit(name, self.problem, past, fixed)
            table = build(self.problem, past, np.array([self.problem.history.shape[1]], dtype=np.int64), fixed=fixed)
            shares = fitted.contribute(table.values) * table.scale[:, None]
            shares[:, -1] += np.nan_to_num(table.level)
            for place, driver in enumerate((*table.names, "usual level")):
                mine = shares[:, place].reshape(shape) / len(views)
                added[driver] = added.get(driver, np.zeros(shape)) + mine
        last = added.pop("usual level")
        return (*added, "usual level"), np.stack([*added.values(), last], axis=2)


def lesson(problem: PanelProblem, past: Past, options: PanelOptions, *, fixed: bool = False) -> learners.Lesson:
    """Rows of the past to learn from: as many origins as `most_rows` allow, spread over the last five years, their
    distance sharing no divisor with the season so that every place in it is seen from every lead."""
    rows, periods = problem.history.shape
    year = problem.year or max(problem.season_length, 52.0)
    reach = min(periods - problem.season_length - 1, round(YEARS * year))
    wanted = max(options.most_rows // (rows * problem.horizon), 2)
    stride = max(reach // wanted, 1)
    while problem.season_length > 1 and np.gcd(stride, problem.season_length) > 1:
        stride += 1
    origins = np.arange(periods - 1, max(periods - 1 - reach, 1), -stride)[::-1].astype(np.int64)
    table = build(problem, past, origins, fixed=fixed)
    known = (table.target < periods) & np.isfinite(table.level) & (table.level + table.scale > 0)
    known &= ~past.closed[np.minimum(table.target, periods - 1)]
    table = _only(table, known)
    actual = problem.history[table.series, table.target]
    step = usual_step(problem.history, past.first, options.measure)[table.series]
    weight = table.scale / step
    weight = np.clip(weight / np.median(weight), 0.05, 20.0)
    target = (actual - table.level) / table.scale
    return learners.Lesson(table, target, weight**2 if options.measure == "squared" else weight, options.measure)


def _only(table: Table, kept: Truths) -> Table:
    return replace(
        table,
        values=table.values[kept],
        level=table.level[kept],
        scale=table.scale[kept],
        series=table.series[kept],
        target=table.target[kept],
    )


def _apply(fitted: learners.Fitted, table: Table, shape: tuple[int, int]) -> Reals:
    told = np.nan_to_num(table.level + table.scale * fitted.predict(table.values))
    return np.asarray(np.maximum(told, 0.0).reshape(*shape, -1))


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
    bands = conformal.calibrate(actual - weighed, units, problem.levels)
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
    learnt = [place for place, name in enumerate(options.methods) if name in learners.LEARNERS]
    if not (options.explain and learnt):
        return (), np.zeros((len(weights), work.problem.horizon, 0))
    heaviest = max(learnt, key=lambda place: float(weights[:, place].mean()))
    return work.explained(options.methods[heaviest])


def _size(misses: Reals, scale: Reals, measure: str) -> Reals:
    if measure == "squared":
        return np.asarray(np.sqrt((misses**2).mean(axis=2)).mean(axis=1) / scale)
    return np.asarray(np.abs(misses).mean(axis=(1, 2)) / scale)
