"""Options of lot and service for every item-place: what the limits choose from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require, require_reals
from longshore.engine.stocking.limits.problem import Menu
from longshore.engine.stocking.problem import FILL, Policy, StockingProblem
from longshore.engine.stocking.solve import solve

Reals = NDArray[np.float64]
YEAR = 365.0


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """`room` in units of volume with `volume` float64 (n,) of a unit; `budget` for the mean stock, in money; `late_cost`
    float64 (n,) what a unit sold late costs. Raises InvalidProblem when used."""

    room: float
    volume: Reals
    budget: float
    late_cost: Reals


@dataclass(frozen=True, slots=True, eq=False)
class Offered:
    """The menu (limits: room, budget) and the policy behind each option, in its order."""

    menu: Menu
    policies: tuple[Policy, ...]
    lots: tuple[float, ...]
    services: tuple[float, ...]


def offer(
    problem: StockingProblem,
    shared: Shared,
    lots: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0),
    services: tuple[float, ...] = (0.9, 0.95, 0.98, 0.99),
) -> Offered:
    """Every lot (as share of the one without limits) with every fill rate. Room is taken by the fullest shelf (reorder
    point + lot), money by the mean stock; an option that would outlive its shelf life is not offered unless the supplier's
    minimum leaves no other. Cost a year: ordering, holding, lateness."""
    rows = len(problem.demand_mean)
    require_reals(shared.volume, "volume", (rows,))
    require_reals(shared.late_cost, "late_cost", (rows,))
    require(len(lots) > 0 and len(services) > 0, "lots", None, "or services are empty", "Offer at least one")
    free = solve(replace(problem, measure=np.full(rows, FILL, dtype=np.int64)))
    policies, costs, kept, rooms, money = [], [], [], [], []
    for lot in lots:
        least = np.maximum(np.ceil(free.order_quantity * lot).astype(np.int64), problem.moq)
        for service in services:
            asked = replace(
                problem,
                measure=np.full(rows, FILL, dtype=np.int64),
                service=np.full(rows, service),
                order_cost=np.zeros(rows, dtype=np.int64),
                moq=least,
            )
            policy = solve(asked)
            policies.append(policy)
            held = policy.safety_stock + policy.order_quantity / 2
            yearly = problem.demand_mean * YEAR
            cost = problem.order_cost * yearly / policy.order_quantity
            cost += problem.holding_rate * problem.unit_cost * held + shared.late_cost * yearly * (1 - service)
            costs.append(cost)
            kept.append(_keeps(problem, policy))
            rooms.append(shared.volume * (policy.reorder_point + policy.order_quantity))
            money.append(problem.unit_cost * held)
    fresh = np.stack(kept, axis=1)
    fresh[~fresh.any(axis=1), 0] = True  # the supplier's minimum outlives its life whatever is chosen
    table = np.where(fresh, np.stack(costs, axis=1), np.inf)
    menu = Menu(
        table, np.stack([np.stack(rooms, axis=1), np.stack(money, axis=1)]), np.array([shared.room, shared.budget])
    )
    names = [(lot, service) for lot in lots for service in services]
    return Offered(menu, tuple(policies), tuple(n[0] for n in names), tuple(n[1] for n in names))


def _keeps(problem: StockingProblem, policy: Policy) -> NDArray[np.bool_]:
    """Whether the lot sells within its life once the safety stock is sold."""
    sellable = problem.demand_mean * problem.shelf_life_days
    return (problem.shelf_life_days == 0) | (policy.safety_stock + policy.order_quantity <= sellable + 1e-9)
