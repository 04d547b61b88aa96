"""Panels: what is learnt across series, chosen by the past, banded by what was missed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from longshore.engine.forecasting.check import check_panel
from longshore.engine.forecasting.features import Table, closed_periods, prepare
from longshore.engine.forecasting.learners import Lesson, Trait, fit, fit_apart, smaller
from longshore.engine.forecasting.learning import ByOrigin, ByPeriod, StepByStep, View, cut, lesson, views
from longshore.engine.forecasting.panel import solve_panel
from longshore.engine.forecasting.problem import Cancelled, PanelOptions, PanelProblem, Regressors
from longshore.engine.invalid import InvalidProblem
from longshore.engine.simulating.streams import Streams

PERIODS, HORIZON = 210, 7
QUICK = PanelOptions(origins=3, rounds=25, most_rows=4_000, threads=1)


def shops(rows: int = 8, promoted: float = 1.8) -> tuple[PanelProblem, np.ndarray]:
    """A weekly pattern at different levels, promotions that lift demand, a closed day every 50 days; and what came."""
    rng = Streams(5).stream("shops")
    total = PERIODS + HORIZON
    week = np.array([0.8, 0.8, 0.9, 1.0, 1.2, 1.5, 0.8])[np.arange(total) % 7]
    promotion = (rng.random((rows, total)) < 0.15).astype(np.float64)
    mean = rng.uniform(40, 400, (rows, 1)) * week * np.where(promotion > 0, promoted, 1.0)
    sold = rng.poisson(mean).astype(np.float64)
    event = (np.arange(total) % 50 == 49).astype(np.int64)
    sold[:, event == 1] = 0.0
    day = (np.arange(total) % 30).astype(np.int64)
    known = Regressors(day[:, None], event[:, None], promotion[:, :, None], ("day", "holiday", "promotion"))
    traits = np.arange(rows, dtype=np.int64)[:, None]
    problem = PanelProblem(np.ascontiguousarray(sold[:, :PERIODS]), 7, HORIZON, traits=traits, regressors=known)
    return problem, sold[:, PERIODS:]


def error(made: np.ndarray, actual: np.ndarray) -> float:
    """Absolute error per unit of demand."""
    return float(np.abs(made - actual).sum() / actual.sum())


def test_a_panel_knows_promotions_that_come() -> None:
    """With promotions known ahead the error is under a third of the naive one's, and the stated numbers are sound."""
    problem, actual = shops()
    made = solve_panel(problem, QUICK)
    assert check_panel(problem, QUICK, made) == []
    naive = np.tile(problem.history[:, -7:], 1)
    assert error(made.mean, actual) < 0.35 * error(naive, actual)
    assert error(made.mean, actual) < 0.13
    assert (made.value_added > 0.4).all()
    assert made.weights.sum(axis=1) == pytest.approx(np.ones(8))


def test_the_same_seed_gives_the_same_forecast() -> None:
    """Twice the same question: the same numbers to the last bit."""
    problem, _actual = shops(4)
    first, second = solve_panel(problem, QUICK), solve_panel(problem, QUICK)
    assert (first.mean == second.mean).all() and (first.quantiles == second.quantiles).all()


@pytest.mark.parametrize("name", ["linear", "support-vector", "neural", "lightgbm"])
def test_every_learner_beats_the_naive_forecast_and_explains_itself(name: str) -> None:
    """Each learnt method alone saves a third of the naive error, and its contributions add up to its forecast."""
    problem, _actual = shops()
    options = replace(QUICK, methods=(name,), explain=True)
    made = solve_panel(problem, options)
    assert made.method == (name,) * 8
    assert float(made.value_added.mean()) > 0.33
    assert made.drivers[-1] == "usual level" and "promotion" in made.drivers
    assert made.contributions.sum(axis=2) == pytest.approx(made.mean, rel=1e-4, abs=1e-3)


def as_level(table: Table) -> np.ndarray:
    """Says a row's unit, the mean of four weeks by period, or 1 by origin and lead."""
    return table.scale


