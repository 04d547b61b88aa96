"""The promise of one order: golden cases, optimality against brute force, explanations, refusals."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longshore.engine.invalid import InvalidProblem
from longshore.engine.promising.check import check
from longshore.engine.promising.problem import Line, Promise, PromiseProblem, Route, Supply
from longshore.engine.promising.solve import next_date, solve
from longshore.engine.simulating.streams import Streams

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/case.json"))


def read(case: dict[str, Any]) -> PromiseProblem:
    """The problem written in a case file."""
    rows = dict(case)
    routes = tuple(Route(**{**r, "cutoffs": tuple(r.get("cutoffs", ()))}) for r in rows.pop("routes"))
    lines = tuple(Line(**row) for row in rows.pop("lines"))
    supplies = tuple(Supply(**row) for row in rows.pop("supplies"))
    return PromiseProblem(lines, supplies, routes, **rows)


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_golden_case(folder: Path) -> None:
    """Each written case gets exactly its written promise, cost, binding constraint and next dates."""
    problem = read(json.loads((folder / "case.json").read_text()))
    promise = solve(problem)
    assert check(problem, promise) == []
    answer = {
        "lines": [asdict(line) for line in promise.lines],
        "cost": promise.cost,
        "binding": {k: v for k, v in asdict(promise.explanation.binding).items() if v not in (None, 0)},
        "next_dates": [next_date(problem, line.key) for line in problem.lines],
    }
    assert json.loads(json.dumps(answer)) == json.loads((folder / "expected.json").read_text())


@st.composite
def orders(draw: st.DrawFn, distinct: bool = True) -> PromiseProblem:
    """Small orders over up to four sites with dated, perishable supply."""
    count = draw(st.integers(1, 3))
    items = list(range(count)) if distinct else [draw(st.integers(0, 1)) for _ in range(count)]
    lines = tuple(
        Line(key, item, draw(st.integers(1, 6)), draw(st.sampled_from([0, 0, 500]))) for key, item in enumerate(items)
    )
    sites = draw(st.integers(1, 4))
    supplies = tuple(
        Supply(
            key,
            draw(st.sampled_from(items)),
            draw(st.integers(0, sites - 1)),
            draw(st.sampled_from([0, 0, 900, 2500])),
            draw(st.integers(0, 5)),
            draw(st.sampled_from([None, 1500, 3000, 6000])),
        )
        for key in range(draw(st.integers(0, 7)))
    )
    routes = tuple(
        Route(
            site,
            draw(st.integers(0, 1500)),
            draw(st.integers(0, 300)),
            draw(st.integers(0, 30_000)),
            draw(st.sampled_from([0, 60])),
            draw(st.sampled_from([(), (480,), (600, 1020)])),
            draw(st.sampled_from([0, 480])),
        )
        for site in range(sites)
    )
    return PromiseProblem(
        lines,
        supplies,
        routes,
        now=draw(st.integers(0, 100)),
        requested_at=draw(st.integers(0, 5000)),
        split_penalty=draw(st.integers(0, 200)),
        late_penalty_per_day=draw(st.integers(0, 300)),
        ship_complete=draw(st.booleans()) and distinct,
        max_splits=draw(st.integers(0, 3)),
    )


@settings(max_examples=150, deadline=None)
@given(orders(distinct=False))
def test_every_promise_passes_the_independent_check(problem: PromiseProblem) -> None:
    """Whatever the order, the promise keeps every rule and states its true cost, and solving again gives the same."""
    promise = solve(problem)
    assert check(problem, promise) == []
    assert solve(problem) == promise


@settings(max_examples=120, deadline=None)
@given(orders())
def test_small_orders_are_optimal(problem: PromiseProblem) -> None:
    """For distinct items the promise has the least short and then the least cost of all sets of shipments."""
    promise = solve(problem)
    assert promise.explanation.proven
    assert (sum(line.short for line in promise.lines), promise.cost) == brute_force(problem)


def departures(problem: PromiseProblem) -> dict[int, tuple[int, int]]:
    """Departure and arrival of every supply on its own, found by walking the minutes."""
    routes = {route.site: route for route in problem.routes}
    found = {}
    for supply in problem.supplies:
        route = routes[supply.site]

        def leaves(t: int, route: Route = route) -> bool:
            return not route.cutoffs or (t + route.utc_offset) % 1440 in route.cutoffs

        start = max(problem.now, supply.ready_at) + route.handling
        ideal = problem.requested_at - route.transit
        fitting = [t for t in range(start, ideal + 1) if leaves(t)]
        t = fitting[-1] if fitting else next(t for t in range(start, start + 1441) if leaves(t))
        found[supply.key] = (t, t + route.transit)
    return found


def brute_force(problem: PromiseProblem) -> tuple[int, int]:
    """Least (short, cost) over all sets of shipments, with a dynamic programme over units per line."""
    own = departures(problem)
    routes = {route.site: route for route in problem.routes}
    possible = sorted({(s.site, own[s.key][0]) for s in problem.supplies if s.qty})
    everything = sum(line.qty for line in problem.lines)
    best = (everything, 0)
    for size in range(1, min(len(possible), 1 + problem.max_splits) + 1):
        for chosen in combinations(possible, size):
            if problem.ship_complete and len({site for site, _ in chosen}) < size:
                continue
            fixed = 1000 * (sum(routes[site].fixed_cost for site, _ in chosen) + problem.split_penalty * (size - 1))
            parts = [line_cost(problem, line, chosen, own) for line in problem.lines]
            short = sum(part[0] for part in parts)
            if problem.ship_complete and short:
                continue
            best = min(best, (short, -(-(fixed + sum(part[1] for part in parts)) // 1000)))
    return best


def line_cost(
    problem: PromiseProblem, line: Line, chosen: tuple[tuple[int, int], ...], own: dict[int, tuple[int, int]]
) -> tuple[int, int]:
    """Least (short, milli cost) of one line served by the chosen shipments."""
    routes = {route.site: route for route in problem.routes}
    late_unit = -(-problem.late_penalty_per_day * 1000 // line.qty)
    together = max(t + routes[site].transit for site, t in chosen)
    table = {0: 0}
    for supply in (s for s in problem.supplies if s.item == line.item):
        units = []
        for site, t in chosen:
            arrive = t + routes[site].transit
            fresh = supply.usable_until is None or supply.usable_until - arrive >= line.min_remaining_life
            if site == supply.site and t >= own[supply.key][0] and fresh:
                judged = together if problem.ship_complete else arrive
                days = max(0, -(-(judged - problem.requested_at) // 1440))
                units.append(routes[site].cost_per_unit_milli + late_unit * days)
        if units:
            table = {
                taken + more: min(
                    table[before] + (taken + more - before) * min(units)
                    for before in table
                    if 0 <= taken + more - before <= supply.qty
                )
                for taken in table
                for more in range(supply.qty + 1)
                if taken + more <= line.qty
            }
    most = max(table)
    return line.qty - most, table[most]


@settings(max_examples=80, deadline=None)
@given(orders())
def test_next_date_is_the_first_full_arrival(problem: PromiseProblem) -> None:
    """The named date is the first by which supplies that stay fresh enough add up to the line's quantity."""
    own = departures(problem)
    for line in problem.lines:
        reachable = [
            (own[s.key][1], s.qty)
            for s in problem.supplies
            if s.item == line.item
            and (s.usable_until is None or s.usable_until - own[s.key][1] >= line.min_remaining_life)
        ]
        dates = [t for t, _ in reachable if sum(q for at, q in reachable if at <= t) >= line.qty]
        assert next_date(problem, line.key) == min(dates, default=None)


