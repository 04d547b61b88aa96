"""One item, one path, one policy, period after period, compiled. Imported on first use only: it loads numba."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from longshore.engine.compiling import compiled
from longshore.engine.stocking.replaying.problem import Integers, Reals


class Given(NamedTuple):
    """The problem's columns, and what chance decides: `paths` (p, t) period of history, `draws` (p, t) in [0, 1)."""

    demand: Integers
    leads: Integers
    holding: Reals
    penalty: Reals
    order: Reals
    reorder: Integers
    target: Integers
    review: Integers
    paths: Integers
    draws: Reals
    warm: int
    lost: bool


class Measured(NamedTuple):
    """To be filled, (candidates, paths, items)."""

    cost: Reals
    asked: Integers
    served: Integers
    stock: Reals


@compiled
def ordered(given: Given, at: tuple[int, int, int, int], position: int) -> int:
    """What is ordered in this period (candidate, path, item, period)."""
    candidate, _path, item, period = at
    if period % given.review[candidate, item] or position > given.reorder[candidate, item]:
        return 0
    return max(given.target[candidate, item] - position, 0)


@compiled
def one(given: Given, measured: Measured, candidate: int, path: int, item: int) -> None:
    """Order, receive, sell, count."""
    periods = given.paths.shape[1]
    due = np.zeros(periods + 1, dtype=np.int64)
    net, coming, cost, held = given.target[candidate, item], 0, 0.0, 0.0
    asked, served = 0, 0
    for period in range(periods):
        quantity = ordered(given, (candidate, path, item, period), net + coming)
        counted = period >= given.warm
        if quantity > 0:
            drawn = int(given.draws[path, period] * given.leads.shape[1])
            due[min(period + given.leads[item, drawn], periods)] += quantity
            coming += quantity
            cost += given.order[item] * counted
        net += due[period]
        coming -= due[period]
        wanted = given.demand[item, given.paths[path, period]]
        filled = min(max(net, 0), wanted)
        missed = wanted - filled
        net -= filled if given.lost else wanted
        late = missed if given.lost else max(-net, 0)
        if counted:
            asked += wanted
            served += filled
            held += max(net, 0)
            cost += given.holding[item] * max(net, 0) + given.penalty[item] * late
    counted_periods = periods - given.warm
    measured.cost[candidate, path, item] = cost / counted_periods
    measured.stock[candidate, path, item] = held / counted_periods
    measured.asked[candidate, path, item] = asked
    measured.served[candidate, path, item] = served


@compiled
def some(given: Given, measured: Measured, start: int, stop: int) -> None:
    """Items start to stop, all paths and candidates."""
    for item in range(start, stop):
        for candidate in range(given.target.shape[0]):
            for path in range(given.paths.shape[0]):
                one(given, measured, candidate, path, item)
