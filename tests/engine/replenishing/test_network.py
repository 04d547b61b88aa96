"""The network planner: golden plans, the independent check, flips, pegging, and replanning that equals planning."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longshore.engine.invalid import InvalidProblem
from longshore.engine.replenishing.network import columns as c
from longshore.engine.replenishing.network.check import Ordered, check
from longshore.engine.replenishing.network.pegging import DRAWN, ORDER, SAFETY, WANTED, Pegging
from longshore.engine.replenishing.network.problem import FAR, Supply
from longshore.engine.replenishing.network.solve import Change, Plan, replan, solve
from tests.engine.replenishing.cases import ordered, problem_of, text_of
from tests.engine.replenishing.plain import planned

GOLDEN = sorted((Path(__file__).parent / "golden").iterdir())


def _golden(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / name / "case.json").read_text())
    return found


def test_there_are_two_hundred_golden_cases() -> None:
    """Twenty ideas, ten numbers each."""
    assert len(GOLDEN) == 200


@pytest.mark.parametrize("folder", GOLDEN, ids=lambda folder: folder.name)
def test_golden(folder: Path) -> None:
    """The orders are those the plain planner gives, and keep every rule."""
    case = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    plan = solve(problem_of(case))
    assert text_of(plan, case) == (folder / "expected.txt").read_text(encoding="utf-8"), case["shows"]
    assert check(plan.problem, ordered(plan)) == []


# Small networks of every kind, by chance.


@st.composite
def networks(draw: st.DrawFn) -> dict[str, Any]:
    """Products at two shops and a store, fed by moves, surplus, makes and buys with all their limits."""
    number = st.integers
    days = draw(number(8, 24))
    nodes: dict[str, Any] = {}
    for name in ("a@shop", "b@shop", "a@other", "a@store", "b@store", "part", "raw"):
        nodes[name] = {
            "demand": draw(st.lists(number(0, 6), max_size=days)),
            "safety": draw(number(0, 6)),
            "cover": draw(number(1, 6)),
            "supply": [[draw(number(0, 9)) * (k > 0), draw(number(0, 25))] for k in range(draw(number(0, 2)))],
            "ways": [],
        }
    spoils = draw(st.sampled_from(["b@shop", "raw", "part"]))
    nodes[spoils]["life"] = draw(number(2, 9))
    terms = st.fixed_dictionaries(
        {"lead": number(0, 4), "fence": number(0, 2), "moq": number(1, 6), "multiple": number(1, 4),
         "price": number(0, 50), "late": number(0, 5)},
        optional={"calendar": st.just("week"), "capacity": st.sampled_from(["one", "two"]),
                  "load": st.just("truck"), "size": number(1, 4)},
    )  # fmt: skip

    def way(kind: str, *parts: tuple[str, int, int], **more: Any) -> dict[str, Any]:
        return {"kind": kind, **draw(terms), "parts": [list(part) for part in parts], **more}

    for item in "ab":
        nodes[f"{item}@shop"]["ways"] = [way("move", (f"{item}@store", 1, 1))]
        nodes[f"{item}@store"]["ways"] = [way("make", ("part", draw(number(1, 3)), draw(number(1, 2))), ("raw", 1, 3))]
    nodes["a@shop"]["ways"].insert(0, {"kind": "surplus", "lead": 1, "parts": [["a@other", 1, 1]]})
    nodes["a@other"]["ways"] = [
        {"kind": "surplus", "lead": 1, "parts": [["a@shop", 1, 1]]},
        way("move", ("a@store", 1, 1)),
        way("buy"),
    ]
    nodes["part"]["ways"] = [way("make", ("raw", 2, 1)), way("buy", breaks=[[10, 20], [30, 15]])]
    nodes["raw"]["ways"] = [way("buy", former=[[1, 12], [4, 20]]), way("buy")]
    return {
        "days": days,
        "nodes": nodes,
        "keep": [draw(number(0, 3)), draw(number(0, 4000))],
        "calendars": {"week": [day for day in range(days) if day % 7 < draw(number(2, 7))]},
        "capacities": {"one": [draw(number(1, 7)), draw(number(0, 40))], "two": [3, draw(number(5, 20))]},
        "loads": {"truck": [draw(number(5, 60)), draw(number(0, 5))]},
    }


QUICK = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip


@QUICK
@given(networks())
def test_any_network_is_planned_as_the_plain_planner_does(case: dict[str, Any]) -> None:
    """Networks by chance give the same orders in both planners, and the check finds no fault."""
    plan = solve(problem_of(case))
    assert text_of(plan, case) == planned(case)
    assert check(plan.problem, ordered(plan), balances=False) == []


def _same(one: Plan, other: Plan) -> None:
    for name in ("drawn", "used", "unmet", "count"):
        assert np.array_equal(getattr(one.state, name), getattr(other.state, name)), name
    assert np.array_equal(one.orders(), other.orders())
    assert not one.state.dirty.any()


@QUICK
@given(networks(), st.data())
def test_a_changed_fact_is_replanned_to_the_same_plan(case: dict[str, Any], data: st.DataObject) -> None:
    """Stock, demand and safety stock change one after the other: replanned equals planned from the changed facts."""
    plan = solve(problem_of(case))
    names = list(case["nodes"])
    for _ in range(3):
        name = data.draw(st.sampled_from(names))
        node, told = np.array([names.index(name)]), case["nodes"][name]
        what = data.draw(st.sampled_from(["supply", "demand", "safety"]))
        if what == "supply":
            told["supply"] = [[day, data.draw(st.integers(0, 30))] for day in range(data.draw(st.integers(0, 3)))]
            rows = np.array([[node[0], day, qty, FAR] for day, qty in told["supply"]], dtype=np.int64).reshape(-1, 4)
            different = replan(plan, Change(supplied=node, supply=Supply(*rows.T.copy())))
        elif what == "demand":
            told["demand"] = data.draw(st.lists(st.integers(0, 8), max_size=case["days"]))
            row = problem_of(case).nodes.demand[node]
            different = replan(plan, Change(wanted=node, demand=row))
        else:
            told["safety"] = data.draw(st.integers(0, 9))
            different = replan(plan, Change(guarded=node, safety=np.array([told["safety"]])))
        fresh = solve(problem_of(case))
        _same(plan, fresh)
        assert set(different.tolist()) <= set(range(len(names)))


def test_a_change_that_changes_nothing_plans_nothing_else() -> None:
    """More on hand at a node whose orders stay the same leaves everything as it was."""
    case = _golden("three-echelons-00")
    plan = solve(problem_of(case))
    before = plan.orders()
    node = np.array([2])
    same = Supply(node, np.array([0]), np.array([10]), np.array([FAR]))
    assert replan(plan, Change(supplied=node, supply=same)).tolist() == []
    assert np.array_equal(plan.orders(), before)


def test_the_stated_flip_flips_the_first_order() -> None:
    """With the stated units more on hand nothing is needed on that day any more; with one less it still is."""
    for name in ("safety-stock-04", "multiples-02", "order-days-03", "two-suppliers-05"):
        case = _golden(name)
        row = solve(problem_of(case)).orders()[0]
        for more, needed in ((int(row[c.FLIP]), False), (int(row[c.FLIP]) - 1, True)):
            changed = json.loads(json.dumps(case))
            changed["nodes"]["shop"]["supply"].append([0, more])
            orders = solve(problem_of(changed)).orders()
            assert (len(orders) > 0 and orders[0, c.NEED] == row[c.NEED]) == needed


def test_the_runner_up_wins_at_the_flip_price() -> None:
    """Raising the chosen supplier's price by gap // weight + 1 gives the order to the runner-up; one less does not."""
    case = _golden("two-suppliers-03")
    plan = solve(problem_of(case))
    row = plan.orders()[-1]
    chosen, rival = int(row[c.ARC]), int(row[c.RIVAL])
    assert rival >= 0
    rise = int((row[c.RIVAL_COST] - row[c.COST]) // row[c.WEIGHT]) + 1
    for more, winner in ((rise, rival), (rise - 2, chosen)):
        dearer = json.loads(json.dumps(case))
        dearer["nodes"]["shop"]["ways"][chosen]["price"] += more
        found = solve(problem_of(dearer)).orders()
        same = found[(found[:, c.NEED] == row[c.NEED])]
        assert same[0, c.ARC] == winner


def test_what_is_on_its_way_is_not_ordered_again() -> None:
    """Thirty are owed and come in three days at the soonest: with nothing on its way they are ordered, with ten on their way
    twenty, with thirty none; what comes a day later than an order would is not waited for."""
    buy = {"kind": "buy", "lead": 3, "price": 5, "late": 1}

    def ordered(supply: list[list[int]]) -> list[int]:
        case = {"days": 8, "nodes": {"shop": {"demand": [30] + [0] * 7, "supply": supply, "ways": [buy]}}}
        found: list[int] = solve(problem_of(case)).orders()[:, c.QTY].tolist()
        return found

    assert ordered([]) == [30]
    assert ordered([[3, 10]]) == [20]
    assert ordered([[3, 30]]) == []
    assert ordered([[2, 30]]) == []
    assert ordered([[4, 30]]) == [30]


def test_pegging_goes_both_ways_and_loses_nothing() -> None:
    """Aluminium is pegged up to the bicycles it ends in, and a bicycle down to its aluminium; each demand is full."""
    case = _golden("four-levels-02")
    plan = solve(problem_of(case))
    pegging = Pegging(plan)
    names = list(case["nodes"])
    aluminium, bicycle = names.index("aluminium"), names.index("bicycle")
    up = pegging.upward(aluminium, 0)
    assert {names[step.peg.node] for step in up} == {"aluminium", "rim", "wheel", "bicycle"}
    ends = {(step.peg.demand, step.peg.day) for step in up if step.peg.demand in (WANTED, SAFETY)}
    assert (WANTED, 30) in ends
    down = pegging.downward(bicycle, 30)
    assert {names[step.peg.node] for step in down} == set(names)
    assert sum(step.peg.qty for step in down if step.peg.node == bicycle) == 12
    for node in range(len(names)):
        drawn = sum(peg.qty for peg in pegging.of(node) if peg.demand == DRAWN)
        assert drawn == plan.state.drawn[node].sum()
    assert all(step.peg.supply == ORDER for step in up)


def test_what_needs_itself_is_refused_by_name() -> None:
    """Two things made of each other cannot be planned: the refusal names the item and what to do."""
    ring = {"kind": "make", "lead": 1}
    case = {"days": 5, "nodes": {
        "egg": {"ways": [{**ring, "parts": [["hen", 1, 1]]}]}, "hen": {"ways": [{**ring, "parts": [["egg", 1, 1]]}]},
    }}  # fmt: skip
    with pytest.raises(InvalidProblem, match="item 0 at place 0 needs itself"):
        solve(problem_of(case))


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("qty", 4, "below the least quantity"),
        ("qty", 21, "no whole multiple"),
        ("day", 3, "does not take its lead time"),
        ("day", -1, "outside the days planned"),
    ],
)
def test_the_check_finds_what_is_wrong(column: str, value: int, sentence: str) -> None:
    """An order changed by hand is named with the rule it breaks."""
    plan = solve(problem_of(_golden("multiples-01")))
    right = ordered(plan)
    wrong = Ordered(right.arc, right.day.copy(), right.due, right.qty.copy())
    getattr(wrong, column)[0] = value
    assert any(sentence in fault for fault in check(plan.problem, wrong, balances=False))


def test_the_check_finds_closed_days_capacity_and_spoiling() -> None:
    """Orders moved to a closed day, above the capacity, or above what is used within their life are named."""
    for name, column, change, sentence in (
        ("order-days-01", "day", 1, "closed day"),
        ("supplier-capacity-00", "qty", 600, "capacity 0 gives"),
        ("short-life-03", "qty", 60, "would spoil"),
    ):
        plan = solve(problem_of(_golden(name)))
        right = ordered(plan)
        wrong = Ordered(right.arc, right.day.copy(), right.due.copy(), right.qty.copy())
        getattr(wrong, column)[1] += change
        if column == "day":
            wrong.due[1] += change
        assert any(sentence in fault for fault in check(plan.problem, wrong, balances=False)), name