def small(**changes: Any) -> PromiseProblem:
    """One line of 10 on hand at site 1 and later at site 2."""
    base: dict[str, Any] = {
        "lines": (Line(1, 7, 10),),
        "supplies": (Supply(11, 7, 1, 0, 6), Supply(12, 7, 2, 5000, 10)),
        "routes": (Route(1, 600, 100, 1000), Route(2, 600, 300, 1000)),
        "now": 100,
        "requested_at": 2000,
        "split_penalty": 50,
        "late_penalty_per_day": 20,
    }
    return PromiseProblem(**{**base, **changes})


def test_the_flip_is_where_the_runner_up_wins() -> None:
    """Making the chosen plan dearer by the stated amount turns the choice; by one less it does not."""
    problem = small(supplies=(Supply(11, 7, 1, 0, 10), Supply(12, 7, 2, 0, 10)))
    promise = solve(problem)
    assert promise.lines[0].takes[0].site == 1
    flip = promise.explanation.flip
    assert flip is not None and (flip.code, flip.amount) == ("cost", 201)
    for extra, site in ((flip.amount - 2, 1), (flip.amount, 2)):
        dearer = small(supplies=problem.supplies, routes=(Route(1, 600, 100 + extra, 1000), Route(2, 600, 300, 1000)))
        assert solve(dearer).lines[0].takes[0].site == site


