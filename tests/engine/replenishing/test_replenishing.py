"""Replenishment: golden proposals, agreement with plain rules, flips, speed, refusals."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longshore.engine.invalid import InvalidProblem
from longshore.engine.replenishing.check import check
from longshore.engine.replenishing.problem import EVERY_DAY, REASON_CODES, Offers, Receipts, ReplenishProblem
from longshore.engine.replenishing.solve import solve

TODAY = 20_000  # 2024-10-04, a Friday: day 0 was a Thursday
MONDAY = 0b0000001
POLICY = ("on_hand", "claimed", "reorder_point", "order_up_to", "order_quantity", "review_days", "review_offset")


def whole(values: list[int]) -> np.ndarray:
    """An int64 column."""
    return np.array(values, dtype=np.int64)


def offers(*rows: tuple[int, ...], most: list[int] | None = None) -> Offers:
    """Offers of (row, supplier, price, moq, multiple, lead days, order days, late days, late cost), and their limits."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * 9
    numbers = [whole(list(column)) for column in columns[:7]]
    return Offers(*numbers, *(np.array(column, dtype=np.float64) for column in columns[7:]), whole(most or []))


def problem(rows: list[dict[str, int]], made: Offers, daily: float = 10.0, **changes: Any) -> ReplenishProblem:
    """Item-sites of 10 a day for 14 days, reorder point 60, lots of 100, nothing open."""
    base = {"on_hand": 50, "claimed": 0, "reorder_point": 60, "order_up_to": 160, "order_quantity": 100,
            "review_days": 0, "review_offset": 0}  # fmt: skip
    full = [{**base, **row} for row in rows]
    columns = {name: whole([row[name] for row in full]) for name in POLICY}
    count = len(rows)
    given_: dict[str, Any] = {
        "item": np.arange(100, 100 + count), "site": whole([1] * count), **columns, "today": TODAY, "offers": made,
        "forecast": np.full((count, 14), daily), "receipts": Receipts(whole([]), whole([]), whole([])),
    }  # fmt: skip
    return ReplenishProblem(**{**given_, **changes})


CHEAP = (0, 7, 2000, 1, 1, 3, EVERY_DAY, 0, 0)


def test_an_item_below_its_reorder_point_is_ordered() -> None:
    """50 on hand, 60 wanted, 10 a day, 3 days: 100 today, due in 3 days, short in 5, 10 left on arrival's evening."""
    asked = problem([{}], offers(CHEAP))
    found = solve(asked)
    assert check(asked, found) == []
    assert (found.supplier.tolist(), found.qty.tolist(), found.position.tolist()) == ([7], [100], [50])
    assert (found.order_at[0], found.due_at[0]) == (TODAY * 1440, (TODAY + 3) * 1440)
    assert (found.need_at[0], found.projected[0]) == ((TODAY + 5) * 1440, 10)
    assert REASON_CODES[found.reason[0]] == "below-reorder-point"
    assert (found.cost_milli[0], found.flip_qty[0], found.runner_up[0]) == (200_000, 11, -1)


def test_eleven_more_units_flip_the_decision() -> None:
    """With the stated number more on hand nothing is ordered; with one less it still is."""
    assert solve(problem([{"on_hand": 61}], offers(CHEAP))).row.tolist() == []
    assert solve(problem([{"on_hand": 60}], offers(CHEAP))).row.tolist() == [0]


def test_open_supply_and_claims_count() -> None:
    """A receipt on its way stops a second order; a claim brings it back; overdue receipts count as today's."""
    coming = Receipts(whole([0]), whole([TODAY - 2]), whole([100]))
    assert solve(problem([{}], offers(CHEAP), receipts=coming)).row.tolist() == []
    found = solve(problem([{"claimed": 95}], offers(CHEAP), receipts=coming))
    assert (found.position[0], found.projected[0]) == (55, 15)


@pytest.mark.parametrize(
    ("row", "reason", "qty"),
    [
        ({"on_hand": 20}, "stock-out", 100),
        ({"on_hand": 0, "claimed": 30}, "backorder", 100),
        ({"on_hand": 0, "claimed": 200}, "backorder", 300),
        ({"review_days": 7, "review_offset": TODAY % 7}, "review", 110),
    ],
)
def test_reasons_and_quantities(row: dict[str, int], reason: str, qty: int) -> None:
    """The gravest reason is named; lots lift the position above the reorder point; review fills up to the level."""
    found = solve(problem([row], offers(CHEAP)))
    assert (REASON_CODES[found.reason[0]], found.qty[0]) == (reason, qty)


