"""The parts of forecasting: grids, bands, weights, stock, hierarchies, value added, drift."""

from __future__ import annotations

import numpy as np
import pytest

from longshore.engine.forecasting.combining import group_weights, series_weights
from longshore.engine.forecasting.conformal import Rolled, calibrate, coverage, quantiles, rolled
from longshore.engine.forecasting.costing import replay, stock_at_fill
from longshore.engine.forecasting.drift import drifts
from longshore.engine.forecasting.rare import Rate, aggregated, binomial_cover, choose_by_stock, fading_rate
from longshore.engine.forecasting.reconciling import hierarchy, reconcile
from longshore.engine.forecasting.tail import tail_forecast, theta_grid
from longshore.engine.forecasting.value import value_added
from longshore.engine.simulating.streams import Streams


def test_grids_know_constants_trends_and_seasons() -> None:
    """A constant stays, a line goes on, a season comes back, whichever thread does it."""
    t = np.arange(120.0)
    season = np.array([1.0, 1.2, 0.9, 0.7])[np.arange(120) % 4]
    history = np.stack([np.full(120, 20.0), 10 + 3 * t, 50 * season])
    plain = tail_forecast(history[:2], 1, 3)
    assert plain.mean[0] == pytest.approx([20.0] * 3)
    assert plain.mean[1] == pytest.approx([370.0, 373.0, 376.0], rel=0.01)
    assert plain.spread[0] == pytest.approx(0.0, abs=1e-9)
    seasonal = tail_forecast(history, 4, 4, threads=2)
    assert seasonal.mean[2] == pytest.approx(50 * np.array([1.0, 1.2, 0.9, 0.7]), rel=0.02)
    alone = tail_forecast(history[2:], 4, 4)
    assert (alone.mean[0] == seasonal.mean[2]).all()
    drift = tail_forecast(10 + 3 * t[None], 1, 2, grid=theta_grid())
    assert drift.mean[0, 1] - drift.mean[0, 0] == pytest.approx(1.5)


def test_an_empty_and_an_unsold_history_are_forecast_as_nothing() -> None:
    """No row, and a row without demand."""
    assert tail_forecast(np.zeros((0, 10)), 1, 3).mean.shape == (0, 3)
    assert (tail_forecast(np.zeros((1, 10)), 4, 3).mean == 0).all()


def test_weights_find_the_mixture() -> None:
    """Two methods with opposite errors get half each; a bad third gets next to nothing; one alone gets all."""
    rng = Streams(3).stream("weights")
    noise = rng.normal(0, 1, 500)
    errors = np.stack([noise, -noise, 10 * rng.normal(0, 1, 500)])
    for measure in ("squared", "absolute"):
        found = group_weights(errors, measure)
        assert found[:2] == pytest.approx([0.5, 0.5], abs=0.02) and found[2] < 0.02
    assert group_weights(errors[:1], "squared").tolist() == [1.0]


def test_a_series_leans_to_the_method_that_suits_it() -> None:
    """In a group where both are equal, a series on which one errs twice as much gives the other more."""
    rng = Streams(4).stream("series")
    errors = rng.normal(0, 1, (2, 20, 8, 4))
    errors[0, 0] *= 2.5
    found = series_weights(errors, np.zeros(20, dtype=np.int64), "squared")
    assert found[0, 1] > 0.7 and abs(float(found[1:, 1].mean()) - 0.5) < 0.15


def test_bands_hold_what_they_say_whatever_the_shape() -> None:
    """On skewed errors of different sizes each quantile's share is within 2 points; quantiles are in order."""
    rng = Streams(6).stream("bands")
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    spread = rng.uniform(1, 20, (60, 1, 1))
    misses = spread * (rng.gamma(2.0, 1.0, (60, 14, 10)) - 2.0)
    units = np.broadcast_to(spread[:, 0], (60, 15)).copy()
    made = np.full((60, 14, 10), 100.0)
    found = coverage(Rolled(made, made + misses), units, levels, 6)
    assert found == pytest.approx(levels, abs=0.02)
    bands = quantiles(made[:, 0], calibrate(Rolled(made, made + misses), units, levels))
    assert (np.diff(bands, axis=2) >= 0).all()


def test_bands_follow_a_bias_that_all_series_share() -> None:
    """Eight quiet origins, then eight at which everything sells a spread more: half of all misses lie below a half, but
    at the end the middle is where the last ones have theirs."""
    rng = Streams(14).stream("bias")
    misses = rng.normal(0, 1, (40, 16, 7))
    misses[:, 8:] += 1.0
    made, units = np.full(misses.shape, 100.0), np.ones((40, 17))
    bands = calibrate(Rolled(made, made + misses), units, (0.1, 0.5, 0.9))
    middle = float((bands.spread.mean() * bands.offsets[:, 1]).mean())
    assert float(np.median(misses)) < 0.55 and middle == pytest.approx(1.0, abs=0.1)


def test_forecasts_before_a_series_began_are_not_judged() -> None:
    """A series that began in period 12 says nothing at origins 10 and 12; its zeros there make it no calmer."""
    rng = Streams(15).stream("late")
    misses = rng.normal(0, 1, (10, 6, 4))
    origins, first = np.array([10, 12, 14, 16, 18, 20]), np.array([0] * 5 + [12] * 5)
    misses[5:, :2] = 0.0
    made = np.full(misses.shape, 50.0)
    judged = rolled(made, made + misses, origins, first)
    assert (
        np.isnan(judged.made[5:, :2]).all()
        and np.isfinite(judged.made[:5]).all()
        and np.isfinite(judged.made[:, 2:]).all()
    )
    narrow = calibrate(Rolled(made, made + misses), np.ones((10, 7)), (0.1, 0.9))
    right = calibrate(judged, np.ones((10, 7)), (0.1, 0.9))
    assert float(right.spread[5:].mean()) > float(narrow.spread[5:].mean())


