"""GS1 Digital Link: the same keys in a web address (GS1 Digital Link URI Syntax 1.4, uncompressed)."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from longshore.sensing.rules.barcodes.identifiers import identifiers
from longshore.sensing.rules.barcodes.parsed import BadCode, Element, checked

# What may follow each primary key in the path.
QUALIFIERS: Final = {
    "01": ("22", "10", "21", "235"), "00": (), "253": (), "255": (), "401": (), "402": (), "414": ("254", "7040"),
    "417": ("7040",), "8003": (), "8004": ("7040",), "8006": ("22", "10", "21"), "8010": ("8011",), "8013": (),
    "8017": ("8019",), "8018": ("8019",),
}  # fmt: skip
_NAMES: Final = {
    "gtin": "01", "sscc": "00", "gdti": "253", "gcn": "255", "ginc": "401", "gsin": "402", "gln": "414",
    "party": "417", "grai": "8003", "giai": "8004", "itip": "8006", "cpid": "8010", "gmn": "8013", "gsrnp": "8017",
    "gsrn": "8018", "cpv": "22", "lot": "10", "ser": "21", "glnx": "254", "cpsn": "8011", "srin": "8019",
}  # fmt: skip


def is_web_address(text: str) -> bool:
    return text[:8].lower().startswith(("http://", "https://"))


def read_web_address(text: str) -> list[Element]:
    """The keys of a Digital Link address on any domain, below any path; foreign query parameters are let be."""
    address = urlsplit(text)
    parts = [unquote(part) for part in address.path.split("/")]
    for start in range(len(parts) - 1):
        ai = _NAMES.get(parts[start], parts[start])
        if ai in QUALIFIERS and parts[start + 1]:
            return _path(ai, parts[start:]) + _query(address.query)
    raise BadCode(
        "no-digital-link",
        _("This web address holds no GS1 key."),
        _("Scan the bar code of the goods, not an advertisement."),
        value=text[:200],
    )


def _path(primary: str, parts: list[str]) -> list[Element]:
    if len(parts) % 2:
        parts = parts[:-1]
    elements: list[Element] = []
    for name, value in zip(parts[::2], parts[1::2], strict=True):
        ai = _NAMES.get(name, name)
        if elements and ai not in QUALIFIERS[primary]:
            raise BadCode(
                "bad-digital-link",
                _("(%(ai)s) cannot stand behind (%(primary)s) in a web address.") % {"ai": ai, "primary": primary},
                _("Print the label again."),
                ai=ai,
                primary=primary,
            )
        elements.append(checked(identifiers()[ai], _padded(ai, value)))
    return elements


def _query(query: str) -> list[Element]:
    known = identifiers()
    pairs = [(_NAMES.get(name, name), value) for name, value in parse_qsl(query.replace(";", "&"))]
    return [checked(known[name], _padded(name, value)) for name, value in pairs if name in known]


def _padded(ai: str, value: str) -> str:
    """A GTIN may be written without its leading zeros."""
    return value.zfill(14) if ai in ("01", "02") and len(value) in (8, 12, 13) else value
