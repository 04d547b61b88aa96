"""A vehicle on its way: position, remaining stops, and the arrivals to expect.

Times are int minutes since the epoch (UTC), distances metres, speeds km/h, positions degrees.
"""

from __future__ import annotations

from dataclasses import dataclass

from longshore.engine.invalid import require

FLAT_40 = (40.0,) * 24


@dataclass(frozen=True, slots=True)
class RemainingStop:
    """A stop still ahead. Service starts not before `window_start` (None: at once) and takes `service_minutes`;
    `distance_m` is the road distance from the previous point (None: great circle x detour)."""

    key: int
    lat: float
    lon: float
    service_minutes: int
    window_start: int | None = None
    distance_m: int | None = None


@dataclass(frozen=True, slots=True)
class EtaProblem:
    """Where the vehicle is at `now` and what it still has to do, in order.

    `dwell`: minutes it will still stand where it is. `speed_by_hour`: 24 mean speeds by local hour (`utc_offset`
    minutes east of UTC). `factor` multiplies travel time (traffic, weather; 1.2 = 20 % slower). `travel_cv` is the
    coefficient of variation of a leg's travel time, `service_sd` the standard deviation of a stop's service in
    minutes; both assumed independent from leg to leg. Raises InvalidProblem.
    """

    lat: float
    lon: float
    now: int
    stops: tuple[RemainingStop, ...]
    speed_by_hour: tuple[float, ...] = FLAT_40
    utc_offset: int = 0
    dwell: int = 0
    factor: float = 1.0
    travel_cv: float = 0.15
    service_sd: float = 5.0
    detour: float = 1.3

    def __post_init__(self) -> None:
        require(len(self.speed_by_hour) == 24, "speed_by_hour", None, "needs 24 hours", "Give one speed for every hour")
        for row, speed in enumerate(self.speed_by_hour):
            require(speed > 0, "speed_by_hour", row, "is not positive", "Give a mean speed in km/h")
        for name in ("dwell", "travel_cv", "service_sd"):
            require(getattr(self, name) >= 0, name, None, "is negative", "Use 0 or more")
        for name in ("factor", "detour"):
            require(getattr(self, name) > 0, name, None, "is not positive", "Use 1.0 for no effect")
        for row, stop in enumerate(self.stops):
            require(stop.service_minutes >= 0, "stops.service_minutes", row, "is negative", "Use 0 or more")
            fine = stop.distance_m is None or stop.distance_m >= 0
            require(fine, "stops.distance_m", row, "is negative", "Leave it out to have it estimated")


@dataclass(frozen=True, slots=True)
class Arrival:
    """Expected arrival at a stop, the 10 % to 90 % band around it, and when the vehicle leaves again."""

    key: int
    expected: int
    early: int
    late: int
    depart: int
    sd_minutes: float
    travel_minutes: int
    distance_m: int
