"""Quantiles from what past forecasts missed by: no shape of distribution is assumed.

Misses are put on one scale, each series' own, found without the origin that is judged; then they are pooled over all
series, and their quantiles by lead become the forecast's (split conformal prediction, Vovk 2005, over rolling origins).
Origins are gone through in turn, and a level that held too much or too little is moved a little (adaptive conformal
inference, Gibbs and Candes 2021): what all series have in common, a bias or a wilder year, is followed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshore.engine.forecasting.problem import Integers, Reals

GROUP_ORIGINS = 3.0
"""Forecasts that the other series' spread is worth beside a series' own."""
NEIGHBOURS = 6
"""Blocks of leads that have quantiles of their own."""
PACE = 0.15
"""Share of the last origin's error in coverage by which a level is moved."""
WARM = 2
"""Origins that the first judged bands are made from."""
FARTHEST = 0.25
"""A level is moved at most to this share of its distance from 0, or from 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """`spread` (n,) of each series; `offsets` (horizon, levels): how many spreads a level lies above the mean."""

    spread: Reals
    offsets: Reals


@dataclass(frozen=True, slots=True, eq=False)
class Rolled:
    """Forecasts `made` and what came, `actual`, both (n, k, h), by origin, oldest first; `made` is NaN where a series
    had not begun."""

    made: Reals
    actual: Reals


def rolled(made: Reals, actual: Reals, origins: Integers, first: Integers) -> Rolled:
    """`first` (n,) periods with demand: forecasts made before are left out."""
    begun = origins[None, :] > first[:, None]
    return Rolled(np.where(begun[:, :, None], made, np.nan), actual)


def calibrate(past: Rolled, units: Reals, levels: tuple[float, ...]) -> Bands:
    """`units` (n, k + 1): the series' usual step at each origin and now. O(k^2 n h^2)."""
    asked, moved = np.array(levels), np.array(levels)
    for origin in range(WARM, past.made.shape[1]):
        bands = _pooled(_until(past, origin), units[:, : origin + 1], moved)
        off = _below(past, origin, bands) - asked
        moved = np.clip(moved - PACE * np.nan_to_num(off), FARTHEST * asked, 1 - FARTHEST * (1 - asked))
    return _pooled(past, units, np.sort(moved))


def _until(past: Rolled, origin: int) -> Rolled:
    return Rolled(past.made[:, :origin], past.actual[:, :origin])


def _below(past: Rolled, origin: int, bands: Bands) -> Reals:
    """Share (levels,) of what came after an origin that lay below each quantile; NaN where no series had begun."""
    made, actual = past.made[:, origin], past.actual[:, origin]
    judged = np.isfinite(made[:, 0])
    if not judged.any():
        return np.full(bands.offsets.shape[1], np.nan)
    found = quantiles(made[judged], Bands(bands.spread[judged], bands.offsets))
    return np.asarray((actual[judged, :, None] <= found).mean(axis=(0, 1)))


def _pooled(past: Rolled, units: Reals, levels: Reals) -> Bands:
    misses = past.actual - past.made
    origins, horizon = misses.shape[1:]
    safe = np.maximum(units, 1e-9)
    per_origin = ((misses / safe[:, :origins, None]) ** 2).mean(axis=2)
    known = per_origin[np.isfinite(per_origin)]
    pooled = max(float(np.median(known)), 1e-12) if len(known) else 1.0
    scores = np.empty_like(misses)
    for origin in range(origins):
        ratio = _ratio(np.delete(per_origin, origin, axis=1), pooled)
        scores[:, origin] = misses[:, origin] / (safe[:, origin] * ratio)[:, None]
    offsets = np.stack([_offsets(scores, lead, levels) for lead in range(horizon)])
    return Bands(safe[:, origins] * _ratio(per_origin, pooled), offsets)


def quantiles(mean: Reals, bands: Bands) -> Reals:
    """Quantiles (n, horizon, levels), in order and not negative."""
    made = mean[:, :, None] + bands.spread[:, None, None] * bands.offsets[None]
    return np.asarray(np.maximum(np.sort(made, axis=2), 0.0))


def _ratio(per_origin: Reals, pooled: float) -> Reals:
    """Root (n,) of a series' mean square, drawn towards the panel's."""
    count = np.isfinite(per_origin).sum(axis=1)
    return np.asarray(np.sqrt((np.nansum(per_origin, axis=1) + GROUP_ORIGINS * pooled) / (count + GROUP_ORIGINS)))


def _offsets(scores: Reals, lead: int, levels: Reals) -> Reals:
    """Quantiles over a block of leads around this one, with conformal prediction's allowance for few cases."""
    reach = max(scores.shape[2] // (2 * NEIGHBOURS), 0)
    pool = scores[:, :, max(lead - reach, 0) : lead + reach + 1].reshape(-1)
    pool = pool[np.isfinite(pool)]
    if len(pool) == 0:
        return np.zeros(len(levels))
    outward = (len(pool) + 1) / len(pool)
    allowed = np.where(levels >= 0.5, np.minimum(levels * outward, 1.0), np.maximum(1 - (1 - levels) * outward, 0.0))
    return np.asarray(np.quantile(pool, allowed, method="linear"))


def coverage(history: Rolled, units: Reals, levels: tuple[float, ...], first: int) -> Reals:
    """Share (levels,) of what came that lay below each quantile, at origins `first` and later, each judged by bands
    calibrated on the origins before it only."""
    below = []
    for origin in range(first, history.made.shape[1]):
        bands = calibrate(_until(history, origin), units[:, : origin + 1], levels)
        below.append(_below(history, origin, bands))
    return np.asarray(np.nanmean(below, axis=0))
