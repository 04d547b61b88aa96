"""Several signals of one machine."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longshore.engine.detecting.joint import JointReadings, JointState, Measure, new_joint_state
from longshore.engine.detecting.problem import AlarmRule
from longshore.engine.detecting.together import solve_together
from longshore.engine.invalid import InvalidProblem

START = 1_700_000_000_000


def _machine(rows: int, seed: int) -> np.ndarray:
    """Five signals that follow one load, with noise of their own."""
    random = np.random.default_rng(seed)
    load = np.sin(np.arange(rows) / 200) + 0.3 * random.normal(size=rows)
    return 50 + np.outer(load, [3.0, -2.0, 4.0, 1.5, 2.5]) + 0.2 * random.normal(size=(rows, 5))


def _readings(values: np.ndarray) -> JointReadings:
    return JointReadings(START + 60_000 * np.arange(len(values), dtype=np.int64), values)


def test_the_signal_that_left_the_others_is_named() -> None:
    """Signal 2 goes where it often is, but not when the others are there: Q or T2 speaks at once and names it."""
    values = _machine(4000, 1)
    values[3000:3030, 2] += 4.0
    judgement, _ = solve_together(_readings(values))
    found = judgement.findings[0]
    assert found.row == 3000
    assert found.signal == 2
    assert found.measure in (Measure.T2, Measure.Q)
    assert found.seen - found.expected == pytest.approx(4.0, abs=1.5)
    assert found.seen == pytest.approx(values[3000, 2])
    assert sum(found.shares) == pytest.approx(1.0)
    assert np.argmax(found.shares) == 2


def test_a_hole_that_no_ellipse_knows_is_found_by_the_trees() -> None:
    """Two signals on a ring: its middle is the mean, so T2 and Q are quiet; nothing was ever there."""
    random = np.random.default_rng(0)
    angle = random.uniform(0, 2 * np.pi, 12_000)
    values = 5 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + 0.3 * random.normal(size=(12_000, 2))
    values[10_000:10_010] = 0.2 * random.normal(size=(10, 2))
    judgement, _ = solve_together(_readings(values))
    assert set(judgement.measure[10_000:10_010].tolist()) == {int(Measure.TREES)}
    assert judgement.surprise[10_000:10_010].max() > 3.0


def test_noise_is_quiet_and_a_missing_signal_says_nothing() -> None:
    """20,000 rows of a healthy machine, with every tenth value missing, give at most one alarm."""
    values = _machine(20_000, 4)
    values[np.random.default_rng(5).random(values.shape) < 0.1] = np.nan
    judgement, state = solve_together(_readings(values))
    assert len(judgement.findings) <= 1
    assert np.isfinite(state.mean).all()


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(1, 300), max_size=6))
def test_any_cut_into_batches_gives_the_same(seed: int, cuts: list[int]) -> None:
    """Blocks of learning do not depend on how the rows arrived, nor on a rest in bytes."""
    whole = _readings(_machine(900, seed))
    rule = AlarmRule(alarm_at=3.0)
    judgement, end = solve_together(whole, None, rule, seed)
    state, row, told = new_joint_state(5, seed), 0, []
    for length in [*cuts, 1, 1, 900]:
        part = JointReadings(whole.times[row : row + length], whole.values[row : row + length])
        piece, state = solve_together(part, state, rule)
        told.append(piece)
        row += length
        state = JointState.from_bytes(state.to_bytes())
    assert np.concatenate([one.scores for one in told]).tolist() == judgement.scores.tolist()
    assert [one.at for part in told for one in part.findings] == [one.at for one in judgement.findings]
    assert state.to_bytes() == end.to_bytes()


def test_wrong_shapes_are_refused() -> None:
    """No signals, too many, another number than the state has, bytes of another format."""
    for shape in ((3, 0), (3, 65)):
        with pytest.raises(InvalidProblem):
            JointReadings(np.arange(3), np.zeros(shape))
    with pytest.raises(InvalidProblem):
        solve_together(_readings(np.zeros((3, 4))), new_joint_state(5, 0))
    for packed in (b"", b"LSJ1\x05\x00", new_joint_state(2, 0).to_bytes()[:-1]):
        with pytest.raises(InvalidProblem):
            JointState.from_bytes(packed)
