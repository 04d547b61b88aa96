"""Demand as forecasting reads it: complete days of a year, with marked days counted as their mark says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from longshore.planning import rules
from longshore.planning.queries.influences import Series
from longshore.planning.reading import listed, rows

HISTORY = """
SELECT d.item_id, d.site_id, d.day, d.qty
FROM planning_demandday d
JOIN catalog_item i ON i.id = d.item_id AND i.active
JOIN catalog_place s ON s.id = d.site_id AND s.active
WHERE d.day >= %(since)s AND d.day < %(today)s AND d.qty > 0
    AND (%(items)s::bigint[] IS NULL OR d.item_id = ANY(%(items)s))
"""
MARKS = """
SELECT m.item_id, m.site_id, m.day, m.qty, m.counts_as, m.actor FROM planning_demandmark m
WHERE m.day >= %(since)s AND m.day < %(today)s AND m.kind <> 'keep'
    AND (%(items)s::bigint[] IS NULL OR m.item_id = ANY(%(items)s))
"""


def wanted_days(today: date, items: Sequence[int] | None) -> Series:
    """As it was: days as columns, oldest first, as many as the oldest demand within the year needs."""
    since = today - timedelta(days=rules.HISTORY_DAYS)
    found = rows(HISTORY, {"since": since, "today": today, "items": listed(items)})
    keys = sorted({(item, site) for item, site, _day, _qty in found})
    if not keys:
        return Series([], np.zeros((0, 0), dtype=np.int64), today)
    row_of = {key: n for n, key in enumerate(keys)}
    first: date = min(day for _item, _site, day, _qty in found)
    matrix = np.zeros((len(keys), (today - first).days), dtype=np.int64)
    row = np.array([row_of[item, site] for item, site, _day, _qty in found], dtype=np.int64)
    column = np.array([day.toordinal() for _item, _site, day, _qty in found], dtype=np.int64) - first.toordinal()
    matrix[row, column] = [qty for _item, _site, _day, qty in found]
    return Series(keys, matrix, first)


def as_marked(series: Series, today: date, items: Sequence[int] | None) -> Series:
    """The same with marked days replaced. A mark that planning found holds only for the quantity it was found at."""
    matrix = series.wanted.copy()
    row_of = {key: n for n, key in enumerate(series.keys)}
    for item, site, day, qty, counts_as, actor in rows(
        MARKS, {"since": series.first, "today": today, "items": listed(items)}
    ):
        row = row_of.get((item, site))
        if row is not None and (actor or matrix[row, (day - series.first).days] == qty):
            matrix[row, (day - series.first).days] = counts_as
    return Series(series.keys, matrix, series.first)
