"""Shelves, scales and tanks: from a number that wobbles to how many pieces stand there, and when that changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from longshore.sensing.rules.excursions import Sample, in_order

# A quantity changes only when the value is this much nearer to another one: half a piece and a bit.
STEP: Final = 0.6


@dataclass(frozen=True, slots=True)
class Scale:
    """`per_unit`: how much one base unit adds to the value, above `tare`; `noise`: how far it wobbles at rest;
    `settle`: how long it must rest before it is believed."""

    per_unit: float
    tare: float = 0.0
    noise: float = 0.0
    settle: timedelta = timedelta(seconds=10)

    def units(self, value: float) -> float:
        return (value - self.tare) / self.per_unit


@dataclass(frozen=True, slots=True)
class Level:
    """From `at` on `qty` base units stand there; negative ones (a lifted shelf) are unknown and never told."""

    at: datetime
    qty: int


def find_levels(samples: Iterable[Sample], scale: Scale, before: int | None = None) -> tuple[Level, ...]:
    """The changes of quantity in these readings; `before` is what was known when they begin."""
    found: list[Level] = []
    ordered = in_order(samples)
    start = 0
    for index, (at, _value) in enumerate(ordered):
        while ordered[start][0] < at - scale.settle:
            start += 1
        settled = _settled(ordered, start, index, scale)
        if settled is None:
            continue
        qty = _quantity(scale.units(settled), before)
        if qty >= 0 and qty != before:
            found.append(Level(at, qty))
            before = qty
    return tuple(found)


def _settled(ordered: Sequence[Sample], start: int, index: int, scale: Scale) -> float | None:
    """The middle of the window that ends here, when it is full and at rest."""
    reaches_back = start > 0 or ordered[index][0] - ordered[start][0] >= scale.settle
    values = sorted(value for _at, value in ordered[start : index + 1])
    if not reaches_back or len(values) < 2 or values[-1] - values[0] > 2 * scale.noise:
        return None
    return values[len(values) // 2]


def _quantity(units: float, before: int | None) -> int:
    if before is not None and abs(units - before) <= STEP:
        return before
    return math.floor(units + 0.5)


def consumed(levels: Sequence[Level], before: int | None = None) -> tuple[tuple[datetime, int], ...]:
    """How much was taken, at each change downwards; what was filled up is no negative consumption."""
    taken: list[tuple[datetime, int]] = []
    for level in levels:
        if before is not None and level.qty < before:
            taken.append((level.at, before - level.qty))
        before = level.qty
    return tuple(taken)
