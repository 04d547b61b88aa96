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

CENTRE = 3  # readings judged, centre, spread
SIDE = 8  # threshold, mean peak, mean squared peak, peaks, clusters (fading), peak, quiet, readings
WARM = 30


@kernel
def standardise(centre: Reals, seen: Reals, z: Reals) -> None:
    """Each lane of `seen` (lanes, n) less its moving centre over its moving spread, before the reading is learnt;
    NaN until 30 readings are known. O(lanes x n)."""
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
            rate = max(1.0 / count, 0.0005)
            scale = spread + 1e-9 * abs(middle) + 1e-12
            away = value - middle
            if count > 30:
                z[lane, row] = away / scale
                spread += rate * (min(abs(away), 8 * scale) - spread)
                middle += rate * min(max(away, -scale), scale)
            else:
                spread += rate * (abs(away) - spread)
                middle += rate * away
        centre[lane] = count, middle, spread


@kernel
def surprise(side: Reals, z: Reals, signs: Reals, out: Reals) -> None:
    """Surprise of each standardised reading on one side of each lane: `side` (lanes, 8) is advanced, `out`
    (lanes, n) filled; `signs` (lanes,) +1 upper, -1 lower. O(lanes x n)."""
    memory, share, gap, prior, heaviest = 2000.0, 0.03, 10, 2.0, 0.4
    for lane in range(z.shape[0]):
        u, mean, square, peaks, clusters, peak, quiet, count = side[lane]
        for row in range(z.shape[1]):
            out[lane, row] = 0.0
            y = signs[lane] * z[lane, row]
            if not np.isfinite(y):
                continue
            count += 1
            u = 2.5 if count == 1 else u
            excess = y - u
            if excess > 0:
                weight = peaks + prior
                first = (mean * peaks + prior) / weight
                second = (square * peaks + prior * 2) / weight
                variance = max(second - first * first, 1e-30)
                shape = min(heaviest, max(0.0, 0.5 * (1 - first * first / variance)))
                scale = first * (1 - shape)
                shape += 1.0 / (weight + 1)
                rate = (clusters + 1.0) / (min(count, memory) + 1 / share)
                out[lane, row] = np.log10(1 + shape * excess / scale) / shape - np.log10(rate)
                peak = max(peak, excess)
                quiet = 0
            elif peak > 0:
                quiet += 1
            if quiet > gap:
                peaks = min(peaks + 1, 50.0)
                mean += (peak - mean) / peaks
                square += (peak * peak - square) / peaks
                clusters += 1
                peak, quiet = 0.0, 0
            clusters *= 1 - 1 / memory
            step = max(1.0 / (count + 30), 0.002) * 3
            u = u + step * (1 - share) if excess > 0 else max(u - step * share, 0.5)
        side[lane] = u, mean, square, peaks, clusters, peak, quiet, count