def test_stock_is_counted_by_hand() -> None:
    """Level 3, one period's lead, demand 2, 2, 0: serves 2, then 1 and 1 late; on hand at the ends 1, 0, 1."""
    told = replay(np.full((1, 3), 3.0), np.array([[2.0, 2.0, 0.0]]), 1)
    assert (told.fill, told.stock) == (0.75, pytest.approx(2 / 3))
    at_once = replay(np.full((1, 2), 3.0), np.array([[2.0, 3.0]]), 0)
    assert (at_once.fill, at_once.stock) == (1.0, 0.5)


def test_stock_at_equal_service_finds_the_level() -> None:
    """Where levels grow with the probability, the stock found serves the share asked for; unreachable is infinite."""
    demand = Streams(8).stream("demand").poisson(4.0, (50, 12)).astype(np.float64)
    cover = binomial_cover(Rate(np.full(50, 4.0), np.zeros(50), np.ones(50)), 2)
    low, high = (stock_at_fill([cover] * 12, demand, 1, fill) for fill in (0.9, 0.97))
    assert 0 < low < high
    assert stock_at_fill([lambda share: np.zeros(50)] * 12, demand, 1, 0.9) == float("inf")


def test_a_poisson_item_gets_poisson_levels() -> None:
    """Mean 3 over one period: 5 covers 91.6 %, 6 covers 96.6 % (tables of the Poisson distribution)."""
    cover = binomial_cover(Rate(np.array([3.0]), np.zeros(1), np.ones(1)), 1)
    assert [cover(share)[0] for share in (0.91, 0.92, 0.96, 0.97)] == [5.0, 6.0, 6.0, 7.0]


def test_sums_over_the_interval() -> None:
    """4 every second period is 2 a period by ADIDA and IMAPA's longer sums; nothing sold is 0."""
    history = np.array([[0.0, 4.0] * 10, [0.0] * 20])
    first = np.array([1, 20], dtype=np.int64)
    assert aggregated(history, first, 0.1, False).tolist() == [pytest.approx(2.0, rel=0.06), 0.0]
    assert aggregated(history, first, 0.1, True)[0] == pytest.approx(2.0, rel=0.15)


def test_rates_lean_on_the_panel_and_fade() -> None:
    """An item that stopped selling keeps less of its rate the faster the past fades; a new one is drawn to others."""
    history = np.concatenate([Streams(9).stream("r").poisson(1.0, (50, 40)), np.zeros((1, 40))]).astype(np.float64)
    history[0, :20], history[0, 20:] = 2.0, 0.0
    slow, fast = fading_rate(history, 1.0), fading_rate(history, 0.9)
    assert fast.mean[0] < slow.mean[0]
    assert 0 < slow.mean[-1] < 0.9


def test_the_rule_with_the_least_stock_is_chosen() -> None:
    """The choice names the smallest of all stocks measured, and its levels rise with the probability."""
    rng = Streams(10).stream("parts")
    history = (rng.poisson(3, (60, 40)) * (rng.random((60, 40)) < 0.2)).astype(np.float64)
    found = choose_by_stock(history, 1, 0.9, tested=4)
    assert found.stock[found.method] == min(found.stock.values())
    assert (found.cover(0.99) >= found.cover(0.8)).all()


def test_totals_and_parts_agree_and_get_better() -> None:
    """Reconciled forecasts add up exactly; where a total is known well and its parts badly, the parts move."""
    rng = Streams(12).stream("tree")
    tree = hierarchy((np.array([0, 0, 1, 1]),), 4)
    assert tree.sums.shape == (7, 4)
    misses = rng.normal(0, 1, (7, 60)) * np.array([0.1, 1, 1, 3, 3, 3, 3])[:, None]
    base = np.array([[100.0], [52.0], [49.0], [30.0], [30.0], [20.0], [10.0]])
    found = reconcile(tree, base, misses).mean
    assert found == pytest.approx(tree.sums @ found[3:])
    assert found[0, 0] == pytest.approx(100.0, abs=0.2)
    assert found[3:].sum() == pytest.approx(found[0, 0])
    assert reconcile(tree, found, misses).mean == pytest.approx(found)


def test_each_step_of_a_forecast_is_worth_what_it_saves() -> None:
    """Naive errs 30 of 100, the model 10, a person's change makes one better and one worse."""
    actual = np.array([50.0, 30.0, 20.0])
    steps = (
        ("naive", np.array([60.0, 40.0, 30.0])),
        ("model", np.array([55.0, 30.0, 25.0])),
        ("person", np.array([50.0, 30.0, 35.0])),
    )
    naive, model, person = value_added(actual, steps)
    assert (naive.wape, naive.added, model.wape, model.added) == (0.3, 0.0, 0.1, pytest.approx(0.2))
    assert (model.better, model.changed) == (1.0, 3)
    assert (person.added, person.better, person.changed) == (pytest.approx(-0.05), 0.5, 2)


def test_drift_is_found_and_calm_is_left_alone() -> None:
    """A shift by two deviations at period 50 is found within ten; 20 calm series of 100 periods give hardly any."""
    misses = Streams(13).stream("drift").normal(0, 5, (20, 100))
    assert len(drifts(misses, np.full(20, 5.0))) <= 4
    misses[3, 50:] += 10
    found = [one for one in drifts(misses, np.full(20, 5.0)) if one.row == 3 and one.kind == "high"]
    assert len(found) == 1 and 50 <= found[0].seen <= 60 and 45 <= found[0].since <= 54
