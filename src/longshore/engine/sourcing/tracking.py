"""Quantiles that stay true while suppliers change: recent errors, at a level that follows what was hit and missed.

Adaptive conformal inference (Gibbs and Candès 2021) with the delay that ordering has: that a quantile was missed is known
once its day has passed, that it was hit when the goods came. Each is used from the day after, never before.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from longshore.engine.sourcing.lines import Integers, Lines, Reals

WINDOWS: Final = (200, 400, 800)  # latest known errors; the mean of the three quantiles changes calmly
STEP: Final = 0.002  # of the level for each outcome; larger ones swing, because outcomes come weeks later
RENEWED: Final = 30  # a line still open so many days before it is due gets its quantile anew
FEWEST: Final = 50


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """`error` (n,) days beyond the `predicted` delay (n,), both meaning something where `honest` (n,): lines that
    had come and were not learnt from by the model that predicted them. `least` (n,): the delay of the next lower level;
    quantiles do not cross, and what is hit or missed is the quantile that was told."""

    lines: Lines
    error: Reals
    predicted: Reals
    honest: NDArray[np.bool_]
    least: Reals


def correction(errors: Errors, level: float) -> Reals:
    """Days to add to every line's predicted quantile, as of the day it was ordered or, while it is open, RENEWED days
    before it is due; 0 where fewer than FEWEST errors were known then."""
    lines = errors.lines
    known = np.flatnonzero(errors.honest)
    known = known[np.argsort(lines.came_on[known], kind="stable")]
    came = lines.came_on[known]
    renewed_on = np.maximum(lines.asked_on, lines.due_on - RENEWED)
    renewed = (renewed_on > lines.asked_on) & (lines.came_on >= renewed_on)
    moved = np.zeros(len(lines.asked_on))
    told: list[tuple[int, float]] = []
    at, seen, recent = level, -1, list[Reals]()
    for day, row, last in _turns(lines.asked_on, renewed_on, renewed):
        while told and told[0][0] < day:
            at += STEP * (level - heapq.heappop(told)[1])
        count = int(np.searchsorted(came, day, side="left"))
        if count < FEWEST:
            continue
        if count != seen:
            seen, recent = count, _recent(errors.error, known[:count])
        told_days = _mean_quantile(recent, min(max(at, 0.002), 0.998))
        moved[row] = max(told_days, float(errors.least[row] - errors.predicted[row]))
        if last and errors.honest[row]:
            heapq.heappush(told, _told(errors, row, float(moved[row])))
    return moved


def _turns(asked_on: Integers, renewed_on: Integers, renewed: NDArray[np.bool_]) -> list[tuple[int, int, bool]]:
    """(day, row, whether it is the row's last) of everything that is predicted, in order of days."""
    first = [(int(day), row, not renewed[row]) for row, day in enumerate(asked_on)]
    again = [(int(renewed_on[row]), int(row), True) for row in np.flatnonzero(renewed)]
    return sorted([*first, *again])


def _recent(error: Reals, known: Integers) -> list[Reals]:
    return [np.sort(error[known[max(len(known) - window, 0) :]]) for window in WINDOWS]


def _mean_quantile(recent: list[Reals], level: float) -> float:
    return float(sum(part[min(int(level * len(part)), len(part) - 1)] for part in recent)) / len(recent)


def _told(errors: Errors, row: int, moved: float) -> tuple[int, float]:
    """The day on which it is known whether the quantile was hit (1) or missed (0)."""
    lines = errors.lines
    passes = int(np.ceil(lines.due_on[row] + errors.predicted[row] + moved))
    return min(int(lines.came_on[row]), passes), float(errors.error[row] <= moved)
