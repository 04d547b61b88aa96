"""Numbers as offices write them, exactly: never through a float."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext_lazy as _

from longshore.catalog.imports.cells import BadValue, Cell

_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f'’]")
_PLAIN = re.compile(r"\d+")
_POINT = re.compile(r"(\d+|\d{1,3}(,\d{3})+)?\.\d+|\d{1,3}(,\d{3}){2,}|\d+\.")
_COMMA = re.compile(r"(\d+|\d{1,3}(\.\d{3})+)?,\d+|\d{1,3}(\.\d{3}){2,}|\d+,")
_ONE_COMMA_GROUP = re.compile(r"[1-9]\d{0,2},\d{3}")
_ONE_POINT_GROUP = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_SPACED = re.compile(r"[+-]?\d{1,3}([\s\u00a0\u2007\u2009\u202f'’]\d{3})+([.,]\d+)?")
_CURRENCY = re.compile(r"^(CNY|RMB|USD|EUR|[¥$€£])|(元|圆|CNY|RMB|USD|EUR|[¥$€£])$", re.IGNORECASE)
_EXPONENT = re.compile(r"[+-]?\d+([.,]\d+)?[eE][+-]?\d+")
_WORDS = re.compile(r"[+-]?(inf|infinity|nan|∞)", re.IGNORECASE)


def normalised(text: str) -> str:
    """Full-width digits and signs become ordinary ones."""
    return unicodedata.normalize("NFKC", text).replace("−", "-").replace("。", ".").strip()


def decimal_marks(cells: Iterable[Cell]) -> set[str]:
    """The decimal marks that the column's numbers prove: empty when every number could be read either way."""
    found: set[str] = set()
    for cell in cells:
        if isinstance(cell, str):
            digits = _digits(normalised(cell))[1]
            point, comma = _reads_as(digits, "."), _reads_as(digits, ",")
            if point != comma:
                found.add("." if point else ",")
    return found


def read_decimal(cell: Cell, mark: str = "", *, money: bool = False) -> Decimal:
    """The exact number in a cell. `mark` is the decimal mark, empty when the column does not show which it is."""
    if isinstance(cell, bool) or not isinstance(cell, str | int | Decimal):
        raise not_a_number()
    if not isinstance(cell, str):
        return Decimal(cell)
    text = normalised(cell)
    if money:
        text = _CURRENCY.sub("", text).strip()
    _refuse_lookalikes(text)
    negative, digits = _digits(text)
    value = _value(digits, mark)
    return -value if negative else value


def _digits(text: str) -> tuple[bool, str]:
    """Sign and digits; accountants write minus as brackets."""
    negative = text.startswith("-") or (text.startswith("(") and text.endswith(")"))
    inner = text.strip("()") if text.startswith("(") else text.lstrip("+-")
    return negative, _SPACES.sub("", inner) if _SPACED.fullmatch(inner) else inner


def _refuse_lookalikes(text: str) -> None:
    if _EXPONENT.fullmatch(text):
        raise BadValue(
            "exponent",
            _("The number is written with an exponent, so digits may be lost."),
            _("Format the column as a number without exponent and save again."),
        )
    if _WORDS.fullmatch(text):
        raise BadValue("not-finite", _("This is not a finite number."), _("Give a number."))
    if text.endswith("%"):
        raise BadValue("percent", _("A percentage is not wanted here."), _("Give the number itself."))


def _reads_as(digits: str, mark: str) -> bool:
    if _PLAIN.fullmatch(digits) or (mark == "." and _ONE_COMMA_GROUP.fullmatch(digits)):
        return True
    if mark == "," and _ONE_POINT_GROUP.fullmatch(digits):
        return True
    return bool((_POINT if mark == "." else _COMMA).fullmatch(digits))


def _value(digits: str, mark: str) -> Decimal:
    if not mark and (_ONE_COMMA_GROUP.fullmatch(digits) or _ONE_POINT_GROUP.fullmatch(digits)):
        raise BadValue(
            "ambiguous-number",
            _("%(value)s may be a thousand or a decimal number.") % {"value": digits},
            _("Choose the decimal mark of the file."),
        )
    readable = [one for one in ((mark,) if mark else (".", ",")) if _reads_as(digits, one)]
    if not readable:
        raise _wrong_shape(digits, mark)
    chosen = readable[0]
    plain = digits.replace("," if chosen == "." else ".", "").replace(chosen, ".")
    try:
        return Decimal(plain)
    except InvalidOperation as wrong:
        raise not_a_number() from wrong


def _wrong_shape(digits: str, mark: str) -> BadValue:
    if digits and re.fullmatch(r"[\d.,]+", digits):
        if mark and _reads_as(digits, "," if mark == "." else "."):
            return BadValue(
                "mixed-decimal-marks",
                _("The column uses “%(mark)s” as decimal mark, this number does not.") % {"mark": mark},
                _("Write all numbers of the column in one way."),
            )
        return BadValue(
            "number-grouping",
            _("The digits are not grouped in threes."),
            _("Write the number without separators, or in groups of three."),
        )
    return not_a_number()


def not_a_number() -> BadValue:
    return BadValue("not-a-number", _("This is not a number."), _("Give digits only, for example 12.5."))
