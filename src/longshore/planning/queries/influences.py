"""What is known that moves demand: promotions, outside signals, festivals, the lives of items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from longshore.planning import effect_rules, festivals, rules
from longshore.planning.effect_rules import Push
from longshore.planning.reading import rows
from longshore.planning.rules import Reals

LEAVES = """
SELECT u.item, u.site, i.family, s.timezone
FROM unnest(%(item)s::bigint[], %(site)s::bigint[]) WITH ORDINALITY AS u(item, site, n)
JOIN catalog_item i ON i.id = u.item JOIN catalog_place s ON s.id = u.site ORDER BY u.n
"""
PROMOTIONS = """
SELECT name, item_id, family, site_id, starts_on, ends_on, uplift_bp FROM planning_promotion
WHERE starts_on < %(till)s AND ends_on >= %(since)s ORDER BY id
"""
SIGNALS = """
SELECT signal, site_id, day, value_milli FROM planning_signalday
WHERE day >= %(since)s AND day < %(till)s ORDER BY signal, day
"""
LIVES = """
SELECT item_id, analogue_id, share_bp, launched_on, ends_on, fade_days FROM planning_itemlife
WHERE %(items)s::bigint[] IS NULL OR item_id = ANY(%(items)s)
"""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Demand by leaf and day: `keys` (item, site), whole units (n, days), the first day."""

    keys: list[tuple[int, int]]
    wanted: rules.Integers
    first: date

    @property
    def days(self) -> int:
        return int(self.wanted.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    past: Reals
    future: Reals
    drivers: list[dict[str, int]]


@dataclass(frozen=True, slots=True)
class Life:
    item: int
    analogue: int | None
    share_bp: int
    launched_on: date | None
    ends_on: date | None
    fade_days: int


def lives(items: Sequence[int] | None) -> tuple[Life, ...]:
    return tuple(Life(*row) for row in rows(LIVES, {"items": None if items is None else list(items)}))


def factors_of(series: Series, horizon: int) -> Factors:
    """How much more or less than usual each past and coming day is, by what is known to move it."""
    count, days = series.wanted.shape
    found = Factors(np.ones((count, days)), np.ones((count, horizon)), [{} for _key in series.keys])
    if not count:
        return found
    window = {"since": series.first, "till": series.first + timedelta(days=days + horizon)}
    columns = {"item": [item for item, _site in series.keys], "site": [site for _item, site in series.keys]}
    leaves = [(family, zone) for _item, _site, family, zone in rows(LEAVES, columns)]
    if days >= effect_rules.ENOUGH_DAYS:
        _measure_groups(series, leaves, _signals(series, window, horizon), found)
    _push(series, leaves, rows(PROMOTIONS, window), found)
    return found


def _measure_groups(
    series: Series,
    leaves: list[tuple[str, str]],
    signals: dict[tuple[str, int | None], tuple[Reals, Reals]],
    found: Factors,
) -> None:
    """Festivals and signals move a family at a site together."""
    days, horizon = series.days, found.future.shape[1]
    groups: dict[tuple[str, int], list[int]] = defaultdict(list)
    for row, (_item, site) in enumerate(series.keys):
        groups[leaves[row][0], site].append(row)
    last = series.first + timedelta(days=days + horizon)
    by_zone = {
        zone: festivals.columns(festivals.festivals(zone, series.first, last), series.first, days + horizon)
        for zone in {zone for _family, zone in leaves}
    }
    for (_family, site), members in groups.items():
        past = {name: column[:days] for name, column in by_zone[leaves[members[0]][1]].items()}
        future = {name: column[days:] for name, column in by_zone[leaves[members[0]][1]].items()}
        for (name, where), (before, after) in signals.items():
            if where in (None, site):
                past[name], future[name] = before, after
        if not past:
            continue
        effects = effect_rules.measured(series.wanted[members].sum(axis=0).astype(np.float64), past, future)
        found.past[members] *= effects.past
        found.future[members] *= effects.future if len(effects.future) == horizon else 1.0
        for row in members:
            found.drivers[row].update(effects.drivers)


def _signals(
    series: Series, window: dict[str, date], horizon: int
) -> dict[tuple[str, int | None], tuple[Reals, Reals]]:
    """Each signal against its own mean and spread; days nobody gave are as the mean: they move nothing."""
    given: dict[tuple[str, int | None], dict[int, int]] = defaultdict(dict)
    for signal, site, day, value in rows(SIGNALS, window):
        given[signal, site][(day - series.first).days] = value
    found = {}
    for key, values in given.items():
        column = np.zeros(series.days + horizon)
        places, numbers = np.array(list(values), dtype=np.int64), np.array(list(values.values()), dtype=np.float64)
        spread = float(numbers.std())
        if spread > 0:
            column[places] = (numbers - numbers.mean()) / spread
            found[key] = (column[: series.days], column[series.days :])
    return found


def _push(series: Series, leaves: list[tuple[str, str]], promotions: list[tuple[object, ...]], found: Factors) -> None:
    """Promotions move the rows they are for, each by what it did before and what is expected of it."""
    days, horizon = found.past.shape[1], found.future.shape[1]
    for row, (item, site) in enumerate(series.keys):
        pushes = [
            push
            for name, of_item, family, at_site, starts, ends, uplift in promotions
            if of_item in (None, item) and family in ("", leaves[row][0]) and at_site in (None, site)
            for push in (_pushing(str(name), series.first, (starts, ends), (days, horizon), uplift),)
        ]
        if pushes:
            effects = effect_rules.pushed(series.wanted[row].astype(np.float64), pushes, horizon)
            found.past[row] *= effects.past
            found.future[row] *= effects.future
            found.drivers[row].update(effects.drivers)


def _pushing(name: str, first: date, span: tuple[object, object], shape: tuple[int, int], uplift: object) -> Push:
    starts, ends = span
    assert isinstance(starts, date) and isinstance(ends, date)
    on = np.zeros(sum(shape))
    begin, end = (starts - first).days, (ends - first).days + 1
    on[begin if begin > 0 else 0 : end if end > 0 else 0] = 1.0
    return Push(name, on[: shape[0]], on[shape[0] :], None if uplift is None else int(str(uplift)) / 10_000)