def test_nothing_is_ordered_off_review_days_or_for_dead_items() -> None:
    """Between reviews nothing; an item without demand, level or backorder never."""
    waiting = {"review_days": 7, "review_offset": (TODAY + 1) % 7}
    dead = {"on_hand": 0, "reorder_point": 0}
    assert solve(problem([waiting], offers(CHEAP))).row.tolist() == []
    assert solve(problem([dead], offers(CHEAP), daily=0.0)).row.tolist() == []


def test_minimum_multiple_and_order_days_are_kept() -> None:
    """A minimum of 130 in cases of 24 makes 144; a supplier open on Mondays is ordered from in three days."""
    found = solve(problem([{}], offers((0, 7, 2000, 130, 24, 3, MONDAY, 0, 0))))
    assert found.qty[0] == 144
    assert (found.order_at[0], found.due_at[0]) == ((TODAY + 3) * 1440, (TODAY + 6) * 1440)


def test_a_limited_offer_brings_what_it_has_if_that_is_enough() -> None:
    """Another site's 40 at half the price lift 50 above 60 and are taken; 10 would not, so the supplier is asked."""
    half = (0, 9, 1000, 1, 1, 1, EVERY_DAY, 0, 0)
    asked = problem([{}], offers(CHEAP, half, most=[0, 40]))
    found = solve(asked)
    assert check(asked, found) == []
    assert (found.supplier[0], found.qty[0], found.cost_milli[0]) == (9, 40, 100_000)
    assert (found.runner_up[0], found.runner_up_cost_milli[0], found.flip_price_milli[0]) == (7, 200_000, 2001)
    asked = problem([{}], offers(CHEAP, half, most=[0, 10]))
    found = solve(asked)
    assert check(asked, found) == []
    assert (found.supplier[0], found.qty[0], found.runner_up[0]) == (7, 100, -1)
    alone = problem([{}], offers(half, most=[10]))
    assert solve(alone).unmet_row.tolist() == [0]


def test_the_check_names_an_order_from_who_has_too_little() -> None:
    """10 to spare do not lift 50 above 60: ordered from there all the same, the check says so."""
    little = (0, 9, 1000, 1, 1, 1, EVERY_DAY, 0, 0)
    asked = problem([{}], offers(CHEAP, little, most=[0, 10]))
    assert check(asked, replace(solve(asked), supplier=whole([9]))) == ["row 0: supplier 9 has no offer that is enough"]
    alone, ordered = problem([{}], offers(little, most=[10])), solve(problem([{}], offers(little)))
    assert check(alone, replace(ordered, unmet_row=whole([0]))) == [
        "row 0: needs stock, has no offer, is not named, or is ordered all the same"
    ]


