"""The statements of a posting, in the order in which they are sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import numpy as np

from longshore.ledger.cause import Cause
from longshore.ledger.posting import IntArray, PostingBatch, microseconds
from longshore.ledger.wire import Ints, RawSixteens, Sixteens, copy_integers, run

KNOWN = "SELECT key, id, digest FROM ledger_posting WHERE key = ANY(%s)"
CLOSED = "SELECT max(closed_before) FROM ledger_closedperiod"
POSTINGS = """
INSERT INTO ledger_posting (key, kind, happened_at, recorded_at, actor, device, cause, reverses_id,
    document, digest)
SELECT p.key, p.kind, '2000-01-01Z'::timestamptz + p.happened * interval '1 microsecond', %s, %s, %s, %s,
    nullif(p.reverses, 0), p.document, p.digest
FROM unnest(%s::uuid[], %s, %s, %s, %s::text[], %s::bytea[]) WITH ORDINALITY
    AS p(key, kind, happened, reverses, document, digest, n)
ORDER BY p.n RETURNING id
"""
FULFILMENTS: LiteralString = "ledger_fulfilment (posting_id, flow_id, qty)"


def known_postings(keys: Sequence[UUID]) -> dict[UUID, tuple[int, bytes]]:
    return {row[0]: (row[1], bytes(row[2])) for row in run(KNOWN, Sixteens(key.bytes for key in keys))}


def closed_before() -> datetime | None:
    row = run(CLOSED).fetchone()
    return row[0] if row else None


def postings(
    batch: PostingBatch,
    fresh: Sequence[int],
    digest: Sequence[bytes],
    *,
    at: datetime,
    cause: Cause,
    reverses: IntArray | None,
) -> list[int]:
    """Write the postings with these indexes; their ids, in the same order. `reverses` (p,): what each takes back."""
    chosen = np.array(fresh, dtype=np.int64)
    taken_back = np.zeros(len(chosen), dtype=np.int64) if reverses is None else reverses[chosen]
    rows = run(
        POSTINGS,
        at,
        cause.actor,
        cause.device,
        cause.because,
        Sixteens(batch.keys[i].bytes for i in fresh),
        Ints(batch.kinds[chosen]),
        Ints(batch.happened[chosen]),
        Ints(taken_back),
        [batch.documents[i] for i in fresh],
        RawSixteens(digest[i] for i in fresh),
    ).fetchall()
    return sorted(row[0] for row in rows)


def movements(
    batch: PostingBatch, live: np.ndarray, sides: tuple[IntArray, IntArray], numbered: IntArray, at: datetime
) -> None:
    """Write the live moves; the database folds them into the balances in the same statement.

    `sides`: balance ids of all moves' sources and targets. `numbered` (p,): the posting id of each posting, 0 for none.
    """
    source, target = sides
    of = batch.of[live]
    learned = np.full(len(of), microseconds(at), dtype=np.int64)
    copy_integers(
        "ledger_movement (posting_id, source_id, target_id, qty, happened_at, recorded_at)",
        (
            (numbered[of], 8),
            (source[live], 8),
            (target[live], 8),
            (batch.qty[live], 8),
            (batch.happened[of], 8),
            (learned, 8),
        ),
    )


def fulfilments(batch: PostingBatch, live: np.ndarray, numbered: IntArray) -> None:
    """Write down which posting did how much of which planned flow."""
    chosen = live & (batch.flow != 0)
    if chosen.any():
        of = numbered[batch.of[chosen]]
        copy_integers(FULFILMENTS, ((of, 8), (batch.flow[chosen], 8), (batch.qty[chosen], 8)))
