"""Public and lunar holidays as days that may move demand: before, during and after each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from longshore.planning.rules import Reals

CHINESE_ZONES: Final = frozenset({"Asia/Shanghai", "Asia/Urumqi", "Asia/Chongqing", "Asia/Harbin", "PRC"})
BEFORE_DAYS: Final = 7
AFTER_DAYS: Final = 5
# Words of the English names that the library gives → our name of the festival.
NAMES: Final = (
    ("Chinese New Year", "spring-festival"),
    ("Tomb-Sweeping", "qingming"),
    ("Labor Day", "labour-day"),
    ("Dragon Boat", "dragon-boat"),
    ("Mid-Autumn", "mid-autumn"),
    ("National Day", "national-day"),
    ("New Year's Day", "new-year"),
)


@lru_cache(maxsize=64)
def chinese_festivals(year: int) -> tuple[tuple[date, str], ...]:
    """The days of each festival of a year, lunar ones included, as published or computed."""
    from holidays import country_holidays

    found = country_holidays("CN", years=[year], language="en_US")
    named = ((day, next((ours for words, ours in NAMES if words in name), "")) for day, name in sorted(found.items()))
    return tuple((day, name) for day, name in named if name)


def festivals(zone: str, first: date, last: date) -> tuple[tuple[date, str], ...]:
    """(day, festival) of the country a site's time zone says, between two days."""
    if zone not in CHINESE_ZONES:
        return ()
    years = range(first.year, last.year + 1)
    return tuple((day, name) for year in years for day, name in chinese_festivals(year) if first <= day <= last)


def columns(days: Sequence[tuple[date, str]], first: date, length: int) -> dict[str, Reals]:
    """A regressor for each festival and phase: `spring-festival.before` and so on, 1 on its days from `first`."""
    found: dict[str, Reals] = {}
    by_name: dict[str, list[date]] = {}
    for day, name in days:
        by_name.setdefault(name, []).append(day)
    for name, dates in by_name.items():
        for phase, chosen in _phases(dates).items():
            column = np.zeros(length)
            places = [(day - first).days for day in chosen]
            column[[place for place in places if 0 <= place < length]] = 1.0
            if column.any():
                found[f"{name}.{phase}"] = column
    return found


def _phases(dates: Iterable[date]) -> dict[str, set[date]]:
    during = set(dates)
    starts = {day for day in during if not any(day - timedelta(days=n) in during for n in range(1, 4))}
    ends = {day for day in during if not any(day + timedelta(days=n) in during for n in range(1, 4))}
    before = {day - timedelta(days=n) for day in starts for n in range(1, BEFORE_DAYS + 1)} - during
    after = {day + timedelta(days=n) for day in ends for n in range(1, AFTER_DAYS + 1)} - during - before
    return {"before": before, "during": during, "after": after}
