"""Routes with time windows: golden plans, exactness for two stops, rules under random input, reasons, refusals."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longshore.engine.invalid import InvalidProblem
from longshore.engine.routing.check import check
from longshore.engine.routing.matrix import distances, durations, metres_between, travel_minutes
from longshore.engine.routing.problem import Point, Routes, RoutingProblem, Stop, Vehicle
from longshore.engine.routing.solve import solve

LINE = np.array([[abs(a - b) * 1000 for b in (0, 10, 20, 40)] for a in (0, 10, 20, 40)], dtype=np.int64)
"""Depot and three stops on a straight road: 10, 20 and 40 km out."""


def stop(key: int, **changes: Any) -> Stop:
    """A stop open all day."""
    base: dict[str, Any] = {
        "key": key, "lat": 31.0, "lon": 121.0 + key / 100, "weight_g": 1000, "volume_cm3": 1000, "units": 1,
        "window_start": 0, "window_end": 1000, "service_minutes": 10,
    }  # fmt: skip
    return Stop(**{**base, **changes})


def truck(key: int, **changes: Any) -> Vehicle:
    """A truck that carries everything at 60 km/h for 300 a kilometre."""
    base: dict[str, Any] = {
        "key": key, "capacity_g": 10_000, "capacity_cm3": 10_000, "skills": 7, "shift_start": 0, "shift_end": 1000,
        "fixed_cost": 5000, "cost_per_km": 300, "speed_kmh": 60.0,
    }  # fmt: skip
    return Vehicle(**{**base, **changes})


def on_the_line(stops: tuple[Stop, ...], vehicles: tuple[Vehicle, ...]) -> RoutingProblem:
    """Stops on the straight road."""
    size = len(stops) + 1
    return RoutingProblem(Point(31.0, 121.0), stops, vehicles, np.ascontiguousarray(LINE[:size, :size]))


def test_three_stops_on_a_line_take_one_truck_out_and_back() -> None:
    """80 km at 300 plus 5,000 for the truck; departure late enough not to wait."""
    answer = solve(on_the_line((stop(1, window_start=100), stop(2), stop(3)), (truck(1), truck(2))), iterations=50)
    assert answer.cost == 5000 + 80 * 300
    assert answer.distance_m == 80_000
    assert [plan.key for plan in answer.routes[0].stops] in ([1, 2, 3], [3, 2, 1])
    assert answer.routes[0].return_at - answer.routes[0].depart_at == 80 + 30
    assert answer.explanation.binding == "none"


def test_windows_force_a_second_truck_and_say_so() -> None:
    """Two stops far apart with the same narrow window need two trucks."""
    stops = (stop(1, window_start=60, window_end=62), stop(3, window_start=60, window_end=62))
    problem = RoutingProblem(Point(31.0, 121.0), stops, (truck(1), truck(2)), LINE[[0, 1, 3]][:, [0, 1, 3]].copy())
    answer = solve(problem)
    assert check(problem, answer) == []
    assert len(answer.routes) == 2 and not answer.unserved
    assert answer.cost == 2 * 5000 + (20 + 80) * 300
    assert answer.explanation.binding == "window"


def test_weight_forces_a_second_truck_and_the_flip_is_named() -> None:
    """Loads beyond one truck need two; with room for all, one fewer truck is the cheaper plan and its flip is named."""
    heavy = on_the_line((stop(1, weight_g=6000), stop(2, weight_g=6000)), (truck(1), truck(2)))
    assert solve(heavy).explanation.binding == "weight"
    light = solve(on_the_line((stop(1), stop(2)), (truck(1), truck(2))))
    assert (light.cost, light.explanation.runner_up_cost) == (5000 + 40 * 300, 2 * 5000 + 60 * 300)
    flip = light.explanation.flip
    assert flip == -(5000 + 20 * 300 + 1)


@pytest.mark.parametrize(
    ("changes", "vehicles", "code"),
    [
        ({}, (), "no-vehicle"),
        ({"temperature": 8}, (truck(1),), "temperature"),
        ({"weight_g": 10_001}, (truck(1),), "weight"),
        ({"volume_cm3": 10_001}, (truck(1),), "volume"),
        ({"window_end": 9}, (truck(1),), "window"),
        ({}, (truck(1, shift_end=29),), "window"),
    ],
)
def test_a_stop_nobody_can_serve_says_why(changes: dict[str, Any], vehicles: tuple[Vehicle, ...], code: str) -> None:
    """The reason a stop is left out is the first thing that fails for every vehicle."""
    answer = solve(on_the_line((stop(1, **changes),), vehicles))
    assert [(lost.key, lost.code) for lost in answer.unserved] == [(1, code)]
    assert answer.routes == () and answer.cost == 0


def test_a_full_fleet_leaves_stops_out_as_capacity() -> None:
    """Four stops of half a truck each on one truck: two are served, two are left out for capacity."""
    stops = tuple(stop(key, weight_g=5000) for key in (1, 2, 3, 4))
    problem = RoutingProblem(Point(31.0, 121.0), stops, (truck(1),))
    answer = solve(problem, iterations=100)
    assert check(problem, answer) == []
    assert [lost.code for lost in answer.unserved] == ["capacity", "capacity"]


@st.composite
def problems(draw: st.DrawFn, least: int, most: int) -> RoutingProblem:
    """Random stops around a depot with random windows, loads, classes and vehicles."""
    stops = []
    for key in range(draw(st.integers(least, most))):
        opens = draw(st.integers(0, 300))
        stops.append(
            stop(
                key,
                lat=31 + draw(st.integers(-30, 30)) / 100,
                lon=121 + draw(st.integers(-30, 30)) / 100,
                weight_g=draw(st.integers(0, 6000)),
                volume_cm3=draw(st.integers(0, 6000)),
                window_start=opens,
                window_end=opens + draw(st.integers(0, 500)),
                temperature=draw(st.sampled_from([0, 1, 2, 4])),
            )
        )
    vehicles = tuple(
        truck(
            key,
            skills=draw(st.sampled_from([1, 3, 7, 7])),
            fixed_cost=draw(st.integers(0, 20_000)),
            cost_per_km=draw(st.integers(0, 500)),
            speed_kmh=draw(st.sampled_from([30.0, 60.0])),
            shift_end=draw(st.integers(200, 1000)),
        )
        for key in range(draw(st.integers(1, 3)))
    )
    return RoutingProblem(Point(31.0, 121.0), tuple(stops), vehicles)


@settings(max_examples=40, deadline=None)
@given(problems(3, 8))
def test_random_problems_get_checked_and_repeatable_routes(problem: RoutingProblem) -> None:
    """Every plan passes the independent check, and the same seed gives the same plan."""
    answer = solve(problem, seed=3, iterations=30)
    assert check(problem, answer) == []
    assert solve(problem, seed=3, iterations=30) == answer


@settings(max_examples=60, deadline=None)
@given(problems(1, 2))
def test_two_stops_are_optimal(problem: RoutingProblem) -> None:
    """One or two stops are served as well and as cheaply as any assignment and order allows."""
    answer = solve(problem)
    assert (len(answer.unserved), answer.cost) == brute_force(problem)


@settings(max_examples=25, deadline=None)
@given(problems(3, 4))
def test_four_stops_are_close_to_optimal(problem: RoutingProblem) -> None:
    """Up to four stops: as many served as possible and at most 2 % above the least cost."""
    answer = solve(problem, iterations=100)
    unserved, cost = brute_force(problem)
    assert len(answer.unserved) == unserved
    assert answer.cost <= cost * 1.02


def brute_force(problem: RoutingProblem) -> tuple[int, int]:
    """Least (unserved, cost) over all assignments of stops to vehicles or nobody, and all orders."""
    best = (len(problem.stops), 0)
    choices = [None, *range(len(problem.vehicles))]
    for chosen in product(choices, repeat=len(problem.stops)):
        total = 0
        for index, vehicle in enumerate(problem.vehicles):
            mine = [number for number, who in enumerate(chosen) if who == index]
            costs = [round_cost(problem, vehicle, order) for order in permutations(mine)] if mine else [0]
            cheapest = min((cost for cost in costs if cost is not None), default=None)
            if cheapest is None:
                break
            total += cheapest
        else:
            best = min(best, (sum(who is None for who in chosen), total))
    return best


def round_cost(problem: RoutingProblem, vehicle: Vehicle, order: tuple[int, ...]) -> int | None:
    """Cost of one round starting with the shift; None when it breaks a rule."""
    stops = [problem.stops[number] for number in order]
    if sum(s.weight_g for s in stops) > vehicle.capacity_g or sum(s.volume_cm3 for s in stops) > vehicle.capacity_cm3:
        return None
    if any(s.temperature & ~vehicle.skills for s in stops):
        return None
    now, metres, at = vehicle.shift_start, 0, (problem.depot.lat, problem.depot.lon)
    for s in stops:
        leg = round(1.3 * metres_between(*at, s.lat, s.lon))
        metres += leg
        now = max(now + -int(-leg * 0.06 // vehicle.speed_kmh), s.window_start)
        if now > s.window_end:
            return None
        now, at = now + s.service_minutes, (s.lat, s.lon)
    leg = round(1.3 * metres_between(*at, problem.depot.lat, problem.depot.lon))
    metres += leg
    if now + -int(-leg * 0.06 // vehicle.speed_kmh) > vehicle.shift_end:
        return None
    return vehicle.fixed_cost + -(-metres * vehicle.cost_per_km // 1000)


def test_progress_is_told_in_every_iteration() -> None:
    """The callback hears how many of how many iterations are done."""
    heard: list[tuple[int, int]] = []
    solve(on_the_line((stop(1), stop(2), stop(3)), (truck(1),)), 0, 20, lambda done, of: heard.append((done, of)))
    assert heard[:3] == [(0, 20), (1, 20), (2, 20)]


def test_the_check_finds_a_wrong_distance() -> None:
    """The independent check notices a forged total and a lost stop."""
    problem = on_the_line((stop(1), stop(2)), (truck(1),))
    answer = solve(problem)
    forged = Routes(answer.routes, (), answer.cost, answer.distance_m + 1, answer.explanation)
    assert check(problem, forged) == ["total distance is not the sum of the routes"]
    assert check(problem, Routes((), (), 0, 0, answer.explanation)) == ["stops are lost or served twice"]


def test_wrong_problems_are_refused() -> None:
    """A closed window, a latitude off the earth and a matrix of the wrong size are refused with field and row."""
    with pytest.raises(InvalidProblem, match=r"stops.window_end\[0\]"):
        on_the_line((stop(1, window_start=5, window_end=4),), ())
    with pytest.raises(InvalidProblem, match=r"stops.lat\[0\]"):
        on_the_line((stop(1, lat=95.0),), ())
    with pytest.raises(InvalidProblem, match="distances"):
        RoutingProblem(Point(0, 0), (stop(1),), (), LINE)
    with pytest.raises(InvalidProblem, match="iterations"):
        solve(on_the_line((), ()), iterations=0)


def test_known_distances() -> None:
    """Shanghai to Beijing is 1,067 km by great circle; a degree of latitude is 111.2 km; matrices are symmetric."""
    assert round(metres_between(31.2304, 121.4737, 39.9042, 116.4074) / 1000) == 1067
    road = distances(np.array([0.0, 1.0]), np.array([0.0, 0.0]), detour=1.0)
    assert road.tolist() == [[0, 111_195], [111_195, 0]]
    assert durations(road, 60.0, 1.5)[0, 1] == 167


def test_travel_slows_down_in_the_rush_hour_and_never_overtakes() -> None:
    """30 km at 30 km/h in the hour from 8 and at 60 after: leaving 8:30 takes 45 minutes; later never arrives
    earlier."""
    speeds = [60.0] * 24
    speeds[8] = 30.0
    assert travel_minutes(30_000, 510, speeds) == pytest.approx(45)
    assert travel_minutes(30_000, 510 - 480, speeds, utc_offset=480) == pytest.approx(45)
    assert travel_minutes(30_000, 0, speeds, factor=1.2) == pytest.approx(36)
    arrivals = [t + travel_minutes(50_000, t, speeds) for t in range(400, 700)]
    assert arrivals == sorted(arrivals)
