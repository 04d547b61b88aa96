"""What each step of forecasting was worth: naive, statistical, changed by hand (forecast value added, Gilliland)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshore.engine.forecasting.problem import Reals
from longshore.engine.invalid import require, require_reals


@dataclass(frozen=True, slots=True)
class Step:
    """`wape` absolute error per unit of demand and `bias` of all forecasts of a step; `added` how much of the error
    of the step before it saved, in shares of demand (negative: it made things worse); `better` share of the forecasts
    it changed that came nearer, 0 where it changed none; `changed` how many."""

    name: str
    wape: float
    bias: float
    added: float
    better: float
    changed: int


def value_added(actual: Reals, steps: tuple[tuple[str, Reals], ...]) -> tuple[Step, ...]:
    """`actual` (n,) demand; `steps` names and forecasts (n,) in the order they were made, the naive one first."""
    require(len(steps) > 0, "steps", None, "are none", "Pass the naive forecast first")
    demand = float(actual.sum())
    require(demand > 0, "actual", None, "has no demand", "Compare where something was asked for")
    made: list[Step] = []
    before: Reals | None = None
    for name, told in steps:
        require_reals(told, name, actual.shape)
        miss = np.abs(told - actual)
        past = miss if before is None else np.abs(before - actual)
        moved = np.zeros(len(actual), dtype=bool) if before is None else told != before
        nearer = float((miss[moved] < past[moved]).mean()) if moved.any() else 0.0
        bias = float((told - actual).sum()) / demand
        made.append(
            Step(name, float(miss.sum()) / demand, bias, float((past - miss).sum()) / demand, nearer, int(moved.sum()))
        )
        before = told
    return tuple(made)
