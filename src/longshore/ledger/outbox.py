"""Events leave with the transaction that made them, or not at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from longshore.ledger.cause import Cause
from longshore.ledger.wire import run

INSERT = """
INSERT INTO ledger_outboxevent (name, payload, at, cause, dispatched)
SELECT name, payload::jsonb, %s, %s, false FROM unnest(%s::text[], %s::text[]) AS e(name, payload)
RETURNING id
"""


class Event(Protocol):
    """Any frozen dataclass of an app's events.py."""

    name: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Told:
    """An event as a reactor receives it. `cause` names what led to the event; `id` is the same at each telling."""

    id: int
    name: str
    payload: dict[str, Any]
    at: datetime
    cause: str


def emit(events: Sequence[Event], *, at: datetime, cause: Cause) -> tuple[int, ...]:
    """Write events into the outbox of the current transaction."""
    if not events:
        return ()
    names = [event.name for event in events]
    # not dataclasses.asdict: it copies every element, and an event may name tens of thousands of postings
    bodies = [
        json.dumps({field.name: getattr(event, field.name) for field in fields(event)}, default=_plain)
        for event in events
    ]
    rows = run(INSERT, at, cause.because or cause.actor, names, bodies).fetchall()
    return tuple(row[0] for row in rows)


def _plain(value: object) -> object:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)
