"""Times, loads and costs of one vehicle's round: the arithmetic every search uses."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from longshore.engine.routing.matrix import distances, durations
from longshore.engine.routing.problem import RoutingProblem

Round = tuple[int, tuple[int, ...]]
"""A vehicle (index) and the matrix rows it visits, in order; stop i of the problem is row i + 1."""


class Timetable(NamedTuple):
    """Departure from the depot, arrival and begin of service per stop, and return."""

    depart: int
    arrive: tuple[int, ...]
    start: tuple[int, ...]
    back: int


class Network:
    """Distances and minutes of a problem, per vehicle."""

    def __init__(self, problem: RoutingProblem) -> None:
        self.problem = problem
        lat = np.array([problem.depot.lat, *(stop.lat for stop in problem.stops)], dtype=np.float64)
        lon = np.array([problem.depot.lon, *(stop.lon for stop in problem.stops)], dtype=np.float64)
        self.metres = distances(lat, lon) if problem.distances is None else problem.distances
        self.rows: list[list[int]] = self.metres.tolist()
        self._minutes: dict[float, NDArray[np.int64]] = {}
        self._minute_rows: dict[float, list[list[int]]] = {}

    def minutes(self, vehicle: int) -> NDArray[np.int64]:
        """Travel minutes (n+1, n+1) of this vehicle."""
        if self.problem.durations is not None:
            return self.problem.durations
        speed = self.problem.vehicles[vehicle].speed_kmh
        if speed not in self._minutes:
            self._minutes[speed] = durations(self.metres, speed)
        return self._minutes[speed]

    def timetable(self, vehicle: int, order: Sequence[int]) -> Timetable | None:
        """When everything happens if the vehicle visits `order`, leaving as late as costs no time; None: not in
        time."""
        stops = self.problem.stops
        shift = self.problem.vehicles[vehicle]
        minutes = self._rows_of(vehicle)
        arrive, start = [], []
        now, at, waited, delay = shift.shift_start, 0, 0, shift.shift_end
        for row in order:
            stop = stops[row - 1]
            now += minutes[at][row]
            arrive.append(now)
            begin = now if now > stop.window_start else stop.window_start
            if begin > stop.window_end:
                return None
            waited += begin - now
            delay = min(delay, waited + stop.window_end - begin)
            start.append(begin)
            now, at = begin + stop.service_minutes, row
        now += minutes[at][0]
        if now > shift.shift_end:
            return None
        delay = min(delay, waited)
        return self._shifted(shift.shift_start + delay, vehicle, order, now)

    def _rows_of(self, vehicle: int) -> list[list[int]]:
        key = self.problem.vehicles[vehicle].speed_kmh
        if key not in self._minute_rows:
            self._minute_rows[key] = self.minutes(vehicle).tolist()
        return self._minute_rows[key]

    def _shifted(self, depart: int, vehicle: int, order: Sequence[int], back: int) -> Timetable:
        minutes = self._rows_of(vehicle)
        arrive, start = [], []
        now, at = depart, 0
        for row in order:
            stop = self.problem.stops[row - 1]
            now += minutes[at][row]
            arrive.append(now)
            start.append(max(now, stop.window_start))
            now, at = start[-1] + stop.service_minutes, row
        return Timetable(depart, tuple(arrive), tuple(start), back)

    def carries(self, vehicle: int, order: Sequence[int]) -> bool:
        """Whether weight, volume and temperature classes fit."""
        truck = self.problem.vehicles[vehicle]
        chosen = [self.problem.stops[row - 1] for row in order]
        return (
            sum(stop.weight_g for stop in chosen) <= truck.capacity_g
            and sum(stop.volume_cm3 for stop in chosen) <= truck.capacity_cm3
            and all(stop.temperature & ~truck.skills == 0 for stop in chosen)
        )

    def feasible(self, vehicle: int, order: Sequence[int]) -> bool:
        """Whether the vehicle can serve `order`."""
        return self.carries(vehicle, order) and self.timetable(vehicle, order) is not None

    def length(self, order: Sequence[int]) -> int:
        """Metres from the depot through `order` and back."""
        path = (0, *order, 0)
        return sum(self.rows[a][b] for a, b in pairwise(path))

    def cost(self, vehicle: int, order: Sequence[int]) -> int:
        """Fixed cost plus kilometres, rounded up; 0 for an unused vehicle."""
        if not order:
            return 0
        truck = self.problem.vehicles[vehicle]
        return truck.fixed_cost - (-self.length(order) * truck.cost_per_km // 1000)

    def total(self, rounds: Sequence[Round]) -> tuple[int, int]:
        """(stops left out, cost): what every search compares."""
        served = sum(len(order) for _, order in rounds)
        return len(self.problem.stops) - served, sum(self.cost(vehicle, order) for vehicle, order in rounds)
