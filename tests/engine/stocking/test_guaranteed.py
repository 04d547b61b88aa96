"""Placement of safety stock in a network: brute force, real chains, proofs, refusals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import _willems
from longshore.engine.invalid import InvalidProblem
from longshore.engine.stocking.guaranteed.check import check, cost_of
from longshore.engine.stocking.guaranteed.problem import UNBOUNDED, Network, Stopping
from longshore.engine.stocking.guaranteed.solve import solve


def network(
    times: list[int], arcs: list[tuple[int, int]], promised: list[int], holding: list[float] | None = None
) -> Network:
    """A network with a demand spread of 1 everywhere."""
    stages = len(times)
    return Network(
        times=np.array(times, dtype=np.int64),
        inbound=np.zeros(stages, dtype=np.int64),
        promised=np.array(promised, dtype=np.int64),
        holding=np.array(holding or [1.0 + stage for stage in range(stages)]),
        spread=np.ones(stages),
        arcs=np.array(arcs, dtype=np.int64).reshape(-1, 2),
    )


def brute_force(asked: Network) -> float:
    """The least cost of all promises there are."""
    longest = int(asked.times.sum() + asked.inbound.max())
    tops = [longest if one == UNBOUNDED else min(one, longest) for one in asked.promised.tolist()]
    return min(cost_of(asked, list(told)) for told in itertools.product(*(range(top + 1) for top in tops)))


def test_a_chain_of_three_by_hand() -> None:
    """Holding 1, 2, 3 and 4 days each: covering all twelve days at the last stage is cheapest; dearer there, it is not."""
    asked = network([4, 4, 4], [(0, 1), (1, 2)], [UNBOUNDED, UNBOUNDED, 0])
    found = solve(asked)
    choices = {"last": 3 * math.sqrt(12), "first and last": 2 + 3 * math.sqrt(8), "all": 2 + 4 + 6.0}
    assert found.cost == pytest.approx(min(choices.values()))
    assert found.outbound.tolist() == [4, 8, 0]
    assert (found.proven, found.branches) == (True, 1)
    assert found.everywhere == pytest.approx(choices["all"])
    dear = solve(network([4, 4, 4], [(0, 1), (1, 2)], [UNBOUNDED, UNBOUNDED, 0], [1.0, 2.0, 9.0]))
    assert (dear.outbound.tolist(), dear.cost) == ([4, 0, 0], pytest.approx(2 * math.sqrt(8) + 18))


@st.composite
def networks(draw: st.DrawFn) -> Network:
    stages = draw(st.integers(1, 4))
    pairs = [(one, other) for one in range(stages) for other in range(one + 1, stages)]
    arcs = [pair for pair in pairs if draw(st.booleans())]
    selling = set(range(stages)) - {one for one, _ in arcs}
    promised = [
        draw(st.integers(0, 3)) if stage in selling or draw(st.integers(0, 3)) == 0 else UNBOUNDED
        for stage in range(stages)
    ]
    made = network(
        [draw(st.integers(0, 3)) for _ in range(stages)], arcs, promised, [draw(st.floats(0, 9)) for _ in range(stages)]
    )
    inbound = np.array([draw(st.sampled_from([0, 0, 0, 2])) for _ in range(stages)], dtype=np.int64)
    return Network(made.times, inbound, made.promised, made.holding, made.spread, made.arcs)


@settings(max_examples=60, deadline=None)
@given(networks())
def test_nothing_is_cheaper(asked: Network) -> None:
    """On every small network, tree or not, the cost is that of the best of all promises, and the check finds no fault."""
    found = solve(asked)
    assert found.proven
    assert found.cost == pytest.approx(brute_force(asked), abs=1e-9)
    assert check(asked, found) == []


def test_a_dense_network_is_proven_or_says_how_far_it_may_be_off() -> None:
    """Forty stages with many loops: a few branches leave a bound below the cost; more branches never raise the cost."""
    chance = np.random.default_rng(3)
    arcs = [(one, other) for one in range(40) for other in range(one + 1, min(one + 15, 40)) if chance.random() < 0.15]
    selling = set(range(40)) - {one for one, _ in arcs}
    asked = network(
        chance.integers(0, 10, 40).tolist(), arcs, [0 if stage in selling else UNBOUNDED for stage in range(40)],
        np.cumsum(chance.uniform(0, 10, 40)).tolist(),
    )  # fmt: skip
    told: list[tuple[int, float, float]] = []
    few = solve(asked, Stopping(branches=3), lambda *step: told.append(step))
    more = solve(asked, Stopping(branches=60))
    assert few.bound <= more.bound * (1 + 1e-9) and more.cost <= few.cost
    assert few.proven == (few.bound == few.cost)
    assert told[0][0] == 1
    assert check(asked, more) == []


def test_time_in_coarser_units_gives_the_same_placement() -> None:
    """Minutes instead of days: the common divisor is taken out, so it is as quick, and the cost is that of the minutes."""
    days = network([4, 2, 6], [(0, 2), (1, 2)], [UNBOUNDED, UNBOUNDED, 0])
    minutes = network([4 * 1440, 2 * 1440, 6 * 1440], [(0, 2), (1, 2)], [UNBOUNDED, UNBOUNDED, 0])
    one, other = solve(days), solve(minutes)
    assert (one.outbound * 1440).tolist() == other.outbound.tolist()
    assert other.cost == pytest.approx(one.cost * math.sqrt(1440))


def test_real_chains_reach_their_proven_optimum() -> None:
    """Every chain at hand equals its reference and passes the check."""
    chains = list(_willems.chains())
    if not chains:
        pytest.skip(f"the chains are not at {_willems.folder()}: set LONGSHORE_DATA to check against them")
    for chain in chains:
        found = solve(chain.network)
        assert found.cost == pytest.approx(chain.optimum, rel=1e-6), chain.name
        assert found.proven and check(chain.network, found) == []


def test_the_check_finds_what_is_wrong() -> None:
    """A promise that cannot be kept, a wrong cost and a dear placement are named."""
    from dataclasses import replace

    asked = network([4, 4], [(0, 1)], [UNBOUNDED, 0])
    found = solve(asked)
    assert check(asked, replace(found, cost=found.cost + 1)) != []
    assert check(asked, replace(found, outbound=np.array([9, 0]))) != []
    assert check(asked, replace(found, inbound=np.array([0, 0]), outbound=np.array([2, 0]))) != []


def test_wrong_networks_are_refused() -> None:
    """A cycle, an unknown stage and a negative time are refused."""
    with pytest.raises(InvalidProblem, match="cycle"):
        network([1, 1], [(0, 1), (1, 0)], [0, 0])
    with pytest.raises(InvalidProblem, match="unknown stage"):
        network([1, 1], [(0, 5)], [0, 0])
    with pytest.raises(InvalidProblem, match=r"times\[0\]"):
        network([-1, 1], [(0, 1)], [0, 0])
