"""What becomes of claims and planned flows when goods move: worked out before, written around the movements."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from django.utils.translation import gettext as _

from longshore.ledger.locks import LockedFlow, lock_flows
from longshore.ledger.operations import travel
from longshore.ledger.posting import Claims, IntArray, PostingBatch
from longshore.ledger.rules import OpenClaim, Piece, Standing, served_first, shared_out
from longshore.ledger.wire import Ints, run

FULFIL = """
UPDATE ledger_plannedflow f SET done = f.done + k.done, claimed = f.claimed + k.claimed,
    status = CASE WHEN f.done + k.done >= f.qty THEN 'closed' ELSE f.status END
FROM unnest(%s, %s, %s) AS k(id, done, claimed) WHERE f.id = k.id
"""
Said = tuple[str, str, str]


@dataclass(slots=True)
class Settlement:
    """The changes to claims, and the counters before and after the goods have moved."""

    claims: dict[int, OpenClaim] = field(default_factory=dict)
    pieces: list[Piece] = field(default_factory=list)
    used: dict[int, int] = field(default_factory=dict)
    voided: list[int] = field(default_factory=list)
    leave: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # balance: claimed, taken off before
    arrive: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # balance: claimed, put on after
    done: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # flow: fulfilled
    off_flow: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # flow: claimed, taken off
    refused: dict[int, Said] = field(default_factory=dict)

    @property
    def displaced(self) -> tuple[int, ...]:
        return tuple(self.voided)

    @property
    def displaced_demands(self) -> tuple[str, ...]:
        return tuple(self.claims[claim].demand for claim in self.voided)

    def before(self) -> None:
        travel.count(balances={key: -value for key, value in self.leave.items()}, flows={})
        if self.done:
            ids = np.array(list(self.done), dtype=np.int64)
            done = np.array([self.done[key] for key in self.done], dtype=np.int64)
            claimed = np.array([-self.off_flow[key] for key in self.done], dtype=np.int64)
            run(FULFIL, Ints(ids), Ints(done), Ints(claimed))

    def after(self, at: datetime) -> tuple[tuple[int, int], ...]:
        splits = travel.lay(self.pieces, self.claims, at=at)
        travel.consume(self.used, at=at)
        travel.close(self.voided, state="voided", at=at)
        travel.count(balances=self.arrive, flows={})
        return splits


def settle(batch: PostingBatch, balance: IntArray, standing: Standing, live: np.ndarray) -> Settlement:
    """Work out what the live moves do to claims and flows. `balance` (k,) are the ids of the standing keys."""
    plan = Settlement()
    _named(batch, balance, standing, live, plan)
    flows = _flows(batch, balance, standing, live, plan)
    if not plan.refused:
        _displace_from_flows(flows, plan)
        _excess(batch, balance, standing, live, plan)
    return plan


def _named(batch: PostingBatch, balance: IntArray, standing: Standing, live: np.ndarray, plan: Settlement) -> None:
    """CARRY and CONSUME: one claim each, which has to be open on the source for at least that much."""
    chosen = np.flatnonzero(live & ((batch.mode == Claims.CARRY) | (batch.mode == Claims.CONSUME)))
    if not len(chosen):
        return
    plan.claims |= travel.open_claims(np.unique(batch.claim[chosen]).tolist())
    left = {claim.id: claim.open for claim in plan.claims.values()}
    for move in chosen.tolist():
        claim, qty = int(batch.claim[move]), int(batch.qty[move])
        source = int(balance[standing.source[move]])
        found = plan.claims.get(claim)
        if found is None or found.balance != source or left[claim] < qty:
            open_there = left.get(claim, 0) if found is not None and found.balance == source else 0
            plan.refused[int(batch.of[move])] = (
                "claim-does-not-cover",
                _("Claim {claim} has {open} open on these goods, {qty} are needed.").format(
                    claim=claim, open=open_there, qty=qty
                ),
                _("Look up where the claim stands now and move from there."),
            )
            continue
        left[claim] -= qty
        plan.leave[source] += qty
        if batch.mode[move] == Claims.CARRY:
            target = int(balance[standing.target[move]])
            plan.pieces.append(Piece(claim, qty, target))
            plan.arrive[target] += qty
        else:
            plan.used[claim] = plan.used.get(claim, 0) + qty


def _flows(
    batch: PostingBatch, balance: IntArray, standing: Standing, live: np.ndarray, plan: Settlement
) -> dict[int, LockedFlow]:
    """Moves that fulfil a planned flow bring its claims onto the goods that came, if those are fit for use."""
    chosen = np.flatnonzero(live & (batch.flow != 0))
    if not len(chosen):
        return {}
    flows = lock_flows(np.unique(batch.flow[chosen]).tolist())
    room: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for move in chosen.tolist():
        flow, qty, item = int(batch.flow[move]), int(batch.qty[move]), int(batch.source[move, 0])
        found = flows.get(flow)
        if found is None or found.status != "firm" or found.item != item:
            plan.refused[int(batch.of[move])] = (
                "flow-not-open",
                _("Planned flow {flow} is not open for this item.").format(flow=flow),
                _("Look up the open flows of the document, or post without one."),
            )
            continue
        plan.done[flow] += qty
        if batch.target[move, 4] == 0 and standing.bounded[standing.target[move]]:
            room[flow].append((int(balance[standing.target[move]]), qty))
    waiting: dict[int, list[OpenClaim]] = defaultdict(list)
    for claim in travel.claims_on_flows(room):
        plan.claims[claim.id] = claim
        waiting[claim.flow].append(claim)
    for flow, claims in waiting.items():
        amount = min(sum(claim.open for claim in claims), sum(qty for _b, qty in room[flow]))
        pieces, _left = shared_out(served_first(claims), amount, room[flow])
        plan.pieces += pieces
        for piece in pieces:
            plan.off_flow[flow] += piece.qty
            plan.arrive[piece.balance] += piece.qty
    return flows


def _displace_from_flows(flows: dict[int, LockedFlow], plan: Settlement) -> None:
    """Claims that the rest of a flow can no longer bear: what came was not fit for use."""
    over = {
        flow: (found.claimed - plan.off_flow[flow]) - (found.qty - found.done - plan.done[flow])
        for flow, found in flows.items()
    }
    over = {flow: excess for flow, excess in over.items() if excess > 0 and flows[flow].claimed > plan.off_flow[flow]}
    if not over:
        return
    for claim in reversed(served_first(travel.claims_on_flows(over))):
        if over[claim.flow] > 0:
            over[claim.flow] += _stay(claim, plan) - claim.open
            plan.claims[claim.id] = claim
            plan.voided.append(claim.id)
            plan.off_flow[claim.flow] += claim.open


def _stay(claim: OpenClaim, plan: Settlement) -> int:
    """What of this claim would have travelled stays with it after all: half a promise is asked for anew, whole."""
    gone = [piece for piece in plan.pieces if piece.claim == claim.id]
    plan.pieces = [piece for piece in plan.pieces if piece.claim != claim.id]
    for piece in gone:
        plan.off_flow[claim.flow] -= piece.qty
        plan.arrive[piece.balance] -= piece.qty
    return sum(piece.qty for piece in gone)


def _excess(batch: PostingBatch, balance: IntArray, standing: Standing, live: np.ndarray, plan: Settlement) -> None:
    """FOLLOW and DISPLACE: claims beyond what is left on a source go along, or fall."""
    loose = live & ((batch.mode == Claims.FOLLOW) | (batch.mode == Claims.DISPLACE))
    if not loose.any():
        return
    after = standing.qty.copy()
    np.subtract.at(after, standing.source[live], batch.qty[live])
    np.add.at(after, standing.target[live], batch.qty[live])
    over: dict[int, int] = {}
    for key in np.unique(standing.source[loose]).tolist():
        where = int(balance[key])
        excess = int(standing.claimed[key]) - plan.leave[where] - int(after[key])
        if excess > 0 and standing.claimed[key] > plan.leave[where]:
            over[where] = min(excess, int(standing.claimed[key]) - plan.leave[where])
    if not over:
        return
    room: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for move in np.flatnonzero(live & (batch.mode == Claims.FOLLOW)).tolist():
        if batch.target[move, 4] == 0 and standing.bounded[standing.target[move]]:
            place = int(balance[standing.target[move]])
            room[int(balance[standing.source[move]])].append((place, int(batch.qty[move])))
    busy = {piece.claim for piece in plan.pieces} | set(plan.used)
    waiting: dict[int, list[OpenClaim]] = defaultdict(list)
    for claim in travel.claims_on_balances(over):
        if claim.id not in busy:
            plan.claims[claim.id] = claim
            waiting[claim.balance].append(claim)
    for where, excess in over.items():
        pieces, rest = shared_out(served_first(waiting[where]), excess, room[where])
        plan.pieces += pieces
        for piece in pieces:
            plan.leave[where] += piece.qty
            plan.arrive[piece.balance] += piece.qty
        _fall(waiting[where], where, rest, {piece.claim for piece in pieces}, plan)


def _fall(claims: list[OpenClaim], where: int, rest: int, gone: set[int], plan: Settlement) -> None:
    """Void the least urgent claims whole until `rest` has fallen: half a promise is asked for anew."""
    for claim in reversed(served_first(claims)):
        if rest <= 0:
            return
        if claim.id in gone:
            continue
        plan.voided.append(claim.id)
        plan.leave[where] += claim.open
        rest -= claim.open
