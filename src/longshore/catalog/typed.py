"""What people type into a page's form: read, or refused with the name of the field."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal
from longshore.catalog.imports.numbers import normalised, read_decimal
from longshore.catalog.rules import LARGEST_QUANTITY

HOME_ZONE: Final = ZoneInfo("Asia/Shanghai")


class NotReadable(Refusal):
    """A field of a form does not hold what it should."""


def whole(text: str | None, name: str) -> int:
    """A whole number; full-width digits and thousands separators are read."""
    digits = normalised(text or "").replace(",", "").replace(" ", "")
    if not digits.removeprefix("-").isdecimal() or len(digits) > len(str(LARGEST_QUANTITY)):
        raise NotReadable(
            "not-a-whole-number",
            _("%(name)s: “%(text)s” is not a whole number.") % {"name": name, "text": text or ""},
            _("Give digits only, for example 12."),
        )
    return int(digits)


def whole_or_none(text: str | None, name: str) -> int | None:
    return whole(text, name) if text and text.strip() else None


def money(text: str | None, name: str) -> int:
    """An amount such as 4.50 or ¥1,200, exactly, in minor units."""
    try:
        minor = read_decimal(text or "", ".", money=True) * 100
    except Refusal as wrong:
        raise _no_money(text, name) from wrong
    if minor != minor.to_integral_value() or abs(minor) > Decimal(LARGEST_QUANTITY):
        raise _no_money(text, name)
    return int(minor)


def money_or_none(text: str | None, name: str) -> int | None:
    return money(text, name) if text and text.strip() else None


def _no_money(text: str | None, name: str) -> NotReadable:
    return NotReadable(
        "not-an-amount",
        _("%(name)s: “%(text)s” is no amount of money.") % {"name": name, "text": text or ""},
        _("Give at most two decimals, for example 4.50."),
    )


def moment(text: str | None, name: str) -> datetime:
    """A day and time of the home zone, as a browser's date field writes it."""
    try:
        return datetime.fromisoformat((text or "").strip()).replace(tzinfo=HOME_ZONE)
    except ValueError:
        raise NotReadable(
            "no-date", _("%(name)s: no day and time were given.") % {"name": name}, _("Give the day and time.")
        ) from None


def day_or_none(text: str | None, name: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text and text.strip() else None
    except ValueError:
        raise NotReadable(
            "no-date", _("%(name)s: this is no day.") % {"name": name}, _("Write it as 2026-11-21.")
        ) from None


def key_of_form(text: str | None) -> UUID:
    """The id a form was made with: sending the form twice does it once."""
    try:
        return UUID(text or "")
    except ValueError:
        raise NotReadable("no-key", _("The form has no id."), _("Load the page again.")) from None


def pk_or_none(text: str | None) -> int | None:
    """An id in an address or a choice; anything else is none."""
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
