"""Dates of six digits: which century, and a day 00 (GS1 General Specifications 7.12 and 3.4)."""

from __future__ import annotations

import calendar
from datetime import date

from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal


class BadDate(Refusal):
    """Six digits that are no date."""


def full_year(two_digits: int, year: int) -> int:
    """The year within 49 years back and 50 ahead of `year` that ends in these digits."""
    century = year // 100
    difference = two_digits - year % 100
    if difference >= 51:
        return (century - 1) * 100 + two_digits
    if difference <= -50:
        return (century + 1) * 100 + two_digits
    return century * 100 + two_digits


def read_date(digits: str, year: int, *, exact_day: bool = False) -> date:
    """YYMMDD as a date, seen from `year`; day 00 is the last of the month."""
    numbers = digits.isascii() and digits.isdigit() and len(digits) == 6
    month, day = (int(digits[2:4]), int(digits[4:])) if numbers else (0, 0)
    if not numbers or not 1 <= month <= 12 or (exact_day and day == 0):
        raise _bad(digits)
    whole = full_year(int(digits[:2]), year)
    last = calendar.monthrange(whole, month)[1]
    if day > last:
        raise _bad(digits)
    return date(whole, month, day or last)


def _bad(digits: str) -> BadDate:
    return BadDate(
        "bad-gs1-date",
        _("%(digits)s is no date: year, month and day of two digits each.") % {"digits": digits},
        _("Print the label again with a date that exists."),
        value=digits,
    )
