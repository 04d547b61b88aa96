"""Asking the tables: events for a query, page by page, and the values that exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.core import signing
from django.db import connection

from longshore.tracing.epcis.querying import Query, QueryRefused

SALT = "epcis-page"
PAGE_SECONDS = 3600
COLUMNS = "e.id, e.body, e.context, e.record_time, e.event_time"
SEEN_BY_PARTNER = "EXISTS (SELECT 1 FROM tracing_epcisparty s WHERE s.event_id = e.id AND s.partner_id = %s)"
SORTED_BY = {"eventTime": "e.event_time", "recordTime": "e.record_time"}
BY_FIELD = (
    """(SELECT {value} FROM tracing_epcisfield o WHERE o.event_id = e.id AND o.scope = 0 AND o.uri = %s LIMIT 1)"""
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks; `partner_id` None is the house, which sees everything."""

    partner_id: int | None = None


@dataclass(frozen=True, slots=True)
class FoundEvent:
    id: int
    body: dict[str, Any]
    context: list[Any]
    record_time: datetime
    event_time: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Events, and the token of the page that follows ("" for none)."""

    events: tuple[FoundEvent, ...]
    next_page: str


class TooMany(Exception):
    """More events than the query allows itself (`maxEventCount`)."""

    def __init__(self, most: int) -> None:
        super().__init__(f"More than {most} events.")
        self.most = most


NEW_BETWEEN = """e.written_in >= pg_snapshot_xmin(%s::pg_snapshot)::text::bigint
    AND NOT pg_visible_in_snapshot(e.written_in::text::xid8, %s::pg_snapshot)
    AND pg_visible_in_snapshot(e.written_in::text::xid8, %s::pg_snapshot)"""


def select_events(query: Query, reader: Reader, *, window: tuple[str, str] | None = None) -> Page:
    """One page. `window`: only events that the first snapshot of the database did not hold, and the second does."""
    where, values = query.where()
    if reader.partner_id is not None:
        where, values = f"{where} AND {SEEN_BY_PARTNER}", [*values, reader.partner_id]
    if window is not None:
        where, values = f"{where} AND {NEW_BETWEEN}", [*values, window[0], *window]
    if query.most is not None:
        _refuse_more(where, values, query.most)
    position = _position(query)
    done = position.get("done", 0)
    size = query.per_page if query.limit is None else min(query.per_page, query.limit - done)
    if size <= 0:
        return Page((), "")
    rows = _rows(query, where, values, position, size + 1)
    events = tuple(FoundEvent(*row) for row in rows[:size])
    more = len(rows) > size and (query.limit is None or done + size < query.limit)
    return Page(events, _token(query, events[-1], done + size) if more else "")


def _rows(query: Query, where: str, values: list[Any], position: dict[str, Any], size: int) -> list[tuple[Any, ...]]:
    way = "DESC" if query.descending else "ASC"
    beyond = "<" if query.descending else ">"
    sort = SORTED_BY.get(query.order_by)
    tail: list[Any] = []
    if not query.order_by:
        order = "e.id"
        if position:
            where, values = f"{where} AND e.id > %s", [*values, position["id"]]
    elif sort is not None:
        order = f"{sort} {way}, e.id {way}"
        if position:
            where = f"{where} AND ({sort}, e.id) {beyond} (%s::timestamptz, %s)"
            values = [*values, position["at"], position["id"]]
    else:
        texts, numbers = BY_FIELD.replace("{value}", 'o.text COLLATE "C"'), BY_FIELD.replace("{value}", "o.number")
        order = (
            f"{numbers} {way} NULLS LAST, {texts} {way} NULLS LAST, e.id {way} OFFSET {int(position.get('done', 0))}"
        )
        tail = [query.order_by, query.order_by]
    with connection.cursor() as cursor:
        offset = order.partition(" OFFSET ")
        cursor.execute(
            f"SELECT {COLUMNS} FROM tracing_epcisevent e WHERE {where} ORDER BY {offset[0]} LIMIT {size}"
            + (f" OFFSET {offset[2]}" if offset[2] else ""),
            [*values, *tail],
        )
        return [(row[0], _json(row[1]), _json(row[2]), *row[3:]) for row in cursor.fetchall()]


def _json(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value


def _refuse_more(where: str, values: list[Any], most: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM tracing_epcisevent e WHERE {where} LIMIT {most + 1}) n", values
        )
        row = cursor.fetchone()
    if row is not None and row[0] > most:
        raise TooMany(most)


def _position(query: Query) -> dict[str, Any]:
    if not query.page:
        return {}
    try:
        position: dict[str, Any] = signing.loads(query.page, salt=SALT, max_age=PAGE_SECONDS)
    except signing.BadSignature as error:
        raise QueryRefused("nextPageToken", "is not one of ours, or has expired.") from error
    if position.get("by") != query.order_by:
        raise QueryRefused("nextPageToken", "belongs to another query.")
    return position


def _token(query: Query, last: FoundEvent, done: int) -> str:
    at = last.event_time if query.order_by == "eventTime" else last.record_time
    return signing.dumps({"by": query.order_by, "id": last.id, "at": at.isoformat(), "done": done}, salt=SALT)


VALUES = {
    "eventTypes": "SELECT DISTINCT e.type AS v FROM tracing_epcisevent e WHERE {seen}",
    "bizSteps": "SELECT DISTINCT e.biz_step AS v FROM tracing_epcisevent e WHERE e.biz_step <> '' AND {seen}",
    "dispositions": "SELECT DISTINCT e.disposition AS v FROM tracing_epcisevent e WHERE e.disposition <> '' AND {seen}",
    "readPoints": "SELECT DISTINCT e.read_point AS v FROM tracing_epcisevent e WHERE e.read_point <> '' AND {seen}",
    "bizLocations": "SELECT DISTINCT e.biz_location AS v FROM tracing_epcisevent e WHERE e.biz_location <> '' AND {seen}",
    "epcs": """SELECT DISTINCT c.epc AS v FROM tracing_epcisepc c JOIN tracing_epcisevent e ON e.id = c.event_id
        WHERE NOT c.is_class AND {seen}""",
}


def select_values(resource: str, reader: Reader, per_page: int, page: str) -> tuple[list[str], str]:
    """The values of a top-level resource that exist, in order, and the token of the next page."""
    after = ""
    if page:
        try:
            after = signing.loads(page, salt=SALT + resource, max_age=PAGE_SECONDS)
        except signing.BadSignature as error:
            raise QueryRefused("nextPageToken", "is not one of ours, or has expired.") from error
    seen, values = "true", []
    if reader.partner_id is not None:
        seen, values = SEEN_BY_PARTNER, [reader.partner_id]
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT v FROM ({VALUES[resource].replace("{seen}", seen)}) x WHERE v COLLATE "C" > %s '
            f'ORDER BY v COLLATE "C" LIMIT {per_page + 1}',
            [*values, after],
        )
        found = [row[0] for row in cursor.fetchall()]
    token = signing.dumps(found[per_page - 1], salt=SALT + resource) if len(found) > per_page else ""
    return found[:per_page], token


EVENTS_OF_EPCS = """
SELECT c.epc, c.role, c.is_class, c.quantity, c.uom, e.id, e.event_id, e.type, e.event_time, e.action, e.biz_step,
    e.disposition, e.read_point, e.biz_location, e.posting_key
FROM tracing_epcisepc c JOIN tracing_epcisevent e ON e.id = c.event_id
WHERE c.epc = ANY(%s) ORDER BY e.event_time, e.id
"""


@dataclass(frozen=True, slots=True)
class EpcEvent:
    """An event an identifier takes part in; `role` as in `EpcRole`."""

    epc: str
    role: int
    is_class: bool
    quantity: Any
    uom: str
    event: int
    event_id: str
    type: str
    event_time: datetime
    action: str
    biz_step: str
    disposition: str
    read_point: str
    biz_location: str
    posting_key: Any


def events_of_epcs(epcs: Sequence[str]) -> tuple[EpcEvent, ...]:
    """Every event that names one of these canonical identifiers (`keys.canonical`), oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(EVENTS_OF_EPCS, [list(epcs)])
        return tuple(EpcEvent(*row) for row in cursor.fetchall())
