"""Pack: what was picked goes into handling units, each under an SSCC of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from longshore.catalog.models import HandlingUnit
from longshore.catalog.operations import make_handling_units
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import Claims, Key, Move, NewPosting, post
from longshore.ledger.outbox import emit
from longshore.storing.events import GoodsPacked
from longshore.storing.operations.progress import mark_stages
from longshore.storing.queries.picks import TaskRow, lock_unpacked
from longshore.storing.queries.rows import change
from longshore.storing.rules import Package, Piece, key_of, packages

_WRITE = """
UPDATE storing_picktask t SET packed = t.picked, handling_unit_id = k.unit
FROM unnest(%(tasks)s::bigint[], %(units)s::bigint[]) AS k(task, unit) WHERE t.id = k.task
"""
_CLOSE = "UPDATE catalog_handlingunit SET closed_at = %(at)s WHERE id = ANY(%(units)s)"


@dataclass(frozen=True, slots=True)
class PackedUnit:
    """A handling unit and what is in it: (task, qty). `order` is None for a transfer."""

    handling_unit: int
    sscc: str
    kind: str
    order: int | None
    contents: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PackReceipt:
    units: tuple[PackedUnit, ...]
    tasks: tuple[int, ...]
    orders: tuple[int, ...]


@retried
def pack(
    *,
    site: int,
    at: datetime,
    cause: Cause,
    order_ids: Sequence[int] | None = None,
    task_ids: Sequence[int] | None = None,
    happened_at: datetime | None = None,
) -> PackReceipt:
    """Pack what is picked and not packed at the site: of these orders, or these tasks, or all of it.

    Orders, transfers and temperature classes never share a handling unit. Packing again finds nothing left to pack.
    """
    with transaction.atomic():
        rows = lock_unpacked(site=site, order_ids=order_ids, task_ids=task_ids)
        tasks = {row.task: row for row in rows if row.claim_open}
        if not tasks:
            return PackReceipt((), (), ())
        filled = packages([_piece(row) for row in tasks.values()])
        units = _new_units(filled, at)
        post(_postings(filled, units, tasks, happened_at or at), at=at, cause=cause)
        first = {
            task: unit.pk
            for package, unit in reversed(list(zip(filled, units, strict=True)))
            for task, _q in package.contents
        }
        change(_WRITE, {"tasks": list(first), "units": list(first.values())})
        change(_CLOSE, {"at": at, "units": [unit.pk for unit in units]})
        orders = tuple(sorted({row.order for row in tasks.values() if row.order is not None}))
        mark_stages(orders, at=at, cause=cause)
        emit([GoodsPacked(orders)], at=at, cause=cause)
        made = tuple(
            PackedUnit(unit.pk, unit.sscc, package.kind, tasks[package.contents[0][0]].order, package.contents)
            for package, unit in zip(filled, units, strict=True)
        )
        return PackReceipt(made, tuple(sorted(tasks)), orders)


def _piece(row: TaskRow) -> Piece:
    group = (row.document, row.temperature_class)
    return Piece(row.task, group, row.temperature_class, row.picked - row.packed, row.unit_g, row.unit_cm3)


def _new_units(filled: Sequence[Package], at: datetime) -> list[HandlingUnit]:
    """One handling unit for each package, in the same order; one statement for each kind."""
    wanted: dict[str, int] = defaultdict(int)
    for package in filled:
        wanted[package.kind] += 1
    made = {kind: iter(make_handling_units(count, at=at, kind=kind)) for kind, count in sorted(wanted.items())}
    return [next(made[package.kind]) for package in filled]


def _postings(
    filled: Sequence[Package], units: Sequence[HandlingUnit], tasks: Mapping[int, TaskRow], happened_at: datetime
) -> list[NewPosting]:
    return [
        NewPosting(
            key_of("pack", unit.sscc),
            PostingKind.PACK,
            happened_at,
            tuple(_move(tasks[task], unit.pk, qty) for task, qty in package.contents),
            tasks[package.contents[0][0]].document,
        )
        for package, unit in zip(filled, units, strict=True)
    ]


def _move(row: TaskRow, unit: int, qty: int) -> Move:
    source = Key(row.item, row.place, row.owner, row.lot, row.condition, row.handling_unit, row.serial)
    target = Key(row.item, row.place, row.owner, row.lot, row.condition, unit, row.serial)
    return Move(source, target, qty, Claims.CARRY, row.claim)
