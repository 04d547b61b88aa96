"""Take goods back: from the customer's place into the returns place of a site, as returned, damaged or expired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal, RejectedRow
from longshore.ledger import outbox
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.models import Condition, PostingKind
from longshore.ledger.operations import Key, Move, NewPosting, post
from longshore.ledger.wire import run
from longshore.ordering.operations import add_returned
from longshore.returning.events import GoodsReturned
from longshore.returning.models import ReturnReason
from longshore.returning.queries.coming_back import DeliveredLine, Deliveries, deliveries, known_returns
from longshore.returning.rules import CONDITIONS, Standing, returnable
from longshore.storing.queries.places import places_of_use
from longshore.storing.rules import StagingPlace, choose_place

INSERT: Final = """
INSERT INTO returning_returnline (key, order_line_id, site_id, qty, restocked, scrapped, reason, condition, at,
    posting_id, actor)
SELECT r.key, r.line, r.site, r.qty, 0, 0, r.reason, r.condition, %s, r.posting, %s
FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::int[], %s::bigint[])
    WITH ORDINALITY AS r(key, line, site, qty, reason, condition, posting, n)
ORDER BY r.n RETURNING id
"""


class ReturnsRefused(Refusal):
    """Nothing came back; `rejected` says which returns could not be taken and why."""

    def __init__(self, rejected: tuple[RejectedRow, ...]) -> None:
        first = rejected[0]
        super().__init__(first.code, first.sentence, first.remedy, rows=[asdict(row) for row in rejected])
        self.rejected = rejected


@dataclass(frozen=True, slots=True)
class NewReturn:
    """`qty` base units of an order line (id) come back to a site. `lot` None: of the lots the line was delivered."""

    key: UUID
    order_line: int
    qty: int
    reason: str
    site: int
    condition: int = int(Condition.RETURNED)
    lot: int | None = None
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    key: UUID
    return_id: int
    posting_id: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class ReturnsReceipt:
    accepted: tuple[Returned, ...]
    rejected: tuple[RejectedRow, ...] = ()


@dataclass(slots=True)
class _Work:
    """What the batch has taken so far, so that rows of it cannot return the same unit twice."""

    known: Deliveries
    places: list[StagingPlace]
    good: list[tuple[NewReturn, NewPosting]] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    taken: dict[int, int] = field(default_factory=dict)


@retried
def return_goods(returns: Sequence[NewReturn], *, at: datetime, cause: Cause, partial: bool = False) -> ReturnsReceipt:
    """Move what comes back and write it on its order lines. Never more than was delivered; the same key only once."""
    with transaction.atomic():
        done = known_returns([row.key for row in returns])
        fresh = [(number, row) for number, row in enumerate(returns, start=1) if row.key not in done]
        places = places_of_use({row.site for _number, row in fresh}, ["returns"]) if fresh else []
        work = _Work(deliveries([row.order_line for _number, row in fresh]), places)
        seen: set[UUID] = set()
        for number, row in fresh:
            if row.key not in seen:
                seen.add(row.key)
                _sort(number, row, work, at)
        if work.rejected and not partial:
            raise ReturnsRefused(tuple(work.rejected))
        made = _write(work, at, cause)
        ids = {key: (*pair, True) for key, pair in done.items()} | made
        accepted = tuple(Returned(row.key, *ids[row.key]) for row in returns if row.key in ids)
        return ReturnsReceipt(accepted, tuple(work.rejected))


def _sort(number: int, row: NewReturn, work: _Work, at: datetime) -> None:
    line = work.known.lines.get(row.order_line)
    problem = _problem(row, line, work)
    if problem is not None or line is None:
        field_name, code, sentence, remedy = problem or ("order_line", "unknown-line", "", "")
        work.rejected.append(RejectedRow(number, field_name, code, sentence, remedy, str(row.qty)))
        return
    standing = work.known.standing.get((line.ship_to, line.item), [])
    parts = returnable(work.known.shares.get(line.id, []), standing, row.qty, row.lot)
    if sum(qty for _where, qty in parts) < row.qty:
        sentence = _("So many of this item are not at the customer's any more.")
        remedy = _("Check the lot, and what has come back before.")
        work.rejected.append(RejectedRow(number, "qty", "not-at-the-customer", sentence, remedy, str(row.qty)))
        return
    to = choose_place(work.places, site=row.site, usages=["returns"], temperature_class=line.temperature_class)
    moves = tuple(_move(line, where, qty, to, row.condition) for where, qty in parts)
    happened = row.happened_at or at
    work.good.append((row, NewPosting(row.key, PostingKind.RETURN, happened, moves, line.number)))
    work.taken[line.id] = work.taken.get(line.id, 0) + row.qty
    _use_up(work, line, parts)


def _use_up(work: _Work, line: DeliveredLine, parts: Sequence[tuple[Standing, int]]) -> None:
    """What this row takes is not there for the next one."""
    rows = work.known.standing[line.ship_to, line.item]
    shares = work.known.shares.get(line.id, [])
    for where, qty in parts:
        index = next(n for n, row in enumerate(rows) if row == where)
        rows[index] = where._replace(qty=where.qty - qty)
        for n, share in enumerate(shares):
            if share.lot == where.lot:
                shares[n] = share._replace(qty=share.qty - qty)


def _move(line: DeliveredLine, where: Standing, qty: int, to: int, condition: int) -> Move:
    source = Key(line.item, line.ship_to, where.owner, where.lot, 0, where.handling_unit, where.serial)
    return Move(source, Key(line.item, to, where.owner, where.lot, condition, None, where.serial), qty)


def _problem(row: NewReturn, line: DeliveredLine | None, work: _Work) -> tuple[str, str, str, str] | None:
    """(field, code, sentence, remedy) if this return cannot be."""
    if line is None:
        return "order_line", "unknown-line", _("There is no such order line."), _("Look the order up.")
    if row.qty <= 0:
        return "qty", "quantity-not-positive", _("A return needs at least one base unit."), _("Give what came back.")
    left = line.delivered - line.returned - work.taken.get(line.id, 0)
    if row.qty > left:
        sentence = _("Of line %(line)s of order %(order)s %(left)s can come back, not %(qty)s.") % {
            "line": line.line,
            "order": line.number,
            "left": left,
            "qty": row.qty,
        }
        return "qty", "more-than-delivered", sentence, _("Count again, or look whether it belongs to another order.")
    if row.reason not in ReturnReason.values:
        known = ", ".join(ReturnReason.values)
        return "reason", "unknown-reason", _("There is no reason “%s”.") % row.reason, _("Use one of %s.") % known
    if row.condition not in CONDITIONS:
        sentence = _("Goods come back as returned, damaged or expired.")
        return "condition", "bad-condition", sentence, _("What is good again is found by inspection.")
    if not any(place.site == row.site for place in work.places):
        sentence = _("The site has no place for what comes back.")
        return "site", "no-returns-place", sentence, _("Add a place with the use “returns” to the site.")
    return None


def _write(work: _Work, at: datetime, cause: Cause) -> dict[UUID, tuple[int, int, bool]]:
    if not work.good:
        return {}
    receipt = post([posting for _row, posting in work.good], at=at, cause=cause)
    postings = {posted.key: posted.posting_id for posted in receipt.accepted}
    rows = [row for row, _posting in work.good]
    made = run(
        INSERT,
        at,
        cause.actor,
        [row.key for row in rows],
        [row.order_line for row in rows],
        [row.site for row in rows],
        [row.qty for row in rows],
        [str(row.reason) for row in rows],
        [row.condition for row in rows],
        [postings[row.key] for row in rows],
    ).fetchall()
    ids = sorted(pk for (pk,) in made)
    add_returned([(row.order_line, row.qty) for row in rows], at=at, cause=cause)
    outbox.emit([GoodsReturned(ids)], at=at, cause=cause)
    return {row.key: (pk, postings[row.key], False) for row, pk in zip(rows, ids, strict=True)}
