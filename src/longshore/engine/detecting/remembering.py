"""The same time on earlier days: what a level is compared with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from longshore.engine.compiling import kernel

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]

DAY_MS = 86_400_000
DAYS, SLOTS, SLACK = 8, 144, 2
TRIED = (DAYS - 1) * (2 * SLACK + 1)


@kernel
def recall(calendar: NDArray[np.float32], times: Integers, levels: Reals, off: Reals, near: Reals) -> None:
    """For each level the nearest one of the same time (20 minutes of slack) on the seven days before: `off` (n,) the
    signed difference, `near` (n,) that level; NaN where there was none. Then the level is remembered.

    Nearest, not mean: what happened once at this time may happen again. O(n x days x slack)."""
    for row in range(len(levels)):
        off[row], near[row] = np.nan, np.nan
        level = levels[row]
        if not np.isfinite(level):
            continue
        slot = times[row] * SLOTS // DAY_MS
        best = np.inf
        for other in range(TRIED):
            at = slot - (other % (DAYS - 1) + 1) * SLOTS + other // (DAYS - 1) - SLACK
            past = calendar[at // SLOTS % DAYS, at % SLOTS]
            if abs(level - past) < best:
                best = abs(level - past)
                off[row], near[row] = level - past, past
        calendar[slot // SLOTS % DAYS, slot % SLOTS] = level
