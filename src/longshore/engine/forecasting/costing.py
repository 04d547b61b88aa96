"""What a forecast of intermittent demand costs in stock: an order-up-to rule replayed on what was asked for.

Errors of the mean rank such forecasts wrongly (forecasting nothing wins), so they are ranked by the stock that they
need to fill the same share of demand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from longshore.engine.forecasting.problem import Reals

Cover = Callable[[float], Reals]
"""Order-up-to levels (n,), whole units, for a probability of not running out before the order after next is in."""
TURNS = 40


@dataclass(frozen=True, slots=True)
class StockRun:
    """`stock` mean units on hand at the ends of periods, all items together; `fill` share of demand served at once."""

    stock: float
    fill: float


def replay(levels: Reals, demand: Reals, lead: int) -> StockRun:
    """Order up to `levels` (n, p) at the start of each period, receive `lead` periods later, then serve `demand`
    (n, p); what is not there is served later. Starts with the first level on hand."""
    periods = demand.shape[1]
    net = levels[:, 0].copy()
    coming = np.zeros((len(demand), periods + lead + 1))
    on_order = np.zeros(len(demand))
    held = served = 0.0
    for t in range(periods):
        net += coming[:, t]
        on_order -= coming[:, t]
        order = np.maximum(levels[:, t] - net - on_order, 0.0)
        if lead == 0:
            net += order
        else:
            coming[:, t + lead] += order
            on_order += order
        served += float(np.minimum(np.maximum(net, 0.0), demand[:, t]).sum())
        net -= demand[:, t]
        held += float(np.maximum(net, 0.0).sum())
    asked = float(demand.sum())
    return StockRun(held / periods, served / asked if asked > 0 else 1.0)


def stock_at_fill(covers: Sequence[Cover], demand: Reals, lead: int, fill: float) -> float:
    """Mean stock with which the covers, one for each period, fill this share; between two neighbouring rules on a
    straight line. Infinite where no probability below 1 - 10^-7 fills it."""
    low, high = 0.0, 16.0

    def run(strength: float) -> StockRun:
        share = 1.0 - 10.0 ** (-strength / 2.0) * 0.999
        return replay(np.stack([cover(share) for cover in covers], axis=1), demand, lead)

    below, above = run(low), run(high)
    if above.fill < fill:
        return float("inf")
    if below.fill >= fill:
        return below.stock
    for _turn in range(TURNS):
        middle = (low + high) / 2
        told = run(middle)
        if told.fill < fill:
            low, below = middle, told
        else:
            high, above = middle, told
    share = (fill - below.fill) / max(above.fill - below.fill, 1e-12)
    return below.stock + share * (above.stock - below.stock)
