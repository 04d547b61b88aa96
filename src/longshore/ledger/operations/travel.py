"""How claims follow goods: the rows that say what each claim stands on, and the counters on balances and flows.

Everything here runs inside a transaction that holds the balances and flows concerned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import numpy as np

from longshore.ledger.rules import OpenClaim, Piece
from longshore.ledger.wire import Ints, run

CLAIMS = "SELECT id, coalesce(balance_id, 0), coalesce(flow_id, 0), qty - consumed, hard, priority, ship_at, demand "
OF_BALANCES = CLAIMS + "FROM ledger_claim WHERE state = 'open' AND balance_id = ANY(%s) ORDER BY id"
OF_FLOWS = CLAIMS + "FROM ledger_claim WHERE state = 'open' AND flow_id = ANY(%s) ORDER BY id"
BY_ID = CLAIMS + "FROM ledger_claim WHERE state = 'open' AND id = ANY(%s) ORDER BY id"
KEEP = """
UPDATE ledger_claim c SET qty = c.consumed + k.qty, balance_id = nullif(k.balance, 0), flow_id = nullif(k.flow, 0)
FROM unnest(%s, %s, %s, %s) AS k(id, qty, balance, flow) WHERE c.id = k.id
"""
# A part gets an id that follows from its claim's: the claim's quantity only ever falls, so no part repeats one.
BEAR = """
INSERT INTO ledger_claim (key, demand, item_id, site_id, balance_id, flow_id, qty, consumed, hard, state, priority,
    ship_at, due_at, expires_at, created_at, cause)
SELECT md5(c.key::text || ':' || c.qty || ':' || k.qty || ':' || k.n)::uuid, c.demand, c.item_id, c.site_id,
    nullif(k.balance, 0), nullif(k.flow, 0), k.qty, 0, c.hard, 'open', c.priority,
    c.ship_at, c.due_at, c.expires_at, %s, c.cause
FROM unnest(%s, %s, %s, %s) WITH ORDINALITY AS k(parent, qty, balance, flow, n) JOIN ledger_claim c ON c.id = k.parent
ORDER BY k.n RETURNING id
"""
CONSUME = """
UPDATE ledger_claim c SET consumed = c.consumed + k.qty,
    state = CASE WHEN c.consumed + k.qty = c.qty THEN 'consumed' ELSE c.state END,
    closed_at = CASE WHEN c.consumed + k.qty = c.qty THEN %s::timestamptz END
FROM unnest(%s, %s) AS k(id, qty) WHERE c.id = k.id
"""
CLOSE = "UPDATE ledger_claim SET state = %s, closed_at = %s WHERE id = ANY(%s) AND state = 'open'"
COUNT_BALANCES = """
UPDATE ledger_balance b SET claimed = b.claimed + k.qty FROM unnest(%s, %s) AS k(id, qty) WHERE b.id = k.id
"""
COUNT_FLOWS = """
UPDATE ledger_plannedflow f SET claimed = f.claimed + k.qty FROM unnest(%s, %s) AS k(id, qty) WHERE f.id = k.id
"""


def _ints(values: Iterable[int]) -> Ints:
    return Ints(np.array(list(values), dtype=np.int64))


def claims_on_balances(balances: Iterable[int]) -> list[OpenClaim]:
    return [OpenClaim(*row) for row in run(OF_BALANCES, _ints(balances))]


def claims_on_flows(flows: Iterable[int]) -> list[OpenClaim]:
    return [OpenClaim(*row) for row in run(OF_FLOWS, _ints(flows))]


def open_claims(claims: Iterable[int]) -> dict[int, OpenClaim]:
    """The open ones among these, by id."""
    return {row[0]: OpenClaim(*row) for row in run(BY_ID, _ints(claims))}


def count(*, balances: Mapping[int, int], flows: Mapping[int, int]) -> None:
    """Add to the claimed quantity of balances and flows."""
    for sql, changes in ((COUNT_BALANCES, balances), (COUNT_FLOWS, flows)):
        changed = {key: value for key, value in changes.items() if value}
        if changed:
            run(sql, _ints(changed.keys()), _ints(changed.values()))


def lay(pieces: Sequence[Piece], claims: Mapping[int, OpenClaim], *, at: datetime) -> tuple[tuple[int, int], ...]:
    """Let claims stand where `pieces` say; what a claim has beyond its pieces stays where it is.

    The first piece keeps the claim's id, further pieces and the rest get ids of their own. Counters are the caller's.
    Returns (claim, rest) for each claim that left a rest behind.
    """
    kept: dict[int, Piece] = {}
    born: list[Piece] = []
    rest = {piece.claim: claims[piece.claim].open for piece in pieces}
    for piece in pieces:
        rest[piece.claim] -= piece.qty
        if piece.claim in kept:
            born.append(piece)
        else:
            kept[piece.claim] = piece
    stayed = [Piece(claim, qty, claims[claim].balance, claims[claim].flow) for claim, qty in rest.items() if qty > 0]
    assert min(rest.values(), default=0) >= 0, "a claim cannot be laid for more than is open on it"
    _write(KEEP, list(kept.values()))
    made = _write(BEAR, born + stayed, at)
    return tuple((piece.claim, new) for piece, new in zip(stayed, made[len(born) :], strict=True))


def _write(sql: str, pieces: Sequence[Piece], *first: object) -> list[int]:
    if not pieces:
        return []
    columns = (
        _ints(piece.claim for piece in pieces),
        _ints(piece.qty for piece in pieces),
        _ints(piece.balance for piece in pieces),
        _ints(piece.flow for piece in pieces),
    )
    done = run(sql, *first, *columns)
    return sorted(row[0] for row in done.fetchall()) if done.description else []


def consume(used: Mapping[int, int], *, at: datetime) -> None:
    if used:
        run(CONSUME, at, _ints(used.keys()), _ints(used.values()))


def close(claims: Iterable[int], *, state: str, at: datetime) -> None:
    ids = list(claims)
    if ids:
        run(CLOSE, state, at, _ints(ids))
