"""Calendar regression: the logarithm of demand by day, kind of day, event and time of year, without its level.

Effects are found for a group of series together and then for each by itself, both shrunk (ridge); the level follows by
simple smoothing of what the effects leave.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshore.engine.forecasting.features import Past, mean_before
from longshore.engine.forecasting.problem import Integers, PanelProblem, Reals

WAVES = 3
SHRINK_GROUP, SHRINK_OWN = 2.0, 10.0
LEVELS = (0.03, 0.06, 0.12, 0.25)
ROUNDS_OF_YEARS = 4.5
FADE_YEARS = 4.0
"""How many years back count, and after how many a day counts a third."""


def calendar_forecast(problem: PanelProblem, past: Past) -> Reals:
    """Forecast (n, horizon). O(n (t c^2 + c^3)) for c effects."""
    rows, periods = problem.history.shape
    since = _since(problem, periods)
    shared = _shared(problem)
    logs = np.log1p(np.nan_to_num(past.filled))
    rest = logs - _trend(past, problem)
    weight = _weight(problem, past, since)
    groups = np.zeros(rows, dtype=np.int64) if problem.groups is None else problem.groups
    designs = _designs(problem, shared, weight, since)
    season = _effects(designs, rest[:, since:], groups)
    levels = _levels(logs - season[:, :periods], weight > 0, problem.horizon)
    return np.asarray(np.maximum(np.expm1(season[:, periods:] + levels[:, None]), 0.0))


def _since(problem: PanelProblem, periods: int) -> int:
    year = problem.year or 52.0 * problem.season_length
    return max(periods - round(ROUNDS_OF_YEARS * year), 0)


def _weight(problem: PanelProblem, past: Past, since: int) -> Reals:
    """(n, t): 0 before the first demand, in closed periods and too long ago."""
    periods = past.filled.shape[1]
    year = problem.year or 52.0 * problem.season_length
    age = np.arange(periods, 0, -1)
    weight = np.exp(-age / (FADE_YEARS * year)) * (~past.closed) * (np.arange(periods) >= since)
    return np.where(np.arange(periods)[None, :] >= past.first[:, None], weight[None, :], 0.0)


def _trend(past: Past, problem: PanelProblem) -> Reals:
    """Logarithm (n, t) of a long centred mean; at the end the mean of the last of these windows."""
    periods = past.filled.shape[1]
    window = max(13 * problem.season_length if problem.season_length <= 13 else 26, 2)
    ends = np.minimum(np.arange(periods) + window // 2 + 1, periods)
    return np.asarray(np.log1p(np.nan_to_num(mean_before(past, ends, window))))


def _shared(problem: PanelProblem) -> Reals:
    """Columns (t + horizon, c) that all series share."""
    total = problem.history.shape[1] + problem.horizon
    t = np.arange(total)
    columns = []
    if problem.season_length > 1:
        columns += [t % problem.season_length == place for place in range(problem.season_length)]
    known = problem.regressors
    if known is not None:
        for codes in known.codes.T:
            columns += [codes == code for code in np.unique(codes)]
        for events in known.events.T:
            for code in np.unique(events[events > 0]):
                there = np.concatenate([[False], events == code, [False]])
                columns += [there[1:-1], there[2:], there[:-2]]
    if problem.year > 0:
        angle = 2 * np.pi * t / problem.year
        columns += [wave(k * angle) for k in range(1, WAVES + 1) for wave in (np.sin, np.cos)]
    return np.stack([np.ones(total), *columns], axis=1).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Design:
    """What series with the same numbers and the same first demand share: columns, their weighted transpose since the
    first year used, and their weighted squares."""

    columns: Reals
    weighed: Reals
    squares: Reals


def _designs(problem: PanelProblem, shared: Reals, weight: Reals, since: int) -> list[_Design]:
    """One for each series, made once for all that share it."""
    periods, made, found = weight.shape[1], {}, []
    for row in range(len(weight)):
        own = b"" if problem.regressors is None else problem.regressors.own[row].tobytes()
        key = (own, int(weight[row].argmax()), float(weight[row].sum()))
        if key not in made:
            columns = _with_own(problem, shared, row)
            weighed = (columns[since:periods] * weight[row, since:, None]).T
            made[key] = _Design(columns, weighed, weighed @ columns[since:periods])
        found.append(made[key])
    return found


def _effects(designs: list[_Design], rest: Reals, groups: Integers) -> Reals:
    """Effects (n, t + horizon): the group's, then what each series adds."""
    season = np.zeros((len(rest), len(designs[0].columns)))
    products = [design.weighed @ rest[row] for row, design in enumerate(designs)]
    ridge = np.eye(len(designs[0].squares))
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        mean_square = sum(designs[row].squares for row in members) / len(members)
        mean_product = sum(products[row] for row in members) / len(members)
        common = np.linalg.solve(mean_square + SHRINK_GROUP * ridge, mean_product)
        for row in members:
            left = products[row] - designs[row].squares @ common
            own = np.linalg.solve(designs[row].squares + SHRINK_OWN * ridge, left)
            season[row] = designs[row].columns @ (common + own)
    return season


def _with_own(problem: PanelProblem, shared: Reals, row: int) -> Reals:
    """The shared columns, this series' own numbers, and each of these by place in the season and by the first kind of
    day."""
    known = problem.regressors
    if known is None or known.own.shape[2] == 0:
        return shared
    parts = [shared]
    kinds = known.codes[:, 0] if known.codes.shape[1] else np.zeros(len(shared), dtype=np.int64)
    days = (kinds[:, None] == np.unique(kinds)[None, :]).astype(np.float64)
    place = np.arange(len(shared)) % problem.season_length
    places = (place[:, None] == np.arange(problem.season_length)[None, :]).astype(np.float64)
    for numbers in known.own[row].T:
        mine = (numbers - numbers.min())[:, None]
        parts += [mine, mine * days, mine * places]
    return np.concatenate(parts, axis=1)


def _levels(rest: Reals, counted: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], horizon: int) -> Reals:
    """Levels (n,) at the end by simple smoothing, mean over the paces weighted by their past errors a horizon ahead."""
    rows, periods = rest.shape
    levels, errors = [], []
    for pace in LEVELS:
        level, error, past = np.zeros(rows), np.zeros(rows), []
        seen = np.zeros(rows, dtype=bool)
        for t in range(periods):
            past.append(level)
            now = counted[:, t]
            fresh = now & ~seen
            level = np.where(fresh, rest[:, t], np.where(now, level + pace * (rest[:, t] - level), level))
            seen |= now
            if t >= max(horizon, periods - 26 * horizon):
                error += np.where(now, (rest[:, t] - past[t - horizon // 2]) ** 2, 0.0)
        levels.append(level)
        errors.append(error)
    told = np.stack(errors)
    weights = (told.min(axis=0) / np.maximum(told, 1e-12)) ** 8 + 1e-9
    return np.asarray((weights * np.stack(levels)).sum(axis=0) / weights.sum(axis=0))
