"""What learnt models see where seasons are short: one row per series and period, the demand at least a lead before it.

All is relative to the mean of some seasons that ended a lead ago. Near leads are learnt apart from far ones, so that each
sees what is newest for it; everything is known at the origin or known ahead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshore.engine.forecasting.features import Past, Table, mean_before, take, trait_name
from longshore.engine.forecasting.problem import Integers, PanelProblem, Reals

PLACES = 8
"""Last periods at the same place of the season, each by itself."""
MEANS = (1, 2, 4, 8, 13, 26, 52)
"""Seasons that means are taken over."""
SAME_PLACE = (4, 8, 13, 26, 52)
EVENT_REACH = 30
"""Periods up to which an event is felt coming or past."""
_Column = tuple[str, Reals, bool]


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """`targets` (m,) periods to be forecast, each `leads` (m,) after the first unknown one, from demand that was known
    `lag` periods before, and from what is known ahead until the horizon's end."""

    problem: PanelProblem
    past: Past
    targets: Integers
    leads: Integers
    lag: int

    @property
    def ahead(self) -> Integers:
        """Periods (m,) after the target that something is known of."""
        return self.problem.horizon - 1 - self.leads

    @property
    def ends(self) -> Integers:
        return self.targets - self.lag + 1

    @property
    def year(self) -> int:
        """A year in whole seasons; 0 for none."""
        season = self.problem.season_length
        return round(self.problem.year / season) * season

    def mean(self, window: int, ago: int = 0) -> Reals:
        return mean_before(self.past, self.ends - ago, window)


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """`periods` (m,) to be forecast, each `leads` (m,) periods after the first unknown one."""

    periods: Integers
    leads: Integers


def lagged(problem: PanelProblem, past: Past, asked: Targets, lag: int, seasons: int) -> Table:
    """Rows for every series and target (m,), in this order, from demand that was known `lag` periods before; in units
    of the mean of the `seasons` seasons until then."""
    targets = asked.periods
    look = _Look(problem, past, targets, asked.leads, lag)
    shape = (len(past.filled), len(targets))
    level = look.mean(seasons * problem.season_length)
    scale = np.where(np.isfinite(level), np.maximum(level, 1e-3 * past.usual[:, None]), np.nan)
    columns = [(name, values / scale, False) for name, values in (*_places(look), *_means(look), *_year_ago(look))]
    columns += [*_ratios(look, scale), *_when(look), *_events(look), *_own(look), *_traits(problem)]
    values = np.stack([np.broadcast_to(v, shape).reshape(-1) for _n, v, _k in columns], axis=1).astype(np.float32)
    return Table(
        values,
        tuple(name for name, _v, _k in columns),
        tuple(place for place, (_n, _v, kind) in enumerate(columns) if kind),
        np.where(np.isfinite(scale), 0.0, np.nan).reshape(-1),
        scale.reshape(-1),
        np.repeat(np.arange(shape[0]), shape[1]),
        np.tile(targets, shape[0]),
    )


