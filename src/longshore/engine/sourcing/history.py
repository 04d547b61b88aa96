"""What was known about supplier, item and place on the day of an order: counts and means of earlier outcomes.

Nothing that became known on the day of the order or later enters a row, whether it is learnt from or predicted.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np

from longshore.engine.sourcing.lines import NOT_YET, Integers, Lines, Reals

WINDOWS: Final = (36_500, 365, 120)
PRIOR_LINES: Final = 10.0
MOST_DAYS: Final = 60.0  # a delay beyond this says no more than this


def features(lines: Lines, pairs_with: int = 2) -> tuple[Reals, tuple[str, ...]]:
    """One row a line, one column a name: history by each key, by each pair of a leading key (the first `pairs_with`)
    with a later one, and of all; when it is due; how crowded that day is; what the caller gave."""
    columns: dict[str, Reals] = {}
    for name, key in _groups(lines.keys, pairs_with).items():
        columns.update(_of_key(lines, name, key))
    columns.update(_dates(lines))
    columns.update(_crowd(lines))
    columns.update({f"given{n}": lines.numbers[:, n] for n in range(lines.numbers.shape[1])})
    columns.update({f"key{n}": lines.keys[:, n].astype(np.float64) for n in range(lines.keys.shape[1])})
    return np.column_stack(list(columns.values())), tuple(columns)


def _groups(keys: Integers, pairs_with: int) -> dict[str, Integers]:
    found = {f"by{n}": keys[:, n] for n in range(keys.shape[1])}
    for first, second in combinations(range(keys.shape[1]), 2):
        if first < pairs_with:
            both = keys[:, first] * (int(keys[:, second].max(initial=0)) + 1) + keys[:, second]
            found[f"by{first}x{second}"] = both
    found["all"] = np.zeros(len(keys), dtype=np.int64)
    return {name: np.unique(key, return_inverse=True)[1].astype(np.int64) for name, key in found.items()}


def _of_key(lines: Lines, name: str, key: Integers) -> dict[str, Reals]:
    found: dict[str, Reals] = {}
    late = lines.late.astype(np.float64)
    came = lines.came_on != NOT_YET
    moved = np.where(came, np.clip(np.where(came, lines.came_on - lines.due_on, 0), -MOST_DAYS, MOST_DAYS), 0.0)
    overall = 0.1
    for window in WINDOWS:
        total, count = before(key, lines.known_late_on, late, lines.asked_on, window)
        found[f"{name}-late-{window}"] = (total + PRIOR_LINES * overall) / (count + PRIOR_LINES)
        if window == 365:
            found[f"{name}-lines-{window}"] = count
        if window != 120:
            days, known = before(key, lines.came_on, moved, lines.asked_on, window)
            found[f"{name}-days-{window}"] = days / (known + PRIOR_LINES / 2)
    return found


def before(key: Integers, known_on: Integers, value: Reals, on: Integers, window: int) -> tuple[Reals, Reals]:
    """For each row: sum and count of `value` over rows of its key that became known in [on - window, on)."""
    order = np.lexsort((known_on, key))
    span = int(max(known_on[known_on != NOT_YET].max(initial=0), on.max(initial=0))) + window + 2
    place = key[order] * (2 * span) + np.minimum(known_on[order], span)
    sums = np.concatenate([[0.0], np.cumsum(value[order])])
    end = np.searchsorted(place, key * (2 * span) + on, side="left")
    start = np.searchsorted(place, key * (2 * span) + np.maximum(on - window, 0), side="left")
    return sums[end] - sums[start], (end - start).astype(np.float64)


def _dates(lines: Lines) -> dict[str, Reals]:
    due = lines.due_on.astype("datetime64[D]")
    month = due.astype("datetime64[M]")
    return {
        "due-weekday": ((lines.due_on + 3) % 7).astype(np.float64),
        "due-month": (month.astype(np.int64) % 12).astype(np.float64),
        "due-day": (due - month.astype("datetime64[D]")).astype(np.float64),
        "due-left": ((month + 1).astype("datetime64[D]") - due).astype(np.float64),
        "asked-weekday": ((lines.asked_on + 3) % 7).astype(np.float64),
        "lead": (lines.due_on - lines.asked_on).astype(np.float64),
    }


def _crowd(lines: Lines) -> dict[str, Reals]:
    """How many lines known on the day of the order are due around the same day: of the order, supplier, place, all."""
    _orders, number, size = np.unique(lines.order, return_inverse=True, return_counts=True)
    found = {"order-lines": size[number].astype(np.float64)}
    groups = {f"by{n}": lines.keys[:, n] for n in range(min(2, lines.keys.shape[1]))}
    groups["all"] = np.zeros(len(lines.order), dtype=np.int64)
    for name, key in groups.items():
        for days in (0, 10):
            found[f"{name}-due-{days}"] = _due_around(lines, key, days)
    return found


def _due_around(lines: Lines, key: Integers, days: int) -> Reals:
    found = np.zeros(len(key))
    order = np.lexsort((lines.due_on, key))
    for rows in np.split(order, np.flatnonzero(np.diff(key[order])) + 1):
        due, asked = lines.due_on[rows], lines.asked_on[rows]
        start, end = np.searchsorted(due, due - days), np.searchsorted(due, due + days, side="right")
        for n, row in enumerate(rows):
            found[row] = np.count_nonzero(asked[start[n] : end[n]] <= asked[n])
    return found
