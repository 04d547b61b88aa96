"""Pure decisions about shared plans: room between two levels, weeks, how far two numbers are apart, the bullwhip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from longshore.planning import rules

WEEK: Final = 7
ENOUGH_WEEKS: Final = 8  # a variance of fewer weeks says nothing


@dataclass(frozen=True, slots=True)
class Room:
    """How much a delivery may bring: `least` lifts the stock to the lower level, above `most` it passes the upper."""

    level: int  # what is expected to be left on the evening of the day, without the delivery
    least: int
    most: int


def room(closing_milli: int, min_qty: int, max_qty: int) -> Room:
    """Half units that are expected to be left count as whole ones, so that the upper level is never passed."""
    level = -(-closing_milli // 1000)
    least = min_qty - level
    return Room(level, least if least > 0 else 0, max_qty - level)


def rooms(days: Sequence[tuple[int, int]], min_qty: int, max_qty: int) -> tuple[Room, ...]:
    """For each day (closing in thousandths, what waits to be ordered) how much a delivery may bring on it.

    A delivery that waits is replaced, so it takes no room; one that is ordered for a later day does: what comes before it
    still stands there then.
    """
    found: list[Room] = []
    waiting = sum(planned for _closing, planned in days)
    highest: int | None = None
    for closing, planned in reversed(days):
        free = closing - waiting * 1000
        waiting -= planned
        highest = free if highest is None or free > highest else highest
        own, tight = room(free, min_qty, max_qty), room(highest, min_qty, max_qty)
        found.append(Room(own.level, own.least, tight.most))
    return tuple(reversed(found))


def week_of(day: date) -> date:
    """The Monday a day's week begins with."""
    return day - timedelta(days=day.weekday())


def weeks_ahead(today: date, days: int) -> tuple[date, ...]:
    """The Mondays of the weeks to come, from next week on, as far as the agreement looks."""
    first = week_of(today) + timedelta(days=WEEK)
    return tuple(first + timedelta(days=n * WEEK) for n in range(-(-days // WEEK)))


def apart_bp(ours: int | None, theirs: int | None) -> int | None:
    """How far the two sides are apart, in basis points of the larger number; None while one has said nothing."""
    if ours is None or theirs is None:
        return None
    larger = max(ours, theirs)
    return abs(ours - theirs) * 10_000 // larger if larger else 0


def weekly(daily_milli: Sequence[int], start: date, weeks: Sequence[date]) -> dict[date, int]:
    """Daily thousandths from `start` on, added up into whole units a week; weeks that are not covered are left out."""
    found = {}
    for week in weeks:
        first = (week - start).days
        if first >= 0 and first + WEEK <= len(daily_milli):
            found[week] = (sum(daily_milli[first : first + WEEK]) + 500) // 1000
    return found


@dataclass(frozen=True, slots=True)
class Flow:
    """What an item-site was asked for in a week, and what it ordered itself."""

    item: int
    site: int
    week: int  # epoch day of its Monday
    demand: int
    ordered: int


@dataclass(frozen=True, slots=True)
class Whip:
    """Variance of what is ordered over variance of what is asked for. None: too few weeks, or demand never varies."""

    weeks: int
    demand_mean_milli: int
    ordered_mean_milli: int
    demand_variance_milli: int
    ordered_variance_milli: int

    @property
    def ratio_milli(self) -> int | None:
        if self.weeks < ENOUGH_WEEKS or self.demand_variance_milli == 0:
            return None
        return round(1000 * self.ordered_variance_milli / self.demand_variance_milli)


def echelons(sources: Mapping[tuple[int, int], int | None]) -> dict[tuple[int, int], int]:
    """1 for sites that feed no other, one more for those that feed them. `sources`: (item, site) → the site above."""
    level = dict.fromkeys(sources, 1)
    for _turn in range(rules.MOST_LEVELS):
        raised = {
            (item, source): level[item, site] + 1
            for (item, site), source in sources.items()
            if source is not None and level.get((item, source), 0) == level[item, site]
        }
        if not raised:
            break
        level.update(raised)
    return level


def whips(flows: Sequence[Flow], weeks: Sequence[int]) -> dict[tuple[int, int], Whip]:
    """Every item-site from its own weeks; a week in which nothing happened counts as nothing."""
    keys = sorted({(flow.item, flow.site) for flow in flows})
    demand, ordered = _matrices(flows, {key: n for n, key in enumerate(keys)}, weeks)
    return {key: _whip(demand[n], ordered[n]) for n, key in enumerate(keys)}


def whips_by_echelon(
    flows: Sequence[Flow], weeks: Sequence[int], level: Mapping[tuple[int, int], int]
) -> dict[int, Whip]:
    """A level of the network as one: what each item was asked for and ordered there, all sites together.

    Variances of the items are added up, so that an item that sells little cannot hide one that sells much.
    """
    keys = sorted({(level.get((flow.item, flow.site), 1), flow.item) for flow in flows})
    row_of = {key: n for n, key in enumerate(keys)}
    at = {(flow.item, flow.site): row_of[level.get((flow.item, flow.site), 1), flow.item] for flow in flows}
    demand, ordered = _matrices(flows, at, weeks)
    found = {}
    for echelon in sorted({each for each, _item in keys}):
        chosen = [n for n, (each, _item) in enumerate(keys) if each == echelon]
        found[echelon] = _added([_whip(demand[n], ordered[n]) for n in chosen])
    return found


def _added(parts: Sequence[Whip]) -> Whip:
    return Whip(
        weeks=max(part.weeks for part in parts),
        demand_mean_milli=sum(part.demand_mean_milli for part in parts),
        ordered_mean_milli=sum(part.ordered_mean_milli for part in parts),
        demand_variance_milli=sum(part.demand_variance_milli for part in parts),
        ordered_variance_milli=sum(part.ordered_variance_milli for part in parts),
    )


def _matrices(
    flows: Sequence[Flow], row_of: Mapping[tuple[int, int], int], weeks: Sequence[int]
) -> tuple[rules.Integers, rules.Integers]:
    """Demand and orders, (rows, weeks)."""
    column = {week: n for n, week in enumerate(weeks)}
    shape = (max(row_of.values(), default=-1) + 1, len(weeks))
    demand, ordered = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    known = [flow for flow in flows if flow.week in column]
    rows = np.array([row_of[flow.item, flow.site] for flow in known], dtype=np.int64)
    columns = np.array([column[flow.week] for flow in known], dtype=np.int64)
    np.add.at(demand, (rows, columns), np.array([flow.demand for flow in known], dtype=np.int64))
    np.add.at(ordered, (rows, columns), np.array([flow.ordered for flow in known], dtype=np.int64))
    return demand, ordered


def _whip(demand: rules.Integers, ordered: rules.Integers) -> Whip:
    """Weeks before the first order of an item-site are not counted: it was planned elsewhere then."""
    began = np.flatnonzero(ordered)
    first = int(began[0]) if len(began) else len(ordered)
    asked, placed = demand[first:], ordered[first:]
    if not len(asked):
        return Whip(0, 0, 0, 0, 0)
    return Whip(
        weeks=len(asked),
        demand_mean_milli=round(float(asked.mean()) * 1000),
        ordered_mean_milli=round(float(placed.mean()) * 1000),
        demand_variance_milli=round(float(asked.var()) * 1000),
        ordered_variance_milli=round(float(placed.var()) * 1000),
    )
