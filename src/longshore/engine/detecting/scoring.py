"""How good a detector is, by the Numenta Anomaly Benchmark's own rules (Lavin and Ahmad 2015, version 1.1).

Early detections inside a labelled window earn up to `hit`, a window without one costs `miss`, an alarm outside costs
up to `false_alarm`, less just behind a window. One threshold serves all series; 0 is a detector that says nothing,
100 one that speaks at the first moment of every window and never else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]

PROBATION = 0.15
PROBATION_ROWS = 5000


@dataclass(frozen=True, slots=True)
class Weights:
    """What a profile pays: the standard profile by default."""

    hit: float = 1.0
    miss: float = 1.0
    false_alarm: float = 0.11


@dataclass(frozen=True, slots=True, eq=False)
class ScoredSeries:
    """Anomaly `scores` (n,) of one series and its labelled windows as pairs of first and last row."""

    scores: Reals
    windows: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`score` is normalised (0 null, 100 perfect), `raw` the benchmark's sum, `threshold` what counts as an alarm."""

    score: float
    raw: float
    threshold: float
    windows: int
    windows_found: int
    false_alarms: int


def best_outcome(series: list[ScoredSeries], weights: Weights) -> Outcome:
    """The score at the one threshold that is best over all series, as the benchmark chooses it.
    O(n log n) in all rows."""
    scores, value, window = _rows(series, weights)
    order = np.argsort(-scores, kind="stable")
    scores, value, window = scores[order], value[order], window[order]
    change = np.where(window < 0, value, 0.0)
    best: dict[int, float] = {}
    for row in np.flatnonzero(window >= 0).tolist():
        before = best.get(int(window[row]), -weights.miss)
        after = max(before, float(value[row]))
        change[row] = after - before
        best[int(window[row])] = after
    nothing = -weights.miss * len(best)
    sums = nothing + np.cumsum(change)
    ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)) if scores.size else np.zeros(0, dtype=np.int64)
    if not ends.size or sums[ends].max() <= nothing:
        return _outcome(nothing, 1.1, (scores, window), _windows(series), weights)
    row = int(ends[np.argmax(sums[ends])])
    return _outcome(float(sums[row]), float(scores[row]), (scores, window), _windows(series), weights)


def outcome_at(series: list[ScoredSeries], weights: Weights, threshold: float) -> Outcome:
    """The score where everything at or above `threshold` is an alarm. O(n)."""
    scores, value, window = _rows(series, weights)
    alarm = scores >= threshold
    raw = float(value[alarm & (window < 0)].sum())
    for which in np.unique(window[window >= 0]).tolist():
        inside = value[alarm & (window == which)]
        raw += float(inside.max()) if inside.size else -weights.miss
    return _outcome(raw, threshold, (scores, window), _windows(series), weights)


def normalised(raw: float, windows: int, weights: Weights) -> float:
    """The benchmark's scale: 0 for silence, 100 for all `windows` found at once."""
    null = -weights.miss * windows
    perfect = weights.hit * windows
    return 100.0 * (raw - null) / (perfect - null) if windows else 0.0


def probation(rows: int) -> int:
    """How many first rows of a series do not count."""
    return int(min(np.floor(PROBATION * rows), PROBATION * PROBATION_ROWS))


def row_values(rows: int, windows: tuple[tuple[int, int], ...], weights: Weights) -> Reals:
    """What an alarm in each row is worth: (rows,)."""
    value = np.full(rows, -weights.false_alarm)
    places = np.arange(rows)
    for number, (first, last) in enumerate(windows):
        width = last - first + 1
        inside = _sigmoid(-(last - places[first : last + 1] + 1) / width)
        value[first : last + 1] = inside * weights.hit / float(_sigmoid(np.array([-1.0]))[0])
        until = windows[number + 1][0] if number + 1 < len(windows) else rows
        behind = (places[last + 1 : until] - last) / max(width - 1, 1)
        value[last + 1 : until] = _sigmoid(behind) * weights.false_alarm
    return value


def _sigmoid(position: Reals) -> Reals:
    return np.where(position > 3.0, -1.0, 2.0 / (1.0 + np.exp(5.0 * np.minimum(position, 3.0))) - 1.0)


def _rows(series: list[ScoredSeries], weights: Weights) -> tuple[Reals, Reals, NDArray[np.int64]]:
    scores, values, windows = [np.zeros(0)], [np.zeros(0)], [np.zeros(0, dtype=np.int64)]
    seen = 0
    for one in series:
        rows = len(one.scores)
        window = np.full(rows, -1, dtype=np.int64)
        for number, (first, last) in enumerate(one.windows):
            window[first : last + 1] = seen + number
        seen += len(one.windows)
        begin = probation(rows)
        scores.append(one.scores[begin:])
        values.append(row_values(rows, one.windows, weights)[begin:])
        windows.append(window[begin:])
    return np.concatenate(scores), np.concatenate(values), np.concatenate(windows)


def _windows(series: list[ScoredSeries]) -> int:
    return sum(len(one.windows) for one in series)


def _outcome(
    raw: float, threshold: float, rows: tuple[Reals, NDArray[np.int64]], windows: int, weights: Weights
) -> Outcome:
    scores, window = rows
    alarm = scores >= threshold
    found = len(np.unique(window[alarm & (window >= 0)]))
    return Outcome(
        score=normalised(raw, windows, weights),
        raw=raw,
        threshold=threshold,
        windows=windows,
        windows_found=found,
        false_alarms=int((alarm & (window < 0)).sum()),
    )
