"""Known streaming detectors, set up as their authors do: what ours is measured beside."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Detector = Callable[[Reals], Reals]


def windowed_gaussian(values: Reals) -> Reals:
    """Tail probability under a normal fitted to the last 6,400 values, refitted with every value until these are
    full and then every 100 (the benchmark's own numbers)."""
    window, step = 6400, 100
    rows = len(values)
    shifted = values - values[0]
    sums, squares = (np.concatenate(([0.0], np.cumsum(one))) for one in (shifted, shifted**2))
    last = np.arange(rows)
    last[window:] = window + (last[window:] - window) // step * step
    first = np.maximum(last - window, 0)
    count = np.maximum(last - first, 1)
    mean = (sums[last] - sums[first]) / count
    deviation = np.sqrt(np.maximum((squares[last] - squares[first]) / count - mean**2, 0.0))
    deviation[deviation < 1e-6] = 1e-6
    scores = 1 - np.array(
        [0.5 * math.erfc(one) for one in (np.abs(shifted - mean) / deviation / math.sqrt(2)).tolist()]
    )
    scores[0] = 0.0
    return scores


def relative_entropy(values: Reals) -> Reals:
    """Histograms of 52 values tested against those accepted before (Wang et al. 2011, as in the benchmark); it is told
    the file's range beforehand, as there."""
    bins, width = 5, 52
    limit = 13.276704135987622  # chi-square, 4 degrees of freedom, 1 %
    step = (values.max() - values.min()) / bins
    scores = np.zeros(len(values))
    if step == 0:
        return scores
    place = np.ceil((values - values.min()) / step).astype(np.int64)
    known: list[Reals] = []
    times_seen: list[int] = []
    for row in range(width - 1, len(values)):
        counted = np.histogram(place[row - width + 1 : row + 1], bins=bins, range=(0, bins))[0] / width
        agreement = [_entropy(counted, one) * 2 * width for one in known]
        if agreement and min(agreement) < limit:
            index = int(np.argmin(agreement))
            times_seen[index] += 1
            scores[row] = float(times_seen[index] <= 1)
        else:
            known.append(counted)
            times_seen.append(1)
            scores[row] = float(len(known) > 1)
    return scores


def _entropy(first: Reals, second: Reals) -> float:
    used = first > 0
    if (second[used] == 0).any():
        return math.inf
    return float((first[used] * np.log(first[used] / second[used])).sum())


def ewma(values: Reals) -> Reals:
    """Distance from an exponential mean in exponential deviations (weight 0.01)."""
    mean, variance = float(values[0]), 0.0
    scores = np.zeros(len(values))
    for row, value in enumerate(values.tolist()):
        away = value - mean
        scores[row] = abs(away) / math.sqrt(variance + 1e-12) if row > 30 else 0.0
        mean += 0.01 * away
        variance += 0.01 * (away * away - variance)
    return scores


def river_gaussian(values: Reals) -> Reals:
    """river's GaussianScorer over a rolling window of 500."""
    from river import anomaly

    scorer = anomaly.GaussianScorer(window_size=500, grace_period=100)
    scores = np.zeros(len(values))
    for row, value in enumerate(values.tolist()):
        scores[row] = abs(2 * scorer.score_one(None, value) - 1) if row > 100 else 0.0
        scorer.learn_one(None, value)
    return scores


def river_deviation(values: Reals) -> Reals:
    """river's StandardAbsoluteDeviation from the running median."""
    from river import anomaly, stats

    scorer = anomaly.StandardAbsoluteDeviation(sub_stat=stats.Quantile(0.5))
    scores = np.zeros(len(values))
    for row, value in enumerate(values.tolist()):
        scores[row] = abs(scorer.score_one(None, value)) if row > 1 else 0.0
        scorer.learn_one(None, value)
    return scores


def river_half_space_trees(values: Reals) -> Reals:
    """river's HalfSpaceTrees with its own numbers (10 trees, height 8, window 250) on the value, its mean over the last
    12 and its last step, each scaled to the file's range, which it is told beforehand."""
    from river import anomaly

    trees = anomaly.HalfSpaceTrees(seed=42)
    recent: deque[float] = deque(maxlen=12)
    low, high = float(values.min()), float(values.max())
    span = high - low or 1.0
    last = float(values[0])
    scores = np.zeros(len(values))
    for row, value in enumerate(values.tolist()):
        recent.append(value)
        mean = sum(recent) / len(recent)
        told = {"value": (value - low) / span, "mean": (mean - low) / span, "step": 0.5 + (value - last) / span / 2}
        scores[row] = trees.score_one(told)
        trees.learn_one(told)
        last = value
    return scores


DETECTORS: dict[str, Detector] = {
    "windowed_gaussian": windowed_gaussian,
    "relative_entropy": relative_entropy,
    "ewma": ewma,
    "river_gaussian_scorer": river_gaussian,
    "river_standard_absolute_deviation": river_deviation,
    "river_half_space_trees": river_half_space_trees,
}


def loudest(scores: Iterable[float], rest: int) -> Reals:
    """Only what is louder than everything in the `rest` rows before: no alarm is repeated, as in ours."""
    told = np.array(list(scores))
    kept = np.zeros(len(told))
    window: deque[tuple[int, float]] = deque()
    for row, score in enumerate(told.tolist()):
        while window and window[0][0] < row - rest:
            window.popleft()
        if not window or score > window[0][1]:
            kept[row] = score
        while window and window[-1][1] <= score:
            window.pop()
        window.append((row, score))
    return kept
