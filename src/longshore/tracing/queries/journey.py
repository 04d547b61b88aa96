"""What happened to a thing, and where a family stands: movements, excursions, quality decisions, places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from longshore.ledger.wire import Ints, run
from longshore.tracing.rules import LOT, SERIAL, UNIT, IntArray, kind_of, row_of, rows_of

_MOVED: Final = """
WITH stands AS (
    SELECT id FROM ledger_balance WHERE lot_id = %s OR serial_id = %s OR handling_unit_id = %s
), moved AS (
    SELECT m.* FROM stands s JOIN ledger_movement m ON m.source_id = s.id
    UNION SELECT m.* FROM stands s JOIN ledger_movement m ON m.target_id = s.id
)
SELECT p.happened_at, p.kind, sum(m.qty)::bigint, a.code, z.code, p.document, p.actor
FROM moved m JOIN ledger_posting p ON p.id = m.posting_id
JOIN ledger_balance s ON s.id = m.source_id JOIN ledger_balance t ON t.id = m.target_id
JOIN catalog_place a ON a.id = s.place_id JOIN catalog_place z ON z.id = t.place_id
GROUP BY p.id, a.code, z.code ORDER BY p.happened_at DESC, p.id DESC LIMIT %s
"""
_JUDGED: Final = """
SELECT e.from_at, e.until_at, e.worst, e.limit, coalesce(p.code, h.sscc, ''), q.state, q.qty, q.decided_at, q.decided_by,
    q.reason, q.opened_at
FROM storing_qualitycase q LEFT JOIN sensing_excursion e ON e.id = q.excursion
LEFT JOIN catalog_place p ON p.id = e.place_id LEFT JOIN catalog_handlingunit h ON h.id = e.handling_unit_id
WHERE q.lot_id = %s ORDER BY q.id DESC LIMIT 50
"""
_RECALLED: Final = """
SELECT r.number, r.state, r.reason, r.created_at FROM tracing_recallline l JOIN tracing_recall r ON r.id = l.recall_id
WHERE l.node = ANY(%s) GROUP BY r.id ORDER BY r.id DESC LIMIT 20
"""
_STANDS: Final = """
SELECT coalesce(site.code, p.code), coalesce(site.name, p.name), coalesce(site.name_zh, p.name_zh),
    coalesce(site.longitude, p.longitude), coalesce(site.latitude, p.latitude), p.kind,
    count(DISTINCT coalesce(b.lot_id, -b.serial_id)), sum(b.qty)::bigint, bool_or(b.condition = 2)
FROM (
    SELECT b.* FROM unnest(%s) AS wanted(id) JOIN ledger_balance b ON b.lot_id = wanted.id
    UNION SELECT b.* FROM unnest(%s) AS wanted(id) JOIN ledger_balance b ON b.serial_id = wanted.id
) b
JOIN catalog_place p ON p.id = b.place_id LEFT JOIN catalog_place site ON site.id = p.site_id
WHERE b.qty > 0 AND p.kind <> 'external' GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 8 DESC LIMIT 200
"""


@dataclass(frozen=True, slots=True)
class Moved:
    at: datetime
    kind: int
    qty: int
    source: str
    target: str
    document: str
    actor: str


@dataclass(frozen=True, slots=True)
class Judged:
    """An excursion that touched the lot, and what quality said."""

    from_at: datetime | None
    until: datetime | None
    worst: float | None
    limit: str | None
    where: str
    state: str
    qty: int
    decided_at: datetime | None
    decided_by: str
    reason: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Recalled:
    number: str
    state: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StandsAt:
    """Where goods of a family are: a site, a vehicle or a customer."""

    code: str
    name: str
    name_zh: str
    longitude: float | None
    latitude: float | None
    kind: str
    lots: int
    qty: int
    on_hold: bool


def moved(node: int, *, most: int = 100) -> tuple[Moved, ...]:
    """The movements of a lot, serial number or handling unit, newest first."""
    kinds = (LOT, SERIAL, UNIT)
    return tuple(
        Moved(*row) for row in run(_MOVED, *(row_of(node) if kind_of(node) == k else None for k in kinds), most)
    )


def judged(node: int) -> tuple[Judged, ...]:
    """Excursions and quality decisions of a lot."""
    return tuple(Judged(*row) for row in run(_JUDGED, row_of(node))) if kind_of(node) == LOT else ()


def recalled(nodes: Iterable[int]) -> tuple[Recalled, ...]:
    """The recalls these things are part of."""
    return tuple(Recalled(*row) for row in run(_RECALLED, list(nodes)))


def stands_at(nodes: IntArray) -> tuple[StandsAt, ...]:
    """Where the lots and pieces among these are now, most first."""
    rows = [Ints(np.array(rows_of(nodes.tolist(), kind), dtype=np.int64)) for kind in (LOT, SERIAL)]
    return tuple(StandsAt(*row) for row in run(_STANDS, *rows))
