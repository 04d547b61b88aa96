"""GS1 identification keys in their two spellings: EPC URN and GS1 Digital Link URI.

One spelling can always be made from a URN: the canonical Digital Link. Back needs the length of the company prefix,
which a Digital Link does not tell; so the caller brings the prefixes it knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from urllib.parse import quote, unquote

HOST = "https://id.gs1.org/"
URN = re.compile(r"^urn:epc:(id|class|idpat):([a-z]+):(.+)$")
# Application identifiers that name a key, the words that may stand for them, and what a value looks like.
PRIMARY = {
    "00": r"\d{18}",
    "01": r"\d{8}|\d{12,14}",
    "253": r"\d{13}.{0,17}",
    "255": r"\d{13,25}",
    "401": r".{1,30}",
    "402": r"\d{17}",
    "414": r"\d{13}",
    "417": r"\d{13}",
    "8003": r"\d{14}.{0,16}",
    "8004": r"\d{4}.{1,26}",
    "8006": r"\d{18}",
    "8010": r".{1,30}",
    "8017": r"\d{18}",
    "8018": r"\d{18}",
}
WORDS = {
    "sscc": "00",
    "gtin": "01",
    "gdti": "253",
    "gcn": "255",
    "ginc": "401",
    "gsin": "402",
    "gln": "414",
    "party": "417",
    "grai": "8003",
    "giai": "8004",
    "itip": "8006",
    "cpid": "8010",
    "gsrnp": "8017",
    "gsrn": "8018",
    "ser": "21",
    "lot": "10",
    "cpv": "22",
    "tpx": "235",
    "glnx": "254",
    "cpsn": "8011",
}
# The finest qualifier first: only one level of identification stays in the canonical form.
QUALIFIERS = {
    "01": ("21", "235", "10"),
    "414": ("254",),
    "8006": ("21", "10"),
    "8010": ("8011",),
}
CLASS_KEYS = ("01", "8006", "8010", "8003", "253", "255")
VALUE = {ai: re.compile(f"^(?:{pattern})$") for ai, pattern in PRIMARY.items()}
UNSAFE_IN_URN = {c: f"%{ord(c):02X}" for c in '"%&/<>?#'}


def check_digit(digits: str) -> str:
    """GS1's modulo-10 digit over a string of digits."""
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return str(-total % 10)


def canonical(uri: str) -> str:
    """The canonical Digital Link of a GS1 key in any spelling; every other URI as it is."""
    if uri.startswith("urn:epc:"):
        return _from_urn(uri)
    if uri.startswith(("http://", "https://")):
        return _from_link(uri)
    return uri


def is_class(uri: str) -> bool:
    """Does this canonical identifier name a class (a GTIN, a lot) and not one thing?"""
    found = _split(uri)
    if found is None:
        return uri.startswith(("urn:epc:class:", "urn:epc:idpat:"))
    key, value, qualifier, _text = found
    if key in ("01", "8006", "8010"):
        return qualifier in ("", "10")
    lengths = {"8003": 14, "253": 13, "255": 13}
    return key in lengths and len(value) == lengths[key]


def company_prefix(uri: str) -> str:
    """The company prefix a URN tells, or an empty text."""
    match = URN.match(uri)
    if match is None or match[2] not in BUILDERS:
        return ""
    head = match[3].partition(".")[0]
    return head if head.isdigit() and 6 <= len(head) <= 12 else ""


def _from_urn(uri: str) -> str:
    match = URN.match(uri)
    if match is None or match[2] not in BUILDERS:
        return uri
    parts = match[3].split(".", FIELDS[match[2]] - 1)
    try:
        return HOST + BUILDERS[match[2]](parts)
    except (ValueError, IndexError):
        return uri


def _thirteen(prefix: str, reference: str) -> str:
    body = _digits(prefix + reference, 12)
    return body + check_digit(body)


def _fourteen(prefix: str, reference: str) -> str:
    body = _digits(reference[:1] + prefix + reference[1:], 13)
    return body + check_digit(body)


def _digits(text: str, length: int) -> str:
    if not text.isascii() or not text.isdigit() or len(text) != length:
        raise ValueError(text)
    return text


def _free(text: str) -> str:
    return quote(unquote(text), safe="'")