@pytest.mark.parametrize("view", [ByOrigin(False), ByOrigin(True), ByPeriod(4), StepByStep(4, 1), StepByStep(4, 3)])
def test_what_the_past_says_is_not_read_from_the_future(view: View) -> None:
    """Rows asked for at an origin are the same whether or not later periods exist; none of the past is of later."""
    problem, _actual = shops(3)
    origin = np.array([150], dtype=np.int64)
    whole, then = prepare(problem), cut(problem, 150)
    short = prepare(then)
    for block in view.blocks(problem):
        late = view.table(problem, replace(whole, memory=short.memory, usual=short.usual), origin, block, as_level)
        early = view.table(then, short, origin, block, as_level)
        assert np.array_equal(late.values, early.values, equal_nan=True)
        assert (late.level == early.level).all() and (late.scale == early.scale).all()
        assert late.target.tolist() == [150 + lead for _row in range(3) for lead in range(*block)]
        taught = lesson(then, short, view.lessons(then, short, 4_000, block), "squared")
        assert taught.table.target.max() == 149


def test_a_row_by_period_holds_what_was_sold_a_lead_before() -> None:
    """In period 100 with 7 periods' lead: period 93, a week before that, and the mean of the week that ended in 93, in
    units of the four weeks' mean; every lead has one block."""
    problem, _actual = shops(2)
    table = ByPeriod(4).table(problem, prepare(problem), np.array([98], dtype=np.int64), (0, 7), as_level)
    row = dict(zip(table.names, table.values[2].tolist(), strict=True))
    sold = problem.history[0]
    unit = sold[66:94].mean()
    assert int(table.target[2]) == 100 and float(table.scale[2]) == pytest.approx(unit)
    assert row["1 before"] == pytest.approx(sold[93] / unit) and row["same place, 2 before"] == pytest.approx(
        sold[86] / unit
    )
    assert row["mean of 1 seasons"] == pytest.approx(sold[87:94].mean() / unit)
    assert ByPeriod(4).blocks(replace(problem, horizon=5, regressors=None)) == [(0, 2), (2, 3), (3, 4), (4, 5)]


def test_a_step_takes_the_forecasts_before_it_for_what_was_sold() -> None:
    """The row of the third day sees what was said of the second as "1 before", of the first as "2 before"; what the
    unit is made of moves along."""
    problem, _actual = shops(2)
    table = StepByStep(4, 1).table(problem, prepare(problem), np.array([98], dtype=np.int64), (0, 7), as_level)
    sold, told = problem.history[1, 70:98], table.scale[7:14]
    row = dict(zip(table.names, table.values[9].tolist(), strict=True))
    assert table.series[7:14].tolist() == [1] * 7 and table.target[7:14].tolist() == list(range(98, 105))
    assert told[0] == pytest.approx(sold.mean()) and told[1] == pytest.approx((sold[1:].sum() + told[0]) / 28)
    assert row["1 before"] == pytest.approx(told[1] / told[2]) and row["2 before"] == pytest.approx(told[0] / told[2])


def test_series_of_a_trait_learn_from_each_other_and_from_all() -> None:
    """A trait that five series share has trees of its own, a day and a week at a time, beside those of all; a trait of
    fewer, one that all share, or none has not. With them the forecast stays sound, and progress ends at its end."""
    problem, actual = shops(10)
    traits = np.stack([np.arange(10) % 2, np.arange(10) % 3, np.zeros(10)], axis=1).astype(np.int64)
    shared = replace(problem, traits=traits)
    apart = [(view.step, view.trait) for view in views("lightgbm", shared) if isinstance(view, StepByStep)]
    assert apart == [(1, None), (7, None), (1, 0), (7, 0)]
    assert [view.trait for view in views("lightgbm", replace(problem, traits=None))] == [None] * 3
    told: list[tuple[int, int]] = []
    options = replace(QUICK, methods=("lightgbm",), explain=True)
    made = solve_panel(shared, options, lambda done, of: told.append((done, of)))
    assert check_panel(shared, options, made) == []
    assert error(made.mean, actual) < 0.13
    assert made.contributions.sum(axis=2) == pytest.approx(made.mean, rel=1e-4, abs=1e-3)
    assert told[-1][0] == told[-1][1]


