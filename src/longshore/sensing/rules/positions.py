"""Where a vehicle was: which fixes are valid, stops, visits of places, and how far it is off its way."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from longshore.catalog.rules import EARTH_RADIUS_M
from longshore.sensing.rules.coordinates import to_wgs84

DATUMS: Final = ("WGS-84", "GCJ-02", "BD-09")

FASTEST_KMH: Final = 200.0
WORST_ACCURACY_M: Final = 200.0
STOP_AFTER: Final = timedelta(minutes=5)
STOP_WITHIN_M: Final = 60.0
SILENCE_IS_A_STOP: Final = timedelta(hours=1)
# What counts as the same point: receivers on a desk wander this far.
WANDER_M: Final = 30.0


@dataclass(frozen=True, slots=True, order=True)
class Fix:
    """A position report in WGS-84. `accuracy_m` 0: the device does not say."""

    at: datetime
    latitude: float
    longitude: float
    speed_kmh: float = 0.0
    heading: int = 0
    accuracy_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Fence:
    """A circle around a place. Left is it only clearly outside, so that standing at the edge is one visit."""

    place: int
    latitude: float
    longitude: float
    radius_m: float
    dwell: timedelta = timedelta(seconds=60)

    @property
    def exit_m(self) -> float:
        return self.radius_m + max(self.radius_m * 0.1, 20.0)


@dataclass(frozen=True, slots=True)
class Visit:
    """`from_at` is the first fix inside; `until_at` the first clearly outside, or None while it lasts."""

    place: int
    from_at: datetime
    until_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stop:
    """Standing still. `until_at` None: as far as is known it still stands."""

    latitude: float
    longitude: float
    from_at: datetime
    until_at: datetime | None
    fixes: int


def read_fix(at: datetime, body: Any) -> Fix | None:
    """What a device says about where it is, in WGS-84; None when that is nowhere."""
    latitude, longitude = body.get("lat"), body.get("lon")
    if not _is_number(latitude) or not _is_number(longitude) or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    datum = str(body.get("datum") or "WGS-84")
    if datum not in DATUMS:
        return None
    north, east = to_wgs84(float(latitude), float(longitude), datum)
    heading = round(_said(body.get("heading"))) % 360
    return Fix(at, north, east, _said(body.get("speed_kmh")), heading, _said(body.get("accuracy_m")))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _said(value: Any) -> float:
    """What is no number, or one that no receiver means, says nothing."""
    return float(value) if _is_number(value) and abs(value) < 1e6 else 0.0


def distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Metres along the great circle (haversine on the mean sphere)."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half_phi, half_lambda = (phi2 - phi1) / 2, math.radians(lon2 - lon1) / 2
    chord = math.sin(half_phi) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lambda) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(chord)))


def between(one: Fix, other: Fix) -> float:
    return distance_m(one.latitude, one.longitude, other.latitude, other.longitude)


def is_possible(fix: Fix) -> bool:
    """On earth, not the receiver's zero, and accurate enough to mean anything."""
    numbers = (fix.latitude, fix.longitude, fix.accuracy_m, fix.speed_kmh)
    if not all(math.isfinite(number) for number in numbers):
        return False
    on_earth = abs(fix.latitude) <= 90 and abs(fix.longitude) <= 180
    nowhere = abs(fix.latitude) < 1e-4 and abs(fix.longitude) < 1e-4
    return on_earth and not nowhere and fix.accuracy_m <= WORST_ACCURACY_M


def valid_fixes(fixes: Iterable[Fix]) -> list[Fix]:
    """By time, each moment once, without the impossible and without jumps.

    A fix that no truck could have reached from the two before it is a jump unless the next one confirms it; the last one
    waits for its confirmation. Whether a fix is one depends on these three neighbours only.
    """
    moments: dict[datetime, Fix] = {}
    for fix in sorted(fix for fix in fixes if is_possible(fix)):
        moments.setdefault(fix.at, fix)
    ordered = list(moments.values())
    kept: list[Fix] = []
    for index, fix in enumerate(ordered):
        before = ordered[index - 2 if index > 1 else 0 : index]
        near = [*before, *ordered[index + 1 : index + 2]]
        if not before or any(_reachable(fix, other) for other in near):
            kept.append(fix)
    return kept


def _reachable(one: Fix, other: Fix) -> bool:
    metres = between(one, other) - one.accuracy_m - other.accuracy_m - WANDER_M
    hours = abs((other.at - one.at).total_seconds()) / 3600
    return metres <= FASTEST_KMH * 1000 * hours


