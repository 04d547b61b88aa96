"""Forecast many series."""

from __future__ import annotations

from longshore.engine.forecasting.problem import Forecast, ForecastProblem


def solve(problem: ForecastProblem, *, fast: bool = False) -> Forecast:
    """One forecast per series by demand class; `fast` uses own compiled kernels only. Deterministic."""
    raise NotImplementedError
