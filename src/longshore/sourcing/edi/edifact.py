"""EDIFACT D.96A: ORDERS written; ORDRSP and DESADV read. Segments and escapes are pydifact's; it does not count them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
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

KINDS: Final = {"ORDRSP": "response", "DESADV": "dispatch"}
NOTHING_ACCEPTED: Final = "27"  # function of the whole message (BGM)
CANCELLED: Final = "1"
# Of a dispatch: original, replacement, duplicate, copy and the like. A change (4) may name a part only.
TOLD: Final = ("", "5", "6", "7", "9", "31", "43")
NOT_ACCEPTED: Final = "7"  # of a line (LIN)
# Which of a line's quantities counts, the first of them that is there: to be delivered, dispatched, ordered.
QUANTITIES: Final = {"response": ("113", "12", "21"), "dispatch": ("12", "21")}
DELIVERED: Final = ("69", "67", "17", "2")  # days: promised, scheduled, estimated, requested
SHIPPED, ARRIVES = "11", "132"
ADVICE: Final = "AAK"  # the number of the dispatch advice a message is about
BY_DAY: Final = ("", "102", "203", "204")  # formats that begin with CCYYMMDD


@dataclass(slots=True)
class _Line:
    number: str
    refused: bool
    quantities: dict[str, list[str]] = field(default_factory=dict)  # several where a delivery is split (SCC)
    days: dict[str, date] = field(default_factory=dict)


def write_order(order: OrderText) -> str:
    """An ORDERS message in an interchange of its own."""
    from pydifact.segmentcollection import Interchange, Message
    from pydifact.segments import Segment

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library has no tables for the service segments and says so each time
        interchange = Interchange(order.our_id, order.their_id, str(order.control), ("UNOC", 3), order.at)
        message = Message("1", ("ORDERS", "D", "96A", "UN", "EAN008"))
        body = [
            ("BGM", "220", order.number, "9"),
            ("DTM", ["137", f"{order.at:%Y%m%d%H%M}", "203"]),
            ("DTM", ["2", f"{order.due_on:%Y%m%d}", "102"]),
            ("NAD", "BY", [order.our_id, "", "91"]),
            ("NAD", "SU", [order.their_id, "", "92"]),
            ("NAD", "DP", [order.site, "", "91"]),
        ]
        for line in order.lines:
            body.append(("LIN", str(line.line), "", [line.code, "SA"]))
            body.append(("QTY", ["21", str(line.qty), line.unit]))
            body.append(("PRI", ["AAA", money(line.unit_price)]))
        body += [("UNS", "S"), ("CNT", ["2", str(len(order.lines))])]
        for tag, *elements in body:
            message.add_segment(Segment(tag, *elements))
        interchange.add_message(message)
        return str(interchange.serialize())


def read(text: str) -> Said:
    """An ORDRSP or DESADV; UnreadableDocument for anything else."""
    from pydifact.parser import Parser
    from pydifact.segmentcollection import Interchange

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parser = Parser()
            segments = list(parser.parse(text))
            interchange = Interchange.from_segments(segments, characters=parser.characters)
            messages = list(interchange.get_messages())
    except Exception as error:  # the library asserts, indexes and stops iterators on what is no EDIFACT at all
        raise UnreadableDocument(str(error) or type(error).__name__) from error
    if len(messages) != 1 or messages[0].type not in KINDS:
        raise UnreadableDocument("one ORDRSP or DESADV is expected")
    _count(segments)
    sender = interchange.sender
    name = sender if isinstance(sender, str) else sender[0] if sender else ""
    return _said(KINDS[messages[0].type], str(name), messages[0].segments)


def _count(segments: Sequence[Any]) -> None:
    """A message that lost its tail on the way says so by its counts."""
    tags = [segment.tag for segment in segments]
    if tags[-1] != "UNZ" or _at(segments[-1], 0) != "1":
        raise UnreadableDocument("it does not end with UNZ and one message")
    first, last = tags.index("UNH"), tags.index("UNT")
    if _at(segments[last], 0) != str(last - first + 1):
        raise UnreadableDocument(f"UNT counts {_at(segments[last], 0)} segments, there are {last - first + 1}")


def _at(segment: Any, element: int, part: int = 0) -> str:
    """A component of a segment, empty where it is shorter."""
    found = segment.elements[element] if element < len(segment.elements) else ""
    parts = [found] if isinstance(found, str) else found
    return str(parts[part]) if part < len(parts) else ""


def _said(kind: str, sender: str, segments: Sequence[Any]) -> Said:
    orders: list[str] = []
    lines: list[_Line] = []
    head = _Line("", refused=False)
    number = told_before = function = ""
    for segment in segments:
        qualifier, value = _at(segment, 0), _at(segment, 0, 1)
        within = lines[-1] if lines else head
        if segment.tag == "BGM":
            number, function = _at(segment, 1), _at(segment, 2)
            head.refused = function == NOTHING_ACCEPTED
        elif segment.tag == "RFF":
            orders += [value] if qualifier == "ON" else []
            told_before = value if qualifier == ADVICE else told_before
            within.number = _line_of(segment) or within.number
        elif segment.tag == "LIN":
            lines.append(_Line(_at(segment, 0), _at(segment, 1) == NOT_ACCEPTED))
        elif segment.tag == "QTY":
            within.quantities.setdefault(qualifier, []).append(value)
        elif segment.tag == "DTM" and qualifier in (*DELIVERED, SHIPPED, ARRIVES):
            within.days[qualifier] = max(_day(segment), within.days.get(qualifier, date.min))
    order = one_order(orders, "RFF+ON")
    cancelled = _cancelled(kind, function)
    if cancelled:
        return Said(kind, "edifact", sender, order, told_before or number, (), cancelled=True)
    told = together(_line(kind, each, head) for each in lines)
    days = head.days
    arrives = days.get(ARRIVES) or days.get("17")
    return Said(kind, "edifact", sender, order, number, told, days.get(SHIPPED), arrives, head.refused)


def _cancelled(kind: str, function: str) -> bool:
    """Whether a message takes a dispatch back; UnreadableDocument where its function tells nothing we could do."""
    if kind == "response" and function == CANCELLED:
        raise UnreadableDocument("BGM 1 takes an answer back; a new answer is expected")
    if kind == "dispatch" and function not in (*TOLD, CANCELLED):
        raise UnreadableDocument(f"a dispatch with BGM function {function} announces nothing; send 9, 5 or 1")
    return function == CANCELLED


def _line_of(segment: Any) -> str:
    """The line of the order that a reference names, where the message counts its lines by itself."""
    return {"ON": _at(segment, 0, 2), "LI": _at(segment, 0, 1)}.get(_at(segment, 0), "")


def _day(segment: Any) -> date:
    form = _at(segment, 0, 2)
    if form not in BY_DAY:
        raise UnreadableDocument(f"a date has the format {form}; CCYYMMDD is expected")
    return day(_at(segment, 0, 1))


def _line(kind: str, line: _Line, head: _Line) -> SaidLine:
    """A line without a day of its own comes on the day of the whole message; one split over days is its sum, on the last."""
    if line.refused:
        return SaidLine(whole(line.number), 0, None)
    told = [line.quantities[name] for name in QUANTITIES[kind] if name in line.quantities]
    days = [found[name] for found in (line.days, head.days) for name in DELIVERED if name in found]
    return SaidLine(whole(line.number), sum(map(whole, told[0])) if told else None, days[0] if days else None)
