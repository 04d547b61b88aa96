"""Expected times of arrival."""

from __future__ import annotations

import math

from longshore.engine.arriving.problem import Arrival, EtaProblem
from longshore.engine.routing.matrix import metres_between, travel_minutes

BAND = 1.2816
"""Standard deviations from the median to the 10 % and 90 % quantiles of a normal distribution."""


def solve(problem: EtaProblem) -> tuple[Arrival, ...]:
    """One arrival per remaining stop, in order.

    Drives the remaining legs hour by hour of the speed profile, waits for windows, adds service times. Variances of
    legs and services add up; waiting for a window absorbs the part of the spread that is earlier than the window.
    O(stops).
    """
    now = float(problem.now + problem.dwell)
    lat, lon = problem.lat, problem.lon
    variance = 0.0
    arrivals = []
    for stop in problem.stops:
        straight = metres_between(lat, lon, stop.lat, stop.lon) * problem.detour
        metres = straight if stop.distance_m is None else float(stop.distance_m)
        drive = travel_minutes(metres, now, problem.speed_by_hour, problem.utc_offset, problem.factor)
        arrive = now + drive
        variance += (drive * problem.travel_cv) ** 2
        sd = math.sqrt(variance)
        start = arrive if stop.window_start is None else max(arrive, float(stop.window_start))
        now = start + stop.service_minutes
        arrivals.append(
            Arrival(
                key=stop.key,
                expected=round(arrive),
                early=max(math.floor(arrive - BAND * sd), problem.now),
                late=math.ceil(arrive + BAND * sd),
                depart=round(now),
                sd_minutes=sd,
                travel_minutes=round(drive),
                distance_m=round(metres),
            )
        )
        variance = (_after_waiting(sd, start - arrive)) ** 2 + problem.service_sd**2
        lat, lon = stop.lat, stop.lon
    return tuple(arrivals)


def _after_waiting(sd: float, wait: float) -> float:
    """Standard deviation of max(arrival, window start) when the window opens `wait` minutes after the expected arrival.

    Moments of a normal variable censored from below (Clark 1961).
    """
    if wait <= 0 or sd == 0:
        return sd
    z = wait / sd
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    above = 0.5 * math.erfc(z / math.sqrt(2))
    mean = density - z * above
    second = (1 + z * z) * above - z * density
    return sd * math.sqrt(max(second - mean * mean, 0.0))
