"""What purchasing does when it hears of something. Each may hear it twice: an order is still placed once."""

from __future__ import annotations

from longshore.ledger.cause import Cause
from longshore.ledger.models import PostingKind
from longshore.ledger.outbox import Told
from longshore.sourcing.operations import mark_stored, place_orders

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
