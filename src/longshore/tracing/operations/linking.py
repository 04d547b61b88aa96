"""Links from what happened: of ledger postings and of EPCIS events, set-based, any number of times with one result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

import numpy as np
from django.db import transaction

from longshore.ledger.wire import Ints, arrays, run
from longshore.tracing.link_rules import Moves, links_of_moves

# Two tellings of one posting, or of it and its reversal, one after the other: each sees what the other wrote.
_ALONE: Final = "SELECT pg_advisory_xact_lock(hashtext('tracing.link'))"
# From any posting to the one that was reversed first, and along all reversals after it: an odd number takes it back.
_ROOTS: Final = """
WITH RECURSIVE back AS (
    SELECT p.id, p.reverses_id FROM ledger_posting p WHERE p.id = ANY(%s)
    UNION SELECT p.id, p.reverses_id FROM ledger_posting p JOIN back b ON p.id = b.reverses_id
), ahead AS (
    SELECT id AS root, id AS last, 0 AS steps FROM back WHERE reverses_id IS NULL
    UNION ALL SELECT a.root, p.id, a.steps + 1 FROM ledger_posting p JOIN ahead a ON p.reverses_id = a.last
)
SELECT root, max(steps) %% 2 = 0 FROM ahead GROUP BY root ORDER BY root
"""
# One row a movement of goods that have a lot or serial number. `flags`: the bits below.
_MOVES: Final = """
SELECT array_agg(m.posting_id), array_agg(p.kind::bigint), array_agg(m.qty),
    array_agg((extract(epoch FROM m.happened_at - '2000-01-01Z') * 1000000)::bigint),
    array_agg(s.bounded::int + 2 * t.bounded::int + 4 * (a.kind = 'party')::int + 8 * (z.kind = 'party')::int
        + 16 * (z.code = 'PRODUCTION')::int + 32::bigint * (a.code = 'PRODUCTION')::int),
    array_agg(coalesce(s.handling_unit_id, 0)), array_agg(coalesce(t.handling_unit_id, 0)),
    array_agg(coalesce(s.lot_id, 0)), array_agg(coalesce(s.serial_id, 0))
FROM unnest(%s) AS wanted(id)
JOIN ledger_posting p ON p.id = wanted.id
JOIN ledger_movement m ON m.posting_id = p.id
JOIN ledger_balance s ON s.id = m.source_id JOIN ledger_balance t ON t.id = m.target_id
JOIN catalog_place a ON a.id = s.place_id JOIN catalog_place z ON z.id = t.place_id
WHERE s.lot_id IS NOT NULL OR s.serial_id IS NOT NULL
"""
_ADD: Final = """
INSERT INTO tracing_tracelink (source, target, kind, told_by, unit, qty, at)
SELECT source, target, kind, told_by, unit, qty, '2000-01-01Z'::timestamptz + at * interval '1 microsecond'
FROM unnest(%s, %s, %s, %s, %s, %s, %s) AS k(source, target, kind, told_by, unit, qty, at) ON CONFLICT DO NOTHING
"""
_TAKE_AWAY: Final = """
DELETE FROM tracing_tracelink l USING unnest(%s, %s, %s, %s, %s) AS k(source, target, kind, told_by, unit)
WHERE l.source = k.source AND l.target = k.target AND l.kind = k.kind AND l.told_by = k.told_by AND l.unit = k.unit
    AND l.told_by <> 0
"""
_PAGE: Final = "SELECT id FROM ledger_posting WHERE id > %s ORDER BY id LIMIT %s"


@dataclass(frozen=True, slots=True)
class LinkReceipt:
    added: int
    taken_away: int


def link_postings(postings: Sequence[int]) -> LinkReceipt:
    """Write the links of these postings; take away those of postings that are reversed. Again changes nothing."""
    with transaction.atomic():
        run(_ALONE)
        roots = run(_ROOTS, list(postings)).fetchall()
        stand = [root for root, stands in roots if stands]
        fell = [root for root, stands in roots if not stands]
        return LinkReceipt(_write(_ADD, stand, 7), _write(_TAKE_AWAY, fell, 5))


def _write(sql: LiteralString, roots: Sequence[int], columns: int) -> int:
    if not roots:
        return 0
    links = links_of_moves(Moves(*arrays(_MOVES, Ints(np.array(roots, dtype=np.int64)))))
    return run(sql, *(Ints(np.ascontiguousarray(column)) for column in links.T[:columns])).rowcount


def link_all(*, page: int = 20_000) -> LinkReceipt:
    """Links of the whole ledger, page by page: for books that are older than tracing."""
    added = taken = last = 0
    while True:
        ids = [row[0] for row in run(_PAGE, last, page)]
        if not ids:
            return LinkReceipt(added, taken)
        receipt = link_postings(ids)
        added, taken, last = added + receipt.added, taken + receipt.taken_away, ids[-1]
