"""Codes: what scanners, cameras and tag readers send becomes keys, or a refusal that names what is wrong."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longshore.catalog.errors import Refusal
from longshore.catalog.rules import check_digit
from longshore.sensing.rules.barcodes import Element, read_code, written_as_scanned
from longshore.sensing.rules.barcodes.dates import full_year, read_date
from longshore.sensing.rules.barcodes.identifiers import FIXED_LENGTH, identifiers

GS = "\x1d"


def elements(raw: str) -> list[tuple[str, str]]:
    return [(element.ai, element.value) for element in read_code(raw, year=2026).elements]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (f"]C10109521234543213\x3110ABC123{GS}17261231".replace("\x3110", "10"), None),
        ("]C10109521234543213" + "10ABC123" + GS + "17261231", [("01", "09521234543213"), ("10", "ABC123"), ("17", "261231")]),
        ("]d2" + GS + "0109521234543213" + "21S1" + GS, [("01", "09521234543213"), ("21", "S1")]),
        ("]Q3" + "00106141412345678908", [("00", "106141412345678908")]),
        ("]e0" + "0209521234543213" + "37" + "24" + GS + "10L7", [("02", "09521234543213"), ("37", "24"), ("10", "L7")]),
        ("(01)09521234543213(10)A(1)B(3103)001250", [("01", "09521234543213"), ("10", "A(1)B"), ("3103", "001250")]),
        ("10ABC<GS>21X", [("10", "ABC"), ("21", "X")]),
        ("https://id.gs1.org/01/09521234543213/10/ABC/21/12345?17=261200&3103=000195",
         [("01", "09521234543213"), ("10", "ABC"), ("21", "12345"), ("17", "261200"), ("3103", "000195")]),
        ("https://example.com/some/way/gtin/9521234543213/lot/A%2FB?utm=x", [("01", "09521234543213"), ("10", "A/B")]),
        ("HTTPS://EXAMPLE.COM/00/106141412345678908", [("00", "106141412345678908")]),
        ("https://example.com/414/0614141123452/254/400", [("414", "0614141123452"), ("254", "400")]),
        ("9521234543213", [("01", "09521234543213")]),
        ("]E09521234543213", [("01", "09521234543213")]),
        ("]I1" + "80614141123458", [("01", "80614141123458")]),
        ("614141000036", [("01", "00614141000036")]),
        ("96385074", [("01", "00000096385074")]),
        ("106141412345678908", [("00", "106141412345678908")]),
        ("urn:epc:id:sgtin:0614141.812345.6789", [("01", "80614141123458"), ("21", "6789")]),
        ("urn:epc:id:sgtin:0614141.812345.32a%2Fb", [("01", "80614141123458"), ("21", "32a/b")]),
        ("urn:epc:tag:sgtin-96:3.0614141.812345.6789", [("01", "80614141123458"), ("21", "6789")]),
        ("urn:epc:id:sscc:0614141.1234567890", [("00", "106141412345678908")]),
        ("urn:epc:class:lgtin:4012345.012345.998877", [("01", "04012345123456"), ("10", "998877")]),
        ("urn:epc:idpat:sgtin:4012345.066666.*", [("01", "04012345666663")]),
        ("urn:epc:id:sgln:0614141.12345.400", [("414", "0614141123452"), ("254", "400")]),
        ("urn:epc:id:sgln:0614141.12345.0", [("414", "0614141123452")]),
        ("urn:epc:id:grai:0614141.12345.400", [("8003", "00614141123452400")]),
        ("urn:epc:id:giai:0614141.12345400", [("8004", "061414112345400")]),
        ("urn:epc:id:gsrn:0614141.1234567890", [("8018", "061414112345678902")]),
        ("urn:epc:id:gdti:0614141.12345.006847", [("253", "0614141123452006847")]),
        ("3034257BF7194E4000001A85", [("01", "80614141123458"), ("21", "6789")]),
        ("3114257BF4499602D2000000", [("00", "106141412345678908")]),
    ],
)  # fmt: skip
def test_known_codes(raw: str, expected: list[tuple[str, str]] | None) -> None:
    """Each carrier of a code gives the same elements."""
    if expected is not None:
        assert elements(raw) == expected


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("(01)09521234543214", "gs1-check-digit"),
        ("00106141412345678909", "gs1-check-digit"),
        ("(17)261332", "bad-gs1-date"),
        ("(17)260230", "bad-gs1-date"),
        ("(01)0952123454321", "bad-gs1-value"),
        ("(10)" + "A" * 21, "bad-gs1-value"),
        ("(10)A" + GS + "(10)B", "gs1-said-twice"),
        ("]C15512", "unknown-identifier"),
        ("", "unknown-identifier"),
        ("hello", "unknown-identifier"),
        ("https://example.com/shop", "no-digital-link"),
        ("https://example.com/01/09521234543213/8011/3", "bad-digital-link"),
        ("urn:epc:id:sgtin:0614141", "unreadable-tag"),
        ("urn:epc:id:nothing:1.2.3", "unreadable-tag"),
        ("FF34257BF7194E4000001A85", "unreadable-tag"),
    ],
)
def test_wrong_codes_are_refused(raw: str, code: str) -> None:
    """A wrong code never becomes another one: it is refused with a code, a sentence and a remedy."""
    with pytest.raises(Refusal) as refused:
        read_code(raw, year=2026)
    assert refused.value.code == code
    assert str(refused.value.remedy)


def test_what_a_label_says() -> None:
    """Dates, counts and measures of a label are dates, whole numbers and exact decimals."""
    parsed = read_code("(02)09521234543213(37)24(17)280200(11)260105(10)L7(3103)001250(3922)1999", year=2026)
    assert parsed.expires_on == date(2028, 2, 29)
    assert parsed.produced_on == date(2026, 1, 5)
    assert (parsed.gtin, parsed.lot, parsed.count) == ("09521234543213", "L7", 24)
    assert parsed.measure("310") == Decimal("1.250")
    assert parsed.measure("392") == Decimal("19.99")
    assert parsed.measure("320") is None


def test_the_century() -> None:
    """Two digits mean the year within 49 back and 50 ahead."""
    assert [full_year(yy, 2026) for yy in (26, 76, 77, 99, 0, 75)] == [2026, 2076, 1977, 1999, 2000, 2075]
    assert [full_year(yy, 2090) for yy in (90, 40, 41, 39)] == [2090, 2140, 2041, 2139]
    assert full_year(99, 2001) == 1999
    assert read_date("270200", 2026) == date(2027, 2, 28)


@given(st.integers(0, 99), st.integers(1951, 2150))
def test_the_century_is_near(two: int, year: int) -> None:
    """The year chosen ends in the digits and lies from 49 back to 50 ahead."""
    chosen = full_year(two, year)
    assert chosen % 100 == two
    assert -49 <= chosen - year <= 50


def test_no_identifier_begins_another() -> None:
    """Reading from the left is unambiguous, and every identifier with a length by table is one of ours."""
    codes = list(identifiers())
    assert [code for code in codes for other in codes if other != code and other.startswith(code)] == []
    for code, known in identifiers().items():
        if code[:2] in FIXED_LENGTH and not known.separated:
            assert len(code) + known.longest == FIXED_LENGTH[code[:2]], code


def _valid(ai: str, draw: st.DrawFn) -> str:
    known = identifiers()[ai]
    if ai in ("11", "12", "13", "15", "16", "17", "7006", "4326"):
        return f"{draw(st.integers(0, 99)):02d}{draw(st.integers(1, 12)):02d}{draw(st.integers(1, 28)):02d}"
    value = draw(st.from_regex(known.pattern, fullmatch=True))
    if known.checked:
        body = value[: known.checked - 1]
        value = body + check_digit(body) + value[known.checked :]
    return value


@st.composite
def element_lists(draw: st.DrawFn) -> list[Element]:
    chosen = draw(st.lists(st.sampled_from(sorted(identifiers())), min_size=1, max_size=6, unique=True))
    return [Element(ai, _valid(ai, draw)) for ai in chosen]


@given(element_lists())
def test_written_and_read_again(made: list[Element]) -> None:
    """Any elements, written as a scanner sends them, are read as the same elements."""
    assert list(read_code("]C1" + written_as_scanned(made), year=2026).elements) == made


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the reader fail otherwise than by refusing."""
    try:
        parsed = read_code(text, year=2026)
    except Refusal:
        return
    assert parsed.elements


