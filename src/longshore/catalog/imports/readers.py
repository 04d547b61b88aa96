"""What a column may hold: each reader turns a cell into a value, or says what is wrong with it, and back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Choices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from longshore.catalog import rules
from longshore.catalog.imports import dates
from longshore.catalog.imports.cells import BadValue, Cell, shown
from longshore.catalog.imports.numbers import normalised, not_a_number, read_decimal

SMALL, LARGE = 2**31 - 1, 2**63 - 1
_SHORTENED = re.compile(r"\d([.,]\d+)?[eE]\+?\d+")
_TRUE = {"true", "yes", "y", "t", "1", "是", "有", "真", "对", "√", "✓", "启用", "on"}
_FALSE = {"false", "no", "n", "f", "0", "否", "无", "假", "错", "×", "✗", "x", "停用", "off"}
_DURATION = re.compile(r"([\d.]+)\s*(minutes?|min|m|hours?|h|days?|d|weeks?|w|分钟|分|小时|时|天|日|周)?")
_MINUTES = {"m": 1, "分": 1, "h": 60, "小": 60, "时": 60, "d": 1440, "天": 1440, "日": 1440, "w": 10080, "周": 10080}


@dataclass(frozen=True, slots=True)
class Formats:
    """How this column writes what could be read in two ways; empty: the file does not show it."""

    decimal_mark: str = "."
    date_order: str = ""
    timezone: str = "Asia/Shanghai"


class Reader(Protocol):
    """`shape` is "number" or "date" where the whole column tells how to read one cell; `empty` stands for no value."""

    @property
    def shape(self) -> str: ...
    @property
    def empty(self) -> Any: ...
    def read(self, cell: Cell, formats: Formats) -> Any: ...
    def show(self, value: Any) -> str: ...


def _text(cell: Cell) -> str:
    if isinstance(cell, datetime | date):
        raise BadValue(
            "became-a-date",
            _("The spreadsheet has turned this text into a date."),
            _("Format the column as text and enter it again."),
        )
    text = shown(cell)
    if any(ord(letter) < 32 and letter not in "\t\r\n" for letter in text):
        raise BadValue(
            "control-character", _("The text holds a control character."), _("Delete the cell and type it again.")
        )
    if text[:1] == "'" and text[1:2] in tuple("=+-@"):
        text = text[1:]  # our own exports, and spreadsheets, mark text that looks like a formula in this way
    return " ".join(text.split())


@dataclass(frozen=True, slots=True)
class Text:
    longest: int = 200
    shape: str = ""
    empty: str = ""

    def read(self, cell: Cell, formats: Formats) -> str:
        text = _text(cell)
        if len(text) > self.longest:
            raise BadValue(
                "too-long",
                _("The text has %(length)s characters; %(longest)s fit.")
                % {"length": len(text), "longest": self.longest},
                _("Shorten it."),
            )
        return text

    def show(self, value: str) -> str:
        return f"'{value}" if value[:1] in tuple("=+-@") and value[:1] else value


@dataclass(frozen=True, slots=True)
class Code(Text):
    """A key: no spreadsheet may have shortened it."""

    longest: int = 64

    def read(self, cell: Cell, formats: Formats) -> str:
        text = Text.read(self, cell, formats)
        if _SHORTENED.fullmatch(text):
            raise BadValue(
                "shortened-number",
                _("The spreadsheet has shortened this code, so digits are lost."),
                _("Format the column as text and enter the code again."),
            )
        return text


@dataclass(frozen=True, slots=True)
class Gs1(Code):
    """GTIN or GLN with its check digit; `key` says which."""

    key: str = "gtin"

    def read(self, cell: Cell, formats: Formats) -> str:
        text = normalised(Code.read(self, cell, formats)).replace(" ", "").replace("-", "")
        try:
            return rules.check_gtin(text) if self.key == "gtin" else rules.check_gln(text)
        except rules.BadGs1Key as bad:
            raise BadValue(bad.code, bad.sentence, bad.remedy, **bad.fields) from bad


@dataclass(frozen=True, slots=True)
class Email(Text):
    longest: int = 254

    def read(self, cell: Cell, formats: Formats) -> str:
        text = Text.read(self, cell, formats)
        try:
            validate_email(text)
        except ValidationError as wrong:
            raise BadValue(
                "bad-email", _("This is not an e-mail address."), _("Write it as name@company.cn.")
            ) from wrong
        return text


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer, as `scale` times what is written (2.5 kg = 2500 g); refuses what is not whole."""

    low: int = 0
    high: int = SMALL
    scale: int = 1
    money: bool = False
    empty: int | None = 0
    shape: str = "number"

    def read(self, cell: Cell, formats: Formats) -> int:
        written = read_decimal(cell, formats.decimal_mark, money=self.money)
        exact = Fraction(written) * self.scale
        if exact.denominator != 1:
            finest = Decimal(1) / self.scale
            raise BadValue(
                "not-whole",
                _("%(value)s is finer than %(finest)s, the smallest step here.")
                % {"value": format(written, "f"), "finest": format(finest, "f")},
                _("Round it, or use a smaller unit."),
            )
        return in_range(exact.numerator, self.low, self.high, self.scale)

    def show(self, value: int | None) -> str:
        if value is None:
            return ""
        return str(value) if self.scale == 1 else f"{Decimal(value) / self.scale:f}"


