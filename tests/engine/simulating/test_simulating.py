"""Streams and samplers: stable, independent, with the moments asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longshore.engine.invalid import InvalidProblem
from longshore.engine.simulating.check import check
from longshore.engine.simulating.problem import DemandProblem, Promotion
from longshore.engine.simulating.solve import expected, lead_days, solve, travel_minutes
from longshore.engine.simulating.streams import Streams


def demand(**changes: Any) -> DemandProblem:
    """Two series over a year: a Poisson one and a lumpy one."""
    base: dict[str, Any] = {
        "level": np.array([20.0, 3.0]), "year_amplitude": np.array([0.3, 0.0]), "year_peak": np.array([180.0, 0.0]),
        "trend": np.array([0.2, 0.0]), "dispersion": np.array([1.0, 4.0]), "intermittence": np.array([0.0, 0.6]),
        "days": 365, "week": (1.2, 1.0, 1.0, 1.0, 1.3, 0.8, 0.7),
    }  # fmt: skip
    return DemandProblem(**{**base, **changes})


def test_a_stream_is_the_same_on_every_platform() -> None:
    """Seed and name fix the raw numbers for ever."""
    assert Streams(7).stream("demand", 1).bit_generator.random_raw(2).tolist() == [
        1324035575676056047,
        12846411982355070861,
    ]


def test_streams_differ_by_every_part_of_their_name() -> None:
    """Another seed, name, number or type of a part is another stream; names do not run together."""
    names: list[tuple[int, tuple[str | int, ...]]] = [
        (7, ("a",)), (8, ("a",)), (7, ("b",)), (7, ("a", 1)), (7, ("a", "1")), (7, ("a1",)), (7, ("ab", "c")),
        (7, ("a", "bc")),
    ]  # fmt: skip
    firsts = {Streams(seed).stream(*name).bit_generator.random_raw() for seed, name in names}
    assert len(firsts) == len(names)
    first, again = Streams(7).stream("a").random(5), Streams(7).stream("a").random(5)
    assert first.tolist() == again.tolist()


def test_demand_has_the_totals_and_zeros_asked_for() -> None:
    """Totals lie near their expectation, the lumpy series has its share of empty days and its spread."""
    problem = demand()
    counts = solve(problem, Streams(1).stream("demand"))
    assert check(problem, counts) == []
    assert (counts[1] == 0).mean() > 0.6
    long = demand(
        days=20_000, year_amplitude=np.zeros(2), trend=np.zeros(2), week=(1.0,) * 7, intermittence=np.zeros(2)
    )
    flat = solve(long, Streams(1).stream("demand"))
    assert flat.var(axis=1) / flat.mean(axis=1) == pytest.approx([1.0, 4.0], rel=0.1)


def test_a_promotion_lifts_its_days_only() -> None:
    """Days 3 to 5 of the series are tripled in expectation, all others are as before."""
    plain, lifted = expected(demand()), expected(demand(promotions=(Promotion(0, 3, 5, 3.0),)))
    assert lifted[0, 3:6] == pytest.approx(3 * plain[0, 3:6])
    assert (lifted[0, 6:] == plain[0, 6:]).all() and (lifted[1] == plain[1]).all()


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 50), st.floats(0, 1), st.floats(1, 5), st.floats(0, 0.9), st.integers(0, 60))
def test_any_demand_is_whole_and_near_its_expectation(
    level: float, amplitude: float, dispersion: float, empty: float, days: int
) -> None:
    """Any parameters give whole non-negative counts with a total in reach of the expectation."""
    problem = DemandProblem(
        np.array([level]), np.array([amplitude]), np.array([10.0]), np.array([0.1]), np.array([dispersion]),
        np.array([empty]), days,
    )  # fmt: skip
    assert check(problem, solve(problem, Streams(5).stream("x")), sigmas=12.0) == []


def test_lead_and_travel_times_have_their_moments() -> None:
    """Gamma lead times and lognormal drives have the mean and spread asked for; without spread they are exact."""
    rng = Streams(3).stream("times")
    days = lead_days(np.full(40_000, 20.0), np.full(40_000, 5.0), rng)
    assert (days.mean(), days.std()) == (pytest.approx(20, rel=0.01), pytest.approx(5, rel=0.03))
    assert lead_days(np.array([3.0, 0.0]), np.array([0.0, 2.0]), rng).tolist() == [3, 0]
    drives = travel_minutes(np.full(40_000, 600), 0.2, rng)
    assert (drives.mean(), drives.std()) == (pytest.approx(600, rel=0.01), pytest.approx(120, rel=0.03))
    assert travel_minutes(np.array([7]), 0.0, rng).tolist() == [7]


def test_wrong_problems_are_refused() -> None:
    """Negative levels, full intermittence, too little dispersion and negative times are refused."""
    with pytest.raises(InvalidProblem, match=r"level\[1\]"):
        demand(level=np.array([1.0, -1.0]))
    with pytest.raises(InvalidProblem, match="intermittence"):
        demand(intermittence=np.array([0.0, 1.0]))
    with pytest.raises(InvalidProblem, match="dispersion"):
        demand(dispersion=np.array([0.5, 1.0]))
    with pytest.raises(InvalidProblem, match=r"promotions\[0\]"):
        demand(promotions=(Promotion(5, 0, 1, 2.0),))
    with pytest.raises(InvalidProblem):
        lead_days(np.array([-1.0]), np.array([0.0]), Streams(1).stream())
