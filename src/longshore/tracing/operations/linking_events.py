"""Links from EPCIS events of others: transformations and aggregations; the ledger's own events are linked already."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Final
from urllib.parse import unquote

import numpy as np
from django.db import transaction

from longshore.ledger.posting import microseconds
from longshore.ledger.wire import Ints, run
from longshore.tracing.models import EpcRole, EventKind, TraceThing
from longshore.tracing.operations.linking import LinkReceipt
from longshore.tracing.rules import FOREIGN_UNIT, LOT, SERIAL, THING, UNIT, apportion, node_of

# With the other halves of a transformation told in several events; an event declared wrong brings what it said before.
_EVENTS: Final = """
WITH asked AS (SELECT id, event_id, transformation_id FROM tracing_epcisevent WHERE id = ANY(%s)), wanted AS (
    SELECT e.id FROM tracing_epcisevent e JOIN asked a ON e.event_id = a.event_id
    UNION SELECT e.id FROM tracing_epcisevent e JOIN asked a ON e.transformation_id = a.transformation_id
    WHERE a.transformation_id <> ''
)
SELECT e.id, e.kind, e.action, e.transformation_id, e.event_time,
    EXISTS (SELECT 1 FROM tracing_epcisevent w WHERE w.event_id = e.event_id AND w.error_at IS NOT NULL)