def in_range(value: int, low: int, high: int, scale: int = 1) -> int:
    if value < low:
        code = "negative" if value < 0 <= low else "zero" if value == 0 else "too-small"
        least = format(Decimal(low) / scale, "f")
        raise BadValue(code, _("The value is below %(least)s.") % {"least": least}, _("Check the sign and the unit."))
    if value > high:
        most = format(Decimal(high) / scale, "f")
        raise BadValue(
            "too-large",
            _("The value is above %(most)s.") % {"most": most},
            _("Check the number of digits and the unit."),
        )
    return value


def Money() -> Whole:
    """An amount in yuan and fen, kept in minor units."""
    return Whole(high=LARGE, scale=100, money=True)


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact positive quantity in some unit; the target turns it into base units."""

    zero: bool = False
    shape: str = "number"
    empty: None = None

    def read(self, cell: Cell, formats: Formats) -> Decimal:
        value = read_decimal(cell, formats.decimal_mark)
        if value < 0:
            raise BadValue("negative", _("The quantity is negative."), _("Give a positive quantity."))
        if value == 0 and not self.zero:
            raise BadValue("zero", _("The quantity is zero."), _("Give a positive quantity, or leave the row out."))
        if value > LARGE:
            raise BadValue("too-large", _("The quantity is too large."), _("Check the number of digits and the unit."))
        return value

    def show(self, value: Decimal | int) -> str:
        return format(Decimal(value), "f")


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many base units: 24, 0.5 or 1/3."""

    shape: str = "number"
    empty: None = None

    def read(self, cell: Cell, formats: Formats) -> Fraction:
        parts = normalised(cell).split("/") if isinstance(cell, str) else [cell]
        if len(parts) > 2:
            raise not_a_number()
        numbers = [Fraction(read_decimal(part, formats.decimal_mark)) for part in parts]
        if any(number <= 0 for number in numbers):
            code = "zero" if 0 in numbers else "negative"
            raise BadValue(code, _("A unit must hold more than nothing."), _("Say how many base units it is."))
        value = numbers[0] / numbers[-1] if len(numbers) == 2 else numbers[0]
        if max(value.numerator, value.denominator) > LARGE:
            raise BadValue("too-large", _("The number is too large."), _("Check the number of digits."))
        return value

    def show(self, value: Fraction) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Share:
    """A share below one in basis points: 95 %, 0.95 and 9500 basis points are not confused: % or a fraction only."""

    shape: str = "number"
    empty: int = 9500

    def read(self, cell: Cell, formats: Formats) -> int:
        text = normalised(cell) if isinstance(cell, str) else cell
        percent = isinstance(text, str) and text.endswith("%")
        value = read_decimal(text.rstrip("% ") if isinstance(text, str) else text, formats.decimal_mark)
        points = Fraction(value) * (100 if percent else 10_000)
        if points.denominator != 1 or not 0 <= points < 10_000:
            raise BadValue("not-a-share", _("A share is at least 0 and below 1 (100 %)."), _("Write 95% or 0.95."))
        return points.numerator

    def show(self, value: int) -> str:
        return f"{Decimal(value) / 100:f}%"


