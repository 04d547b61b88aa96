"""What devices had received is taken back when late reads show that it did not come in: it is expected again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.operations import Reversal, reverse_all
from longshore.ledger.outbox import emit
from longshore.planning.reading import execute, rows
from longshore.sourcing.events import ReceiptsTakenBack
from longshore.sourcing.operations.receiving import LOCK_ORDERS

RECEIVED: Final = """
SELECT d.id, d.key, p.key, d.line_id, o.id, o.site_id, l.item_id FROM sourcing_devicereceipt d
JOIN sourcing_receipt r ON r.key = d.key JOIN ledger_posting p ON p.id = r.posting_id
JOIN sourcing_purchaseorderline l ON l.id = d.line_id JOIN sourcing_purchaseorder o ON o.id = l.order_id
WHERE d.passage_id = ANY(%(passages)s) AND d.taken_back_at IS NULL ORDER BY d.id
"""
FORGET: Final = "DELETE FROM sourcing_receipt WHERE key = ANY(%(keys)s::uuid[])"
NOTE: Final = """
UPDATE sourcing_devicereceipt d SET taken_back_at = %(at)s, taken_back_by_id = u.posting
FROM unnest(%(ids)s::bigint[], %(postings)s::bigint[]) AS u(id, posting) WHERE d.id = u.id
"""
# What was complete is so no longer; what somebody closed short stays closed.
COUNT_LINES: Final = """
UPDATE sourcing_purchaseorderline l SET received = c.qty, damaged = c.damaged,
    closed_at = CASE WHEN l.received >= l.qty AND c.qty < l.qty THEN NULL ELSE l.closed_at END
FROM (SELECT w.id, coalesce(sum(r.qty), 0) AS qty, coalesce(sum(r.damaged), 0) AS damaged
    FROM unnest(%(lines)s::bigint[]) AS w(id) LEFT JOIN sourcing_receipt r ON r.line_id = w.id GROUP BY w.id) c
WHERE l.id = c.id
"""
# An order of which nothing came after all stands as it stood before the first of it was thought to have come.
COUNT_ORDERS: Final = """
UPDATE sourcing_purchaseorder o SET
    state = CASE WHEN c.came THEN CASE WHEN c.complete THEN 'received' ELSE 'part_received' END
        WHEN c.complete THEN 'cancelled' ELSE coalesce(c.before, 'sent') END,
    received_at = CASE WHEN c.came AND c.complete THEN o.received_at END
FROM (SELECT l.order_id, bool_and(l.closed_at IS NOT NULL) AS complete, bool_or(l.received > 0) AS came,
        (SELECT d.state_before FROM sourcing_devicereceipt d JOIN sourcing_purchaseorderline x ON x.id = d.line_id
         WHERE x.order_id = l.order_id AND d.state_before IN ('sent', 'confirmed') ORDER BY d.id DESC LIMIT 1) AS before
    FROM sourcing_purchaseorderline l WHERE l.order_id = ANY(%(orders)s) GROUP BY l.order_id) c
WHERE o.id = c.order_id
"""


class _Row(NamedTuple):
    id: int
    key: UUID
    posting: UUID
    line: int
    order: int
    site: int
    item: int


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Receipts that are none any more, and those that stay because somebody has moved the goods on: they were there."""

    receipts: tuple[UUID, ...]
    kept: tuple[UUID, ...]


@retried
def take_back(passages: Sequence[int], *, at: datetime, cause: Cause) -> TakenBack:
    """Undo what these withdrawn passages had received, as far as it still stands where it came in. Again: nothing."""
    with transaction.atomic():
        asked = {"passages": list(passages)}
        first = _received(asked)
        if not first:
            return TakenBack((), ())
        rows(LOCK_ORDERS, {"lines": sorted({row.line for row in first})})
        found = _received(asked)
        by_key = {uuid5(row.key, "taken back"): row for row in found}
        reversals = [Reversal(row.posting, key) for key, row in by_key.items()]
        receipt = reverse_all(reversals, at=at, cause=cause, partial=True)
        gone = [(by_key[each.key], each.posting_id) for each in receipt.accepted]
        if gone:
            _write_down([row for row, _posting in gone], [posting for _row, posting in gone], at=at, cause=cause)
        taken = tuple(row.key for row, _posting in gone)
        return TakenBack(taken, tuple(row.key for row in found if row.key not in taken))


def _received(asked: dict[str, list[int]]) -> list[_Row]:
    return [_Row(*row) for row in rows(RECEIVED, asked)]


def _write_down(gone: Sequence[_Row], postings: Sequence[int], *, at: datetime, cause: Cause) -> None:
    execute(FORGET, {"keys": [row.key for row in gone]})
    execute(NOTE, {"at": at, "ids": [row.id for row in gone], "postings": list(postings)})
    execute(COUNT_LINES, {"lines": sorted({row.line for row in gone})})
    orders = sorted({row.order for row in gone})
    execute(COUNT_ORDERS, {"orders": orders})
    items, sites = sorted({row.item for row in gone}), sorted({row.site for row in gone})
    emit([ReceiptsTakenBack(orders, items, sites)], at=at, cause=cause)
