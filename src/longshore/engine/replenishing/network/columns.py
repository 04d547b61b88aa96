"""Columns of arcs and orders, and the bits and numbers that say why."""

from __future__ import annotations

from typing import Final

# Columns of an arc.
KIND, SOURCE, LEAD, FENCE, CALENDAR, MOQ, MULTIPLE, PRICE, LATE, CAPACITY, LOAD, SIZE = range(12)
# Columns of a planned order.
ARC, WISH, DAY, DUE, NEED, QTY, LACK, FLIP, WHY, COST, WEIGHT, RIVAL, RIVAL_COST = range(13)
WIDTH: Final = 13
# What shaped an order: bits of WHY.
BY_MOQ, BY_MULTIPLE, BY_BREAK, BY_CAPACITY, IS_LATE, BY_LIFE, IS_KEPT, FROM_SURPLUS, FILLS_LOAD = (
    1 << n for n in range(9)
)
WHY_NAMES: Final = (
    "moq", "multiple", "price-break", "capacity", "late", "shelf-life", "kept", "surplus", "fills-load",
)  # fmt: skip
# Why a need stays open: column 0 of `unmet`.
NO_SOURCE, TOO_LATE, WOULD_EXPIRE, NO_CAPACITY = 1, 2, 3, 4
UNMET_NAMES: Final = ("", "no-source", "too-late", "would-expire", "no-capacity")
CARRY_DAYS: Final = 1460
"""Carrying a unit costs a quarter of its price a year: all of it in four years."""
