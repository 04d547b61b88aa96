"""Quantiles that stay true while suppliers change: recent errors, at a level that follows what was hit and missed.

Adaptive conformal inference (Gibbs and Candès 2021) with the delay that ordering has: that a quantile was missed is known
once its day has passed, that it was hit when the goods came. Each is used by orders placed after that day, never before.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from longshore.engine.sourcing.lines import Integers, Lines, Reals

WINDOWS: Final = (200, 400, 800)  # latest known errors; the mean of the three quantiles changes calmly
STEP: Final = 0.0035  # of the level for each outcome; larger ones swing, because outcomes come months later
FEWEST: Final = 50


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """`error` (n,) days beyond the `predicted` delay (n,), both meaning something where `honest` (n,): lines that
    had come and were not learnt from by the model that predicted them."""

    lines: Lines
    error: Reals
    predicted: Reals
    honest: NDArray[np.bool_]


def correction(errors: Errors, level: float) -> Reals:
    """Days to add to every line's predicted quantile; 0 where fewer than FEWEST errors were known when it was
    ordered."""
    lines = errors.lines
    known = np.flatnonzero(errors.honest)
    known = known[np.argsort(lines.came_on[known], kind="stable")]
    count = np.searchsorted(lines.came_on[known], lines.asked_on, side="left")
    moved = np.zeros(len(lines.asked_on))
    told: list[tuple[int, float]] = []
    at, seen, recent = level, -1, []
    for row in np.argsort(lines.asked_on, kind="stable").tolist():
        if count[row] < FEWEST:
            continue
        while told and told[0][0] < lines.asked_on[row]:
            at += STEP * (level - heapq.heappop(told)[1])
        if count[row] != seen:
            seen = int(count[row])
            recent = _recent(errors.error, known[:seen])
        moved[row] = float(np.mean([np.quantile(part, min(max(at, 0.002), 0.998)) for part in recent]))
        if errors.honest[row]:
            heapq.heappush(told, _told(errors, row, float(moved[row])))
    return moved


def _recent(error: Reals, known: Integers) -> list[Reals]:
    return [np.sort(error[known[max(len(known) - window, 0) :]]) for window in WINDOWS]


def _told(errors: Errors, row: int, moved: float) -> tuple[int, float]:
    """The day on which it is known whether the quantile was hit (1) or missed (0)."""
    lines = errors.lines
    passes = int(np.ceil(lines.due_on[row] + errors.predicted[row] + moved))
    return min(int(lines.came_on[row]), passes), float(errors.error[row] <= moved)
