"""How a truck really drives: each leg takes its planned time and what traffic makes of it. Pure; no truck is asked twice
and answers differently."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from longshore.catalog.rules import great_circle_m
from longshore.engine.simulating.streams import Streams

DETOUR_PERCENT = 130
TRAFFIC_SPREAD = 0.11
LEAST_LEG = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Spot:
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Halt:
    """A stop as far as it has come: reached and left, reached, or ahead. `service` is the time at the door, `opens_at`
    when the door opens on the day of arrival (None: always open)."""

    stop: int
    sequence: int
    spot: Spot
    leg_m: int
    service: timedelta
    opens_minute: int
    arrived_at: datetime | None
    departed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Drive:
    """A trip under way. `name` is its number: the traffic it meets follows from it."""

    trip: int
    name: str
    vehicle: int
    home: Spot
    departed_at: datetime
    speed_kmh: int
    halts: tuple[Halt, ...]


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg as it is driven; `stop` None is the way home. `leaves_at`: when the truck is done at its end."""

    stop: int | None
    start: Spot
    end: Spot
    distance_m: int
    departs_at: datetime
    arrives_at: datetime
    leaves_at: datetime


@dataclass(frozen=True, slots=True)
class Where:
    """A position with compass heading and km/h."""

    latitude: float
    longitude: float
    heading: int
    speed_kmh: int


def legs(drive: Drive, seed: int, opening: timedelta) -> list[Leg]:
    """The whole drive: what happened as it happened, what is ahead as it will. `opening` is the zone's offset from UTC."""
    found: list[Leg] = []
    here, now = drive.home, drive.departed_at
    for halt in drive.halts:
        arrives = halt.arrived_at or now + takes(drive, halt.sequence, halt.leg_m, seed)
        leaves = halt.departed_at or max(arrives, _opening(arrives, halt.opens_minute, opening)) + halt.service
        found.append(Leg(halt.stop, here, halt.spot, halt.leg_m, now, arrives, leaves))
        here, now = halt.spot, leaves
    distance = road_m(here, drive.home)
    home = now + takes(drive, 0, distance, seed)
    found.append(Leg(None, here, drive.home, distance, now, home, home))
    return found


def takes(drive: Drive, sequence: int, distance_m: int, seed: int) -> timedelta:
    """Distance over usual speed, times a lognormal factor of mean about 1; half an hour's rest every four hours."""
    rng = Streams(seed).stream("traffic", drive.name, sequence)
    factor = math.exp(float(rng.normal()) * TRAFFIC_SPREAD)
    seconds = round(distance_m * 3600 / (drive.speed_kmh * 1000) * factor)
    rests = seconds // 14400 * 1800
    return max(LEAST_LEG, timedelta(seconds=seconds + rests))


def road_m(start: Spot, end: Spot) -> int:
    return great_circle_m(start.latitude, start.longitude, end.latitude, end.longitude) * DETOUR_PERCENT // 100


def _opening(arrives: datetime, minute: int, offset: timedelta) -> datetime:
    local = arrives + offset
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(minutes=minute) - offset


def where(drive: Sequence[Leg], now: datetime) -> Where:
    """On the leg of the hour, as far along as time has passed; standing at its end when there."""
    leg = next((leg for leg in drive if now < leg.leaves_at), drive[-1])
    if now >= leg.arrives_at:
        return Where(leg.end.latitude, leg.end.longitude, 0, 0)
    whole = (leg.arrives_at - leg.departs_at).total_seconds()
    gone = min(1.0, max(0.0, (now - leg.departs_at).total_seconds() / whole))
    latitude = leg.start.latitude + (leg.end.latitude - leg.start.latitude) * gone
    longitude = leg.start.longitude + (leg.end.longitude - leg.start.longitude) * gone
    return Where(
        round(latitude, 6), round(longitude, 6), _heading(leg.start, leg.end), round(leg.distance_m * 3.6 / whole)
    )


def _heading(start: Spot, end: Spot) -> int:
    east = (end.longitude - start.longitude) * math.cos(math.radians((start.latitude + end.latitude) / 2))
    return round(math.degrees(math.atan2(east, end.latitude - start.latitude))) % 360
