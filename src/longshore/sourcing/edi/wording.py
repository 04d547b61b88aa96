"""What both standards say, in one shape."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal


class UnreadableDocument(Refusal):
    """An EDI document that is broken, or not one of those read here."""

    def __init__(self, told: str) -> None:
        sentence = _("The document cannot be read: %(told)s.") % {"told": told}
        super().__init__("edi-unreadable", sentence, _("Ask the supplier to send it again."), told=told)


@dataclass(frozen=True, slots=True)
class OrderLineText:
    line: int
    code: str
    qty: int
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
    """What a supplier's document says: a `response` to an order, or a `dispatch` of goods with its own number."""

    kind: str
    standard: str
    sender: str
    order: str
    number: str
    lines: tuple[SaidLine, ...]
    shipped_on: date | None = None
    arrives_on: date | None = None


def money(minor: int) -> str:
    whole, cents = divmod(minor, 100)
    return f"{whole}.{cents:02d}"


def day(text: str) -> date:
    """CCYYMMDD, or the same with a time after it."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        raise UnreadableDocument(f"“{text}” is no day") from None


def whole(text: str) -> int:
    number, _point, rest = text.partition(".")
    if not number.isdecimal() or rest.strip("0"):
        raise UnreadableDocument(f"“{text}” is no whole quantity")
    return int(number)
