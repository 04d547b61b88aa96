"""Every posting of the ledger as EPCIS events, written behind the ledger in batches."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from longshore.ledger.models import PostingKind
from longshore.ledger.wire import run
from longshore.tracing.epcis.rows import EventRows, rows_of
from longshore.tracing.epcis.storing import Captor, store
from longshore.tracing.epcis.telling_moves import Moved, Side, Told, declared_wrong, tell
from longshore.tracing.epcis.vocabulary import CONTEXT_URL

POSTINGS_AT_ONCE = 500
# A posting may become visible after one with a higher id: look that far back for any that was passed by.
LOOK_BACK = 2000
LOCK_NUMBER = 7_203_114
# The ledger's own events are linked and told as postings already.
CAPTOR = Captor("ledger", tells=False)
MARK = "ledger"
TAKE_LOCK = "SELECT pg_try_advisory_xact_lock(%s)"
POSITION = "SELECT position FROM tracing_epcismark WHERE name = %s"
ADVANCE = """
INSERT INTO tracing_epcismark (name, position) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET position = greatest(tracing_epcismark.position, EXCLUDED.position)
"""
WAITING = """
SELECT p.id, p.key, p.kind, p.recorded_at, r.key FROM ledger_posting p
LEFT JOIN ledger_posting r ON r.id = p.reverses_id
WHERE p.id > %s AND NOT EXISTS (
    SELECT 1 FROM tracing_epcisevent e WHERE e.posting_key = p.key
) AND EXISTS (SELECT 1 FROM ledger_movement m WHERE m.posting_id = p.id)
ORDER BY p.id LIMIT %s
"""
MOVED = """
SELECT p.id, p.key, p.kind, p.happened_at, p.recorded_at, p.document, NULL::uuid,
    i.code, i.gtin, u.code, coalesce(l.code, ''), coalesce(n.code, ''), m.qty,
    sp.code, sp.kind, sp.gln, coalesce(ss.gln, ''), s.condition, coalesce(sh.sscc, ''), s.owner_id, spp.id,
    tp.code, tp.kind, tp.gln, coalesce(ts.gln, ''), t.condition, coalesce(th.sscc, ''), t.owner_id, tpp.id
FROM ledger_movement m
JOIN ledger_posting p ON p.id = m.posting_id
JOIN ledger_balance s ON s.id = m.source_id
JOIN ledger_balance t ON t.id = m.target_id
JOIN catalog_item i ON i.id = s.item_id
JOIN catalog_unitofmeasure u ON u.id = i.base_unit_id
LEFT JOIN catalog_lot l ON l.id = s.lot_id
LEFT JOIN catalog_serial n ON n.id = s.serial_id
JOIN catalog_place sp ON sp.id = s.place_id
LEFT JOIN catalog_place ss ON ss.id = sp.site_id
LEFT JOIN catalog_handlingunit sh ON sh.id = s.handling_unit_id
LEFT JOIN LATERAL (SELECT id FROM catalog_partner x WHERE x.place_id = sp.id ORDER BY id LIMIT 1) spp ON true
JOIN catalog_place tp ON tp.id = t.place_id
LEFT JOIN catalog_place ts ON ts.id = tp.site_id
LEFT JOIN catalog_handlingunit th ON th.id = t.handling_unit_id
LEFT JOIN LATERAL (SELECT id FROM catalog_partner x WHERE x.place_id = tp.id ORDER BY id LIMIT 1) tpp ON true
WHERE p.id = ANY(%s) ORDER BY p.id, m.id
"""
EVENTS_OF_POSTINGS = """
SELECT e.posting_key, e.body, (SELECT array_agg(y.partner_id) FROM tracing_epcisparty y WHERE y.event_id = e.id)
FROM tracing_epcisevent e WHERE e.posting_key = ANY(%s) AND e.error_at IS NULL
"""


def project_postings(*, at: datetime, limit: int = POSTINGS_AT_ONCE) -> int:
    """Tell the next postings; returns how many events. One worker at a time; again changes nothing."""
    with transaction.atomic():
        if not _first(run(TAKE_LOCK, LOCK_NUMBER).fetchone()):
            return 0
        position = _first(run(POSITION, MARK).fetchone()) or 0
        waiting = run(WAITING, max(position - LOOK_BACK, 0), limit).fetchall()
        if not waiting:
            return 0
        plain = [row[0] for row in waiting if row[2] != PostingKind.REVERSAL]
        written = _write(tell(_moves(plain)), at)
        # After the plain ones: what they take back may have come in the same batch.
        written += _write(_reversals([row for row in waiting if row[2] == PostingKind.REVERSAL]), at)
        run(ADVANCE, MARK, waiting[-1][0])
    return written


def _moves(postings: list[int]) -> Iterable[Moved]:
    for row in run(MOVED, postings).fetchall():
        cells: list[Any] = [*row[:13], Side(*row[13:21]), Side(*row[21:29])]
        yield Moved(*cells)


def _reversals(rows: list[tuple[Any, ...]]) -> list[Told]:
    """The events of what was taken back, each declared an error at the time of the reversal."""
    if not rows:
        return []
    taken_back: dict[UUID, list[tuple[Any, Any]]] = {}
    for key, body, partners in run(EVENTS_OF_POSTINGS, [row[4] for row in rows]).fetchall():
        known = orjson.loads(body) if isinstance(body, str) else body
        taken_back.setdefault(key, []).append((known, partners or ()))
    return [
        Told(key, declared_wrong(event, recorded_at), frozenset(partners))
        for _, key, _, recorded_at, reversed_key in rows
        for event, partners in taken_back.get(reversed_key, ())
    ]


def _write(told: list[Told], at: datetime) -> int:
    rows: list[EventRows] = []
    for one in told:
        made = rows_of({"@context": CONTEXT_URL, **one.event}, CONTEXT_URL)
        made.event["posting_key"] = one.posting
        made.partners = one.partners
        rows.append(made)
    return len(store(rows, at=at, captor=CAPTOR).ids) if rows else 0


def _first(row: tuple[Any, ...] | None) -> Any:
    return None if row is None else row[0]