def _trade_item(ai: str) -> Callable[[list[str]], str]:
    def build(p: list[str]) -> str:
        gtin = f"01/{_fourteen(p[0], p[1])}"
        return gtin if p[2] == "*" else f"{gtin}/{ai}/{_free(p[2])}"

    return build


def _sscc(p: list[str]) -> str:
    body = _digits(p[1][:1] + p[0] + p[1][1:], 17)
    return f"00/{body}{check_digit(body)}"


def _location(p: list[str]) -> str:
    extension = "" if len(p) < 3 or p[2] in ("0", "*") else f"/254/{_free(p[2])}"
    return f"414/{_thirteen(p[0], p[1])}{extension}"


def _with_serial(head: str) -> Callable[[list[str]], str]:
    """Document, coupon, returnable asset: the serial follows the check digit without a qualifier."""

    def build(p: list[str]) -> str:
        return f"{head}{_thirteen(p[0], p[1])}{'' if p[2] == '*' else _free(p[2])}"

    return build


def _service(ai: str, length: int) -> Callable[[list[str]], str]:
    def build(p: list[str]) -> str:
        body = _digits(p[0] + p[1], length)
        return f"{ai}/{body}{check_digit(body)}"

    return build


def _component(p: list[str]) -> str:
    serial = "" if p[2] == "*" else f"/8011/{_free(p[2])}"
    return f"8010/{p[0]}{_free(p[1])}{serial}"


def _piece(p: list[str]) -> str:
    serial = "" if p[4] == "*" else f"/21/{_free(p[4])}"
    return f"8006/{_fourteen(p[0], p[1])}{_digits(p[2] + p[3], 4)}{serial}"


BUILDERS: dict[str, Callable[[list[str]], str]] = {
    "sgtin": _trade_item("21"),
    "lgtin": _trade_item("10"),
    "upui": _trade_item("235"),
    "sscc": _sscc,
    "sgln": _location,
    "pgln": lambda p: f"417/{_thirteen(p[0], p[1])}",
    "grai": _with_serial("8003/0"),
    "gdti": _with_serial("253/"),
    "sgcn": _with_serial("255/"),
    "giai": lambda p: f"8004/{p[0]}{_free(p[1])}",
    "gsrn": _service("8018", 17),
    "gsrnp": _service("8017", 17),
    "gsin": _service("402", 16),
    "ginc": lambda p: f"401/{p[0]}{_free(p[1])}",
    "cpi": _component,
    "itip": _piece,
}
FIELDS = dict.fromkeys(("sscc", "pgln", "giai", "gsrn", "gsrnp", "gsin", "ginc"), 2)
FIELDS |= dict.fromkeys(("sgtin", "lgtin", "upui", "sgln", "grai", "gdti", "sgcn", "cpi"), 3)
FIELDS["itip"] = 5


def _from_link(uri: str) -> str:
    found = _split(uri)
    if found is None:
        return uri
    key, value, qualifier, text = found
    tail = f"/{qualifier}/{_free(text)}" if qualifier else ""
    return f"{HOST}{key}/{_free(value)}{tail}"


def _split(uri: str) -> tuple[str, str, str, str] | None:
    """Key, its value, the finest qualifier and its value, of a Digital Link on any host; None for another URI."""
    path = uri.split("?", 1)[0].split("#", 1)[0].split("/")[3:]
    path = [WORDS.get(part, part) if i < len(path) - 1 else part for i, part in enumerate(path)]
    for at, part in enumerate(path[:-1]):
        value = unquote(path[at + 1])
        if part in PRIMARY and VALUE[part].match(value):
            rest = path[at + 2 :]
            if len(rest) % 2:
                continue
            given = dict(zip(rest[::2], rest[1::2], strict=True))
            finest = next((ai for ai in QUALIFIERS.get(part, ()) if ai in given), "")
            value = value.zfill(14) if part == "01" else value
            return part, value, finest, unquote(given.get(finest, ""))
    return None


def to_urn(uri: str, prefixes: Collection[str]) -> str:
    """The EPC URN of a canonical Digital Link, if one of the known company prefixes begins it; else as it is."""
    found = _split(uri) if uri.startswith("http") else None
    if found is None:
        return uri
    key, value, qualifier, text = found
    digits = value[1:] if key in ("00", "01", "8003", "8006") else value
    prefix = next((digits[:n] for n in range(12, 5, -1) if digits[:n] in prefixes), "")
    if not prefix:
        return uri
    return _urn(key, prefix, value, qualifier, _escaped(text)) or uri


