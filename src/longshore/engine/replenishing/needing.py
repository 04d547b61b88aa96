"""Which item-sites need an order today, how much, and how their stock runs without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshore.engine.replenishing.problem import (
    BACKORDER,
    BELOW_REORDER_POINT,
    REVIEW,
    STOCK_OUT,
    Integers,
    Reals,
    ReplenishProblem,
)

FAR = 3650
"""Days after which stock that does not run out is said to last (ten years)."""


@dataclass(frozen=True, slots=True, eq=False)
class Need:
    """Rows that need an order (m,): index, stock position, units wanted, units more on hand at which nothing would
    be ordered; daily demand at the end of the horizon; cumulative free stock by day (m, days) without the order; day
    of the first shortage."""

    row: Integers
    position: Integers
    wanted: Integers
    flip_qty: Integers
    daily: Reals
    running: Reals
    short_day: Integers


def need(problem: ReplenishProblem) -> Need:
    """The rows whose position is at or below their reorder point on a day they are looked at."""
    receipts = problem.receipts
    position = problem.on_hand - problem.claimed
    np.add.at(position, receipts.row, receipts.qty)
    periodic = problem.review_days > 0
    cycle = np.where(periodic, problem.review_days, 1)
    looked_at = (problem.today - problem.review_offset) % cycle == 0
    limit = np.where(periodic, np.minimum(problem.reorder_point, problem.order_up_to - 1), problem.reorder_point)
    alive = (problem.reorder_point > 0) | (position < 0) | (problem.forecast > 0).any(axis=1)
    row = np.flatnonzero(looked_at & (position <= limit) & alive).astype(np.int64)
    running = _running(problem, row)
    daily = problem.forecast[row, -1]
    return Need(
        row=row,
        position=position[row],
        wanted=_wanted(problem, row, position[row]),
        flip_qty=limit[row] + 1 - position[row],
        daily=daily,
        running=running,
        short_day=problem.today + _first_short(running, daily),
    )


def _wanted(problem: ReplenishProblem, row: Integers, position: Integers) -> Integers:
    """Periodic: up to the level. Continuous: so many lots that the position rises above the reorder point."""
    lot = np.maximum(problem.order_quantity[row], 1)
    lots = -(-(problem.reorder_point[row] - position + 1) // lot)
    up_to = problem.order_up_to[row] - position
    return np.asarray(np.where(problem.review_days[row] > 0, up_to, lots * lot), dtype=np.int64)


def _running(problem: ReplenishProblem, row: Integers) -> Reals:
    """Free stock (m, days) at the end of each day; receipts overdue are taken for today's, later ones not counted."""
    days = problem.forecast.shape[1]
    place = np.full(len(problem.item), -1, dtype=np.int64)
    place[row] = np.arange(len(row))
    change = -problem.forecast[row]
    change[:, 0] += problem.on_hand[row] - problem.claimed[row]
    offset = np.maximum(problem.receipts.day - problem.today, 0)
    counted = (place[problem.receipts.row] >= 0) & (offset < days)
    np.add.at(
        change, (place[problem.receipts.row[counted]], offset[counted]), problem.receipts.qty[counted].astype(float)
    )
    return np.asarray(np.cumsum(change, axis=1), dtype=np.float64)


def _first_short(running: Reals, daily: Reals) -> Integers:
    """Days from today to the first end of day below zero; beyond the horizon the last day's demand goes on."""
    below = running < -1e-9
    inside = below.any(axis=1)
    steady = daily > 0
    last = np.maximum(running[:, -1], 0.0)
    beyond = running.shape[1] + np.floor(last / np.where(steady, daily, 1.0) + 1e-9)
    beyond = np.where(steady & (beyond < FAR), beyond, FAR)
    return np.asarray(np.where(inside, below.argmax(axis=1), beyond), dtype=np.int64)


def stock_on(found: Need, place: Integers, offset: Integers) -> Integers:
    """Free stock (k,) rounded down at the end of the day `offset` days from today, for needs `place` (k,)."""
    days = found.running.shape[1]
    inside = np.minimum(offset, days - 1)
    extra = (offset - inside) * found.daily[place]
    return np.asarray(np.floor(found.running[place, inside] - extra + 1e-9), dtype=np.int64)


def reasons(problem: ReplenishProblem, found: Need, projected: Integers) -> Integers:
    """Why each row (m,) is ordered, the gravest first: backorder, stock-out before the order arrives, review, level."""
    periodic = problem.review_days[found.row] > 0
    code = np.where(periodic, REVIEW, BELOW_REORDER_POINT)
    code = np.where(projected < 0, STOCK_OUT, code)
    return np.asarray(np.where(found.position < 0, BACKORDER, code), dtype=np.int64)
