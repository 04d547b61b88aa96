"""PyVRP as the search, run over a portfolio of fleet sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longshore.engine.routing.building import insertion
from longshore.engine.routing.scheduling import Network, Round

UNREACHABLE = 1_000_000
"""Minutes and money of a drive a vehicle must not make: beyond any day, yet far from overflow under any penalty."""
PRIZE_ROUNDS = 4

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Effort:
    """Seed, iterations of each run, and whom to tell (done, of how many)."""

    seed: int
    iterations: int
    progress: Progress | None = None


class _Stop:
    """Stops PyVRP after a number of iterations and tells how far it is."""

    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self._done = 0

    def __call__(self, best_cost: float) -> bool:
        if self._effort.progress is not None:
            self._effort.progress(self._done, self._effort.iterations)
        self._done += 1
        return self._done > self._effort.iterations


def search(network: Network, reachable: Sequence[int], vehicles: Sequence[int], effort: Effort) -> list[Round]:
    """The best plan PyVRP finds with these vehicles; always feasible, if need be without some stops."""
    rounds, feasible = _run(network, reachable, vehicles, effort, required=True)
    if not feasible:
        rounds, _ = _run(network, reachable, vehicles, effort, required=False)
    kept = [(vehicle, _fitting(network, vehicle, order)) for vehicle, order in rounds]
    plan = [(vehicle, order) for vehicle, order in kept if order]
    if sum(len(order) for _, order in plan) < len(reachable):
        plan = [pair for pair in insertion(network, reachable, plan) if pair[0] in set(vehicles)]
    return plan


def _fitting(network: Network, vehicle: int, order: Sequence[int]) -> tuple[int, ...]:
    """The order without the stops that make it infeasible."""
    kept: tuple[int, ...] = ()
    for row in order:
        if network.feasible(vehicle, (*kept, row)):
            kept = (*kept, row)
    return kept


def _run(
    network: Network, reachable: Sequence[int], vehicles: Sequence[int], effort: Effort, *, required: bool
) -> tuple[list[Round], bool]:
    import pyvrp

    kinds = _kinds(network, vehicles)
    data = _data(network, reachable, kinds, required)
    params = pyvrp.SolveParams(penalty=pyvrp.PenaltyParams(max_penalty=1e6))
    result = pyvrp.solve(data, _Stop(effort), seed=effort.seed, collect_stats=False, display=False, params=params)
    unused = [list(members) for members in kinds]
    rounds: list[Round] = []
    for route in result.best.routes():
        order = tuple(reachable[step.idx] for step in route.schedule() if step.is_client())
        if order:
            rounds.append((unused[route.vehicle_type()].pop(0), order))
    return rounds, bool(result.best.is_feasible() and result.best.is_complete())


def _kinds(network: Network, vehicles: Sequence[int]) -> list[list[int]]:
    """Vehicles grouped by everything that matters but the key."""
    groups: dict[tuple[float, ...], list[int]] = {}
    for index in vehicles:
        v = network.problem.vehicles[index]
        window = (v.shift_start, v.shift_end, v.fixed_cost, v.cost_per_km, v.speed_kmh)
        groups.setdefault((v.capacity_g, v.capacity_cm3, v.skills, *window), []).append(index)
    return list(groups.values())


def _data(network: Network, reachable: Sequence[int], kinds: list[list[int]], required: bool) -> Any:
    """The problem in PyVRP's terms: distances are money, so that one unit of distance costs one minor unit."""
    import pyvrp

    problem = network.problem
    rows = np.array([0, *reachable])
    base = min(vehicle.shift_start for vehicle in problem.vehicles)
    horizon = max(vehicle.shift_end for vehicle in problem.vehicles)
    costs: list[Any] = [_costs(network, rows, kind[0]) for kind in kinds]
    minutes: list[Any] = [_minutes(network, rows, kind[0]) for kind in kinds]
    dearest = max(vehicle.fixed_cost for vehicle in problem.vehicles)
    dearest += PRIZE_ROUNDS * max(int(cost.max(initial=0)) for cost in costs)
    clients = []
    for place, row in enumerate(reachable):
        stop = problem.stops[row - 1]
        clients.append(
            pyvrp.Client(
                place + 1,
                delivery=[stop.weight_g, stop.volume_cm3],
                service_duration=stop.service_minutes,
                tw_early=max(stop.window_start - base, 0),
                tw_late=min(stop.window_end, horizon) - base,
                prize=0 if required else dearest + 1,
                required=required,
            )
        )
    types = []
    for profile, kind in enumerate(kinds):
        truck = problem.vehicles[kind[0]]
        types.append(
            pyvrp.VehicleType(
                len(kind),
                capacity=[truck.capacity_g, truck.capacity_cm3],
                fixed_cost=truck.fixed_cost,
                tw_early=truck.shift_start - base,
                tw_late=truck.shift_end - base,
                profile=profile,
            )
        )
    places = [pyvrp.Location(problem.depot.lon, problem.depot.lat)]
    places += [pyvrp.Location(problem.stops[row - 1].lon, problem.stops[row - 1].lat) for row in reachable]
    return pyvrp.ProblemData(places, clients, [pyvrp.Depot(0)], types, costs, minutes)


def _costs(network: Network, rows: NDArray[np.int64], vehicle: int) -> NDArray[np.int64]:
    money = network.metres[np.ix_(rows, rows)] * network.problem.vehicles[vehicle].cost_per_km
    return _barred(network, rows, vehicle, (money + 500) // 1000)


def _minutes(network: Network, rows: NDArray[np.int64], vehicle: int) -> NDArray[np.int64]:
    return _barred(network, rows, vehicle, network.minutes(vehicle)[np.ix_(rows, rows)].copy())


def _barred(network: Network, rows: NDArray[np.int64], vehicle: int, matrix: NDArray[np.int64]) -> NDArray[np.int64]:
    """Stops whose temperature class the vehicle lacks are out of its reach."""
    skills = network.problem.vehicles[vehicle].skills
    lacking = [i for i, row in enumerate(rows) if i and network.problem.stops[row - 1].temperature & ~skills]
    matrix[lacking, :] = UNREACHABLE
    matrix[:, lacking] = UNREACHABLE
    np.fill_diagonal(matrix, 0)
    return matrix
