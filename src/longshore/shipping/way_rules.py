"""Where a vehicle under way has no business to be: off the way between two stops, or standing where none is. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from longshore.sensing.rules.positions import Fix, deviations, distance_m, find_stops, off_route_m, thinned

LEAST_CORRIDOR_M: Final = 2_000.0
USUAL_DETOUR: Final = 1.3  # a road is that much longer than the straight line where nobody has measured it
STANDS_TOO_LONG: Final = timedelta(minutes=20)  # traffic lights, jams and a look at the map are shorter
AT_A_STOP_M: Final = 400.0
LEAST_FIXES: Final = 3

Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Leg:
    """From where it came to where it goes next, how far that is planned to be (0: not known), and where it may stand."""

    start: Spot
    end: Spot
    planned_m: float
    stops: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Strayed:
    """Since `from_at`; `until_at` None: as far as is known it still is."""

    kind: str
    from_at: datetime
    until_at: datetime | None
    latitude: float
    longitude: float
    farthest_m: int


def corridor_m(leg: Leg) -> float:
    """Nobody who drives no farther than planned can be farther from the straight line (half the width of the ellipse
    around both ends), so a road that swings out is no detour."""
    straight = distance_m(*leg.start, *leg.end)
    planned = max(leg.planned_m or straight * USUAL_DETOUR, straight)
    return max(math.sqrt(planned**2 - straight**2) / 2, LEAST_CORRIDOR_M)


def strayed(leg: Leg, fixes: Sequence[Fix]) -> tuple[Strayed, ...]:
    """What these valid fixes of the leg say, oldest first."""
    return tuple(sorted([*_off_way(leg, fixes), *_standing(leg, fixes)], key=lambda each: (each.from_at, each.kind)))


def _off_way(leg: Leg, fixes: Sequence[Fix]) -> list[Strayed]:
    way = [leg.start, leg.end]
    found = []
    for from_at, until_at, farthest in deviations(
        thinned(fixes), way, corridor_m=corridor_m(leg), fixes_needed=LEAST_FIXES
    ):
        during = [fix for fix in fixes if fix.at >= from_at and (until_at is None or fix.at < until_at)]
        where = max(during, key=lambda fix: off_route_m(fix, way))
        found.append(Strayed("off-way", from_at, until_at, where.latitude, where.longitude, round(farthest)))
    return found


def _standing(leg: Leg, fixes: Sequence[Fix]) -> list[Strayed]:
    """Long enough, heard of while it stood, and nowhere near a place of the trip."""
    found = []
    for stop in find_stops(fixes):
        until = fixes[-1].at if stop.until_at is None else stop.until_at
        near = min((distance_m(stop.latitude, stop.longitude, *spot) for spot in leg.stops), default=math.inf)
        if stop.fixes >= LEAST_FIXES and until - stop.from_at >= STANDS_TOO_LONG and near > AT_A_STOP_M:
            found.append(Strayed("standing", stop.from_at, stop.until_at, stop.latitude, stop.longitude, 0))
    return found
