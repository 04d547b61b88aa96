"""From readings to what is judged about them: one pass, one reading after the other.

Lanes (rows of `seen`): 0 spike: distance from the median of the last readings; 1 level: mean of the last readings;
2 movement: logarithm of the mean step; 3 stillness: logarithm of the run of equal readings; NaN: nothing to say yet.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from longshore.engine.compiling import kernel

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]

RING = 96
MEDIAN, LEVEL = 13, 36
# places in the small state: readings seen, last time, typical step in time, filled ring places, run of equal
# readings, mean absolute step of all time, last value, ring position
SEEN, LAST, STEP, FILLED, RUN, MOVE, VALUE, PLACE = range(8)
SMALL = 8
SPIKE_LANE, LEVEL_LANE, MOVEMENT_LANE, STILL_LANE = range(4)


@kernel
def follow(small: Reals, ring: Reals, times: Integers, values: Reals, seen: Reals) -> None:
    """Advance the state by the readings and fill `seen` (lanes, n). A reading not newer than the last one, or one
    that is no number, is passed over. A gap of ten typical steps empties the window: what lies before says nothing
    about the steps behind it. O(n x window)."""
    for row in range(len(values)):
        seen[:, row] = np.nan
        value, step = values[row], times[row] - small[1]
        if not np.isfinite(value) or (small[0] > 0 and step <= 0):
            continue
        small[0] += 1
        if small[0] > 1:
            if small[2] > 0 and step > 10 * small[2]:
                small[3] = 0
                small[4] = 0
            rate = max(1.0 / (small[0] - 1), 0.01)
            small[2] += rate * (min(step, 4 * small[2]) - small[2]) if small[2] > 0 else step
        moved = abs(value - small[6]) if small[3] > 0 else 0.0
        place = int(small[7])
        ring[0, place] = value
        ring[1, place] = moved
        small[7] = (place + 1) % ring.shape[1]
        small[3] = min(small[3] + 1, ring.shape[1])
        small[4] = small[4] + 1 if moved == 0.0 else 1
        small[5] += max(1.0 / small[0], 0.0005) * (moved - small[5])
        small[1], small[6] = times[row], value
        filled = int(small[3])
        if filled < 13:
            continue
        back = (place - np.arange(36) + ring.shape[1]) % ring.shape[1]
        recent = ring[0][back[: min(36, filled)]]
        seen[0, row] = value - np.median(recent[:13])
        seen[3, row] = np.log(small[4])
        if filled >= 36:
            seen[1, row] = np.mean(recent)
        if filled >= ring.shape[1]:
            seen[2, row] = np.log(np.mean(ring[1]) + 0.001 * small[5] + 1e-12)