def test_a_cheap_late_supplier_loses_to_a_dear_punctual_one() -> None:
    """2,000 a unit but 4 days late at 100 a unit and day costs 80 units x ... more than 2,050 on time; the flip is
    named."""
    late = (0, 7, 2000, 1, 1, 3, EVERY_DAY, 4, 100)
    asked = problem([{}], offers(late, (0, 8, 2050, 1, 1, 3, EVERY_DAY, 0, 100)))
    found = solve(asked)
    assert check(asked, found) == []
    assert (found.supplier[0], found.cost_milli[0]) == (8, 205_000)
    assert (found.runner_up[0], found.runner_up_cost_milli[0]) == (7, 200_000 + 100 * 10 * 4 * 4 // 2)
    flip = int(found.flip_price_milli[0])
    assert flip == 2050 + 3000 // 100 + 1
    for price, winner in ((flip, 7), (flip - 2, 8)):
        dearer = offers(late, (0, 8, price, 1, 1, 3, EVERY_DAY, 0, 100))
        assert solve(replace(asked, offers=dearer)).supplier[0] == winner


def test_orders_are_grouped_by_supplier_and_site() -> None:
    """Four items of two suppliers at two sites make three purchase orders."""
    made = offers(*((row, supplier, 2000, 1, 1, 3, EVERY_DAY, 0, 0) for row, supplier in enumerate((7, 8, 7, 7))))
    found = solve(problem([{}] * 4, made, site=whole([1, 1, 1, 2])))
    assert list(zip(found.supplier, found.site, found.group, found.item, strict=True)) == [
        (7, 1, 0, 100), (7, 1, 0, 102), (7, 2, 1, 103), (8, 1, 2, 101),
    ]  # fmt: skip


def test_a_need_without_an_offer_is_named() -> None:
    """An item nobody offers is not dropped."""
    found = solve(problem([{}, {}], offers(CHEAP)))
    assert (found.row.tolist(), found.unmet_row.tolist(), found.unmet_code.tolist()) == ([0], [1], [1])


ROW = st.fixed_dictionaries(
    {
        "on_hand": st.integers(0, 120), "claimed": st.integers(0, 60), "reorder_point": st.integers(0, 80),
        "order_up_to": st.integers(0, 160), "order_quantity": st.integers(0, 90),
        "review_days": st.sampled_from([0, 0, 1, 5]), "review_offset": st.integers(0, 4),
    }
)  # fmt: skip
OFFER = st.tuples(
    st.integers(0, 4), st.integers(1, 3), st.integers(0, 3000), st.integers(1, 90), st.integers(1, 24),
    st.integers(0, 30), st.integers(1, 127), st.integers(0, 5), st.integers(0, 500),
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(
    st.lists(ROW, min_size=5, max_size=5),
    st.lists(OFFER, max_size=8, unique_by=lambda offer: offer[:2]),
    st.lists(st.integers(0, 60), min_size=8, max_size=8),
    st.lists(st.tuples(st.integers(0, 4), st.integers(-3, 20), st.integers(0, 50)), max_size=5),
    st.sampled_from([0.0, 0.25, 4.0]),
)
def test_proposals_agree_with_the_plain_rules(
    rows: list[dict[str, int]],
    made: list[tuple[int, ...]],
    most: list[int],
    coming: list[tuple[int, int, int]],
    daily: float,
) -> None:
    """Need, quantity, supplier, cost, dates and projections are those of a row-by-row, day-by-day recomputation."""
    receipts = Receipts(*(whole([c[i] + (TODAY if i == 1 else 0) for c in coming]) for i in range(3)))
    asked = problem(rows, offers(*made, most=most[: len(made)]), daily, receipts=receipts)
    assert check(asked, solve(asked)) == []


def test_a_hundred_thousand_item_sites_take_less_than_a_second() -> None:
    """100,000 rows with 200,000 offers and 30 days of forecast in under a second."""
    rng = np.random.default_rng(5)
    n = 100_000
    row = np.repeat(np.arange(n), 2)
    ones = np.ones(2 * n, dtype=np.int64)
    made = Offers(
        row, rng.integers(1, 50, 2 * n), rng.integers(100, 9000, 2 * n), ones, ones * 12, ones * 5, ones * 127,
        np.zeros(2 * n), np.zeros(2 * n),
    )  # fmt: skip
    hand = rng.integers(0, 120, n)
    same = {name: np.full(n, value) for name, value in (("reorder_point", 60), ("order_up_to", 160))}
    asked = ReplenishProblem(
        item=np.arange(n), site=rng.integers(1, 9, n), on_hand=hand, claimed=np.zeros(n, dtype=np.int64), **same,
        order_quantity=np.full(n, 100), review_days=np.zeros(n, dtype=np.int64),
        review_offset=np.zeros(n, dtype=np.int64), forecast=rng.uniform(1, 20, (n, 30)),
        receipts=Receipts(whole([]), whole([]), whole([])), offers=made, today=TODAY,
    )  # fmt: skip
    start = time.perf_counter()
    found = solve(asked)
    assert time.perf_counter() - start < 1.0
    assert len(found.row) == int((hand <= 60).sum())


def test_wrong_problems_are_refused() -> None:
    """A negative stock, an offer for no row, a mask without days and a minimum of 0 are refused with field and row."""
    with pytest.raises(InvalidProblem, match=r"on_hand\[1\]"):
        problem([{}, {"on_hand": -1}], offers())
    with pytest.raises(InvalidProblem, match=r"offers.row\[0\]"):
        problem([{}], offers((5, *CHEAP[1:])))
    with pytest.raises(InvalidProblem, match=r"offers.order_days\[0\]"):
        problem([{}], offers((*CHEAP[:6], 0, 0, 0)))
    with pytest.raises(InvalidProblem, match=r"offers.moq\[0\]"):
        problem([{}], offers((*CHEAP[:3], 0, *CHEAP[4:])))
