"""Captured events go into the tables: one path for one event and for a hundred thousand, by COPY."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString

import orjson
from django.db import IntegrityError, connection, transaction

from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.ledger.wire import cursor, run
from longshore.tracing.epcis.names import keepable
from longshore.tracing.epcis.rows import NUMBER_COLUMNS, URI_COLUMNS, EventRows
from longshore.tracing.events import EventsCaptured

EVENT_COLUMNS = (
    "event_id",
    "hash",
    "kind",
    "type",
    "event_time",
    "action",
    "biz_step",
    "disposition",
    "read_point",
    "biz_location",
    "transformation_id",
    "error_at",
    "error_reason",
    "has_sensors",
    "body",
    "context",
)
JSON_COLUMNS = frozenset(("body", "context"))
REPORT_COLUMNS = (
    *("time", "start_time", "end_time", "type", "exception", "component", "uom", "dimension", "string_value"),
    *("boolean_value", "hex_binary_value", "uri_value", "perc_rank"),
    *URI_COLUMNS.values(),
    *NUMBER_COLUMNS.values(),
    *(f"{column}_si" for column in NUMBER_COLUMNS.values()),
)
KNOWN = """
SELECT event_id, error_at, hash, id FROM tracing_epcisevent WHERE event_id = ANY(%s)
"""
NEXT_IDS = "SELECT nextval('tracing_epcisevent_id_seq') FROM generate_series(1, %s::int)"
TRANSACTION = "SELECT pg_current_xact_id()::text::bigint"
PARTNERS_OF_GLNS = """
SELECT l.gln, p.id FROM catalog_partner p JOIN catalog_place l ON l.id = p.place_id WHERE l.gln = ANY(%s) AND l.gln <> ''
"""
ADD_PARTIES = """
INSERT INTO tracing_epcisparty (event_id, partner_id)
SELECT DISTINCT event_id, partner_id FROM unnest(%s::bigint[], %s::bigint[]) AS p(event_id, partner_id)
ON CONFLICT (partner_id, event_id) DO NOTHING
"""
ADD_PREFIXES = """
INSERT INTO tracing_epcisprefix (prefix) SELECT unnest(%s::text[]) ON CONFLICT (prefix) DO NOTHING
"""
TRIES = 3


@dataclass(frozen=True, slots=True)
class Captor:
    """On whose behalf events are captured; `partner_id` None is the house. `tells`: others hear of the new events."""

    name: str
    partner_id: int | None = None
    job: uuid.UUID | None = None
    tells: bool = True


@dataclass(frozen=True, slots=True)
class Clash:
    """The event at `number` has an id that belongs to another event."""

    number: int
    event_id: str


@dataclass(slots=True)
class Stored:
    """What one call wrote: ids of new events, how many were known before, which were refused."""

    ids: list[int] = field(default_factory=list)
    repeated: int = 0
    clashes: list[Clash] = field(default_factory=list)


class EventIdsTaken(Exception):
    """With `all_or_nothing`: some events have an id that belongs to another event, and nothing was stored."""

    def __init__(self, clashes: Sequence[Clash]) -> None:
        super().__init__(f"{len(clashes)} event ids belong to other events")
        self.clashes = clashes


def store(rows: Sequence[EventRows], *, at: datetime, captor: Captor, all_or_nothing: bool = False) -> Stored:
    """Write what is new. The same event again (same id, same hash) is no error and no row."""
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                return _store(rows, at, captor, all_or_nothing)
        except IntegrityError:
            # Somebody captured one of these events between our look and our write: look again.
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _store(rows: Sequence[EventRows], at: datetime, captor: Captor, all_or_nothing: bool) -> Stored:
    stored = Stored()
    known: dict[tuple[str, datetime | None], tuple[str, int | None]] = {
        (event_id, error_at): (digest, row_id)
        for event_id, error_at, digest, row_id in run(KNOWN, [row.event["event_id"] for row in rows]).fetchall()
    }
    fresh: list[EventRows] = []
    seen_by: list[int] = []
    for number, row in enumerate(rows):
        key = (row.event["event_id"], row.event["error_at"])
        before = known.get(key)
        if before is None:
            known[key] = (row.event["hash"], None)
            fresh.append(row)
        elif before[0] == row.event["hash"]:
            stored.repeated += 1
            seen_by += [before[1]] if before[1] is not None else []
        else:
            stored.clashes.append(Clash(number, key[0]))
    if stored.clashes and all_or_nothing:
        raise EventIdsTaken(stored.clashes)
    if fresh:
        stored.ids = [row[0] for row in run(NEXT_IDS, len(fresh)).fetchall()]
        _copy(fresh, stored.ids, at, captor)
        if captor.tells:
            emit([EventsCaptured(tuple(stored.ids))], at=at, cause=Cause(actor=captor.name))
    if captor.partner_id is not None:
        mine = [*stored.ids, *seen_by]
        run(ADD_PARTIES, mine, [captor.partner_id] * len(mine))
    return stored


def _copy(rows: Sequence[EventRows], ids: Sequence[int], at: datetime, captor: Captor) -> None:
    written_in = run(TRANSACTION).fetchone()[0]  # type: ignore[index]
    tail = (at, captor.job, captor.name[:80], written_in)
    _into(
        "tracing_epcisevent (id, event_id, hash, kind, type, event_time, action, biz_step, disposition, read_point, "
        "biz_location, transformation_id, error_at, error_reason, has_sensors, body, context, record_time, job, "
        "captured_by, written_in, posting_key)",
        (
            (row_id, *(_cell(row, name) for name in EVENT_COLUMNS), *tail, row.event.get("posting_key"))
            for row_id, row in zip(ids, rows, strict=True)
        ),
    )
    _into("tracing_epcisepc (event_id, role, is_class, epc, quantity, uom)", _children(rows, ids, lambda r: r.epcs))
    _into(
        "tracing_epcisfield (event_id, scope, inner, name, uri, text, number, at)".replace(" inner,", ' "inner",'),
        _children(rows, ids, lambda r: r.fields),
    )
    _into(
        "tracing_epcissensorreport (event_id, " + ", ".join(f'"{name}"' for name in REPORT_COLUMNS) + ")",  # type: ignore[arg-type]
        _children(rows, ids, lambda r: [tuple(report[name] for name in REPORT_COLUMNS) for report in r.reports]),
    )
    _add_parties(rows, ids)
    prefixes = sorted(set().union(*(row.prefixes for row in rows)))
    if prefixes:
        run(ADD_PREFIXES, prefixes)


def _cell(row: EventRows, name: str) -> object:
    value = row.event[name]
    if name not in JSON_COLUMNS:
        return value
    text = orjson.dumps(value).decode()
    return orjson.dumps(keepable(value)).decode() if "\\u0000" in text else text


def _children(
    rows: Sequence[EventRows], ids: Sequence[int], listed: Callable[[EventRows], Iterable[tuple[Any, ...]]]
) -> Iterable[tuple[Any, ...]]:
    return ((row_id, *child) for row_id, row in zip(ids, rows, strict=True) for child in listed(row))


def _into(target: LiteralString, records: Iterable[tuple[Any, ...]]) -> None:
    with connection.wrap_database_errors, cursor().copy("COPY " + target + " FROM STDIN") as copy:
        for record in records:
            copy.write_row(record)


def _add_parties(rows: Sequence[EventRows], ids: Sequence[int]) -> None:
    """Whoever is a source, a destination or the place of an event may see it."""
    glns = sorted(set().union(*(row.glns for row in rows)))
    partners: dict[str, list[int]] = {}
    for gln, partner_id in run(PARTNERS_OF_GLNS, glns).fetchall() if glns else ():
        partners.setdefault(gln, []).append(partner_id)
    pairs = [(row_id, one) for row_id, row in zip(ids, rows, strict=True) for one in row.partners]
    pairs += [
        (row_id, partner_id)
        for row_id, row in zip(ids, rows, strict=True)
        for gln in row.glns
        for partner_id in partners.get(gln, ())
    ]
    if pairs:
        run(ADD_PARTIES, [event for event, _ in pairs], [partner for _, partner in pairs])
