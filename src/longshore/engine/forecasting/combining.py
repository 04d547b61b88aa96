"""Which methods count how much: by their errors in forecasts made in the past."""

from __future__ import annotations

import numpy as np

from longshore.engine.forecasting.problem import Integers, Reals

EVEN = 0.02
"""Pull towards equal weights, as a share of the methods' mean squared error."""
OWN = 4.0
"""Power by which a series' own errors tilt its group's weights; 0 would ignore them."""
GROUP_ORIGINS = 4.0
"""Forecasts that the group's experience is worth beside a series' own."""
REFITS = 5


def group_weights(errors: Reals, measure: str) -> Reals:
    """Weights (m,), none negative, sum 1, of methods with `errors` (m, cases) whose weighted error is least: squared,
    or absolute by reweighting five times."""
    from scipy.optimize import nnls

    methods = len(errors)
    if methods == 1 or errors.shape[1] == 0:
        return np.full(methods, 1.0 / methods)
    importance = np.ones(errors.shape[1])
    weights = np.full(methods, 1.0 / methods)
    for _turn in range(1 if measure == "squared" else REFITS):
        products = (errors * importance) @ errors.T
        mean = max(float(np.trace(products)) / methods, 1e-12)
        products = products / mean + EVEN * np.eye(methods)
        root = np.linalg.cholesky(products + 1e-9 * np.eye(methods)).T
        heavy = 1e3
        stacked = np.concatenate([root, np.full((1, methods), heavy)])
        wanted = np.concatenate([np.linalg.solve(root.T, np.full(methods, EVEN / methods)), [heavy]])
        weights = nnls(stacked, wanted)[0]
        weights = weights / weights.sum()
        left = np.abs(weights @ errors)
        importance = 1.0 / np.maximum(left, 0.05 * max(float(left.mean()), 1e-12))
    return np.asarray(weights)


def series_weights(errors: Reals, groups: Integers, measure: str) -> Reals:
    """Weights (n, m) from `errors` (m, n, k, h) in usual steps: the group's, tilted by the series' own record."""
    methods, rows, origins, _leads = errors.shape
    found = np.full((rows, methods), 1.0 / methods)
    if origins == 0 or methods == 1:
        return found
    power = 2 if measure == "squared" else 1
    size = (np.abs(errors) ** power).mean(axis=(2, 3)) ** (1 / power)
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        common = group_weights(errors[:, members].reshape(methods, -1), measure)
        usual = np.maximum(size[:, members].mean(axis=1, keepdims=True), 1e-9)
        level = np.maximum(size[:, members].mean(axis=0, keepdims=True) / usual.mean(), 1e-9)
        relative = size[:, members] / usual / level
        tilt = (origins * relative + GROUP_ORIGINS) / (origins + GROUP_ORIGINS)
        mixed = common[:, None] * np.maximum(tilt, 1e-3) ** -OWN
        found[members] = (mixed / mixed.sum(axis=0, keepdims=True)).T
    return found


def without_own_origin(errors: Reals, groups: Integers, measure: str) -> Reals:
    """Weights (k, n, m): for each origin those found from all other origins; equal ones where there is no other."""
    origins = errors.shape[2]
    others = [np.delete(np.arange(origins), origin) for origin in range(origins)]
    return np.stack([series_weights(errors[:, :, rest], groups, measure) for rest in others])