def test_an_order_over_eight_sites_is_answered_and_checked() -> None:
    """Beyond six sites the answer is feasible, complete where possible, and says that it is not proven."""
    supplies = tuple(Supply(site, 7, site, 0, 3) for site in range(8))
    routes = tuple(Route(site, 300 + site, 100, 500) for site in range(8))
    problem = small(supplies=supplies, routes=routes)
    promise = solve(problem)
    assert check(problem, promise) == []
    assert promise.lines[0].short == 0
    assert promise.cost == 4 * 100 + 10 // 2 + 3 * 50
    assert not promise.explanation.proven


@pytest.mark.parametrize(
    ("changes", "field", "row"),
    [
        ({"lines": (Line(1, 7, 0),)}, "lines.qty", 0),
        ({"lines": (Line(1, 7, 1, -1),)}, "lines.min_remaining_life", 0),
        ({"lines": (Line(1, 7, 1), Line(1, 8, 1))}, "lines.key", 1),
        ({"supplies": (Supply(1, 7, 1, 0, -1),)}, "supplies.qty", 0),
        ({"supplies": (Supply(1, 7, 1, 0, 1), Supply(1, 7, 1, 0, 1))}, "supplies.key", 1),
        ({"routes": (Route(1, -5, 0, 0),)}, "routes.transit", 0),
        ({"routes": (Route(1, 5, 0, 0, 0, (1440,)),)}, "routes.cutoffs", 0),
        ({"routes": (Route(1, 5, 0, 0), Route(1, 6, 0, 0))}, "routes.site", 1),
        ({"split_penalty": -1}, "split_penalty", None),
        ({"max_splits": -1}, "max_splits", None),
    ],
)
def test_a_wrong_problem_is_refused(changes: dict[str, Any], field: str, row: int | None) -> None:
    """A problem that breaks a rule is refused with its field, its row and a remedy."""
    with pytest.raises(InvalidProblem) as refusal:
        small(**changes)
    assert (refusal.value.field, refusal.value.row) == (field, row)
    assert refusal.value.remedy


def test_next_date_of_an_unknown_line_is_refused() -> None:
    """Asking for a line the order does not have is an error, not None."""
    with pytest.raises(InvalidProblem):
        next_date(small(), 99)


def test_the_check_finds_a_forged_promise() -> None:
    """The independent check notices a wrong cost and a supply taken twice over."""
    problem = small()
    promise = solve(problem)
    forged = Promise(promise.lines, promise.cost - 1, promise.explanation)
    assert len(check(problem, forged)) == 1
    starved = small(supplies=(Supply(11, 7, 1, 0, 6), Supply(12, 7, 2, 5000, 9)))
    assert check(starved, promise)


def busy(supplies: int, dates: int, seed: int) -> PromiseProblem:
    """Three lines over five sites with this many supply steps, ready on this many different dates."""
    rng = Streams(seed).stream("busy", supplies)

    def pick(high: int) -> int:
        return int(rng.integers(0, high))

    return PromiseProblem(
        tuple(Line(key, key, 1 + pick(30)) for key in range(3)),
        tuple(Supply(key, pick(3), pick(5), pick(dates) * 1000, pick(12)) for key in range(supplies)),
        tuple(Route(site, 200 + pick(2000), 100 + pick(800), pick(500), 60) for site in range(5)),
        now=100,
        requested_at=2500,
        split_penalty=300,
        late_penalty_per_day=100,
    )


def test_an_order_with_two_hundred_receipts_is_answered_quickly() -> None:
    """200 receipts on 40 dates: feasible, complete, honest about not being proven, and well under a second."""
    for seed in range(5):
        problem = busy(200, 40, seed)
        start = time.perf_counter()
        promise = solve(problem)
        assert time.perf_counter() - start < 0.5
        assert check(problem, promise) == []
        assert all(line.short == 0 for line in promise.lines)
        assert not promise.explanation.proven or promise.explanation.considered < 600


def test_a_usual_order_takes_about_a_millisecond() -> None:
    """3 lines, 5 sites and 20 supply steps on three dates take less than 3 ms in the median."""
    problems_ = [busy(20, 3, seed) for seed in range(40)]
    took = []
    for problem in problems_:
        start = time.perf_counter()
        solve(problem)
        took.append(time.perf_counter() - start)
    assert sorted(took)[20] < 0.003
