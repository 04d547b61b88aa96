"""Questions to the ledger: what stands where, what could be promised, what stood there then, and how it came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import numpy as np

from longshore.ledger.wire import Ints, run

STOCK = """
SELECT b.id, b.item_id, b.lot_id, coalesce(l.code, ''), l.expires_on, b.place_id, p.code, p.usage, p.site_id,
    b.condition, b.handling_unit_id, b.owner_id, b.qty, b.claimed
FROM ledger_balance b JOIN catalog_place p ON p.id = b.place_id LEFT JOIN catalog_lot l ON l.id = b.lot_id
WHERE b.qty <> 0 AND b.bounded AND b.condition = ANY(%s)
    AND (%s::bigint[] IS NULL OR b.item_id = ANY(%s)) AND (%s::bigint[] IS NULL OR p.site_id = ANY(%s))
ORDER BY b.item_id, p.site_id, l.expires_on NULLS LAST, b.id
"""
# A lot can be used until the end of its last day.
SUPPLY = """
SELECT b.item_id, p.site_id, 'balance', b.id, NULL::timestamptz, b.qty - b.claimed,
    (l.expires_on + 1)::timestamp AT TIME ZONE p.timezone, b.lot_id, b.place_id
FROM ledger_balance b JOIN catalog_place p ON p.id = b.place_id LEFT JOIN catalog_lot l ON l.id = b.lot_id
WHERE b.item_id = ANY(%s) AND b.bounded AND b.condition = 0 AND b.qty > b.claimed
    AND p.usage IN ('storage', 'receiving') AND (%s::bigint[] IS NULL OR p.site_id = ANY(%s))
UNION ALL
SELECT f.item_id, p.site_id, 'flow', f.id, f.arrive_at, f.qty - f.done - f.claimed, f.usable_until, f.lot_id,
    f.target_id
FROM ledger_plannedflow f JOIN catalog_place p ON p.id = f.target_id
WHERE f.item_id = ANY(%s) AND f.status = 'firm' AND f.qty - f.done > f.claimed AND f.kind <> 'sale'
    AND p.site_id IS NOT NULL AND (%s::bigint[] IS NULL OR p.site_id = ANY(%s))
ORDER BY 1, 2, 5 NULLS FIRST, 7 NULLS LAST, 3, 4
"""
AS_OF = """
SELECT b.id, b.item_id, b.lot_id, b.place_id, b.condition, b.handling_unit_id,
    coalesce((SELECT sum(m.qty) FROM ledger_movement m
        WHERE m.target_id = b.id AND m.happened_at <= %s AND m.recorded_at <= %s), 0)::bigint
    - coalesce((SELECT sum(m.qty) FROM ledger_movement m
        WHERE m.source_id = b.id AND m.happened_at <= %s AND m.recorded_at <= %s), 0)::bigint
FROM ledger_balance b JOIN catalog_place p ON p.id = b.place_id
WHERE b.item_id = ANY(%s) AND b.bounded AND (%s::bigint[] IS NULL OR b.place_id = ANY(%s) OR p.site_id = ANY(%s))
"""
# What stands there now, taken back to `from`, and what came until `until`: only movements since `from` are read.
STOOD_THERE = """
WITH RECURSIVE inside AS (
    SELECT unnest(%s::bigint[]) AS id
    UNION SELECT p.id FROM catalog_place p JOIN inside i ON p.parent_id = i.id
), stands AS (
    SELECT b.* FROM inside i JOIN ledger_balance b ON b.place_id = i.id WHERE b.bounded
    UNION SELECT b.* FROM ledger_balance b WHERE b.handling_unit_id = ANY(%s::bigint[]) AND b.bounded
), counted AS (
    SELECT b.*, b.qty
        - coalesce((SELECT sum(m.qty) FROM ledger_movement m
            WHERE m.target_id = b.id AND m.happened_at > %s), 0)::bigint
        + coalesce((SELECT sum(m.qty) FROM ledger_movement m
            WHERE m.source_id = b.id AND m.happened_at > %s), 0)::bigint AS stood,
        coalesce((SELECT sum(m.qty) FROM ledger_movement m
            WHERE m.target_id = b.id AND m.happened_at > %s AND m.happened_at <= %s), 0)::bigint AS came
    FROM stands b
)
SELECT c.id, c.item_id, c.lot_id, c.serial_id, c.owner_id, c.place_id, c.condition, c.handling_unit_id,
    c.stood + c.came, c.qty
