"""How rare is this: peaks over a moving threshold, so that no threshold is set by hand.

Excesses beyond the threshold come in clusters; a cluster counts once, by its peak. The rate of clusters times a
generalised Pareto tail fitted to past peaks by their moments says how often a reading like this one is expected;
its negative decimal logarithm is the surprise. Few peaks seen: the tail is taken to be heavier.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from longshore.engine.compiling import kernel

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]

CENTRE = 3  # readings judged, centre, spread
SIDE = 9  # threshold, mean peak, mean squared peak, peaks, clusters (fading), peak, quiet, readings, since
PEAK, SINCE = 5, 8
WARM = 30
MEMORY = 2000.0  # readings over which centre, spread and rates are forgotten
SHARE = 0.03  # of readings beyond the threshold
MERGED = 10  # readings below the threshold that end a cluster
APART = 2  # … and that make what follows begin anew, when asked since when
PRIOR = 2.0  # peaks that an exponential tail is believed before any was seen
HEAVIEST = 0.4
REST_FROM = 2.0
# the finest spread of each lane, in mean steps; of the logarithms (movement, stillness) as such
FINEST = (0.5, 0.1, 0.1, 0.05, 1.0, 0.01)


@kernel
def standardise(centre: Reals, seen: Reals, grain: Reals, z: Reals, scale: Reals) -> None:
    """Each lane of `seen` (lanes, n) less its moving centre over its moving spread (kept in `scale`), before the
    reading is learnt; NaN until 30 readings are known. A spread is never taken to be finer than a share of the signal's
    mean step `grain` (n,): a signal that stood still must not make its first step a wonder. O(lanes x n)."""
    for lane in range(seen.shape[0]):
        count, middle, spread = centre[lane]
        for row in range(seen.shape[1]):
            value = seen[lane, row]
            z[lane, row] = np.nan
            if not np.isfinite(value):
                continue
            count += 1
            if count == 1:
                middle = value
            rate = max(1.0 / count, 1.0 / MEMORY)
            floor = FINEST[lane] * (1.0 if lane == 3 or lane == 4 else grain[row])
            usual = max(spread, floor) + 1e-9 * abs(middle) + 1e-12
            away = value - middle
            scale[lane, row] = usual
            if count > WARM:
                z[lane, row] = away / usual
                spread += rate * (min(abs(away), 8 * usual) - spread)
                middle += rate * min(max(away, -usual), usual)
            else:
                spread += rate * (abs(away) - spread)
                middle += rate * away
        centre[lane] = count, middle, spread


@kernel
def surprise(sides: Reals, times: Integers, z: Reals, out: Reals, since: Integers) -> None:
    """Surprise of each standardised reading on both sides of each lane: `sides` (2 lanes, 9) is advanced, `out`
    and `since` (2 lanes, n) filled; even rows look upwards, odd ones downwards. O(lanes x n)."""
    for side in range(2 * z.shape[0]):
        u, mean, square, peaks, clusters, peak, quiet, count, began = sides[side]
        for row in range(z.shape[1]):
            out[side, row], since[side, row] = 0.0, times[row]
            y = (1 - 2 * (side % 2)) * z[side // 2, row]
            if not np.isfinite(y):
                continue
            count += 1
            u = 2.5 if count == 1 else u
            excess = y - u
            if excess > 0:
                weight = peaks + PRIOR
                first = (mean * peaks + PRIOR) / weight
                second = (square * peaks + PRIOR * 2) / weight
                variance = max(second - first * first, 1e-30)
                shape = min(HEAVIEST, max(0.0, 0.5 * (1 - first * first / variance)))
                scale = first * (1 - shape)
                shape += 1.0 / (weight + 1)
                rate = (clusters + 1.0) / (min(count, MEMORY) + 1 / SHARE)
                out[side, row] = np.log10(1 + shape * excess / scale) / shape - np.log10(rate)
                began = times[row] if peak == 0.0 or quiet > APART else began
                since[side, row] = np.int64(began)
                peak = max(peak, excess)
                quiet = 0
            elif peak > 0:
                quiet += 1
            if quiet > MERGED:
                peaks = min(peaks + 1, 50.0)
                mean += (peak - mean) / peaks
                square += (peak * peak - square) / peaks
                clusters += 1
                peak, quiet = 0.0, 0
            clusters *= 1 - 1 / MEMORY
            step = max(1.0 / (count + WARM), 0.002) * 3
            u = u + step * (1 - SHARE) if excess > 0 else max(u - step * SHARE, 0.5)
        sides[side] = u, mean, square, peaks, clusters, peak, quiet, count, began


@kernel
def silence(rest: Reals, length: int, out: Reals, surprises: Reals, scores: Reals) -> None:
    """The loudest side of each row of `out` (sides, n), and the same without repetitions: within `length` readings
    of the last one that was let through (`rest`: readings since, its surprise) only what is ten times rarer."""
    for row in range(out.shape[1]):
        loudest = np.max(out[:, row])
        surprises[row], scores[row] = loudest, 0.0
        rest[0] += 1
        if loudest > REST_FROM and (rest[1] == 0 or rest[0] > length or loudest > rest[1] + 1):
            scores[row] = loudest
            rest[0], rest[1] = 0, loudest
