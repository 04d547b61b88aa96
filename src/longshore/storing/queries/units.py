"""Handling units and loose goods, found by what their labels say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from longshore.ledger.operations import Key
from longshore.storing.queries.rows import fetch


class UnitGoods(NamedTuple):
    """Goods in a handling unit (or in one that stands on it), and where they are. `sscc` is the one asked for."""

    sscc: str
    balance: int
    site: int | None
    place_kind: str
    usage: str
    item: int
    place: int
    owner: int
    lot: int | None
    condition: int
    handling_unit: int | None
    serial: int | None
    qty: int

    @property
    def key(self) -> Key:
        return Key(self.item, self.place, self.owner, self.lot, self.condition, self.handling_unit, self.serial)


class Site(NamedTuple):
    place: int
    site: int | None
    usage: str
    kind: str


class PassageRow(NamedTuple):
    sscc: str
    passage: int


class MovedRow(NamedTuple):
    """One movement of a posting: what went where, and how much stands there now."""

    posting_key: UUID
    qty: int
    left: int
    item: int
    source: int
    target: int
    owner: int
    lot: int | None
    condition: int
    handling_unit: int | None
    serial: int | None


_UNITS = """
WITH RECURSIVE inside AS (
    SELECT h.id AS unit, h.sscc FROM catalog_handlingunit h WHERE h.sscc = ANY(%(ssccs)s)
    UNION SELECT c.id, i.sscc FROM catalog_handlingunit c JOIN inside i ON c.parent_id = i.unit
)
SELECT i.sscc, b.id, p.site_id, p.kind, p.usage, b.item_id, b.place_id, b.owner_id, b.lot_id, b.condition,
    b.handling_unit_id, b.serial_id, b.qty
FROM inside i JOIN ledger_balance b ON b.handling_unit_id = i.unit JOIN catalog_place p ON p.id = b.place_id
WHERE b.qty > 0 AND b.bounded ORDER BY i.sscc, b.id
"""
_LOOSE = """
SELECT '', b.id, p.site_id, p.kind, p.usage, b.item_id, b.place_id, b.owner_id, b.lot_id, b.condition,
    b.handling_unit_id, b.serial_id, b.qty
FROM ledger_balance b JOIN catalog_place p ON p.id = b.place_id
LEFT JOIN catalog_lot l ON l.id = b.lot_id
WHERE b.item_id = %(item)s AND b.qty > 0 AND b.bounded AND b.condition = 0
    AND (%(lot)s = '' OR l.code = %(lot)s)
    AND (%(place)s::bigint IS NULL OR b.place_id = %(place)s)
    AND (%(site)s::bigint IS NULL OR (p.site_id = %(site)s AND p.usage = 'receiving'))
ORDER BY b.id
"""
_PLACES = "SELECT id, site_id, usage, kind FROM catalog_place WHERE id = ANY(%(places)s)"
_NEWEST = """
SELECT DISTINCT ON (sscc) sscc, id FROM sensing_passage
WHERE sscc = ANY(%(ssccs)s) AND sscc <> '' AND state <> 'withdrawn'
ORDER BY sscc, at DESC, id DESC
"""
_MOVED = """
SELECT p.key, m.qty, t.qty, t.item_id, s.place_id, t.place_id, t.owner_id, t.lot_id, t.condition, t.handling_unit_id,
    t.serial_id
FROM ledger_posting p JOIN ledger_movement m ON m.posting_id = p.id
JOIN ledger_balance s ON s.id = m.source_id JOIN ledger_balance t ON t.id = m.target_id
WHERE p.key = ANY(%(keys)s::uuid[]) ORDER BY m.id
"""
_TASKS = """
SELECT t.id FROM storing_picktask t
JOIN storing_wave w ON w.id = t.wave_id
JOIN ledger_claim c ON c.id = t.claim_id
JOIN ledger_balance b ON b.id = coalesce(c.balance_id, t.balance_id)
LEFT JOIN catalog_lot l ON l.id = b.lot_id
WHERE t.state = 'waiting' AND w.done_at IS NULL AND b.place_id = %(place)s AND b.item_id = %(item)s
    AND (%(lot)s = '' OR l.code = %(lot)s)
ORDER BY t.wave_id, t.sequence, t.id LIMIT 1
"""


_PICKED = """
SELECT t.id FROM storing_picktask t JOIN ledger_balance b ON b.id = t.balance_id
WHERE t.state = 'picked' AND t.done_at = %(at)s AND b.place_id = %(place)s AND b.item_id = %(item)s LIMIT 1
"""


class _Id(NamedTuple):
    id: int


def goods_in_units(ssccs: Sequence[str]) -> list[UnitGoods]:
    """What these handling units hold, with what stands on them."""
    return fetch(UnitGoods, _UNITS, {"ssccs": sorted(set(ssccs))})


def goods_of_item(item: int, lot: str, *, place: int | None = None, site: int | None = None) -> list[UnitGoods]:
    """Good stock of an item (and lot) at a place, or on the receiving docks of a site."""
    return fetch(UnitGoods, _LOOSE, {"item": item, "lot": lot, "place": place, "site": site})


def places_by_id(places: Sequence[int]) -> dict[int, Site]:
    return {row.place: row for row in fetch(Site, _PLACES, {"places": sorted(set(places))})}


def newest_passages(ssccs: Sequence[str]) -> dict[str, int]:
    """The last passage of each handling unit."""
    return {row.sscc: row.passage for row in fetch(PassageRow, _NEWEST, {"ssccs": sorted(set(ssccs))})}


def moved_under(keys: Sequence[UUID]) -> list[MovedRow]:
    """The movements of these postings."""
    return fetch(MovedRow, _MOVED, {"keys": list(keys)})


def waiting_pick(place: int, item: int, lot: str) -> int:
    """The first waiting pick task of an item in a bin; 0 when there is none."""
    found = fetch(_Id, _TASKS, {"place": place, "item": item, "lot": lot})
    return found[0].id if found else 0


def picked_then(place: int, item: int, at: datetime) -> bool:
    """Whether a pick of the item from this bin was done at that very moment."""
    return bool(fetch(_Id, _PICKED, {"place": place, "item": item, "at": at}))
