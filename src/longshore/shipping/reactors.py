"""What transport does when something happened elsewhere."""

from __future__ import annotations

from longshore.ledger.cause import Cause
from longshore.ledger.outbox import Told
from longshore.shipping.operations import leave_out


def leave_out_displaced(event: Told) -> None:
    """ledger.claims-displaced: goods in a shipment that are on hold, damaged or lost are not delivered as good."""
    leave_out(event.payload["claims"], at=event.at, cause=_cause(event))


def _cause(event: Told) -> Cause:
    return Cause(actor="system", because=f"event:{event.id}")
