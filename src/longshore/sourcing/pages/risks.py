"""How likely a line comes late, in words and shapes, for the pages of an order and of a supplier."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from longshore.sourcing.lateness_rules import group_of
from longshore.sourcing.queries import RiskRow

DRIVERS: dict[str, str | Promise] = {
    "supplier": _("the supplier's record"),
    "item": _("the item's record"),
    "site": _("deliveries to this site"),
    "supplier-item": _("this item from this supplier"),
    "supplier-site": _("this supplier to this site"),
    "item-site": _("this item to this site"),
    "everybody": _("how suppliers do lately"),
    "due": _("the day it is due"),
    "asked": _("the day it was ordered"),
    "lead": _("the lead time agreed"),
    "order": _("how much is on the order"),
    "crowd": _("how much is due around then"),
    "qty": _("the quantity"),
    "value": _("what it is worth"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """`drivers`: words, and whether each makes it later."""

    row: RiskRow
    drivers: tuple[tuple[str | Promise, bool], ...]


def shown(rows: Iterable[RiskRow]) -> list[Shown]:
    return [Shown(row, _drivers(row)) for row in rows]


def _drivers(row: RiskRow) -> tuple[tuple[str | Promise, bool], ...]:
    if row.basis != "model":
        return ()
    found = {DRIVERS[group]: push > 0 for name, push in row.drivers if (group := group_of(name)) in DRIVERS}
    return tuple(found.items())


def worst_by_order(rows: Iterable[RiskRow]) -> dict[int, RiskRow]:
    """The line that stands for its order: the likeliest to be late."""
    found: dict[int, RiskRow] = {}
    for row in rows:
        known = found.get(row.order)
        if known is None or row.probability_bp > known.probability_bp:
            found[row.order] = row
    return found
