"""EDIFACT D.96A: ORDERS written; ORDRSP and DESADV read. Segments, escapes and counts are pydifact's."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from longshore.sourcing.edi.wording import OrderText, Said, SaidLine, UnreadableDocument, day, money, whole

NOT_ACCEPTED: Final = "7"
KINDS: Final = {"ORDRSP": "response", "DESADV": "dispatch"}


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
            body.append(("QTY", ["21", str(line.qty)]))
            body.append(("PRI", ["AAA", money(line.unit_price)]))
        body += [("UNS", "S"), ("CNT", ["2", str(len(order.lines))])]
        for tag, *elements in body:
            message.add_segment(Segment(tag, *elements))
        interchange.add_message(message)
        return str(interchange.serialize())


def read(text: str) -> Said:
    """An ORDRSP or DESADV; UnreadableDocument for anything else."""
    from pydifact.segmentcollection import Interchange

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            interchange = Interchange.from_str(text)
            messages = list(interchange.get_messages())
    except Exception as error:
        raise UnreadableDocument(str(error)) from error
    if len(messages) != 1 or messages[0].type not in KINDS:
        raise UnreadableDocument("one ORDRSP or DESADV is expected")
    sender = interchange.sender
    return _said(KINDS[messages[0].type], sender if isinstance(sender, str) else sender[0], messages[0].segments)


def _said(kind: str, sender: str, segments: Iterable[Any]) -> Said:
    order = number = ""
    lines: list[SaidLine] = []
    days: dict[str, date] = {}
    for segment in segments:
        elements = segment.elements
        first = elements[0] if elements and isinstance(elements[0], list) else ["", ""]
        if segment.tag == "BGM":
            number = str(elements[1])
        elif segment.tag == "RFF" and first[0] == "ON":
            order = str(first[1])
        elif segment.tag == "LIN":
            refused = len(elements) > 1 and elements[1] == NOT_ACCEPTED
            lines.append(SaidLine(whole(str(elements[0])), 0 if refused else None, None))
        elif segment.tag == "QTY" and lines and lines[-1].qty != 0:
            lines[-1] = SaidLine(lines[-1].line, whole(str(first[1])), lines[-1].on)
        elif segment.tag == "DTM" and lines:
            lines[-1] = SaidLine(lines[-1].line, lines[-1].qty, day(str(first[1])))
        elif segment.tag == "DTM":
            days[str(first[0])] = day(str(first[1]))
    if not order:
        raise UnreadableDocument("it names no order (RFF+ON)")
    return Said(kind, "edifact", sender, order, number, tuple(lines), days.get("11"), days.get("132"))
