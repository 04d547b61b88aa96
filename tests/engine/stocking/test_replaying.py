"""Back-test on own history, and options under shared limits."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from longshore.engine.invalid import InvalidProblem
from longshore.engine.stocking.classic import demands, levels
from longshore.engine.stocking.limits import check as limits_check
from longshore.engine.stocking.limits import solve as limits_solve
from longshore.engine.stocking.limits.options import Shared, offer
from longshore.engine.stocking.limits.problem import Menu
from longshore.engine.stocking.problem import FILL
from longshore.engine.stocking.replaying.check import check
from longshore.engine.stocking.replaying.problem import Candidates, History, Plan
from longshore.engine.stocking.replaying.solve import paths_of, solve
from tests.engine.stocking.test_stocking import problem


def history(items: int, *, lost: bool = False) -> History:
    chance = np.random.default_rng(5)
    return History(
        demand=chance.poisson(3, (items, 200)), leads=chance.integers(0, 6, (items, 7)), holding=np.ones(items),
        penalty=np.full(items, 9.0), order=np.full(items, 20.0), lost=lost,
    )  # fmt: skip


def candidates(items: int, *policies: tuple[int, int, int]) -> Candidates:
    columns = [np.array([[policy[n]] * items for policy in policies]) for n in range(3)]
    return Candidates(*columns)


@pytest.mark.parametrize("lost", [False, True])
def test_a_replay_is_what_plain_python_plays(*, lost: bool) -> None:
    """Cost, what was asked and served, on the history itself, for back orders and lost sales; no unit appears."""
    asked, compared, plan = history(12, lost=lost), candidates(12, (8, 20, 1), (15, 30, 3)), Plan(paths=6, warm=10)
    assert check(asked, compared, plan, solve(asked, compared, np.full(12, 0.9), plan)) == []


def test_a_long_replay_costs_what_theory_says() -> None:
    """Poisson demand, lead time 2: (s, S) replayed over 100,000 periods costs what the exact method computes."""
    asked = levels.Reviewed(demands.poisson(3), 2, 20, 1, 9)
    best = levels.exact(asked)
    demand = np.random.default_rng(2).poisson(3, (1, 100_000))
    long = History(demand, np.array([[2]]), np.ones(1), np.full(1, 9.0), np.full(1, 20.0))
    compared = candidates(1, (int(best.reorder), int(best.target), 1))
    found = solve(long, compared, np.array([0.5]), Plan(paths=2, warm=50))
    assert found.cost[0, 0, 0] == pytest.approx(best.cost, rel=0.01)


def test_the_choice_is_cheapest_among_those_that_serve() -> None:
    """A lean policy that does not reach the fill rate is not chosen; of those that do the cheaper is; the saving against
    the first and its interval come from the other paths; the same seed gives the same answer; where
    none serves enough, the one that serves most."""
    asked = history(20)
    compared = candidates(20, (40, 60, 1), (2, 12, 1), (18, 40, 1))
    found = solve(asked, compared, np.full(20, 0.95), Plan(paths=20))
    assert set(found.chosen.tolist()) == {2}
    assert found.saving.low > 0
    assert found.cost_chosen.low <= found.cost_chosen.mean <= found.cost_chosen.high
    assert found.fill_chosen.mean > 0.95 > found.candidates[1][1].high
    again = solve(asked, compared, np.full(20, 0.95), Plan(paths=20))
    assert (again.cost == found.cost).all()
    lean = solve(asked, candidates(20, (0, 8, 1), (2, 12, 1)), np.full(20, 0.999), Plan(paths=20))
    assert set(lean.chosen.tolist()) == {1}


def test_paths_keep_blocks_of_history() -> None:
    """The first path is the history; the others run on day by day but for one in a block."""
    drawn = paths_of(100, Plan(paths=5, block=10, seed=1))
    assert drawn[0].tolist() == list(range(100))
    follows = (drawn[1:, 1:] - drawn[1:, :-1]) % 100 == 1
    assert follows.mean() > 0.89 and not (drawn[1] == drawn[2]).all()


def test_wrong_replays_are_refused() -> None:
    """Other items, a single path and negative demand are refused."""
    with pytest.raises(InvalidProblem, match="other items"):
        solve(history(3), candidates(2, (1, 2, 1)), np.full(3, 0.9))
    with pytest.raises(InvalidProblem, match="paths"):
        solve(history(2), candidates(2, (1, 2, 1)), np.full(2, 0.9), Plan(paths=1))
    with pytest.raises(InvalidProblem, match="demand"):
        replace(history(2), demand=np.array([[-1], [1]]))


def test_options_under_limits_against_all_choices() -> None:
    """Small menus: the choice fits, the bound is below the best of all choices, and the choice is near it."""
    chance = np.random.default_rng(8)
    for _ in range(20):
        menu = Menu(chance.uniform(1, 9, (5, 3)), chance.uniform(0, 5, (2, 5, 3)), np.array([14.0, 14.0]))
        found = limits_solve.solve(menu)
        assert limits_check.check(menu, found) == []
        fitting = [
            menu.cost[np.arange(5), list(told)].sum()
            for told in itertools.product(range(3), repeat=5)
            if (menu.use[:, np.arange(5), list(told)].sum(axis=1) <= menu.limit).all()
        ]
        assert found.bound <= min(fitting) + 1e-6
        assert not found.feasible or found.cost >= min(fitting) - 1e-9


def test_many_options_come_within_a_thousandth_of_the_bound() -> None:
    """300 items, two limits: feasible and proven near; slack limits cost nothing and choose freely."""
    chance = np.random.default_rng(9)
    cost = chance.uniform(10, 100, (300, 6))
    use = chance.uniform(0, 10, (2, 300, 6)) + (100 - cost)[None] / 10
    tight = Menu(cost, use, use.mean(axis=2).sum(axis=1) * 0.8)
    found = limits_solve.solve(tight)
    assert found.feasible and limits_check.check(tight, found) == []
    assert found.cost <= found.bound * 1.001
    free = limits_solve.solve(Menu(cost, use, use.max(axis=2).sum(axis=1)))
    assert free.cost == pytest.approx(cost.min(axis=1).sum()) and free.price.tolist() == [0.0, 0.0]


def test_room_and_budget_shrink_the_lots() -> None:
    """With half the room and half the money all item-places fit, at a higher cost; what spoils is not offered."""
    lives = [(5.0, 0), (20.0, 0), (60.0, 0), (9.0, 40)]
    rows = problem(*[{"measure": FILL, "demand_mean": mean, "shelf_life_days": life} for mean, life in lives])
    volume, late = np.array([2.0, 1.0, 1.0, 4.0]), np.full(4, 50.0)
    open_ = offer(rows, Shared(1e12, volume, 1e12, late))
    free = limits_solve.solve(open_.menu)
    used = free.used
    tight = offer(rows, Shared(float(used[0]) * 0.6, volume, float(used[1]) * 0.6, late))
    found = limits_solve.solve(tight.menu)
    assert found.feasible and (found.used <= used * 0.6 + 1e-6).all()
    assert found.cost > free.cost
    for number in range(len(tight.policies)):
        policy = tight.policies[number]
        if np.isfinite(tight.menu.cost[3, number]):
            assert policy.order_quantity[3] + policy.safety_stock[3] <= 9 * 40
    with pytest.raises(InvalidProblem, match="the least all items can use"):
        offer(rows, Shared(1.0, volume, 1e12, late))
