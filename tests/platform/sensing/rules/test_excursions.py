"""Excursions: by duration and hysteresis, with 0 °C a value and a gap neither good nor bad."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.sensing.rules.excursions import (
    Limit,
    assess,
    find_excursions,
    mean_kinetic_temperature,
    within_spans,
)
from longshore.sensing.rules.limits import DEFAULTS, gap_of

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GAP = 3 * MINUTE
HIGH = Limit("chilled-high", "temperature", True, 4.0, 0.5, False, "consecutive", 15 * MINUTE)


def series(*values: float, every: int = 1) -> list[tuple[datetime, float]]:
    return [(START + number * every * MINUTE, value) for number, value in enumerate(values)]


def minutes(moment: datetime | None) -> float | None:
    return None if moment is None else (moment - START) / MINUTE


def test_a_door_that_stands_open_for_a_moment_is_none() -> None:
    """Fourteen minutes are not fifteen."""
    assert find_excursions(series(3, *[6] * 14, 3), HIGH, GAP) == ()


def test_too_long_is_one() -> None:
    """It began with the first reading beyond, was too long after fifteen minutes, and ended when it had recovered."""
    (found,) = find_excursions(series(3, *[6] * 10, *[7] * 10, 3.8, 3.4, 3), HIGH, GAP)
    assert (minutes(found.from_at), minutes(found.activated_at), minutes(found.until_at)) == (1, 16, 22)
    assert found.worst == 7
    assert found.beyond == 20 * MINUTE
    assert found.unknown == timedelta()


def test_within_the_hysteresis_it_is_not_over() -> None:
    """3.8 °C is below 4 °C but not back: the excursion goes on, and that time does not count as beyond."""
    found = find_excursions(series(*[6] * 8, 3.8, 3.8, *[6] * 8, 3.8), HIGH, GAP)
    assert [(minutes(each.from_at), minutes(each.until_at), each.beyond) for each in found] == [(0, None, 16 * MINUTE)]


def test_zero_degrees_is_a_value() -> None:
    """0 °C ends a warm excursion, begins none, and counts when the limit is zero and inclusive."""
    (warm,) = find_excursions(series(*[5] * 20, 0.0), HIGH, GAP)
    assert minutes(warm.until_at) == 20
    frost = Limit("frost", "temperature", False, 0.0, 0.5, True, "instant")
    (cold,) = find_excursions(series(1, 0.0, 1), frost, GAP)
    assert (cold.worst, minutes(cold.from_at), minutes(cold.until_at)) == (0.0, 1, 2)
    assert find_excursions(series(1, 0.0, 1), Limit("below", "temperature", False, 0.0), GAP) == ()


def test_a_gap_is_unknown_and_not_good() -> None:
    """Silence ends no excursion and counts towards none."""
    before = series(*[6] * 10)
    after = [(at + 60 * MINUTE, value) for at, value in series(*[6] * 10, 3)]
    (found,) = find_excursions(before + after, HIGH, GAP)
    assert found.beyond == 19 * MINUTE
    assert found.unknown == 51 * MINUTE
    assert minutes(found.activated_at) == 66
    assert find_excursions([*before, (START + 60 * MINUTE, 3.0)], HIGH, GAP) == ()


def test_accumulated_time() -> None:
    """Ten short ones add up within the rolling time; the same ones farther apart do not."""
    limit = Limit("sum", "temperature", True, 30.0, 0.0, True, "accumulated", 30 * MINUTE, timedelta(hours=5))
    near = series(*([30] * 4 + [20] * 6) * 10)
    (found,) = find_excursions(near, limit, GAP)
    assert (minutes(found.from_at), minutes(found.until_at), found.beyond) == (0, 94, 40 * MINUTE)
    assert minutes(found.activated_at) == 72
    far = [(START + 60 * number * MINUTE + (at - START), value) for number in range(10) for at, value in near[:5]]
    assert find_excursions(far, limit, GAP) == ()


def test_mean_kinetic_temperature_of_the_published_example() -> None:
    """20 °C for 2 h, 2 °C for 4 h, 25 °C for 1 h: 15.7 °C, where the plain mean is 10.4."""
    parts = [(timedelta(hours=2), 20.0), (timedelta(hours=4), 2.0), (timedelta(hours=1), 25.0)]
    assert round(mean_kinetic_temperature(parts), 1) == 15.7
    assert round(mean_kinetic_temperature(parts, 60.0), 2) == 14.34
    assert round(mean_kinetic_temperature(parts, 100.0), 2) == 16.50
    halves = [(length / 2, value) for length, value in parts for _half in range(2)]
    assert mean_kinetic_temperature(halves) == pytest.approx(mean_kinetic_temperature(parts), abs=1e-9)


@given(st.lists(st.tuples(st.integers(1, 500), st.floats(-60, 60)), min_size=1, max_size=30))
def test_mean_kinetic_temperature_lies_between(parts: list[tuple[int, float]]) -> None:
    """Never colder than the plain mean, never hotter than the hottest."""
    weighted = [(timedelta(seconds=seconds), value) for seconds, value in parts]
    mkt = mean_kinetic_temperature(weighted)
    mean = sum(seconds * value for seconds, value in parts) / sum(seconds for seconds, _value in parts)
    assert mean - 1e-6 <= mkt <= max(value for _seconds, value in parts) + 1e-6


readings = st.lists(
    st.tuples(st.integers(0, 200), st.sampled_from([-3.0, 0.0, 3.0, 3.4, 3.8, 4.0, 4.2, 6.0, 11.0])), max_size=80
)


@given(readings, st.randoms(use_true_random=False), st.sampled_from([limit for _class, limit in DEFAULTS]))
def test_any_order_and_repetition_gives_the_same(
    made: list[tuple[int, float]], chance: random.Random, limit: Limit
) -> None:
    """The same readings, shuffled and sent twice, are the same excursions."""
    samples = [(START + minute * MINUTE, value) for minute, value in made]
    again = samples + samples[: len(samples) // 2]
    chance.shuffle(again)
    assert find_excursions(again, limit, GAP) == find_excursions(samples, limit, GAP)


@given(readings)
def test_excursions_do_not_overlap(made: list[tuple[int, float]]) -> None:
    """One after another, each with a span, only the last one may go on."""
    found = find_excursions([(START + minute * MINUTE, value) for minute, value in made], HIGH, GAP)
    for one, other in pairwise(found):
        assert one.until_at is not None
        assert one.until_at <= other.from_at
    assert all(each.from_at <= each.activated_at for each in found)


def test_goods_that_came_later_suffer_from_then_on() -> None:
    """A reading from just before still holds when the goods arrive, one from long ago does not."""
    warm = series(*[9] * 30)
    kept = within_spans(warm, [(START + timedelta(minutes=10, seconds=30), None)], GAP)
    (found,) = find_excursions(kept, HIGH, GAP)
    assert minutes(found.from_at) == 10.5
    assert within_spans(series(9), [(START + 10 * MINUTE, None)], GAP) == []


def test_a_record_is_good_only_when_every_moment_is_known() -> None:
    """Without gaps: good, with its mean kinetic temperature; with one: unknown, and the gap is named."""
    whole = assess(series(*[3] * 61), [HIGH], (START, START + 60 * MINUTE), GAP)
    assert (whole.verdict, whole.unknown, whole.known) == ("good", (), 60 * MINUTE)
    assert whole.mkt == pytest.approx(3.0)
    gappy = assess(series(*[3] * 31) + series(*[3] * 61)[50:], [HIGH], (START, START + 60 * MINUTE), GAP)
    assert gappy.verdict == "unknown"
    assert gappy.unknown == ((START + 30 * MINUTE, START + 50 * MINUTE),)
    assert gappy.mkt is None
    assert assess([], [HIGH], (START, START + MINUTE), GAP).verdict == "unknown"
    assert assess(series(*[6] * 61), [HIGH], (START, START + 60 * MINUTE), GAP).verdict == "excursion"


def test_how_long_a_reading_holds() -> None:
    """Three times the usual interval, at least a minute."""
    assert (gap_of(5), gap_of(300)) == (timedelta(seconds=60), timedelta(seconds=900))
