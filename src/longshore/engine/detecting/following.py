"""From readings to what is judged about them: one pass, one reading after the other.

Each component gets a lane of `seen` (lanes, n): a difference in the signal's unit, or a logarithm; `base` (lanes + 1, n)
is what the difference is measured from; for stillness the usual run of equal readings, and in its last row the run now.
NaN: nothing to say yet.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from longshore.engine.compiling import kernel

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]

RING, MEDIAN, LEVEL = 96, 13, 36
GAP_STEPS = 10
FAST, SLOW = 1 / 500, 1 / 5000
SHORT_RUN, FORGET_STILL = 3, 5000
# places in the small state; MOVE: mean absolute step of all time, RUN: readings equal to the last one, of STEPS steps
# before this run REPEATS changed nothing, BEGUN: when this run began
SEEN, LAST, STEP, FILLED, RUN, MOVE, VALUE, PLACE, QUICK, STEADY, REPEATS, STEPS, BEGUN = range(13)
SMALL = 13


@kernel
def follow(small: Reals, ring: Reals, readings: tuple[Integers, Reals], seen: Reals, base: Reals, grain: Reals) -> None:
    """Advance the state by the readings and fill the lanes spike, level, movement, stillness and drift; `grain` (n,) is
    the mean step so far. Drift speaks once in 96 readings: it is slow, and so must be what it is judged by.

    A reading not newer than the last one, or one that is no number, is passed over. A gap of ten typical steps empties
    the window: what lies before it says nothing about the steps behind it. O(n x window)."""
    times, values = readings
    for row in range(len(values)):
        seen[:, row], base[:, row], grain[row] = np.nan, 0.0, 0.0
        value, step = values[row], times[row] - small[LAST]
        if not np.isfinite(value) or (small[SEEN] > 0 and step <= 0):
            continue
        small[SEEN] += 1
        if small[SEEN] > 1:
            known = small[STEP] > 0
            if known and step > GAP_STEPS * small[STEP]:
                small[FILLED], small[RUN] = 0, 1
            rate = max(1.0 / (small[SEEN] - 1), 0.01)
            small[STEP] += rate * (min(step, 4 * small[STEP]) - small[STEP]) if known else step
        moved = abs(value - small[VALUE]) if small[FILLED] > 0 else 0.0
        place = int(small[PLACE])
        ring[0, place], ring[1, place] = value, moved
        small[PLACE] = (place + 1) % RING
        small[FILLED] = min(small[FILLED] + 1, RING)
        if moved > 0.0:
            fade = 0.5 if small[STEPS] > FORGET_STILL else 1.0
            small[REPEATS] = fade * small[REPEATS] + small[RUN] - 1
            small[STEPS] = fade * small[STEPS] + small[RUN]
        small[BEGUN] = times[row] if moved > 0.0 or small[FILLED] <= 1 else small[BEGUN]
        small[RUN] = small[RUN] + 1 if moved == 0.0 else 1
        repeats, steps = small[REPEATS] + small[RUN], small[STEPS] + small[RUN]
        small[MOVE] += max(1.0 / small[SEEN], 0.0005) * (moved - small[MOVE])
        small[QUICK] += max(1.0 / small[SEEN], FAST) * (value - small[QUICK])
        small[STEADY] += max(1.0 / small[SEEN], SLOW) * (value - small[STEADY])
        small[LAST], small[VALUE] = times[row], value
        grain[row] = small[MOVE]
        filled = int(small[FILLED])
        if filled < MEDIAN:
            continue
        recent = ring[0][(place - np.arange(min(LEVEL, filled)) + RING) % RING]
        base[0, row] = np.median(recent[:MEDIAN])
        seen[0, row] = value - base[0, row]
        seen[4, row] = -max(small[RUN] - SHORT_RUN, 0.0) * np.log10(repeats / (steps + 1))
        base[4, row], base[6, row] = steps / (steps - repeats + 1), small[RUN]
        if filled >= LEVEL:
            seen[1, row] = np.mean(recent)
        if filled >= RING:
            seen[3, row] = np.log(np.mean(ring[1]) + 0.001 * small[MOVE] + 1e-12)
        if place == 0 and small[SEEN] * FAST > 1:
            base[5, row] = small[STEADY]
            seen[5, row] = small[QUICK] - small[STEADY]
