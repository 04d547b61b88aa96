"""One signal: what is found, with what reason, and what never changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import _nab
from longshore.engine.detecting.check import check
from longshore.engine.detecting.problem import AlarmRule, Component, Finding, Judgement, Readings
from longshore.engine.detecting.scoring import ScoredSeries, Weights, best_outcome
from longshore.engine.detecting.solve import solve
from longshore.engine.detecting.state import DetectorState, new_state
from longshore.engine.invalid import InvalidProblem

START = 1_700_000_000_000
MINUTE = 60_000
LOUD = AlarmRule(alarm_at=3.0)


def _readings(values: np.ndarray, step: int = 5 * MINUTE) -> Readings:
    return Readings(START + step * np.arange(len(values), dtype=np.int64), values)


def _noise(rows: int, seed: int = 0) -> np.ndarray:
    return 20 + 0.1 * np.random.default_rng(seed).normal(size=rows)


def _first(judgement: Judgement, after: int) -> Finding:
    return next(one for one in judgement.findings if one.row >= after)


def test_a_spike_is_found_at_once_with_its_reason() -> None:
    """Three degrees above a fridge's usual noise: at that reading, upwards, expected 20, seen 23."""
    values = _noise(3000)
    values[2000] = 23.0
    judgement, _ = solve(_readings(values))
    found = _first(judgement, 0)
    assert (found.row, found.component, found.direction) == (2000, Component.SPIKE, 1)
    assert found.expected == pytest.approx(20, abs=0.1)
    assert found.seen == pytest.approx(23)
    assert found.spread == pytest.approx(0.1, rel=0.5)
    assert found.since == found.at == START + 2000 * 5 * MINUTE


def test_a_stuck_sensor_is_found_within_half_an_hour_of_readings() -> None:
    """A sensor that always moved a little repeats one value."""
    values = _noise(3000)
    values[2000:2200] = values[2000]
    found = _first(solve(_readings(values))[0], 2000)
    assert found.component in (Component.STILLNESS, Component.MOVEMENT)
    assert found.row <= 2060


def test_a_stuck_signal_says_since_when_and_how_long() -> None:
    """The run of equal readings is told, with the usual one."""
    values = _noise(3000)
    values[2000:2200] = values[2000]
    findings = solve(_readings(values), None, AlarmRule(alarm_at=4.0))[0].findings
    still = next(one for one in findings if one.component == Component.STILLNESS)
    assert still.seen == still.row - 2000 + 1
    assert still.expected < 5
    assert abs(still.since - (START + 2000 * 5 * MINUTE)) <= 6 * 5 * MINUTE


def test_a_drift_is_found_before_it_is_three_deviations() -> None:
    """A sensor that loses 0.1 deviations in a hundred readings is called drifting, and from where to where."""
    values = _noise(20_000, seed=3)
    values[9000:14_000] += np.linspace(0, 0.5, 5000)
    values[14_000:] += 0.5
    found = [one for one in solve(_readings(values, MINUTE))[0].findings if one.component == Component.DRIFT]
    assert found
    assert 9000 < found[0].row < 12_000
    assert found[0].direction == 1
    assert found[0].seen > found[0].expected


def test_a_day_unlike_the_days_before_is_found_by_season() -> None:
    """A day without its peak: every value was seen before, only not at this time."""
    slot = np.arange(288 * 14) % 288
    values = np.where((slot > 100) & (slot < 200), 80.0, 20.0) + np.random.default_rng(2).normal(size=288 * 14)
    values[288 * 10 + 101 : 288 * 10 + 200] -= 60
    judgement, _ = solve(_readings(values))
    found = _first(judgement, 288 * 3)
    assert found.component == Component.SEASON
    assert 288 * 10 + 101 <= found.row < 288 * 10 + 130
    assert found.direction == -1


def test_what_recurs_is_learnt() -> None:
    """The same spike every day at noon is soon no alarm."""
    values = _noise(288 * 30)
    values[144::288] += 3.0
    judgement, _ = solve(_readings(values))
    assert [one for one in judgement.findings if one.row > 288 * 15] == []


@pytest.mark.parametrize("shape", ["normal", "lognormal", "uniform", "poisson", "walk", "constant"])
def test_no_flood_of_alarms_on_noise(shape: str) -> None:
    """At 5 (once in 100,000 readings) noise of any shape stays nearly silent over 30,000 readings."""
    random = np.random.default_rng(11)
    values = {
        "normal": lambda: random.normal(size=30_000),
        "lognormal": lambda: random.lognormal(size=30_000),
        "uniform": lambda: random.random(30_000),
        "poisson": lambda: random.poisson(0.3, 30_000).astype(np.float64),
        "walk": lambda: np.cumsum(random.normal(size=30_000)),
        "constant": lambda: np.full(30_000, 4.0),
    }[shape]()
    assert len(solve(_readings(values))[0].findings) <= 3


