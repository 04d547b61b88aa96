"""Many series at once: smoothing and theta over a grid of parameters, one compiled pass per series.

All members of the grid run side by side through a series; each is judged by its errors several steps ahead, and the
forecast is their mean, weighted by how small these were. So nothing is optimised and nothing can fail to converge.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from longshore.engine.compiling import kernel
from longshore.engine.forecasting.measuring import first_demand
from longshore.engine.forecasting.problem import Integers, Reals

THETA = -1.0
"""Stands in a grid's damping for "half the slope of the whole history", theta's drift."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Members (p,): how much a new period moves the level, the slope, and how much of the slope lasts a period.
    `sharpness`: power of the inverse error that weighs the members. `recent`: periods that errors are counted over,
    the newest ones."""

    level: Reals
    slope: Reals
    damping: Reals
    sharpness: float = 8.0
    recent: int = 156


@dataclass(frozen=True, slots=True, eq=False)
class TailForecast:
    """`mean` (n, horizon) and `spread` (n,), the root of the weighed mean squared error over the judged leads."""

    mean: Reals
    spread: Reals


def smoothing_grid() -> Grid:
    """Simple smoothing, linear and damped trends."""
    made = [(a, 0.0, 0.0) for a in (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0)]
    made += [(a, b, phi) for a in (0.1, 0.3, 0.5, 0.75, 1.0) for b in (0.02, 0.08, 0.2) for phi in (0.85, 0.95, 1.0)]
    return _grid(made)


def theta_grid() -> Grid:
    """Simple smoothing with half the slope of the whole history."""
    return _grid([(a, 0.0, THETA) for a in (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0)])


def _grid(made: list[tuple[float, float, float]]) -> Grid:
    columns = np.array(made, dtype=np.float64)
    return Grid(columns[:, 0].copy(), columns[:, 1].copy(), columns[:, 2].copy())


def tail_forecast(
    history: Reals, season: int, horizon: int, *, grid: Grid | None = None, threads: int = 1
) -> TailForecast:
    """Forecast `history` (n, t), zeros before the first demand not being demand, `horizon` periods on. O(n t p)."""
    rows = len(history)
    members = smoothing_grid() if grid is None else grid
    first = first_demand(history)
    parts = [part for part in np.array_split(np.arange(rows), max(threads, 1)) if len(part)]
    mean, spread = np.zeros((rows, horizon)), np.zeros(rows)

    def work(part: Integers) -> None:
        here = slice(int(part[0]), int(part[-1]) + 1)
        flat, shape = history[here], np.ones((len(part), max(season, 1)))
        if season > 1:
            shape = seasonal_shape(flat, first[here], season)
            flat = flat / shape[:, np.arange(flat.shape[1]) % season]
        made, error = _run(flat, first[here], members, horizon)
        ahead = (flat.shape[1] + np.arange(horizon)) % max(season, 1)
        mean[here] = np.maximum(made * shape[:, ahead], 0.0)
        spread[here] = error

    if len(parts) <= 1:
        for part in parts:
            work(part)
    else:
        with ThreadPoolExecutor(len(parts)) as pool:
            list(pool.map(work, parts))
    return TailForecast(mean, spread)


def _run(flat: Reals, first: Integers, grid: Grid, horizon: int) -> tuple[Reals, Reals]:
    leads = np.array(sorted({0, horizon // 3, (2 * horizon) // 3, horizon - 1}), dtype=np.int64)
    members = np.ascontiguousarray(np.stack([grid.level, grid.slope, grid.damping]))
    return run_grid(flat, first, members, leads, np.array([horizon, grid.recent, grid.sharpness], dtype=np.float64))


@kernel
def run_grid(history: Reals, first: Integers, members: Reals, leads: Integers, rule: Reals) -> tuple[Reals, Reals]:
    """Forecasts (n, horizon) and spread (n,); `members` (3, p), `leads` counted from 0, `rule` horizon, recent,
    sharpness."""
    rows, periods = history.shape
    count, horizon, recent = members.shape[1], int(rule[0]), int(rule[1])
    alpha, beta, phi = members[0], members[1], np.maximum(members[2], 0.0)
    keep = np.where(members[2] < 0.0, 1.0, members[2])
    reach = np.zeros((horizon, count))
    for p in range(count):
        power, total = 1.0, 0.0
        for ahead in range(horizon):
            power *= phi[p]
            total += power if members[2, p] >= 0.0 else 1.0
            reach[ahead, p] = total
    out, spread = np.zeros((rows, horizon)), np.zeros(rows)
    level, trend, error = np.zeros(count), np.zeros(count), np.zeros(count)
    for row in range(rows):
        begin = first[row]
        seen = periods - begin
        if seen <= 0:
            continue
        warm = min(seen, 4)
        start = history[row, begin : begin + warm].mean()
        middle, total = (seen - 1) / 2.0, seen * (seen * seen - 1.0) / 12.0
        drift = 0.0
        for t in range(begin, periods):
            drift += (t - begin - middle) * history[row, t]
        drift = 0.5 * drift / total if seen > 2 else 0.0
        for p in range(count):
            level[p], error[p] = start, 0.0
            trend[p] = drift if members[2, p] < 0.0 else 0.0
        judged = max(begin + min(10, seen // 3), periods - recent)
        counted = 0
        for t in range(begin, periods):
            y = history[row, t]
            for p in range(count):
                before = level[p] + phi[p] * trend[p]
                level[p] = before + alpha[p] * (y - before)
                trend[p] = keep[p] * trend[p] + alpha[p] * beta[p] * (y - before)
            if t < judged:
                continue
            for lead in leads[leads < periods - 1 - t]:
                y = history[row, t + 1 + lead]
                error += (y - level - trend * reach[lead]) ** 2
                counted += 1
        least = error.min()
        weights = np.ones(count)
        if least > 0.0 and counted > 0:
            weights = (least / error) ** rule[2]
        elif counted > 0:
            weights = np.where(error <= 0.0, 1.0, 0.0)
        weights /= weights.sum()
        for ahead in range(horizon):
            out[row, ahead] = (weights * (level + trend * reach[ahead])).sum()
        spread[row] = np.sqrt((weights * error).sum() / max(counted, 1))
    return out, spread


@kernel
def seasonal_shape(history: Reals, first: Integers, season: int) -> Reals:
    """Multiplicative indices (n, season), place = period modulo season: ratios to the centred moving average, shrunk
    towards 1 by how much they vary from season to season (empirical Bayes). All 1 below three seasons."""
    rows, periods = history.shape
    out = np.ones((rows, season))
    half = season // 2
    for row in range(rows):
        begin = first[row]
        if periods - begin < 3 * season:
            continue
        sums, squares, counts = np.zeros(season), np.zeros(season), np.zeros(season)
        run = history[row, begin : begin + season].sum()
        used = 0
        for t in range(begin + half, periods - season + half):
            centre = run / season
            if season % 2 == 0:
                centre += (history[row, t + half] - history[row, t - half]) / (2.0 * season)
            if centre > 0.0:
                ratio = history[row, t] / centre - 1.0
                sums[t % season] += ratio
                squares[t % season] += ratio * ratio
                counts[t % season] += 1.0
                used += 1
            run += history[row, t - half + season] - history[row, t - half] if t - half + season < periods else 0.0
        if used < 2 * season:
            continue
        means = sums / np.maximum(counts, 1.0)
        within = max((squares - counts * means * means).sum() / max(used - season, 1), 0.0)
        between = max((means * means).mean() - within * season / used, 0.0)
        if between <= 0.0:
            continue
        shape = 1.0 + sums / (counts + within / between)
        shape = np.maximum(shape, 0.05)
        out[row] = shape / shape.mean()
    return out
