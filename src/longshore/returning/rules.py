"""Pure rules of returns: from which lots a quantity is taken, and whether it may come back at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar

from longshore.ledger.models import Condition

# What can come back: usable again after a look, or not.
CONDITIONS: Final = (int(Condition.RETURNED), int(Condition.DAMAGED), int(Condition.EXPIRED))

What = TypeVar("What")


class Standing(NamedTuple):
    """Goods at the customer's: lot, serial, owner, the handling unit if they are still in one, and how many."""

    lot: int | None
    serial: int | None
    owner: int
    handling_unit: int | None
    qty: int


class LotShare(NamedTuple):
    """How many units of a lot a line was delivered and has not returned."""

    lot: int | None
    qty: int


def drawn(rows: Sequence[tuple[What, int]], qty: int, *, skip: int = 0) -> list[tuple[What, int]]:
    """`qty` units from these rows in their order, after leaving out the first `skip` units; less if there is less."""
    taken: list[tuple[What, int]] = []
    for what, there in rows:
        passed = min(skip, there)
        skip -= passed
        part = min(there - passed, qty)
        if part > 0:
            taken.append((what, part))
            qty -= part
    return taken


def returnable(
    shares: Sequence[LotShare], standing: Sequence[Standing], qty: int, lot: int | None
) -> list[tuple[Standing, int]]:
    """`qty` units of what a line was delivered, as it stands at the customer's; less if so many cannot be found.

    Lots the line was delivered come first; without any record of them every lot at the customer's will do. `lot` None:
    any lot.
    """
    found: list[tuple[Standing, int]] = []
    wanted = [share for share in shares if lot is None or share.lot == lot]
    if not shares:
        rows = [(row, row.qty) for row in standing if lot is None or row.lot == lot]
        return drawn(rows, qty)
    for share in wanted:
        rows = [(row, row.qty) for row in standing if row.lot == share.lot]
        part = drawn(rows, min(share.qty, qty))
        found += part
        qty -= sum(amount for _row, amount in part)
    return found
