"""Stock policies, vectorised."""

from __future__ import annotations

import numpy as np

from longshore.engine.stocking.demand import (
    SLIVER,
    RiskDemand,
    at_most,
    level_for_fill,
    quantile,
    risk_demand,
    shortage,
)
from longshore.engine.stocking.lots import Lots, capped, lots
from longshore.engine.stocking.problem import FILL, NOTHING, SERVICE, Integers, Policy, Reals, StockingProblem


def solve(problem: StockingProblem) -> Policy:
    """Safety stock, reorder point, order quantity and order-up-to level for every row.

    The reorder point is the smallest whole level that meets the service target over lead time plus review: a
    quantile for CYCLE, an expected shortage per lot for FILL. Safety stock is that level less mean demand, rounded
    up, 0 where the target asks for less than the mean. Order-up-to = reorder point + order quantity; under periodic
    review less the review period's demand (rounded up), as the reorder point covers it already, but never below the
    reorder point. Rounding is always up. Deterministic; about 1 s per million rows of normal demand. See README for
    sources.
    """
    demand = risk_demand(problem)
    first = lots(problem)
    level = _level(problem, demand, first)
    safety = _safety(level, demand)
    order = capped(problem, first, safety)
    changed = np.flatnonzero((order.quantity != first.quantity) & (problem.measure == FILL))
    if len(changed):
        lot = order.quantity[changed].astype(np.float64)
        level[changed] = level_for_fill(demand.rows(changed), problem.service[changed], lot)
        safety = _safety(level, demand)
    covered = np.ceil(problem.demand_mean * problem.review_days - SLIVER).astype(np.int64)
    extra = np.where(order.quantity > covered, order.quantity - covered, 0)
    return Policy(
        safety_stock=safety,
        reorder_point=level,
        order_quantity=order.quantity,
        order_up_to=level + np.where(problem.review_days > 0, extra, order.quantity),
        binding_stock=np.where(safety > 0, SERVICE, NOTHING).astype(np.int64),
        binding_quantity=order.binding,
        economic_quantity=order.economic,
        shape=demand.shape,
        risk_days=problem.lead_mean + problem.review_days,
        flip_service=_flip(problem, demand, level, order),
    )


def _level(problem: StockingProblem, demand: RiskDemand, order: Lots) -> Integers:
    level = np.ceil(quantile(demand, problem.service) - SLIVER).astype(np.int64)
    level = np.where(level < 0, 0, level)
    fill = np.flatnonzero(problem.measure == FILL)
    if len(fill):
        lot = order.quantity[fill].astype(np.float64)
        level[fill] = level_for_fill(demand.rows(fill), problem.service[fill], lot)
    return np.asarray(level, dtype=np.int64)


def _safety(level: Integers, demand: RiskDemand) -> Integers:
    over = np.ceil(level - demand.mean - SLIVER).astype(np.int64)
    return np.asarray(np.where(over > 0, over, 0), dtype=np.int64)


def _flip(problem: StockingProblem, demand: RiskDemand, level: Integers, order: Lots) -> Reals:
    """Service reached with one unit less: at this target or below, the reorder point falls."""
    less = np.maximum(level - 1, 0).astype(np.float64)
    lot = order.quantity.astype(np.float64)
    fill = 1 - (shortage(demand, less) - shortage(demand, less + lot)) / lot
    reached = np.where(problem.measure == FILL, fill, at_most(demand, less))
    return np.where(level > 0, reached, 0.0)
