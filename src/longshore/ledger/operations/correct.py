"""Corrections that never rewrite: count differences, closed periods, and balances folded anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

import numpy as np
from django.db import transaction

from longshore.catalog.errors import RejectedRow
from longshore.catalog.models import Place
from longshore.ledger.cause import Cause
from longshore.ledger.locks import lock_balances, lock_keys, retried
from longshore.ledger.models import ClosedPeriod, Observation, PostingKind
from longshore.ledger.operations.post import post
from longshore.ledger.posting import Claims, Key, Move, NewPosting, PostReceipt
from longshore.ledger.wire import Ints, run

MOVED_SINCE = """
SELECT k.n, coalesce((SELECT sum(qty) FROM ledger_movement WHERE target_id = k.id AND happened_at > k.since), 0)::bigint
    - coalesce((SELECT sum(qty) FROM ledger_movement WHERE source_id = k.id AND happened_at > k.since), 0)::bigint
FROM unnest(%s::bigint[], %s::timestamptz[]) WITH ORDINALITY AS k(id, since, n) ORDER BY k.n
"""
LAST_MOVEMENT = "SELECT coalesce(max(id), 0) FROM ledger_movement"
BALANCE_PAGE = "SELECT id FROM ledger_balance WHERE id > %s ORDER BY id LIMIT %s"
REFOLD = """
WITH wanted AS (SELECT unnest(%s) AS id), folded AS (
    SELECT w.id,
        coalesce((SELECT sum(qty) FROM ledger_movement WHERE target_id = w.id), 0)
            - coalesce((SELECT sum(qty) FROM ledger_movement WHERE source_id = w.id), 0) AS qty,
        coalesce((SELECT sum(qty - consumed) FROM ledger_claim
            WHERE balance_id = w.id AND state = 'open'), 0) AS claimed
    FROM wanted w
)
UPDATE ledger_balance b SET qty = f.qty, claimed = f.claimed FROM folded f
WHERE b.id = f.id AND (b.qty <> f.qty OR b.claimed <> f.claimed) RETURNING b.id
"""
COUNT_DIFFERENCE = "COUNT-DIFF"


@dataclass(frozen=True, slots=True)
class Counted:
    """Somebody counted `counted` base units under this key of the ledger at `happened_at`."""

    key: UUID
    where: Key
    counted: int
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class CountedRow:
    key: UUID
    expected: int
    counted: int
    posting_id: int | None

    @property
    def difference(self) -> int:
        return self.counted - self.expected


@dataclass(frozen=True, slots=True)
class CountReceipt:
    rows: tuple[CountedRow, ...]
    rejected: tuple[RejectedRow, ...] = ()


@retried
def count_stock(counts: Sequence[Counted], *, at: datetime, cause: Cause, settle: bool = True) -> CountReceipt:
    """Keep counts as observations, and (with `settle`) post each difference as a movement of its own.

    What was expected is what stood there when it was counted, so that goods which moved since do no harm.
    """
    with transaction.atomic():
        known = {row.key: row for row in Observation.objects.filter(key__in=[count.key for count in counts])}
        fresh = [count for count in counts if count.key not in known]
        keys, index = np.unique(
            np.array([count.where.row() for count in fresh], dtype=np.int64).reshape(-1, 7), axis=0, return_inverse=True
        )
        locked = lock_keys(keys) if len(keys) else None
        balances = [int(locked.balance[i]) for i in index.reshape(-1)] if locked is not None else []
        standing = [int(locked.qty[i]) for i in index.reshape(-1)] if locked is not None else []
        since = run(MOVED_SINCE, balances, [count.happened_at for count in fresh]).fetchall()
        expected = [qty - moved for qty, (_n, moved) in zip(standing, since, strict=True)]
        receipt = _post_differences(fresh, expected, at, cause) if settle else PostReceipt(())
        posted = {row.key: row.posting_id for row in receipt.accepted}
        _observe(fresh, balances, expected, posted, at, cause)
        rows = [
            CountedRow(count.key, want, count.counted, posted.get(_difference_key(count.key)))
            for count, want in zip(fresh, expected, strict=True)
        ]
        rows += [CountedRow(key, row.expected or 0, row.counted or 0, row.settled_by_id) for key, row in known.items()]
        return CountReceipt(tuple(rows), receipt.rejected)


def _difference_key(key: UUID) -> UUID:
    return uuid5(key, "difference")


def _post_differences(counts: Sequence[Counted], expected: Sequence[int], at: datetime, cause: Cause) -> PostReceipt:
    beyond = Place.objects.get(code=COUNT_DIFFERENCE).pk
    postings = []
    for count, want in zip(counts, expected, strict=True):
        here, difference = count.where, count.counted - want
        there = Key(here.item, beyond, here.owner, here.lot, 0, None, here.serial)
        if difference == 0:
            continue
        move = Move(there, here, difference) if difference > 0 else Move(here, there, -difference, Claims.DISPLACE)
        postings.append(
            NewPosting(_difference_key(count.key), PostingKind.COUNT, count.happened_at, (move,), f"count:{count.key}")
        )
    return post(postings, at=at, cause=cause, partial=True) if postings else PostReceipt(())


def _observe(
    counts: Sequence[Counted],
    balances: Sequence[int],
    expected: Sequence[int],
    posted: dict[UUID, int],
    at: datetime,
    cause: Cause,
) -> None:
    position = run(LAST_MOVEMENT).fetchone()
    Observation.objects.bulk_create(
        Observation(
            key=count.key,
            kind="count",
            place_id=count.where.place,
            balance_id=balance or None,
            counted=count.counted,
            expected=want,
            ledger_position=position[0] if position else 0,
            happened_at=count.happened_at,
            recorded_at=at,
            actor=cause.actor,
            device=cause.device,
            settled_by_id=posted.get(_difference_key(count.key)),
        )
        for count, balance, want in zip(counts, balances, expected, strict=True)
    )


def close_period(before: datetime, *, at: datetime, cause: Cause) -> ClosedPeriod:
    """From now on nothing may be posted as having happened before this moment."""
    closed, _made = ClosedPeriod.objects.get_or_create(
        closed_before=before, defaults={"closed_at": at, "actor": cause.actor}
    )
    return closed


def rebuild_balances(*, page: int = 5000) -> tuple[int, ...]:
    """Fold every balance anew from movements and claims, page by page, while posting goes on. Returns those mended."""
    mended: list[int] = []
    last = 0
    while True:
        ids = [row[0] for row in run(BALANCE_PAGE, last, page)]
        if not ids:
            return tuple(mended)
        with transaction.atomic():
            lock_balances(ids)
            mended += [row[0] for row in run(REFOLD, Ints(np.array(ids, dtype=np.int64)))]
        last = ids[-1]
