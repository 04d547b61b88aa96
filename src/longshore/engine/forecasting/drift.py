"""When a forecast no longer fits: misses that lean to one side, or are larger than they used to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshore.engine.forecasting.problem import Reals
from longshore.engine.invalid import require

SLACK, LIMIT = 0.5, 6.0
"""Standard deviations a period that are let pass, and their sum that is not: a false alarm about once in 600 periods
of independent misses, a shift by one deviation found in about 11 (cumulative sums, Page 1954)."""
CUT = 4.0
"""Deviations that one period counts at most, so that a single outlier is no drift."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Series `row` has drifted: `kind` high (demand above forecast), low or wild (misses grown), since period `since`
    of those given, seen in `seen`; `strength` in standard deviations summed."""

    row: int
    kind: str
    since: int
    seen: int
    strength: float


def drifts(misses: Reals, spread: Reals) -> tuple[Drift, ...]:
    """First alarm of each kind per series. `misses` (n, t) actual less forecast one step ahead, oldest first; `spread`
    (n,) their usual root mean square, from the back-test."""
    require(misses.ndim == 2 and spread.shape == (len(misses),), "spread", None, "does not fit", "Pass one per series")
    scaled = np.clip(misses / np.maximum(spread, 1e-9)[:, None], -CUT, CUT)
    # The square's excess over 1 has a deviation of 1.4 for normal misses; halved it needs the same limit.
    kinds = (("high", scaled), ("low", -scaled), ("wild", (np.minimum(scaled**2, CUT**2 / 2) - 1.0) / 2))
    found = [one for kind, signal in kinds for one in _alarms(kind, signal)]
    return tuple(sorted(found, key=lambda one: (one.row, one.seen, one.kind)))


def _alarms(kind: str, signal: Reals) -> list[Drift]:
    rows = np.arange(len(signal))
    total, since, done = np.zeros(len(rows)), np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=bool)
    found = []
    for t in range(signal.shape[1]):
        total = np.maximum(total + signal[:, t] - SLACK, 0.0)
        since = np.where(total == 0.0, t + 1, since)
        for row in np.flatnonzero((total > LIMIT) & ~done):
            found.append(Drift(int(row), kind, int(since[row]), t, round(float(total[row]), 2)))
        done |= total > LIMIT
    return found