@dataclass(frozen=True, slots=True)
class Degrees:
    limit: int = 90
    shape: str = "number"
    empty: None = None

    def read(self, cell: Cell, formats: Formats) -> float:
        value = read_decimal(cell, formats.decimal_mark)
        if abs(value) > self.limit:
            raise BadValue(
                "not-on-earth",
                _("Degrees lie between −%(limit)s and %(limit)s.") % {"limit": self.limit},
                _("Check whether latitude and longitude are swapped."),
            )
        return float(value)

    def show(self, value: float | None) -> str:
        return "" if value is None else format(Decimal(repr(value)), "f")


@dataclass(frozen=True, slots=True)
class YesNo:
    empty: bool = False
    shape: str = ""

    def read(self, cell: Cell, formats: Formats) -> bool:
        text = normalised(shown(cell)).lower()
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        raise BadValue("not-yes-or-no", _("This is neither yes nor no."), _("Write yes or no, 是 or 否, 1 or 0."))

    def show(self, value: bool) -> str:
        return "yes" if value else "no"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a closed list, by its code or by its name in either language."""

    choices: type[Choices]
    empty: str | None = None
    also: tuple[tuple[str, str | int], ...] = ()
    shape: str = ""

    def read(self, cell: Cell, formats: Formats) -> Any:
        text = normalised(shown(cell)).lower()
        known = self._known()
        if text not in known:
            allowed = ", ".join(str(value) for value in self.choices.values)
            raise BadValue(
                "unknown-choice", _("“%(value)s” is not in the list.") % {"value": text[:60]},
                _("Use one of: %(allowed)s.") % {"allowed": allowed}, allowed=allowed,
            )  # fmt: skip
        return known[text]

    def _known(self) -> dict[str, Any]:
        known: dict[str, Any] = dict(self.also)
        for language in ("en", "zh-hans"):
            with override(language):
                known.update({normalised(str(label)).lower(): value for value, label in self.choices.choices})
        known.update({str(value).lower(): value for value in self.choices.values})
        return known

    def show(self, value: Any) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Day:
    shape: str = "date"
    empty: None = None

    def read(self, cell: Cell, formats: Formats) -> date:
        return dates.read_date(cell, formats.date_order)

    def show(self, value: date | None) -> str:
        return "" if value is None else value.isoformat()


@dataclass(frozen=True, slots=True)
class Moment:
    shape: str = "date"
    empty: None = None

    def read(self, cell: Cell, formats: Formats) -> datetime:
        return dates.read_moment(cell, formats.date_order, formats.timezone)

    def show(self, value: datetime | None) -> str:
        return "" if value is None else value.astimezone(ZoneInfo("UTC")).isoformat()


@dataclass(frozen=True, slots=True)
class MinuteOfDay:
    empty: int = 0
    shape: str = ""

    def read(self, cell: Cell, formats: Formats) -> int:
        return dates.read_minute_of_day(cell)

    def show(self, value: int) -> str:
        return f"{value // 60:02d}:{value % 60:02d}"


@dataclass(frozen=True, slots=True)
class Duration:
    """A span in minutes: 90, 36h, 3 days, 3天."""

    each: int = 1  # minutes that a number without a unit counts
    empty: int = 0
    shape: str = ""

    def read(self, cell: Cell, formats: Formats) -> int:
        text = normalised(shown(cell)).lower()
        match = _DURATION.fullmatch(text)
        if match is None:
            if text.startswith("-"):
                raise BadValue("negative", _("A span of time is not negative."), _("Write 90, 36h, 3d or 3天."))
            raise BadValue("not-a-duration", _("This is not a span of time."), _("Write 90, 36h, 3d or 3天."))
        each = _MINUTES[match[2][0]] if match[2] else self.each
        return Whole(scale=each).read(match[1], formats)

    def show(self, value: int) -> str:
        return str(value)
