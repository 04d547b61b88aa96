"""Recompute a promise from the problem alone, sharing no code with the solver."""

from __future__ import annotations

import math
from collections import defaultdict

from longshore.engine.promising.problem import Promise, PromiseProblem, Take


def check(problem: PromiseProblem, promise: Promise) -> list[str]:
    """Every way in which the promise breaks the problem's rules or states a wrong number; empty: it is right."""
    faults: list[str] = []
    lines = {line.key: line for line in problem.lines}
    drawn: dict[int, int] = defaultdict(int)
    if [line.line_key for line in promise.lines] != list(lines):
        faults.append("lines differ from the order's")
    for answer in promise.lines:
        line = lines[answer.line_key]
        if sum(take.qty for take in answer.takes) + answer.short != line.qty:
            faults.append(f"line {line.key}: takes and short do not add up to {line.qty}")
        for take in answer.takes:
            drawn[take.supply_key] += take.qty
            faults.extend(_take_faults(problem, take, line.item, line.min_remaining_life))
    for supply in problem.supplies:
        if drawn[supply.key] > supply.qty:
            faults.append(f"supply {supply.key}: {drawn[supply.key]} taken of {supply.qty}")
    faults.extend(_order_faults(problem, promise))
    if promise.cost != cost(problem, promise):
        faults.append(f"cost is {promise.cost}, recomputed {cost(problem, promise)}")
    return faults


def _take_faults(problem: PromiseProblem, take: Take, item: int, life: int) -> list[str]:
    supply = {supply.key: supply for supply in problem.supplies}[take.supply_key]
    route = {route.site: route for route in problem.routes}.get(take.site)
    if route is None or supply.site != take.site or supply.item != item or take.qty <= 0:
        return [f"supply {take.supply_key}: wrong item, site or quantity"]
    faults = []
    if take.ship_at < max(problem.now, supply.ready_at) + route.handling:
        faults.append(f"supply {supply.key}: leaves before it is ready")
    if take.arrive_at != take.ship_at + route.transit:
        faults.append(f"supply {supply.key}: arrival is not departure plus transit")
    if route.cutoffs and (take.ship_at + route.utc_offset) % 1440 not in route.cutoffs:
        faults.append(f"supply {supply.key}: leaves at no departure time")
    if supply.usable_until is not None and supply.usable_until - take.arrive_at < life:
        faults.append(f"supply {supply.key}: arrives with too little life")
    return faults


def _order_faults(problem: PromiseProblem, promise: Promise) -> list[str]:
    faults = []
    shipments = {(take.site, take.ship_at) for line in promise.lines for take in line.takes}
    if len(shipments) > 1 + problem.max_splits:
        faults.append(f"{len(shipments)} shipments, {1 + problem.max_splits} allowed")
    for line in promise.lines:
        last = max((take.arrive_at for take in line.takes), default=None)
        if not problem.ship_complete and line.promised_at != last:
            faults.append(f"line {line.line_key}: promised date is not its last arrival")
    if problem.ship_complete:
        faults.extend(_complete_faults(promise, shipments))
    return faults


def _complete_faults(promise: Promise, shipments: set[tuple[int, int]]) -> list[str]:
    faults = []
    if shipments and any(line.short for line in promise.lines):
        faults.append("a complete order leaves in part")
    if len({site for site, _ in shipments}) != len(shipments):
        faults.append("a complete order leaves a site twice")
    if len({line.promised_at for line in promise.lines}) > 1:
        faults.append("a complete order has several dates")
    return faults


def cost(problem: PromiseProblem, promise: Promise) -> int:
    """Fixed costs, unit costs, split penalties and late penalties of the promise, rounded up once."""
    routes = {route.site: route for route in problem.routes}
    qty_of = {line.key: line.qty for line in problem.lines}
    shipments = {(take.site, take.ship_at) for line in promise.lines for take in line.takes}
    milli = 1000 * sum(routes[site].fixed_cost for site, _ in shipments)
    if shipments:
        milli += 1000 * problem.split_penalty * (len(shipments) - 1)
    for line in promise.lines:
        late_unit = -((-1000 * problem.late_penalty_per_day) // qty_of[line.line_key])
        for take in line.takes:
            arrive_at = line.promised_at if problem.ship_complete else take.arrive_at
            assert arrive_at is not None
            days = math.ceil((arrive_at - problem.requested_at) / 1440) if arrive_at > problem.requested_at else 0
            milli += take.qty * (routes[take.site].cost_per_unit_milli + late_unit * days)
    whole, rest = divmod(milli, 1000)
    return whole + (1 if rest else 0)
