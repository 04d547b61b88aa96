"""Numbers, money, times and sentences as people read them, in the language of the reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext, ngettext

from longshore.catalog.wording import chinese, local_name

CURRENCY = "¥"
HOME_ZONE = "Asia/Shanghai"


def qty_text(value: int | None) -> str:
    return "–" if value is None else str(formats.number_format(value, use_l10n=True, force_grouping=True))


def money_text(minor: int | None) -> str:
    """Short, for reading at a glance: ¥1.26M, ¥126万."""
    if minor is None:
        return "–"
    major, sign = abs(minor) / 100, "-" if minor < 0 else ""
    steps = ((1e8, "亿"), (1e4, "万")) if chinese() else ((1e9, "B"), (1e6, "M"), (1e3, "k"))
    for size, name in steps:
        if major >= size:
            digits = 2 if major / size < 10 else 1 if major / size < 100 else 0
            return f"{sign}{CURRENCY}{formats.number_format(round(major / size, digits), digits)}{name}"
    return f"{sign}{CURRENCY}{formats.number_format(round(major), 0, force_grouping=True)}"


def money_exact_text(minor: int | None) -> str:
    """¥1,234.56 from integer minor units, without a float on the way."""
    if minor is None:
        return "–"
    whole, cents = divmod(abs(minor), 100)
    return f"{'-' if minor < 0 else ''}{CURRENCY}{formats.number_format(whole, force_grouping=True)}.{cents:02d}"


def local_text(at: datetime, zone: str = HOME_ZONE) -> str:
    there = at.astimezone(ZoneInfo(zone))
    if chinese():
        return f"{there.month}月{there.day}日 {there:%H:%M}"
    return f"{there.day} {there:%b %H:%M}"


def span_text(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    if minutes < 60:
        return gettext("%(n)d min") % {"n": minutes}
    if minutes < 48 * 60:
        hours, rest = divmod(minutes, 60)
        if rest and hours < 10:
            return gettext("%(h)d h %(m)d min") % {"h": hours, "m": rest}
        return gettext("%(h)d h") % {"h": hours}
    return ngettext("%(n)d day", "%(n)d days", minutes // 1440) % {"n": minutes // 1440}


def since_text(at: datetime, now: datetime) -> str:
    length = now - at
    if abs(length) < timedelta(minutes=1):
        return gettext("now")
    words = span_text(abs(length))
    return (
        gettext("%(span)s ago") % {"span": words} if length > timedelta(0) else gettext("in %(span)s") % {"span": words}
    )


def sentence(msgid: str, facts: Mapping[str, object]) -> str:
    """Fill a sentence with facts as they are stored: names in two languages, moments, quantities, money, minutes."""
    return gettext(msgid) % {name: fact_text(value) for name, value in facts.items()}


def fact_text(value: object) -> str:
    """A stored fact: {"name", "name_zh"}, {"at"}, {"qty"}, {"money"}, {"minutes"}, {"tenths"}, a number or a word."""
    if isinstance(value, Mapping):
        return _tagged_text(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return str(value)
    return qty_text(value)


def _tagged_text(value: Mapping[str, object]) -> str:
    if "name" in value:
        return local_name(str(value["name"]), str(value.get("name_zh") or ""))
    if "at" in value:
        return local_text(datetime.fromisoformat(str(value["at"])).astimezone(UTC), str(value.get("zone", HOME_ZONE)))
    kind, number = next(iter(value.items()))
    amount = int(str(number))
    texts = {
        "qty": lambda: qty_text(amount),
        "money": lambda: money_text(amount),
        "minutes": lambda: span_text(timedelta(minutes=abs(amount))),
        "tenths": lambda: str(formats.number_format(amount / 10, 1)),
    }
    return texts[kind]()
