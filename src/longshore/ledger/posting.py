"""What callers hand to the ledger: postings as records, and the same as columns for bulk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from uuid import UUID

import numpy as np
import numpy.typing as npt

from longshore.catalog.errors import RejectedRow

IntArray = npt.NDArray[np.int64]

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL's own, so that columns go over the wire as they are
KEY_COLUMNS = ("item", "place", "owner", "lot", "condition", "handling_unit", "serial")
NOTHING = 0  # in columns: no lot, no handling unit, no serial, no claim, no flow


class Claims(IntEnum):
    """What happens to the claims on goods that move."""

    FREE = 0  # only unclaimed quantity may leave
    CARRY = 1  # one named claim travels with these goods: pick, pack, stage, load
    CONSUME = 2  # one named claim is used up: delivery
    FOLLOW = 3  # claims that no longer stand on the source go along: put-away, move
    DISPLACE = 4  # claims that no longer stand are voided, least urgent first: loss, damage, hold


@dataclass(frozen=True, slots=True)
class Key:
    """Where something stands and what it is. Ids of catalog rows; None where it does not apply."""

    item: int
    place: int
    owner: int
    lot: int | None = None
    condition: int = 0
    handling_unit: int | None = None
    serial: int | None = None

    def row(self) -> tuple[int, ...]:
        return (
            self.item,
            self.place,
            self.owner,
            self.lot or NOTHING,
            self.condition,
            self.handling_unit or NOTHING,
            self.serial or NOTHING,
        )


@dataclass(frozen=True, slots=True)
class Move:
    """`qty` base units from `source` to `target`; fulfils `flow` if given."""

    source: Key
    target: Key
    qty: int
    claims: Claims = Claims.FREE
    claim: int | None = None
    flow: int | None = None


@dataclass(frozen=True, slots=True)
class NewPosting:
    key: UUID
    kind: int
    happened_at: datetime
    moves: tuple[Move, ...]
    document: str = ""


@dataclass(frozen=True, slots=True)
class PostingBatch:
    """Postings as columns. p postings, m moves; `of` is the ascending index of each move's posting.

    `source` and `target` are (m, 7) in the order of KEY_COLUMNS, 0 for none. `happened` is µs since 2000-01-01 UTC.
    """

    keys: Sequence[UUID]
    kinds: IntArray
    happened: IntArray
    documents: Sequence[str]
    of: IntArray
    source: IntArray
    target: IntArray
    qty: IntArray
    mode: IntArray
    claim: IntArray
    flow: IntArray

    def __post_init__(self) -> None:
        postings, moves = len(self.keys), len(self.of)
        assert len(self.kinds) == len(self.happened) == len(self.documents) == postings
        assert self.source.shape == self.target.shape == (moves, len(KEY_COLUMNS))
        assert len(self.qty) == len(self.mode) == len(self.claim) == len(self.flow) == moves


@dataclass(frozen=True, slots=True)
class Posted:
    key: UUID
    posting_id: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class PostReceipt:
    """`splits`: (claim that travelled or was used, new claim that holds what stayed behind)."""

    accepted: tuple[Posted, ...]
    rejected: tuple[RejectedRow, ...] = ()
    splits: tuple[tuple[int, int], ...] = ()
    displaced: tuple[int, ...] = ()


def microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def columns(postings: Sequence[NewPosting]) -> PostingBatch:
    """The records as columns, in the same order."""
    moves = [(index, move) for index, posting in enumerate(postings) for move in posting.moves]
    width = len(KEY_COLUMNS)
    return PostingBatch(
        keys=[posting.key for posting in postings],
        kinds=np.array([int(posting.kind) for posting in postings], dtype=np.int64),
        happened=np.array([microseconds(posting.happened_at) for posting in postings], dtype=np.int64),
        documents=[posting.document for posting in postings],
        of=np.array([index for index, _ in moves], dtype=np.int64),
        source=np.array([move.source.row() for _, move in moves], dtype=np.int64).reshape(-1, width),
        target=np.array([move.target.row() for _, move in moves], dtype=np.int64).reshape(-1, width),
        qty=np.array([move.qty for _, move in moves], dtype=np.int64),
        mode=np.array([int(move.claims) for _, move in moves], dtype=np.int64),
        claim=np.array([move.claim or NOTHING for _, move in moves], dtype=np.int64),
        flow=np.array([move.flow or NOTHING for _, move in moves], dtype=np.int64),
    )
