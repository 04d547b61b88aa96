"""First expired, first out: golden rows, rules under random input, speed."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longshore.engine.invalid import InvalidProblem
from longshore.engine.picking.check import check
from longshore.engine.picking.problem import NO_STOCK, TOO_SHORT, USED_UP, Demand, PickProblem, Picks, Stock
from longshore.engine.picking.solve import solve


def test_the_lot_that_expires_first_goes_first() -> None:
    """12 of item 7 come from the lot expiring at 50, then from the lower rank at 90."""
    stocks = [Stock(1, 7, 10, 90, 2), Stock(2, 7, 5, 50), Stock(3, 7, 10, 90, 1), Stock(4, 8, 10, 10)]
    picks = solve(PickProblem.of([Demand(100, 7, 12)], stocks))
    assert list(picks.takes()) == [(100, 2, 5), (100, 3, 7)]
    assert picks.shorts() == {}


def test_a_strict_row_skips_what_a_lax_row_can_still_use() -> None:
    """A row needing life to 60 leaves the lot expiring at 50 to the next row."""
    stocks = [Stock(1, 7, 5, 50), Stock(2, 7, 5, 90)]
    picks = solve(PickProblem.of([Demand(100, 7, 4, 60), Demand(101, 7, 6)], stocks))
    assert list(picks.takes()) == [(100, 2, 4), (101, 1, 5), (101, 2, 1)]


def test_a_short_says_why() -> None:
    """No stock, too little life and used up are told apart; an empty lot is no stock."""
    stocks = [Stock(1, 7, 5, 50), Stock(2, 9, 0)]
    demands = [Demand(1, 6, 1), Demand(2, 7, 1, 60), Demand(3, 7, 8), Demand(4, 7, 1), Demand(5, 9, 2)]
    picks = solve(PickProblem.of(demands, stocks))
    assert picks.shorts() == {1: 1, 2: 1, 3: 3, 4: 1, 5: 2}
    assert picks.short_code.tolist() == [NO_STOCK, TOO_SHORT, USED_UP, USED_UP, NO_STOCK]


def test_nothing_asked_and_nothing_there() -> None:
    """Empty problems give empty picks."""
    assert list(solve(PickProblem.of([], [])).takes()) == []
    assert solve(PickProblem.of([Demand(1, 7, 2)], [])).shorts() == {1: 2}


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.integers(0, 5)), max_size=8),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.integers(0, 5), st.integers(0, 2)), max_size=8),
)
def test_random_rows_keep_every_rule(
    wanted: list[tuple[int, int, int]], there: list[tuple[int, int, int, int]]
) -> None:
    """Nothing is taken twice, nothing too short-lived, nothing while an earlier-expiring fitting lot is left."""
    problem = PickProblem.of(
        [Demand(key, *row) for key, row in enumerate(wanted)], [Stock(key, *row) for key, row in enumerate(there)]
    )
    picks = solve(problem)
    assert check(problem, picks) == []
    left = {key: row[1] for key, row in enumerate(there)}
    for take in picks.takes():
        left[take.stock_key] -= take.qty
    for key in picks.shorts():
        item, _, floor = wanted[key]
        assert not any(left[k] for k, row in enumerate(there) if row[0] == item and row[2] >= floor)


def test_the_check_finds_a_later_lot_taken_first() -> None:
    """The independent check notices a pick that breaks FEFO."""
    problem = PickProblem.of([Demand(1, 7, 2)], [Stock(1, 7, 5, 50), Stock(2, 7, 5, 90)])
    empty = np.array([], dtype=np.int64)
    wrong = Picks(np.array([1]), np.array([2]), np.array([2]), empty, empty, empty)
    assert check(problem, wrong) == ["demand 1: stock 1 should have gone first"]


def test_a_negative_quantity_is_refused_by_row() -> None:
    """A negative quantity is refused with its field and row; so are columns of another type."""
    with pytest.raises(InvalidProblem, match=r"stock_qty\[1\]"):
        PickProblem.of([], [Stock(1, 7, 5), Stock(2, 7, -5)])


def test_a_hundred_thousand_lines_take_less_than_a_second() -> None:
    """100,000 rows over 5,000 items and 60,000 lots are served in under a second once compiled."""
    rng = np.random.default_rng(3)

    def column(high: int, rows: int) -> np.ndarray:
        return rng.integers(0, high, rows)

    d, s = 100_000, 60_000
    problem = PickProblem(
        np.arange(d), column(5000, d), column(9, d), column(50, d),
        np.arange(s), column(5000, s), column(30, s), column(99, s), column(5, s),
    )  # fmt: skip
    solve(problem)
    start = time.perf_counter()
    picks = solve(problem)
    assert time.perf_counter() - start < 1.0
    assert int(picks.qty.sum()) + int(picks.short_qty.sum()) == int(problem.demand_qty.sum())
