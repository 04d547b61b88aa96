"""What purchasing does when it hears of something. Each may hear it twice: an order is still placed once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from longshore.ledger.cause import Cause
from longshore.ledger.models import PostingKind
from longshore.ledger.outbox import Told
from longshore.sensing.queries.surroundings import trade_items
from longshore.sourcing.operations import Sensed, mark_stored, place_orders, receive_sensed

SENSED = UUID("5b0b7a0e-6d0c-4e9a-8f43-0a3a0e6a9f11")  # names receipts after what was read

LEAVES_THE_DOCK = {int(PostingKind.PUTAWAY), int(PostingKind.MOVE), int(PostingKind.SCRAP), int(PostingKind.RETURN)}


def order_released(event: Told) -> None:
    """planning.decided: what was released is ordered, together for each supplier and site."""
    if event.payload["state"] == "released":
        cause = Cause(actor="plan", because=f"event:{event.id}")
        place_orders([int(number) for number in event.payload["proposals"]], at=event.at, cause=cause)


def note_put_away(event: Told) -> None:
    """ledger.posted: goods that left the dock are no longer waiting there."""
    if LEAVES_THE_DOCK & set(event.payload["kinds"]):
        mark_stored(at=event.at)


def receive_passed(event: Told) -> None:
    """sensing.passed: tags of goods that came in through a dock door, where something of them is expected."""
    tags = [each for each in event.payload["passages"] if each["direction"] == "in" and each["gtin"] and each["place"]]
    items = trade_items(each["gtin"] for each in tags)
    sensed = [
        Sensed(
            key=_tag_key(each),
            item=items[each["gtin"]].item,
            qty=items[each["gtin"]].units,
            dock=int(each["place"]),
            happened_at=datetime.fromisoformat(each["at"]),
            lot_code=each["lot"],
        )
        for each in tags
        if each["gtin"] in items
    ]
    receive_sensed(_once(sensed), at=event.at, cause=_sensed_by(event))


def receive_scanned(event: Told) -> None:
    """sensing.scanned with the verb `receive`: the goods under the scanner, as many as were said, else one pack."""
    scan = event.payload
    items = trade_items([scan["gtin"]]) if scan["verb"] == "receive" and not scan["error"] else {}
    item = items.get(scan["gtin"])
    if item is None or scan["place"] is None:
        return
    expires_on = scan["expires_on"]
    sensed = Sensed(
        key=uuid5(SENSED, f"scan:{scan['key']}"),
        item=item.item,
        qty=item.units * (scan["count"] or 1),
        dock=int(scan["place"]),
        happened_at=datetime.fromisoformat(scan["at"]),
        lot_code=scan["lot"],
        expires_on=None if expires_on is None else date.fromisoformat(expires_on),
    )
    receive_sensed([sensed], at=event.at, cause=_sensed_by(event))


def _tag_key(passage: dict[str, Any]) -> UUID:
    """A tag with a serial number is one piece and is received once, however often it goes through a door."""
    once = passage["epc"] if passage["serial"] else f"passage:{passage['passage']}"
    return uuid5(SENSED, once)


def _once(sensed: list[Sensed]) -> list[Sensed]:
    return list({each.key: each for each in reversed(sensed)}.values())[::-1]


def _sensed_by(event: Told) -> Cause:
    return Cause(actor="sensing", because=f"event:{event.id}")
