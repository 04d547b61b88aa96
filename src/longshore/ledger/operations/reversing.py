"""Taking postings back: a new posting the other way round, and what the first one did of planned flows is to come again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal, RejectedRow
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.models import PostingKind
from longshore.ledger.operations.flows import reopen_flows
from longshore.ledger.operations.post import post_columns
from longshore.ledger.operations.write import FULFILMENTS
from longshore.ledger.posting import Claims, Key, Move, NewPosting, Posted, PostReceipt, columns
from longshore.ledger.wire import copy_integers, run

FIRST = """
SELECT p.key, p.id, p.document, r.key FROM ledger_posting p LEFT JOIN ledger_posting r ON r.reverses_id = p.id
WHERE p.key = ANY(%s::uuid[])
"""
MOVES = """
SELECT m.posting_id, m.qty,
    s.item_id, s.place_id, s.owner_id, s.lot_id, s.condition, s.handling_unit_id, s.serial_id,
    t.item_id, t.place_id, t.owner_id, t.lot_id, t.condition, t.handling_unit_id, t.serial_id
FROM ledger_movement m JOIN ledger_balance s ON s.id = m.source_id JOIN ledger_balance t ON t.id = m.target_id
WHERE m.posting_id = ANY(%s) ORDER BY m.posting_id, m.id DESC
"""
FULFILLED = """
SELECT f.posting_id, f.flow_id, p.item_id, sum(f.qty)::bigint
FROM ledger_fulfilment f JOIN ledger_plannedflow p ON p.id = f.flow_id WHERE f.posting_id = ANY(%s)
GROUP BY f.posting_id, f.flow_id, p.item_id HAVING sum(f.qty) <> 0 ORDER BY f.posting_id, f.flow_id
"""
# When an id was first posted: posting it again is the same posting.
HAPPENED = "SELECT key, happened_at FROM ledger_posting WHERE key = ANY(%s::uuid[])"


class ReversalRefused(Refusal):
    """The posting cannot be taken back."""


@dataclass(frozen=True, slots=True)
class Reversal:
    """Take back the posting with the key `posting`; the posting that does so has the key `key`."""

    posting: UUID
    key: UUID


@dataclass(frozen=True, slots=True)
class _First:
    """A posting to be taken back. `fulfilled`: flow, item, quantity; below zero where it had itself taken that back."""

    id: int
    document: str
    moves: tuple[Move, ...]
    fulfilled: tuple[tuple[int, int, int], ...]


def reverse(posting_key: UUID, *, key: UUID, at: datetime, cause: Cause) -> PostReceipt:
    """Take a posting back by a new one, the other way round, as having happened now.

    Claims on goods that go away again fall, with an event; planned flows it had fulfilled are to come again. Refused
    where the goods have moved on.
    """
    return reverse_all([Reversal(posting_key, key)], at=at, cause=cause)


@retried
def reverse_all(reversals: Sequence[Reversal], *, at: datetime, cause: Cause, partial: bool = False) -> PostReceipt:
    """The same for many. With `partial`, what cannot be taken back comes back rejected; without, nothing is."""
    with transaction.atomic():
        firsts, rejected = _firsts(reversals)
        if rejected and not partial:
            row = rejected[0]
            raise ReversalRefused(row.code, row.sentence, row.remedy, **row.fields)
        if not firsts:
            return PostReceipt((), tuple(rejected))
        wanted = [(row, each) for row, each in enumerate(reversals, start=1) if each.posting in firsts]
        happened = dict(run(HAPPENED, [each.key for _row, each in wanted]).fetchall())
        back = columns([_back(each, firsts[each.posting], happened.get(each.key, at)) for _row, each in wanted])
        taken_back = np.array([firsts[each.posting].id for _row, each in wanted], dtype=np.int64)
        receipt = post_columns(back, at=at, cause=cause, partial=partial, reverses=taken_back)
        by_key = {each.key: firsts[each.posting] for _row, each in wanted}
        _reopen([posted for posted in receipt.accepted if not posted.replayed], by_key, at=at, cause=cause)
        rejected += [replace(row, row=wanted[row.row - 1][0]) for row in receipt.rejected]
        return replace(receipt, rejected=tuple(sorted(rejected, key=lambda row: row.row)))


def _firsts(reversals: Sequence[Reversal]) -> tuple[dict[UUID, _First], list[RejectedRow]]:
    """What is to be taken back, and what cannot be: unknown, or taken back by another posting."""
    found = {row[0]: row[1:] for row in run(FIRST, [each.posting for each in reversals])}
    rejected: list[RejectedRow] = []
    known: dict[UUID, tuple[int, str]] = {}
    for row, each in enumerate(reversals, start=1):
        number, document, taken_by = found.get(each.posting, (0, "", None))
        if not number:
            rejected.append(_no_such(row, each))
        elif taken_by not in (None, each.key):
            rejected.append(_taken(row, taken_by))
        else:
            known[each.posting] = (number, document)
    if not known:
        return {}, rejected
    ids = [number for number, _document in known.values()]
    moves: dict[int, list[Move]] = defaultdict(list)
    for posting, qty, *cells in run(MOVES, ids):
        moves[posting].append(Move(_key(cells[7:]), _key(cells[:7]), qty, Claims.DISPLACE))
    fulfilled: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for posting, flow, item, qty in run(FULFILLED, ids):
        fulfilled[posting].append((flow, item, qty))
    firsts = {
        key: _First(number, document, tuple(moves[number]), tuple(fulfilled[number]))
        for key, (number, document) in known.items()
    }
    return firsts, rejected


def _no_such(row: int, each: Reversal) -> RejectedRow:
    sentence = _("There is no posting {key}.").format(key=each.posting)
    remedy = _("Look up the posting in the list of movements.")
    return RejectedRow(row, "posting", "no-such-posting", sentence, remedy, fields={"key": str(each.posting)})


def _taken(row: int, by: object) -> RejectedRow:
    sentence = _("This posting has been reversed already, by {key}.").format(key=by)
    remedy = _("Reverse that one to restore it.")
    return RejectedRow(row, "posting", "reversed-already", sentence, remedy, fields={"key": str(by)})


def _key(cells: Sequence[int | None]) -> Key:
    item, place, owner, lot, condition, handling_unit, serial = cells
    return Key(item or 0, place or 0, owner or 0, lot, condition or 0, handling_unit, serial)


def _back(reversal: Reversal, first: _First, happened: datetime) -> NewPosting:
    moves = list(first.moves)
    for flow, item, qty in first.fulfilled:
        if qty < 0:
            moves = _fulfilling(moves, flow, item, -qty)
    return NewPosting(reversal.key, PostingKind.REVERSAL, happened, tuple(moves), first.document)


def _fulfilling(moves: Sequence[Move], flow: int, item: int, qty: int) -> list[Move]:
    """The moves with `qty` of the item fulfilling the flow again, goods fit for use first, as a receipt does it."""
    found: list[Move] = []
    for move in sorted(moves, key=lambda each: each.target.condition):
        part = min(qty, move.qty) if move.source.item == item and move.flow is None else 0
        qty -= part
        found += [replace(move, qty=part, flow=flow)] if part else []
        found += [replace(move, qty=move.qty - part)] if part < move.qty else []
    return found


def _reopen(posted: Sequence[Posted], firsts: Mapping[UUID, _First], *, at: datetime, cause: Cause) -> None:
    """What the postings had done of planned flows is open again."""
    undone = [
        (each.posting_id, flow, qty) for each in posted for flow, _item, qty in firsts[each.key].fulfilled if qty > 0
    ]
    if undone:
        ids, flows, quantities = (np.array(column, dtype=np.int64) for column in zip(*undone, strict=True))
        copy_integers(FULFILMENTS, ((ids, 8), (flows, 8), (-quantities, 8)))
        less: dict[int, int] = defaultdict(int)
        for _posting, flow, qty in undone:
            less[flow] += qty
        reopen_flows(less, at=at, cause=cause)
