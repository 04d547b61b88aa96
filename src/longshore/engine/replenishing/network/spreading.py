"""What a change reaches: shared capacity, shared loads, and the parts and sources that orders draw on."""

from __future__ import annotations

import numpy as np

from longshore.engine.compiling import bare_kernel, kernel
from longshore.engine.replenishing.network import columns as c
from longshore.engine.replenishing.network.arrays import Matrix, Net, State
from longshore.engine.replenishing.network.problem import MAKE, MOVE, Flags, Integers


@bare_kernel
def open_group(net: Net, state: State, group: int, cell: int) -> None:
    """Start a capacity group at a cell: what cells before it use stays used, those after it are planned again."""
    state.opened[group] = True
    state.used[group] = 0
    for k in range(net.user_at[group], net.user_at[group + 1]):
        node = net.user[k]
        other = net.cell_of[node]
        if other > cell:
            state.dirty[other] = True
        if other >= cell:
            continue
        for row in range(state.first[node], state.first[node] + state.count[node]):
            if net.arc[state.orders[row, c.ARC], c.CAPACITY] == group:
                bucket = state.orders[row, c.WISH] // net.period[group]
                state.used[group, bucket] += state.orders[row, c.QTY]


@bare_kernel
def reach(net: Net, state: State, first: int, last: int) -> None:
    """Open the groups of dirty cells first .. last, in the order they are planned, and note the loads they touch."""
    for cell in range(first, last):
        if not state.dirty[cell]:
            continue
        for k in range(net.cell_at[cell], net.cell_at[cell + 1]):
            reach_node(net, state, net.nodes[k])


@bare_kernel
def reach_node(net: Net, state: State, node: int) -> None:
    for way in range(net.arc_at[node], net.arc_at[node + 1]):
        group, load = net.arc[way, c.CAPACITY], net.arc[way, c.LOAD]
        if group >= 0 and not state.opened[group]:
            open_group(net, state, group, net.cell_of[node])
        if load >= 0:
            state.touched[load] = True


@kernel
def concerned(net: Net, state: State, first: int, last: int) -> Integers:
    """Nodes of cells first .. last whose orders may change: of dirty cells, and those that share a touched load."""
    most = 0
    for cell in range(first, last):
        if state.dirty[cell]:
            most += net.cell_at[cell + 1] - net.cell_at[cell]
    for load in range(len(net.full)):
        if state.touched[load]:
            most += net.rider_at[load + 1] - net.rider_at[load]
    found = np.empty(most, dtype=np.int64)
    made = 0
    for cell in range(first, last):
        if state.dirty[cell]:
            for k in range(net.cell_at[cell], net.cell_at[cell + 1]):
                found[made] = net.nodes[k]
                made += 1
    for load in range(len(net.full)):
        if not state.touched[load]:
            continue
        for k in range(net.rider_at[load], net.rider_at[load + 1]):
            if first <= net.cell_of[net.rider[k]] < last:
                found[made] = net.rider[k]
                made += 1
    return np.unique(found[:made])


@kernel
def copied(state: State, nodes: Integers) -> tuple[Integers, Matrix]:
    """The orders of these nodes as they stand: starts (k + 1,) and rows."""
    at = np.zeros(len(nodes) + 1, dtype=np.int64)
    for k in range(len(nodes)):
        at[k + 1] = at[k] + state.count[nodes[k]]
    rows = np.empty((at[-1], state.orders.shape[1]), dtype=np.int64)
    for k in range(len(nodes)):
        low = state.first[nodes[k]]
        rows[at[k] : at[k + 1]] = state.orders[low : low + state.count[nodes[k]]]
    return at, rows


@kernel
def riders(net: Net, state: State, load: int, first: int, last: int) -> Matrix:
    """Orders of cells first .. last in a load group, by the day they should leave: (k, 2) row of orders and node."""
    found = np.empty((64, 2), dtype=np.int64)
    made = 0
    for k in range(net.rider_at[load], net.rider_at[load + 1]):
        node = net.rider[k]
        if net.cell_of[node] < first or net.cell_of[node] >= last:
            continue
        for row in range(state.first[node], state.first[node] + state.count[node]):
            if net.arc[state.orders[row, c.ARC], c.LOAD] != load:
                continue
            if made == len(found):
                found = np.concatenate((found, np.empty((made, 2), dtype=np.int64)))
            found[made, 0], found[made, 1] = row, node
            made += 1
    wish = np.empty(made, dtype=np.int64)
    for k in range(made):
        wish[k] = state.orders[found[k, 0], c.WISH]
    return found[np.argsort(wish, kind="mergesort")]