def test_a_code_that_taught_little_is_told_by_the_model_of_all() -> None:
    """What rises in one shop and falls in the other is learnt apart; a shop of ten rows, and one of none, are told what
    the model of all rows says."""
    rng = Streams(6).stream("apart")
    seen, codes = rng.uniform(-1, 1, 4_010), np.repeat([0, 1, 2], [2_000, 2_000, 10])
    target = np.select([codes == 0, codes == 1], [seen, -seen], 5.0)
    values = np.stack([seen, codes], axis=1).astype(np.float32)
    zeros, ones = np.zeros(len(seen)), np.ones(len(seen))
    table = Table(values, ("seen", "trait 1"), (1,), zeros, ones, codes, codes)
    taught, options = Lesson(table, target, ones, "squared"), replace(QUICK, rounds=80)
    fitted = fit_apart("lightgbm", taught, options, lambda: None, Trait("trait 1", np.array([0, 1, 2, 3])))
    of_all = fit("lightgbm", taught, smaller(options), lambda: None)
    asked = np.array([[0.8, 0], [0.8, 1], [0.8, 2], [0.8, 3]], dtype=np.float32)
    told = fitted.predict(asked)
    assert told[:2] == pytest.approx([0.8, -0.8], abs=0.1)
    assert told[2:].tolist() == of_all.predict(asked)[2:].tolist()
    assert fitted.contribute(asked).sum(axis=1) == pytest.approx(told)


def test_a_closed_day_is_no_demand_and_comes_again() -> None:
    """Days on which nothing is sold anywhere are left out of levels, and a coming one of that kind is forecast as 0."""
    problem, _actual = shops()
    assert np.flatnonzero(closed_periods(problem.history, 7)).tolist() == [49, 99, 149, 199]
    known = problem.regressors
    assert known is not None
    events = known.events.copy()
    events[PERIODS + 2] = 1
    coming = replace(problem, regressors=replace(known, events=events))
    made = solve_panel(coming, replace(QUICK, methods=("calendar",)))
    assert (made.mean[:, 2] == 0).all() and (made.mean[:, [0, 1, 3]] > 0).all()


def test_progress_is_told_and_a_raise_stops_the_work() -> None:
    """The callback counts up to the end; what it raises comes out, here after ten steps."""
    problem, _actual = shops(3)
    told: list[tuple[int, int]] = []

    def watch(done: int, of: int) -> None:
        told.append((done, of))

    solve_panel(problem, QUICK, watch)
    assert told[-1][0] == told[-1][1] and [done for done, _of in told] == sorted(done for done, _of in told)

    def stop(done: int, of: int) -> None:
        if done == 10:
            raise Cancelled

    with pytest.raises(Cancelled):
        solve_panel(problem, QUICK, stop)


def test_late_starters_do_not_disturb() -> None:
    """A series that began last week and one that never sold get finite forecasts, the latter zero."""
    problem, _actual = shops()
    history = problem.history.copy()
    history[0, : PERIODS - 7] = 0.0
    history[1] = 0.0
    made = solve_panel(replace(problem, history=history), QUICK)
    assert np.isfinite(made.quantiles).all() and np.isfinite(made.error).all()
    assert made.mean[1] == pytest.approx(np.zeros(HORIZON), abs=0.5)
    assert 0.3 < made.mean[0].mean() / history[0, -7:].mean() < 3.0


def test_wrong_panels_are_refused() -> None:
    """Unknown methods, unordered levels, too short a history and regressors that do not reach ahead."""
    problem, _actual = shops(2)
    with pytest.raises(InvalidProblem, match=r"methods\[1\]"):
        PanelOptions(methods=("theta", "magic"))
    with pytest.raises(InvalidProblem, match="ascending"):
        replace(problem, levels=(0.9, 0.1))
    with pytest.raises(InvalidProblem, match="do not fit"):
        replace(problem, horizon=HORIZON + 1)
    with pytest.raises(InvalidProblem, match="shorter than a season"):
        solve_panel(PanelProblem(np.ones((2, 20)), 7, 7))
