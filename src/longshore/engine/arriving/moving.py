"""Where a vehicle is at a given minute of its plan: pure interpolation, used by simulated trucks and by maps."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from longshore.engine.invalid import require


@dataclass(frozen=True, slots=True)
class Leg:
    """A drive from one point, left at `depart`, to another, reached at `arrive` (minutes since the epoch)."""

    from_lat: float
    from_lon: float
    to_lat: float
    to_lon: float
    depart: int
    arrive: int


@dataclass(frozen=True, slots=True)
class Position:
    """Degrees, compass heading of travel (0 north, 90 east), whether it moves, and the index of the leg."""

    lat: float
    lon: float
    heading: float
    moving: bool
    leg: int


def position_at(legs: Sequence[Leg], t: float) -> Position:
    """Position at minute t (fractions allowed) of a plan of at least one leg in order of time.

    Before the first leg it stands at its start, between legs where the last one ended, afterwards at the end. Inside
    a leg it moves along the great circle at an even pace. Raises InvalidProblem for no legs.
    """
    require(len(legs) > 0, "legs", None, "is empty", "Ask for vehicles with a plan only")
    index = max(bisect_right([leg.depart for leg in legs], t) - 1, 0)
    leg = legs[index]
    if t < leg.depart:
        return Position(leg.from_lat, leg.from_lon, heading(leg), False, index)
    if t >= leg.arrive:
        return Position(leg.to_lat, leg.to_lon, heading(leg), False, index)
    lat, lon = along(leg, (t - leg.depart) / (leg.arrive - leg.depart))
    here = Leg(lat, lon, leg.to_lat, leg.to_lon, leg.depart, leg.arrive)
    return Position(lat, lon, heading(here), True, index)


def along(leg: Leg, share: float) -> tuple[float, float]:
    """Degrees of the point this share (0 to 1) of the way along the leg's great circle (spherical interpolation)."""
    a, b = _vector(leg.from_lat, leg.from_lon), _vector(leg.to_lat, leg.to_lon)
    angle = math.acos(min(1.0, sum(x * y for x, y in zip(a, b, strict=True))))
    if angle < 1e-9:
        return leg.from_lat, leg.from_lon
    first, second = math.sin((1 - share) * angle) / math.sin(angle), math.sin(share * angle) / math.sin(angle)
    x, y, z = (first * p + second * q for p, q in zip(a, b, strict=True))
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))


def heading(leg: Leg) -> float:
    """Initial compass heading of the leg in degrees, 0 to 360."""
    phi, psi = math.radians(leg.from_lat), math.radians(leg.to_lat)
    east = math.radians(leg.to_lon - leg.from_lon)
    y = math.sin(east) * math.cos(psi)
    x = math.cos(phi) * math.sin(psi) - math.sin(phi) * math.cos(psi) * math.cos(east)
    return math.degrees(math.atan2(y, x)) % 360


def _vector(lat: float, lon: float) -> tuple[float, float, float]:
    phi, lam = math.radians(lat), math.radians(lon)
    return math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi)