@given(st.integers(0, 2**96 - 1))
def test_any_tag_is_read_or_refused(bits: int) -> None:
    """No tag memory makes the reader fail otherwise than by refusing."""
    try:
        read_code(f"{bits:024X}", year=2026)
    except Refusal:
        return


@given(st.integers(6, 12), st.data())
def test_tags_and_their_names_agree(digits: int, data: st.DataObject) -> None:
    """The binary of an SGTIN-96 says the same as its URN, for every length of company prefix."""
    prefix = data.draw(st.integers(0, 10**digits - 1))
    item = data.draw(st.integers(0, 10 ** (13 - digits) - 1))
    serial = data.draw(st.integers(0, 2**38 - 1))
    partition = 12 - digits
    prefix_bits, item_bits = (40, 37, 34, 30, 27, 24, 20)[partition], (4, 7, 10, 14, 17, 20, 24)[partition]
    memory = 0x30
    for value, width in ((1, 3), (partition, 3), (prefix, prefix_bits), (item, item_bits), (serial, 38)):
        memory = memory << width | value
    name = f"urn:epc:id:sgtin:{prefix:0{digits}d}.{item:0{13 - digits}d}.{serial}"
    assert elements(f"{memory:024X}") == elements(name)


def test_fractions_are_not_floats() -> None:
    """A measure stays exact."""
    measure = read_code("(3105)000001", year=2026).measure("310")
    assert measure is not None
    assert Fraction(measure) == Fraction(1, 100_000)
