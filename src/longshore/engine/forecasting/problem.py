"""Histories in, forecasts with their measured error out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require, require_reals

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]


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
