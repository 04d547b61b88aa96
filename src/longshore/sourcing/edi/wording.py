"""What both standards say, in one shape."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal

LONGEST_NUMBER: Final = 18  # digits of a quantity; every one of them fits the ledger


class UnreadableDocument(Refusal):
    """An EDI document that is broken, or not one of those read here."""

    def __init__(self, told: str) -> None:
        sentence = _("The document cannot be read: %(told)s.") % {"told": told}
        super().__init__("edi-unreadable", sentence, _("Ask the supplier to send it again."), told=told)


@dataclass(frozen=True, slots=True)
class OrderLineText:
    """`unit` is the code of UN/ECE Recommendation 20."""

    line: int
    code: str
    qty: int
    unit: str
    unit_price: int  # minor units


@dataclass(frozen=True, slots=True)
class OrderText:
    """A purchase order as a supplier needs it. `control` numbers the interchange."""

    number: str
    control: int
    at: datetime
    due_on: date
    our_id: str
    their_id: str
    site: str
    lines: tuple[OrderLineText, ...]


@dataclass(frozen=True, slots=True)
class SaidLine:
    """`qty` 0: not delivered; None: as ordered. `on`: another day, None: as ordered."""

    line: int
    qty: int | None
    on: date | None


@dataclass(frozen=True, slots=True)
class Said:
    """What a supplier's document says: a `response` to an order, or a `dispatch` of goods with its own number.

    `refused`: it delivers nothing of the order, whatever the lines say. `cancelled`: the dispatch told under this number
    before did not happen.
    """

    kind: str
    standard: str
    sender: str
    order: str
    number: str
    lines: tuple[SaidLine, ...]
    shipped_on: date | None = None
    arrives_on: date | None = None
    refused: bool = False
    cancelled: bool = False


def together(lines: Iterable[SaidLine]) -> tuple[SaidLine, ...]:
    """A line told in parts, each with its own quantity, as one: the sum, on the last of the days."""
    found: dict[int, SaidLine] = {}
    for each in lines:
        before = found.get(each.line)
        if before is None:
            found[each.line] = each
        elif before.qty is None or each.qty is None:
            raise UnreadableDocument(f"line {each.line} stands there twice, once without a quantity")
        else:
            days = [day for day in (before.on, each.on) if day is not None]
            found[each.line] = SaidLine(each.line, before.qty + each.qty, max(days, default=None))
    return tuple(found.values())


def one_order(named: Iterable[str], where: str) -> str:
    """The order a document is about; one about several cannot be told apart here."""
    numbers = {number for number in named if number}
    if not numbers:
        raise UnreadableDocument(f"it names no order ({where})")
    if len(numbers) > 1:
        raise UnreadableDocument(f"it names several orders ({', '.join(sorted(numbers))}); one is expected")
    return numbers.pop()


def money(minor: int) -> str:
    whole, cents = divmod(minor, 100)
    return f"{whole}.{cents:02d}"


def day(text: str) -> date:
    """CCYYMMDD, or the same with a time after it."""
    digits = text[:8]
    if len(digits) == 8 and digits.isascii() and digits.isdecimal():
        try:
            return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        except ValueError as error:
            raise UnreadableDocument(f"“{text[:40]}” is no day") from error
    raise UnreadableDocument(f"“{text[:40]}” is no day")


def whole(text: str) -> int:
    number, _point, rest = text.partition(".")
    fine = number.isascii() and number.isdecimal() and len(number) <= LONGEST_NUMBER
    if not fine or rest.strip("0"):
        raise UnreadableDocument(f"“{text[:40]}” is no whole quantity")
    return int(number)
