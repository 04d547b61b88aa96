"""Look at what came back: good again, or scrap. Both are movements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal
from longshore.catalog.queries import external_place
from longshore.ledger import outbox
from longshore.ledger.cause import Cause
from longshore.ledger.models import Condition, Posting, PostingKind
from longshore.ledger.operations import Claims, Key, Move, NewPosting, post
from longshore.ledger.wire import run
from longshore.returning.events import ReturnInspected
from longshore.returning.queries.coming_back import JudgeRow, to_judge
from longshore.returning.rules import drawn
from longshore.storing.queries.places import places_of_use
from longshore.storing.rules import choose_place

JUDGE: Final = """
UPDATE returning_returnline SET restocked = restocked + %s, scrapped = scrapped + %s
WHERE id = %s AND restocked + scrapped = %s RETURNING id
"""
SCRAP_PART: Final = UUID("0f6b0f64-63f5-5a4c-8f0d-5c1c7f7a8e01")


class InspectionRefused(Refusal):
    """The verdict does not fit what came back; nothing was moved."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """`restock` units of a return (id) are good again, `scrap` units are not. `to` None: the site's receiving dock."""

    key: UUID
    returned: int
    restock: int = 0
    scrap: int = 0
    to: int | None = None


@dataclass(frozen=True, slots=True)
class InspectReceipt:
    returned: int
    postings: tuple[int, ...]
    replayed: bool = False


def inspect_return(verdict: Inspected, *, at: datetime, cause: Cause) -> InspectReceipt:
    """Good goods become unrestricted on the receiving dock, to be put away; the rest leaves our stock for good."""
    keys = [verdict.key, uuid5(SCRAP_PART, str(verdict.key))]
    with transaction.atomic():
        done = Posting.objects.filter(key__in=keys).values_list("id", flat=True)
        if done:
            return InspectReceipt(verdict.returned, tuple(done), replayed=True)
        rows = to_judge([verdict.returned]).get(verdict.returned, [])
        _refuse(verdict, rows)
        first = rows[0]
        postings = []
        if verdict.restock:
            dock = verdict.to or _dock(first)
            moves = _moves(rows, verdict.restock, first.judged, (dock, int(Condition.UNRESTRICTED)))
            postings.append(NewPosting(keys[0], PostingKind.CONDITION, at, moves, first.number))
        if verdict.scrap:
            scrap = external_place("SCRAP")
            moves = _moves(rows, verdict.scrap, first.judged + verdict.restock, (scrap, first.condition))
            postings.append(NewPosting(keys[1], PostingKind.SCRAP, at, moves, first.number))
        receipt = post(postings, at=at, cause=cause)
        if run(JUDGE, verdict.restock, verdict.scrap, verdict.returned, first.judged).fetchone() is None:
            raise InspectionRefused(
                "judged-meanwhile", _("Somebody else judged this return at this moment."), _("Load it again.")
            )
        outbox.emit([ReturnInspected(verdict.returned, verdict.restock, verdict.scrap)], at=at, cause=cause)
        return InspectReceipt(verdict.returned, tuple(posted.posting_id for posted in receipt.accepted))


def _refuse(verdict: Inspected, rows: Sequence[JudgeRow]) -> None:
    if not rows:
        raise InspectionRefused(
            "unknown-return", _("There is no such return."), _("Look it up in the list of returns.")
        )
    left = rows[0].qty - rows[0].judged
    total = verdict.restock + verdict.scrap
    if verdict.restock < 0 or verdict.scrap < 0 or total == 0 or total > left:
        raise InspectionRefused(
            "verdict-does-not-fit",
            _("%(left)s of this return are waiting for a verdict, not %(total)s.") % {"left": left, "total": total},
            _("Give quantities of 0 or more that add up to what is there at most."),
            left=left,
        )


def _dock(row: JudgeRow) -> int:
    usages = ["receiving", "storage"]
    places = places_of_use([row.site], usages)
    dock = choose_place(places, site=row.site, usages=usages, temperature_class=row.temperature_class)
    if not dock:
        raise InspectionRefused(
            "no-receiving-place", _("The site has no receiving place."), _("Add one, or say where the goods should go.")
        )
    return dock


def _moves(rows: Sequence[JudgeRow], qty: int, skip: int, target: tuple[int, int]) -> tuple[Move, ...]:
    place, condition = target
    return tuple(
        Move(
            Key(row.item, row.place, row.owner, row.lot, row.condition, row.handling_unit, row.serial),
            Key(row.item, place, row.owner, row.lot, condition, None, row.serial),
            part,
            Claims.FREE,
        )
        for row, part in drawn([(row, row.moved) for row in rows], qty, skip=skip)
    )