def thinned(fixes: Sequence[Fix], every: timedelta = timedelta(seconds=30), apart_m: float = WANDER_M) -> list[Fix]:
    """What is worth keeping of a track: a fix every so often, or after a real move (more than both accuracies)."""
    kept: list[Fix] = []
    for fix in fixes:
        if kept:
            moved = between(kept[-1], fix) > max(apart_m, kept[-1].accuracy_m + fix.accuracy_m)
            if fix.at - kept[-1].at < every and not moved:
                continue
        kept.append(fix)
    return kept


def find_stops(fixes: Sequence[Fix]) -> tuple[Stop, ...]:
    """Where it stood for five minutes or more; a silence of an hour between two fixes is a stop as well."""
    stops: list[Stop] = []
    first = 0
    for index in range(1, len(fixes) + 1):
        leaves = index == len(fixes) or between(fixes[first], fixes[index]) > STOP_WITHIN_M
        silent = index < len(fixes) and fixes[index].at - fixes[index - 1].at >= SILENCE_IS_A_STOP
        if not leaves and not silent:
            continue
        anchor, last = fixes[first], fixes[index - 1]
        until = fixes[index].at if index < len(fixes) else None
        if silent or last.at - anchor.at >= STOP_AFTER:
            stops.append(Stop(anchor.latitude, anchor.longitude, anchor.at, until, index - first))
        first = index
    return tuple(stops)


@dataclass(slots=True)
class _Inside:
    since: datetime
    confirmed: bool


def find_visits(
    fixes: Sequence[Fix], fences: Sequence[Fence], known: Mapping[int, datetime] | None = None
) -> tuple[Visit, ...]:
    """Visits of these places in valid fixes. `known`: places it is inside of, and since when, before the first fix.

    Inside is who is within the radius; a visit counts when it has stayed `dwell`; out is who is clearly outside.
    """
    found = [
        visit
        for fence in fences
        for visit in _visits_of(fence, fixes, None if known is None else known.get(fence.place))
    ]
    return tuple(sorted(found, key=lambda visit: (visit.from_at, visit.place)))


def _visits_of(fence: Fence, fixes: Sequence[Fix], since: datetime | None) -> list[Visit]:
    """`since`: it is known to be inside, from then on."""
    found: list[Visit] = []
    state = None if since is None else _Inside(since, True)
    for fix in fixes:
        metres = distance_m(fix.latitude, fix.longitude, fence.latitude, fence.longitude)
        if state is None:
            state = _Inside(fix.at, fence.dwell <= timedelta()) if metres <= fence.radius_m else None
            continue
        if metres <= fence.exit_m:
            state.confirmed = state.confirmed or fix.at - state.since >= fence.dwell
            continue
        found += [Visit(fence.place, state.since, fix.at)] if state.confirmed else []
        state = None
    if state is not None and state.confirmed:
        found.append(Visit(fence.place, state.since, None))
    return found


def off_route_m(fix: Fix, way: Sequence[tuple[float, float]]) -> float:
    """Metres from the way (points of latitude and longitude, straight between them; good to a per mille below 100 km)."""
    if len(way) == 1:
        return distance_m(fix.latitude, fix.longitude, *way[0])
    return min(_to_leg(fix, one, other) for one, other in itertools.pairwise(way))


def _to_leg(fix: Fix, one: tuple[float, float], other: tuple[float, float]) -> float:
    narrow = math.cos(math.radians(fix.latitude))
    degree = math.radians(1) * EARTH_RADIUS_M
    ax, ay = (one[1] - fix.longitude) * narrow * degree, (one[0] - fix.latitude) * degree
    bx, by = (other[1] - fix.longitude) * narrow * degree, (other[0] - fix.latitude) * degree
    length = (bx - ax) ** 2 + (by - ay) ** 2
    along = 0.0 if length == 0 else min(1.0, max(0.0, -(ax * (bx - ax) + ay * (by - ay)) / length))
    return math.hypot(ax + along * (bx - ax), ay + along * (by - ay))


def deviations(
    fixes: Sequence[Fix], way: Sequence[tuple[float, float]], *, corridor_m: float = 2000.0, fixes_needed: int = 3
) -> tuple[tuple[datetime, datetime | None, float], ...]:
    """Stretches off the way: from, until, farthest metres. It takes several fixes in a row to be off it."""
    found: list[tuple[datetime, datetime | None, float]] = []
    off: list[tuple[datetime, float]] = []
    for fix in fixes:
        metres = off_route_m(fix, way)
        if metres > corridor_m:
            off.append((fix.at, metres))
            continue
        if len(off) >= fixes_needed:
            found.append((off[0][0], fix.at, max(far for _at, far in off)))
        off = []
    if len(off) >= fixes_needed:
        found.append((off[0][0], None, max(far for _at, far in off)))
    return tuple(found)
