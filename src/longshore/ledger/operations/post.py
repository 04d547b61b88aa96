"""Posting: the one way goods move. Single and bulk are the same path, set-based, one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import RejectedRow, RowsRefused
from longshore.ledger import events, outbox
from longshore.ledger.cause import Cause
from longshore.ledger.locks import LockedKeys, lock_keys, retried
from longshore.ledger.operations import write
from longshore.ledger.operations.settle import Settlement, settle
from longshore.ledger.posting import (
    Claims,
    IntArray,
    NewPosting,
    Posted,
    PostingBatch,
    PostReceipt,
    columns,
    microseconds,
    moment,
)
from longshore.ledger.rules import Standing, digests, distinct_keys, shortages


class PostingRefused(RowsRefused):
    """Nothing was posted; `rejected` says which postings could not be and why."""

    def __init__(self, rejected: tuple[RejectedRow, ...]) -> None:
        super().__init__(rejected, rows=[asdict(row) for row in rejected])


@dataclass(slots=True)
class _Judgement:
    """Which postings of the batch are replays (posting id) and which are rejected, by index."""

    replays: dict[int, int] = field(default_factory=dict)
    rejected: dict[int, RejectedRow] = field(default_factory=dict)

    def reject(self, index: int, field_name: str, code: str, said: tuple[str, str], **fields: object) -> None:
        if index not in self.rejected and index not in self.replays:
            row = RejectedRow(index + 1, field_name, code, said[0], said[1], fields=fields)
            self.rejected[index] = row


def post(postings: Sequence[NewPosting], *, at: datetime, cause: Cause, partial: bool = False) -> PostReceipt:
    """Post these, in this order, as learned at `at`.

    With `partial`, what can be posted is posted and the rest comes back rejected; without, any rejection raises
    PostingRefused and nothing is written. Posting an id again changes nothing and returns the first receipt.
    """
    return post_columns(columns(postings), at=at, cause=cause, partial=partial)


@retried
def post_columns(
    batch: PostingBatch, *, at: datetime, cause: Cause, partial: bool = False, reverses: IntArray | None = None
) -> PostReceipt:
    """The same for postings in columns: what imports and replays use. `reverses` (p,): the posting each takes back."""
    with transaction.atomic():
        keys, source, target = distinct_keys(batch)
        locked = lock_keys(keys)
        standing = Standing(source, target, locked.qty, locked.claimed, locked.bounded)
        digest = digests(batch)
        judgement = _Judgement()
        _find_replays(batch, digest, judgement)
        _check_content(batch, locked, standing, at, judgement)
        settlement = _settle_what_stands(batch, locked, standing, at, judgement)
        if judgement.rejected and not partial:
            raise PostingRefused(tuple(judgement.rejected.values()))
        fresh = [i for i in range(len(batch.keys)) if i not in judgement.replays and i not in judgement.rejected]
        splits: tuple[tuple[int, int], ...] = ()
        ids: list[int] = []
        if fresh:
            settlement.before()
            ids = write.postings(batch, fresh, digest, at=at, cause=cause, reverses=reverses)
            live = ~_mask(batch, judgement)
            numbered = np.zeros(len(batch.keys), dtype=np.int64)
            numbered[fresh] = ids
            write.movements(batch, live, (locked.balance[source], locked.balance[target]), numbered, at)
            write.fulfilments(batch, live, numbered)
            splits = settlement.after(at)
            sites = np.concatenate([locked.site[source[live]], locked.site[target[live]]])
            outbox.emit(_told(batch, live, sites, ids, settlement), at=at, cause=cause)
        known = dict(zip(fresh, ids, strict=True)) | judgement.replays
        accepted = tuple(Posted(batch.keys[i], known[i], i in judgement.replays) for i in sorted(known))
        return PostReceipt(accepted, tuple(judgement.rejected.values()), splits, settlement.displaced)


def _mask(batch: PostingBatch, judgement: _Judgement) -> np.ndarray:
    """For each move, whether its posting does not count: replayed or rejected."""
    out = np.zeros(len(batch.keys), dtype=bool)
    out[list(judgement.replays)] = True
    out[list(judgement.rejected)] = True
    return out[batch.of]


def _find_replays(batch: PostingBatch, digest: Sequence[bytes], judgement: _Judgement) -> None:
    known = write.known_postings(batch.keys)
    for index in _repeated(batch.keys):
        said = _("This posting stands twice in the batch."), _("Give each posting an id of its own.")
        judgement.reject(index, "key", "posting-twice", said, key=str(batch.keys[index]))
    if not known:
        return
    for index, key in enumerate(batch.keys):
        if key not in known or index in judgement.rejected:
            continue
        posting_id, first_digest = known[key]
        if first_digest == digest[index]:
            judgement.replays[index] = posting_id
            continue
        said = (
            _("Another posting with this id is in the ledger already."),
            _("Choose a new id; to correct a posting, reverse it."),
        )
        judgement.reject(index, "key", "posting-id-reused", said, key=str(key))


def _repeated(keys: Sequence[UUID]) -> list[int]:
    """The indexes of keys that stood in the batch before."""
    if len(set(keys)) == len(keys):
        return []
    seen: set[UUID] = set()
    return [index for index, key in enumerate(keys) if key in seen or seen.add(key)]  # type: ignore[func-returns-value]


def _check_content(
    batch: PostingBatch, locked: LockedKeys, standing: Standing, at: datetime, judgement: _Judgement
) -> None:
    closed = write.closed_before()
    unknown = (locked.balance[standing.source] == 0) | (locked.balance[standing.target] == 0)
    for move in np.flatnonzero(unknown).tolist():
        said = (
            _("An item, lot, place, owner, condition or handling unit of this movement does not exist, or the lot "
              "belongs to another item."),
            _("Check the ids of this movement."),
        )  # fmt: skip
        judgement.reject(int(batch.of[move]), "moves", "unknown-key", said)
    for move in np.flatnonzero(batch.qty <= 0).tolist():
        said = _("A movement has to move at least one base unit."), _("Give a quantity above zero.")
        judgement.reject(int(batch.of[move]), "qty", "quantity-not-positive", said, qty=int(batch.qty[move]))
    different = (batch.source[:, [0, 3, 6]] != batch.target[:, [0, 3, 6]]).any(axis=1)
    nowhere = standing.source == standing.target
    for move in np.flatnonzero(different | nowhere).tolist():
        said = (
            _("A movement gives the same item, lot and serial number that it takes, somewhere else."),
            _("Use a transformation to turn one thing into another."),
        )
        judgement.reject(int(batch.of[move]), "moves", "not-conserved", said)
    early = np.zeros(len(batch.keys), dtype=bool) if closed is None else batch.happened < microseconds(closed)
    for index in np.flatnonzero(early).tolist():
        said = _("The period before {date} is closed.").format(date=closed), _("Post it with a later date.")
        judgement.reject(index, "happened_at", "period-closed", said)
    for index in np.flatnonzero(batch.happened > microseconds(at)).tolist():
        said = _("This has not happened yet."), _("Correct the time, or plan a flow.")
        judgement.reject(index, "happened_at", "in-the-future", said, happened_at=moment(int(batch.happened[index])))
    for index in sorted(set(range(len(batch.keys))) - set(batch.of.tolist())):
        said = _("This posting moves nothing."), _("Give at least one movement.")
        judgement.reject(index, "moves", "no-movement", said)


def _settle_what_stands(
    batch: PostingBatch, locked: LockedKeys, standing: Standing, at: datetime, judgement: _Judgement
) -> Settlement:
    """Reject what would take too much, until what is left stands; then see what becomes of the claims."""
    skip = np.zeros(len(batch.keys), dtype=bool)
    skip[list(judgement.replays) + list(judgement.rejected)] = True
    settlement = Settlement()
    special = bool((batch.mode != Claims.FREE).any() or batch.flow.any())
    if special:
        settlement = settle(batch, locked.balance, standing, ~skip[batch.of])
        for index, (code, sentence, remedy) in settlement.refused.items():
            judgement.reject(index, "claim", code, (sentence, remedy))
            skip[index] = True
    short = shortages(batch, standing, skip)
    for shortage in short:
        key = batch.source[shortage.move].tolist()
        said = (
            _("Only {free} are free where {wanted} should leave.").format(free=shortage.free, wanted=shortage.wanted),
            _("Move less, free a claim, or post goods that were found."),
        )
        numbers = {"free": shortage.free, "wanted": shortage.wanted, "item": key[0], "place": key[1]}
        judgement.reject(shortage.posting, "qty", "not-enough", said, **numbers)
        skip[shortage.posting] = True
    if special and (short or settlement.refused):
        settlement = settle(batch, locked.balance, standing, ~skip[batch.of])
        assert not settlement.refused, "what stood in the first round stands in the second"
    return settlement


def _told(
    batch: PostingBatch, live: np.ndarray, sites: IntArray, ids: Sequence[int], settlement: Settlement
) -> list[outbox.Event]:
    """What others are told of the live moves. `sites`: of all their sides, 0 for none."""
    told: list[outbox.Event] = [
        events.PostingsMade(
            postings=tuple(ids),
            kinds=tuple(sorted(set(batch.kinds[np.unique(batch.of[live])].tolist()))),
            items=tuple(np.unique(batch.source[live][:, 0]).tolist()),
            sites=tuple(site for site in np.unique(sites).tolist() if site),
        )
    ]
    if settlement.displaced:
        told.append(events.ClaimsDisplaced(claims=settlement.displaced, demands=settlement.displaced_demands))
    return told
