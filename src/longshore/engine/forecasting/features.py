"""What learnt models see: one row per series, origin and lead, all relative to the series' level at the origin.

Everything is known at the origin or known ahead, so a row of the past looks exactly as one of the future will.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from longshore.engine.forecasting.measuring import first_demand
from longshore.engine.forecasting.problem import Integers, PanelProblem, Reals, Truths

Singles = NDArray[np.float32]
CYCLES = 8
"""Last periods at the same place of the season that are looked at."""
CLOSED = 0.02
"""Share of the usual total below which a period counts as closed."""


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """A panel made ready: `filled` (n, t) history with closed periods as one season before and NaN before the first
    demand, `sums` (n, t + 1) running totals of it (0 for NaN), `first` (n,), `closed` (t,), `memory` periods that a
    level is the mean of, `usual` (n,) mean of all of the last two years."""

    filled: Reals
    sums: Reals
    steps: Reals
    first: Integers
    closed: Truths
    memory: int
    usual: Reals


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """`values` float32 (rows, columns), `kinds` columns that are codes; `level` and `scale` (rows,) turn a target into
    (demand - level) / scale; `series` and `target` (rows,) say which number is to be forecast."""

    values: Singles
    names: tuple[str, ...]
    kinds: tuple[int, ...]
    level: Reals
    scale: Reals
    series: Integers
    target: Integers


def only(table: Table, kept: Truths) -> Table:
    """The rows that are kept (rows,)."""
    return replace(
        table,
        values=table.values[kept],
        level=table.level[kept],
        scale=table.scale[kept],
        series=table.series[kept],
        target=table.target[kept],
    )


def trait_name(place: int) -> str:
    return f"trait {place + 1}"


def closed_periods(history: Reals, season: int) -> Truths:
    """Periods (t,) in which all series together sold next to nothing though they do around them: shop closed."""
    total = history.sum(axis=0)
    if len(total) < 2 * season or len(history) < 5:
        return np.zeros(len(total), dtype=bool)
    around = np.array([np.median(total[max(t - 14, 0) : t + 15]) for t in range(len(total))])
    return np.asarray((around > 0) & (total < CLOSED * around) & (np.arange(len(total)) >= season), dtype=bool)


def prepare(problem: PanelProblem) -> Past:
    """Closed periods filled and the memory chosen: one period, or whole seasons, whichever mean is nearer to what
    came in the next horizon."""
    history, season = problem.history, problem.season_length
    closed, first = closed_periods(history, season), first_demand(history)
    filled = history.copy()
    for t in np.flatnonzero(closed):
        filled[:, t] = filled[:, t - season]
    unsold = np.arange(filled.shape[1])[None, :] < first[:, None]
    filled[unsold] = np.nan
    zeros = np.nan_to_num(filled)
    sums = np.concatenate([np.zeros((len(filled), 1)), np.cumsum(zeros, axis=1)], axis=1)
    steps = np.abs(np.diff(zeros, axis=1, prepend=zeros[:, :1]))
    steps[unsold] = 0.0
    moved = np.concatenate([np.zeros((len(filled), 1)), np.cumsum(steps, axis=1)], axis=1)
    made = Past(filled, sums, moved, first, closed, 1, np.ones(len(filled)))
    end = np.array([filled.shape[1]], dtype=np.int64)
    two_years = round(2 * problem.year) or 104 * season
    usual = np.maximum(np.nan_to_num(mean_before(made, end, two_years)[:, 0]), 1e-9)
    return replace(made, memory=_memory(made, season, problem.horizon), usual=usual)


def _memory(past: Past, season: int, horizon: int) -> int:
    periods = past.filled.shape[1]
    choices = sorted({1, *(k * season for k in (1, 4) if season <= 26), *((4, 13) if season == 1 else ())})
    origins = np.arange(periods - horizon, max(periods // 2, 1), -max(horizon // 2, 1))
    if len(origins) == 0:
        return 1
    scale = np.maximum(past.steps[:, -1] / np.maximum(periods - past.first, 1), 1e-9)
    errors = []
    for window in choices:
        level = mean_before(past, origins, window)
        later = (past.sums[:, origins + horizon] - past.sums[:, origins]) / horizon
        errors.append(float(np.nanmean(np.abs(later - level) / scale[:, None])))
    return choices[int(np.argmin(errors))] if np.isfinite(errors).all() else 1


def mean_before(past: Past, ends: Integers, window: int) -> Reals:
    """Mean (n, k) of the last `window` periods before each of `ends` (k,), of as many as there are; NaN for none."""
    ends = np.clip(ends, 0, past.filled.shape[1])
    begins = np.maximum(ends[None, :] - window, past.first[:, None])
    counts = (ends[None, :] - begins).astype(np.float64)
    rows = np.arange(len(past.filled))[:, None]
    total = past.sums[rows, np.broadcast_to(ends[None, :], begins.shape)] - past.sums[rows, np.minimum(begins, ends)]
    return np.where(counts > 0, total / np.where(counts > 0, counts, 1.0), np.nan)


def _step_before(past: Past, ends: Integers, window: int) -> Reals:
    begins = np.minimum(np.maximum(ends[None, :] - window, past.first[:, None]), ends[None, :])
    rows = np.arange(len(past.filled))[:, None]
    total = past.steps[rows, np.broadcast_to(ends[None, :], begins.shape)] - past.steps[rows, begins]
    return np.asarray(total / np.maximum(ends[None, :] - begins, 1), dtype=np.float64)


def build(problem: PanelProblem, past: Past, origins: Integers, *, fixed: bool = False) -> Table:
    """Rows for every series, origin (first unknown period) and lead of the horizon, in this order; relative to the
    level at the origin, or, `fixed`, as shares of what the series usually sells."""
    rows, horizon = len(past.filled), problem.horizon
    targets = origins[:, None] + np.arange(horizon)[None, :]
    shape = (rows, len(origins), horizon)
    level = mean_before(past, origins, past.memory)
    step = np.maximum(_step_before(past, origins, 104), 1e-3 * np.abs(np.nan_to_num(level)) + 1e-9)
    scale = step if past.memory == 1 else np.maximum(level, 1e-9)
    height = level / past.usual[:, None]
    if fixed:
        level, scale = np.where(np.isfinite(level), 0.0, np.nan), np.broadcast_to(past.usual[:, None], level.shape)
    columns: list[tuple[str, Reals, bool]] = []

    def relative(values: Reals) -> Reals:
        return (values - level[..., None]) / scale[..., None]

    columns += [(name, relative(values), False) for name, values in _seasonal(problem, past, origins, targets)]
    columns += [(name, relative(values[..., None]), False) for name, values in _recent(problem, past, origins)]
    columns += [(name, values, False) for name, values in _yearly(problem, past, origins, targets)]
    if fixed:
        columns.append(("level", height[..., None], False))
    columns.append(("unrest", (step / np.maximum(_step_before(past, origins, 26), 1e-9))[..., None], False))
    columns += _calendar(problem, targets)
    columns += _own(problem, targets)
    columns += _traits(problem)
    values = np.stack([np.broadcast_to(v, shape).reshape(-1) for _n, v, _k in columns], axis=1).astype(np.float32)
    spread = np.broadcast_to(scale[..., None], shape).reshape(-1)
    return Table(
        values,
        tuple(name for name, _v, _k in columns),
        tuple(place for place, (_n, _v, kind) in enumerate(columns) if kind),
        np.broadcast_to(level[..., None], shape).reshape(-1).astype(np.float64),
        spread.astype(np.float64),
        np.broadcast_to(np.arange(rows)[:, None, None], shape).reshape(-1),
        np.broadcast_to(targets[None], shape).reshape(-1),
    )


def take(past: Past, places: Integers) -> Reals:
    """Values (n, *places.shape); NaN where the place is outside the history."""
    inside = (places >= 0) & (places < past.filled.shape[1])
    return np.where(inside, past.filled[:, np.where(inside, places, 0)], np.nan)


def _seasonal(problem: PanelProblem, past: Past, origins: Integers, targets: Integers) -> list[tuple[str, Reals]]:
    season = problem.season_length
    if season == 1:
        return []
    back = season * (1 + (targets - origins[:, None]) // season)
    cycles = CYCLES if season <= 13 else 3
    seen = [take(past, targets - back - k * season) for k in range(cycles)]
    stack = np.stack(seen)
    counts = np.isfinite(stack).cumsum(axis=0)
    means = np.nancumsum(stack, axis=0) / np.where(counts > 0, counts, 1)
    made = [(f"same place, {k + 1} seasons ago", values) for k, values in enumerate(seen[:4])]
    made += [
        (f"same place, mean of {k}", np.where(counts[k - 1] > 0, means[k - 1], np.nan)) for k in (4, 8) if k <= cycles
    ]
    return made


def _recent(problem: PanelProblem, past: Past, origins: Integers) -> list[tuple[str, Reals]]:
    last = [(f"{k} before", take(past, origins - k)) for k in range(1, 1 + min(max(problem.season_length, 6), 8))]
    unit = problem.season_length if problem.season_length <= 13 else 1
    windows = (1, 2, 4, 8, 13, 26) if unit > 1 else (2, 4, 8, 13, 26, 52, 104)
    return last + [(f"mean of last {k * unit}", mean_before(past, origins, k * unit)) for k in windows]


def _yearly(problem: PanelProblem, past: Past, origins: Integers, targets: Integers) -> list[tuple[str, Reals]]:
    """The same time of past years, relative to the level that a forecast would have had then."""
    season, made = problem.season_length, []
    year = problem.year or (float(season) if season > 13 else 0.0)
    # Easter a year ago was another week: where events are known, only what they are lost in says the time of year.
    dated = problem.regressors is not None and problem.regressors.events.shape[1] > 0
    if year == 0.0:
        return []
    unit = season if season <= 13 else 1
    for ago in (1, 2):
        shift = round(ago * year / unit) * unit
        then = np.maximum(origins - shift, 0)
        level = mean_before(past, then, max(past.memory, 1))
        step = np.maximum(_step_before(past, then, 104), 1e-3 * np.abs(np.nan_to_num(level)) + 1e-9)
        scale = (step if past.memory == 1 else np.maximum(level, 1e-9))[..., None]
        shape = (len(past.filled), *targets.shape)
        for width in (4 * unit,) if dated else (1, unit, 4 * unit) if unit > 1 else (1, 3, 5):
            around = mean_before(past, (targets - shift + width // 2 + 1).reshape(-1), width).reshape(shape)
            known = (targets - shift + width // 2 < origins[:, None])[None]
            made.append(
                (f"{ago} years ago, mean of {width}", np.where(known, (around - level[..., None]) / scale, np.nan))
            )
    return made


def _calendar(problem: PanelProblem, targets: Integers) -> list[tuple[str, Reals, bool]]:
    lead = (targets - targets[:, :1]).astype(np.float64)
    made: list[tuple[str, Reals, bool]] = [("lead", lead, False)]
    if problem.season_length > 1:
        made.append(("place in season", (targets % problem.season_length).astype(np.float64), False))
    if problem.year > 0:
        made.append(("time of year", np.mod(targets, problem.year), False))
    known = problem.regressors
    if known is None:
        return made
    codes, events = known.codes, known.events
    for place in range(codes.shape[1]):
        made.append((known.names[place], codes[targets, place].astype(np.float64), False))
    for place in range(events.shape[1]):
        name = known.names[codes.shape[1] + place]
        for when, word in ((0, ""), (1, " next"), (-1, " before")):
            there = np.clip(targets + when, 0, len(events) - 1)
            made.append((name + word, events[there, place].astype(np.float64), True))
    return made


def _own(problem: PanelProblem, targets: Integers) -> list[tuple[str, Reals, bool]]:
    known = problem.regressors
    if known is None:
        return []
    before = known.codes.shape[1] + known.events.shape[1]
    return [(known.names[before + k], known.own[:, targets, k], False) for k in range(known.own.shape[2])]


def _traits(problem: PanelProblem) -> list[tuple[str, Reals, bool]]:
    if problem.traits is None:
        return []
    width = problem.traits.shape[1]
    return [(trait_name(k), problem.traits[:, k].astype(np.float64)[:, None, None], True) for k in range(width)]


def usual_step(history: Reals, first: Integers, measure: str) -> Reals:
    """How far (n,) a series moves from one period to the next: root of the mean square, or the mean; 1 if it never
    does."""
    observed = np.arange(1, history.shape[1])[None, :] > first[:, None]
    moves = np.abs(np.diff(history, axis=1)) * observed
    counts = np.maximum(observed.sum(axis=1), 1)
    step = np.sqrt((moves**2).sum(axis=1) / counts) if measure == "squared" else moves.sum(axis=1) / counts
    return np.where(step > 0, step, 1.0)


def recent_steps(past: Past, origins: Integers) -> Reals:
    """Mean step (n, k) of the last 104 periods before each origin, at least a thousandth of the level."""
    level = np.nan_to_num(mean_before(past, origins, 104))
    return np.maximum(_step_before(past, origins, 104), 1e-3 * level + 1e-9)
