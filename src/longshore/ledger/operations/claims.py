"""Reserve → consume / void / expire: one mechanism for every kind of demand, on stock or on supply to come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import RejectedRow, RowsRefused
from longshore.ledger import events, outbox
from longshore.ledger.cause import Cause
from longshore.ledger.locks import LockedBalance, LockedFlow, lock_balances, lock_flows, retried
from longshore.ledger.operations import travel
from longshore.ledger.rules import OpenClaim, Piece
from longshore.ledger.wire import Ints, run

KNOWN = "SELECT key, id FROM ledger_claim WHERE key = ANY(%s)"
INSERT = """
INSERT INTO ledger_claim (key, demand, item_id, site_id, balance_id, flow_id, qty, consumed, hard, state, priority,
    ship_at, due_at, expires_at, created_at, cause)
SELECT c.key, c.demand, c.item, c.site, nullif(c.balance, 0), nullif(c.flow, 0), c.qty, 0, c.hard, 'open', c.priority,
    c.ship_at, c.due_at, c.expires_at, %s, %s
FROM unnest(%s::uuid[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bool[],
    %s::int[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[]) WITH ORDINALITY
    AS c(key, demand, item, site, balance, flow, qty, hard, priority, ship_at, due_at, expires_at, n)
ORDER BY c.n RETURNING id
"""
STANDS_ON = "SELECT id, balance_id, flow_id FROM ledger_claim WHERE id = ANY(%s) AND state = 'open'"
OF_DEMANDS = "SELECT id FROM ledger_claim WHERE demand = ANY(%s) AND state = 'open' ORDER BY id"
DUE = "SELECT id FROM ledger_claim WHERE state = 'open' AND expires_at <= %s ORDER BY id"
HARDEN = "UPDATE ledger_claim SET hard = true WHERE id = ANY(%s) AND state = 'open' RETURNING id"


class ClaimRefused(RowsRefused):
    """Nothing was claimed; `rejected` says which claims do not stand and why."""

    def __init__(self, rejected: tuple[RejectedRow, ...]) -> None:
        super().__init__(rejected, rows=[asdict(row) for row in rejected])


@dataclass(frozen=True, slots=True)
class NewClaim:
    """`demand` holds `qty` of a balance or of a planned flow (one of the two)."""

    key: UUID
    demand: str
    item: int
    site: int
    qty: int
    ship_at: datetime
    due_at: datetime
    balance: int | None = None
    flow: int | None = None
    priority: int = 5
    hard: bool = False
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reserved:
    key: UUID
    claim_id: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class ReserveReceipt:
    accepted: tuple[Reserved, ...]
    rejected: tuple[RejectedRow, ...] = ()


@dataclass(frozen=True, slots=True)
class VoidReceipt:
    voided: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ClaimMove:
    """`qty` of this claim's open quantity stands on another balance or flow from now on."""

    claim: int
    qty: int
    balance: int | None = None
    flow: int | None = None


@retried
def reserve(claims: Sequence[NewClaim], *, at: datetime, cause: Cause, partial: bool = False) -> ReserveReceipt:
    """Claim stock and supply, in this order. Claiming an id again changes nothing and returns the first claim."""
    with transaction.atomic():
        balances = lock_balances(claim.balance for claim in claims if claim.balance)
        flows = lock_flows(claim.flow for claim in claims if claim.flow)
        known: dict[UUID, int] = dict(run(KNOWN, [claim.key for claim in claims]).fetchall())
        free_balances = {key: row.qty - row.claimed for key, row in balances.items()}
        free_flows = {key: row.qty - row.done - row.claimed for key, row in flows.items()}
        rejected: list[RejectedRow] = []
        fresh: list[NewClaim] = []
        for row, claim in enumerate(claims, start=1):
            if claim.key in known:
                continue
            problem = _problem(claim, balances, flows, free_balances, free_flows)
            if problem is not None:
                rejected.append(RejectedRow(row, *problem))
                continue
            fresh.append(claim)
            if claim.balance:
                free_balances[claim.balance] -= claim.qty
            else:
                free_flows[claim.flow or 0] -= claim.qty
        if rejected and not partial:
            raise ClaimRefused(tuple(rejected))
        made = dict(zip((claim.key for claim in fresh), _insert(fresh, at, cause), strict=True))
        ids = known | made
        accepted = tuple(Reserved(c.key, ids[c.key], c.key in known) for c in claims if c.key in ids)
        return ReserveReceipt(accepted, tuple(rejected))


def _problem(
    claim: NewClaim,
    balances: Mapping[int, LockedBalance],
    flows: Mapping[int, LockedFlow],
    free_balances: Mapping[int, int],
    free_flows: Mapping[int, int],
) -> tuple[str, str, str, str] | None:
    """(field, code, sentence, remedy) if this claim cannot stand."""
    if claim.qty <= 0:
        return (
            "qty",
            "quantity-not-positive",
            _("A claim needs at least one base unit."),
            _("Give a quantity above zero."),
        )
    if (claim.balance is None) == (claim.flow is None):
        return (
            "balance",
            "claim-on-one-thing",
            _("A claim stands on stock or on a planned flow."),
            _("Give one of the two."),
        )
    if claim.balance is not None:
        stock = balances.get(claim.balance)
        if stock is None or stock.item != claim.item or not stock.bounded or stock.condition != 0:
            return (
                "balance",
                "no-such-stock",
                _("There is no usable stock of this item there."),
                _("Look up the stock of the item again."),
            )
        free = free_balances[claim.balance]
    else:
        flow = flows.get(claim.flow or 0)
        if flow is None or flow.item != claim.item or flow.status not in ("firm", "proposed"):
            return (
                "flow",
                "no-such-flow",
                _("There is no open planned flow of this item."),
                _("Look up the planned flows of the item again."),
            )
        free = free_flows[claim.flow or 0]
    if claim.qty > free:
        return (
            "qty",
            "not-enough",
            _("Only {free} are free where {wanted} are wanted.").format(free=free, wanted=claim.qty),
            _("Ask for less, or promise against other supply."),
        )
    return None


def _insert(claims: Sequence[NewClaim], at: datetime, cause: Cause) -> list[int]:
    if not claims:
        return []
    columns: list[list[object]] = [
        [c.key for c in claims],
        [c.demand for c in claims],
        [c.item for c in claims],
        [c.site for c in claims],
        [c.balance or 0 for c in claims],
        [c.flow or 0 for c in claims],
        [c.qty for c in claims],
        [c.hard for c in claims],
        [c.priority for c in claims],
        [c.ship_at for c in claims],
        [c.due_at for c in claims],
        [c.expires_at for c in claims],
    ]
    rows = run(INSERT, at, cause.because or cause.actor, *columns).fetchall()
    balances: dict[int, int] = defaultdict(int)
    flows: dict[int, int] = defaultdict(int)
    for claim in claims:
        (balances if claim.balance else flows)[claim.balance or claim.flow or 0] += claim.qty
    travel.count(balances=balances, flows=flows)
    return sorted(row[0] for row in rows)


def _hold(claim_ids: Sequence[int]) -> dict[int, OpenClaim]:
    """Lock what these claims stand on, then read them: they cannot change until the transaction ends."""
    for _attempt in range(2):  # a claim may travel between the look and the lock; then the second look finds it
        rows = run(STANDS_ON, Ints(np.array(claim_ids, dtype=np.int64))).fetchall()
        lock_balances(row[1] for row in rows if row[1])
        lock_flows(row[2] for row in rows if row[2])
    return travel.open_claims(claim_ids)


@retried
def void_claims(claim_ids: Sequence[int], *, at: datetime, cause: Cause, state: str = "voided") -> VoidReceipt:
    """Give back what is open on these claims; those already closed are left as they are."""
    with transaction.atomic():
        held = _hold(claim_ids)
        balances: dict[int, int] = defaultdict(int)
        flows: dict[int, int] = defaultdict(int)
        for claim in held.values():
            (balances if claim.balance else flows)[claim.balance or claim.flow] -= claim.open
        travel.close(held, state=state, at=at)
        travel.count(balances=balances, flows=flows)
        return VoidReceipt(tuple(sorted(held)))


@retried
def void_demands(demands: Sequence[str], *, at: datetime, cause: Cause) -> VoidReceipt:
    """Give back everything these demands hold."""
    with transaction.atomic():
        ids = [row[0] for row in run(OF_DEMANDS, list(demands))]
        return void_claims(ids, at=at, cause=cause)


@retried
def expire_claims(*, at: datetime, cause: Cause) -> VoidReceipt:
    """Give back what was held for a time that has passed, and say so."""
    with transaction.atomic():
        ids = [row[0] for row in run(DUE, at)]
        held = travel.open_claims(ids)
        receipt = void_claims(ids, at=at, cause=cause, state="expired")
        if receipt.voided:
            demands = tuple(held[claim].demand for claim in receipt.voided)
            outbox.emit([events.ClaimsDisplaced(receipt.voided, demands)], at=at, cause=cause)
        return receipt


@retried
def harden_claims(claim_ids: Sequence[int], *, at: datetime, cause: Cause) -> tuple[int, ...]:
    """Work begins on these: re-allocation leaves them alone from now on."""
    with transaction.atomic():
        held = _hold(claim_ids)
        rows = run(HARDEN, Ints(np.array(list(held), dtype=np.int64))).fetchall()
        return tuple(sorted(row[0] for row in rows))


@retried
def move_claims(moves: Sequence[ClaimMove], *, at: datetime, cause: Cause) -> tuple[tuple[int, int], ...]:
    """Let claims stand on other stock or supply of the same item; what is not named stays where it is.

    The first move of a claim keeps its id. Returns (claim, rest) for claims that left a rest behind.
    """
    with transaction.atomic():
        ids = sorted({move.claim for move in moves})
        rows = run(STANDS_ON, Ints(np.array(ids, dtype=np.int64))).fetchall()
        lock_balances([row[1] for row in rows if row[1]] + [move.balance for move in moves if move.balance])
        lock_flows([row[2] for row in rows if row[2]] + [move.flow for move in moves if move.flow])
        held = travel.open_claims(ids)
        asked: dict[int, int] = defaultdict(int)
        balances: dict[int, int] = defaultdict(int)
        flows: dict[int, int] = defaultdict(int)
        for move in moves:
            asked[move.claim] += move.qty
            (balances if move.balance else flows)[move.balance or move.flow or 0] += move.qty
        _refuse_uncovered(asked, held)
        for claim_id, qty in asked.items():
            claim = held[claim_id]
            (balances if claim.balance else flows)[claim.balance or claim.flow] -= qty
        _refuse_overclaimed(balances, flows)
        travel.count(balances=balances, flows=flows)
        pieces = [Piece(move.claim, move.qty, move.balance or 0, move.flow or 0) for move in moves]
        return travel.lay(pieces, held, at=at)


def _refuse_uncovered(asked: Mapping[int, int], held: Mapping[int, OpenClaim]) -> None:
    for claim, qty in asked.items():
        open_there = held[claim].open if claim in held else 0
        if qty <= 0 or qty > open_there:
            sentence = _("Claim {claim} has {open} open, {qty} are asked for.").format(
                claim=claim, open=open_there, qty=qty
            )
            remedy = _("Look up where the claim stands now and move from there.")
            raise ClaimRefused((RejectedRow(1, "claim", "claim-does-not-cover", sentence, remedy),))


def _refuse_overclaimed(balances: Mapping[int, int], flows: Mapping[int, int]) -> None:
    locked = lock_balances(key for key, qty in balances.items() if qty > 0)
    inbound = lock_flows(key for key, qty in flows.items() if qty > 0)
    short = [key for key, row in locked.items() if row.qty - row.claimed < balances[key] or not row.bounded]
    late = [key for key, row in inbound.items() if row.qty - row.done - row.claimed < flows[key]]
    if short or late:
        sentence = _("There is not enough free where these claims should stand.")
        remedy = _("Look up the stock of the item again.")
        raise ClaimRefused((RejectedRow(1, "balance", "not-enough", sentence, remedy),))
