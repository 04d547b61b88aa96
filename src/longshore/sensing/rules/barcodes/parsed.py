"""A code that was read, whatever carried it: the same elements from a bar code, a web address or a radio tag."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.catalog.rules import BadGs1Key, check_digit
from longshore.sensing.rules.barcodes.dates import read_date
from longshore.sensing.rules.barcodes.identifiers import DATES, EXACT_DAY, Identifier, identifiers


class BadCode(Refusal):
    """What was read is no GS1 code, or a wrong one."""


@dataclass(frozen=True, slots=True)
class Element:
    """One application identifier and its value as it was written."""

    ai: str
    value: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """`year` is the year in which it was read: two-digit years need one."""

    elements: tuple[Element, ...]
    year: int

    def value(self, ai: str) -> str:
        """The value of an identifier, empty when the code does not have it."""
        return next((element.value for element in self.elements if element.ai == ai), "")

    @property
    def sscc(self) -> str:
        return self.value("00")

    @property
    def gtin(self) -> str:
        """Of the item itself, or of what is contained (02)."""
        return self.value("01") or self.value("02")

    @property
    def lot(self) -> str:
        return self.value("10")

    @property
    def serial(self) -> str:
        return self.value("21")

    @property
    def gln(self) -> str:
        return self.value("414") or self.value("410")

    @property
    def expires_on(self) -> date | None:
        """Use by, else best before, else sell by."""
        return self.day("17") or self.day("15") or self.day("16")

    @property
    def produced_on(self) -> date | None:
        return self.day("11")

    @property
    def count(self) -> int | None:
        """How many pieces are in it, when the code says so."""
        said = self.value("37") or self.value("30")
        return int(said) if said else None

    def day(self, ai: str) -> date | None:
        said = self.value(ai)
        return read_date(said, self.year, exact_day=ai in EXACT_DAY) if said and ai in DATES else None

    def measure(self, prefix: str) -> Decimal | None:
        """The value of a three-digit identifier with its decimal point set: measure("310") is the net weight in kg."""
        for element in self.elements:
            known = identifiers()[element.ai]
            if known.decimals is not None and element.ai[:-1] == prefix:
                return Decimal(element.value).scaleb(-known.decimals)
        return None


def checked(known: Identifier, value: str) -> Element:
    """The element, or BadCode when its value cannot be."""
    if known.pattern.fullmatch(value) is None:
        raise BadCode(
            "bad-gs1-value",
            _("(%(ai)s) cannot hold %(value)s.") % {"ai": known.code, "value": value},
            _("Scan again; if it stays, the label is printed wrong."),
            ai=known.code,
            value=value,
        )
    if known.checked:
        digits = value[: known.checked]
        right = check_digit(digits[:-1])
        if digits[-1] != right:
            raise BadGs1Key(
                "gs1-check-digit",
                _("The check digit of %(value)s is wrong: it should be %(right)s.") % {"value": digits, "right": right},
                _("Scan again; if it stays, the label is printed wrong."),
                ai=known.code,
                value=value,
                expected=right,
            )
    return Element(known.code, value)


def made(elements: list[Element], year: int) -> Parsed:
    """All elements together: dates are dates, and no identifier says two things."""
    said: dict[str, str] = {}
    for element in elements:
        if said.setdefault(element.ai, element.value) != element.value:
            raise BadCode(
                "gs1-said-twice",
                _("(%(ai)s) stands twice in this code, with different values.") % {"ai": element.ai},
                _("Print the label again."),
                ai=element.ai,
            )
        if element.ai in DATES:
            read_date(element.value, year, exact_day=element.ai in EXACT_DAY)
    return Parsed(tuple(Element(ai, value) for ai, value in said.items()), year)
