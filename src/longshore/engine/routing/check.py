"""Recompute routes from the problem alone, sharing no code with the solver."""

from __future__ import annotations

import math

from longshore.engine.routing.problem import Route, Routes, RoutingProblem, Vehicle


def check(problem: RoutingProblem, answer: Routes) -> list[str]:
    """Every way in which the routes break a rule or state a wrong number; empty: they are right."""
    faults: list[str] = []
    seen = [plan.key for route in answer.routes for plan in route.stops] + [lost.key for lost in answer.unserved]
    if sorted(seen) != sorted(stop.key for stop in problem.stops):
        faults.append("stops are lost or served twice")
    if len({route.vehicle_key for route in answer.routes}) != len(answer.routes):
        faults.append("a vehicle drives two routes")
    for route in answer.routes:
        faults.extend(_route_faults(problem, route))
    if answer.cost != sum(route.cost for route in answer.routes):
        faults.append("total cost is not the sum of the routes")
    if answer.distance_m != sum(route.distance_m for route in answer.routes):
        faults.append("total distance is not the sum of the routes")
    return faults


def _route_faults(problem: RoutingProblem, route: Route) -> list[str]:
    truck = next(vehicle for vehicle in problem.vehicles if vehicle.key == route.vehicle_key)
    index = {stop.key: number + 1 for number, stop in enumerate(problem.stops)}
    faults = []
    at, now, metres = 0, route.depart_at, 0
    for plan in route.stops:
        stop = problem.stops[index[plan.key] - 1]
        leg = _metres(problem, at, index[plan.key])
        metres += leg
        if plan.arrive != now + _minutes(problem, truck, (at, index[plan.key]), leg):
            faults.append(f"stop {plan.key}: arrives at {plan.arrive}, not when the drive ends")
        if plan.start < plan.arrive or not stop.window_start <= plan.start <= stop.window_end:
            faults.append(f"stop {plan.key}: service outside its window")
        if plan.depart != plan.start + stop.service_minutes:
            faults.append(f"stop {plan.key}: leaves before or after its service")
        at, now = index[plan.key], plan.depart
    leg = _metres(problem, at, 0)
    metres += leg
    if route.return_at != now + _minutes(problem, truck, (at, 0), leg):
        faults.append(f"vehicle {truck.key}: return time is wrong")
    if route.depart_at < truck.shift_start or route.return_at > truck.shift_end:
        faults.append(f"vehicle {truck.key}: outside its shift")
    return faults + _load_faults(problem, route, truck, metres)


def _load_faults(problem: RoutingProblem, route: Route, truck: Vehicle, metres: int) -> list[str]:
    stops = {stop.key: stop for stop in problem.stops}
    chosen = [stops[plan.key] for plan in route.stops]
    faults = []
    load = (sum(s.weight_g for s in chosen), sum(s.volume_cm3 for s in chosen), sum(s.units for s in chosen))
    if load != (route.weight_g, route.volume_cm3, route.units):
        faults.append(f"vehicle {truck.key}: load is misstated")
    if load[0] > truck.capacity_g or load[1] > truck.capacity_cm3:
        faults.append(f"vehicle {truck.key}: overloaded")
    if any(stop.temperature | truck.skills != truck.skills for stop in chosen):
        faults.append(f"vehicle {truck.key}: lacks a temperature class")
    if metres != route.distance_m:
        faults.append(f"vehicle {truck.key}: {route.distance_m} m stated, {metres} m driven")
    if route.cost != truck.fixed_cost + math.ceil(metres * truck.cost_per_km / 1000):
        faults.append(f"vehicle {truck.key}: cost is wrong")
    return faults


def _metres(problem: RoutingProblem, a: int, b: int) -> int:
    if problem.distances is not None:
        return int(problem.distances[a, b])
    points = [(problem.depot.lat, problem.depot.lon), *((stop.lat, stop.lon) for stop in problem.stops)]
    (lat1, lon1), (lat2, lon2) = points[a], points[b]
    return round(1.3 * 6_371_008.8 * _angle((lat1, lon1), (lat2, lon2)))


def _angle(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Angle between two points on the sphere by their unit vectors."""
    first, second = _vector(*a), _vector(*b)
    cross = (
        first[1] * second[2] - first[2] * second[1],
        first[2] * second[0] - first[0] * second[2],
        first[0] * second[1] - first[1] * second[0],
    )
    return math.atan2(math.hypot(*cross), sum(x * y for x, y in zip(first, second, strict=True)))


def _vector(lat: float, lon: float) -> tuple[float, float, float]:
    phi, lam = math.radians(lat), math.radians(lon)
    return (math.cos(phi) * math.cos(lam), math.cos(phi) * math.sin(lam), math.sin(phi))


def _minutes(problem: RoutingProblem, truck: Vehicle, leg: tuple[int, int], metres: int) -> int:
    if problem.durations is not None:
        return int(problem.durations[leg])
    return math.ceil(metres * 60 / 1000 / truck.speed_kmh - 1e-9)
