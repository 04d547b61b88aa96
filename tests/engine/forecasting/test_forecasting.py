"""Forecasts: known answers, errors as stated, never a NaN, better than naive, speed."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from longshore.engine.forecasting.check import check
from longshore.engine.forecasting.problem import ForecastProblem
from longshore.engine.forecasting.solve import solve
from longshore.engine.invalid import InvalidProblem
from longshore.engine.simulating.streams import Streams


def problem(*rows: list[float], season: int = 1, horizon: int = 3) -> ForecastProblem:
    """A problem of equally long rows."""
    return ForecastProblem(np.array(rows, dtype=np.float64), season, horizon, (0.1, 0.5, 0.9))


@pytest.mark.parametrize("fast", [True, False])
def test_a_constant_series_is_forecast_exactly(fast: bool) -> None:
    """20 in every period is forecast as 20 without error, whatever the method."""
    found = solve(problem([20.0] * 30, season=7), fast=fast)
    assert found.mean[0] == pytest.approx([20.0] * 3)
    assert (found.sigma[0], found.wape[0], found.bias[0]) == (0.0, 0.0, 0.0)
    assert found.quantiles[0].ravel() == pytest.approx([20.0] * 9)
    assert (found.method[0], found.demand_class[0]) == ("mean", "smooth")


def test_a_season_is_found() -> None:
    """A weekly pattern over ten weeks is forecast day by day, far better than its mean."""
    week = [10.0, 12.0, 14.0, 16.0, 30.0, 40.0, 5.0]
    found = solve(problem(week * 10, season=7, horizon=7), fast=True)
    assert found.method[0] == "seasonal"
    assert found.mean[0] == pytest.approx(week, rel=0.12)


def test_a_trend_is_followed() -> None:
    """A steady climb is forecast above its last value and above its mean."""
    found = solve(problem([float(10 + 3 * t) for t in range(30)]), fast=True)
    assert found.method[0] == "damped"
    assert found.mean[0, 0] > 96 and found.mean[0, 2] > found.mean[0, 0]


def test_a_dying_item_fades() -> None:
    """After a long silence an intermittent item's forecast is well below its mean."""
    found = solve(problem([0.0, 6.0, 0.0, 5.0] * 5 + [0.0] * 16), fast=True)
    assert found.demand_class[0] == "intermittent"
    assert found.mean[0, 0] < 1.0


@pytest.mark.parametrize("fast", [True, False])
def test_nothing_sold_and_short_histories(fast: bool) -> None:
    """No sale: zero; three periods after leading zeros: their mean, with at least Poisson's spread."""
    found = solve(problem([0.0] * 12, [0.0] * 9 + [3.0, 6.0, 9.0], [0.0] * 11 + [4.0]), fast=fast)
    assert found.method == ("none", "mean", "mean")
    assert found.demand_class == ("none", "short", "short")
    assert found.mean[:, 0] == pytest.approx([0.0, 6.0, 4.0])
    assert found.sigma[0] == 0 and found.sigma[1] >= 6**0.5 and found.sigma[2] == 2.0


def test_stated_errors_are_those_of_the_test_periods() -> None:
    """A jump from 10 to 20 in the last of 24 periods: only that period errs, by half its demand."""
    found = solve(problem([10.0] * 23 + [20.0]), fast=True)
    assert found.tested[0] == 8
    assert found.wape[0] == pytest.approx(10 / (7 * 10 + 20))
    assert found.bias[0] == pytest.approx(-10 / (7 * 10 + 20))
    assert found.mase[0] == pytest.approx((10 / 8) / (10 / 23))


HISTORIES = hnp.arrays(
    np.float64, st.tuples(st.integers(0, 4), st.integers(0, 30)), elements=st.sampled_from([0.0, 0.0, 1.0, 7.0, 500.0])
)


@settings(max_examples=120, deadline=None)
@given(HISTORIES, st.integers(1, 7), st.integers(1, 4))
def test_any_history_gets_finite_ordered_numbers(history: np.ndarray, season: int, horizon: int) -> None:
    """Whatever was sold, the fast forecast passes the independent check and repeats itself."""
    asked = ForecastProblem(history, season, horizon)
    found = solve(asked, fast=True)
    assert check(asked, found) == []
    again = solve(asked, fast=True)
    assert (found.mean == again.mean).all() and found.method == again.method


@settings(max_examples=8, deadline=None)
@given(HISTORIES)
def test_any_history_gets_finite_numbers_from_the_reference_models_too(history: np.ndarray) -> None:
    """Statsforecast's models never bring in a NaN."""
    asked = ForecastProblem(history, 4, 2)
    assert check(asked, solve(asked)) == []


def demand(rows: int, periods: int) -> np.ndarray:
    """Half steady and seasonal, half intermittent."""
    rng = Streams(11).stream("history")
    wave = 1 + 0.5 * np.sin(np.arange(periods) * 2 * np.pi / 12)
    steady = rng.poisson(rng.uniform(5, 50, (rows // 2, 1)) * wave)
    rare = rng.poisson(4, (rows - rows // 2, periods)) * (rng.random((rows - rows // 2, periods)) < 0.25)
    return np.concatenate([steady, rare]).astype(np.float64)


def test_forecasts_beat_the_naive_one() -> None:
    """On 200 simulated series the squared error over 6 unseen periods is below the naive and the mean forecast's."""
    history = demand(200, 66)
    past, future = np.ascontiguousarray(history[:, :60]), history[:, 60:]
    found = solve(ForecastProblem(past, 12, 6), fast=True)

    def error(made: np.ndarray) -> float:
        return float(((made - future) ** 2).mean())

    naive = error(np.repeat(past[:, -1:], 6, axis=1))
    mean = error(np.repeat(past.mean(axis=1, keepdims=True), 6, axis=1))
    assert error(found.mean) < 0.5 * naive
    assert error(found.mean) < 0.6 * mean


def test_the_band_holds_what_it_says() -> None:
    """About 80 % of unseen next periods lie between the 10 % and 90 % quantiles."""
    history = demand(400, 61)
    found = solve(ForecastProblem(np.ascontiguousarray(history[:, :60]), 12, 1, (0.1, 0.9)), fast=True)
    steady = history[:200, 60]
    inside = (steady >= found.quantiles[:200, 0, 0]) & (steady <= found.quantiles[:200, 0, 1])
    assert 0.7 < inside.mean() < 0.92


def test_four_thousand_series_take_less_than_a_second() -> None:
    """4,000 series of 60 periods are forecast in under a second once compiled."""
    asked = ForecastProblem(demand(4000, 60), 12, 4)
    solve(asked, fast=True)
    start = time.perf_counter()
    solve(asked, fast=True)
    assert time.perf_counter() - start < 1.0


def test_wrong_problems_are_refused() -> None:
    """Negative counts, NaN, a level of 1, no horizon and integer matrices are refused with their place."""
    with pytest.raises(InvalidProblem, match=r"history\[1\]"):
        problem([1.0, 2.0], [1.0, -2.0])
    with pytest.raises(InvalidProblem, match=r"history\[0\]"):
        problem([float("nan"), 2.0])
    with pytest.raises(InvalidProblem, match=r"levels\[0\]"):
        ForecastProblem(np.ones((1, 3)), 1, 1, (1.0,))
    with pytest.raises(InvalidProblem, match="horizon"):
        ForecastProblem(np.ones((1, 3)), 1, 0)
    with pytest.raises(InvalidProblem, match="float64"):
        ForecastProblem(np.ones((1, 3), dtype=np.int64), 1, 1)  # type: ignore[arg-type]
