"""ANSI X12 004010: 850 written; 855 and 856 read. Segments, separators and envelopes are pyx12's."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from longshore.sourcing.edi.wording import (
    OrderText,
    Said,
    SaidLine,
    UnreadableDocument,
    day,
    money,
    one_order,
    together,
    whole,
)

NOTHING_ACCEPTED: Final = ("RD", "RF", "RJ")  # of the whole order (BAK02)
REJECTED: Final = ("ID", "IR", "R1", "R2", "R3", "R4", "R5", "R6")  # of a line or a part of it (ACK01)
CANCELLED: Final = "01"  # purpose of the whole document (BAK01, BSN01)
# Of a dispatch: original, replacement, confirmation, duplicate, advance notice. A change (04) may name a part only.
TOLD: Final = ("", "00", "05", "06", "07", "14")
KINDS: Final = {"855": "response", "856": "dispatch"}
# Units of UN/ECE Recommendation 20 as X12 calls them (data element 355).
UNITS: Final = {
    "BX": "BX", "C62": "EA", "CT": "CT", "EA": "EA", "GRM": "GR", "KGM": "KG", "LTR": "LT", "MLT": "ML", "MTR": "MR",
    "PA": "PK", "PR": "PR", "SET": "ST",
}  # fmt: skip
END, ELEMENT, PART = "~", "*", ":"


def write_order(order: OrderText) -> str:
    """An 850 in an interchange of its own; UnreadableDocument where it would not be one."""
    from pyx12.segment import Segment

    texts = [order.number, order.site, order.our_id, order.their_id, *(each.code for each in order.lines)]
    if any(mark in text for text in texts for mark in (END, ELEMENT, PART)):
        raise UnreadableDocument("an item, site or id has a code with a separator in it")
    control = f"{order.control % 10**9:09d}"
    stamp = f"{order.at:%Y%m%d}"
    body = [
        "ST*850*0001",
        f"BEG*00*NE*{order.number}**{stamp}",
        f"DTM*002*{order.due_on:%Y%m%d}",
        f"N1*ST**92*{order.site}",
        *(
            f"PO1*{each.line}*{each.qty}*{_unit(each.unit)}*{money(each.unit_price)}**SK*{each.code}"
            for each in order.lines
        ),
        f"CTT*{len(order.lines)}",
    ]
    envelope = [
        ELEMENT.join(_interchange(order, control)),
        f"GS*PO*{order.our_id}*{order.their_id}*{stamp}*{order.at:%H%M}*{order.control}*X*004010",
        *body,
        f"SE*{len(body) + 1}*0001",
        f"GE*1*{order.control}",
        f"IEA*1*{control}",
    ]
    return "".join(Segment(text, END, ELEMENT, PART).format() for text in envelope)


def _unit(code: str) -> str:
    if code not in UNITS:
        raise UnreadableDocument(f"X12 has no unit for {code}")
    return UNITS[code]


def _interchange(order: OrderText, control: str) -> tuple[str, ...]:
    """The ISA segment: every element has a width of its own."""
    nothing = " " * 10
    parties = ("ZZ", f"{order.our_id:15}", "ZZ", f"{order.their_id:15}")
    when = (f"{order.at:%y%m%d}", f"{order.at:%H%M}")
    return ("ISA", "00", nothing, "00", nothing, *parties, *when, "U", "00401", control, "0", "P", PART)


def read(text: str) -> Said:
    """An 855 or 856; UnreadableDocument for anything else."""
    from pyx12.errors import EngineError, X12Error
    from pyx12.x12file import X12Reader

    try:
        reader = X12Reader(io.StringIO(text.strip()))
        segments = list(reader)
        reader.cleanup()  # what is missing at the end is only found here
    except (EngineError, X12Error, ValueError, IndexError, TypeError) as error:
        raise UnreadableDocument(str(error) or type(error).__name__) from error
    problems = reader.pop_errors()
    if problems:
        raise UnreadableDocument(str(problems[0]))
    kinds = [_value(each, "ST01") for each in segments if each.get_seg_id() == "ST"]
    if len(kinds) != 1 or kinds[0] not in KINDS:
        raise UnreadableDocument("one 855 or 856 is expected")
    sender = next((_value(each, "ISA06").strip() for each in segments if each.get_seg_id() == "ISA"), "")
    return _response(sender, segments) if kinds[0] == "855" else _dispatch(sender, segments)


def _value(segment: Any, name: str) -> str:
    return str(segment.get_value(name) or "")


def _response(sender: str, segments: Iterable[Any]) -> Said:
    orders: list[str] = []
    lines: list[tuple[int, list[Any]]] = []
    refused = False
    for each in segments:
        tag = each.get_seg_id()
        if tag == "BAK":
            orders.append(_value(each, "BAK03"))
            refused = _value(each, "BAK02") in NOTHING_ACCEPTED
            if _value(each, "BAK01") == CANCELLED:
                raise UnreadableDocument("BAK01 01 takes an answer back; a new answer is expected")
        elif tag == "PO1":
            lines.append((whole(_value(each, "PO101")), []))
        elif tag == "ACK" and lines:
            lines[-1][1].append(each)
    order = one_order(orders, "BAK03")
    told = together(_acknowledged(line, parts) for line, parts in lines)
    return Said("response", "x12", sender, order, order, told, refused=refused)


def _acknowledged(line: int, parts: list[Any]) -> SaidLine:
    """A line is answered in parts, one accepted, one to come later, one refused: what comes is their sum."""
    kept = [each for each in parts if _value(each, "ACK01") not in REJECTED]
    if not kept:
        return SaidLine(line, 0 if parts else None, None)
    days = [day(_value(each, "ACK05")) for each in kept if _value(each, "ACK05")]
    told = [_value(each, "ACK02") for each in kept]
    if all(told):
        return SaidLine(line, sum(whole(each) for each in told), max(days, default=None))
    if len(parts) > 1:
        raise UnreadableDocument(f"line {line} is answered in parts, and one of them has no quantity")
    return SaidLine(line, None, max(days, default=None))


def _dispatch(sender: str, segments: Iterable[Any]) -> Said:
    orders: list[str] = []
    number = line = purpose = ""
    lines: list[SaidLine] = []
    days: dict[str, date] = {}
    for each in segments:
        tag = each.get_seg_id()
        if tag == "BSN":
            number, purpose = _value(each, "BSN02"), _value(each, "BSN01")
        elif tag == "PRF":
            orders.append(_value(each, "PRF01"))
        elif tag == "LIN":
            line = _value(each, "LIN01")
        elif tag == "SN1":
            lines.append(SaidLine(whole(_value(each, "SN101") or line), whole(_value(each, "SN102")), None))
        elif tag == "DTM" and _value(each, "DTM01") in ("011", "017"):
            days[_value(each, "DTM01")] = day(_value(each, "DTM02"))
    order = one_order(orders, "PRF01")
    if purpose == CANCELLED:
        return Said("dispatch", "x12", sender, order, number, (), cancelled=True)
    if purpose not in TOLD:
        raise UnreadableDocument(f"a dispatch with BSN01 {purpose} announces nothing; send 00, 05 or 01")
    return Said("dispatch", "x12", sender, order, number, together(lines), days.get("011"), days.get("017"))
