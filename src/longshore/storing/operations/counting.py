"""Counts: what was seen, and what a difference leads to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.operations import Counted, CountReceipt, Key, count_stock
from longshore.storing.models import CountTask
from longshore.storing.queries.rows import change, fetch
from longshore.storing.rules import key_of

TOLERANCE_PERCENT: Final = 5
_DONE = """
UPDATE storing_counttask SET done_at = %(at)s
WHERE place_id = %(place)s AND done_at IS NULL AND (item_id IS NULL OR item_id = ANY(%(items)s))
"""
_ASKED_AGAIN = """
SELECT coalesce(item_id, 0) FROM storing_counttask WHERE place_id = %(place)s AND done_at IS NULL AND recount
"""
_STANDING = """
SELECT item_id, place_id, owner_id, lot_id, condition, handling_unit_id, serial_id, qty
FROM ledger_balance WHERE place_id = %(place)s AND qty <> 0 AND bounded ORDER BY id
"""


class _Item(NamedTuple):
    item: int


class _Standing(NamedTuple):
    item: int
    place: int
    owner: int
    lot: int | None
    condition: int
    handling_unit: int | None
    serial: int | None
    qty: int


@dataclass(frozen=True, slots=True)
class Seen:
    """`counted` base units under this key; `key` is the counter's id of this line."""

    key: UUID
    where: Key
    counted: int


@dataclass(frozen=True, slots=True)
class PlaceCounted:
    """`settled`: differences that were posted; `recount`: items with a difference large enough to be counted twice."""

    settled: CountReceipt
    recount: tuple[int, ...]


@retried
@transaction.atomic
def count_place(
    *, place: int, seen: Sequence[Seen], happened_at: datetime, at: datetime, cause: Cause, complete: bool = False
) -> PlaceCounted:
    """Keep a count of a place. Small differences are posted at once; a large one asks for a second count, and the
    second count is posted whatever it says. `complete`: what stands there and was not seen counts as 0."""
    standing = fetch(_Standing, _STANDING, {"place": place})
    books = {_key(row): row.qty for row in standing}
    lines = list(seen)
    if complete:
        missing = [key for key in books if key not in {line.where for line in seen}]
        lines += [Seen(key_of("count", place, happened_at.isoformat(), *key.row()), key, 0) for key in missing]
    again = {row.item for row in fetch(_Item, _ASKED_AGAIN, {"place": place})}
    large = {line.where.item for line in lines if _is_large(books.get(line.where, 0), line.counted)}
    recount = {item for item in large if item not in again and 0 not in again}
    counts = [Counted(line.key, line.where, line.counted, happened_at) for line in lines]
    first = [count for count in counts if count.where.item in recount]
    final = [count for count in counts if count.where.item not in recount]
    if first:
        count_stock(first, at=at, cause=cause, settle=False)
    settled = count_stock(final, at=at, cause=cause)
    change(_DONE, {"at": at, "place": place, "items": sorted({line.where.item for line in lines})})
    ask_for_counts([(place, item) for item in sorted(recount)], at=at, cause=cause, recount=True)
    return PlaceCounted(settled, tuple(sorted(recount)))


def ask_for_counts(
    places: Sequence[tuple[int, int | None]], *, at: datetime, cause: Cause, recount: bool = False
) -> tuple[int, ...]:
    """Put places (with an item, or None for all of it) on the list of counts."""
    tasks = [
        CountTask(
            key=key_of("ask-count", place, item, at.isoformat(), recount),
            place_id=place,
            item_id=item,
            asked_at=at,
            recount=recount,
            cause=cause.because or cause.actor,
        )
        for place, item in places
    ]
    CountTask.objects.bulk_create(tasks, ignore_conflicts=True)
    keys = [task.key for task in tasks]
    return tuple(CountTask.objects.filter(key__in=keys).order_by("id").values_list("id", flat=True))


def _is_large(expected: int, counted: int) -> bool:
    return abs(counted - expected) * 100 > expected * TOLERANCE_PERCENT


def _key(row: _Standing) -> Key:
    return Key(row.item, row.place, row.owner, row.lot, row.condition, row.handling_unit, row.serial)
