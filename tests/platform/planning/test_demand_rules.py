"""Sharing out, consuming, marking and measuring: exact on small cases."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.planning import demand_rules, effect_rules, festivals
from longshore.planning.demand_rules import Edit
from longshore.planning.effect_rules import Push


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=30))
def test_shares_sum_to_the_whole(total: int, weights: list[int]) -> None:
    """Whatever the weights, the parts are whole, none is negative, and together they are the total exactly."""
    found = demand_rules.disaggregate(total, np.array(weights, dtype=np.int64))
    assert int(found.sum()) == total
    assert (found >= 0).all()


@given(st.integers(0, 10**15), st.lists(st.integers(0, 10**14), min_size=1, max_size=20))
def test_shares_are_exact(total: int, weights: list[int]) -> None:
    """As with fractions of unlimited size: everybody its share rounded down, and one more for the largest remainders."""
    whole = sum(weights)
    parts = weights if whole else [1] * len(weights)
    shares = [divmod(total * each, whole or len(weights)) for each in parts]
    more = sorted(range(len(parts)), key=lambda n: (-shares[n][1], n))[: total - sum(share for share, _rest in shares)]
    wanted = [share + (n in more) for n, (share, _rest) in enumerate(shares)]
    assert demand_rules.disaggregate(total, np.array(weights, dtype=np.int64)).tolist() == wanted


def test_what_cannot_be_shared_out_exactly_says_so() -> None:
    """Beyond nine thousand million million thousandths it is refused, not rounded."""
    with pytest.raises(OverflowError):
        demand_rules.disaggregate(1 << 53, np.array([1, 1]))


def test_the_largest_remainders_get_what_is_left() -> None:
    """10 over 1:1:1 gives the first one more; over 0:0 both get the same."""
    assert demand_rules.disaggregate(10, np.array([1, 1, 1])).tolist() == [4, 3, 3]
    assert demand_rules.disaggregate(3, np.array([0, 0])).tolist() == [2, 1]
    assert demand_rules.disaggregate(100, np.array([[1, 2], [3, 4]])).tolist() == [[10, 20], [30, 40]]


def test_overrides_lie_on_each_other() -> None:
    """A total, then a change of it, then a percentage; what they do not reach stays."""
    base = np.array([1000, 3000, 5000], dtype=np.int64)
    here = np.array([0, 1])
    assert demand_rules.edited(base, [Edit(here, "set", 8000)]).tolist() == [2000, 6000, 5000]
    both = [Edit(here, "set", 8000), Edit(here, "add", -2000), Edit(np.array([2]), "percent", -10_000)]
    assert demand_rules.edited(base, both).tolist() == [1500, 4500, 0]
    assert demand_rules.edited(base, [Edit(here, "add", -9000)]).tolist() == [0, 0, 5000]


def test_orders_use_up_the_nearest_forecast() -> None:
    """Their own day first, then the days before, then the days after; what nobody expected is told."""
    forecast = np.array([[5, 5, 5, 5]], dtype=np.int64)
    orders = np.array([[0, 12, 0, 9]], dtype=np.int64)
    left, beyond = demand_rules.consume(forecast, orders, backward=1, forward=1)
    assert left.tolist() == [[0, 0, 0, 0]]
    assert beyond.tolist() == [[0, 1, 0, 0]]
    left, beyond = demand_rules.consume(forecast, orders, backward=0, forward=0)
    assert left.tolist() == [[5, 0, 5, 0]]
    assert beyond.tolist() == [[0, 7, 0, 4]]


def test_a_lonely_peak_is_unusual_and_a_fresh_one_is_not() -> None:
    """One day of ten times as much counts as the limit; the same in the last week, or for days on end, is left alone."""
    steady = np.full((3, 60), 10, dtype=np.int64)
    steady[0, 30] = 100
    steady[1, 55] = 100
    steady[2, 30:33] = 100
    found = demand_rules.unusual(steady, first=0)
    assert [(one.row, one.column, one.qty) for one in found] == [(0, 30, 100)]
    assert 10 < found[0].counts_as < 100
    assert found[0].facts["usual"] == 10


def test_days_without_stock_are_filled_by_what_was_missing() -> None:
    """Nothing sold on two days without stock: they count as usual. Where orders came all the same nothing changes."""
    history = np.full((2, 28), 10, dtype=np.int64)
    history[0, [9, 16]] = 0
    without = np.zeros((2, 28), dtype=np.bool_)
    without[:, [9, 16]] = True
    assert demand_rules.filled(history, without) == {(0, 9): (10, 1.0), (0, 16): (10, 1.0)}


def test_half_lost_is_half_filled() -> None:
    """With 4 and 6 instead of 10 on days without stock each gets the missing half on top: 9 and 11, as usual together."""
    history = np.full((1, 28), 10, dtype=np.int64)
    history[0, [9, 16]] = (4, 6)
    without = np.zeros((1, 28), dtype=np.bool_)
    without[0, [9, 16]] = True
    assert demand_rules.filled(history, without) == {(0, 9): (9, 0.5), (0, 16): (11, 0.5)}


def test_a_life_ends_and_begins() -> None:
    """Out on the third day after fading; a new item leans on another until it has a history of its own."""
    today = date(2026, 3, 2)
    assert demand_rules.life_factors(today, 4, date(2026, 3, 4), 0).tolist() == [1, 1, 1, 0]
    assert demand_rules.life_factors(today, 4, date(2026, 3, 4), 2).tolist() == [1, 2 / 3, 1 / 3, 0]
    own, like = np.array([2.0]), np.array([10.0])
    assert demand_rules.leaning(own, like, 0).tolist() == [10.0]
    assert demand_rules.leaning(own, like, 28).tolist() == [6.0]
    assert demand_rules.leaning(own, like, 99).tolist() == [2.0]


def test_lunar_holidays_move_with_the_moon() -> None:
    """Spring Festival 2026 begins in the middle of February, the Mid-Autumn Festival is on 25 September; abroad none."""
    found = festivals.festivals("Asia/Shanghai", date(2026, 1, 1), date(2026, 12, 31))
    assert (date(2026, 2, 17), "spring-festival") in found
    assert (date(2026, 9, 25), "mid-autumn") in found
    assert (date(2026, 6, 19), "dragon-boat") in found
    assert festivals.festivals("Europe/Berlin", date(2026, 1, 1), date(2026, 12, 31)) == ()


def test_a_festival_has_days_before_during_and_after() -> None:
    """A week before and five days after, none of them twice."""
    days = festivals.festivals("Asia/Shanghai", date(2026, 9, 1), date(2026, 9, 30))
    columns = festivals.columns(days, date(2026, 9, 1), 30)
    assert {name: int(column.sum()) for name, column in columns.items()} == {
        "mid-autumn.before": 7,
        "mid-autumn.during": 1,
        "mid-autumn.after": 5,
    }


def test_what_clearly_moves_demand_is_measured() -> None:
    """A signal that doubles demand is found within a tenth; one that does nothing is left out."""
    rng = np.random.default_rng(3)
    hot, idle = (rng.random(200) < 0.2).astype(float), (rng.random(200) < 0.2).astype(float)
    total = rng.poisson(200 * np.where(hot > 0, 2.0, 1.0)).astype(float)
    ahead = {"hot": np.array([1.0, 0.0]), "idle": np.array([0.0, 1.0])}
    found = effect_rules.measured(total, {"hot": hot, "idle": idle}, ahead)
    assert found.drivers.keys() == {"hot"}
    assert abs(float(found.future[0]) - 2.0) < 0.2
    assert float(found.future[1]) == 1.0


def test_a_promotion_is_what_was_said_until_it_is_measured() -> None:
    """Never run: as stated. Run for a week at three times: half way between stated and measured."""
    history = np.full(40, 10.0)
    never = Push("a", np.zeros(40), np.ones(3), 0.5)
    assert effect_rules.pushed(history, [never], 3).future.tolist() == [1.5, 1.5, 1.5]
    ran = np.zeros(40)
    ran[10:17] = 1
    history[10:17] = 30
    found = effect_rules.pushed(history, [Push("a", ran, np.ones(3), 0.0)], 3)
    assert [round(float(value), 6) for value in found.future] == [2.0, 2.0, 2.0]
