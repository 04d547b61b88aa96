"""The one place that asks the forecasting engine, so that another way of asking is one line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from longshore.engine.forecasting.problem import Forecast, ForecastProblem
from longshore.engine.forecasting.solve import solve
from longshore.planning import rules
from longshore.planning.rules import Integers, Reals

LEVELS: Final = (0.1, 0.9)
FAST_CHUNK: Final = 2000
SLOW_CHUNK: Final = 10  # about a second: how long somebody who cancels may have to wait
Watch = Callable[[int, int], None]  # done, total; raises to stop


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What the engine said of each series: mean and band by day, one-day spread, how it was chosen, its error."""

    mean: Reals
    low: Reals
    high: Reals
    sigma: Reals
    method: tuple[str, ...]
    runner_up: tuple[str, ...]
    demand_class: tuple[str, ...]
    wape: Reals
    bias: Reals
    mase: Reals
    tested: Integers


def ask(history: Reals, *, fast: bool, watch: Watch) -> Said:
    """Forecast every row of `history` (series, days), some at a time so that progress is seen and a stop obeyed."""
    size = FAST_CHUNK if fast else SLOW_CHUNK
    parts = []
    for start in range(0, len(history), size):
        watch(start, len(history))
        parts.append(_engine(history[start : start + size], fast))
    watch(len(history), len(history))
    return _joined(parts)


def _engine(history: Reals, fast: bool) -> Forecast:
    return solve(ForecastProblem(history, rules.SEASON_DAYS, rules.HORIZON_DAYS, levels=LEVELS), fast=fast)


def _joined(parts: list[Forecast]) -> Said:
    def words(name: str) -> tuple[str, ...]:
        return tuple(word for part in parts for word in getattr(part, name))

    def column(name: str) -> Reals:
        return np.concatenate([getattr(part, name) for part in parts])

    quantiles = column("quantiles")
    return Said(
        mean=column("mean"),
        low=quantiles[:, :, 0],
        high=quantiles[:, :, 1],
        sigma=column("sigma"),
        method=words("method"),
        runner_up=words("runner_up"),
        demand_class=words("demand_class"),
        wape=column("wape"),
        bias=column("bias"),
        mase=column("mase"),
        tested=np.concatenate([part.tested for part in parts]),
    )
