"""Arrivals and positions: golden numbers, agreement with a walk, refusals."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longshore.engine.arriving.check import check
from longshore.engine.arriving.moving import Leg, position_at
from longshore.engine.arriving.problem import EtaProblem, RemainingStop
from longshore.engine.arriving.solve import solve
from longshore.engine.invalid import InvalidProblem

TWO = (RemainingStop(1, 31.1, 121.0, 10, distance_m=20_000), RemainingStop(2, 31.2, 121.0, 5, 200, 40_000))


def test_two_stops_with_a_window() -> None:
    """20 km at 40 km/h is 30 minutes, 10 of service, 40 km is an hour: 130 and 200; service waits for minute 200."""
    first, second = solve(EtaProblem(31.0, 121.0, 100, TWO))
    assert (first.expected, first.depart, first.travel_minutes) == (130, 140, 30)
    assert (second.expected, second.depart) == (200, 205)
    assert first.sd_minutes == pytest.approx(30 * 0.15)
    assert (first.early, first.late) == (124, 136)
    assert second.sd_minutes == pytest.approx((4.5**2 + 5**2 + 9**2) ** 0.5)


def test_dwell_and_weather_delay_everything() -> None:
    """15 more minutes of standing and 20 % slower driving move the first arrival from 130 to 151."""
    problem = EtaProblem(31.0, 121.0, 100, TWO, dwell=15, factor=1.2)
    assert solve(problem)[0].expected == 100 + 15 + 36


def test_waiting_absorbs_the_spread() -> None:
    """After a window that opens long after any arrival only the service's spread is left."""
    stops = (replace(TWO[0], window_start=1000), TWO[1])
    late = solve(EtaProblem(31.0, 121.0, 100, stops))[1]
    assert late.expected == 1000 + 10 + 60
    assert late.sd_minutes == pytest.approx((5**2 + 9**2) ** 0.5)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 90_000), st.integers(0, 60), st.integers(0, 900)), max_size=5),
    st.lists(st.floats(10, 90), min_size=24, max_size=24),
    st.integers(0, 3000),
    st.integers(-720, 840),
)
def test_arrivals_agree_with_a_minute_by_minute_walk(
    rows: list[tuple[int, int, int]], speeds: list[float], now: int, offset: int
) -> None:
    """Whatever the profile, windows and distances, the arrivals are those of driving minute by minute."""
    stops = tuple(RemainingStop(k, 31.0, 121.0, s, w, d) for k, (d, s, w) in enumerate(rows))
    problem = EtaProblem(31.0, 121.0, now, stops, tuple(speeds), offset, factor=1.1)
    assert check(problem, solve(problem)) == []


def test_positions_along_a_plan() -> None:
    """Before, on the way, at a stop between two legs and after the end."""
    legs = [Leg(31.0, 121.0, 32.0, 121.0, 100, 200), Leg(32.0, 121.0, 32.0, 122.0, 230, 300)]
    assert (position_at(legs, 50).lat, position_at(legs, 50).moving) == (31.0, False)
    half = position_at(legs, 150)
    assert (half.lat, half.lon, half.moving, half.leg) == (pytest.approx(31.5), pytest.approx(121.0), True, 0)
    assert half.heading == pytest.approx(0, abs=1e-6)
    assert (position_at(legs, 210).lat, position_at(legs, 210).moving) == (32.0, False)
    east = position_at(legs, 265.0)
    assert east.lon == pytest.approx(121.5) and east.heading == pytest.approx(90, abs=0.5) and east.leg == 1
    assert (position_at(legs, 999).lon, position_at(legs, 999).moving) == (122.0, False)


@settings(max_examples=100, deadline=None)
@given(st.floats(-60, 60), st.floats(-170, 170), st.floats(0, 1))
def test_a_position_stays_between_its_ends(lat: float, lon: float, share: float) -> None:
    """On a short leg the interpolated point never leaves the box of its ends."""
    leg = Leg(lat, lon, lat + 0.5, lon + 0.5, 0, 1000)
    here = position_at([leg], share * 1000)
    assert lat - 1e-6 <= here.lat <= lat + 0.5 + 1e-6
    assert lon - 1e-6 <= here.lon <= lon + 0.5 + 1e-6


def test_wrong_problems_are_refused() -> None:
    """A profile of 23 hours, a standstill, a negative service and an empty plan are refused."""
    with pytest.raises(InvalidProblem, match="speed_by_hour"):
        EtaProblem(0, 0, 0, (), (40.0,) * 23)
    with pytest.raises(InvalidProblem, match=r"speed_by_hour\[3\]"):
        EtaProblem(0, 0, 0, (), (*(40.0,) * 3, 0.0, *(40.0,) * 20))
    with pytest.raises(InvalidProblem, match=r"stops.service_minutes\[0\]"):
        EtaProblem(0, 0, 0, (RemainingStop(1, 0, 0, -1),))
    with pytest.raises(InvalidProblem, match="legs"):
        position_at([], 0)
