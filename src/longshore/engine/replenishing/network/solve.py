"""The plan of a network, and what a changed fact changes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from longshore.engine.invalid import require_all
from longshore.engine.replenishing.network.arrays import (
    Bench,
    Matrix,
    Net,
    State,
    bench_of,
    empty_state,
    net_of,
    rows_of,
)
from longshore.engine.replenishing.network.levels import Order, order_of
from longshore.engine.replenishing.network.planning import plan_cells
from longshore.engine.replenishing.network.problem import Integers, NetworkProblem, Supply
from longshore.engine.replenishing.network.spreading import (
    changed,
    concerned,
    copied,
    draw,
    pull_forward,
    reach,
    riders,
    take_back,
)

Told = Callable[[int, int], None]
CELLS_A_STEP = 20_000  # planned in a fraction of a second


def _none() -> Integers:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Facts that are different now. `supply` replaces all stock and supply to come of the nodes in `supplied`;
    `demand` (k, days) replaces that of `wanted`; `safety` that of `guarded`."""

    supplied: Integers = field(default_factory=_none)
    supply: Supply | None = None
    wanted: Integers = field(default_factory=_none)
    demand: Matrix | None = None
    guarded: Integers = field(default_factory=_none)
    safety: Integers = field(default_factory=_none)


@dataclass(slots=True, eq=False)
class Plan:
    """A plan that stays in memory; `replan` changes it in place. `drawn` (n, days) is what other nodes' orders take."""

    problem: NetworkProblem
    net: Net
    order: Order
    state: State
    bench: Bench

    def orders(self, nodes: Integers | None = None) -> Matrix:
        """Planned orders of these nodes (None: all), one row each (columns.py), in the order of nodes and needs."""
        chosen = np.arange(len(self.state.count)) if nodes is None else nodes
        rows: Matrix = copied(self.state, chosen)[1]
        return rows

    def nodes_of(self, nodes: Integers | None = None) -> Integers:
        """The node of each row of `orders`."""
        chosen = np.arange(len(self.state.count)) if nodes is None else nodes
        return np.asarray(np.repeat(chosen, self.state.count[chosen]), dtype=np.int64)


def solve(problem: NetworkProblem, told: Told | None = None) -> Plan:
    """Plan the whole network: level by level, what each node lacks is ordered from the cheapest that can bring it.

    Deterministic, no random numbers. `told(done, nodes)` several times a second; what it raises ends the planning. See
    README; a million nodes over 90 days take seconds on one core.
    """
    order = order_of(problem)
    if told is not None:
        told(0, len(problem.nodes.item))
    net = net_of(problem, order)
    plan = Plan(problem, net, order, empty_state(net, len(order.cell_at) - 1, problem.outside), bench_of(net))
    _plan_dirty(plan, told)
    return plan


def replan(plan: Plan, change: Change) -> Integers:
    """Plan again what depends on the changed facts, and nothing else; the nodes whose orders are different now.

    The plan is then the same as `solve` would give from the changed facts: a node's orders depend only on its own
    facts, on what is drawn from it, on its cell, on its capacities' earlier users and on its loads' riders, and each of
    these marks it.
    """
    for name in ("supplied", "wanted", "guarded"):
        values = getattr(change, name)
        require_all((values >= 0) & (values < len(plan.net.safety)), name, "names no node", "Use the row's index")
    if change.supply is not None:
        plan.net = _with_supply(plan, change.supplied, change.supply)
    if change.demand is not None:
        plan.net.demand[change.wanted] = change.demand
    plan.net.safety[change.guarded] = change.safety
    for nodes in (change.supplied, change.wanted, change.guarded):
        plan.state.dirty[plan.net.cell_of[nodes]] = True
    return _plan_dirty(plan, None)


def _with_supply(plan: Plan, nodes: Integers, supply: Supply) -> Net:
    """The net with the supply of some nodes replaced: in place where each has as many rows as before."""
    net = plan.net
    days = net.demand.shape[1]
    net.spoils[nodes] = net.life[nodes] > 0
    net.spoils[supply.node[supply.last < days]] = True
    asked = np.unique(nodes)
    at = np.concatenate([np.arange(net.supply_at[node], net.supply_at[node + 1]) for node in asked])
    known = np.repeat(asked, net.supply_at[asked + 1] - net.supply_at[asked])
    if np.array_equal(known, supply.node):
        net.supply_day[at], net.supply_qty[at], net.supply_last[at] = supply.day, supply.qty, supply.last
        return net
    place = net.supply_at[supply.node]
    for k in range(len(at)):
        place = place - (at[k] < net.supply_at[supply.node])

    def both(old: Integers, new: Integers) -> Integers:
        return np.asarray(np.insert(np.delete(old, at), place, new), dtype=np.int64)

    rows = np.diff(net.supply_at)
    rows[nodes] = 0
    np.add.at(rows, supply.node, 1)
    made = net._replace(
        supply_at=np.concatenate([[0], np.cumsum(rows)]),
        supply_day=both(net.supply_day, supply.day),
        supply_qty=both(net.supply_qty, supply.qty),
        supply_last=both(net.supply_last, supply.last),
    )
    if int(rows[nodes].max(initial=0)) + rows_of(days) > len(plan.bench.batch):
        plan.bench = bench_of(made)
    return made


def _plan_dirty(plan: Plan, told: Told | None) -> Integers:
    """Level by level: who is concerned, their new orders, whole loads, and what that draws from the levels below."""
    state = plan.state
    state.opened[:] = False
    different = []
    for level in range(len(plan.order.level_at) - 1):
        first, last = int(plan.order.level_at[level]), int(plan.order.level_at[level + 1])
        if state.dirty[first:last].any():
            different.append(_plan_level(plan, (first, last), told))
    return np.sort(np.concatenate(different)) if different else _none()


def _plan_level(plan: Plan, cells: tuple[int, int], told: Told | None) -> Integers:
    net, (first, last) = plan.net, cells
    plan.state.touched[:] = False
    reach(net, plan.state, first, last)
    nodes = concerned(net, plan.state, first, last)
    at, before = copied(plan.state, nodes)
    unmet = plan.state.unmet[nodes]
    done = first
    while done < last:
        upto = min(done + CELLS_A_STEP, last)
        done = plan_cells(net, plan.state, plan.bench, done, upto)
        if done < upto:
            plan.state = _roomier(plan.state, net.demand.shape[1])
        if told is not None:
            told(int(plan.order.cell_at[done]), len(net.safety))
    state = plan.state
    for load in np.flatnonzero(state.touched):
        pull_forward(net, state, int(load), riders(net, state, int(load), first, last))
    differs = np.zeros(len(nodes), dtype=bool)
    changed(state, nodes, at, before, differs)
    take_back(net, state, at, before, differs)
    draw(net, state, nodes, differs)
    state.dirty[first:last] = False
    return np.asarray(nodes[differs | (state.unmet[nodes] != unmet).any(axis=1)], dtype=np.int64)


def _roomier(state: State, days: int) -> State:
    """The orders moved together, with half as much room again."""
    at = np.concatenate([[0], np.cumsum(state.count)])
    rows = copied(state, np.arange(len(state.count)))[1]
    state.room[:] = state.count
    state.first[:] = at[:-1]
    orders = np.zeros((len(state.orders) * 3 // 2 + rows_of(days), rows.shape[1]), dtype=np.int64)
    orders[: len(rows)] = rows
    state.cursor[0] = len(rows)
    return state._replace(orders=orders)
