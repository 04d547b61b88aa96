"""Set apart what a recall found, and give it back when the recall is called off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid5

import numpy as np
from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.locks import lock_balances, retried
from longshore.ledger.models import Condition, PostingKind
from longshore.ledger.operations import post_columns
from longshore.ledger.outbox import emit
from longshore.ledger.posting import Claims, PostingBatch, microseconds
from longshore.ledger.wire import Ints, arrays
from longshore.tracing.events import RecallCancelled, RecallHeld
from longshore.tracing.models import LetterState, Recall, RecallState
from longshore.tracing.operations.mailing import tell_customers
from longshore.tracing.operations.recalling import RecallReceipt, locked, look, receipt_of, recount
from longshore.tracing.rules import IntArray

_KEYS: Final = """array_agg(b.item_id), array_agg(b.place_id), array_agg(b.owner_id),
    array_agg(coalesce(b.lot_id, 0)), array_agg(b.condition::bigint), array_agg(coalesce(b.handling_unit_id, 0)),
    array_agg(coalesce(b.serial_id, 0))"""
_FREE: Final = """
WITH mine AS (SELECT lot_id, serial_id FROM tracing_recallline WHERE recall_id = %s)
SELECT array_agg(id) FROM (
    SELECT b.id FROM mine r JOIN ledger_balance b ON b.lot_id = r.lot_id AND b.serial_id IS NULL
    WHERE r.serial_id IS NULL AND b.qty > 0 AND b.bounded AND b.condition = 0
    UNION
    SELECT b.id FROM mine r JOIN ledger_balance b ON b.serial_id = r.serial_id
    WHERE b.qty > 0 AND b.bounded AND b.condition = 0
) free
"""
# What this recall put on hold, less what it gave back, as far as it still stands there.
_HELD: Final = """
WITH moved AS (
    SELECT m.target_id AS id, m.qty FROM ledger_posting p JOIN ledger_movement m ON m.posting_id = p.id
    WHERE p.document = %s
    UNION ALL
    SELECT m.source_id, -m.qty FROM ledger_posting p JOIN ledger_movement m ON m.posting_id = p.id
    WHERE p.document = %s
)
SELECT array_agg(x.id), array_agg(x.qty) FROM (
    SELECT m.id, least(sum(m.qty), max(b.qty))::bigint AS qty FROM moved m
    JOIN ledger_balance b ON b.id = m.id AND b.condition = 2 AND b.qty > 0
    GROUP BY m.id HAVING sum(m.qty) > 0
) x
"""
_OF: Final = (
    "SELECT array_agg(b.id), array_agg(b.qty), "
    + _KEYS
    + """
FROM (SELECT * FROM ledger_balance WHERE id = ANY(%s) ORDER BY id) b
"""
)


@dataclass(frozen=True, slots=True)
class HoldReceipt:
    """How the recall stands now; goods set apart this time, and claims that lost what they stood on."""

    recall: RecallReceipt
    moves: int
    qty: int
    displaced: tuple[int, ...]


@retried
def hold_recall(recall: int, *, at: datetime, cause: Cause) -> HoldReceipt:
    """Look again, and put everything usable of it on hold, wherever it stands; claims on it fall and are told.

    Repeated, it holds what has turned up since, and changes nothing when there is nothing.
    """
    with transaction.atomic():
        found = locked(recall, "hold")
        look(found)
        free = free_balances(found)
        displaced: tuple[int, ...] = ()
        qty = np.zeros(0, dtype=np.int64)
        if len(free):
            found.rounds += 1
            qty, displaced = _move(found, free, None, Condition.HOLD, at, cause)
        if found.state in (RecallState.FOUND, RecallState.RECONCILED):
            found.state = RecallState.HELD if found.notified_at is None else RecallState.NOTIFIED
        found.held_at = found.held_at or at
        found.save()
        if len(free):
            recount(found)
            emit([RecallHeld(found.pk, found.number, len(free), displaced)], at=at, cause=cause)
        return HoldReceipt(receipt_of(found), len(free), int(qty.sum()), displaced)


@retried
def cancel_recall(recall: int, *, at: datetime, cause: Cause) -> HoldReceipt:
    """Call the recall off: what it holds is usable again, what was told is withdrawn. Again changes nothing."""
    with transaction.atomic():
        found = locked(recall, "cancel")
        if found.state == RecallState.CANCELLED:
            return HoldReceipt(receipt_of(found), 0, 0, ())
        document = _document(found)
        balances, held = arrays(_HELD, document, document)
        if len(balances):
            found.rounds += 1
            _move(found, balances, held, Condition.UNRESTRICTED, at, cause)
        told = tuple(found.letters.filter(state=LetterState.SENT).values_list("pk", flat=True))
        tell_customers(told, "recall-off", at=at, cause=cause)
        found.letters.exclude(state=LetterState.ANSWERED).update(state=LetterState.WITHDRAWN)
        found.state, found.ended_at = RecallState.CANCELLED, at
        found.save()
        recount(found)
        emit([RecallCancelled(found.pk, found.number, told)], at=at, cause=cause)
        return HoldReceipt(receipt_of(found), len(balances), int(held.sum()), ())


def free_balances(recall: Recall) -> IntArray:
    """Balances with usable goods of the recall that nobody holds."""
    return arrays(_FREE, recall.pk)[0]


def _document(recall: Recall) -> str:
    return f"recall:{recall.number}"


def _move(
    recall: Recall, balances: IntArray, wanted: IntArray | None, condition: Condition, at: datetime, cause: Cause
) -> tuple[IntArray, tuple[int, ...]]:
    """All, or the wanted quantities, of these balances into this condition in one posting."""
    lock_balances(balances.tolist())
    ids, standing, *keys = arrays(_OF, Ints(balances))
    qty = standing if wanted is None else wanted[np.argsort(balances)]
    source = np.stack(keys, axis=1)
    target = source.copy()
    target[:, 4] = int(condition)
    count = len(ids)
    nothing = np.zeros(count, dtype=np.int64)
    batch = PostingBatch(
        keys=[uuid5(recall.key, f"round:{recall.rounds}")],
        kinds=np.array([int(PostingKind.CONDITION)], dtype=np.int64),
        happened=np.array([microseconds(at)], dtype=np.int64),
        documents=[_document(recall)],
        of=nothing,
        source=source,
        target=target,
        qty=qty,
        mode=np.full(count, int(Claims.DISPLACE), dtype=np.int64),
        claim=nothing,
        flow=nothing,
    )
    return qty, post_columns(batch, at=at, cause=cause).displaced
