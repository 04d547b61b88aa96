"""Where a recall begins: lots and serial numbers by what is known of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from longshore.catalog.models import Partner
from longshore.ledger.queries import stood_there
from longshore.ledger.wire import arrays
from longshore.sensing.queries.surroundings import hung
from longshore.tracing.queries.walking import walk, with_parts
from longshore.tracing.rules import LOT, SERIAL, UNIT, IntArray, kind_of, node_of, rows_of

_FROM_SUPPLIER: Final = """
SELECT array_agg(DISTINCT coalesce(b.serial_id * 8 + 2, b.lot_id * 8 + 1)) FROM ledger_balance b
WHERE b.place_id = %s AND (b.lot_id IS NOT NULL OR b.serial_id IS NOT NULL)
    AND (%s::bigint IS NULL OR b.item_id = %s) AND EXISTS (
        SELECT 1 FROM ledger_movement m WHERE m.source_id = b.id AND m.happened_at >= %s AND m.happened_at <= %s)
"""
_FROM_MACHINE: Final = """
SELECT array_agg(DISTINCT coalesce(s.serial_id * 8 + 2, s.lot_id * 8 + 1))
FROM ledger_transform t JOIN ledger_posting p ON p.id = t.posting_id
JOIN ledger_movement m ON m.posting_id = p.id
JOIN ledger_balance s ON s.id = m.source_id JOIN ledger_balance g ON g.id = m.target_id
WHERE t.machine_id = %s AND p.happened_at >= %s AND p.happened_at <= %s AND NOT s.bounded AND g.bounded
    AND (s.lot_id IS NOT NULL OR s.serial_id IS NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class Interval:
    from_at: datetime
    until: datetime


def of_things(nodes: Iterable[int]) -> IntArray:
    """Lots with their pieces, pieces, and for a handling unit the lots that stood on it."""
    given = list(nodes)
    parts = with_parts(rows_of(given, LOT), rows_of(given, UNIT))
    units = [node for node in parts if kind_of(node) == UNIT]
    found = walk(units, down=False)
    packed = found.source[np.isin(found.target, units)].tolist()
    stay = [node for node in (*given, *parts, *packed) if kind_of(node) in (LOT, SERIAL)]
    return np.unique(np.array(stay, dtype=np.int64))


def of_supplier(supplier: int, during: Interval, *, item: int | None = None) -> IntArray:
    """What this partner delivered in the period, of one item or of all."""
    place = Partner.objects.values_list("place_id", flat=True).get(pk=supplier)
    return arrays(_FROM_SUPPLIER, place, item, item, during.from_at, during.until)[0]


def of_machine(machine: int, during: Interval) -> IntArray:
    """What came out of this machine or place in the period."""
    return arrays(_FROM_MACHINE, machine, during.from_at, during.until)[0]


def of_interval(places: Iterable[int], units: Iterable[int], during: Interval) -> IntArray:
    """What stood there at some time of the period."""
    stood = stood_there(places, during.from_at, during.until, handling_units=units)
    pieces = {node_of(SERIAL, row.serial) for row in stood if row.serial}
    lots = {node_of(LOT, row.lot) for row in stood if row.lot and not row.serial}
    return np.array(sorted(pieces | lots), dtype=np.int64)


def of_device(device: int, during: Interval) -> IntArray:
    """What stood wherever the device hung, while it hung there."""
    found = np.zeros(0, dtype=np.int64)
    for spell in hung([device]).get(device, ()):  # a device is hung up elsewhere a few times in its life
        begin = max(during.from_at, spell.from_at)
        end = during.until if spell.until_at is None else min(during.until, spell.until_at)
        if begin <= end:
            places = [] if spell.place is None else [spell.place]
            units = [] if spell.handling_unit is None else [spell.handling_unit]
            found = np.union1d(found, of_interval(places, units, Interval(begin, end)))
    return found
