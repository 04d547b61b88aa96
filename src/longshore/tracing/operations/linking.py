"""Links from what happened: of ledger postings and of EPCIS events, set-based, any number of times with one result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

import numpy as np
from django.db import transaction

from longshore.ledger.wire import Ints, run

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
# Numbers of nodes: 8 × row + kind (rules.py). 1 lot, 2 serial number, 3 handling unit, 4 delivery, 5 receipt.
_LINKS: Final = """
WITH moves AS (
    SELECT m.posting_id, p.kind, m.qty, m.happened_at, s.bounded AS ours_before, t.bounded AS ours_after,
        coalesce(s.handling_unit_id, 0) AS unit_before, coalesce(t.handling_unit_id, 0) AS unit_after,
        a.kind AS from_kind, a.code AS from_code, z.kind AS to_kind, z.code AS to_code, s.lot_id, s.serial_id,
        coalesce(s.serial_id * 8 + 2, s.lot_id * 8 + 1) AS node
    FROM unnest(%s) AS wanted(id)
    JOIN ledger_posting p ON p.id = wanted.id
    JOIN ledger_movement m ON m.posting_id = p.id
    JOIN ledger_balance s ON s.id = m.source_id JOIN ledger_balance t ON t.id = m.target_id
    JOIN catalog_place a ON a.id = s.place_id JOIN catalog_place z ON z.id = t.place_id
    WHERE s.lot_id IS NOT NULL OR s.serial_id IS NOT NULL
), taken AS (
    SELECT posting_id, node, sum(qty) AS qty FROM moves WHERE ours_before AND to_code = 'PRODUCTION' GROUP BY 1, 2
), given AS (
    SELECT posting_id, node, qty, sum(qty) OVER so_far AS upto, sum(qty) OVER (PARTITION BY posting_id) AS whole
    FROM (
        SELECT posting_id, node, sum(qty) AS qty FROM moves WHERE ours_after AND from_code = 'PRODUCTION' GROUP BY 1, 2
    ) made WINDOW so_far AS (PARTITION BY posting_id ORDER BY node)
), links AS (
    SELECT posting_id * 8 + 5 AS source, node AS target, 0 AS kind, posting_id AS told_by, 0::bigint AS unit, qty
    FROM moves WHERE NOT ours_before AND ours_after AND from_kind = 'party' AND kind <> 11
    UNION ALL
    SELECT t.node, g.node, 1, t.posting_id, 0,
        div(t.qty * g.upto, g.whole) - div(t.qty * (g.upto - g.qty), g.whole)
    FROM taken t JOIN given g ON g.posting_id = t.posting_id
    UNION ALL
    SELECT lot_id * 8 + 1, serial_id * 8 + 2, 2, 0, 0, 1
    FROM moves WHERE ours_after AND lot_id IS NOT NULL AND serial_id IS NOT NULL
    UNION ALL
    SELECT node, unit_after * 8 + 3, 3, posting_id, 0, qty
    FROM moves WHERE ours_after AND unit_after <> 0 AND unit_after <> unit_before
    UNION ALL
    SELECT node, posting_id * 8 + 4, 4, posting_id, unit_before, qty
    FROM moves WHERE ours_before AND NOT ours_after AND to_kind = 'party'
    UNION ALL
    SELECT unit_before * 8 + 3, posting_id * 8 + 4, 4, posting_id, unit_before, qty
    FROM moves WHERE ours_before AND NOT ours_after AND to_kind = 'party' AND unit_before <> 0
), summed AS (
    SELECT l.source, l.target, l.kind, l.told_by, l.unit,
        CASE l.kind WHEN 2 THEN 1 ELSE sum(l.qty) END::bigint AS qty, max(p.happened_at) AS at
    FROM links l LEFT JOIN ledger_posting p ON p.id = l.told_by
    WHERE l.source <> l.target GROUP BY 1, 2, 3, 4, 5
)
"""
_ADD: Final = (
    _LINKS
    + """
INSERT INTO tracing_tracelink (source, target, kind, told_by, unit, qty, at)
SELECT source, target, kind, told_by, unit, qty, coalesce(at, '2000-01-01Z') FROM summed
ORDER BY source, target ON CONFLICT DO NOTHING
"""
)
_TAKE_AWAY: Final = (
    _LINKS
    + """
DELETE FROM tracing_tracelink l USING summed s
WHERE l.source = s.source AND l.target = s.target AND l.kind = s.kind AND l.told_by = s.told_by AND l.unit = s.unit
    AND l.told_by <> 0
"""
)
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
        return LinkReceipt(_write(_ADD, stand), _write(_TAKE_AWAY, fell))


def _write(sql: LiteralString, roots: Sequence[int]) -> int:
    return run(sql, Ints(np.array(roots, dtype=np.int64))).rowcount if roots else 0


def link_all(*, page: int = 20_000) -> LinkReceipt:
    """Links of the whole ledger, page by page: for books that are older than tracing."""
    added = taken = last = 0
    while True:
        ids = [row[0] for row in run(_PAGE, last, page)]
        if not ids:
            return LinkReceipt(added, taken)
        receipt = link_postings(ids)
        added, taken, last = added + receipt.added, taken + receipt.taken_away, ids[-1]
