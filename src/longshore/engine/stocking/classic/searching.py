"""Minimum and root of a function of one variable."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

GOLDEN = (sqrt(5) - 1) / 2


def least(cost: Callable[[float], float], low: float, high: float) -> float:
    """Where a unimodal `cost` is least in [low, high], to about 1e-9 of the interval (golden section)."""
    a, b = low, high
    c, d = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
    at_c, at_d = cost(c), cost(d)
    while b - a > 1e-10 * (abs(a) + abs(b)) + 1e-300:
        if at_c <= at_d:
            b, d, at_d = d, c, at_c
            c = b - GOLDEN * (b - a)
            at_c = cost(c)
        else:
            a, c, at_c = c, d, at_d
            d = a + GOLDEN * (b - a)
            at_d = cost(d)
    return (a + b) / 2


def root(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function is 0 in [low, high] (bisection, to the last digit)."""
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if rising(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
