"""Learnt methods in a panel: what they are taught with, when they are fitted again, what each driver added."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from longshore.engine.forecasting import learners
from longshore.engine.forecasting.features import Past, Table, build, only, prepare, trait_name, usual_step
from longshore.engine.forecasting.lags import Targets, lagged
from longshore.engine.forecasting.problem import Integers, PanelOptions, PanelProblem, Reals, Regressors
from longshore.engine.forecasting.walking import ahead, follow, together

YEARS = 5.0
"""How far back learnt models look at most."""
SHORT_SEASON = 13
"""Periods that a season has at most for trees to be taught by period; beyond, and for the others, by origin and lead."""
BLOCKS = 4
"""Parts of the horizon with a model of their own where rows are by period."""
LIKE = 5
"""Series that share a trait at least for trees of their own beside those of all."""
Block = tuple[int, int]
Say = Callable[[Table], Reals]
"""Forecasts (rows,) of a table's rows."""


class View(Protocol):
    """How the past is turned into rows. A block of leads has a model of its own, and so, where `trait` is one of the
    problem's, has each of its values."""

    @property
    def trait(self) -> int | None: ...

    def blocks(self, problem: PanelProblem) -> list[Block]: ...

    def table(self, problem: PanelProblem, past: Past, origins: Integers, block: Block, say: Say) -> Table:
        """Rows (n, k, leads of the block); `say` is what the block's model makes of rows, should one build on another's
        forecast."""
        ...

    def lessons(self, problem: PanelProblem, past: Past, most: int, block: Block) -> Table:
        """Rows of the past, at most about `most`."""
        ...


