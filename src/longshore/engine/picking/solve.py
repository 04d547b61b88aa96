"""First expired, first out."""

from __future__ import annotations

import numpy as np

from longshore.engine.compiling import kernel
from longshore.engine.picking.problem import NO_STOCK, TOO_SHORT, USED_UP, Integers, PickProblem, Picks


def solve(problem: PickProblem) -> Picks:
    """Serve demand rows in row order, each from the stock of its item that expires first among what lives long
    enough.

    Among equal expiries the lower rank, then the earlier stock row, goes first. Deterministic. O((d + s) log (d +
    s)) for d demand and s stock rows, plus the lots a demand must skip because they live too short. See README.
    """
    wanted = np.argsort(problem.demand_item, kind="stable")
    there = np.lexsort((problem.stock_rank, problem.stock_usable_until, problem.stock_item))
    takes, shorts = _serve(
        (problem.demand_item[wanted], problem.demand_qty[wanted], problem.demand_min_usable_until[wanted]),
        (problem.stock_item[there], problem.stock_qty[there], problem.stock_usable_until[there]),
    )
    demand_row, stock_row = wanted[takes[0]], there[takes[1]]
    order = np.argsort(demand_row, kind="stable")
    short_row = wanted[shorts[0]]
    short_order = np.argsort(short_row, kind="stable")
    short_row = short_row[short_order]
    return Picks(
        problem.demand_key[demand_row[order]],
        problem.stock_key[stock_row[order]],
        takes[2][order],
        problem.demand_key[short_row],
        shorts[1][short_order],
        _codes(problem, short_row, there),
    )


def _codes(problem: PickProblem, short_row: Integers, there: Integers) -> Integers:
    """Why each of these demand rows is short, from the longest-lived stock of its item."""
    filled = there[problem.stock_qty[there] > 0]
    items = problem.stock_item[filled]
    asked = problem.demand_item[short_row]
    last = np.searchsorted(items, asked, side="right") - 1
    codes = np.full(len(short_row), NO_STOCK, dtype=np.int64)
    known = np.flatnonzero(last >= 0)
    known = known[items[last[known]] == asked[known]]
    longest = problem.stock_usable_until[filled[last[known]]]
    codes[known] = np.where(longest < problem.demand_min_usable_until[short_row[known]], TOO_SHORT, USED_UP)
    return codes


@kernel
def _serve(
    demand: tuple[Integers, Integers, Integers], stock: tuple[Integers, Integers, Integers]
) -> tuple[Integers, Integers]:
    """Takes (demand row, stock row, qty) and shorts (demand row, qty) of rows sorted by item, stock also FEFO."""
    item, qty, floor = demand
    stock_item, stock_qty, until = stock
    left = stock_qty.copy()
    takes = np.empty((3, len(item) + len(stock_item)), np.int64)
    shorts = np.empty((2, len(item)), np.int64)
    taken = missed = first = 0
    for row in range(len(item)):
        while first < len(stock_item) and (stock_item[first] < item[row] or left[first] == 0):
            first += 1
        missing = qty[row]
        place = first
        while missing > 0 and place < len(stock_item) and stock_item[place] == item[row]:
            used = 0 if until[place] < floor[row] else min(left[place], missing)
            if used > 0:
                takes[0, taken], takes[1, taken], takes[2, taken] = row, place, used
                taken += 1
                left[place] -= used
                missing -= used
            place += 1
        if missing > 0:
            shorts[0, missed], shorts[1, missed] = row, missing
            missed += 1
    return takes[:, :taken], shorts[:, :missed]
