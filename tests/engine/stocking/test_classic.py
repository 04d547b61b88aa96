"""Textbook models: published optima, brute force, limits of the formulas, refusals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import _iterating, _textbook
from longshore.engine.invalid import InvalidProblem
from longshore.engine.stocking.classic import demands, dynamic, economic, joint, levels, newsvendor, reorder

STEADY = economic.Steady(1300, 8, 0.225)


def test_every_published_optimum_is_met() -> None:
    """All instances of the textbook set, each to its printed digits."""
    found = _textbook.compared()
    if not found:
        pytest.skip(f"the textbook set is not at {_textbook.folder()}: set LONGSHORE_DATA to check against it")
    assert [told for told in found if not told[1]] == []
    assert len(found) == 26


def test_backorders_and_production_reduce_to_the_plain_formula() -> None:
    """A huge penalty or a huge speed leave Harris's quantity; a finite penalty costs less and orders more."""
    plain = economic.economic_order(STEADY)
    assert economic.with_backorders(STEADY, 1e12).quantity == pytest.approx(plain.quantity)
    assert economic.production(STEADY, 1e12).quantity == pytest.approx(plain.quantity)
    late = economic.with_backorders(STEADY, 5.0)
    assert late.cost < plain.cost and late.quantity > plain.quantity
    assert economic.production(STEADY, 2600, 1e12).cost == pytest.approx(economic.production(STEADY, 2600).cost)
    made = economic.production(economic.Steady(80, 4, 0.08), 110)
    assert (made.quantity, made.cost) == (pytest.approx(171.2698, abs=1e-4), pytest.approx(3.736795, abs=1e-6))


def test_discounts_beat_every_other_quantity() -> None:
    """No quantity on a fine grid is cheaper, for all-units and for incremental discounts."""
    steps = economic.PriceSteps((0, 400, 800), (0.75, 0.72, 0.68), 0.3)
    for lot, price_of in (
        (
            economic.all_units_discount(1300, 8, steps),
            lambda q: steps.prices[np.searchsorted(steps.breaks, q, "right") - 1],
        ),
        (economic.incremental_discount(1300, 8, steps), lambda q: _incremental(steps, q) / q),
    ):
        costs = [price_of(q) * 1300 + 8 * 1300 / q + 0.3 * price_of(q) * q / 2 for q in range(1, 3000)]
        assert lot.cost <= min(costs) + 1e-9
        assert lot.cost == pytest.approx(min(costs), rel=1e-5)


def _incremental(steps: economic.PriceSteps, quantity: int) -> float:
    tops = (*steps.breaks[1:], math.inf)
    rows = zip(steps.breaks, tops, steps.prices, strict=True)
    return sum((min(quantity, top) - low) * price for low, top, price in rows if quantity > low)


def test_shelf_life_and_decay_shorten_the_cycle() -> None:
    """What must sell in a month is ordered for a month; what spoils is ordered in smaller lots; a trace of decay is none."""
    month = economic.with_shelf_life(STEADY, 1 / 12)
    assert (month.quantity, month.bound_by) == (pytest.approx(1300 / 12), "shelf-life")
    assert economic.with_shelf_life(STEADY, 1.0).bound_by == "cost"
    plain = economic.economic_order(STEADY)
    assert economic.decaying(STEADY, 1e-7, 0.75).quantity == pytest.approx(plain.quantity, rel=1e-4)
    assert economic.decaying(STEADY, 0.5, 0.75).quantity < plain.quantity


def test_uncertain_supply() -> None:
    """Perfect supply leaves the plain quantity; a yield of five sixths orders more than it needs; a known case."""
    plain = economic.economic_order(STEADY)
    assert economic.with_yield(STEADY, economic.Yield()).quantity == pytest.approx(plain.quantity, rel=1e-6)
    rare = economic.Disruptions(1e-9, 14.0, 5.0)
    assert economic.with_disruptions(STEADY, rare).quantity == pytest.approx(plain.quantity, rel=1e-5)
    book = economic.with_yield(economic.Steady(75_000, 18_500, 0.06), economic.Yield(shift=-15_000, shift_sd=9_000))
    assert book.quantity == pytest.approx(230_246.4, abs=1)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 3), st.integers(0, 5)), min_size=6, max_size=6),
)
def test_wagner_whitin_equals_all_plans(demand: list[int], costs: list[tuple[int, int, int]]) -> None:
    """No choice of order periods is cheaper, with costs that change; the orders cover demand and cost what is told."""
    periods = len(demand)
    order, holding, price = (np.array(column[:periods], dtype=np.float64) for column in zip(*costs, strict=True))
    asked = dynamic.Horizon(np.array(demand, dtype=np.float64), order, holding, price)
    found = dynamic.wagner_whitin(asked)
    plans = itertools.product((False, True), repeat=periods)
    assert found.cost == pytest.approx(min(_plan_cost(asked, plan) for plan in plans))
    stock = np.cumsum(found.orders) - np.cumsum(asked.demand)
    assert (stock >= -1e-9).all() and stock[-1] == pytest.approx(0)
    spent = order[found.orders > 0].sum() + (price * found.orders).sum() + (holding * stock).sum()
    assert spent == pytest.approx(found.cost)


def _plan_cost(asked: dynamic.Horizon, plan: tuple[bool, ...]) -> float:
    orders, last = np.zeros(len(plan)), -1
    for period, (ordered, demand) in enumerate(zip(plan, asked.demand, strict=True)):
        last = period if ordered else last
        if last < 0 and demand > 0:
            return math.inf
        orders[last] += demand
    stock = np.cumsum(orders) - np.cumsum(asked.demand)
    paid = float(asked.order[orders > 0].sum())
    return paid + float((asked.price * orders).sum() + (asked.holding * stock).sum())


