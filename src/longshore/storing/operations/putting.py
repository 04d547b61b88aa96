"""Put goods away into bins, and move stock between places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import RejectedRow, RowsRefused
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import Claims, Key, Move, NewPosting, post
from longshore.ledger.operations.write import known_postings
from longshore.storing.queries.bins import PutAwayRow, balances_to_move, bin_space, bins_of_items, put_away_waiting
from longshore.storing.rules import Bin, Goods, choose_bins, key_of


class MovesRefused(RowsRefused):
    """Nothing was moved; `rejected` says which requests could not be and why."""


@dataclass(frozen=True, slots=True)
class StockMove:
    """Move `qty` (None: all) of what stands on a ledger balance to `target` (None: the rule chooses a bin).

    `key` is the sender's id of this move: sending it again moves nothing again.
    """

    key: UUID
    balance: int
    happened_at: datetime
    qty: int | None = None
    target: int | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    key: UUID
    balance: int
    target: int
    qty: int
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class MovesReceipt:
    moved: tuple[Moved, ...]
    rejected: tuple[RejectedRow, ...] = ()


def suggest_bins(rows: Sequence[PutAwayRow]) -> dict[int, int]:
    """For each balance the bin the rule would choose; balances for which no bin has room are left out."""
    sites = sorted({row.site for row in rows})
    homes: dict[int, set[int]] = defaultdict(set)
    for home in bins_of_items(sites, sorted({row.item for row in rows})):
        homes[home.item].add(home.place)
    bins = [
        Bin(space.place, space.site, space.temperature_class, space.free_g, space.free_cm3, space.empty)
        for space in bin_space(sites)
    ]
    goods = [
        Goods(row.balance, row.site, row.item, row.temperature_class, row.qty * row.unit_g, row.qty * row.unit_cm3)
        for row in rows
    ]
    return choose_bins(goods, bins, homes)


@retried
def put_away(moves: Sequence[StockMove], *, at: datetime, cause: Cause, partial: bool = False) -> MovesReceipt:
    """Goods go from the dock into bins, with the claims that are on them. Without a target the rule chooses the bin:
    where the item already lies, else an empty one, else any with room, of the same temperature class."""
    return _move(moves, PostingKind.PUTAWAY, at, cause, partial=partial)


@retried
def put_away_all(*, site: int, at: datetime, cause: Cause) -> MovesReceipt:
    """Everything that waits at the site; what finds no bin comes back rejected and stays on the dock."""
    with transaction.atomic():
        rows = put_away_waiting(site=site)
        moves = [StockMove(key_of("put-away", row.balance, at.isoformat()), row.balance, at, row.qty) for row in rows]
        return put_away(moves, at=at, cause=cause, partial=True)


@retried
def move_stock(moves: Sequence[StockMove], *, at: datetime, cause: Cause, partial: bool = False) -> MovesReceipt:
    """Stock goes from bin to bin (or any place of ours), with the claims that are on it."""
    return _move(moves, PostingKind.MOVE, at, cause, partial=partial)


def _move(moves: Sequence[StockMove], kind: PostingKind, at: datetime, cause: Cause, *, partial: bool) -> MovesReceipt:
    with transaction.atomic():
        known = known_postings([move.key for move in moves])
        again = tuple(
            Moved(move.key, move.balance, move.target or 0, move.qty or 0, replayed=True)
            for move in moves
            if move.key in known
        )
        fresh = [(row, move) for row, move in enumerate(moves, start=1) if move.key not in known]
        standing = {row.balance: row for row in balances_to_move([move.balance for _r, move in fresh])}
        chosen = _targets(fresh, standing)
        rejected: list[RejectedRow] = []
        ready: list[tuple[StockMove, PutAwayRow, int, int]] = []
        for row, move in fresh:
            problem = _problem(move, standing.get(move.balance), chosen)
            if problem is not None:
                rejected.append(RejectedRow(row, *problem, value=str(move.balance)))
                continue
            stock = standing[move.balance]
            ready.append((move, stock, chosen[move.key], stock.qty if move.qty is None else move.qty))
        if rejected and not partial:
            raise MovesRefused(tuple(rejected))
        if ready:
            post([_posting(kind, *each) for each in ready], at=at, cause=cause)
        done = tuple(Moved(move.key, stock.balance, target, qty) for move, stock, target, qty in ready)
        return MovesReceipt((*again, *done), tuple(rejected))


def _targets(fresh: Sequence[tuple[int, StockMove]], standing: Mapping[int, PutAwayRow]) -> dict[UUID, int]:
    """Where each move goes: where it says, else where the rule says."""
    open_ones = [move for _row, move in fresh if move.target is None and move.balance in standing]
    wanted = [
        standing[move.balance]._replace(qty=standing[move.balance].qty if move.qty is None else move.qty)
        for move in open_ones
    ]
    suggested = suggest_bins(wanted) if wanted else {}
    named = {move.key: move.target for _row, move in fresh if move.target is not None}
    return named | {move.key: suggested[move.balance] for move in open_ones if move.balance in suggested}


def _problem(move: StockMove, stock: PutAwayRow | None, chosen: Mapping[UUID, int]) -> tuple[str, str, str, str] | None:
    """(field, code, sentence, remedy) if this cannot be moved."""
    if stock is None:
        return "balance", "nothing-there", _("Nothing stands there."), _("Look up where the goods are now.")
    qty = stock.qty if move.qty is None else move.qty
    if qty <= 0 or qty > stock.qty:
        return (
            "qty",
            "not-enough",
            _("{there} stand there, {qty} should move.").format(there=stock.qty, qty=qty),
            _("Count what is there and correct the quantity."),
        )
    if move.key not in chosen:
        return "target", "no-bin-fits", _("No bin of this temperature class has room."), _("Name a bin, or make room.")
    if chosen[move.key] == stock.place:
        return "target", "already-there", _("The goods are there already."), _("Name another place.")
    return None


def _posting(kind: PostingKind, move: StockMove, stock: PutAwayRow, target: int, qty: int) -> NewPosting:
    source = Key(stock.item, stock.place, stock.owner, stock.lot, stock.condition, stock.handling_unit, stock.serial)
    to = Key(stock.item, target, stock.owner, stock.lot, stock.condition, stock.handling_unit, stock.serial)
    return NewPosting(move.key, kind, move.happened_at, (Move(source, to, qty, Claims.FOLLOW),))
