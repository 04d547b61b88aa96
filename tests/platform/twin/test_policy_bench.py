"""The policy benchmark's arithmetic: what is typed, what the rehearsal counts, how wide the intervals are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from bench._policy_world import Lived
from bench._shelves import MOQ, Levels, Shop, buying_back, live, typed_levels
from bench._wholesaler import Sizes
from bench.policy import aligned, intervals
from longshore.twin.online_retail.floor import lateness

DAYS = 30


def _shop(daily: int, *, lead: int = 5) -> Shop:
    """Two warehouses with one item; only the first one's customers buy."""
    demand = np.zeros((2, DAYS), dtype=np.int64)
    demand[0] = daily
    return Shop(
        demand=demand,
        item=np.zeros(2, dtype=np.int64),
        site=np.array([0, 1], dtype=np.int64),
        unit_cost=np.array([200, 200], dtype=np.int64),
        lead_days=np.array([lead, lead], dtype=np.int64),
        spread_days=np.zeros(2),
        opening=np.array([60, 24], dtype=np.int64),
        opens_on=np.zeros(2, dtype=np.int64),
        due=np.arange(DAYS)[None, :] + np.array([[lead + 1], [lead + 1]]),
        service_bp=9300,
        sizes=Sizes(parts=1, rests=(0,), days=DAYS, typed=10, measured=20),
    )


def _lived(stock: list[list[float]], in_time: list[list[int]], items: list[str]) -> Lived:
    wanted = [[10] * len(row) for row in in_time]
    return Lived(items, stock, wanted, in_time, 1, 1, 1, 1, 0, 0.0)


def test_what_a_planner_types() -> None:
    """62 sold in 62 days is one a day: min covers 6 + 1 + 14 days, the lot 28 days in whole packs, the least lot stands."""
    least, lot = typed_levels(np.array([62, 1, 0]), np.array([6, 6, 6]), (2, 4), 62)
    assert least.tolist() == [21, 1, 0]
    assert lot.tolist() == [30, MOQ, MOQ]


def test_stock_is_counted_every_evening() -> None:
    """Nothing is bought: of 200 the evenings of the measured ten days see 95, 90, … 50, beside 24 that nobody wants."""
    shop = replace(_shop(5), opening=np.array([200, 24]))
    outcome = live(shop, lambda day: Levels(np.array([-1000, -1000]), np.array([MOQ, MOQ])))
    assert (outcome.fill_rate, outcome.order_lines) == (1.0, 0)
    assert outcome.stock_value == 200 * (72.5 + 24)


def test_a_high_enough_level_fills_everything() -> None:
    """With a reorder point above the lead time's demand nobody waits, before the levels are typed and after."""
    levels = Levels(np.array([40, 0]), np.array([24, MOQ]))
    outcome = live(_shop(5), buying_back(_shop(5), lambda day: levels))
    assert (outcome.fill_rate, outcome.order_lines) == (1.0, 2)


def test_the_other_warehouse_helps_out() -> None:
    """Nothing is ordered any more: after its own shelf the customer is served from the other one, then waits."""
    nothing = Levels(np.array([-1000, -1000]), np.array([MOQ, MOQ]))
    outcome = live(_shop(4), lambda day: nothing)
    assert outcome.order_lines == 0
    assert outcome.fill_rate == 4 / (4 * 7)  # 84 pieces are 21 days of 4; of days 20 to 26 only the first is served
    assert outcome.stock_value == 0


def test_intervals_hold_what_was_measured() -> None:
    """Half the stock everywhere is half in every draw; one more in ten filled everywhere is a tenth in every draw."""
    ours = _lived([[1.0, 2.0], [3.0, 4.0]], [[10, 10], [9, 9]], ["B", "A"])
    theirs = _lived([[6.0, 8.0], [2.0, 4.0]], [[8, 8], [9, 9]], ["A", "B"])
    ratios, differences = intervals(*aligned(ours, theirs))
    assert ratios == (0.5, 0.5)
    assert np.allclose(differences, (0.1, 0.1))


def test_a_truck_is_as_late_in_every_world() -> None:
    """Lateness follows from who sent it, where to and when; another day is another draw."""
    one, again = (lateness("S", "W", date(2011, 3, 1), seed=7) for _ in range(2))
    assert one == again
    assert one != lateness("S", "W", date(2011, 3, 2), seed=7)
