"""What tracing does when it hears of something. Each may hear it twice: links are written once."""

from __future__ import annotations

import uuid

from longshore.ledger.outbox import Told
from longshore.tracing.epcis.capturing import carry_out
from longshore.tracing.operations import link_events, link_postings


def link_posted(event: Told) -> None:
    """ledger.posted: what went into what."""
    link_postings([int(posting) for posting in event.payload["postings"]])


def capture_document(event: Told) -> None:
    """tracing.document-handed-in: check it and store its events."""
    carry_out(uuid.UUID(event.payload["job"]), at=event.at)


def link_captured(event: Told) -> None:
    """tracing.events-captured: what others turned into what."""
    link_events([int(row) for row in event.payload["events"]])
