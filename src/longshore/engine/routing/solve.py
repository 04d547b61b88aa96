"""Vehicle routing with time windows."""

from __future__ import annotations

from collections.abc import Sequence

from longshore.engine.invalid import require
from longshore.engine.routing.building import every_plan, insertion, one_more
from longshore.engine.routing.problem import (
    Explanation,
    Route,
    Routes,
    RoutingProblem,
    StopPlan,
    Unserved,
)
from longshore.engine.routing.scheduling import Network, Round
from longshore.engine.routing.searching import Effort, Progress, search


def solve(problem: RoutingProblem, seed: int = 0, iterations: int = 500, progress: Progress | None = None) -> Routes:
    """Serve as many stops as possible, then at least cost.

    One or two stops are solved exactly; more by PyVRP's iterated local search, `iterations` for each fleet of a
    small portfolio (all vehicles, only those it used, one less), because it can stick at a wrong fleet size. The
    same seed and iterations give the same routes. `progress(done, of)` is called in every iteration of every run.
    Raises InvalidProblem.
    """
    require(iterations >= 1, "iterations", None, "is below 1", "Allow at least one iteration")
    network = Network(problem)
    unserved = {row: reason for row in range(1, len(problem.stops) + 1) if (reason := _hopeless(network, row))}
    reachable = [row for row in range(1, len(problem.stops) + 1) if row not in unserved]
    found = _Portfolio(network)
    if len(reachable) <= 2:
        for plan in every_plan(network, reachable):
            found.add(plan)
    else:
        _sweep(network, reachable, found, Effort(seed, iterations, progress))
    served = {row for _, order in found.best for row in order}
    for row in reachable:
        if row not in served:
            stop = problem.stops[row - 1]
            unserved[row] = Unserved(stop.key, "capacity", 1, len(problem.vehicles))
    rounds = sorted(found.best)
    routes = tuple(_route(network, vehicle, order) for vehicle, order in rounds)
    left = tuple(unserved[row] for row in sorted(unserved))
    explanation = _explain(network, found, left, "enumeration" if len(reachable) <= 2 else "pyvrp")
    return Routes(
        routes, left, sum(route.cost for route in routes), sum(route.distance_m for route in routes), explanation
    )


class _Portfolio:
    """The best plan for each number of vehicles."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.by_size: dict[int, tuple[tuple[int, int], list[Round]]] = {}
        self.best: list[Round] = []

    def add(self, rounds: list[Round]) -> None:
        """Remember a plan if it is the best of its size."""
        value = self._network.total(rounds)
        size = len(rounds)
        if size not in self.by_size or value < self.by_size[size][0]:
            self.by_size[size] = (value, rounds)
        if value < self._network.total(self.best):
            self.best = rounds


def _sweep(network: Network, reachable: list[int], found: _Portfolio, effort: Effort) -> None:
    """All vehicles, then only those used, then one fewer: its runs differ because the fleet steers the search."""
    everyone = list(range(len(network.problem.vehicles)))
    found.add(insertion(network, reachable))
    found.add(search(network, reachable, everyone, effort))
    used = sorted(vehicle for vehicle, _ in found.best)
    if len(used) < len(everyone) and len(used) > 0:
        found.add(search(network, reachable, used, effort))
    loads = {vehicle: sum(network.problem.stops[row - 1].weight_g for row in order) for vehicle, order in found.best}
    fewer = sorted(loads, key=lambda vehicle: (loads[vehicle], vehicle))[1:]
    if fewer and _could_carry(network, reachable, fewer):
        found.add(search(network, reachable, fewer, effort))
    found.add(one_more(network, found.best))


def _could_carry(network: Network, reachable: list[int], vehicles: Sequence[int]) -> bool:
    stops = [network.problem.stops[row - 1] for row in reachable]
    trucks = [network.problem.vehicles[vehicle] for vehicle in vehicles]
    heavy = sum(stop.weight_g for stop in stops) > sum(truck.capacity_g for truck in trucks)
    bulky = sum(stop.volume_cm3 for stop in stops) > sum(truck.capacity_cm3 for truck in trucks)
    return not heavy and not bulky


def _hopeless(network: Network, row: int) -> Unserved | None:
    """Why no vehicle could serve this stop even alone; None when one could."""
    problem = network.problem
    stop = problem.stops[row - 1]
    able = [index for index, v in enumerate(problem.vehicles) if stop.temperature & ~v.skills == 0]
    if not able:
        return Unserved(stop.key, "temperature" if problem.vehicles else "no-vehicle", stop.temperature)
    strong = [index for index in able if problem.vehicles[index].capacity_g >= stop.weight_g]
    if not strong:
        limit = max(problem.vehicles[index].capacity_g for index in able)
        return Unserved(stop.key, "weight", stop.weight_g, limit)
    roomy = [index for index in strong if problem.vehicles[index].capacity_cm3 >= stop.volume_cm3]
    if not roomy:
        limit = max(problem.vehicles[index].capacity_cm3 for index in strong)
        return Unserved(stop.key, "volume", stop.volume_cm3, limit)
    if not any(network.timetable(index, (row,)) for index in roomy):
        arrival = min(problem.vehicles[index].shift_start + int(network.minutes(index)[0, row]) for index in roomy)
        return Unserved(stop.key, "window", arrival, stop.window_end)
    return None


def _route(network: Network, vehicle: int, order: tuple[int, ...]) -> Route:
    times = network.timetable(vehicle, order)
    if times is None:
        raise AssertionError(f"vehicle {vehicle} was planned a round it cannot drive")
    chosen = [network.problem.stops[row - 1] for row in order]
    plans = tuple(
        StopPlan(stop.key, arrive, start, start + stop.service_minutes)
        for stop, arrive, start in zip(chosen, times.arrive, times.start, strict=True)
    )
    return Route(
        network.problem.vehicles[vehicle].key,
        plans,
        times.depart,
        times.back,
        network.length(order),
        sum(stop.weight_g for stop in chosen),
        sum(stop.volume_cm3 for stop in chosen),
        sum(stop.units for stop in chosen),
        network.cost(vehicle, order),
    )


def _explain(network: Network, found: _Portfolio, left: tuple[Unserved, ...], method: str) -> Explanation:
    size = len(found.best)
    best = network.total(found.best)
    others = [(value, count) for count, (value, _) in found.by_size.items() if count != size and value[0] == best[0]]
    if left:
        binding = left[0].code
    elif size < 2:
        binding = "none"
    else:
        binding = _what_needs_vehicles(network, found)
    if not others:
        return Explanation(binding, method=method)
    (_, cost), count = min(others)
    gap = (cost - best[1]) // abs(size - count) + 1
    return Explanation(binding, cost, count, gap if count < size else -gap, method)


def _what_needs_vehicles(network: Network, found: _Portfolio) -> str:
    """What forbids, or makes dearer, one vehicle fewer."""
    rows = [row for _, order in found.best for row in order]
    used = sorted(found.best, key=lambda pair: (len(pair[1]), pair[0]))
    fewer = [vehicle for vehicle, _ in used[1:]]
    stops = [network.problem.stops[row - 1] for row in rows]
    trucks = [network.problem.vehicles[vehicle] for vehicle in fewer]
    if sum(stop.weight_g for stop in stops) > sum(truck.capacity_g for truck in trucks):
        return "weight"
    if sum(stop.volume_cm3 for stop in stops) > sum(truck.capacity_cm3 for truck in trucks):
        return "volume"
    whole = any(size < len(found.best) and value[0] == 0 for size, (value, _) in found.by_size.items())
    return "cost" if whole else "window"
