"""Recompute a choice option by option, sharing no code with the solver; and the bound from its prices."""

from __future__ import annotations

import math

from longshore.engine.stocking.limits.problem import Choice, Menu

CLOSE = 1e-9


def check(menu: Menu, choice: Choice) -> list[str]:
    """Faults: an option that is not offered, a limit broken although told feasible, wrong cost or use, a bound its prices
    do not give."""
    items = len(menu.cost)
    cost = math.fsum(float(menu.cost[item, int(choice.option[item])]) for item in range(items))
    faults = [] if math.isfinite(cost) else ["an option is not offered"]
    if choice.feasible and not math.isclose(cost, choice.cost, rel_tol=CLOSE):
        faults.append(f"cost is {cost}, not {choice.cost}")
    for number, limit in enumerate(menu.limit.tolist()):
        used = math.fsum(float(menu.use[number, item, int(choice.option[item])]) for item in range(items))
        if choice.feasible and used > limit * (1 + CLOSE) + CLOSE:
            faults.append(f"limit {number}: {used} of {limit}")
        if not math.isclose(used, float(choice.used[number]), rel_tol=1e-6, abs_tol=1e-6):
            faults.append(f"limit {number}: uses {used}, told {choice.used[number]}")
    told = -math.fsum(float(p) * float(limit) for p, limit in zip(choice.price, menu.limit, strict=True))
    for item in range(items):
        told += min(
            float(cost) + sum(float(p) * float(menu.use[k, item, o]) for k, p in enumerate(choice.price))
            for o, cost in enumerate(menu.cost[item])
        )
    if not math.isclose(told, choice.bound, rel_tol=1e-6, abs_tol=1e-6):
        faults.append(f"the prices give the bound {told}, not {choice.bound}")
    if choice.feasible and choice.cost < choice.bound - 1e-6 * abs(choice.bound):
        faults.append("the cost lies below the bound")
    return faults