@dataclass(frozen=True, slots=True)
class ByOrigin:
    """A row per series, origin and lead, relative to the level at the origin or, `fixed`, to the usual one."""

    fixed: bool
    trait: int | None = None

    def blocks(self, problem: PanelProblem) -> list[Block]:
        return [(0, problem.horizon)]

    def table(self, problem: PanelProblem, past: Past, origins: Integers, block: Block, say: Say) -> Table:
        return build(problem, past, origins, fixed=self.fixed)

    def lessons(self, problem: PanelProblem, past: Past, most: int, block: Block) -> Table:
        reach = _reach(problem)
        stride = _stride(reach, most // (len(problem.history) * problem.horizon), problem.season_length)
        periods = problem.history.shape[1]
        origins = np.arange(periods - 1, max(periods - 1 - reach, 1), -stride)[::-1].astype(np.int64)
        return build(problem, past, origins, fixed=self.fixed)


@dataclass(frozen=True, slots=True)
class ByPeriod:
    """A row per series and period, in units of the mean of `seasons` seasons; the newest known demand is as old as the
    farthest lead of the block."""

    seasons: int
    trait: int | None = None

    def blocks(self, problem: PanelProblem) -> list[Block]:
        ends = sorted({-(-problem.horizon * part // BLOCKS) for part in range(1, BLOCKS + 1)})
        return list(zip([0, *ends[:-1]], ends, strict=True))

    def table(self, problem: PanelProblem, past: Past, origins: Integers, block: Block, say: Say) -> Table:
        leads = np.tile(np.arange(*block), len(origins))
        asked = Targets(np.repeat(origins, block[1] - block[0]) + leads, leads)
        return lagged(problem, past, asked, block[1], self.seasons)

    def lessons(self, problem: PanelProblem, past: Past, most: int, block: Block) -> Table:
        return lagged(problem, past, _taught(problem, most, block, block[1]), block[1], self.seasons)


@dataclass(frozen=True, slots=True)
class StepByStep:
    """Rows by period as well, `step` periods ahead at a time: forecasts of the periods before are taken for what was
    sold."""

    seasons: int
    step: int
    trait: int | None = None

    def blocks(self, problem: PanelProblem) -> list[Block]:
        return [(0, problem.horizon)]

    def table(self, problem: PanelProblem, past: Past, origins: Integers, block: Block, say: Say) -> Table:
        made = []
        for origin in origins.tolist():
            walk = ahead(past, origin, problem.horizon)
            for first in range(*block, self.step):
                leads = np.arange(first, min(first + self.step, block[1]))
                seen = lagged(problem, walk, Targets(origin + leads, leads), self.step, self.seasons)
                follow(walk, origin + first, say(seen))
                made.append(seen)
        return together(made, len(problem.history))

    def lessons(self, problem: PanelProblem, past: Past, most: int, block: Block) -> Table:
        return lagged(problem, past, _taught(problem, most, block, self.step), self.step, self.seasons)


def _taught(problem: PanelProblem, most: int, block: Block, lag: int) -> Targets:
    """Periods of the past, each place of the season as if asked for from every lead of the block in turn."""
    reach, periods = _reach(problem), problem.history.shape[1]
    stride = _stride(reach, most // len(problem.history), problem.season_length)
    targets = np.arange(periods - 1, max(periods - 1 - reach, lag), -stride)[::-1].astype(np.int64)
    turn = targets + targets // problem.season_length
    return Targets(targets, block[0] + turn % (block[1] - block[0]))


def _reach(problem: PanelProblem) -> int:
    year = problem.year or max(problem.season_length, 52.0)
    return min(problem.history.shape[1] - problem.season_length - 1, round(YEARS * year))


def _stride(reach: int, wanted: int, season: int) -> int:
    """Shares no divisor with the season, so that every place in it is seen from every lead."""
    stride = max(-(-reach // max(wanted, 2)), 1)
    while season > 1 and np.gcd(stride, season) > 1:
        stride += 1
    return stride


def views(name: str, problem: PanelProblem) -> tuple[View, ...]:
    """Each is learnt; the method says their mean."""
    if name != "lightgbm":
        return (ByOrigin(False),)
    if 1 < problem.season_length <= SHORT_SEASON:
        shared: tuple[View, ...] = (ByPeriod(4), StepByStep(4, 1), StepByStep(4, problem.season_length))
        steps = (1, problem.season_length)
        return (*shared, *(StepByStep(4, step, trait) for trait in _telling(problem) for step in steps))
    return (ByOrigin(False), ByOrigin(True)) if prepare(problem).memory > 1 else (ByOrigin(False),)


def _telling(problem: PanelProblem) -> tuple[int, ...]:
    """Traits whose every value is shared by enough series to be learnt from alone."""
    places = range(0 if problem.traits is None else problem.traits.shape[1])
    counts = [np.unique(_codes(problem, place), return_counts=True)[1] for place in places]
    return tuple(place for place, found in enumerate(counts) if len(found) > 1 and found.min() >= LIKE)


def _codes(problem: PanelProblem, trait: int) -> Integers:
    assert problem.traits is not None
    return np.asarray(problem.traits[:, trait])


def cut(problem: PanelProblem, origin: int) -> PanelProblem:
    """The problem as it was when only periods before `origin` were known."""
    known = problem.regressors
    end = origin + problem.horizon
    if known is not None:
        known = Regressors(known.codes[:end], known.events[:end], known.own[:, :end], known.names)
    return replace(problem, history=np.ascontiguousarray(problem.history[:, :origin]), regressors=known)


@dataclass(frozen=True, slots=True, eq=False)
class Learning:
    """A learnt method asked for forecasts at `origins` and now."""

    problem: PanelProblem
    options: PanelOptions
    origins: Integers
    step: Callable[[], None]

    def steps(self, name: str) -> int:
        """About how often `step` will be called: for trees once a round, else twice a model. Values of a trait that taught
        too little for trees of their own make it fewer."""
        found = 0
        for view in views(name, self.problem):
            options = self.options if view.trait is None else learners.smaller(self.options)
            models = 1 if view.trait is None else len(np.unique(_codes(self.problem, view.trait)))
            found += (
                len(view.blocks(self.problem)) * models * (options.rounds * options.bags if name == "lightgbm" else 2)
            )
        return found * (len(self._parts()) + 1)

    def told(self, name: str) -> Reals:
        """(n, k + 1, h): by models fitted before each part of the origins, and on everything."""
        seen = views(name, self.problem)
        return np.asarray(np.mean([self._seen(name, view) for view in seen], axis=0))

    def _parts(self) -> list[Integers]:
        return np.array_split(self.origins, min(self.options.refits, len(self.origins)))

    def _seen(self, name: str, view: View) -> Reals:
        past, end = prepare(self.problem), np.array([self.problem.history.shape[1]], dtype=np.int64)
        told = []
        for origins in self._parts():
            then = cut(self.problem, int(origins[0]))
            before = prepare(then)
            known = replace(past, memory=before.memory, usual=before.usual)
            told.append(self._say(name, view, (then, before), (known, origins)))
        told.append(self._say(name, view, (self.problem, past), (past, end)))
        return np.concatenate(told, axis=1)

    def _say(self, name: str, view: View, taught: tuple[PanelProblem, Past], asked: tuple[Past, Integers]) -> Reals:
        """(n, k, h): `taught` a problem and its past, `asked` what is known now and the origins."""
        parts = []
        for block in view.blocks(self.problem):
            say = _sayer(self._fit(name, view, taught, block))
            told = say(view.table(self.problem, *asked, block, say))
            parts.append(told.reshape(len(self.problem.history), len(asked[1]), -1))
        return np.concatenate(parts, axis=2)

    def _fit(self, name: str, view: View, taught: tuple[PanelProblem, Past], block: Block) -> learners.Fitted:
        table = view.lessons(*taught, self.options.most_rows, block)
        learnt = lesson(*taught, table, self.options.measure)
        if view.trait is None:
            return learners.fit(name, learnt, self.options, self.step)
        trait = learners.Trait(trait_name(view.trait), _codes(self.problem, view.trait))
        return learners.fit_apart(name, learnt, self.options, self.step, trait)

    def explained(self, name: str) -> tuple[tuple[str, ...], Reals]:
        """Drivers and what each adds (n, h, drivers) to the method's forecast, in units of demand."""
        past, rows = prepare(self.problem), len(self.problem.history)
        end, seen = np.array([self.problem.history.shape[1]], dtype=np.int64), views(name, self.problem)
        added: dict[str, Reals] = {}
        for view in seen:
            for first, last in view.blocks(self.problem):
                fitted = self._fit(name, view, (self.problem, past), (first, last))
                table = view.table(self.problem, past, end, (first, last), _sayer(fitted))
                shares = np.nan_to_num(fitted.contribute(table.values) * table.scale[:, None])
                shares[:, -1] += np.nan_to_num(table.level)
                for place, driver in enumerate((*table.names, "usual level")):
                    whole = added.setdefault(driver, np.zeros((rows, self.problem.horizon)))
                    whole[:, first:last] += shares[:, place].reshape(rows, -1) / len(seen)
        usual = added.pop("usual level")
        return (*added, "usual level"), np.stack([*added.values(), usual], axis=2)


def _sayer(fitted: learners.Fitted) -> Say:
    def say(table: Table) -> Reals:
        told = np.nan_to_num(table.level + table.scale * fitted.predict(table.values))
        return np.asarray(np.maximum(told, 0.0))

    return say


def lesson(problem: PanelProblem, past: Past, table: Table, measure: str) -> learners.Lesson:
    """What the rows should have said; closed periods and such without a level are left out. Each row counts as its error
    will: over the series' usual step."""
    periods = problem.history.shape[1]
    known = (table.target < periods) & np.isfinite(table.level) & (table.level + table.scale > 0)
    known &= ~past.closed[np.minimum(table.target, periods - 1)]
    kept = only(table, known)
    actual = problem.history[kept.series, kept.target]
    step = usual_step(problem.history, past.first, measure)[kept.series]
    weight = kept.scale / step
    weight = np.clip(weight / np.median(weight), 0.05, 20.0)
    target = (actual - kept.level) / kept.scale
    return learners.Lesson(kept, target, weight**2 if measure == "squared" else weight, measure)