def _escaped(text: str) -> str:
    return "".join(UNSAFE_IN_URN.get(c, c) for c in text)


def _urn(key: str, prefix: str, value: str, qualifier: str, text: str) -> str:
    n = len(prefix)
    if key == "01":
        item = f"{prefix}.{value[0]}{value[1 + n : 13]}"
        kinds = {"21": "id:sgtin", "10": "class:lgtin", "235": "id:upui", "": "idpat:sgtin"}
        return f"urn:epc:{kinds[qualifier]}:{item}.{text or '*'}"
    if key == "00":
        return f"urn:epc:id:sscc:{prefix}.{value[0]}{value[1 + n : 17]}"
    if key in ("414", "417"):
        place = f"{prefix}.{value[n:12]}"
        return f"urn:epc:id:pgln:{place}" if key == "417" else f"urn:epc:id:sgln:{place}.{text or '0'}"
    if key in ("8003", "253", "255"):
        scheme, body = {"8003": ("grai", value[1:]), "253": ("gdti", value), "255": ("sgcn", value)}[key]
        serial = _escaped(body[13:])
        return f"urn:epc:{'id' if serial else 'idpat'}:{scheme}:{prefix}.{body[n:12]}.{serial or '*'}"
    if key in ("8017", "8018", "402"):
        scheme = {"8017": "gsrnp", "8018": "gsrn", "402": "gsin"}[key]
        return f"urn:epc:id:{scheme}:{prefix}.{value[n:-1]}"
    if key == "8006":
        item = f"{prefix}.{value[0]}{value[1 + n : 13]}.{value[14:16]}.{value[16:18]}"
        return f"urn:epc:{'id' if text else 'idpat'}:itip:{item}.{text or '*'}"
    if key == "8010":
        return f"urn:epc:{'id' if text else 'idpat'}:cpi:{prefix}.{_escaped(value[n:])}.{text or '*'}"
    return f"urn:epc:id:{'giai' if key == '8004' else 'ginc'}:{prefix}.{_escaped(value[n:])}"


def like_pattern(uri: str) -> str | None:
    """The SQL LIKE pattern over canonical forms for an EPC pattern URI with wildcards; None if it names one thing."""
    match = re.match(r"^urn:epc:(idpat|class|id):([a-z]+):(.*\*)$", uri)
    if match is None:
        return None
    scheme, parts = match[2], match[3].split(".")
    parts += ["*"] * (FIELDS.get(scheme, len(parts)) - len(parts))
    if scheme not in BUILDERS:
        return like_escape(uri).replace("*", "%")
    return like_escape(HOST) + _like(scheme, parts)


def like_escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _like(scheme: str, p: list[str]) -> str:
    """`_` stands for one digit: lengths follow from the key even where the reference is open."""
    prefix = "" if p[0] == "*" else p[0]
    if scheme in ("sgtin", "lgtin", "upui"):
        ai = {"sgtin": "21", "lgtin": "10", "upui": "235"}[scheme]
        if p[1] != "*":
            return f"01/{_fourteen(prefix, p[1])}/{ai}/%"
        return f"01/{'_' + prefix:_<13}_/{ai}/%"
    if scheme == "sscc":
        return f"00/{'_' + prefix:_<17}_"
    if scheme in ("sgln", "pgln"):
        ai = "414" if scheme == "sgln" else "417"
        return f"{ai}/{_thirteen(prefix, p[1])}%" if p[1] != "*" else f"{ai}/{prefix}%"
    if scheme in ("grai", "gdti", "sgcn"):
        head = {"grai": "8003/0", "gdti": "253/", "sgcn": "255/"}[scheme]
        return f"{head}{_thirteen(prefix, p[1])}_%" if p[1] != "*" else f"{head}{prefix:_<12}__%"
    if scheme == "itip":
        return f"8006/{_fourteen(prefix, p[1])}%" if p[1] != "*" else f"8006/{'_' + prefix}%"
    ai = {"giai": "8004", "gsrn": "8018", "gsrnp": "8017", "gsin": "402", "ginc": "401", "cpi": "8010"}[scheme]
    return f"{ai}/{prefix}{'' if p[1] == '*' else p[1]}%"
