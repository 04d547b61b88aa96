"""What a batch of postings may do to what stands there: pure, on arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from longshore.ledger.posting import Claims, IntArray, PostingBatch

_MIX = np.array(
    [
        0x9E3779B97F4A7C15,
        0xBF58476D1CE4E5B9,
        0x94D049BB133111EB,
        0xD6E8FEB86659FD93,
        0xA0761D6478BD642F,
        0xE7037ED1A0B428DB,
        0x8EBC6AF09C88C6E3,
    ],
    dtype=np.uint64,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """The distinct keys a batch touches. `source` and `target` (m,) point into the other arrays (k,)."""

    source: IntArray
    target: IntArray
    qty: IntArray
    claimed: IntArray
    bounded: np.ndarray


@dataclass(frozen=True, slots=True)
class Shortage:
    """A posting that may not happen: it would take `wanted` where only `free` may leave."""

    posting: int
    move: int
    free: int
    wanted: int


def distinct_keys(batch: PostingBatch) -> tuple[IntArray, IntArray, IntArray]:
    """The distinct keys (k, 7), and for each move the index of its source and target among them."""
    both = np.concatenate([batch.source, batch.target])
    mixed = _mix(both)
    _, first, inverse = np.unique(mixed, return_index=True, return_inverse=True)
    keys = both[first]
    if not np.array_equal(keys[inverse], both):  # two keys with one hash: rare enough to take the slow way
        keys, inverse = np.unique(both, axis=0, return_inverse=True)
        inverse = inverse.reshape(-1)
    moves = len(batch.of)
    return keys, inverse[:moves], inverse[moves:]


def _mix(rows: IntArray) -> np.ndarray:
    unsigned = rows.astype(np.uint64)
    with np.errstate(over="ignore"):
        total = (unsigned * _MIX[: rows.shape[1]]).sum(axis=1, dtype=np.uint64)
        total ^= total >> np.uint64(31)
        total *= np.uint64(0x9FB21C651E98DF25)
    return total ^ (total >> np.uint64(29))


def digests(batch: PostingBatch) -> list[bytes]:
    """16 bytes a posting, so that the same id with other content is noticed. Not a signature."""
    moves = len(batch.of)
    tail = np.stack([batch.qty, batch.mode, batch.claim, batch.flow, np.arange(moves)], axis=1)
    begins = np.searchsorted(batch.of, np.arange(len(batch.keys)))
    tail[:, 4] -= begins[batch.of]
    with np.errstate(over="ignore"):
        parts = np.stack([_mix(batch.source), _mix(batch.target), _mix(tail)], axis=1)
        row = _mix(parts.view(np.int64))
        sums = np.zeros(len(batch.keys), dtype=np.uint64)
        np.add.at(sums, batch.of, row)
        head = _mix(np.stack([batch.kinds, batch.happened], axis=1))
    return [bytes(pair) for pair in np.stack([sums, head], axis=1)]


def shortages(batch: PostingBatch, standing: Standing, skip: np.ndarray) -> list[Shortage]:
    """Postings (in order) that would take what is not there or is claimed by others; those in `skip` do not count."""
    live = ~skip[batch.of]
    if _all_stand(batch, standing, live):
        return []
    return _one_by_one(batch, standing, live)


def _all_stand(batch: PostingBatch, standing: Standing, live: np.ndarray) -> bool:
    """Whether every balance stays within its limit after every move, by one sorted running sum."""
    count = int(live.sum())
    at = np.empty(2 * count, dtype=np.int64)
    delta = np.empty(2 * count, dtype=np.int64)
    at[0::2], at[1::2] = standing.source[live], standing.target[live]
    delta[0::2], delta[1::2] = -batch.qty[live], batch.qty[live]
    order = np.argsort(at, kind="stable")
    at, delta = at[order], delta[order]
    running = np.cumsum(delta)
    begins = np.flatnonzero(np.r_[True, at[1:] != at[:-1]]) if count else np.zeros(0, dtype=np.int64)
    before = np.repeat(running[begins] - delta[begins], np.diff(np.r_[begins, len(at)]))
    # CARRY and CONSUME take claims along, FOLLOW and DISPLACE settle them afterwards: only FREE has to leave them.
    free_only = np.zeros(len(standing.qty), dtype=bool)
    free_only[standing.source[live & (batch.mode == Claims.FREE)]] = True
    named = live & ((batch.mode == Claims.CARRY) | (batch.mode == Claims.CONSUME))
    if free_only[standing.source[named]].any():
        return False  # free and claimed goods leave one place in one batch: the order matters
    floor = np.where(free_only, standing.claimed, 0)
    level = standing.qty[at] + running - before
    return not bool((standing.bounded[at] & (level < floor[at])).any())


def _one_by_one(batch: PostingBatch, standing: Standing, live: np.ndarray) -> list[Shortage]:
    qty = standing.qty.tolist()
    claimed = standing.claimed.tolist()
    bounded = standing.bounded.tolist()
    moves = zip(
        batch.of.tolist(),
        standing.source.tolist(),
        standing.target.tolist(),
        batch.qty.tolist(),
        batch.mode.tolist(),
        strict=True,
    )
    found: list[Shortage] = []
    undo: list[tuple[int, int, int]] = []
    current, failed = -1, False
    for index, (posting, source, target, wanted, mode) in enumerate(moves):
        if not live[index]:
            continue
        if posting != current:
            current, failed, undo = posting, False, []
        if failed:
            continue
        free = qty[source] - (claimed[source] if mode == Claims.FREE else 0)
        if bounded[source] and wanted > free:
            found.append(Shortage(posting, index, free, wanted))
            failed = True
            for place, amount, claims in reversed(undo):
                qty[place] -= amount
                claimed[place] -= claims
            continue
        carried = wanted if mode in (Claims.CARRY, Claims.CONSUME) else 0
        arriving = wanted if mode == Claims.CARRY else 0
        for place, amount, claims in ((source, -wanted, -carried), (target, wanted, arriving)):
            qty[place] += amount
            claimed[place] += claims
            undo.append((place, amount, claims))
    return found


@dataclass(frozen=True, slots=True)
class OpenClaim:
    id: int
    balance: int
    flow: int
    open: int
    hard: bool
    priority: int
    ship_at: datetime
    demand: str


def served_first(claims: Iterable[OpenClaim]) -> list[OpenClaim]:
    """In the order in which goods go to them: work under way, then priority, then who leaves first."""
    return sorted(claims, key=lambda claim: (not claim.hard, claim.priority, claim.ship_at, claim.id))


@dataclass(frozen=True, slots=True)
class Piece:
    """`qty` of a claim's open quantity ends up on this balance or flow (0 for the other)."""

    claim: int
    qty: int
    balance: int
    flow: int = 0


def shared_out(claims: Sequence[OpenClaim], amount: int, room: Sequence[tuple[int, int]]) -> tuple[list[Piece], int]:
    """`amount` of these claims, in their order, laid on balances with room (balance, quantity).

    Returns the pieces and how much found no room.
    """
    pieces: list[Piece] = []
    spaces = [[balance, quantity] for balance, quantity in room]
    for claim in claims:
        left = min(claim.open, amount)
        for space in spaces:
            part = min(left, space[1])
            if part > 0:
                pieces.append(Piece(claim.id, part, space[0]))
                space[1] -= part
                left -= part
                amount -= part
    return pieces, amount


def average_out(stock: int, value: int, qty: int) -> int:
    """The value of `qty` out of `stock` worth `value`, in whole minor units; the last unit takes what is left."""
    return value if qty == stock else value * qty // stock


def fifo_out(layer_qty: int, layer_value: int, wanted: int) -> tuple[int, int]:
    """How much of a layer goes towards `wanted`, and its value."""
    taken = min(layer_qty, wanted)
    return taken, average_out(layer_qty, layer_value, taken)
