"""Stock that may not be used for now, and stock that is lost for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.models import Condition, PostingKind
from longshore.ledger.operations import Claims, Key, Move, NewPosting, PostReceipt, post
from longshore.ledger.operations.write import known_postings
from longshore.storing.queries.bins import PutAwayRow, balances_as_they_stand
from longshore.storing.queries.places import place_by_code

SCRAP: Final = "SCRAP"


class NothingThere(Refusal):
    """The balance named holds less than should be set apart."""


class NoScrapPlace(Refusal):
    """The fixed places were never made."""


@dataclass(frozen=True, slots=True)
class SetApart:
    """`qty` (None: all) of a ledger balance; `key` is the sender's id, `note` becomes the document."""

    key: UUID
    balance: int
    happened_at: datetime
    qty: int | None = None
    note: str = ""


@retried
def hold_stock(rows: Sequence[SetApart], *, at: datetime, cause: Cause) -> PostReceipt:
    """Nobody may use it until it is released. Claims it can no longer bear are voided and told."""
    return _change_condition(rows, Condition.HOLD, PostingKind.CONDITION, at, cause)


@retried
def release_stock(rows: Sequence[SetApart], *, at: datetime, cause: Cause) -> PostReceipt:
    """What was held, inspected or came back is good for use again."""
    return _change_condition(rows, Condition.UNRESTRICTED, PostingKind.CONDITION, at, cause)


@retried
def report_damage(rows: Sequence[SetApart], *, at: datetime, cause: Cause) -> PostReceipt:
    """It is still there, but nobody can use it."""
    return _change_condition(rows, Condition.DAMAGED, PostingKind.DAMAGE, at, cause)


@retried
def scrap(rows: Sequence[SetApart], *, at: datetime, cause: Cause) -> PostReceipt:
    """It leaves our stock for good."""
    place = place_by_code(SCRAP)
    if not place:
        raise NoScrapPlace(
            "no-scrap-place", _("There is no place “SCRAP”."), _("Run `longshore init`, which makes the fixed places.")
        )
    with transaction.atomic():
        return _post(rows, {"place": place, "handling_unit": None}, PostingKind.SCRAP, at, cause)


def _change_condition(
    rows: Sequence[SetApart], condition: Condition, kind: PostingKind, at: datetime, cause: Cause
) -> PostReceipt:
    with transaction.atomic():
        return _post(rows, {"condition": int(condition)}, kind, at, cause)


def _post(
    rows: Sequence[SetApart], change: dict[str, int | None], kind: PostingKind, at: datetime, cause: Cause
) -> PostReceipt:
    done = known_postings([row.key for row in rows])
    fresh = [row for row in rows if row.key not in done]
    standing = {stock.balance: stock for stock in balances_as_they_stand([row.balance for row in fresh])}
    _refuse_missing(fresh, standing)
    postings = []
    for row in fresh:
        stock = standing[row.balance]
        source = {
            "item": stock.item,
            "place": stock.place,
            "owner": stock.owner,
            "lot": stock.lot,
            "condition": stock.condition,
            "handling_unit": stock.handling_unit,
            "serial": stock.serial,
        }
        move = Move(_key(source), _key(source | change), row.qty or stock.qty, Claims.DISPLACE)
        postings.append(NewPosting(row.key, kind, row.happened_at, (move,), row.note))
    return post(postings, at=at, cause=cause) if postings else PostReceipt(())


def _key(cells: dict[str, int | None]) -> Key:
    return Key(
        item=cells["item"] or 0,
        place=cells["place"] or 0,
        owner=cells["owner"] or 0,
        lot=cells["lot"],
        condition=cells["condition"] or 0,
        handling_unit=cells["handling_unit"],
        serial=cells["serial"],
    )


def _refuse_missing(rows: Sequence[SetApart], standing: dict[int, PutAwayRow]) -> None:
    for number, row in enumerate(rows, start=1):
        there = standing[row.balance].qty if row.balance in standing else 0
        wanted = there if row.qty is None else row.qty
        if wanted <= 0 or wanted > there:
            raise NothingThere(
                "nothing-there",
                _("Row {row}: {there} stand there, {wanted} should be set apart.").format(
                    row=number, there=there, wanted=wanted
                ),
                _("Look up where the goods are now."),
                row=number,
                there=there,
            )
