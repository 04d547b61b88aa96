"""Reading codes: one function for everything a scanner, a camera or a tag reader may send."""

from __future__ import annotations

import re
from typing import Final

from longshore.catalog.rules import check_digit
from longshore.sensing.rules.barcodes.element_strings import SYMBOLOGIES, read_elements, written_as_scanned
from longshore.sensing.rules.barcodes.parsed import BadCode, Element, Parsed, made
from longshore.sensing.rules.barcodes.tags import is_tag, read_tag
from longshore.sensing.rules.barcodes.web_addresses import is_web_address, read_web_address

__all__ = ["BadCode", "Element", "Parsed", "read_code", "written_as_scanned"]

# EAN/UPC, ITF-14, Code 128, Code 39, plain DataMatrix and QR: whatever follows is the code itself.
_PLAIN: Final = re.compile(r"^\](?:E[0-4]|I[01]|C0|A0|d1|Q[01])")
_LENGTHS: Final = (8, 12, 13, 14)


def read_code(raw: str, *, year: int) -> Parsed:
    """What the code says, or a refusal: GS1 element string, Digital Link, EAN/UPC/ITF-14, SSCC, EPC URN or hex.

    `year` is the year of the reading, for dates of two digits.
    """
    text = raw.strip("\r\n\t ")
    marked = text.startswith(SYMBOLOGIES)
    if not marked:
        text = _PLAIN.sub("", text)
    if is_web_address(text):
        return made(read_web_address(text), year)
    if not marked and is_tag(text) and not _number(text):
        return made(read_tag(text), year)
    if not marked and _number(text):
        return made([Element("00" if len(text) == 18 else "01", text.zfill(14))], year)
    return made(read_elements(text), year)


def _number(text: str) -> bool:
    """A number alone that closes with its check digit; one that does not may still be an element string."""
    digits = text.isascii() and text.isdigit() and len(text) in (*_LENGTHS, 18)
    return digits and text[-1] == check_digit(text[:-1])