@bare_kernel
def may_leave(net: Net, way: int, day: int) -> bool:
    """Whether an order here may go on another day: open, not frozen, and no capacity to mind."""
    calendar = net.arc[way, c.CALENDAR]
    is_open = calendar < 0 or net.before[calendar, day] == day
    return is_open and day >= net.arc[way, c.FENCE] and net.arc[way, c.CAPACITY] < 0


@kernel
def pull_forward(net: Net, state: State, load: int, found: Matrix) -> None:
    """Fill what leaves each day up to whole loads with whole orders (see riders) that would leave soon after."""
    rows, nodes = found[:, 0], found[:, 1]
    for k in range(len(rows)):
        order = state.orders[rows[k]]
        order[c.DAY], order[c.DUE] = order[c.WISH], order[c.WISH] + net.arc[order[c.ARC], c.LEAD]
        order[c.WHY] &= ~c.FILLS_LOAD
    pulled = np.zeros(len(rows), dtype=np.bool_)
    start = 0
    while start < len(rows):
        day, end, weight = state.orders[rows[start], c.WISH], start, 0
        while end < len(rows) and state.orders[rows[end], c.WISH] == day:
            if not pulled[end]:
                weight += state.orders[rows[end], c.QTY] * net.arc[state.orders[rows[end], c.ARC], c.SIZE]
            end += 1
        free = -weight % net.full[load]
        for k in range(end, len(rows)):
            order = state.orders[rows[k]]
            if order[c.WISH] > day + net.pull[load] or free == 0:
                break
            size = order[c.QTY] * net.arc[order[c.ARC], c.SIZE]
            if not pulled[k] and size <= free and not net.spoils[nodes[k]] and may_leave(net, order[c.ARC], day):
                order[c.DAY], order[c.DUE] = day, day + net.arc[order[c.ARC], c.LEAD]
                order[c.WHY] |= c.FILLS_LOAD
                pulled[k] = True
                free -= size
        start = end


@bare_kernel
def changed(state: State, nodes: Integers, at: Integers, rows: Matrix, differs: Flags) -> None:
    """Note which nodes' orders are not what they were."""
    for k in range(len(nodes)):
        low, count = state.first[nodes[k]], state.count[nodes[k]]
        differs[k] = count != at[k + 1] - at[k]
        if differs[k]:
            continue
        for row in range(count):
            for column in range(c.WIDTH):
                differs[k] |= state.orders[low + row, column] != rows[at[k] + row, column]


@bare_kernel
def draw_row(net: Net, state: State, way: int, day: int, qty: int) -> None:
    """Add (a negative quantity: take back) what an order takes from the nodes it draws on, and mark those to be planned."""
    kind = net.arc[way, c.KIND]
    if kind != MOVE and kind != MAKE:
        return
    sign = 1 if qty >= 0 else -1
    for part in range(net.part_at[way], net.part_at[way + 1]):
        node = net.part_node[part]
        state.drawn[node, day] += sign * -(-abs(qty) * net.part_num[part] // net.part_den[part])
        state.dirty[net.cell_of[node]] = True


@bare_kernel
def draw(net: Net, state: State, nodes: Integers, differs: Flags) -> None:
    """Add what the orders of the nodes that are different take from others."""
    for k in range(len(nodes)):
        if differs[k]:
            low = state.first[nodes[k]]
            for row in range(low, low + state.count[nodes[k]]):
                draw_row(net, state, state.orders[row, c.ARC], state.orders[row, c.DAY], state.orders[row, c.QTY])


@bare_kernel
def take_back(net: Net, state: State, at: Integers, rows: Matrix, differs: Flags) -> None:
    """Take back what the former orders (starts and rows, as copied) of the nodes that are different took."""
    for k in range(len(differs)):
        if differs[k]:
            for row in range(at[k], at[k + 1]):
                draw_row(net, state, rows[row, c.ARC], rows[row, c.DAY], -rows[row, c.QTY])