FROM tracing_epcisevent e JOIN wanted USING (id)
WHERE e.posting_key IS NULL AND e.kind IN (2, 4, 5) ORDER BY e.id
"""
_EPCS: Final = (
    "SELECT event_id, role, epc, is_class, coalesce(quantity, 0) FROM tracing_epcisepc WHERE event_id = ANY(%s)"
)
_LOTS: Final = """
SELECT k.n, l.id FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS k(gtin, code, n)
JOIN catalog_item i ON lpad(i.gtin, 14, '0') = k.gtin AND i.gtin <> '' JOIN catalog_lot l ON l.item_id = i.id AND l.code = k.code
"""
_SERIALS: Final = """
SELECT k.n, s.id FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS k(gtin, code, n)
JOIN catalog_item i ON lpad(i.gtin, 14, '0') = k.gtin AND i.gtin <> ''
JOIN catalog_serial s ON s.item_id = i.id AND s.code = k.code
"""
_UNITS: Final = "SELECT sscc, id FROM catalog_handlingunit WHERE sscc = ANY(%s)"
_THINGS: Final = "INSERT INTO tracing_tracething (epc) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING"
_ADD: Final = """
INSERT INTO tracing_tracelink (source, target, kind, told_by, unit, qty, at)
SELECT source, target, kind, told_by, 0, qty, '2000-01-01Z'::timestamptz + at * interval '1 microsecond'
FROM unnest(%s, %s, %s, %s, %s, %s) AS k(source, target, kind, told_by, qty, at) ON CONFLICT DO NOTHING
"""
_REMOVE: Final = """
DELETE FROM tracing_tracelink l USING unnest(%s, %s, %s, %s) AS k(source, target, kind, told_by)
WHERE l.source = k.source AND l.target = k.target AND l.kind = k.kind AND l.told_by = k.told_by
"""
_KEY: Final = re.compile(r"^https?://[^/]+(?:/[^0-9][^/]*)*/(00|01)/(\d+)(?:/(10|21)/([^/?#]+))?(?:/(21)/([^/?#]+))?")
_ALONE: Final = "SELECT pg_advisory_xact_lock(hashtext('tracing.link'))"


@dataclass(slots=True)
class _Event:
    """An event with its identifiers by role."""

    id: int
    kind: int
    action: str
    group: str
    at: int
    wrong: bool
    epcs: dict[int, list[tuple[str, int]]] = field(default_factory=lambda: defaultdict(list))


Row = tuple[int, int, int, int, int, int]  # source, target, kind, told_by, qty, at


def link_events(events: Sequence[int]) -> LinkReceipt:
    """Write the links these events tell; take away those of events declared wrong. Again changes nothing."""
    with transaction.atomic():
        run(_ALONE)
        found = _read(events)
        names = {epc for event in found for rows in event.epcs.values() for epc, _qty in rows}
        numbers = number_epcs(names)
        rows = [(row, wrong) for row, wrong in _rows(found, numbers) if row[0] != row[1]]
        added = _send(_ADD, [row for row, wrong in rows if not wrong], 6)
        return LinkReceipt(added, _send(_REMOVE, [row for row, wrong in rows if wrong], 4))


def _read(events: Sequence[int]) -> list[_Event]:
    found = {
        row[0]: _Event(row[0], row[1], row[2], row[3], microseconds(row[4]), row[5])
        for row in run(_EVENTS, list(events))
    }
    for event, role, epc, is_class, quantity in run(_EPCS, list(found)):
        if not is_class or "/10/" in epc or "lgtin" in epc:  # a product without its lot is no one thing
            whole = int(quantity) if quantity == int(quantity) else 0
            found[event].epcs[role].append((epc, whole if is_class else 1))
    return list(found.values())


def _rows(events: Sequence[_Event], numbers: Mapping[str, int]) -> Iterable[tuple[Row, bool]]:
    runs: dict[str, list[_Event]] = defaultdict(list)
    for event in events:
        if event.kind == EventKind.TRANSFORMATION:
            runs[event.group or f"event {event.id}"].append(event)
        elif event.action in ("ADD", "OBSERVE"):
            pairs = product(event.epcs[EpcRole.PARENT], event.epcs[EpcRole.CHILD])
            for (parent, _one), (child, qty) in pairs:
                yield (numbers[child], numbers[parent], 3, -event.id, qty, event.at), event.wrong
    for together in runs.values():
        yield from _run_rows(together, numbers)


def _run_rows(together: Sequence[_Event], numbers: Mapping[str, int]) -> Iterable[tuple[Row, bool]]:
    """All inputs of a transformation into all its outputs, whichever of its events told them."""
    outs = [(numbers[epc], qty, event) for event in together for epc, qty in event.epcs[EpcRole.OUTPUT]]
    if not outs:
        return
    shares = [qty for _node, qty, _event in outs]
    if sum(shares) == 0:
        shares = [1] * len(outs)
    inputs = [(numbers[epc], qty, event) for event in together for epc, qty in event.epcs[EpcRole.INPUT]]
    for source, qty, event in inputs:
        for (node, _qty, made), part in zip(outs, apportion(qty, shares), strict=True):
            yield (source, node, 1, -max(event.id, made.id), part, event.at), event.wrong or made.wrong


def number_epcs(epcs: Iterable[str]) -> dict[str, int]:
    """Each identifier's node: a lot, serial number or handling unit of the catalogue, else something of others."""
    wanted = sorted(set(epcs))
    keys = {epc: match.groups() for epc in wanted if (match := _KEY.match(epc))}
    lots, serials, units = {}, {}, {}
    for epc, (ai, value, one, first, _two, second) in keys.items():
        if ai == "00":
            units[epc] = value
        elif second or one == "21":
            serials[epc] = (value.zfill(14), unquote(second or first))
        elif one == "10":
            lots[epc] = (value.zfill(14), unquote(first))
    numbers = _looked_up(_LOTS, lots, LOT) | _looked_up(_SERIALS, serials, SERIAL)
    by_sscc = dict(run(_UNITS, list(units.values())).fetchall())
    numbers |= {epc: node_of(UNIT, by_sscc[sscc]) for epc, sscc in units.items() if sscc in by_sscc}
    strangers = [epc for epc in wanted if epc not in numbers]
    run(_THINGS, strangers)
    ids = dict(TraceThing.objects.filter(epc__in=strangers).values_list("epc", "pk"))
    return numbers | {epc: node_of(FOREIGN_UNIT if epc in units else THING, ids[epc]) for epc in strangers}


def _looked_up(sql: str, codes: Mapping[str, tuple[str, str]], kind: int) -> dict[str, int]:
    order = list(codes)
    rows = run(sql, [codes[epc][0] for epc in order], [codes[epc][1] for epc in order])  # type: ignore[arg-type]
    return {order[n - 1]: node_of(kind, row) for n, row in rows}


def _send(sql: str, rows: Sequence[Row], columns: int) -> int:
    if not rows:
        return 0
    summed: dict[tuple[int, int, int, int], list[int]] = {}
    for source, target, kind, told_by, qty, at in rows:
        known = summed.setdefault((source, target, kind, told_by), [0, at])
        known[0] += qty
    table = np.array([(*key, *value) for key, value in summed.items()], dtype=np.int64)
    cells = [Ints(np.ascontiguousarray(column)) for column in table.T[:columns]]
    return run(sql, *cells).rowcount  # type: ignore[arg-type]