def test_gaps_and_disorder() -> None:
    """After a gap the windows begin anew, a late or repeated reading is passed over, and no number counts for none."""
    values = _noise(2000)
    whole = _readings(values)
    times = whole.times.copy()
    times[1500:] += 40 * 24 * 60 * MINUTE
    judgement, state = solve(Readings(times, values))
    assert judgement.surprise[1500:1512].tolist() == [0.0] * 12
    late = Readings(times[[10, 1999]], np.array([900.0, 900.0]))
    nothing, same = solve(late, state)
    assert nothing.surprise.tolist() == [0.0, 0.0]
    assert (same.readings, same.newest) == (state.readings, state.newest) == (2000, int(times[-1]))
    empty = Readings(times[-1:] + 1, np.array([np.nan]))
    assert solve(empty, state)[1].readings == 2000


def test_the_given_state_is_left_as_it_was() -> None:
    """A state is a value: judging on from it twice gives the same twice."""
    first, second = _readings(_noise(600)), Readings(START + 600 * 5 * MINUTE + np.arange(50), _noise(50, 1))
    state = solve(first)[1]
    packed = state.to_bytes()
    once, twice = solve(second, state)[0], solve(second, state)[0]
    assert once.surprise.tolist() == twice.surprise.tolist()
    assert state.to_bytes() == packed


def test_a_foreign_state_is_refused() -> None:
    """Bytes of another format, or cut short, are no state."""
    packed = new_state().to_bytes()
    for wrong in (b"", b"XXXX" + packed[4:], packed[:-1], packed + b"0"):
        with pytest.raises(InvalidProblem):
            DetectorState.from_bytes(wrong)
    with pytest.raises(InvalidProblem):
        DetectorState.from_json('{"format": "else"}')
    with pytest.raises(InvalidProblem):
        Readings(np.arange(3), np.arange(3))  # type: ignore[arg-type]


SHAPES = st.sampled_from(["noise", "daily", "spiky", "steps", "rounded"])


def _shaped(shape: str, seed: int, rows: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    noise = random.normal(size=rows)
    values: np.ndarray = {
        "noise": noise,
        "daily": 5 * np.sin(np.arange(rows) / 288 * 2 * np.pi) + 0.3 * noise,
        "spiky": np.where(random.random(rows) < 0.02, 10 * random.random(rows), 0.1 * noise),
        "steps": np.where(np.cumsum(random.random(rows) < 0.01) % 2, 4.0, 1.0) + 0.1 * noise,
        "rounded": np.round(noise),
    }[shape]
    return values


@settings(max_examples=25, deadline=None)
@given(SHAPES, st.integers(0, 10_000), st.lists(st.integers(1, 400), max_size=8))
def test_any_cut_into_batches_gives_the_same(shape: str, seed: int, cuts: list[int]) -> None:
    """Streaming, in batches, through bytes and through JSON: every number equal to the one pass."""
    whole = _readings(_shaped(shape, seed, 900))
    judgement, end = solve(whole, None, LOUD)
    state, row, told = new_state(), 0, []
    for turn, length in enumerate([*cuts, 1, 1, 1, 900]):
        part = Readings(whole.times[row : row + length], whole.values[row : row + length])
        piece, state = solve(part, state, LOUD)
        told.append(piece)
        row += length
        turned = DetectorState.from_bytes(state.to_bytes())
        state = turned if turn % 2 else DetectorState.from_json(state.to_json())
    assert np.concatenate([one.scores for one in told]).tolist() == judgement.scores.tolist()
    assert np.concatenate([one.surprise for one in told]).tolist() == judgement.surprise.tolist()
    assert [one.at for part in told for one in part.findings] == [one.at for one in judgement.findings]
    assert state.to_bytes() == end.to_bytes()


@settings(max_examples=25, deadline=None)
@given(SHAPES, st.integers(0, 10_000), st.sampled_from([0.25, 2.0, 1024.0]), st.sampled_from([-64.0, 0.0, 512.0]))
def test_the_unit_does_not_matter(shape: str, seed: int, scale: float, shift: float) -> None:
    """Celsius or Fahrenheit: scaling and shifting a signal leaves every surprise as it is, to rounding."""
    values = np.round(_shaped(shape, seed, 900), 3)
    plain = solve(_readings(values))[0].surprise
    moved = solve(_readings(values * scale + shift))[0].surprise
    assert np.quantile(np.abs(plain - moved), 0.99) < 0.02


@settings(max_examples=25, deadline=None)
@given(SHAPES, st.integers(0, 10_000))
def test_every_reason_is_borne_out_by_the_readings(shape: str, seed: int) -> None:
    """The independent check finds nothing to object to."""
    readings = _readings(_shaped(shape, seed, 1500))
    judgement, _ = solve(readings, None, LOUD)
    assert check(readings, judgement, LOUD) == []


def test_ahead_of_sixty_on_the_benchmark() -> None:
    """The standard profile over the files at hand, as the bench measures it."""
    files = _nab.series()
    if not files:
        pytest.skip(f"the benchmark's files are not in {_nab.folder()}")
    ours = [ScoredSeries(solve(Readings(one.times * 1000, one.values))[0].scores, one.windows) for one in files]
    assert best_outcome(ours, Weights()).score > 65
