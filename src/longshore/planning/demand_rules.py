"""What demand was, what people make of the forecast, and how good both are: pure, on arrays of whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from longshore.planning.rules import Integers, Reals

RECENT_DAYS: Final = 7  # a far-off day this new is left alone: it may be the first of many
ENOUGH_SALES: Final = 12  # days with demand; below this nothing is called unusual
WIDTH: Final = 4.0  # robust standard deviations of the logarithm
LEAST_SPREAD: Final = 0.25  # of the logarithm: 4.4 times the median is never unusual
NEIGHBOURS: Final = 2
CAME_ANYWAY: Final = 0.8  # with this share of the usual demand on days without stock, nothing was lost
ENOUGH_LOST: Final = 5  # units that would usually have been wanted; below this chance says as much
MEASURED_DAYS: Final = 7
MOST_SHARED: Final = 1 << 53  # thousandths: nine thousand thousand million units
LEARNING_DAYS: Final = 56  # until then a new item leans on the one it sells like


@dataclass(frozen=True, slots=True)
class Unusual:
    """A day far above what is usual: where it stands in the matrix, what counts instead, and why."""

    row: int
    column: int
    qty: int
    counts_as: int
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """An override on the leaf-days `cells` (places in a flat array); `amount` in thousandths, for a percentage in bp."""

    cells: Integers
    kind: str
    amount: int


def disaggregate(total: int, weights: Integers) -> Integers:
    """`total` shared out in proportion to `weights` (any shape): whole numbers that sum to it exactly.

    Largest remainder; of equal remainders the first. Without any weight everybody gets the same. Exact: the product of
    total and weight, which no machine word holds, is divided a few bits at a time. O(n log n).
    """
    flat = weights.ravel().astype(np.int64)
    whole = int(flat.sum())
    if whole == 0:
        flat, whole = np.ones_like(flat), len(flat)
    if whole >= MOST_SHARED or total >= MOST_SHARED:
        raise OverflowError(f"{max(whole, total)} is more than can be shared out exactly")
    each, rest = divmod(total, whole)
    step = 62 - whole.bit_length()
    found, left = each * flat, np.zeros_like(flat)
    more = np.zeros_like(flat)
    for shift in range((whole.bit_length() - 1) // step * step, -1, -step):
        digit = rest >> shift & (1 << step) - 1
        over = (left << step) + digit * flat
        more, left = (more << step) + over // whole, over % whole
    found += more
    missing = total - int(found.sum())
    found[np.argsort(-left, kind="stable")[:missing]] += 1
    return found.reshape(weights.shape)


def edited(base: Integers, edits: Sequence[Edit]) -> Integers:
    """Leaf-days (flat, thousandths) with the overrides on them, oldest first; each is disaggregated over what stood
    there before it."""
    final = base.copy()
    for edit in edits:
        if len(edit.cells):
            block = final[edit.cells]
            final[edit.cells] = disaggregate(goal_of(edit, int(block.sum())), block)
    return final


def goal_of(edit: Edit, before: int) -> int:
    """What the edited leaf-days shall sum to, in thousandths; never below nothing."""
    if edit.kind == "set":
        goal = edit.amount
    elif edit.kind == "add":
        goal = before + edit.amount
    else:
        goal = before * (10_000 + edit.amount) // 10_000
    return goal if goal > 0 else 0


def consume(forecast: Integers, orders: Integers, *, backward: int, forward: int) -> tuple[Integers, Integers]:
    """Orders (n, days) use up the forecast of their day, then of days before, then of days after, nearest first.

    Returns what is left of the forecast, and what of the orders no forecast had expected.
    """
    left, open_orders = forecast.copy(), orders.copy()
    days = forecast.shape[1]
    for offset in (0, *range(-1, -backward - 1, -1), *range(1, forward + 1)):
        if abs(offset) >= days:
            continue
        here = slice(-offset, days) if offset < 0 else slice(0, days - offset)
        there = slice(0, days + offset) if offset < 0 else slice(offset, days)
        taken = np.minimum(open_orders[:, here], left[:, there])
        open_orders[:, here] -= taken
        left[:, there] -= taken
    return left, open_orders


def unusual(history: Integers, first: int) -> list[Unusual]:
    """Days far above the rest of their row (n, days), alone among their neighbours and not of the last week.

    The limit is the median of the days with demand, as a logarithm, and four robust standard deviations; what lies
    above it counts as the limit. `first` is the epoch day of the first column (for the facts).
    """
    found = []
    for row in np.flatnonzero((history > 0).sum(axis=1) >= ENOUGH_SALES).tolist():
        sizes = np.log1p(history[row][history[row] > 0].astype(np.float64))
        middle = float(np.median(sizes))
        spread = max(1.4826 * float(np.median(np.abs(sizes - middle))), LEAST_SPREAD * 1.4826)
        limit = int(np.expm1(middle + WIDTH * spread))
        for column in np.flatnonzero(history[row, : history.shape[1] - RECENT_DAYS] > limit).tolist():
            near = history[row, column - NEIGHBOURS if column > NEIGHBOURS else 0 : column + NEIGHBOURS + 1]
            if (near > limit).sum() == 1:
                qty = int(history[row, column])
                facts = {"limit": limit, "usual": round(float(np.expm1(middle))), "epoch_day": first + column}
                found.append(Unusual(row, column, qty, limit, facts))
    return found


def filled(history: Integers, without: NDArray[np.bool_]) -> dict[tuple[int, int], tuple[int, float]]:
    """Days without stock (`without`, n × days) on which less came than usual: (row, column) → counts as, share lost.

    Usual is the mean of the same weekday with stock. If on a row's days without stock at least four fifths of that
    came, customers ordered all the same and nothing is changed. Otherwise each such day gets the missing share of its
    usual demand on top, so that together they are as usual: taking the larger of both each day would overshoot.
    """
    found: dict[tuple[int, int], tuple[int, float]] = {}
    for row in np.flatnonzero(without.any(axis=1)):
        columns = np.flatnonzero(without[row])
        usual = np.array([_usual(history[row], without[row], int(column)) for column in columns])
        expected = float(usual.sum())
        if expected < ENOUGH_LOST:
            continue
        share = float(history[row, columns].sum()) / expected
        if share >= CAME_ANYWAY:
            continue
        for column, typical in zip(columns, usual, strict=True):
            counts_as = int(history[row, column]) + round((1 - share) * float(typical))
            found[int(row), int(column)] = (counts_as, 1 - share)
    return found


def _usual(values: Integers, without: NDArray[np.bool_], column: int) -> float:
    same = np.arange(column % 7, len(values), 7)
    same = same[~without[same]]
    sold = np.flatnonzero(values > 0)
    same = same[same >= (sold[0] if len(sold) else len(values))]
    return float(values[same].mean()) if len(same) >= 2 else 0.0


def life_factors(today: date, days: int, ends_on: date | None, fade_days: int) -> Reals:
    """What is left of an item's demand on each coming day: a straight line to nothing after its last day."""
    if ends_on is None:
        return np.ones(days)
    left = (ends_on - today).days + 1 - np.arange(days, dtype=np.float64)
    return np.asarray(np.clip(left / (fade_days + 1), 0.0, 1.0), dtype=np.float64)


def leaning(own: Reals, like: Reals, known_days: int) -> Reals:
    """A young item's forecast: the one it sells like, and more and more its own."""
    weight = min(known_days, LEARNING_DAYS) / LEARNING_DAYS
    return np.asarray(weight * own + (1 - weight) * like, dtype=np.float64)
