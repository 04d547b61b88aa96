"""Distances and travel times between points without a road network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DETOUR = 1.3
"""Road metres per great-circle metre; 1.2 to 1.4 in most countries."""


def great_circle(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres between all pairs of points: (n,) and (n,) degrees -> (n, n) (haversine, radius 6,371,008.8 m)."""
    raise NotImplementedError


def distances(lat: NDArray[np.float64], lon: NDArray[np.float64], detour: float = DETOUR) -> NDArray[np.int64]:
    """Road metres (n, n) int64, rounded, zero diagonal."""
    raise NotImplementedError
