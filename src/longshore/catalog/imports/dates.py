"""Dates and times as offices write them; a day and month that could be swapped is asked about, not guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from longshore.catalog.imports.cells import BadValue, Cell
from longshore.catalog.imports.numbers import normalised

_YMD = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SHORT = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_TWO_DIGIT_YEAR = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}|\d{2}年\d{1,2}月\d{1,2}[日号]?")
_DAY_NAME_YEAR = re.compile(r"(\d{1,2})[-\s]([A-Za-z]{3,9})\.?[-,\s]+(\d{4})")
_NAME_DAY_YEAR = re.compile(r"([A-Za-z]{3,9})\.?\s+(\d{1,2}),?\s+(\d{4})")
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_TIME = re.compile(r"(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})?(?:\.\d+)?)?[分秒]?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EXCEL_EPOCH = date(1899, 12, 30)
_FIRST_SERIAL, _LAST_SERIAL = 18264, 109574  # 1950 to 2199
_REMEDY = _("Write the date as 2024-03-05.")


def day_orders(cells: Iterable[Cell]) -> set[str]:
    """The orders ("dmy", "mdy") that the column's dates prove."""
    found: set[str] = set()
    for cell in cells:
        match = _SHORT.fullmatch(_day_part(cell)) if isinstance(cell, str) else None
        if match:
            first, second = int(match[1]), int(match[2])
            if first > 12 >= second:
                found.add("dmy")
            elif second > 12 >= first:
                found.add("mdy")
    return found


def read_date(cell: Cell, order: str = "") -> date:
    if isinstance(cell, datetime):
        return _in_range(cell.date())
    if isinstance(cell, date):
        return _in_range(cell)
    if cell is None or isinstance(cell, bool | time):
        raise _not_a_date()
    if isinstance(cell, int | Decimal):
        return _from_number(Decimal(cell))
    return _from_text(_day_part(cell), order)


def read_moment(cell: Cell, order: str, zone: str) -> datetime:
    """A moment; a day without a time is its first minute, a time without a zone is in `zone`."""
    if isinstance(cell, datetime):
        return cell if cell.tzinfo else cell.replace(tzinfo=ZoneInfo(zone))
    if isinstance(cell, str):
        text = normalised(cell)
        exact = _iso_with_zone(text)
        if exact:
            return exact
        clock = _clock_part(text)
        return datetime.combine(_from_text(_day_part(cell), order), clock, tzinfo=ZoneInfo(zone))
    if isinstance(cell, Decimal):
        part = timedelta(seconds=round((cell % 1) * 86400))
        return datetime.combine(_from_number(cell // 1), time(), tzinfo=ZoneInfo(zone)) + part
    return datetime.combine(read_date(cell, order), time(), tzinfo=ZoneInfo(zone))


def read_minute_of_day(cell: Cell) -> int:
    """06:30, 6点半 is not read; a plain number is minutes after midnight."""
    if isinstance(cell, time):
        return cell.hour * 60 + cell.minute
    if isinstance(cell, datetime):
        return cell.hour * 60 + cell.minute
    text = normalised(str(cell))
    match = _TIME.fullmatch(text)
    minute = int(match[1]) * 60 + int(match[2]) if match else int(text) if text.isdigit() else -1
    if not 0 <= minute <= 1440 or (match and int(match[2]) > 59):
        raise BadValue("not-a-time", _("This is not a time of day."), _("Write the time as 06:30."))
    return minute


def _day_part(cell: Cell) -> str:
    text = normalised(str(cell))
    text = re.sub(r"T(?=\d{1,2}:)", " ", text)
    return re.sub(r"\s+\d{1,2}[:时].*$", "", text).strip() if re.search(r"\d[:时]\d|\d时", text) else text


def _clock_part(text: str) -> time:
    match = _TIME.search(re.sub(r"T(?=\d)", " ", text))
    if not match:
        return time()
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise BadValue("not-a-time", _("This is not a time of day."), _("Write the time as 06:30."))
    return time(hour, minute, second)


def _iso_with_zone(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _from_number(value: Decimal) -> date:
    if value == value.to_integral_value() and 19500101 <= value <= 21991231:
        return _from_text(str(int(value)), "")
    if _FIRST_SERIAL <= value <= _LAST_SERIAL:
        return _EXCEL_EPOCH + timedelta(days=int(value))
    raise _not_a_date()


def _from_text(text: str, order: str) -> date:
    if _TWO_DIGIT_YEAR.fullmatch(text):
        raise BadValue("two-digit-year", _("The year has two digits only."), _REMEDY)
    if match := _YMD.fullmatch(text) or _COMPACT.fullmatch(text):
        return _made(int(match[1]), int(match[2]), int(match[3]))
    if match := _SHORT.fullmatch(text):
        return _short(int(match[1]), int(match[2]), int(match[3]), order)
    if match := _DAY_NAME_YEAR.fullmatch(text):
        return _made(int(match[3]), _month(match[2]), int(match[1]))
    if match := _NAME_DAY_YEAR.fullmatch(text):
        return _made(int(match[3]), _month(match[1]), int(match[2]))
    if _SERIAL.fullmatch(text):
        return _from_number(Decimal(text))
    raise _not_a_date()


def _short(first: int, second: int, year: int, order: str) -> date:
    if first == second:
        return _made(year, first, second)
    if not order and first <= 12 and second <= 12:
        raise BadValue(
            "ambiguous-date",
            _("Day and month can be swapped in this date."),
            _("Choose the order of the file: day/month/year or month/day/year."),
        )
    if order == "mdy" or (not order and second > 12):
        return _made(year, first, second)
    return _made(year, second, first)


def _month(name: str) -> int:
    short = name[:3].lower()
    if short not in _MONTHS:
        raise _not_a_date()
    return _MONTHS.index(short) + 1


def _made(year: int, month: int, day: int) -> date:
    try:
        made = date(year, month, day)
    except ValueError as wrong:
        raise BadValue("no-such-date", _("There is no such day in the calendar."), _REMEDY) from wrong
    return _in_range(made)


def _in_range(day: date) -> date:
    if not 1950 <= day.year < 2200:
        raise BadValue("date-out-of-range", _("The year is not between 1950 and 2199."), _REMEDY)
    return day


def _not_a_date() -> BadValue:
    return BadValue("not-a-date", _("This is not a date."), _REMEDY)
