"""A plan of some nodes beside a plan of the others that stands: it equals the plan of everything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.engine.invalid import InvalidProblem
from longshore.engine.replenishing.network import columns as c
from longshore.engine.replenishing.network.problem import (
    MAKE,
    MOVE,
    SURPLUS,
    Arcs,
    Breaks,
    Former,
    Integers,
    NetworkProblem,
    Nodes,
    Outside,
    Parts,
    Supply,
)
from longshore.engine.replenishing.network.solve import Plan, solve
from tests.engine.replenishing.cases import problem_of
from tests.engine.replenishing.test_network import QUICK, networks


def _reached(problem: NetworkProblem, start: int) -> Integers:
    """What may change with a node: what it draws on, what shares surplus, a limit or a load with it, and so on."""
    arcs, parts = problem.arcs, problem.parts
    found, waiting = {start}, [start]
    while waiting:
        node = waiting.pop()
        mine = arcs.node == node
        near = set(parts.node[mine[parts.arc]].tolist())
        near |= set(arcs.node[parts.arc[(parts.node == node) & (arcs.kind[parts.arc] == SURPLUS)]].tolist())
        for shared in (arcs.capacity, arcs.load):
            near |= set(arcs.node[(shared >= 0) & np.isin(shared, shared[mine])].tolist())
        waiting += sorted(near - found)
        found |= near
    return np.array(sorted(found), dtype=np.int64)


def _outside(problem: NetworkProblem, plan: Plan, nodes: Integers) -> Outside:
    """What the standing plan of the other nodes takes, and the levels of those that share a limit or a load."""
    drawn = np.zeros((len(problem.nodes.item), problem.days), dtype=np.int64)
    others = np.setdiff1d(np.arange(len(drawn)), nodes)
    for row in plan.orders(others):
        if problem.arcs.kind[row[c.ARC]] in (MOVE, MAKE):
            for part in np.flatnonzero(problem.parts.arc == row[c.ARC]).tolist():
                over, under = int(problem.parts.numerator[part]), int(problem.parts.denominator[part])
                drawn[problem.parts.node[part], row[c.DAY]] += -(-int(row[c.QTY]) * over // under)
    arcs = problem.arcs
    shares = np.isin(nodes, arcs.node[(arcs.capacity >= 0) | (arcs.load >= 0)])
    return Outside(drawn[nodes], np.where(shares, plan.order.levels(nodes), 0))


def _some_of(problem: NetworkProblem, plan: Plan, nodes: Integers) -> tuple[NetworkProblem, Integers]:
    """The problem of these nodes alone, and the arcs it has."""
    place = np.full(len(problem.nodes.item), -1)
    place[nodes] = np.arange(len(nodes))
    arcs = np.flatnonzero(place[problem.arcs.node] >= 0)
    at = np.full(len(problem.arcs.node), -1)
    at[arcs] = np.arange(len(arcs))
    told, parts, breaks, former, supply = problem.nodes, problem.parts, problem.breaks, problem.former, problem.supply
    held, part = place[supply.node] >= 0, at[parts.arc] >= 0
    cheaper, before = at[breaks.arc] >= 0, at[former.arc] >= 0
    columns = {name: getattr(problem.arcs, name)[arcs] for name in Arcs.__slots__}
    return NetworkProblem(
        nodes=Nodes(*(getattr(told, name)[nodes] for name in Nodes.__slots__)),
        supply=Supply(place[supply.node[held]], supply.day[held], supply.qty[held], supply.last[held]),
        arcs=Arcs(**{**columns, "node": place[columns["node"]]}),
        parts=Parts(at[parts.arc[part]], place[parts.node[part]], parts.numerator[part], parts.denominator[part]),
        limits=problem.limits,
        breaks=Breaks(at[breaks.arc[cheaper]], breaks.qty[cheaper], breaks.price[cheaper]),
        former=Former(at[former.arc[before]], former.day[before], former.qty[before]),
        outside=_outside(problem, plan, nodes),
    ), arcs


@QUICK
@given(networks(), st.data())
def test_some_nodes_planned_beside_a_standing_plan_get_what_the_plan_of_all_gives(
    case: dict[str, Any], data: st.DataObject
) -> None:
    """Stock or demand of one node changes: planning only what it reaches gives the orders of a new plan of everything,
    and nobody else's orders are different in that."""
    standing = solve(problem_of(case))
    names = list(case["nodes"])
    name = data.draw(st.sampled_from(names))
    if data.draw(st.booleans()):
        case["nodes"][name]["supply"] = [[0, data.draw(st.integers(0, 40))]]
    else:
        case["nodes"][name]["demand"] = data.draw(st.lists(st.integers(0, 8), max_size=case["days"]))
    changed = problem_of(case)
    everything = solve(changed)
    nodes = _reached(changed, names.index(name))
    others = np.setdiff1d(np.arange(len(names)), nodes)
    assert np.array_equal(everything.orders(others), standing.orders(others))
    some, arcs = _some_of(changed, standing, nodes)
    got = solve(some).orders()
    got[:, c.ARC] = arcs[got[:, c.ARC]]
    rivals = got[:, c.RIVAL] >= 0
    got[rivals, c.RIVAL] = arcs[got[rivals, c.RIVAL]]
    assert np.array_equal(got, everything.orders(nodes))


def test_what_others_take_has_to_fit() -> None:
    """Levels or drawings for another number of nodes are refused by name."""
    problem = problem_of({"days": 5, "nodes": {"shop": {"ways": [{"kind": "buy"}]}}})
    wrong = Outside(np.zeros((2, 5), dtype=np.int64), np.zeros(1, dtype=np.int64))
    with pytest.raises(InvalidProblem, match=r"outside\.drawn"):
        replace(problem, outside=wrong)
