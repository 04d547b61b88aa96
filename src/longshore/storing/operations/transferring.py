"""Transfers between our sites: an approved proposal becomes claims at the site that gives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.locks import lock_balances, retried
from longshore.ledger.operations import FlowPatch, NewClaim, cancel_flows, change_flows, reserve
from longshore.storing.queries.rows import fetch
from longshore.storing.rules import key_of

TRANSFER_PRIORITY: Final = 6
_WANTED = """
SELECT p.id, p.item_id, p.origin_id, p.flow_id, f.qty - f.done, f.ship_at, f.arrive_at
FROM planning_proposal p JOIN ledger_plannedflow f ON f.id = p.flow_id
WHERE p.id = ANY(%(proposals)s) AND p.kind = 'transfer' AND p.origin_id IS NOT NULL AND f.status = 'firm'
    AND NOT EXISTS (SELECT 1 FROM ledger_claim c WHERE c.demand = 'transfer:' || p.id)
ORDER BY p.id FOR UPDATE OF p
"""
_STOCK = """
SELECT b.id, b.item_id, p.site_id, b.qty - b.claimed, l.expires_on
FROM ledger_balance b JOIN catalog_place p ON p.id = b.place_id LEFT JOIN catalog_lot l ON l.id = b.lot_id
WHERE b.item_id = ANY(%(items)s) AND p.site_id = ANY(%(sites)s) AND p.usage IN ('storage', 'receiving')
    AND b.condition = 0 AND b.qty > b.claimed
ORDER BY l.expires_on NULLS LAST, p.pick_rank, b.id
"""


class _Wanted(NamedTuple):
    proposal: int
    item: int
    origin: int
    flow: int
    qty: int
    ship_at: datetime
    arrive_at: datetime


class _Stock(NamedTuple):
    balance: int
    item: int
    site: int
    free: int
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class TransferClaimed:
    """`qty` of the proposal is claimed at the origin; what `missing` says is not there."""

    proposal: int
    qty: int
    missing: int


@retried
def claim_transfers(proposal_ids: Sequence[int], *, at: datetime, cause: Cause) -> tuple[TransferClaimed, ...]:
    """Claim the goods of released transfers at their origin, first expired first out.

    The planned flow is cut to what is really there (cancelled where nothing is), so that the receiving site never
    counts on goods nobody can send. Calling it again claims nothing twice.
    """
    with transaction.atomic():
        wanted = fetch(_Wanted, _WANTED, {"proposals": list(proposal_ids)})
        if not wanted:
            return ()
        parameters = {"items": [row.item for row in wanted], "sites": [row.origin for row in wanted]}
        lock_balances(row.balance for row in fetch(_Stock, _STOCK, parameters))
        stock: dict[tuple[int, int], list[list[int]]] = defaultdict(list)
        for lot in fetch(_Stock, _STOCK, parameters):
            stock[lot.item, lot.site].append([lot.balance, lot.free])
        claims: list[NewClaim] = []
        done: list[TransferClaimed] = []
        for row in wanted:
            made = _claims(row, stock[row.item, row.origin])
            claims += made
            qty = sum(claim.qty for claim in made)
            done.append(TransferClaimed(row.proposal, qty, row.qty - qty))
        reserve(claims, at=at, cause=cause)
        _cut_flows(wanted, done, at, cause)
        return tuple(done)


def _claims(wanted: _Wanted, stock: list[list[int]]) -> list[NewClaim]:
    made: list[NewClaim] = []
    left = wanted.qty
    for lot in stock:
        qty = min(left, lot[1])
        if qty == 0:
            continue
        lot[1] -= qty
        left -= qty
        made.append(
            NewClaim(
                key=key_of("transfer", wanted.proposal, lot[0]),
                demand=f"transfer:{wanted.proposal}",
                item=wanted.item,
                site=wanted.origin,
                qty=qty,
                ship_at=wanted.ship_at,
                due_at=wanted.arrive_at,
                balance=lot[0],
                priority=TRANSFER_PRIORITY,
            )
        )
    return made


def _cut_flows(wanted: Sequence[_Wanted], done: Sequence[TransferClaimed], at: datetime, cause: Cause) -> None:
    pairs = [(row, claimed) for row, claimed in zip(wanted, done, strict=True) if claimed.missing]
    cut = [FlowPatch(row.flow, qty=claimed.qty) for row, claimed in pairs if claimed.qty]
    gone = [row.flow for row, claimed in pairs if not claimed.qty]
    if cut:
        change_flows(cut, at=at, cause=cause)
    if gone:
        cancel_flows(gone, at=at, cause=cause)
