"""Compare simulated demand with what its problem asks for, sharing no code with the generator."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from longshore.engine.simulating.problem import DemandProblem


def check(problem: DemandProblem, demand: NDArray[np.int64], sigmas: float = 6.0) -> list[str]:
    """Series whose total lies more than `sigmas` standard deviations from its expectation, summed day by day."""
    faults = []
    if demand.shape != (len(problem.level), problem.days) or demand.dtype != np.int64:
        return [f"shape {demand.shape} or type {demand.dtype} is wrong"]
    for row in range(len(problem.level)):
        mean = variance = 0.0
        for day in range(problem.days):
            m = _mean(problem, row, day)
            active = 1 - float(problem.intermittence[row])
            mean += m
            variance += m * float(problem.dispersion[row]) + m * m * (1 / active - 1)
        total = int(demand[row].sum())
        if demand[row].min(initial=0) < 0:
            faults.append(f"series {row}: negative demand")
        if abs(total - mean) > sigmas * math.sqrt(variance) + 1:
            faults.append(f"series {row}: total {total}, expected {mean:.1f}")
    return faults


def _mean(problem: DemandProblem, row: int, day: int) -> float:
    angle = (day + problem.first_day_of_year - float(problem.year_peak[row])) / 365.25 * 2 * math.pi
    mean = float(problem.level[row]) * problem.week[(problem.first_weekday + day) % 7]
    mean *= max(0.0, 1 + float(problem.year_amplitude[row]) * math.cos(angle))
    mean *= max(0.0, 1 + float(problem.trend[row]) * day / 365.25)
    for promotion in problem.promotions:
        if promotion.row == row and promotion.first <= day <= promotion.last:
            mean *= promotion.lift
    return mean
