"""Recompute a policy row by row with the standard library's arithmetic, sharing no code with the solver."""

from __future__ import annotations

import math
from statistics import NormalDist

from longshore.engine.stocking.problem import FILL, GAMMA, NEGATIVE_BINOMIAL, POISSON, Policy, StockingProblem

STEPS = 600
LARGE = 100.0
"""Shape above which the Wilson-Hilferty approximation is as good as the series."""


def check(problem: StockingProblem, policy: Policy) -> list[str]:
    """Rows whose reorder point does not meet the target or would meet it with one unit less, whose quantities break the
    minimum, the multiple or the shelf life. Numerical integration for gamma demand: allows 0.001 of service."""
    faults = []
    for row in range(len(problem.demand_mean)):
        level = int(policy.reorder_point[row])
        target = float(problem.service[row])
        if _service(problem, policy, row, level) < target - 1e-3:
            faults.append(f"row {row}: reorder point {level} misses the target")
        if level > 0 and _service(problem, policy, row, level - 1) > target + 1e-3:
            faults.append(f"row {row}: reorder point {level} is higher than needed")
        faults.extend(_quantity_faults(problem, policy, row))
    return faults


def _quantity_faults(problem: StockingProblem, policy: Policy, row: int) -> list[str]:
    quantity, multiple = int(policy.order_quantity[row]), int(problem.multiple[row])
    least = math.ceil(int(problem.moq[row]) / multiple) * multiple
    faults = []
    if quantity < least or quantity % multiple:
        faults.append(f"row {row}: order quantity {quantity} breaks the minimum or the multiple")
    life = int(problem.shelf_life_days[row])
    if life and quantity > least and quantity > float(problem.demand_mean[row]) * life + 1e-6:
        faults.append(f"row {row}: order quantity {quantity} outlives its shelf life")
    mean = float(problem.demand_mean[row]) * (float(problem.lead_mean[row]) + int(problem.review_days[row]))
    over = math.ceil(int(policy.reorder_point[row]) - mean - 1e-9)
    if int(policy.safety_stock[row]) != (over if over > 0 else 0):
        faults.append(f"row {row}: safety stock is not reorder point less mean demand")
    if int(policy.order_up_to[row]) < int(policy.reorder_point[row]):
        faults.append(f"row {row}: order-up-to below the reorder point")
    return faults


def _service(problem: StockingProblem, policy: Policy, row: int, level: int) -> float:
    days = float(problem.lead_mean[row]) + int(problem.review_days[row])
    daily = float(problem.demand_mean[row])
    mean = daily * days
    variance = days * float(problem.demand_sd[row]) ** 2 + (daily * float(problem.lead_sd[row])) ** 2
    shape = int(policy.shape[row])
    if int(problem.measure[row]) == FILL:
        lot = int(policy.order_quantity[row])
        return 1 - _late(shape, (mean, variance), level, lot) / lot
    return _at_most(shape, (mean, variance), level)


def _at_most(shape: int, moments: tuple[float, float], level: int) -> float:
    mean, variance = moments
    if shape == POISSON:
        return sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(level + 1))
    if shape == NEGATIVE_BINOMIAL:
        return _negative_binomial_at_most(moments, level)
    if variance == 0:
        return 1.0 if level >= mean - 1e-9 else 0.0
    if shape == GAMMA:
        return _gamma_at_most(moments, level + 1e-9)
    return NormalDist(mean, math.sqrt(variance)).cdf(level)


def _negative_binomial_at_most(moments: tuple[float, float], level: int) -> float:
    mean, variance = moments
    chance, count = mean / variance, mean * mean / (variance - mean)
    term = total = chance**count
    for units in range(1, level + 1):
        term *= (count + units - 1) / units * (1 - chance)
        total += term
    return total


def _late(shape: int, moments: tuple[float, float], level: int, lot: int) -> float:
    """Units of a lot sold late: sum (Poisson) or integral from level to level + lot of the chance to exceed it."""
    mean, variance = moments
    if shape in (POISSON, NEGATIVE_BINOMIAL):
        last = min(level + lot, level + int(mean + 12 * math.sqrt(max(mean, variance)) + 12))
        return sum(1 - _at_most(shape, moments, k) for k in range(level, last))
    if variance == 0:
        return min(mean - level, float(lot)) if mean > level else 0.0
    top = min(float(level + lot), max(level, mean) + 10 * math.sqrt(variance))
    width = (top - level) / STEPS
    return width * sum(1 - _continuous(shape, moments, level + (i + 0.5) * width) for i in range(STEPS))


def _continuous(shape: int, moments: tuple[float, float], level: float) -> float:
    if shape == GAMMA:
        return _gamma_at_most(moments, level)
    return NormalDist(moments[0], math.sqrt(moments[1])).cdf(level)


def _gamma_at_most(moments: tuple[float, float], level: float) -> float:
    """Regularised incomplete gamma function by its series (Abramowitz and Stegun 6.5.29), or Wilson-Hilferty."""
    mean, variance = moments
    a, x = mean * mean / variance, level * mean / variance
    if x <= 0:
        return 0.0
    if a > LARGE:
        return NormalDist().cdf(((x / a) ** (1 / 3) - 1 + 1 / (9 * a)) * 3 * math.sqrt(a))
    term = total = 1.0 / a
    n = 0.0
    while term > total * 1e-14:
        n += 1
        term *= x / (a + n)
        total += term
    return min(1.0, total * math.exp(a * math.log(x) - x - math.lgamma(a)))
