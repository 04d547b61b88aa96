"""Recompute a placement stage by stage, sharing no code with the solver."""

from __future__ import annotations

import math

from longshore.engine.stocking.guaranteed.problem import UNBOUNDED, Network, Placement

CLOSE = 1e-7


def check(network: Network, placement: Placement) -> list[str]:
    """Faults: a stage served later than it counts on, a promise longer than allowed or than it takes, wrong net times,
    safety stock or cost; and any single promise that could be changed to save money."""
    served = _served(network, placement.outbound.tolist())
    faults = []
    for stage, (inbound, outbound) in enumerate(zip(placement.inbound, placement.outbound, strict=True)):
        allowed = int(network.promised[stage])
        if int(inbound) < served[stage]:
            faults.append(f"stage {stage}: counts on supply at {inbound}, promised at {served[stage]}")
        if int(outbound) < 0 or (allowed != UNBOUNDED and int(outbound) > allowed):
            faults.append(f"stage {stage}: promises {outbound}, allowed {allowed}")
        if int(placement.net[stage]) != int(inbound) + int(network.times[stage]) - int(outbound):
            faults.append(f"stage {stage}: net time does not follow from its service times")
        if int(placement.net[stage]) < 0:
            faults.append(f"stage {stage}: promises more time than it needs")
        needed = float(network.spread[stage]) * math.sqrt(abs(int(placement.net[stage])))
        if not math.isclose(needed, float(placement.safety[stage]), rel_tol=CLOSE, abs_tol=CLOSE):
            faults.append(f"stage {stage}: safety stock {placement.safety[stage]}, bound asks {needed}")
    told = cost_of(network, placement.outbound.tolist())
    if not math.isclose(told, placement.cost, rel_tol=CLOSE, abs_tol=CLOSE):
        faults.append(f"cost is {told}, not {placement.cost}")
    if placement.bound > placement.cost * (1 + CLOSE) + CLOSE:
        faults.append("the bound lies above the cost")
    return faults or _cheaper(network, placement)


def cost_of(network: Network, outbound: list[int]) -> float:
    """Cost of these promises; infinite where one cannot be kept or is not allowed."""
    total = 0.0
    for stage, inbound in enumerate(_served(network, outbound)):
        allowed = int(network.promised[stage])
        net = inbound + int(network.times[stage]) - outbound[stage]
        if net < 0 or outbound[stage] < 0 or (allowed != UNBOUNDED and outbound[stage] > allowed):
            return math.inf
        total += float(network.holding[stage]) * float(network.spread[stage]) * math.sqrt(net)
    return total


def _served(network: Network, outbound: list[int]) -> list[int]:
    found = [int(one) for one in network.inbound]
    for supplier, customer in network.arcs.tolist():
        found[customer] = max(found[customer], outbound[supplier])
    return found


def _cheaper(network: Network, placement: Placement) -> list[str]:
    """Every promise tried one period longer, one shorter, and at nothing."""
    told = placement.outbound.tolist()
    for stage, promise in enumerate(told):
        for other in (promise - 1, promise + 1, 0):
            tried = [*told[:stage], other, *told[stage + 1 :]]
            if cost_of(network, tried) < placement.cost * (1 - CLOSE) - CLOSE:
                return [f"stage {stage}: promising {other} instead of {promise} is cheaper"]
    return []
