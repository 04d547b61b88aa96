"""Quantiles from what past forecasts missed by: no shape of distribution is assumed.

Misses are put on one scale, each series' own, found without the origin that is judged; then they are pooled over all
series, and their quantiles by lead become the forecast's (split conformal prediction, Vovk 2005, over rolling origins).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshore.engine.forecasting.problem import Reals

GROUP_ORIGINS = 3.0
"""Forecasts that the other series' spread is worth beside a series' own."""
NEIGHBOURS = 6
"""Blocks of leads that have quantiles of their own."""


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """`spread` (n,) of each series; `offsets` (horizon, levels): how many spreads a level lies above the mean."""

    spread: Reals
    offsets: Reals


@dataclass(frozen=True, slots=True, eq=False)
class Rolled:
    """Forecasts `made` and what came, `actual`, both (n, k, h), by origin, oldest first."""

    made: Reals
    actual: Reals


def calibrate(misses: Reals, units: Reals, levels: tuple[float, ...]) -> Bands:
    """`misses` (n, k, h) actual less forecast, `units` (n, k + 1) the series' usual step at each origin and now."""
    origins, horizon = misses.shape[1:]
    safe = np.maximum(units, 1e-9)
    square = (misses / safe[:, :origins, None]) ** 2
    per_origin = square.mean(axis=2)
    pooled = _typical(per_origin)
    scores = np.empty_like(misses)
    for origin in range(origins):
        rest = np.delete(np.arange(origins), origin)
        ratio = _ratio(per_origin[:, rest], pooled)
        scores[:, origin] = misses[:, origin] / (safe[:, origin] * ratio)[:, None]
    offsets = np.stack([_offsets(scores, lead, levels) for lead in range(horizon)])
    return Bands(safe[:, origins] * _ratio(per_origin, pooled), offsets)


def quantiles(mean: Reals, bands: Bands) -> Reals:
    """Quantiles (n, horizon, levels), in order and not negative."""
    made = mean[:, :, None] + bands.spread[:, None, None] * bands.offsets[None]
    return np.asarray(np.maximum(np.sort(made, axis=2), 0.0))


def _typical(per_origin: Reals) -> float:
    return max(float(np.median(per_origin)), 1e-12)


def _ratio(per_origin: Reals, pooled: float) -> Reals:
    """Root (n,) of a series' mean square, drawn towards the panel's."""
    count = per_origin.shape[1]
    return np.asarray(np.sqrt((per_origin.sum(axis=1) + GROUP_ORIGINS * pooled) / (count + GROUP_ORIGINS)))


def _offsets(scores: Reals, lead: int, levels: tuple[float, ...]) -> Reals:
    """Quantiles over a block of leads around this one, with conformal prediction's allowance for few cases."""
    horizon = scores.shape[2]
    reach = max(horizon // (2 * NEIGHBOURS), 0)
    pool = scores[:, :, max(lead - reach, 0) : lead + reach + 1].reshape(-1)
    count = len(pool)
    wanted = np.array([_allowed(level, count) for level in levels])
    return np.asarray(np.quantile(pool, wanted, method="linear"))


def _allowed(level: float, count: int) -> float:
    """The level moved outwards as (n + 1) / n asks for."""
    outward = (count + 1) / count
    return min(level * outward, 1.0) if level >= 0.5 else max(1 - (1 - level) * outward, 0.0)


def coverage(history: Rolled, units: Reals, levels: tuple[float, ...], first: int) -> Reals:
    """Share (levels,) of what came that lay below each quantile, at origins `first` and later, each judged by bands
    calibrated on the origins before it only."""
    below = []
    for origin in range(first, history.made.shape[1]):
        bands = calibrate((history.actual - history.made)[:, :origin], units[:, : origin + 1], levels)
        found = quantiles(history.made[:, origin], bands)
        below.append((history.actual[:, origin, :, None] <= found).mean(axis=(0, 1)))
    return np.asarray(np.mean(below, axis=0))
