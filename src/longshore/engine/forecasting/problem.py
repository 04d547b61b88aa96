"""Histories in, forecasts with their measured error out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require, require_integers, require_reals

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]
Truths = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ForecastProblem:
    """`history` float64 (n_series, n_periods), non-negative counts, oldest first; zeros before a series' first sale are
    taken as "not yet sold" and ignored. `season_length` periods per season (1: none). `horizon` periods ahead. `levels`
    are quantile levels inside (0, 1). Raises InvalidProblem.
    """

    history: Reals
    season_length: int
    horizon: int
    levels: tuple[float, ...] = (0.1, 0.5, 0.9)

    def __post_init__(self) -> None:
        require(self.history.ndim == 2, "history", None, "is not (series, periods)", "Pass a matrix")
        require_reals(self.history, "history", self.history.shape)
        require(self.season_length >= 1, "season_length", None, "is below 1", "Use 1 for no season")
        require(self.horizon >= 1, "horizon", None, "is below 1", "Ask for at least one period")
        for row, level in enumerate(self.levels):
            require(0 < level < 1, "levels", row, f"{level} is not inside (0, 1)", "Give quantile levels such as 0.9")


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """`mean` (n, horizon); `sigma` (n,) standard deviation of the one-step error; `quantiles` (n, horizon, levels);
    `method` and `demand_class` per series. Backtest over the last periods (rolling origin, one step), NaN-free:
    `wape` (n,) absolute error per unit of demand, `mase` (n,) against the one-step naive error, `bias` (n,) mean
    error per unit of demand (positive: too high); 0 where nothing could be measured. `tested` (n,) periods in the
    backtest. `runner_up` method per series and `runner_up_gap` (n,) by how much its squared error is larger (1.1 =
    10 %)."""

    mean: Reals
    sigma: Reals
    quantiles: Reals
    method: tuple[str, ...]
    demand_class: tuple[str, ...]
    wape: Reals
    mase: Reals
    bias: Reals
    tested: NDArray[np.int64]
    runner_up: tuple[str, ...]
    runner_up_gap: Reals


Progress = Callable[[int, int], None]
"""Called with (done, of) steps as work goes on; whatever it raises stops the work, and nothing is left behind."""


class Cancelled(Exception):
    """What a progress callback raises when the person who asked has changed their mind."""


@dataclass(frozen=True, slots=True, eq=False)
class Regressors:
    """What is known of past and future periods, t + horizon of them, oldest first.

    `codes` int64 (t + horizon, c): kinds of period that all series share, such as the day of the month. `events`
    int64 (t + horizon, e): the same, 0 for nothing, for what is also felt the period before and after. `own` float64
    (n, t + horizon, k): numbers per series, such as a price or a promotion. `names`: of the columns in this order.
    """

    codes: Integers
    events: Integers
    own: Reals
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        periods = len(self.codes)
        whole = self.codes.dtype == np.int64 and self.events.dtype == np.int64
        require(self.codes.ndim == 2 and self.events.ndim == 2 and whole, "codes", None, "is not int64", "Convert")
        same = len(self.events) == periods and self.own.ndim == 3 and self.own.shape[1] == periods
        require(same, "own", None, "has not as many periods as codes", "Pass the same periods everywhere")
        require(bool(np.isfinite(self.own).all()), "own", None, "holds a number that is none", "Fill the gaps")
        columns = self.codes.shape[1] + self.events.shape[1] + self.own.shape[2]
        require(len(self.names) == columns, "names", None, f"are not {columns}", "Name every column once")
        low = bool((self.codes >= 0).all() and (self.events >= 0).all())
        require(low, "codes", None, "hold a negative code", "Number the kinds from 0")


@dataclass(frozen=True, slots=True, eq=False)
class PanelProblem:
    """Series that learn from each other.

    `history`, `season_length`, `horizon`, `levels`: as in ForecastProblem. `year`: periods in a year where that is
    another season (365.25 with days, 52.18 with weeks), 0 for none. `groups` int64 (n,): series that are alike and
    share one choice of methods. `traits` int64 (n, k): codes of what a series is, such as its site and family.
    """

    history: Reals
    season_length: int
    horizon: int
    levels: tuple[float, ...] = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
    year: float = 0.0
    groups: Integers | None = None
    traits: Integers | None = None
    regressors: Regressors | None = None

    def __post_init__(self) -> None:
        ForecastProblem(self.history, self.season_length, self.horizon, self.levels)
        rows, periods = self.history.shape
        require(self.year >= 0, "year", None, "is negative", "Use 0 for none")
        ordered = list(self.levels) == sorted(set(self.levels))
        require(ordered, "levels", None, "are not in ascending order", "Sort them")
        if self.groups is not None:
            require_integers(self.groups, "groups", rows, 0)
        if self.traits is not None:
            right = self.traits.ndim == 2 and len(self.traits) == rows and self.traits.dtype == np.int64
            require(right, "traits", None, "is not int64 (n, k)", "Pass one row of codes for each series")
        if self.regressors is not None:
            long = len(self.regressors.codes) == periods + self.horizon and len(self.regressors.own) == rows
            require(long, "regressors", None, "do not fit history and horizon", "Pass n series, t + horizon periods")


METHODS = (
    "naive",
    "seasonal-naive",
    "smoothing",
    "theta",
    "calendar",
    "lightgbm",
    "linear",
    "support-vector",
    "neural",
)
MEASURES = ("squared", "absolute")


@dataclass(frozen=True, slots=True)
class PanelOptions:
    """`methods`: candidates, of METHODS. `origins`: forecasts made in the past to choose and to calibrate by, `stride`
    periods apart (0: the horizon). `measure`: what a good forecast has little of, squared or absolute error over each
    series' usual step. `rounds` of boosting, trees of `leaves`, by `bags` differently seeded models. `refits`: how often
    learnt methods are fitted on the way through the origins, once more for now. `explain`: with contributions."""

    methods: tuple[str, ...] = ("seasonal-naive", "smoothing", "theta", "calendar", "lightgbm")
    origins: int = 6
    stride: int = 0
    measure: str = "squared"
    rounds: int = 200
    leaves: int = 31
    bags: int = 1
    refits: int = 1
    most_rows: int = 160_000
    seed: int = 1
    threads: int = 2
    explain: bool = False

    def __post_init__(self) -> None:
        require(len(self.methods) > 0, "methods", None, "are none", "Name at least one")
        for row, name in enumerate(self.methods):
            require(name in METHODS, "methods", row, f"{name} is unknown", f"Use one of {', '.join(METHODS)}")
        require(len(set(self.methods)) == len(self.methods), "methods", None, "repeat themselves", "Name each once")
        require(self.measure in MEASURES, "measure", None, "is unknown", f"Use one of {', '.join(MEASURES)}")
        least = min(self.origins, self.rounds, self.leaves - 1, self.bags, self.refits, self.most_rows, self.threads)
        require(least >= 1 and self.stride >= 0, "origins", None, "or another number is below 1", "Use at least 1")


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """Forecasts made in the past: `origins` int64 (k,) first period each did not know, `made` float64 (methods, n, k,
    horizon), `actual` (n, k, horizon), `scale` (n,) each series' usual step (root of the mean square, or the mean, by
    the measure), `weighed` (n, k, horizon) their combination with weights found without the origin it is judged at."""

    origins: Integers
    made: Reals
    actual: Reals
    scale: Reals
    weighed: Reals


@dataclass(frozen=True, slots=True, eq=False)
class PanelForecast:
    """`mean` (n, horizon), `quantiles` (n, horizon, levels); `methods` asked for and `weights` (n, methods) given to
    each by the back-test; `method` (n names) the weightiest; `error` and `naive_error` (n,) of the back-test, in usual
    steps, the naive forecast being the last value or the last season, whichever was better; `wape` (n,) absolute error
    per unit of demand; `value_added` (n,) share of the naive error that is saved (negative: worse). `drivers` and
    `contributions` (n, horizon, drivers): what each driver added to the learnt forecast, in units of demand, the last
    the usual level; empty unless asked for."""

    mean: Reals
    quantiles: Reals
    methods: tuple[str, ...]
    weights: Reals
    method: tuple[str, ...]
    error: Reals
    naive_error: Reals
    wape: Reals
    value_added: Reals
    backtest: Backtest
    drivers: tuple[str, ...]
    contributions: Reals
