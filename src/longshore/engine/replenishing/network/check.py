"""Whether a network plan keeps every rule, row by row and day by day, sharing no code with the solver."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longshore.engine.replenishing.network.problem import FAR, SURPLUS, Integers, NetworkProblem


@dataclass(frozen=True, slots=True, eq=False)
class Ordered:
    """Orders as a plan states them, one row each: `arc`, `day` it is sent, `due` it arrives, `qty`."""

    arc: Integers
    day: Integers
    due: Integers
    qty: Integers


def check(problem: NetworkProblem, ordered: Ordered, *, balances: bool = True) -> list[str]:
    """Every order against its terms, calendar, frozen days and capacity; shelf life; and, with `balances`, that no
    node's stock is short on a day on which an order could have been there. Empty: all is right."""
    faults = [*_terms(problem, ordered), *_capacities(problem, ordered)]
    looked_at = np.ones(len(problem.nodes.item), dtype=bool) if balances else problem.nodes.life > 0
    drawn = _drawings(problem, ordered, looked_at)
    mine: dict[int, list[tuple[int, int]]] = defaultdict(list)
    node_of = problem.arcs.node[ordered.arc]
    for number in np.flatnonzero(looked_at[node_of]).tolist():
        mine[int(node_of[number])].append((int(ordered.due[number]), int(ordered.qty[number])))
    supply: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    facts = problem.supply
    for row in np.flatnonzero(looked_at[facts.node]).tolist():
        supply[int(facts.node[row])].append((int(facts.day[row]), int(facts.qty[row]), int(facts.last[row])))
    for node in np.flatnonzero(looked_at).tolist() if balances else sorted(mine):
        told = (node, mine.get(node, []), drawn.get(node, []))
        faults.extend(_node_faults(problem, told, supply.get(node, []), balances))
    return faults


def _terms(problem: NetworkProblem, ordered: Ordered) -> list[str]:
    """MOQ, multiple, calendar, frozen days and lead time: each a mask over all orders."""
    arcs, arc = problem.arcs, ordered.arc
    calendar, inside = arcs.calendar[arc], (ordered.day >= 0) & (ordered.day < problem.days)
    is_open = np.ones(len(arc), dtype=bool)
    told = (calendar >= 0) & inside
    is_open[told] = problem.limits.calendars[calendar[told], ordered.day[told]]
    rules = {
        "is below the least quantity": ordered.qty < arcs.moq[arc],
        "is no whole multiple": ordered.qty % arcs.multiple[arc] != 0,
        "is sent on a closed day": ~is_open,
        "is sent in the frozen days": ordered.day < arcs.fence[arc],
        "is sent outside the days planned": ~inside,
        "does not take its lead time": ordered.due != ordered.day + arcs.lead[arc],
    }
    return [f"order {int(row)} {told}" for told, wrong in rules.items() for row in np.flatnonzero(wrong)]


def _capacities(problem: NetworkProblem, ordered: Ordered) -> list[str]:
    used = np.zeros((len(problem.limits.period), problem.days), dtype=np.int64)
    limited = problem.arcs.capacity[ordered.arc] >= 0
    group = problem.arcs.capacity[ordered.arc][limited]
    np.add.at(used, (group, ordered.day[limited] // problem.limits.period[group]), ordered.qty[limited])
    return [
        f"capacity {at} gives {int(problem.limits.most[at])} in its period {bucket}, {used[at, bucket]} are ordered"
        for at, bucket in np.argwhere(used > problem.limits.most[:, None]).tolist()
    ]


def _drawings(
    problem: NetworkProblem, ordered: Ordered, looked_at: NDArray[np.bool_]
) -> dict[int, list[tuple[int, int]]]:
    """By node: (day, quantity) that orders of other nodes take."""
    parts = problem.parts
    ends = np.searchsorted(parts.arc, ordered.arc, side="right")
    begins = np.searchsorted(parts.arc, ordered.arc, side="left")
    order = np.repeat(np.arange(len(ordered.arc)), ends - begins)
    nth = np.arange(len(order)) - np.repeat(np.cumsum(ends - begins) - (ends - begins), ends - begins)
    part = begins[order] + nth
    taken = (ordered.qty[order] * parts.numerator[part] + parts.denominator[part] - 1) // parts.denominator[part]
    drawn: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in np.flatnonzero(looked_at[parts.node[part]]).tolist():
        drawn[int(parts.node[part[row]])].append((int(ordered.day[order[row]]), int(taken[row])))
    return drawn


def _node_faults(
    problem: NetworkProblem,
    told: tuple[int, list[tuple[int, int]], list[tuple[int, int]]],
    supply: list[tuple[int, int, int]],
    balances: bool,
) -> Iterator[str]:
    node, orders, drawn = told
    life = int(problem.nodes.life[node])
    wanted = problem.nodes.demand[node].tolist()
    for day, qty in drawn:
        wanted[day] += qty
    ends = [due + life - 1 if life else FAR for due, _qty in orders]
    heaps = [[due, qty, end, 1] for (due, qty), end in zip(orders, ends, strict=True)]
    heaps += [[day, qty, last, 0] for day, qty, last in supply]
    stock = _run(wanted, heaps)
    for due, qty, end, mine in heaps:
        if mine and qty and end < problem.days:
            yield f"node {node}: {qty} of what arrives on day {due} would spoil after day {end}"
    if balances and not life and not orders:
        yield from _could_have(problem, node, stock)


def _run(wanted: list[int], heaps: list[list[int]]) -> list[int]:
    """Use up the heaps, what ends first first; the stock each evening, below zero where something is owed."""
    heaps.sort(key=lambda heap: heap[2])
    stock, owed = [], 0
    for day, asked in enumerate(wanted):
        owed += asked
        for heap in heaps:
            if heap[0] <= day <= heap[2]:
                used = min(owed, heap[1])
                heap[1] -= used
                owed -= used
        stock.append(sum(heap[1] for heap in heaps if heap[0] <= day <= heap[2]) - owed)
    return stock


def _could_have(problem: NetworkProblem, node: int, stock: list[int]) -> Iterator[str]:
    """A node without orders that runs short though a source without limit could have brought it."""
    arcs = problem.arcs
    ways = np.flatnonzero((arcs.node == node) & (arcs.kind != SURPLUS) & (arcs.capacity < 0))
    for way in ways.tolist():
        soonest = next(
            (d for d in range(int(arcs.fence[way]), problem.days) if _opens(problem, way, d)), problem.days
        ) + int(arcs.lead[way])
        short = [day for day, left in enumerate(stock) if left < int(problem.nodes.safety[node]) and day >= soonest]
        if short:
            yield f"node {node}: short on day {short[0]} and nothing is ordered"
            return


def _opens(problem: NetworkProblem, way: int, day: int) -> bool:
    calendar = int(problem.arcs.calendar[way])
    return calendar < 0 or bool(problem.limits.calendars[calendar, day])
