"""Goods that come in through a portal or under a scanner, without an advance notice: what is expected there is received."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from longshore.catalog.errors import RejectedRow
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.planning.reading import rows
from longshore.sourcing.operations.receiving import receive
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
KNOWN: Final = "SELECT key FROM sourcing_receipt WHERE key = ANY(%(keys)s::uuid[])"


@dataclass(frozen=True, slots=True)
class Sensed:
    """`qty` base units of an item came in at a dock. `key` is the same each time this is told."""

    key: UUID
    item: int
    qty: int
    dock: int
    happened_at: datetime
    lot_code: str = ""
    expires_on: date | None = None
    produced_on: date | None = None


@dataclass(frozen=True, slots=True)
class SensedReceipt:
    """`unexpected`: nothing was ordered there; `rejected`: what a person has to look at."""

    received: tuple[UUID, ...]
    unexpected: tuple[UUID, ...]
    rejected: tuple[RejectedRow, ...]


@retried
def receive_sensed(sensed: Sequence[Sensed], *, at: datetime, cause: Cause) -> SensedReceipt:
    """Receive against the lines that expect it, the soonest first; telling it again receives nothing again."""
    with transaction.atomic():
        known = {row[0] for row in rows(KNOWN, {"keys": [each.key for each in sensed]})}
        fresh = [each for each in sensed if each.key not in known]
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
        receipts = [receive(None, each, dock, at=at, cause=cause, partial=True) for dock, each in arrived.items()]
        received = tuple(taken.key for receipt in receipts for taken in receipt.accepted)
        return SensedReceipt(
            received, tuple(unexpected), tuple(row for receipt in receipts for row in receipt.rejected)
        )


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