def test_joint_orders_beat_a_fine_grid() -> None:
    """No cycle and multiples on a fine grid are cheaper; the bound lies below; powers of two cost at most 6 % more."""
    families = [
        (10.0, [1.87, 5.27, 7.94, 8.19, 8.87], [1736, 656, 558, 170, 142]),
        (40.0, [15] * 4, [86000, 12500, 1400, 3000]),
    ]
    for shared, orders, rates in families:
        family = joint.Family(
            shared, np.array(orders, dtype=np.float64), np.full(len(orders), 0.2), np.array(rates, dtype=np.float64)
        )
        best, powers = joint.joint_order(family), joint.powers_of_two(family)
        slope = family.holding * family.rate / 2
        for cycle in np.geomspace(best.cycle / 5, best.cycle * 5, 400):
            every = np.arange(1, 30)[:, None]
            cost = shared / cycle + (family.order / (every * cycle) + slope * every * cycle).min(axis=0).sum()
            assert best.cost <= cost + 1e-9
        assert best.bound <= best.cost <= powers.cost <= 1.06 * best.bound


def test_newsvendors_agree() -> None:
    """A normal cut into units, its quantile function and its formula give one answer; prices are mistakes in disguise."""
    mistakes = newsvendor.Mistakes(0.18, 0.7)
    plain = newsvendor.normal(mistakes, 500, 80)
    cut = newsvendor.discrete(mistakes, demands.normal(500, 80))
    assert cut.quantity == round(plain.quantity) and cut.cost == pytest.approx(plain.cost, rel=1e-3)
    from scipy.special import ndtri

    smooth = newsvendor.continuous(mistakes, lambda share: 500 + 80 * ndtri(share))
    assert (smooth.quantity, smooth.cost) == (pytest.approx(plain.quantity), pytest.approx(plain.cost, rel=1e-9))
    trade = newsvendor.Trade(price=1.0, cost=0.3, salvage=0.12)
    assert newsvendor.explicit(trade, 500, 80) == plain
    assert newsvendor.normal_cost(mistakes, 500, 80, plain.quantity) == pytest.approx(plain.cost)
    die = demands.Demand(np.array([0, 0.25, 0.05, 0.1, 0.2, 0.15, 0.1, 0.1, 0.05]))
    assert newsvendor.discrete(newsvendor.Mistakes(500_000, 1_000_000), die).quantity == 5


@pytest.mark.parametrize("sizes", [(1.0,), (0.6, 0.4), (0.5, 0.0, 0.0, 0.5)])
@pytest.mark.parametrize("order", [0.5, 12.0, 90.0])
def test_levels_equal_value_iteration(sizes: tuple[float, ...], order: float) -> None:
    """The exact (s, S) costs what value iteration, which knows no (s, S), proves to be the least."""
    case = _iterating.Case(2.5, sizes, 1, order, 1.0, 9.0)
    demand = demands.compound_poisson(case.rate, demands.Demand(np.array([0.0, *sizes])))
    asked = levels.Reviewed(demand, 1, order, 1.0, 9.0)
    found = levels.exact(asked)
    least, most = _iterating.bounds(case)
    assert least * (1 - 1e-9) <= found.cost <= most * (1 + 1e-6)
    assert _iterating.cost_of(case, int(found.reorder), int(found.target)) == pytest.approx(found.cost, rel=1e-9)
    assert levels.cost_of(asked, int(found.reorder), int(found.target)) == pytest.approx(found.cost)


def test_reorder_points_for_whole_units_beat_their_neighbours() -> None:
    """No r and Q near the exact ones are cheaper; the cost is that of the neighbourhood's formula."""
    asked = reorder.Units(1.5, demands.poisson(3), 100, 20, 150)
    best = reorder.exact_units(asked)
    assert (best.reorder, best.quantity) == (3, 5)
    around = itertools.product(range(-2, 9), range(1, 15))
    assert best.cost == pytest.approx(min(reorder.cost_of_units(asked, r, q) for r, q in around))
    late = (asked.until.short(3) - asked.until.short(8)) / 5
    assert reorder.fill_rate(asked, 3, 5) == pytest.approx(1 - late)


def test_approximations_stand_above_the_exact_reorder_point() -> None:
    """Each approximation of (r, Q) costs at least the exact optimum, Zheng's at most an eighth more."""
    asked = reorder.Continuous(1300, 150, 1 / 12, 8, 0.225, 7.5)
    best = reorder.exact(asked)
    assert reorder.cost_of(asked, 126.8, 328.5) == pytest.approx(78.07116250928294)
    zheng = reorder.with_backorders(asked)
    assert zheng.reorder == pytest.approx(128.63781442427097, abs=1e-5)
    for other in (zheng, reorder.plus_safety(asked), reorder.by_losses(asked)):
        assert other.cost >= best.cost - 1e-9
    assert zheng.cost <= 1.125 * best.cost


def test_wrong_questions_are_refused() -> None:
    """No demand, no penalty, a slow machine and unsorted steps are refused with the field's name."""
    with pytest.raises(InvalidProblem, match="rate"):
        economic.Steady(0, 1, 1)
    with pytest.raises(InvalidProblem, match="under"):
        newsvendor.Mistakes(1, 0)
    with pytest.raises(InvalidProblem, match="speed"):
        economic.production(STEADY, 1000)
    with pytest.raises(InvalidProblem, match="breaks"):
        economic.PriceSteps((0, 800, 400), (3, 2, 1), 0.3)
    with pytest.raises(InvalidProblem, match="penalty"):
        reorder.expected_level(reorder.Continuous(1, 1, 1, 8, 100, 0.1))
