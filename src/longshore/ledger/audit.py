"""The books against themselves: folds every balance, claim and flow anew in one snapshot while posting goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import LiteralString

from django.db import connection, transaction

from longshore.ledger.wire import run

ENTRIES = "SELECT count(*) FROM ledger_movement"
BALANCES = "SELECT count(*) FROM ledger_balance"
SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
FOLD = """
WITH folded AS (
    SELECT id, sum(qty)::bigint AS qty FROM (
        SELECT source_id AS id, -qty AS qty FROM ledger_movement
        UNION ALL SELECT target_id, qty FROM ledger_movement
    ) sides GROUP BY id
)
SELECT 'balance', b.id, i.code, p.code, coalesce(l.code, ''), coalesce(f.qty, 0), b.qty
FROM ledger_balance b LEFT JOIN folded f ON f.id = b.id
JOIN catalog_item i ON i.id = b.item_id JOIN catalog_place p ON p.id = b.place_id
LEFT JOIN catalog_lot l ON l.id = b.lot_id
WHERE b.qty <> coalesce(f.qty, 0) ORDER BY b.id
"""
CONSERVED = """
SELECT 'conservation', 0, i.code, '', coalesce(l.code, ''), 0::bigint, sum(b.qty)::bigint
FROM ledger_balance b JOIN catalog_item i ON i.id = b.item_id LEFT JOIN catalog_lot l ON l.id = b.lot_id
GROUP BY i.code, l.code HAVING sum(b.qty) <> 0 ORDER BY i.code, l.code
"""
CLAIMED = """
SELECT 'claims on stock', b.id, i.code, p.code, coalesce(l.code, ''), coalesce(c.qty, 0)::bigint, b.claimed
FROM ledger_balance b
LEFT JOIN (SELECT balance_id, sum(qty - consumed) AS qty FROM ledger_claim
    WHERE state = 'open' AND balance_id IS NOT NULL GROUP BY balance_id) c ON c.balance_id = b.id
JOIN catalog_item i ON i.id = b.item_id JOIN catalog_place p ON p.id = b.place_id
LEFT JOIN catalog_lot l ON l.id = b.lot_id
WHERE b.claimed <> coalesce(c.qty, 0) ORDER BY b.id
"""
PLANNED = """
SELECT 'claims on planned flows', f.id, i.code, p.code, '', coalesce(c.qty, 0)::bigint, f.claimed
FROM ledger_plannedflow f
LEFT JOIN (SELECT flow_id, sum(qty - consumed) AS qty FROM ledger_claim
    WHERE state = 'open' AND flow_id IS NOT NULL GROUP BY flow_id) c ON c.flow_id = f.id
JOIN catalog_item i ON i.id = f.item_id JOIN catalog_place p ON p.id = f.target_id
WHERE f.claimed <> coalesce(c.qty, 0) ORDER BY f.id
"""
FULFILLED = """
SELECT 'done of planned flows', f.id, i.code, p.code, '', coalesce(d.qty, 0)::bigint, f.done
FROM ledger_plannedflow f
LEFT JOIN (SELECT flow_id, sum(qty) AS qty FROM ledger_fulfilment GROUP BY flow_id) d ON d.flow_id = f.id
JOIN catalog_item i ON i.id = f.item_id JOIN catalog_place p ON p.id = f.target_id
WHERE f.done <> coalesce(d.qty, 0) ORDER BY f.id
"""
STRAY = """
SELECT 'claim on other goods', c.id, i.code, '', '', c.item_id, coalesce(b.item_id, f.item_id)
FROM ledger_claim c JOIN catalog_item i ON i.id = c.item_id
LEFT JOIN ledger_balance b ON b.id = c.balance_id LEFT JOIN ledger_plannedflow f ON f.id = c.flow_id
WHERE c.state = 'open' AND c.item_id <> coalesce(b.item_id, f.item_id) ORDER BY c.id
"""
# Each transformation took something into production, gave something from it, and says why.
TRANSFORMED = """
SELECT 'transformation', p.id, '', '', '', 2::bigint, count(DISTINCT x.side)::bigint
FROM ledger_posting p LEFT JOIN ledger_transform t ON t.posting_id = p.id
LEFT JOIN (
    SELECT m.posting_id, s.bounded AS side FROM ledger_movement m
    JOIN ledger_balance s ON s.id = m.source_id JOIN ledger_balance g ON g.id = m.target_id
    WHERE s.bounded <> g.bounded AND m.posting_id IN (SELECT posting_id FROM ledger_transform)
) x ON x.posting_id = t.posting_id
WHERE p.kind = 21 GROUP BY p.id HAVING count(DISTINCT x.side) <> 2 ORDER BY p.id
"""
# The last moment at which the books agreed with what stands there now; the entry after it is the first that does not.
DIVERGES = """
WITH entries AS (
    SELECT id, qty FROM ledger_movement WHERE target_id = %s
    UNION ALL SELECT id, -qty FROM ledger_movement WHERE source_id = %s
), running AS (SELECT id, sum(qty) OVER (ORDER BY id) AS total FROM entries)
SELECT min(id) FROM running WHERE id > coalesce((SELECT max(id) FROM running WHERE total = %s), 0)
"""
CHECKS: tuple[tuple[str, LiteralString], ...] = (
    ("balances", FOLD),
    ("conservation", CONSERVED),
    ("claims on stock", CLAIMED),
    ("claims on planned flows", PLANNED),
    ("planned flows", FULFILLED),
    ("claimed items", STRAY),
    ("transformations", TRANSFORMED),
)


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """`found` stands in the books where the fold gives `expected`. `first_entry`: the first divergent movement."""

    kind: str
    row: int
    item: str
    place: str
    lot: str
    expected: int
    found: int
    first_entry: int | None = None


@dataclass(frozen=True, slots=True)
class AuditReport:
    entries: int
    balances: int
    discrepancies: tuple[Discrepancy, ...]

    @property
    def clean(self) -> bool:
        return not self.discrepancies


def audit(*, progress: Callable[[str, int, int], None] | None = None) -> AuditReport:
    """Refold everything in one consistent snapshot. `progress(name, done, total)` is told after each check."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:  # inside a caller's transaction each check is consistent in itself
            run(SNAPSHOT)
        # The checks fold whole tables; before a table has statistics PostgreSQL would loop over it instead.
        run("SET LOCAL enable_nestloop = off")
        entries, balances = run(ENTRIES).fetchone(), run(BALANCES).fetchone()
        found: list[Discrepancy] = []
        for done, (name, sql) in enumerate(CHECKS, start=1):
            found += [_explained(Discrepancy(*row)) for row in run(sql).fetchall()]
            if progress is not None:
                progress(name, done, len(CHECKS))
        run("SET LOCAL enable_nestloop = on")
        assert entries is not None and balances is not None
        return AuditReport(entries[0], balances[0], tuple(found))


def _explained(discrepancy: Discrepancy) -> Discrepancy:
    """With the first divergent entry, for a balance. Rare enough for a question each."""
    if discrepancy.kind != "balance":
        return discrepancy
    row = run(DIVERGES, discrepancy.row, discrepancy.row, discrepancy.found).fetchone()
    return Discrepancy(
        discrepancy.kind,
        discrepancy.row,
        discrepancy.item,
        discrepancy.place,
        discrepancy.lot,
        discrepancy.expected,
        discrepancy.found,
        row[0] if row else None,
    )
