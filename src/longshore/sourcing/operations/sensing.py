"""Goods that come in through a portal or under a scanner, without an advance notice: what is expected there is received."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from longshore.catalog.errors import RejectedRow
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.planning.reading import execute, rows
from longshore.sourcing.operations.receiving import TakenIn, receive
from longshore.sourcing.rules import Arrived

# Open lines of these items at the site of each dock, soonest first.
EXPECTED: Final = """
SELECT d.id, l.item_id, l.id, l.qty - l.received
FROM catalog_place d
JOIN sourcing_purchaseorder o ON o.site_id = d.site_id AND o.state IN ('sent', 'confirmed', 'part_received')
JOIN sourcing_purchaseorderline l ON l.order_id = o.id AND l.closed_at IS NULL
JOIN ledger_plannedflow f ON f.id = l.flow_id
WHERE d.id = ANY(%(docks)s) AND d.usage = 'receiving' AND d.active AND l.item_id = ANY(%(items)s)
ORDER BY d.id, l.item_id, f.arrive_at, l.id
"""
KNOWN: Final = """
SELECT origin FROM sourcing_devicereceipt WHERE origin = ANY(%(origins)s::uuid[]) AND taken_back_at IS NULL
"""
# Held until the receipt is written, in the order in which interpretation holds them: whoever withdraws a passage
# meanwhile waits, and then finds the receipt.
STANDING: Final = """
SELECT id FROM sensing_passage WHERE id = ANY(%(passages)s) AND state <> 'withdrawn' ORDER BY first_at, id FOR SHARE
"""
STATES: Final = """
SELECT l.id, o.state FROM sourcing_purchaseorderline l JOIN sourcing_purchaseorder o ON o.id = l.order_id
WHERE l.id = ANY(%(lines)s)
"""
REMEMBER: Final = """
INSERT INTO sourcing_devicereceipt (key, origin, passage_id, line_id, state_before)
SELECT * FROM unnest(%(keys)s::uuid[], %(origins)s::uuid[], %(passages)s::bigint[], %(lines)s::bigint[],
    %(states)s::text[])
"""


@dataclass(frozen=True, slots=True)
class Sensed:
    """`qty` base units of an item came in at a dock. `key` is the same each time this is told, `origin` the same each
    time this piece is seen. `passage`: how it came in, None where somebody scanned it."""

    key: UUID
    origin: UUID
    item: int
    qty: int
    dock: int
    happened_at: datetime
    lot_code: str = ""
    expires_on: date | None = None
    produced_on: date | None = None
    passage: int | None = None


@dataclass(frozen=True, slots=True)
class SensedReceipt:
    """`unexpected`: nothing was ordered there; `rejected`: what a person has to look at."""

    received: tuple[UUID, ...]
    unexpected: tuple[UUID, ...]
    rejected: tuple[RejectedRow, ...]


@retried
def receive_sensed(sensed: Sequence[Sensed], *, at: datetime, cause: Cause) -> SensedReceipt:
    """Receive against the lines that expect it, the soonest first; telling it again receives nothing again, and a
    passage that was withdrawn meanwhile receives nothing."""
    with transaction.atomic():
        fresh = _fresh(sensed)
        wanted = {"docks": sorted({each.dock for each in fresh}), "items": sorted({each.item for each in fresh})}
        lines: dict[tuple[int, int], list[list[int]]] = defaultdict(list)
        for dock, item, line, left in rows(EXPECTED, wanted) if fresh else ():
            lines[dock, item].append([line, left])
        arrived: dict[int, list[Arrived]] = defaultdict(list)
        unexpected: list[UUID] = []
        for each in fresh:
            line = _line(lines[each.dock, each.item], each.qty)
            if line is None:
                unexpected.append(each.key)
            else:
                arrived[each.dock].append(_arrived(each, line))
        states = dict(rows(STATES, {"lines": [each.line for of_dock in arrived.values() for each in of_dock]}))
        receipts = [receive(None, each, dock, at=at, cause=cause, partial=True) for dock, each in arrived.items()]
        taken = [each for receipt in receipts for each in receipt.accepted if not each.replayed]
        _remember(taken, {each.key: each for each in fresh}, states)
        rejected = tuple(row for receipt in receipts for row in receipt.rejected)
        return SensedReceipt(tuple(each.key for each in taken), tuple(unexpected), rejected)


def _fresh(sensed: Iterable[Sensed]) -> list[Sensed]:
    """Each piece once, if it stands and was not received."""
    first: dict[UUID, Sensed] = {}
    for each in sensed:
        first.setdefault(each.origin, each)
    passages = [each.passage for each in first.values() if each.passage is not None]
    standing = {row[0] for row in rows(STANDING, {"passages": passages})} if passages else set()
    known = {row[0] for row in rows(KNOWN, {"origins": list(first)})} if first else set()
    return [
        each
        for origin, each in first.items()
        if origin not in known and (each.passage is None or each.passage in standing)
    ]


def _line(lines: list[Any], qty: int) -> int | None:
    """The first line that still expects something; when all have come, the last one takes what is over, if it may."""
    for line in lines:
        if line[1] > 0:
            line[1] -= qty
            return int(line[0])
    return int(lines[-1][0]) if lines else None


def _arrived(each: Sensed, line: int) -> Arrived:
    return Arrived(
        line, each.qty, each.key, each.lot_code, each.expires_on, each.produced_on, happened_at=each.happened_at
    )


def _remember(taken: Sequence[TakenIn], sensed: dict[UUID, Sensed], states: dict[int, str]) -> None:
    if taken:
        execute(
            REMEMBER,
            {
                "keys": [each.key for each in taken],
                "origins": [sensed[each.key].origin for each in taken],
                "passages": [sensed[each.key].passage for each in taken],
                "lines": [each.line for each in taken],
                "states": [states[each.line] for each in taken],
            },
        )
