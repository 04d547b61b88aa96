"""What tracing does when it hears of something. Each may hear it twice: links are written once."""

from __future__ import annotations

from longshore.ledger.outbox import Told
from longshore.tracing.operations import link_postings


def link_posted(event: Told) -> None:
    """ledger.posted: what went into what."""
    link_postings([int(posting) for posting in event.payload["postings"]])