def _places(look: _Look) -> list[tuple[str, Reals]]:
    season = look.problem.season_length
    back = -(-look.lag // season) * season
    made = [(f"same place, {k + 1} before", take(look.past, look.targets - back - k * season)) for k in range(PLACES)]
    made += [(f"{k + 1} before", take(look.past, look.targets - look.lag - k)) for k in range(season)]
    shape = (len(look.past.filled), len(look.targets))
    total, known = np.zeros(shape), np.zeros(shape)
    for k in range(max(SAME_PLACE)):
        seen = take(look.past, look.targets - back - k * season)
        total, known = total + np.nan_to_num(seen), known + np.isfinite(seen)
        if k + 1 in SAME_PLACE:
            mean = np.where(known > 0, total / np.maximum(known, 1.0), np.nan)
            made.append((f"same place, mean of {k + 1}", mean))
    return made


def _means(look: _Look) -> list[tuple[str, Reals]]:
    return [(f"mean of {k} seasons", look.mean(k * look.problem.season_length)) for k in MEANS]


def _year_ago(look: _Look) -> list[tuple[str, Reals]]:
    season, year = look.problem.season_length, look.year
    if year < look.lag + season:
        return []
    near = [take(look.past, look.targets - year - shift) for shift in (-season, 0, season)]
    two = take(look.past, look.targets - 2 * year)
    return [("a year ago", near[1]), ("two years ago", two), ("a year ago, mean of 3", np.mean(near, axis=0))]


def _ratios(look: _Look, scale: Reals) -> list[_Column]:
    """How high the level stands, how restless it is, and how it grew and what followed in the years before."""
    season, year = look.problem.season_length, look.year
    now = look.mean(4 * season)
    squares = np.concatenate([np.zeros((len(now), 1)), np.cumsum(np.nan_to_num(look.past.filled) ** 2, axis=1)], axis=1)
    ends = np.clip(look.ends, 0, squares.shape[1] - 1)
    mean_square = (squares[:, ends] - squares[:, np.maximum(ends - 4 * season, 0)]) / (4 * season)
    restless = np.sqrt(np.maximum(mean_square - now**2, 0.0))
    made = [("height", _share(scale, look.mean(52 * season)), False), ("unrest", _share(restless, now), False)]
    if year == 0:
        return made
    made += [
        (f"growth of {k} seasons", _share(look.mean(k * season), look.mean(k * season, year)), False) for k in (4, 13)
    ]
    for ago in (year, 2 * year):
        then = look.mean(4 * season, ago)
        for width in (season, 4 * season):
            if ago - width // 2 < look.lag:
                continue
            around = mean_before(look.past, look.targets - ago + width // 2 + 1, width)
            made.append((f"what came {ago // year} years ago, {width} periods", _share(around, then), False))
    return made


def _share(values: Reals, of: Reals) -> Reals:
    return np.asarray(values / np.maximum(of, 1e-9))


def _when(look: _Look) -> list[_Column]:
    problem, targets = look.problem, look.targets
    made: list[_Column] = [("place in season", (targets % problem.season_length).astype(np.float64), False)]
    if problem.year > 0:
        made.append(("time of year", np.mod(targets, problem.year), False))
    known = problem.regressors
    if known is not None:
        made += [(known.names[k], codes[targets].astype(np.float64), False) for k, codes in enumerate(known.codes.T)]
    return made


def _events(look: _Look) -> list[_Column]:
    known = look.problem.regressors
    if known is None:
        return []
    made: list[_Column] = []
    for place, events in enumerate(known.events.T):
        name, end = known.names[known.codes.shape[1] + place], len(events) - 1
        nearest, code = _since(events)
        coming, other = (found[::-1] for found in _since(events[::-1]))
        away, seen = coming[look.targets], coming[look.targets] <= look.ahead
        made += [
            (name, events[look.targets].astype(np.float64), True),
            (f"{name} next", np.where(look.ahead > 0, events[np.minimum(look.targets + 1, end)], 0.0), True),
            (f"{name} before", events[np.maximum(look.targets - 1, 0)].astype(np.float64), True),
            (f"periods to {name}", np.where(seen, away, np.minimum(look.ahead + 1, EVENT_REACH)), False),
            (f"{name} coming", np.where(seen, other[look.targets], 0.0), True),
            (f"periods since {name}", nearest[look.targets].astype(np.float64), False),
            (f"{name} past", code[look.targets].astype(np.float64), True),
        ]
    return made


def _since(events: Integers) -> tuple[Integers, Integers]:
    """Periods since the last event (or EVENT_REACH) and its code, 0 beyond."""
    places = np.where(events > 0, np.arange(len(events)), -EVENT_REACH)
    last = np.maximum.accumulate(places)
    distance = np.minimum(np.arange(len(events)) - last, EVENT_REACH)
    code = np.where(distance < EVENT_REACH, events[np.maximum(last, 0)], 0)
    return distance, code


def _own(look: _Look) -> list[_Column]:
    """A series' own numbers at the target, the period after and before, and how much of them came lately."""
    known = look.problem.regressors
    if known is None:
        return []
    made: list[_Column] = []
    before = known.codes.shape[1] + known.events.shape[1]
    end, width = known.own.shape[1], 2 * look.problem.season_length + 1
    for place in range(known.own.shape[2]):
        name, numbers = known.names[before + place], known.own[:, :, place]
        after = np.where(look.ahead > 0, numbers[:, np.minimum(look.targets + 1, end - 1)], np.nan)
        made += [(name, numbers[:, look.targets], False), (f"{name} next", after, False)]
        made.append((f"{name} before", numbers[:, np.maximum(look.targets - 1, 0)], False))
        sums = np.concatenate([np.zeros((len(numbers), 1)), np.cumsum(numbers, axis=1)], axis=1)
        lately = sums[:, look.targets + 1] - sums[:, np.maximum(look.targets + 1 - width, 0)]
        made.append((f"{name}, sum of {width}", lately, False))
    return made


def _traits(problem: PanelProblem) -> list[_Column]:
    columns = [] if problem.traits is None else [(trait_name(k), v) for k, v in enumerate(problem.traits.T)]
    if problem.groups is not None:
        columns.append(("group", problem.groups))
    return [(name, codes.astype(np.float64)[:, None], True) for name, codes in columns]
