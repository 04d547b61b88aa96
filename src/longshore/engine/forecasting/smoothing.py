"""One-step forecasts by exponential smoothing, all series at once: compiled kernels.

Every kernel takes `history` float64 (n, t), `first` int64 (n,) the first observed period of each series and its
smoothing parameters, and returns float64 (n, t + 1): column i is the forecast for period i made with periods before
i; the last column is the forecast of the future. Columns up to `first` are 0.
"""

from __future__ import annotations

import numpy as np

from longshore.engine.compiling import kernel
from longshore.engine.forecasting.problem import Integers, Reals

START = 4
"""Periods averaged for a starting level."""


@kernel
def running_mean(history: Reals, first: Integers) -> Reals:
    """Mean of all observed periods."""
    rows, periods = history.shape
    out = np.zeros((rows, periods + 1))
    for row in range(rows):
        total = 0.0
        for t in range(first[row], periods):
            total += history[row, t]
            out[row, t + 1] = total / (t + 1 - first[row])
    return out


@kernel
def simple(history: Reals, first: Integers, alpha: float) -> Reals:
    """Simple exponential smoothing, started at the mean of the first periods."""
    rows, periods = history.shape
    out = np.zeros((rows, periods + 1))
    for row in range(rows):
        begin = min(first[row] + 4, periods)
        level = 0.0
        for t in range(first[row], begin):
            level += history[row, t] / (begin - first[row])
        for t in range(first[row], periods):
            if t >= begin:
                level += alpha * (history[row, t] - level)
            out[row, t + 1] = level
    return out


@kernel
def damped(history: Reals, first: Integers, alpha: float, beta: float, phi: float) -> Reals:
    """Holt's method with a damped trend (Gardner and McKenzie 1985), never below zero."""
    rows, periods = history.shape
    out = np.zeros((rows, periods + 1))
    for row in range(rows):
        level, trend = 0.0, 0.0
        for t in range(first[row], periods):
            if t == first[row]:
                level = history[row, t]
            before = level
            level = level + phi * trend + alpha * (history[row, t] - level - phi * trend)
            trend = phi * trend + beta * (level - before - phi * trend)
            out[row, t + 1] = max(level + phi * trend, 0.0)
    return out


@kernel
def croston_sba(history: Reals, first: Integers, alpha: float) -> Reals:
    """Croston's method with the Syntetos-Boylan correction (2005) for intermittent demand."""
    rows, periods = history.shape
    out = np.zeros((rows, periods + 1))
    for row in range(rows):
        size, gap, since = 0.0, 1.0, 0.0
        for t in range(first[row], periods):
            y = history[row, t]
            since += 1.0
            if y > 0:
                size = y if size == 0.0 else size + alpha * (y - size)
                gap += alpha * (since - gap)
                since = 0.0
            out[row, t + 1] = (1 - alpha / 2) * size / gap
    return out


@kernel
def tsb(history: Reals, first: Integers, alpha: float, beta: float) -> Reals:
    """Teunter-Syntetos-Babai (2011): demand size and probability smoothed apart, so that dying items fade."""
    rows, periods = history.shape
    out = np.zeros((rows, periods + 1))
    for row in range(rows):
        begin = min(first[row] + 4, periods)
        size, chance = 0.0, 0.0
        for t in range(first[row], begin):
            chance += (1.0 if history[row, t] > 0 else 0.0) / (begin - first[row])
        for t in range(first[row], periods):
            y = history[row, t]
            if y > 0:
                size = y if size == 0.0 else size + alpha * (y - size)
            if t >= begin:
                chance += beta * ((1.0 if y > 0 else 0.0) - chance)
            out[row, t + 1] = chance * size
    return out


@kernel
def season_indices(history: Reals, first: Integers, until: Integers, season: int) -> Reals:
    """Multiplicative indices (n, season) by place in the season (period modulo season) of periods first .. until - 1.

    Shrunk towards 1 by the ratio of the variance within places to that between them (empirical Bayes); their mean is 1.
    """
    rows = history.shape[0]
    out = np.ones((rows, season))
    for row in range(rows):
        seen = until[row] - first[row]
        mean = history[row, first[row] : until[row]].sum() / max(seen, 1)
        if mean <= 0 or seen <= season:
            continue
        sums, squares, counts = np.zeros(season), np.zeros(season), np.zeros(season)
        for t in range(first[row], until[row]):
            ratio = history[row, t] / mean
            sums[t % season] += ratio
            squares[t % season] += ratio * ratio
            counts[t % season] += 1
        ratios = sums / np.maximum(counts, 1)
        within = max((squares - counts * ratios * ratios).sum() / max(seen - season, 1), 0.0)
        between = max(ratios.var() - within * season / seen, 0.01)
        out[row] = (sums + within / between) / np.maximum(counts + within / between, 1e-9)
        out[row] /= out[row].mean()
    return out
