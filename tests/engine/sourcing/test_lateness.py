"""Lateness is learnt from what was known when an order was placed, and from nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from longshore.engine.invalid import InvalidProblem
from longshore.engine.sourcing.history import before, features
from longshore.engine.sourcing.lateness import predict_lateness
from longshore.engine.sourcing.lines import LatenessProblem, Lines
from longshore.engine.sourcing.tracking import Errors, correction

COUNT = 1_200


def _lines(seed: int = 3) -> Lines:
    """Three suppliers, two orders a day; the last supplier is late with half of its lines, the others with a twentieth."""
    rng = np.random.default_rng(seed)
    asked = 15_000 + np.arange(COUNT) // 2
    supplier = rng.integers(0, 3, COUNT)
    due = asked + rng.integers(5, 30, COUNT)
    late = rng.random(COUNT) < np.where(supplier == 2, 0.5, 0.05)
    came = due + np.where(late, rng.integers(1, 12, COUNT), -rng.integers(0, 3, COUNT))
    keys = np.column_stack([supplier, rng.integers(0, 5, COUNT)]).astype(np.int64)
    came = np.maximum(came, asked).astype(np.int64)
    return Lines(asked, due, came, np.arange(COUNT, dtype=np.int64), keys, rng.random((COUNT, 1)))


def test_history_ends_before_the_order() -> None:
    """Sums over rows known earlier and within the window, counted by hand."""
    key = np.array([0, 0, 0, 1], dtype=np.int64)
    known = np.array([10, 20, 30, 5], dtype=np.int64)
    total, count = before(key, known, np.array([1.0, 1.0, 1.0, 7.0]), np.array([20, 21, 31, 4], dtype=np.int64), 11)
    assert total.tolist() == [1.0, 2.0, 2.0, 0.0]
    assert count.tolist() == [1.0, 2.0, 2.0, 0.0]


def test_outcomes_not_known_yet_change_nothing() -> None:
    """Other outcomes for all lines known after a day leave the columns of lines ordered until then as they were."""
    lines = _lines()
    day = 15_300
    unknown = lines.known_late_on >= day
    turned = np.where(unknown & (lines.due_on >= day), lines.due_on + 40, lines.came_on)
    other = replace(lines, came_on=turned)
    until = lines.asked_on <= day
    ours, _names = features(lines)
    theirs, _same = features(other)
    same_late = other.known_late_on[unknown] >= day
    assert same_late.all() and (turned != lines.came_on).any()
    assert np.array_equal(ours[until], theirs[until], equal_nan=True)


def test_the_late_supplier_is_seen_with_a_true_probability() -> None:
    """On the last quarter the late supplier's lines are said to be late half the time, the others' hardly ever."""
    lines = _lines()
    learn = np.arange(COUNT) < 900
    found = predict_lateness(LatenessProblem(lines, learn, (0.5, 0.9), 25), seed=1)
    bad = lines.keys[900:, 0] == 2
    assert 0.38 < found.probability[900:][bad].mean() < 0.62
    assert found.probability[900:][~bad].mean() < 0.12
    assert (found.days[:, 0] <= found.days[:, 1]).all()


def test_quantiles_follow_a_change() -> None:
    """Errors jump by ten days half way; the median's correction does too, once that was known."""
    lines = replace(_lines(), due_on=15_010 + np.arange(COUNT) // 2, came_on=15_012 + np.arange(COUNT) // 2)
    error = np.where(np.arange(COUNT) < 600, 0.0, 10.0) + np.random.default_rng(1).random(COUNT)
    moved = correction(Errors(lines, error, np.zeros(COUNT), np.ones(COUNT, dtype=bool), np.full(COUNT, -np.inf)), 0.5)
    assert moved[:100].tolist() == [0.0] * 50 + moved[50:100].tolist()
    assert 0.3 < moved[590] < 0.7
    assert 9 < moved[-1] < 11


def test_too_little_history_is_refused() -> None:
    """Fewer than a hundred known lines teach nothing."""
    with pytest.raises(InvalidProblem, match="fewer than 100"):
        LatenessProblem(_lines(), np.arange(COUNT) < 60)
