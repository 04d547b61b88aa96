"""Demand distributions, reviewed policies, cards, chains of stages, classes, and levels from history."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from longshore.engine.invalid import InvalidProblem
from longshore.engine.stocking.classic import demands, periodic, serial
from longshore.engine.stocking.classing import LETTERS, Cuts, classes
from longshore.engine.stocking.empirical import Seen, reorder_points
from longshore.engine.stocking.problem import CYCLE, FILL


def test_distributions_have_their_moments() -> None:
    """Mean and variance of every distribution are what was asked for; sums and compounds follow."""
    made = {
        "poisson": (demands.poisson(7.5), 7.5, 7.5),
        "negative binomial": (demands.negative_binomial(3.0, 12.0), 3.0, 12.0),
        "gamma": (demands.gamma(400.0, 90.0), 400.0, 8100.0),
        "normal": (demands.normal(500.0, 60.0), 500.0, 3600.0),
        "three periods": (demands.over(demands.poisson(2.5), 3), 7.5, 7.5),
        "compound": (demands.compound_poisson(2.0, demands.Demand(np.array([0, 0.5, 0, 0.5]))), 4.0, 10.0),
        "random lead": (
            demands.over_random(demands.poisson(4.0), demands.Demand(np.array([0, 0.5, 0, 0.5]))),
            8.0,
            24.0,
        ),
    }
    for name, (demand, mean, variance) in made.items():
        assert demand.mean == pytest.approx(mean, rel=1e-6), name
        assert demand.variance == pytest.approx(variance, rel=1e-4), name
    assert demands.negative_binomial(3.0, 12.0).weights[:9] == pytest.approx(stats.nbinom.pmf(range(9), 1.0, 0.25))
    assert demands.compound_poisson(2.5, demands.Demand(np.array([0.0, 1.0]))).weights[:20] == pytest.approx(
        stats.poisson.pmf(range(20), 2.5)
    )
    assert demands.empirical(np.array([0, 2, 2, 5])).weights.tolist() == [0.25, 0, 0.5, 0, 0, 0.25]


@pytest.mark.parametrize("measure", [periodic.ALPHA, periodic.BETA])
def test_order_up_to_levels_meet_their_target_and_no_more(measure: str) -> None:
    """The level reaches the target, one unit less does not, and a simulation with random lead times agrees."""
    period, lead = demands.poisson(5), demands.Demand(np.array([0, 0.2, 0.5, 0.3]))
    target = periodic.Target(measure, 0.95)
    found = periodic.order_up_to(period, 3, lead, target)
    reached = found.alpha if measure == periodic.ALPHA else found.beta
    assert reached >= 0.95
    lower = periodic.order_up_to(period, 3, lead, periodic.Target(measure, reached - 1e-9))
    assert lower.level == found.level
    assert periodic.order_up_to(period, 3, lead, periodic.Target(measure, reached + 1e-9)).level == found.level + 1


def test_cards_boxes_and_paces() -> None:
    """Toyota's rule; cards for a random demand cover its base stock; min-max leaves room for what overshoots; takt."""
    assert periodic.cards(periodic.Loop(100, 0.5, 0.3, 20), 0.1) == 5
    target = periodic.Target(periodic.ALPHA, 0.99)
    lead = demands.Demand(np.array([0, 0, 1.0]))
    level = periodic.order_up_to(demands.poisson(8), 1, lead, target).level
    assert periodic.cards_for(demands.poisson(8), lead, 10, target) == -(-level // 10) + 1
    single = demands.Demand(np.array([0, 1.0]))
    assert periodic.min_max(40, 100, single) == periodic.MinMax(40, 140)
    dozens = demands.Demand(np.array([0.0] * 12 + [1.0]))
    assert periodic.min_max(40, 100, dozens) == periodic.MinMax(40, 134)
    assert periodic.min_max(40, 100, dozens, 12) == periodic.MinMax(40, 136)
    pace = periodic.just_in_time(400, 28_800, 60, 600)
    assert (pace.takt, pace.batch) == (72.0, 50)
    with pytest.raises(InvalidProblem, match="demand"):
        periodic.just_in_time(500, 28_800, 60, 600)


def test_a_chain_of_one_stage_is_a_newsvendor() -> None:
    """One stage with lead time 4: the level of a normal newsvendor; two stages cost no less than one with both times."""
    chain = serial.Chain((1.0,), (4.0,), 9.0, 50, 8)
    found = serial.solve(chain)
    assert found.levels[0] == pytest.approx(200 + 16 * stats.norm.ppf(0.9), abs=0.1)
    assert serial.heuristic(chain)[0] == pytest.approx(200 + 16 * stats.norm.ppf(0.9))


def test_a_chain_costs_what_its_simulation_costs() -> None:
    """Poisson demand over three stages, played with its levels for 60,000 periods: the cost is within one percent."""
    chain = serial.Chain((0.5, 0.3, 0.2), (1.0, 2.0, 1.0), 20.0, 4.0)
    found = serial.solve(chain)
    assert _played(chain, found.levels) == pytest.approx(found.cost, rel=0.01)


def _played(chain: serial.Chain, levels: tuple[float, ...]) -> float:
    """Mean cost per period: a stage receives, then orders up to its echelon level as far as the stage above has stock;
    costs are counted, then demand comes."""
    periods, stages = 60_000, len(levels)
    position = [int(level) for level in levels]  # on hand here and below and on the way here, less what waits
    echelon = list(position)
    pipeline = [[0] * int(lead) for lead in chain.lead]
    total = 0.0
    for units in np.random.default_rng(1).poisson(chain.mean, periods).tolist():
        for stage in reversed(range(stages)):
            echelon[stage] += pipeline[stage].pop(0)
            short = int(levels[stage]) - position[stage]
            shipped = short if stage == stages - 1 else min(short, echelon[stage + 1] - position[stage])
            position[stage] += shipped
            pipeline[stage].append(shipped)
        total += sum(h * e for h, e in zip(chain.holding, echelon, strict=True))
        total += (chain.penalty + sum(chain.holding)) * max(-echelon[0], 0)
        position = [one - units for one in position]
        echelon = [one - units for one in echelon]
    return total / periods


def test_classes_of_value_and_regularity() -> None:
    """80 % of value is A, the next 15 % B; steady demand is X, wild Z; what never sells is CZ."""
    demand = np.array([[10.0] * 8, [3.0, 0, 0, 9, 0, 0, 3, 1], [1.0, 2, 1, 2, 1, 2, 1, 2], [0.0] * 8])
    found = classes(demand, np.array([10.0, 10.0, 1.0, 5.0]))
    letters = [LETTERS[3 * v + r] for v, r in zip(found.value, found.regularity, strict=True)]
    assert letters == ["AX", "BZ", "CX", "CZ"]
    assert classes(demand, np.ones(4), Cuts(a=0.1, b=0.2)).value.tolist() == [0, 2, 2, 2]


def test_levels_from_history_meet_the_history() -> None:
    """With a lead time of two days: the level that the asked share of two-day totals does not exceed; a fill rate less."""
    history = np.array([[1, 0, 5, 0, 2, 2, 9, 0, 0, 1]])
    seen = Seen(
        demand=history, leads=np.array([[2]]), review_days=np.array([0]), service=np.array([0.75]),
        measure=np.array([CYCLE]), lot=np.array([10]),
    )  # fmt: skip
    totals = sorted(history[0][:-1] + history[0][1:])
    assert reorder_points(seen).tolist() == [totals[6]]
    filled = Seen(seen.demand, seen.leads, seen.review_days, np.array([0.9]), np.array([FILL]), seen.lot)
    level = int(reorder_points(filled)[0])
    late = [np.maximum(np.array(totals) - at, 0).mean() for at in (level - 1, level)]
    assert late[1] <= 1.0 < late[0]
    with pytest.raises(InvalidProblem, match="longer than the history"):
        Seen(seen.demand, np.array([[11]]), seen.review_days, seen.service, seen.measure, seen.lot)
