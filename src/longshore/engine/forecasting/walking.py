"""Forecasting step by step: a past that is continued by forecasts of its own next periods."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longshore.engine.forecasting.features import Past, Table
from longshore.engine.forecasting.problem import Reals


def ahead(past: Past, origin: int, horizon: int) -> Past:
    """The past until `origin` with room for `horizon` periods, NaN until they are told by `follow`."""
    rows = len(past.filled)
    filled = np.concatenate([past.filled[:, :origin], np.full((rows, horizon), np.nan)], axis=1)
    sums = np.concatenate([past.sums[:, : origin + 1], np.full((rows, horizon), np.nan)], axis=1)
    return replace(past, filled=filled, sums=sums)


def follow(walk: Past, first: int, told: Reals) -> None:
    """`told` (n * periods,) is taken for what was sold from period `first` on, in place. A series that has not begun
    does not begin."""
    made = told.reshape(len(walk.filled), -1)
    last = first + made.shape[1]
    begun = np.isfinite(walk.filled[:, [first - 1]])
    walk.filled[:, first:last] = np.where(begun, made, np.nan)
    walk.sums[:, first + 1 : last + 1] = walk.sums[:, [first]] + np.cumsum(np.where(begun, made, 0.0), axis=1)


def together(steps: list[Table], series: int) -> Table:
    """Tables of the same series, each of some periods, as one with rows (series, all periods)."""

    def woven(parts: list[NDArray[Any]]) -> NDArray[Any]:
        shaped = [part.reshape(series, -1, *part.shape[1:]) for part in parts]
        whole = np.concatenate(shaped, axis=1)
        return whole.reshape(-1, *whole.shape[2:])

    first = steps[0]
    return Table(
        woven([step.values for step in steps]),
        first.names,
        first.kinds,
        woven([step.level for step in steps]),
        woven([step.scale for step in steps]),
        woven([step.series for step in steps]),
        woven([step.target for step in steps]),
    )
