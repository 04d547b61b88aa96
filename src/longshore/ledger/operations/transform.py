"""One thing turned into another (make, repack, re-lot): inputs go to PRODUCTION and outputs come from it, in one posting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import RejectedRow
from longshore.catalog.models import Place
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.models import PostingKind, TransformReason
from longshore.ledger.operations.post import PostingRefused, post
from longshore.ledger.posting import Claims, Key, Move, NewPosting, PostReceipt
from longshore.ledger.wire import Ints, run

PRODUCTION, SCRAP = "PRODUCTION", "SCRAP"
DECLARE = """
INSERT INTO ledger_transform (posting_id, reason, machine_id, expected)
SELECT posting, reason, nullif(machine, 0), nullif(expected, 0)
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[]) AS t(posting, reason, machine, expected)
"""


class TransformRefused(PostingRefused):
    """Nothing was turned into anything; `rejected` says which transformations cannot be and why."""


@dataclass(frozen=True, slots=True)
class Input:
    """`qty` base units are taken from under this key, `lost` of them as waste. `claims` as in a movement."""

    key: Key
    qty: int
    lost: int = 0
    claims: Claims = Claims.FREE
    claim: int | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """`qty` base units come out and stand under this key; they fulfil `flow` if given."""

    key: Key
    qty: int
    flow: int | None = None


@dataclass(frozen=True, slots=True)
class NewTransform:
    """A run: these inputs became these outputs. `expected` base units of the first output were to come out."""

    key: UUID
    happened_at: datetime
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    reason: str = TransformReason.MAKE
    machine: int | None = None
    expected: int | None = None
    document: str = ""


@retried
def transform(transforms: Sequence[NewTransform], *, at: datetime, cause: Cause, partial: bool = False) -> PostReceipt:
    """Turn inputs into outputs, one posting each; the same id again changes nothing.

    Any rejection raises and writes nothing, unless `partial`. `reverse` takes one back like any other posting.
    """
    with transaction.atomic():
        rejected = [row for index, new in enumerate(transforms, start=1) for row in _problems(index, new)[:1]]
        if rejected and not partial:
            raise TransformRefused(tuple(rejected))
        bad = {row.row for row in rejected}
        rows = [row for row in range(1, len(transforms) + 1) if row not in bad]
        outside = dict(Place.objects.filter(code__in=[PRODUCTION, SCRAP]).values_list("code", "pk"))
        postings = [_posting(transforms[row - 1], outside[PRODUCTION], outside[SCRAP]) for row in rows]
        if not postings:
            return PostReceipt((), tuple(rejected))
        receipt = post(postings, at=at, cause=cause, partial=partial)
        rejected += [replace(row, row=rows[row.row - 1]) for row in receipt.rejected]
        _declare(transforms, receipt)
        return replace(receipt, rejected=tuple(sorted(rejected, key=lambda row: row.row)))


def _problems(index: int, new: NewTransform) -> list[RejectedRow]:
    found: list[RejectedRow] = []
    if not new.inputs or not new.outputs:
        sentence, remedy = _("Something has to go in and something has to come out."), _("Give both.")
        found.append(RejectedRow(index, "inputs", "transform-one-sided", sentence, remedy))
    went_in = {(row.key.item, row.key.lot, row.key.serial) for row in new.inputs}
    if any((row.key.item, row.key.lot, row.key.serial) in went_in for row in new.outputs):
        sentence = _("The same item, lot and serial number would go in and come out.")
        remedy = _("Give what comes out a lot number of its own, or post a plain movement.")
        found.append(RejectedRow(index, "outputs", "transforms-itself", sentence, remedy))
    if any(not 0 <= row.lost <= row.qty for row in new.inputs):
        sentence, remedy = _("More cannot be lost than was taken."), _("Correct the loss.")
        found.append(RejectedRow(index, "lost", "loss-out-of-range", sentence, remedy))
    if new.expected is not None and new.expected <= 0:
        sentence, remedy = _("The expected output has to be above zero."), _("Correct it or leave it out.")
        found.append(RejectedRow(index, "expected", "expected-not-positive", sentence, remedy))
    if new.reason not in TransformReason.values:
        sentence = _("{reason} is no reason for a transformation.").format(reason=new.reason)
        remedy = _("Choose one of: {reasons}.").format(reasons=", ".join(TransformReason.values))
        found.append(RejectedRow(index, "reason", "unknown-reason", sentence, remedy, value=new.reason))
    return found


def _posting(new: NewTransform, production: int, scrap: int) -> NewPosting:
    moves: list[Move] = []
    for taken in new.inputs:
        for place, qty in ((production, taken.qty - taken.lost), (scrap, taken.lost)):
            # a quantity of zero is refused by the ledger like any other, unless all of it was lost
            if qty or (place == production and taken.qty == 0):
                moves.append(Move(taken.key, _beyond(taken.key, place), qty, taken.claims, taken.claim))
    for made in new.outputs:
        moves.append(Move(_beyond(made.key, production), made.key, made.qty, flow=made.flow))
    return NewPosting(new.key, PostingKind.TRANSFORM, new.happened_at, tuple(moves), new.document)


def _beyond(key: Key, place: int) -> Key:
    return Key(key.item, place, key.owner, key.lot, 0, None, key.serial)


def _declare(transforms: Sequence[NewTransform], receipt: PostReceipt) -> None:
    by_key = {new.key: new for new in transforms}
    fresh = [(row.posting_id, by_key[row.key]) for row in receipt.accepted if not row.replayed]
    if fresh:
        run(
            DECLARE,
            Ints(np.array([posting for posting, _new in fresh], dtype=np.int64)),
            [str(new.reason) for _posting, new in fresh],
            Ints(np.array([new.machine or 0 for _posting, new in fresh], dtype=np.int64)),
            Ints(np.array([new.expected or 0 for _posting, new in fresh], dtype=np.int64)),
        )
