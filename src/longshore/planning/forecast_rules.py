"""The one place that asks the forecasting engine, so that another way of asking is one line.

Quick: the compiled kernels. Slow: each series' own methods, refitted. Learnt: the panel, in which series learn from each
other, for those with enough steady history; the others as slow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from longshore.engine.forecasting.drift import drifts
from longshore.engine.forecasting.measuring import CLASSES, INTERMITTENT, NONE, classify, first_demand
from longshore.engine.forecasting.panel import solve_panel
from longshore.engine.forecasting.problem import Forecast, ForecastProblem, PanelForecast, PanelOptions, PanelProblem
from longshore.engine.forecasting.solve import solve
from longshore.planning import rules
from longshore.planning.rules import Integers, Reals

QUICK, SLOW, LEARNT = "quick", "slow", "learnt"
LEVELS: Final = (0.1, 0.9)
QUICK_CHUNK: Final = 2000
SLOW_CHUNK: Final = 10  # about a second: how long somebody who cancels may have to wait
PANEL_DAYS: Final = rules.SEASON_DAYS + 4 * rules.HORIZON_DAYS
PANEL: Final = PanelOptions(threads=1)
LEAN_SHARE: Final = 0.25  # of what was wanted: less is no exception, however sure
MOST_LEAN: Final = 1_000_000
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


def ask(history: Reals, *, way: str, watch: Watch) -> Said:
    """Forecast every row of `history` (series, days), some at a time so that progress is seen and a stop obeyed."""
    if way != LEARNT:
        return _by_series(history, way, watch)
    steady = _steady(history)
    if not len(steady):
        return _by_series(history, SLOW, watch)
    rest = np.setdiff1d(np.arange(len(history)), steady)
    total = len(history)
    learnt = _by_panel(history[steady], lambda done, of: watch(done * len(steady) // of, total))
    if not len(rest):
        return learnt
    alone = _by_series(history[rest], SLOW, lambda done, of: watch(len(steady) + done, total))
    return _merged([learnt, alone], np.argsort(np.concatenate([steady, rest]), kind="stable"))


def _steady(history: Reals) -> Integers:
    """Rows with enough days since their first demand, most of them with demand: what a panel can learn from."""
    first = first_demand(history)
    kinds = classify(history, first)
    long = history.shape[1] - first >= PANEL_DAYS
    return np.flatnonzero(long & (kinds < INTERMITTENT) & (kinds != NONE))


def _by_series(history: Reals, way: str, watch: Watch) -> Said:
    size = QUICK_CHUNK if way == QUICK else SLOW_CHUNK
    parts = []
    for start in range(0, len(history), size):
        watch(start, len(history))
        asked = ForecastProblem(history[start : start + size], rules.SEASON_DAYS, rules.HORIZON_DAYS, levels=LEVELS)
        parts.append(_said(solve(asked, fast=way == QUICK)))
    watch(len(history), len(history))
    return _merged(parts, np.arange(len(history)))


def _said(made: Forecast) -> Said:
    return Said(
        made.mean, made.quantiles[:, :, 0], made.quantiles[:, :, 1], made.sigma, made.method, made.runner_up,
        made.demand_class, made.wape, made.bias, made.mase, made.tested,
    )  # fmt: skip


def _by_panel(history: Reals, watch: Watch) -> Said:
    watch(0, 1)
    asked = PanelProblem(history, rules.SEASON_DAYS, rules.HORIZON_DAYS, levels=LEVELS)
    made = solve_panel(asked, PANEL, watch)
    test = made.backtest
    wanted = test.actual.sum(axis=(1, 2))
    safe = np.where(wanted > 0, wanted, 1.0)
    naive = np.abs(test.made[_place(made, "seasonal-naive")] - test.actual).sum(axis=(1, 2)) / safe
    order = np.argsort(-made.weights, axis=1, kind="stable")
    kinds = classify(history, first_demand(history))
    return Said(
        mean=made.mean,
        low=made.quantiles[:, :, 0],
        high=made.quantiles[:, :, 1],
        sigma=np.asarray(np.sqrt(((test.weighed - test.actual) ** 2).mean(axis=(1, 2))), dtype=np.float64),
        method=made.method,
        runner_up=tuple(made.methods[places[1]] if len(places) > 1 else "" for places in order),
        demand_class=tuple(CLASSES[kind] for kind in kinds),
        wape=np.where(wanted > 0, np.abs(test.weighed - test.actual).sum(axis=(1, 2)) / safe, 0.0),
        bias=np.where(wanted > 0, (test.weighed - test.actual).sum(axis=(1, 2)) / safe, 0.0),
        mase=np.where(naive > 0, made.wape / np.where(naive > 0, naive, 1.0), 0.0),
        tested=np.full(len(history), test.actual.shape[1] * test.actual.shape[2], dtype=np.int64),
    )


def _place(made: PanelForecast, name: str) -> int:
    return made.methods.index(name)


def _merged(parts: list[Said], order: Integers) -> Said:
    """Parts one below the other, the rows put in this order."""

    def column(name: str) -> Reals:
        return np.concatenate([getattr(part, name) for part in parts])[order]

    def words(name: str) -> tuple[str, ...]:
        every = [word for part in parts for word in getattr(part, name)]
        return tuple(every[place] for place in order)

    return Said(
        mean=column("mean"),
        low=column("low"),
        high=column("high"),
        sigma=column("sigma"),
        method=words("method"),
        runner_up=words("runner_up"),
        demand_class=words("demand_class"),
        wape=column("wape"),
        bias=column("bias"),
        mase=column("mase"),
        tested=np.concatenate([part.tested for part in parts])[order],
    )


def leans(off: Sequence[Sequence[int]], sigma: Sequence[int], wanted: Sequence[int]) -> dict[int, int]:
    """Forecasts (by place) whose errors drift to one side: what they were off by in all, in basis points of what was
    wanted. `off` forecast less demand of each day, oldest first; `sigma` the spread they say they have. The engine says
    what is no chance; it must be a quarter of what was wanted, too."""
    longest = max(map(len, off), default=0)
    missed = np.zeros((len(off), longest))
    for row, days in enumerate(off):
        missed[row, longest - len(days) :] = [-each for each in days]
    kinds = {(one.row, one.kind) for one in drifts(missed, np.array(sigma, dtype=np.float64))}
    found = {}
    for row, days in enumerate(off):
        lean, of = sum(days), max(wanted[row], 1)
        if (row, "low" if lean > 0 else "high") in kinds and abs(lean) > LEAN_SHARE * of:
            found[row] = min(max(round(lean * 10_000 / of), -10_000), MOST_LEAN)
    return found
