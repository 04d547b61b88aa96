"""What purchasing does when it hears of something. Each may hear it twice: an order is still placed once."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid5

from longshore.ledger.cause import Cause
from longshore.ledger.models import PostingKind
from longshore.ledger.outbox import Told
from longshore.sensing.queries.portals import came_in
from longshore.sensing.queries.surroundings import trade_items
from longshore.sourcing.mailing import send_ready
from longshore.sourcing.operations import Sensed, mark_stored, place_orders, receive_sensed, take_back, write_documents

SENSED = UUID("5b0b7a0e-6d0c-4e9a-8f43-0a3a0e6a9f11")  # names receipts after what was read

LEAVES_THE_DOCK = {int(PostingKind.PUTAWAY), int(PostingKind.MOVE), int(PostingKind.SCRAP), int(PostingKind.RETURN)}


def order_released(event: Told) -> None:
    """planning.decided: what was released is ordered, together for each supplier and site."""
    if event.payload["state"] == "released":
        cause = Cause(actor="plan", because=f"event:{event.id}")
        place_orders([int(number) for number in event.payload["proposals"]], at=event.at, cause=cause)


def write_ordered(event: Told) -> None:
    """sourcing.ordered: each order as its supplier reads it, where that is not the portal."""
    cause = Cause(actor="system", because=f"event:{event.id}")
    write_documents([int(order) for order in event.payload["purchase_orders"]], at=event.at, cause=cause)


def send_mails(event: Told) -> None:
    """sourcing.document-written: mails are sent; EDI documents stay until the gateway fetches them."""
    send_ready([int(number) for number in event.payload["documents"]])


def note_put_away(event: Told) -> None:
    """ledger.posted: goods that left the dock are no longer waiting there."""
    if LEAVES_THE_DOCK & set(event.payload["kinds"]):
        mark_stored(at=event.at)


def receive_passed(event: Told) -> None:
    """sensing.passed: tags of goods that came in through a dock door, where something of them is expected. What a
    withdrawn passage had received is expected again, unless the tag came in at another time."""
    withdrawn = [int(passage) for passage in event.payload["withdrawn"]]
    take_back(withdrawn, at=event.at, cause=_sensed_by(event))
    tags = came_in([int(each["passage"]) for each in event.payload["passages"]], withdrawn)
    items = trade_items(each.gtin for each in tags)
    sensed = [
        Sensed(
            key=uuid5(SENSED, f"passage:{each.passage}"),
            origin=uuid5(SENSED, each.epc if each.serial else f"passage:{each.passage}"),
            item=items[each.gtin].item,
            qty=items[each.gtin].units,
            dock=each.place,
            happened_at=each.at,
            lot_code=each.lot,
            passage=each.passage,
        )
        for each in tags
        if each.gtin in items
    ]
    receive_sensed(sensed, at=event.at, cause=_sensed_by(event))


def receive_scanned(event: Told) -> None:
    """sensing.scanned with the verb `receive`: the goods under the scanner, as many as were said, else one pack."""
    scan = event.payload
    items = trade_items([scan["gtin"]]) if scan["verb"] == "receive" and not scan["error"] else {}
    item = items.get(scan["gtin"])
    if item is None or scan["place"] is None:
        return
    expires_on = scan["expires_on"]
    key = uuid5(SENSED, f"scan:{scan['key']}")
    sensed = Sensed(
        key=key,
        origin=key,
        item=item.item,
        qty=item.units * (scan["count"] or 1),
        dock=int(scan["place"]),
        happened_at=datetime.fromisoformat(scan["at"]),
        lot_code=scan["lot"],
        expires_on=None if expires_on is None else date.fromisoformat(expires_on),
    )
    receive_sensed([sensed], at=event.at, cause=_sensed_by(event))


def _sensed_by(event: Told) -> Cause:
    return Cause(actor="sensing", because=f"event:{event.id}")
