"""Where a vehicle is at a given minute of its plan: pure interpolation, used by simulated trucks and by maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


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
    """Position at minute t (fractions allowed): before the first leg at its start, between legs at the stop, after
    the last at its end."""
    raise NotImplementedError
