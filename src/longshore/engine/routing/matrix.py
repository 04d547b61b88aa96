"""Distances and travel times between points without a road network."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

EARTH_M = 6_371_008.8
DETOUR = 1.3
"""Road metres per great-circle metre; 1.2 to 1.4 in most countries (Ballou et al. 2002)."""
DAY = 1440


def great_circle(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres between all pairs of points: (n,) and (n,) degrees -> (n, n) (haversine on the mean sphere)."""
    phi, lam = np.radians(lat), np.radians(lon)
    half = np.sin((phi[:, None] - phi[None, :]) / 2) ** 2
    half += np.cos(phi)[:, None] * np.cos(phi)[None, :] * np.sin((lam[:, None] - lam[None, :]) / 2) ** 2
    return np.asarray(2 * EARTH_M * np.arcsin(np.sqrt(np.minimum(half, 1.0))), dtype=np.float64)


def metres_between(from_lat: float, from_lon: float, to_lat: float, to_lon: float) -> float:
    """Great-circle metres between two points in degrees."""
    phi, psi = math.radians(from_lat), math.radians(to_lat)
    half = math.sin((psi - phi) / 2) ** 2
    half += math.cos(phi) * math.cos(psi) * math.sin(math.radians(to_lon - from_lon) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(min(half, 1.0)))


def distances(lat: NDArray[np.float64], lon: NDArray[np.float64], detour: float = DETOUR) -> NDArray[np.int64]:
    """Road metres (n, n) int64: great circle x detour, rounded, zero diagonal."""
    road = np.rint(great_circle(lat, lon) * detour).astype(np.int64)
    np.fill_diagonal(road, 0)
    return road


def durations(road: NDArray[np.int64], speed_kmh: float, factor: float = 1.0) -> NDArray[np.int64]:
    """Whole minutes (n, n) int64, rounded up, for road metres at a mean speed; `factor` > 1 slows down (traffic,
    weather)."""
    minutes = np.asarray(road * (factor * 0.06 / speed_kmh), dtype=np.float64)
    return np.ceil(minutes - 1e-9).astype(np.int64)


def travel_minutes(
    road_m: float, depart: float, speed_by_hour: Sequence[float], utc_offset: int = 0, factor: float = 1.0
) -> float:
    """Minutes (float) to drive `road_m` metres from minute `depart`, hour by hour of the local day.

    `speed_by_hour` has 24 km/h; `utc_offset` minutes east of UTC; `factor` > 1 slows down. First in, first out: who
    leaves later never arrives earlier (Ichoua, Gendreau and Potvin 2003).
    """
    left = road_m * factor
    now = depart
    while True:
        local = (now + utc_offset) % DAY
        hour = int(local // 60)
        until = (hour + 1) * 60 - local
        per_minute = speed_by_hour[hour] * 1000 / 60
        if left <= per_minute * until:
            return now + left / per_minute - depart
        left -= per_minute * until
        now += until
