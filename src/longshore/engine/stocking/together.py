"""One target for many item-places together: who gets how much service, so that it is met with least money on the shelves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require, require_reals
from longshore.engine.stocking.problem import Integers, Reals, StockingProblem
from longshore.engine.stocking.solve import solve

YEAR = 365.0
LEAST_OUT, MOST_OUT = 1e-4, 0.5
"""Chances of running out in a cycle that are never undercut or exceeded: outside a distribution says little."""
CHEAPEST, DEAREST, TURNS = -6.0, 12.0, 60
"""Powers of ten between which the worth of a late unit is looked for, and how often the span is halved."""


def share_out(problem: StockingProblem, counted: Reals, worth: float) -> Reals:
    """Service (n,), the chance of no stock-out in a cycle, where one late unit of what is counted costs `worth`.

    `counted` float64 (n,): what of each row's demand counts, a day (units, or order lines); rows where it is 0 keep the
    problem's service. One more unit held costs its holding as long as a lot lasts; it prevents a late one whenever a
    cycle would have run out. So the chance of running out is holding x unit cost x lot / (worth x counted a year), by the
    same worth everywhere: no other services with as little late hold less money (Everett 1963; Silver, Pyke and Thomas
    2017, B1 and B2 costs). Raises InvalidProblem.
    """
    _require(problem, counted)
    require(worth > 0, "worth", None, f"is {worth}", "Give what a late unit costs, above zero")
    rows = _rows(problem, counted)
    service = problem.service.copy()
    service[rows] = 1 - _out(problem, counted, rows) / worth
    service[rows] = np.clip(service[rows], 1 - MOST_OUT, 1 - LEAST_OUT)
    return service


def worth_of_late(problem: StockingProblem, counted: Reals, target: float) -> float:
    """The smallest worth of a late unit with which `share_out` lets `target` of all that is counted be there in time.

    The share not late is that of a lot (Hadley and Whitin 1963) by the row's distribution; the worth is found by halving,
    O(n) for each of 60 turns. Where no service up to 0.9999 reaches the target, the highest worth looked at. Raises
    InvalidProblem.
    """
    _require(problem, counted)
    require(0 < target < 1, "target", None, f"{target} is not inside (0, 1)", "Give a share such as 0.97")
    from longshore.engine.stocking.rows import Columns, shared_rows

    rows = _rows(problem, counted)
    chosen = Columns(*(np.ascontiguousarray(getattr(problem, name)[rows]) for name in Columns._fields))
    lots: Integers = np.ascontiguousarray(solve(problem).order_quantity[rows])
    weight, out, fill = counted[rows], _out(problem, counted, rows), np.empty(len(rows))

    def reaches(power: float) -> bool:
        shared_rows(chosen, lots, np.clip(out / 10.0**power, LEAST_OUT, MOST_OUT), fill)
        return float(weight @ fill) >= target * float(weight.sum())

    low, high = CHEAPEST, DEAREST
    for _turn in range(TURNS):
        middle = (low + high) / 2
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return float(10.0**high)


def _require(problem: StockingProblem, counted: Reals) -> None:
    require_reals(counted, "counted", (len(problem.demand_mean),))


def _rows(problem: StockingProblem, counted: Reals) -> NDArray[np.intp]:
    return np.flatnonzero((counted > 0) & (problem.demand_mean > 0))


def _out(problem: StockingProblem, counted: Reals, rows: NDArray[np.intp]) -> Reals:
    """Chance of running out that a worth of one money would allow."""
    lots = solve(problem).order_quantity[rows]
    yearly = problem.holding_rate[rows] * problem.unit_cost[rows] * lots
    return np.asarray(yearly / (YEAR * counted[rows]), dtype=np.float64)
