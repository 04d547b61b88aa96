"""Prices from quantities on: what can stand in a contract or an offer, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from hashlib import sha256
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import RejectedRow

Step = tuple[int, int, int]  # item, from which quantity on, price of each
Fault = tuple[str, str, object, object]


def price_faults(steps: Sequence[Step], offered: Set[int]) -> tuple[RejectedRow, ...]:
    """What is wrong with each row, at most one sentence a row; `offered` items only may have prices."""
    found: list[RejectedRow] = []
    seen: set[tuple[int, int]] = set()
    before = _before(steps)
    for row, (item, from_qty, price) in enumerate(steps, start=1):
        fault = _fault(item, from_qty, price, offered) or _twice(item, from_qty, seen)
        fault = fault or _dearer(from_qty, price, before.get((item, from_qty)))
        seen.add((item, from_qty))
        if fault is not None:
            field, code, sentence, remedy = fault
            value = str(price if field == "unit_price" else from_qty if field == "from_qty" else item)
            found.append(RejectedRow(row, field, code, str(sentence), str(remedy), value))
    return tuple(found)


def token_of(*values: object) -> str:
    """A token of values in this order, such as an offer has; another one once any of them is another."""
    return sha256(repr(values).encode()).hexdigest()[:20]


def told(rejected: Iterable[RejectedRow]) -> list[dict[str, Any]]:
    """The rows as a machine reads them."""
    return [
        {"row": each.row, "field": each.field, "code": each.code, "sentence": each.sentence, "remedy": each.remedy}
        for each in rejected
    ]


def _fault(item: int, from_qty: int, price: int, offered: Set[int]) -> Fault | None:
    if item not in offered:
        sentence = _("This supplier does not offer the item.")
        return "item", "supplier-does-not-offer", sentence, _("Add what it offers first.")
    if from_qty < 1:
        return "from_qty", "from-below-one", _("A price counts from one on."), _("Give one or more.")
    if price < 0:
        return "unit_price", "price-below-zero", _("A price is not below zero."), _("Give zero or more.")
    return None


def _twice(item: int, from_qty: int, seen: Set[tuple[int, int]]) -> Fault | None:
    if (item, from_qty) not in seen:
        return None
    sentence = _("From %(qty)s on there are two prices.") % {"qty": from_qty}
    return "from_qty", "price-twice", sentence, _("Give each quantity one price.")


def _before(steps: Sequence[Step]) -> dict[tuple[int, int], int]:
    """(item, from which quantity on) → the price that holds just below, the first of two for one quantity."""
    prices: dict[tuple[int, int], int] = {}
    for item, from_qty, price in steps:
        if from_qty >= 1:
            prices.setdefault((item, from_qty), price)
    return {step: prices[below] for below, step in pairwise(sorted(prices)) if below[0] == step[0]}


def _dearer(from_qty: int, price: int, before: int | None) -> Fault | None:
    """A larger quantity never costs more for each: that is a slip of the finger."""
    if before is None or price <= before:
        return None
    sentence = _("From %(qty)s on it would cost more for each than before.") % {"qty": from_qty}
    return "unit_price", "break-dearer", sentence, _("Give a price that is not above the one before.")
