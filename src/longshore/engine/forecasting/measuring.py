"""What kind of demand a series is, and how far off forecasts were."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshore.engine.forecasting.problem import Integers, Reals

CLASSES = ("none", "short", "smooth", "erratic", "intermittent", "lumpy")
NONE, SHORT, SMOOTH, ERRATIC, INTERMITTENT, LUMPY = range(6)
ADI_LIMIT, CV2_LIMIT = 1.32, 0.49
"""Mean interval between demands and squared variation of their sizes that part the classes (Syntetos, Boylan and
Croston 2005)."""
SHORTEST = 6
"""Periods below which only the mean is used."""
WARM_UP = 2


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Which periods are scored: `first` observed, `test` first tested period, both (n,); masks (n, t)."""

    first: Integers
    test: Integers
    train_mask: Reals
    test_mask: Reals


def first_demand(history: Reals) -> Integers:
    """Index (n,) of the first period with demand; the number of periods when there is none."""
    some = history > 0
    return np.asarray(np.where(some.any(axis=1), some.argmax(axis=1), history.shape[1]), dtype=np.int64)


def classify(history: Reals, first: Integers) -> Integers:
    """Class (n,) of each series, an index into CLASSES."""
    periods = history.shape[1] - first
    positive = (history > 0).sum(axis=1)
    interval = periods / np.maximum(positive, 1)
    mean = history.sum(axis=1) / np.maximum(positive, 1)
    square = (history**2).sum(axis=1) / np.maximum(positive, 1)
    variation = (square - mean**2) / np.where(mean > 0, mean**2, 1.0)
    steady = interval <= ADI_LIMIT
    even = variation <= CV2_LIMIT
    kinds = np.where(steady, np.where(even, SMOOTH, ERRATIC), np.where(even, INTERMITTENT, LUMPY))
    kinds = np.where(periods < SHORTEST, SHORT, kinds)
    return np.where(positive == 0, NONE, kinds).astype(np.int64)


def window(history: Reals, season: int, longest: int | None) -> Window:
    """The last third of each series is tested, at most max(season, 8) periods and at most `longest`."""
    first = first_demand(history)
    total = history.shape[1]
    observed = total - first
    limit = max(season, 8) if longest is None else min(max(season, 8), longest)
    test = total - np.minimum(np.maximum(observed // 3, 1), limit)
    test = np.maximum(test, np.minimum(first + 1, total))
    t = np.arange(total)[None, :]
    tested = (t >= test[:, None]).astype(np.float64)
    trained = ((t > first[:, None] + WARM_UP) & (t < test[:, None])).astype(np.float64)
    return Window(first, test.astype(np.int64), trained, tested)


def squared(history: Reals, steps: Reals, mask: Reals) -> Reals:
    """Mean squared one-step error (n,) of `steps` (n, t + 1) over a mask; 0 where the mask is empty."""
    errors = ((steps[:, :-1] - history) ** 2 * mask).sum(axis=1)
    return np.asarray(errors / np.maximum(mask.sum(axis=1), 1.0), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Backtest error per series (n,): see Forecast."""

    wape: Reals
    mase: Reals
    bias: Reals
    tested: Integers


def score(history: Reals, steps: Reals, found: Window) -> Scores:
    """Errors of one-step forecasts in the test periods; 0 where nothing was sold to compare with."""
    mask = found.test_mask
    error = (steps[:, :-1] - history) * mask
    demand = (history * mask).sum(axis=1)
    tested = mask.sum(axis=1)
    observed = np.arange(1, history.shape[1])[None, :] > found.first[:, None]
    moves = (np.abs(np.diff(history, axis=1)) * observed).sum(axis=1) / np.maximum(observed.sum(axis=1), 1)
    off = np.abs(error).sum(axis=1)
    return Scores(
        np.where(demand > 0, off / np.where(demand > 0, demand, 1.0), 0.0),
        np.where(moves > 0, off / np.maximum(tested, 1.0) / np.where(moves > 0, moves, 1.0), 0.0),
        np.where(demand > 0, error.sum(axis=1) / np.where(demand > 0, demand, 1.0), 0.0),
        tested.astype(np.int64),
    )
