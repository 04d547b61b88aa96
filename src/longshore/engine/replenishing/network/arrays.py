"""The problem and the plan as compiled kernels see them: flat arrays, grouped in named tuples."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from longshore.engine.replenishing.network.columns import WIDTH
from longshore.engine.replenishing.network.levels import Order
from longshore.engine.replenishing.network.problem import Flags, Integers, NetworkProblem, Outside

Matrix = NDArray[np.int64]


class Net(NamedTuple):
    """What is given. `*_at` are starts of groups (CSR); the rest is named as in the problem."""

    demand: Matrix
    safety: Integers
    cover: Integers
    life: Integers
    spoils: Flags
    supply_at: Integers
    supply_day: Integers
    supply_qty: Integers
    supply_last: Integers
    arc_at: Integers
    arc: Matrix
    part_at: Integers
    part_node: Integers
    part_num: Integers
    part_den: Integers
    break_at: Integers
    break_qty: Integers
    break_price: Integers
    former_at: Integers
    former_day: Integers
    former_qty: Integers
    before: Matrix
    after: Matrix
    period: Integers
    most: Integers
    full: Integers
    pull: Integers
    keep: Integers
    nodes: Integers
    cell_at: Integers
    cell_of: Integers
    user_at: Integers
    user: Integers
    rider_at: Integers
    rider: Integers


class State(NamedTuple):
    """What is planned. `drawn` (n, days) by other nodes' orders; `used` (g, periods) of the capacities; rows
    first .. first + count of `orders` belong to a node, with room for `room`; `cursor` (1,) where free rows begin."""

    drawn: Matrix
    used: Matrix
    first: Integers
    room: Integers
    count: Integers  # type: ignore[assignment]
    orders: Matrix
    cursor: Integers
    unmet: Matrix
    dirty: Flags
    opened: Flags
    touched: Flags


class Bench(NamedTuple):
    """Where one node is worked on."""

    stock: Integers
    other: Integers
    rows: Matrix
    made: Integers
    cost: Integers
    batch: Matrix
    order: Integers
    taken: Flags


class Need(NamedTuple):
    """What a node lacks: from `day` on `lack` units over its cover; `flip` more on hand and the day would be covered.
    `total` is all that is wanted of the node; `rival` the next best arc and its cost (-1: none)."""

    day: int
    lack: int
    flip: int
    total: int
    rival: int
    rival_cost: int


def net_of(problem: NetworkProblem, order: Order) -> Net:
    """The problem's tables with starts of groups. Demand is not copied: a change of it changes the problem's."""
    nodes, arcs, supply, parts, limits = problem.nodes, problem.arcs, problem.supply, problem.parts, problem.limits
    count, ways, days = len(nodes.item), len(arcs.node), problem.days
    columns = (arcs.kind, arcs.source, arcs.lead, arcs.fence, arcs.calendar, arcs.moq, arcs.multiple, arcs.price,
               arcs.late, arcs.capacity, arcs.load, arcs.size)  # fmt: skip
    before, after = _open_days(limits.calendars, days)
    user_at, user = _grouped(arcs.capacity, len(limits.period), arcs.node, order)
    rider_at, rider = _grouped(arcs.load, len(limits.full), arcs.node, order)
    return Net(
        demand=nodes.demand,
        safety=nodes.safety.copy(),
        cover=nodes.cover,
        life=nodes.life,
        spoils=spoiling(nodes.life, supply.node, supply.last, days),
        supply_at=starts(supply.node, count),
        supply_day=supply.day.copy(),
        supply_qty=supply.qty.copy(),
        supply_last=supply.last.copy(),
        arc_at=starts(arcs.node, count),
        arc=np.ascontiguousarray(np.stack(columns, axis=1)),
        part_at=starts(parts.arc, ways),
        part_node=parts.node,
        part_num=parts.numerator,
        part_den=parts.denominator,
        break_at=starts(problem.breaks.arc, ways),
        break_qty=problem.breaks.qty,
        break_price=problem.breaks.price,
        former_at=starts(problem.former.arc, ways),
        former_day=problem.former.day,
        former_qty=problem.former.qty,
        before=before,
        after=after,
        period=limits.period,
        most=limits.most,
        full=limits.full,
        pull=limits.pull,
        keep=np.array([limits.keep_days, limits.keep_bp], dtype=np.int64),
        nodes=order.nodes,
        cell_at=order.cell_at,
        cell_of=order.cell_of,
        user_at=user_at,
        user=user,
        rider_at=rider_at,
        rider=rider,
    )


def starts(group: Integers, groups: int) -> Integers:
    """Where each group starts in rows ascending by group (groups + 1,)."""
    at = np.zeros(groups + 1, dtype=np.int64)
    np.cumsum(np.bincount(group, minlength=groups)[:groups], out=at[1:])
    return at


def spoiling(life: Integers, node: Integers, last: Integers, days: int) -> Flags:
    """Nodes (n,) some of whose goods may end within the days planned."""
    found = life > 0
    found[node[last < days]] = True
    return found


def empty_state(net: Net, cells: int, outside: Outside | None) -> State:
    """Nothing planned, everything to be planned."""
    count, days = net.demand.shape
    return State(
        drawn=np.zeros((count, days), dtype=np.int64) if outside is None else outside.drawn.copy(),
        used=np.zeros((len(net.period), days), dtype=np.int64),
        first=np.zeros(count, dtype=np.int64),
        room=np.zeros(count, dtype=np.int64),
        count=np.zeros(count, dtype=np.int64),
        # Pages that nothing is written to take no memory, so there is room for many.
        orders=np.zeros((12 * count + rows_of(days), WIDTH), dtype=np.int64),
        cursor=np.zeros(1, dtype=np.int64),
        unmet=np.zeros((count, 3), dtype=np.int64),
        dirty=np.ones(cells, dtype=bool),
        opened=np.zeros(len(net.period), dtype=bool),
        touched=np.zeros(len(net.full), dtype=bool),
    )


def rows_of(days: int) -> int:
    """The most orders one node may get."""
    return 4 * days + 16


def bench_of(net: Net) -> Bench:
    days = net.demand.shape[1]
    ways = int(np.diff(net.arc_at).max(initial=1))
    batches = int(np.diff(net.supply_at).max(initial=0)) + rows_of(days)
    former = int(np.diff(net.former_at).max(initial=0))
    return Bench(
        stock=np.zeros(days, dtype=np.int64),
        other=np.zeros(days, dtype=np.int64),
        rows=np.zeros((rows_of(days), WIDTH), dtype=np.int64),
        made=np.zeros(1, dtype=np.int64),
        cost=np.zeros(ways, dtype=np.int64),
        batch=np.zeros((batches, 3), dtype=np.int64),
        order=np.zeros(batches, dtype=np.int64),
        taken=np.zeros(max(ways * former, 1), dtype=bool),
    )


def _open_days(calendars: Flags, days: int) -> tuple[Matrix, Matrix]:
    """Latest open day up to each day (-1: none) and earliest from it on (`days`: none), by calendar."""
    numbers = np.arange(days, dtype=np.int64)
    before = np.maximum.accumulate(np.where(calendars, numbers, -1), axis=1)
    after = np.minimum.accumulate(np.where(calendars, numbers, days)[:, ::-1], axis=1)[:, ::-1]
    return np.ascontiguousarray(before), np.ascontiguousarray(after)


def _grouped(group: Integers, groups: int, node: Integers, order: Order) -> tuple[Integers, Integers]:
    """The nodes of each group, once each, in the order they are planned."""
    rank = np.empty(len(order.nodes), dtype=np.int64)
    rank[order.nodes] = np.arange(len(order.nodes))
    held = group >= 0
    pairs = np.unique(np.stack([group[held], rank[node[held]]], axis=1), axis=0)
    return starts(pairs[:, 0], groups), order.nodes[pairs[:, 1]]
