"""Forgetting: whole days of raw data at once, rollups row by row, batches that everybody has read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, LiteralString

from django.db import transaction

from longshore.ledger.wire import run

DAYS_AHEAD = 7
BATCH_READERS = (
    "rollups",
    "episodes-of-readings",
    "detectors",
)  # their marks are numbers of batches; the other marks are numbers of signals

_DROP: Final[LiteralString] = "SELECT sensing_drop_days(%s::date)"
_MAKE: Final[LiteralString] = "SELECT sensing_make_days(%s::date, %s::date)"
_ROLLUPS: Final[LiteralString] = "DELETE FROM sensing_rollup WHERE step_s = %s::int AND bucket < %s::timestamptz"
# Whoever reads batches keeps a mark; a batch goes when all of them are past it and it is old enough.
_BATCHES: Final[LiteralString] = """
DELETE FROM sensing_batch WHERE received_at < %s::timestamptz
    AND id <= (SELECT min(last_id) FROM sensing_interpretationmark WHERE reader = ANY(%s::text[]))
"""
# Later than this a read changes no passage any more, so nobody looks at it again.
_TAGS: Final[LiteralString] = "DELETE FROM sensing_tagread WHERE at < %s::timestamptz"
_REFUSED: Final[LiteralString] = "DELETE FROM sensing_refusedmessage WHERE hour < %s::timestamptz"


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long what is kept."""

    raw: timedelta = timedelta(days=400)
    five_minutes: timedelta = timedelta(days=800)
    hours: timedelta = timedelta(days=3650)
    refused: timedelta = timedelta(days=30)
    batches: timedelta = timedelta(days=2)
    tags: timedelta = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class RetainReceipt:
    """Tables of days that went and came, and rows that went."""

    days_dropped: int
    days_made: int
    rollups: int
    batches: int
    refused: int


def retain(keeping: Keeping, *, at: datetime) -> RetainReceipt:
    """Forget what is older than agreed and make the tables of the days ahead. A batch that is not rolled yet stays."""
    with transaction.atomic():
        (dropped,) = run(_DROP, (at - keeping.raw).date()).fetchone() or (0,)
        (made,) = run(_MAKE, at.date(), at.date() + timedelta(days=DAYS_AHEAD)).fetchone() or (0,)
        rollups = run(_ROLLUPS, 300, at - keeping.five_minutes).rowcount
        rollups += run(_ROLLUPS, 3600, at - keeping.hours).rowcount
        refused = run(_REFUSED, at - keeping.refused).rowcount
        run(_TAGS, at - keeping.tags)
    with transaction.atomic():
        batches = run(_BATCHES, at - keeping.batches, list(BATCH_READERS)).rowcount
    return RetainReceipt(dropped, made, rollups, batches, refused)
