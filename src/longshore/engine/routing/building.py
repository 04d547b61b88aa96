"""First plans: exact for one or two stops, cheapest insertion for any number."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from longshore.engine.routing.scheduling import Network, Round


def every_plan(network: Network, reachable: Sequence[int]) -> Iterator[list[Round]]:
    """All feasible plans for at most two stops."""
    vehicles = _two_of_a_kind(network)
    for vehicle in vehicles:
        for order in (*((row,) for row in reachable), tuple(reachable), tuple(reversed(reachable))):
            if order and network.feasible(vehicle, order):
                yield [(vehicle, order)]
    if len(reachable) < 2:
        return
    for one in vehicles:
        for other in vehicles:
            first, second = (reachable[0],), (reachable[1],)
            if one != other and network.feasible(one, first) and network.feasible(other, second):
                yield [(one, first), (other, second)]


def _two_of_a_kind(network: Network, without: Collection[int] = ()) -> list[int]:
    """At most two of each kind of vehicle not in `without`: more are never needed for two stops."""
    seen: dict[tuple[float, ...], int] = {}
    chosen = []
    for index, v in enumerate(network.problem.vehicles):
        if index in without:
            continue
        window = (v.shift_start, v.shift_end, v.fixed_cost, v.cost_per_km, v.speed_kmh)
        kind = (v.capacity_g, v.capacity_cm3, v.skills, *window)
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] <= 2:
            chosen.append(index)
    return chosen


def one_more(network: Network, rounds: Sequence[Round]) -> list[Round]:
    """The same plan with one round cut in two for one more vehicle, where that is cheapest; [] where it cannot be."""
    used = {vehicle for vehicle, _ in rounds}
    spare = [vehicle for vehicle in _two_of_a_kind(network, used) if vehicle not in used]
    cuts = (
        (number, place, other)
        for number, (_, order) in enumerate(rounds)
        for place in range(1, len(order))
        for other in spare
    )
    best: list[Round] = []
    for number, place, other in cuts:
        vehicle, order = rounds[number]
        if network.feasible(vehicle, order[:place]) and network.feasible(other, order[place:]):
            plan = [*rounds[:number], (vehicle, order[:place]), (other, order[place:]), *rounds[number + 1 :]]
            best = plan if not best or network.total(plan) < network.total(best) else best
    return best


def insertion(network: Network, reachable: Sequence[int], rounds: Sequence[Round] = ()) -> list[Round]:
    """Insert stops, earliest closing window first, where they add least cost; what fits nowhere is left out.

    `rounds` is where to begin (feasible). Solomon's insertion (1987) with cost as its measure. O(n^2 x stops per
    round).
    """
    plan: dict[int, tuple[int, ...]] = dict.fromkeys(range(len(network.problem.vehicles)), ())
    plan.update(rounds)
    served = {row for order in plan.values() for row in order}
    stops = network.problem.stops
    for row in sorted(set(reachable) - served, key=lambda r: (stops[r - 1].window_end, r)):
        options = list(_insertions(network, plan, row))
        if options:
            _, vehicle, order = min(options)
            plan[vehicle] = order
    return [(vehicle, order) for vehicle, order in plan.items() if order]


def _insertions(
    network: Network, plan: dict[int, tuple[int, ...]], row: int
) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """(added cost, vehicle, new order) for the places where the stop fits."""
    for vehicle, order in plan.items():
        if not network.carries(vehicle, (*order, row)):
            continue
        before = network.cost(vehicle, order)
        for place in range(len(order) + 1):
            longer = (*order[:place], row, *order[place:])
            if network.timetable(vehicle, longer) is not None:
                yield network.cost(vehicle, longer) - before, vehicle, longer
