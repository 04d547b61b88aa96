"""A day's stops and vehicles, and the routes that serve them.

Times are int minutes since the epoch (UTC), weights grams, volumes cm3, distances metres, money int minor units.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require, require_all


@dataclass(frozen=True, slots=True)
class Point:
    """A place on earth in degrees."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Stop:
    """A delivery: service must begin inside the window and takes `service_minutes`. `temperature` is a bit mask of the
    classes its goods need; the vehicle's `skills` must contain all of them."""

    key: int
    lat: float
    lon: float
    weight_g: int
    volume_cm3: int
    units: int
    window_start: int
    window_end: int
    service_minutes: int
    temperature: int = 0


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle that leaves the depot not before `shift_start` and is back by `shift_end`. `fixed_cost` is paid when it
    is used, `cost_per_km` for every kilometre; `speed_kmh` is the mean speed where no duration matrix is given."""

    key: int
    capacity_g: int
    capacity_cm3: int
    skills: int
    shift_start: int
    shift_end: int
    fixed_cost: int
    cost_per_km: int
    speed_kmh: float = 40.0


@dataclass(frozen=True, slots=True, eq=False)
class RoutingProblem:
    """One depot, its stops and vehicles.

    `distances` metres and `durations` minutes are int64 (n+1, n+1), row 0 the depot, then the stops in order; without
    them great-circle distance x 1.3 and each vehicle's mean speed. Raises InvalidProblem.
    """

    depot: Point
    stops: tuple[Stop, ...]
    vehicles: tuple[Vehicle, ...]
    distances: NDArray[np.int64] | None = None
    durations: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        _require_point(self.depot.lat, self.depot.lon, "depot", None)
        for row, stop in enumerate(self.stops):
            _require_stop(stop, row)
        for row, vehicle in enumerate(self.vehicles):
            _require_vehicle(vehicle, row)
        for name, keys in (("stops", [s.key for s in self.stops]), ("vehicles", [v.key for v in self.vehicles])):
            require(len(set(keys)) == len(keys), f"{name}.key", None, "repeats a key", "Give every row its own key")
        self._require_matrix("distances", self.distances)
        self._require_matrix("durations", self.durations)

    def _require_matrix(self, name: str, matrix: NDArray[np.int64] | None) -> None:
        if matrix is None:
            return
        size = len(self.stops) + 1
        require(matrix.shape == (size, size), name, None, f"is not {size} x {size}", "Put the depot first, then stops")
        require(matrix.dtype == np.int64, name, None, "is not int64", "Round to whole metres or minutes")
        require_all(matrix >= 0, name, "has a negative entry", "Correct the matrix")


def _require_point(lat: float, lon: float, name: str, row: int | None) -> None:
    require(-90 <= lat <= 90, f"{name}.lat", row, f"{lat} is not a latitude", "Give degrees, -90 to 90")
    require(-180 <= lon <= 180, f"{name}.lon", row, f"{lon} is not a longitude", "Give degrees, -180 to 180")


def _require_stop(stop: Stop, row: int) -> None:
    _require_point(stop.lat, stop.lon, "stops", row)
    for name in ("weight_g", "volume_cm3", "units", "service_minutes", "temperature"):
        require(getattr(stop, name) >= 0, f"stops.{name}", row, "is negative", "Use 0 or more")
    ordered = stop.window_start <= stop.window_end
    require(ordered, "stops.window_end", row, "is before the window's start", "Swap or correct the window")


def _require_vehicle(vehicle: Vehicle, row: int) -> None:
    for name in ("capacity_g", "capacity_cm3", "skills", "fixed_cost", "cost_per_km"):
        require(getattr(vehicle, name) >= 0, f"vehicles.{name}", row, "is negative", "Use 0 or more")
    require(vehicle.speed_kmh > 0, "vehicles.speed_kmh", row, "is not positive", "Give a mean speed in km/h")
    ordered = vehicle.shift_start <= vehicle.shift_end
    require(ordered, "vehicles.shift_end", row, "is before the shift's start", "Swap or correct the shift")


@dataclass(frozen=True, slots=True)
class StopPlan:
    """Arrival, begin of service (after waiting for the window) and departure at one stop."""

    key: int
    arrive: int
    start: int
    depart: int


@dataclass(frozen=True, slots=True)
class Route:
    """One vehicle's round: leaves the depot at `depart_at`, is back at `return_at`."""

    vehicle_key: int
    stops: tuple[StopPlan, ...]
    depart_at: int
    return_at: int
    distance_m: int
    weight_g: int
    volume_cm3: int
    units: int
    cost: int


@dataclass(frozen=True, slots=True)
class Unserved:
    """A stop left out. `code`: no-vehicle (no vehicles given) · temperature (none has the classes) · weight · volume ·
    window (no vehicle reaches the window and is back in its shift) · capacity (fleet is full in those hours)."""

    key: int
    code: str
    asked: int = 0
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Explanation:
    """`binding`: what left stops out (the code of the first) or what forbids one vehicle fewer: weight, volume, window
    (time), cost (fewer is possible but dearer), none (one vehicle). `runner_up_cost` and `runner_up_vehicles`: the best
    plan found with another number of vehicles that serves as many stops. `flip`: how much dearer (negative: cheaper)
    each vehicle's fixed cost must be for the runner-up to win. `method`: enumeration or pyvrp."""

    binding: str
    runner_up_cost: int | None = None
    runner_up_vehicles: int | None = None
    flip: int | None = None
    method: str = "pyvrp"


@dataclass(frozen=True, slots=True)
class Routes:
    """All rounds of the depot; `cost` is the sum of fixed and kilometre costs."""

    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...]
    cost: int
    distance_m: int
    explanation: Explanation = field(compare=False)
