"""Electronic product codes: pure identity and tag URNs, and the binary of the tag in hexadecimal (GS1 TDS 2.0)."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from django.utils.translation import gettext_lazy as _

from longshore.catalog.rules import check_digit
from longshore.sensing.rules.barcodes.identifiers import identifiers
from longshore.sensing.rules.barcodes.parsed import BadCode, Element, checked

HEX: Final = re.compile(r"[0-9A-Fa-f]{24}|[0-9A-Fa-f]{48}|[0-9A-Fa-f]{52}")
_PREFIX_BITS: Final = (40, 37, 34, 30, 27, 24, 20)  # by partition; the prefix has 12 minus partition digits
# header: (scheme, bits before the serial by partition, serial bits; -7 bits a character)
_ITEM_BITS: Final = (4, 7, 10, 14, 17, 20, 24)
_SSCC_BITS: Final = (18, 21, 24, 28, 31, 34, 38)
_SGLN_BITS: Final = (1, 4, 7, 11, 14, 17, 21)
_GIAI_BITS: Final = (42, 45, 48, 52, 55, 58, 62)
_HEADERS: Final = {
    0x30: ("sgtin", _ITEM_BITS, 13, 38),
    0x31: ("sscc", _SSCC_BITS, 17, 0),
    0x32: ("sgln", _SGLN_BITS, 12, 41),
    0x33: ("grai", _ITEM_BITS, 12, 38),
    0x34: ("giai", _GIAI_BITS, 0, 0),
    0x36: ("sgtin", _ITEM_BITS, 13, -20),
}


def is_tag(text: str) -> bool:
    return text[:8].lower() == "urn:epc:" or HEX.fullmatch(text) is not None


def read_tag(text: str) -> list[Element]:
    """The elements a tag's code stands for, from its URN or its hexadecimal memory."""
    if text[:8].lower() != "urn:epc:":
        scheme, parts = _binary(text)
        return _elements(scheme, parts, text)
    kind, _colon, rest = text[8:].partition(":")
    scheme, _colon, body = rest.partition(":")
    parts = tuple(unquote(part) for part in body.split("."))
    if kind == "tag":
        scheme, parts = scheme.rpartition("-")[0], parts[1:]
    elif kind not in ("id", "class", "idpat"):
        raise _unreadable(text)
    return _elements(scheme, parts, text)


def _elements(scheme: str, parts: tuple[str, ...], text: str) -> list[Element]:
    written = {"sgtin": _item, "lgtin": _item, "sscc": _sscc, "sgln": _place, "grai": _asset, "gdti": _document}
    try:
        if scheme in written:
            return written[scheme](scheme, parts)
        if scheme == "giai":
            return [checked(identifiers()["8004"], "".join(parts))]
        if scheme in ("gsrn", "gsrnp"):
            digits = parts[0] + parts[1]
            return [checked(identifiers()["8018" if scheme == "gsrn" else "8017"], digits + check_digit(digits))]
    except (IndexError, ValueError) as error:
        raise _unreadable(text) from error
    raise _unreadable(text)


def _item(scheme: str, parts: tuple[str, ...]) -> list[Element]:
    prefix, item, last = parts
    digits = item[0] + prefix + item[1:]
    elements = [checked(identifiers()["01"], digits + check_digit(digits))]
    if last != "*":
        elements.append(checked(identifiers()["21" if scheme == "sgtin" else "10"], last))
    return elements


def _sscc(_scheme: str, parts: tuple[str, ...]) -> list[Element]:
    prefix, serial = parts
    digits = serial[0] + prefix + serial[1:]
    return [checked(identifiers()["00"], digits + check_digit(digits))]


def _place(_scheme: str, parts: tuple[str, ...]) -> list[Element]:
    prefix, location, extension = parts
    digits = prefix + location
    elements = [checked(identifiers()["414"], digits + check_digit(digits))]
    return elements if extension == "0" else [*elements, checked(identifiers()["254"], extension)]


def _asset(_scheme: str, parts: tuple[str, ...]) -> list[Element]:
    prefix, kind, serial = parts
    digits = "0" + prefix + kind
    return [checked(identifiers()["8003"], digits + check_digit(digits) + serial)]


def _document(_scheme: str, parts: tuple[str, ...]) -> list[Element]:
    prefix, kind, serial = parts
    digits = prefix + kind
    return [checked(identifiers()["253"], digits + check_digit(digits) + serial)]


def _binary(text: str) -> tuple[str, tuple[str, ...]]:
    """Scheme and parts of a tag's memory bank. `whole` digits are shared between company prefix and reference."""
    bits = bin(int(text, 16))[2:].zfill(len(text) * 4)
    known = _HEADERS.get(int(bits[:8], 2))
    partition = int(bits[11:14], 2)
    if known is None or partition > 6:
        raise _unreadable(text)
    scheme, reference_bits, whole, serial_bits = known
    first, second = 14 + _PREFIX_BITS[partition], 14 + _PREFIX_BITS[partition] + reference_bits[partition]
    digits = 12 - partition
    prefix, reference = str(int(bits[14:first], 2)).zfill(digits), str(int(bits[first:second] or "0", 2))
    if whole:
        reference = reference.zfill(whole - digits) if whole > digits else ""
    if len(prefix) > digits or (whole and len(reference) > whole - digits):
        raise _unreadable(text)
    if serial_bits == 0:
        return scheme, (prefix, reference)
    if serial_bits > 0:
        return scheme, (prefix, reference, str(int(bits[second : second + serial_bits], 2)))
    letters = [int(bits[at : at + 7], 2) for at in range(second, second - serial_bits * 7, 7)]
    return scheme, (prefix, reference, "".join(chr(letter) for letter in letters if letter))


def _unreadable(text: str) -> BadCode:
    return BadCode(
        "unreadable-tag",
        _("%(value)s is no electronic product code we know.") % {"value": text[:80]},
        _("Write the tag again, or read its bar code."),
        value=text[:80],
    )
