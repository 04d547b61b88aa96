"""Recompute arrivals by driving minute by minute, sharing no code with the solver."""

from __future__ import annotations

import math

from longshore.engine.arriving.problem import Arrival, EtaProblem


def check(problem: EtaProblem, arrivals: tuple[Arrival, ...]) -> list[str]:
    """Every arrival that differs by more than two minutes (rounding of the walk) or has a band that misses it."""
    faults = []
    if [arrival.key for arrival in arrivals] != [stop.key for stop in problem.stops]:
        return ["stops differ from the problem's"]
    now = float(problem.now + problem.dwell)
    for stop, arrival in zip(problem.stops, arrivals, strict=True):
        left = arrival.distance_m * problem.factor
        if stop.distance_m is not None and arrival.distance_m != stop.distance_m:
            faults.append(f"stop {stop.key}: distance is not the given one")
        while left > 1e-6:
            hour = math.floor((now + problem.utc_offset) / 60) % 24
            pace = problem.speed_by_hour[hour] * 1000 / 60
            step = min(1.0, math.floor(now + 1) - now, left / pace)
            left -= pace * step
            now += step
        if abs(now - arrival.expected) > 2:
            faults.append(f"stop {stop.key}: expected {arrival.expected}, walked {now:.1f}")
        if not arrival.early <= arrival.expected <= arrival.late:
            faults.append(f"stop {stop.key}: the band misses the expected time")
        now = max(now, float(stop.window_start or 0)) + stop.service_minutes
    return faults
