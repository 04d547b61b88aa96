"""ANSI X12 004010: 850 written; 855 and 856 read. Segments, separators and envelopes are pyx12's."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from longshore.sourcing.edi.wording import OrderText, Said, SaidLine, UnreadableDocument, day, money, whole

REJECTED: Final = ("IR", "R1", "R2", "R3")
KINDS: Final = {"855": "response", "856": "dispatch"}
END, ELEMENT, PART = "~", "*", ":"


def write_order(order: OrderText) -> str:
    """An 850 in an interchange of its own."""
    from pyx12.segment import Segment

    control = f"{order.control % 10**9:09d}"
    stamp = f"{order.at:%Y%m%d}"
    body = [
        "ST*850*0001",
        f"BEG*00*NE*{order.number}**{stamp}",
        f"DTM*002*{order.due_on:%Y%m%d}",
        f"N1*ST**92*{order.site}",
        *(f"PO1*{each.line}*{each.qty}*EA*{money(each.unit_price)}**SK*{each.code}" for each in order.lines),
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
    if any(mark in each.code + order.site for each in order.lines for mark in (END, ELEMENT, PART)):
        raise UnreadableDocument("an item or site has a code with a separator in it")
    return "".join(Segment(text, END, ELEMENT, PART).format() for text in envelope)


def _interchange(order: OrderText, control: str) -> tuple[str, ...]:
    """The ISA segment: every element has a width of its own."""
    nothing = " " * 10
    parties = ("ZZ", f"{order.our_id:15}", "ZZ", f"{order.their_id:15}")
    when = (f"{order.at:%y%m%d}", f"{order.at:%H%M}")
    return ("ISA", "00", nothing, "00", nothing, *parties, *when, "U", "00401", control, "0", "P", PART)


def read(text: str) -> Said:
    """An 855 or 856; UnreadableDocument for anything else."""
    from pyx12.errors import EngineError
    from pyx12.x12file import X12Reader

    try:
        reader = X12Reader(io.StringIO(text))
        segments = list(reader)
    except (EngineError, ValueError, IndexError) as error:
        raise UnreadableDocument(str(error)) from error
    problems = reader.pop_errors()
    if problems:
        raise UnreadableDocument(str(problems[0]))
    kind = next((_value(each, "ST01") for each in segments if each.get_seg_id() == "ST"), "")
    if kind not in KINDS:
        raise UnreadableDocument("one 855 or 856 is expected")
    sender = next((_value(each, "ISA06").strip() for each in segments if each.get_seg_id() == "ISA"), "")
    return _response(sender, segments) if kind == "855" else _dispatch(sender, segments)


def _value(segment: Any, name: str) -> str:
    return str(segment.get_value(name) or "")


def _response(sender: str, segments: Iterable[Any]) -> Said:
    order, lines = "", list[SaidLine]()
    for each in segments:
        tag = each.get_seg_id()
        if tag == "BAK":
            order = _value(each, "BAK03")
        elif tag == "PO1":
            lines.append(SaidLine(whole(_value(each, "PO101")), None, None))
        elif tag == "ACK" and lines:
            refused = _value(each, "ACK01") in REJECTED
            told = _value(each, "ACK05")
            qty = 0 if refused else whole(_value(each, "ACK02")) if _value(each, "ACK02") else None
            lines[-1] = SaidLine(lines[-1].line, qty, day(told) if told else None)
    if not order:
        raise UnreadableDocument("it names no order (BAK03)")
    return Said("response", "x12", sender, order, order, tuple(lines))


def _dispatch(sender: str, segments: Iterable[Any]) -> Said:
    order = number = ""
    lines: list[SaidLine] = []
    days: dict[str, date] = {}
    line = ""
    for each in segments:
        tag = each.get_seg_id()
        if tag == "BSN":
            number = _value(each, "BSN02")
        elif tag == "PRF":
            order = _value(each, "PRF01")
        elif tag == "LIN":
            line = _value(each, "LIN01")
        elif tag == "SN1":
            lines.append(SaidLine(whole(_value(each, "SN101") or line), whole(_value(each, "SN102")), None))
        elif tag == "DTM":
            days[_value(each, "DTM01")] = day(_value(each, "DTM02"))
    if not order:
        raise UnreadableDocument("it names no order (PRF01)")
    return Said("dispatch", "x12", sender, order, number, tuple(lines), days.get("011"), days.get("017"))
