"""The split of volume is the best one, keeps every limit, and says what would flip it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, milp

from bench.sourcing import small_case
from longshore.engine.invalid import InvalidProblem
from longshore.engine.sourcing.check import best_score, violations
from longshore.engine.sourcing.problem import NoPlan, Offers, SourcingProblem, Unfinished
from longshore.engine.sourcing.solve import solve


def _whole(*values: int) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def _two(*, price: tuple[int, int] = (10_000, 11_000), capacity: int = -1, fixed: int = 0) -> SourcingProblem:
    """A hundred of one item, two suppliers by tens; the second is a tenth of the price cheaper from 60 on."""
    offers = Offers(
        item=_whole(0, 0),
        supplier=_whole(0, 1),
        moq=_whole(10, 10),
        multiple=_whole(10, 10),
        landed_milli=_whole(0, 0),
        time_milli=_whole(500, 0),
        quality_milli=_whole(0, 0),
        risk_milli=_whole(0, 0),
        break_offer=_whole(0, 1, 1),
        break_from=_whole(1, 1, 60),
        break_price_milli=_whole(price[0], price[1], price[1] * 9 // 10),
    )
    return SourcingProblem(_whole(100), _whole(0), _whole(fixed, fixed), _whole(-1, capacity), offers)


def test_a_break_is_bought_where_it_pays() -> None:
    """All hundred from the second at 9.90: less than 10.00 and the time lost with the first."""
    found = solve(_two())
    assert [(a.offer, a.qty, a.price_milli) for a in found.best.awards] == [(1, 100, 9_900)]
    assert found.best.parts_milli == (990_000, 0, 0, 0)
    assert found.binding == ()


def test_capacity_splits_and_is_named() -> None:
    """The second can make 70: it gets them, the first the rest; capacity is what binds."""
    found = solve(_two(capacity=70))
    assert [(a.offer, a.qty) for a in found.best.awards] == [(0, 30), (1, 70)]
    assert ("capacity", 1) in found.binding


def test_the_runner_up_and_what_flips() -> None:
    """Beside the second alone stands a split; at the price told, the runner-up is as good."""
    found = solve(_two())
    assert found.runner_up is not None and found.runner_up.score > found.best.score
    assert found.flip.offer == 1
    flipped = solve(_two(price=(10_000, found.flip.price_milli * 10 // 9 + 2)))
    assert {a.offer for a in flipped.best.awards} != {1}


def test_weights_move_the_choice() -> None:
    """Where time counts nothing and the second is dear, the first gets all; where it counts ten times, nothing."""
    dear = _two(price=(10_000, 11_200))
    careless = solve(replace(dear, weights_bp=(10_000, 0, 0, 0)))
    assert [(a.offer, a.qty) for a in careless.best.awards] == [(0, 100)]
    hurried = solve(replace(dear, weights_bp=(10_000, 100_000, 0, 0)))
    assert [(a.offer, a.qty) for a in hurried.best.awards] == [(1, 100)]


def test_two_sources_are_kept() -> None:
    """At least two suppliers with at least thirty per cent each: seventy and thirty."""
    found = solve(replace(_two(), min_suppliers=2, min_share_bp=3_000))
    assert [(a.offer, a.qty) for a in found.best.awards] == [(0, 30), (1, 70)]
    assert ("min-share", 0) in found.binding


def test_what_cannot_be_is_refused_with_the_limit() -> None:
    """Half each at most, and one that can make only twenty: no plan, because of capacity."""
    with pytest.raises(NoPlan, match="capacity"):
        solve(replace(_two(capacity=20), max_share_bp=5_000))


def test_random_cases_equal_brute_force() -> None:
    """25 of them: breaks, minimums, shares, capacity, fixed cost: the same score as trying everything, nothing violated."""
    rng = np.random.default_rng(17)
    for _case in range(25):
        problem = small_case(rng)
        exact = best_score(problem)
        if exact is None:
            with pytest.raises(NoPlan):
                solve(problem)
            continue
        found = solve(problem)
        assert found.best.score == exact
        assert violations(problem, found.best) == ()


def test_an_offer_without_a_price_is_refused() -> None:
    """Breaks that begin at ten leave the first nine without a price."""
    offers = _two().offers
    with pytest.raises(InvalidProblem, match="without a price"):
        replace(offers, break_from=_whole(10, 1, 60))


def test_time_that_was_too_short_is_no_proof() -> None:
    """Without a second to think, nothing is called the best, and nothing impossible."""
    assert solve(_two()).proven
    with pytest.raises(Unfinished):
        solve(_two(), time_limit_s=0.0)


def test_a_plan_that_was_found_is_told_without_a_runner_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time that is up while the runner-up is looked for takes nothing from the best: it is told, as not proven."""
    calls: list[object] = []

    def short_of_time(*given: object, **named: object) -> OptimizeResult:
        calls.append(given)
        return milp(*given, **named) if len(calls) == 1 else OptimizeResult(x=None, status=1)

    monkeypatch.setattr("longshore.engine.sourcing.solve.milp", short_of_time)
    found = solve(_two())
    assert ([(a.offer, a.qty) for a in found.best.awards], found.runner_up, found.proven) == ([(1, 100)], None, False)


def test_how_far_from_the_bound_a_plan_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan a tenth above what the solver could rule out is told with that tenth; a proven one with nothing."""
    assert (solve(_two()).gap_bp, solve(_two()).bound) == (0, solve(_two()).best.score)

    def short_of_time(*given: object, **named: object) -> OptimizeResult:
        found = milp(*given, **named)
        return OptimizeResult(x=found.x, status=1, mip_dual_bound=found.mip_dual_bound * 0.9)

    monkeypatch.setattr("longshore.engine.sourcing.solve.milp", short_of_time)
    found = solve(_two())
    assert found.bound == found.best.score * 9 // 10
    assert (found.proven, found.gap_bp) == (False, 1_000)


def test_the_better_of_the_two_is_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is up with a bad plan for all; the next one found is cheaper: that one is told as the best."""
    calls: list[object] = []

    def short_of_time(*given: object, **named: object) -> OptimizeResult:
        calls.append(given)
        if len(calls) == 2:
            return milp(*given, **named)
        found = milp(-np.asarray(given[0]), **named)  # the dearest
        return OptimizeResult(x=found.x, status=1, mip_dual_bound=0.0)

    monkeypatch.setattr("longshore.engine.sourcing.solve.milp", short_of_time)
    found = solve(_two())
    assert found.runner_up is not None and found.best.score < found.runner_up.score
    assert not found.proven
