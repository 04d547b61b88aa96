"""What is left of a node's stock at the end of each day."""

from __future__ import annotations

from longshore.engine.compiling import bare_kernel
from longshore.engine.replenishing.network import columns as c
from longshore.engine.replenishing.network.arrays import Bench, Net, State
from longshore.engine.replenishing.network.problem import FAR, Integers


@bare_kernel
def lowest(values: Integers, low: int, high: int) -> int:
    """The least of values low .. high; there is at least one."""
    found = values[low]
    for k in range(low + 1, high):
        found = min(found, values[k])
    return found


@bare_kernel
def running(net: Net, state: State, node: int, stock: Integers) -> int:
    """Stock at the end of each day (days,) without new orders and without spoiling; returns all that is wanted."""
    total = 0
    for t in range(len(stock)):
        wanted = net.demand[node, t] + state.drawn[node, t]
        stock[t] = -wanted
        total += wanted
    for k in range(net.supply_at[node], net.supply_at[node + 1]):
        if net.supply_day[k] < len(stock):
            stock[net.supply_day[k]] += net.supply_qty[k]
    for t in range(1, len(stock)):
        stock[t] += stock[t - 1]
    return total


@bare_kernel
def by_end(bench: Bench, count: int) -> None:
    """Put the batches in order of the day they end, those of one day as they come. They are few, and nearly sorted."""
    for k in range(count):
        place, end = k, bench.batch[k, 2]
        while place > 0 and bench.batch[bench.order[place - 1], 2] > end:
            bench.order[place] = bench.order[place - 1]
            place -= 1
        bench.order[place] = k


@bare_kernel
def spoiled(net: Net, state: State, node: int, bench: Bench) -> int:
    """Stock at the end of each day where what ends first is used first; returns how much of new orders would spoil."""
    made, life, batch = bench.made[0], net.life[node], bench.batch
    low = net.supply_at[node]
    held = net.supply_at[node + 1] - low
    for k in range(held):
        batch[k, 0], batch[k, 1] = net.supply_day[low + k], net.supply_qty[low + k]
        batch[k, 2] = net.supply_last[low + k]
    for k in range(made):
        day = bench.rows[k, c.DAY] + net.arc[bench.rows[k, c.ARC], c.LEAD]
        batch[held + k, 0], batch[held + k, 1] = day, bench.rows[k, c.QTY]
        batch[held + k, 2] = day + life - 1 if life > 0 else FAR
    by_end(bench, held + made)
    owed = 0
    for t in range(len(bench.stock)):
        owed += net.demand[node, t] + state.drawn[node, t]
        left = 0
        for k in range(held + made):
            b = bench.order[k]
            if batch[b, 0] > t or batch[b, 2] < t:
                continue
            taken = min(owed, batch[b, 1])
            batch[b, 1] -= taken
            owed -= taken
            left += batch[b, 1]
        bench.stock[t] = left - owed
    waste = 0
    for k in range(held, held + made):
        if batch[k, 2] < len(bench.stock):
            waste += batch[k, 1]
    return waste
