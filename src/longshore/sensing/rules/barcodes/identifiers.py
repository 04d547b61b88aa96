"""GS1 application identifiers: what may follow each, and which check digit it carries (GS1 General Specifications 3).

A format is a list of parts: `N6` six digits, `X..20` one to twenty characters of character set 82, `Y` of set 39,
`Z` of the URL-safe base 64 set; a part in brackets may be absent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

SET_82: Final = r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]"
SET_39: Final = r"[#\-/0-9A-Z]"
SET_64: Final = r"[A-Za-z0-9\-_=]"
SETS: Final = {"N": "[0-9]", "X": SET_82, "Y": SET_39, "Z": SET_64}
# The first two digits of these identifiers tell how long the element is, so no separator has to follow it.
FIXED_LENGTH: Final = {
    "00": 20, "01": 16, "02": 16, "03": 16, "04": 18, "11": 8, "12": 8, "13": 8, "14": 8, "15": 8, "16": 8,
    "17": 8, "18": 8, "19": 8, "20": 4, "31": 10, "32": 10, "33": 10, "34": 10, "35": 10, "36": 10, "41": 16,
}  # fmt: skip

_FORMATS: Final = """
00 N18 SSCC
01 N14 GTIN
02 N14 CONTENT
03 N14 MTO GTIN
10 X..20 BATCH/LOT
11 N6 PROD DATE
12 N6 DUE DATE
13 N6 PACK DATE
15 N6 BEST BEFORE
16 N6 SELL BY
17 N6 USE BY
20 N2 VARIANT
21 X..20 SERIAL
22 X..20 CPV
235 X..28 TPX
240 X..30 ADDITIONAL ID
241 X..30 CUST. PART No.
242 N..6 MTO VARIANT
243 X..20 PCN
250 X..30 SECONDARY SERIAL
251 X..30 REF. TO SOURCE
253 N13,[X..17] GDTI
254 X..20 GLN EXTENSION COMPONENT
255 N13,[N..12] GCN
30 N..8 VAR. COUNT
310-316* N6 MEASURE
320-329* N6 MEASURE
330-337* N6 LOG MEASURE
340-349* N6 MEASURE
350-357* N6 MEASURE
360-369* N6 MEASURE
37 N..8 COUNT
390* N..15 AMOUNT
391* N3,N..15 AMOUNT
392* N..15 PRICE
393* N3,N..15 PRICE
394* N4 PRCNT OFF
395* N6 PRICE/UoM
400 X..30 ORDER NUMBER
401 X..30 GINC
402 N17 GSIN
403 X..30 ROUTE
410-417 N13 GLN
420 X..20 SHIP TO POST
421 N3,X..9 SHIP TO POST
422 N3 ORIGIN
423 N3,[N..12] COUNTRY - INITIAL PROCESS
424 N3 COUNTRY - PROCESS
425 N3,[N..12] COUNTRY - DISASSEMBLY
426 N3 COUNTRY - FULL PROCESS
427 X..3 ORIGIN SUBDIVISION
4300-4301 X..35 SHIP TO
4302-4306 X..70 SHIP TO
4307 X2 SHIP TO COUNTRY
4308 X..30 SHIP TO PHONE
4309 N20 SHIP TO GEO
4310-4311 X..35 RTN TO
4312-4316 X..70 RTN TO
4317 X2 RTN TO COUNTRY
4318 X..20 RTN TO POST
4319 X..30 RTN TO PHONE
4320 X..35 SRV DESCRIPTION
4321-4323 N1 FLAG
4324-4325 N10 DELIVERY TIME
4326 N6 RELEASE DATE
4330-4333 N6,[X1] TEMPERATURE
7001 N13 NSN
7002 X..30 MEAT CUT
7003 N10 EXPIRY TIME
7004 N..4 ACTIVE POTENCY
7005 X..12 CATCH AREA
7006 N6 FIRST FREEZE DATE
7007 N6,[N6] HARVEST DATE
7008 X..3 AQUATIC SPECIES
7009 X..10 FISHING GEAR TYPE
7010 X..2 PROD METHOD
7011 N6,[N4] TEST BY DATE
7020-7022 X..20 REFURBISHED
7023 X..30 GIAI ASSEMBLY
7030-7039 N3,X..27 PROCESSOR
7040 N1,X3 UIC+EXT
7041 X..4 UFRGT UNIT TYPE
710-717 X..20 NHRN
7230-7239 X2,X..28 CERT
7240 X..20 PROTOCOL
7241 N2 AIDC MEDIA TYPE
7242 X..25 VCN
7250 N8 DOB
7251 N12 DOB TIME
7252 N1 BIO SEX
7253-7254 X..40 NAME
7255 X..10 SUFFIX
7256 X..90 FULL NAME
7257 X..70 PERSON ADDR
7258 X3 BIRTH SEQUENCE
7259 X..40 BABY
8001 N14 DIMENSIONS
8002 X..20 CMT No.
8003 N14,[X..16] GRAI
8004 X..30 GIAI
8005 N6 PRICE PER UNIT
8006 N14,N2,N2 ITIP
8007 X..34 IBAN
8008 N8,[N..4] PROD TIME
8009 X..50 OPTSEN
8010 Y..30 CPID
8011 N..12 CPID SERIAL
8012 X..20 VERSION
8013 X..25 GMN
8014 X..25 MUDI
8017-8018 N18 GSRN
8019 N..10 SRIN
8020 X..25 REF No.
8026 N14,N2,N2 ITIP CONTENT
8030 Z..90 DIGSIG
8110 X..70 COUPON
8111 N4 POINTS
8112 X..70 COUPON
8200 X..70 PRODUCT URL
90 X..30 INTERNAL
91-99 X..90 INTERNAL
"""
# Where the GS1 check digit closes the first digits of the value: identifier -> how many digits it is the last of.
_CHECKED: Final = {
    "00": 18, "01": 14, "02": 14, "03": 14, "253": 13, "255": 13, "402": 17, "8003": 14, "8006": 14, "8017": 18,
    "8018": 18, "8026": 14, **{str(ai): 13 for ai in range(410, 418)},
}  # fmt: skip
DATES: Final = frozenset(("11", "12", "13", "15", "16", "17", "4326", "7006"))
# For these a day 00 is not allowed: the day matters.
EXACT_DAY: Final = frozenset(("4326", "7006"))


@dataclass(frozen=True, slots=True)
class Identifier:
    """One application identifier. `separated`: a separator must follow unless it is the last element."""

    code: str
    title: str
    pattern: re.Pattern[str]
    longest: int
    checked: int
    decimals: int | None
    separated: bool


@cache
def identifiers() -> dict[str, Identifier]:
    """Every identifier there is, by its digits; those with a decimal position ten times."""
    found: dict[str, Identifier] = {}
    for line in _FORMATS.strip().splitlines():
        span, layout, title = line.split(" ", 2)
        first, _dash, last = span.rstrip("*").partition("-")
        pattern, longest = _compiled(layout)
        for number in range(int(first), int(last or first) + 1):
            base = str(number).zfill(len(first))
            for decimals in range(10) if span.endswith("*") else (None,):
                code = base if decimals is None else f"{base}{decimals}"
                separated = code[:2] not in FIXED_LENGTH
                checked = _CHECKED.get(code, 0)
                found[code] = Identifier(code, title, pattern, longest, checked, decimals, separated)
    return found


def _compiled(layout: str) -> tuple[re.Pattern[str], int]:
    """The pattern of a format and its greatest length."""
    text, longest = "", 0
    for part in layout.split(","):
        kind, _dots, most = part.strip("[]").partition("..")
        length = int(most or kind[1:])
        longest += length
        one = f"{SETS[kind[0]]}{{{'1,' if most else ''}{length}}}"
        text += f"(?:{one})?" if part.startswith("[") else one
    return re.compile(text), longest


def identifier_at(text: str, position: int) -> Identifier | None:
    """The identifier that stands at this position; no identifier is the beginning of another."""
    known = identifiers()
    for length in (2, 3, 4):
        found = known.get(text[position : position + length])
        if found is not None and len(found.code) == length:
            return found
    return None
