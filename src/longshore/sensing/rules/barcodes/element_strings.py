"""GS1 element strings: what a scanner sends for GS1-128, DataMatrix, QR and DataBar, and what people type."""

from __future__ import annotations

import re
from typing import Final

from django.utils.translation import gettext_lazy as _

from longshore.sensing.rules.barcodes.identifiers import Identifier, identifier_at, identifiers
from longshore.sensing.rules.barcodes.parsed import BadCode, Element, checked

SEPARATOR: Final = "\x1d"
# How scanners write the separator when they may not send a control character.
_SPELLINGS: Final = re.compile(r"\u241d|<GS>|<FNC1>|\{GS\}|\[GS\]", re.IGNORECASE)
# GS1-128, GS1 DataBar, GS1 DataMatrix, GS1 QR code, GS1 DotCode
SYMBOLOGIES: Final = ("]C1", "]e0", "]e1", "]e2", "]d2", "]Q3", "]J1")
_BRACKETED: Final = re.compile(r"\((\d{2,4})\)")


def read_elements(text: str) -> list[Element]:
    """The elements of a scanned string (symbology identifier and separators as they come) or of one in brackets."""
    written = _SPELLINGS.sub(SEPARATOR, text)
    for symbology in SYMBOLOGIES:
        written = written.removeprefix(symbology)
    return _in_brackets(written) if written.startswith("(") else _scanned(written.lstrip(SEPARATOR))


def _scanned(written: str) -> list[Element]:
    elements: list[Element] = []
    position = 0
    while position < len(written):
        known = identifier_at(written, position)
        if known is None:
            raise _unknown(written[position : position + 4])
        position += len(known.code)
        value, position = _value(written, position, known)
        elements.append(checked(known, value))
    if not elements:
        raise _unknown("")
    return elements


def _value(written: str, position: int, known: Identifier) -> tuple[str, int]:
    """The value that begins here and where the next element begins. A separator too many does no harm."""
    separator = written.find(SEPARATOR, position)
    end = len(written) if separator < 0 else separator
    if not known.separated:
        end = min(position + known.longest, end)
    value = written[position:end]
    while written.startswith(SEPARATOR, end):
        end += 1
    return value, end


def _in_brackets(written: str) -> list[Element]:
    """The human-readable form. A value may hold brackets itself, so only what names an identifier splits."""
    elements: list[Element] = []
    marks = [mark for mark in _BRACKETED.finditer(written) if mark[1] in identifiers()]
    if not marks or marks[0].start() != 0:
        raise _unknown(written[:6])
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        value = written[mark.end() : following.start() if following else len(written)].rstrip(SEPARATOR + " ")
        elements.append(checked(identifiers()[mark[1]], value))
    return elements


def written_as_scanned(elements: list[Element]) -> str:
    """The string a scanner would send: separators only where they are needed."""
    text = ""
    for element in elements:
        text += element.ai + element.value + (SEPARATOR if identifiers()[element.ai].separated else "")
    return text.rstrip(SEPARATOR)


def _unknown(text: str) -> BadCode:
    return BadCode(
        "unknown-identifier",
        _("No GS1 application identifier begins with “%(text)s”.") % {"text": text},
        _("Scan again, or type the number under the bar code."),
        value=text,
    )