FROM counted c WHERE c.stood + c.came > 0 ORDER BY c.id
"""
MOVEMENTS = """
SELECT m.id, p.key, p.kind, m.happened_at, m.recorded_at, p.actor, p.device, p.cause, p.document, m.qty,
    s.item_id, s.lot_id, coalesce(l.code, ''), s.place_id, sp.code, s.condition, s.handling_unit_id,
    t.place_id, tp.code, t.condition, t.handling_unit_id, p.reverses_id
FROM ledger_movement m
JOIN ledger_posting p ON p.id = m.posting_id
JOIN ledger_balance s ON s.id = m.source_id JOIN ledger_balance t ON t.id = m.target_id
JOIN catalog_place sp ON sp.id = s.place_id JOIN catalog_place tp ON tp.id = t.place_id
LEFT JOIN catalog_lot l ON l.id = s.lot_id
WHERE {where} ORDER BY m.id DESC LIMIT %s
"""
OF_ITEM = """m.id IN (
    SELECT id FROM ledger_movement WHERE source_id IN (SELECT id FROM ledger_balance WHERE item_id = %s)
    UNION SELECT id FROM ledger_movement WHERE target_id IN (SELECT id FROM ledger_balance WHERE item_id = %s))"""
OF_DOCUMENTS = "p.document = ANY(%s) AND p.document <> ''"
LATEST = "true"
VALUE = """
SELECT item_id, sum(qty)::bigint, sum(value)::bigint FROM ledger_costentry
WHERE method = %s AND recorded_at <= %s GROUP BY item_id ORDER BY item_id
"""
FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StockRow:
    """What stands under one key. `usage` is what its place is for; `site` its site, None on a vehicle."""

    balance: int
    item: int
    lot: int | None
    lot_code: str
    expires_on: date | None
    place: int
    place_code: str
    usage: str
    site: int | None
    condition: int
    handling_unit: int | None
    owner: int
    qty: int
    claimed: int

    @property
    def free(self) -> int:
        return self.qty - self.claimed


@dataclass(frozen=True, slots=True)
class SupplyRow:
    """Quantity nobody has claimed, on a shelf or to come. `ready_at` None: it is there."""

    item: int
    site: int
    source: str  # "balance" or "flow"
    source_id: int
    ready_at: datetime | None
    qty_free: int
    usable_until: datetime | None
    lot: int | None
    place: int


@dataclass(frozen=True, slots=True)
class PastStock:
    balance: int
    item: int
    lot: int | None
    place: int
    condition: int
    handling_unit: int | None
    qty: int


@dataclass(frozen=True, slots=True)
class Stood:
    """Goods that stood under a key at some time of an interval: `qty` in all, `left` of them or others stand there now."""

    balance: int
    item: int
    lot: int | None
    serial: int | None
    owner: int
    place: int
    condition: int
    handling_unit: int | None
    qty: int
    left: int


@dataclass(frozen=True, slots=True)
class MovementRow:
    movement: int
    posting: UUID
    kind: int
    happened_at: datetime
    recorded_at: datetime
    actor: str
    device: str
    cause: str
    document: str
    qty: int
    item: int
    lot: int | None
    lot_code: str
    source: int
    source_code: str
    source_condition: int
    source_unit: int | None
    target: int
    target_code: str
    target_condition: int
    target_unit: int | None
    reverses: int | None


@dataclass(frozen=True, slots=True)
class ItemValue:
    item: int
    qty: int
    value: int  # minor units


@dataclass(frozen=True, slots=True)
class AvailableStep:
    """From `ready_at` (None: now) `cumulative` base units could be promised that stay usable long enough."""

    ready_at: datetime | None
    qty: int
    cumulative: int
    usable_until: datetime | None


def _ids(values: Iterable[int] | None) -> Ints | None:
    return None if values is None else Ints(np.array(sorted(set(values)), dtype=np.int64))


def stock_of(
    items: Iterable[int] | None = None, sites: Iterable[int] | None = None, conditions: Sequence[int] = (0,)
) -> tuple[StockRow, ...]:
    """What we hold, by key, first to expire first. None: all items, all sites and vehicles."""
    wanted, at = _ids(items), _ids(sites)
    return tuple(StockRow(*row) for row in run(STOCK, list(conditions), wanted, wanted, at, at))


def supply_of(items: Iterable[int], sites: Iterable[int] | None = None) -> tuple[SupplyRow, ...]:
    """Stock and firm inbound flows that nobody has claimed, usable goods in storage and receiving only.

    Call `locks.lock_supply` first, in the same transaction, when something is to be claimed.
    """
    wanted, at = _ids(items), _ids(sites)
    return tuple(SupplyRow(*row) for row in run(SUPPLY, wanted, at, at, wanted, at, at))


def available(item: int, sites: Iterable[int], *, usable_for: datetime | None = None) -> tuple[AvailableStep, ...]:
    """What could still be promised of an item over these sites, as a step function of time.

    Lots that end before `usable_for`, or before a step begins, do not count towards it.
    """
    steps: list[AvailableStep] = []
    total = 0
    for row in sorted(supply_of([item], sites), key=lambda row: (row.ready_at is not None, row.ready_at or 0)):
        until = row.usable_until
        if until is not None and ((usable_for and until < usable_for) or (row.ready_at and until <= row.ready_at)):
            continue
        total += row.qty_free
        steps.append(AvailableStep(row.ready_at, row.qty_free, total, until))
    return tuple(steps)


def as_of(
    items: Iterable[int],
    *,
    happened_by: datetime,
    known_by: datetime | None = None,
    places: Iterable[int] | None = None,
) -> tuple[PastStock, ...]:
    """What stood there at `happened_by`, as known at `known_by` (None: as known now). Places may be sites."""
    known = known_by or FOREVER
    at = _ids(places)
    rows = run(AS_OF, happened_by, known, happened_by, known, _ids(items), at, at, at)
    return tuple(past for past in (PastStock(*row) for row in rows) if past.qty)


def stood_there(
    place_ids: Iterable[int], from_at: datetime, until: datetime, *, handling_units: Iterable[int] = ()
) -> tuple[Stood, ...]:
    """What stood in these places (and all places inside them) or handling units at some time from `from_at` to `until`.

    Goods that moved within are told under each key they stood under.
    """
    rows = run(STOOD_THERE, _ids(place_ids), _ids(handling_units), from_at, from_at, from_at, until)
    return tuple(Stood(*row) for row in rows)


def movements_of_item(item: int, *, limit: int = 200) -> tuple[MovementRow, ...]:
    """The latest movements of an item, newest first."""
    return tuple(MovementRow(*row) for row in run(MOVEMENTS.format(where=OF_ITEM), item, item, limit))


def movements_of_documents(documents: Sequence[str], *, limit: int = 1000) -> tuple[MovementRow, ...]:
    """All movements of these documents ("order:17", "purchase-order:3"), newest first."""
    return tuple(MovementRow(*row) for row in run(MOVEMENTS.format(where=OF_DOCUMENTS), list(documents), limit))


def latest_movements(*, limit: int = 50) -> tuple[MovementRow, ...]:
    return tuple(MovementRow(*row) for row in run(MOVEMENTS.format(where=LATEST), limit))


def stock_value(*, method: str = "average", known_by: datetime | None = None) -> tuple[ItemValue, ...]:
    """What stock is worth by item, from cost entries known by then."""
    return tuple(ItemValue(*row) for row in run(VALUE, method, known_by or FOREVER))
