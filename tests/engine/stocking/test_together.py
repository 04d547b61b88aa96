"""One target for many items together: it is met, for less money than the same service everywhere costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from longshore.engine.invalid import InvalidProblem
from longshore.engine.stocking.check import _late
from longshore.engine.stocking.problem import AUTO, CYCLE, StockingProblem
from longshore.engine.stocking.solve import solve
from longshore.engine.stocking.together import share_out, worth_of_late

ROWS = 200


def _problem() -> StockingProblem:
    """Items from a penny to ten pounds, from one a month to fifty a day."""
    rng = np.random.default_rng(3)
    mean = 10 ** rng.uniform(-1.5, 1.7, ROWS)
    return StockingProblem(
        demand_mean=mean,
        demand_sd=mean * rng.uniform(0.4, 2.5, ROWS),
        lead_mean=rng.uniform(4, 12, ROWS),
        lead_sd=np.ones(ROWS),
        review_days=np.ones(ROWS, dtype=np.int64),
        service=np.full(ROWS, 0.9),
        measure=np.full(ROWS, CYCLE, dtype=np.int64),
        distribution=np.full(ROWS, AUTO, dtype=np.int64),
        unit_cost=np.rint(10 ** rng.uniform(0, 3, ROWS)).astype(np.int64),
        order_cost=np.full(ROWS, 100, dtype=np.int64),
        holding_rate=np.full(ROWS, 0.25),
        moq=np.full(ROWS, 12, dtype=np.int64),
        multiple=np.full(ROWS, 6, dtype=np.int64),
        shelf_life_days=np.zeros(ROWS, dtype=np.int64),
    )


def _filled(problem: StockingProblem, service: np.ndarray) -> tuple[float, float]:
    """Share of all units not late, recomputed row by row, and the money in safety stock."""
    policy = solve(replace(problem, service=service))
    days = problem.lead_mean + problem.review_days
    mean = problem.demand_mean * days
    variance = days * problem.demand_sd**2 + (problem.demand_mean * problem.lead_sd) ** 2
    late = [
        _late(int(policy.shape[n]), (float(mean[n]), float(variance[n])), int(policy.reorder_point[n]), lot) / lot
        for n, lot in enumerate(policy.order_quantity.tolist())
    ]
    money = float(((policy.reorder_point - mean) * problem.unit_cost).sum())
    return 1 - float(problem.demand_mean @ np.array(late) / problem.demand_mean.sum()), money


def test_the_target_is_met_for_less_money() -> None:
    """98 % of the units: met and hardly exceeded; one service for all that fills no more binds over a tenth more."""
    problem = _problem()
    worth = worth_of_late(problem, problem.demand_mean, 0.98)
    shared = share_out(problem, problem.demand_mean, worth)
    fill, money = _filled(problem, shared)
    assert 0.9795 < fill < 0.9815
    alike = [_filled(problem, np.full(ROWS, service)) for service in np.linspace(0.85, 0.99, 29)]
    enough = min(cost for share, cost in alike if share >= fill)
    assert money < 0.9 * enough
    assert _filled(problem, share_out(problem, problem.demand_mean, worth * 0.9))[0] <= fill


def test_cheap_and_fast_get_more() -> None:
    """Twice the price of a unit is twice the chance of running out; what is not counted keeps its service."""
    problem = replace(_problem(), order_cost=np.zeros(ROWS, dtype=np.int64))
    counted = np.where(np.arange(ROWS) < 2, 0.0, problem.demand_mean)
    service = share_out(problem, counted, 500.0)
    dearer = share_out(replace(problem, unit_cost=problem.unit_cost * 2), counted, 500.0)
    assert service[:2].tolist() == [0.9, 0.9]
    inside = (counted > 0) & (service < 0.999) & (dearer > 0.5)
    assert inside.sum() > 20
    assert np.allclose(2 * (1 - service[inside]), 1 - dearer[inside])
    assert service.min() >= 0.5
    assert service.max() <= 0.9999


def test_bad_questions_are_refused() -> None:
    """All of the demand cannot be met, a late unit cannot cost nothing, and every row needs its count."""
    problem = _problem()
    for ask in (
        lambda: worth_of_late(problem, problem.demand_mean, 1.0),
        lambda: share_out(problem, problem.demand_mean, 0.0),
        lambda: share_out(problem, problem.demand_mean[:3], 10.0),
    ):
        with pytest.raises(InvalidProblem):
            ask()
