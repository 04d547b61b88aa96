"""Half-space trees (Tan, Ting and Liu 2011): how crowded the part of space was in which a point falls."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from longshore.engine.compiling import kernel

Reals = NDArray[np.float64]

TREES, DEPTH, WINDOW = 32, 6, 256
INNER = 2**DEPTH - 1
NODES = 2 ** (DEPTH + 1) - 1
FEW = 12
WIDTH = 1.5


@lru_cache(maxsize=64)
def grow(signals: int, seed: int) -> Reals:
    """Trees (TREES, INNER, 2): signal and cut of each inner node; a cut halves what its parents left of the signal's
    range, which is set off at random. Ranges are halved on the scale z / (1.5 + |z|), fine where the points are."""
    chance = np.random.default_rng(seed)
    cuts = np.zeros((TREES, INNER, 2))
    for tree in range(TREES):
        middle = chance.uniform(-0.3, 0.3, signals)
        half = 0.7 + np.abs(middle)
        bounds = {0: (middle - half, middle + half)}
        for node in range(INNER):
            low, high = bounds.pop(node)
            signal = int(chance.integers(signals))
            cut = (low[signal] + high[signal]) / 2
            cuts[tree, node] = signal, WIDTH * cut / (1 - min(abs(cut), 0.95))
            left, right = high.copy(), low.copy()
            left[signal], right[signal] = cut, cut
            bounds[2 * node + 1], bounds[2 * node + 2] = (low, left), (right, high)
    cuts.flags.writeable = False
    return cuts


@kernel
def crowd(cuts: Reals, mass: Reals, points: Reals, out: Reals) -> None:
    """For each point of `points` (n, signals) the mean over the trees of log2(reference mass) plus depth at the first
    node that holds few points: low where hardly anything was. Then it is counted in the running window. A point of
    NaN is passed over. O(n x trees x depth)."""
    for row in range(points.shape[0]):
        out[row] = np.nan
        if np.isnan(points[row, 0]):
            continue
        total = 0.0
        for tree in range(cuts.shape[0]):
            node, density = 0, -1.0
            for depth in range(DEPTH + 1):
                held = mass[0, tree, node]
                mass[1, tree, node] += 1
                few = density < 0 and (held < FEW or depth == DEPTH)
                density = np.log2(held + 0.5) + depth + 1 if few else density
                right = points[row, int(cuts[tree, min(node, INNER - 1), 0])] >= cuts[tree, min(node, INNER - 1), 1]
                node = 2 * node + 1 + (1 if right else 0)
            total += density
        out[row] = total / cuts.shape[0]
