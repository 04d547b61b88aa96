"""What nodes are called, and which nodes somebody means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from longshore.ledger.wire import Ints, run
from longshore.storing.queries.rows import fetch
from longshore.tracing.rules import LOT, SERIAL, IntArray, Typed, kind_of, typed

_NAMES: Final = """
WITH wanted AS (SELECT unnest(%s::bigint[]) AS node)
SELECT w.node, l.code, i.code, i.name, i.name_zh, i.id, l.expires_on, NULL::timestamptz
FROM wanted w JOIN catalog_lot l ON l.id = w.node / 8 JOIN catalog_item i ON i.id = l.item_id WHERE w.node %% 8 = 1
UNION ALL
SELECT w.node, s.code, i.code, i.name, i.name_zh, i.id, NULL, NULL
FROM wanted w JOIN catalog_serial s ON s.id = w.node / 8 JOIN catalog_item i ON i.id = s.item_id WHERE w.node %% 8 = 2
UNION ALL
SELECT w.node, h.sscc, h.kind, '', '', NULL, NULL, NULL
FROM wanted w JOIN catalog_handlingunit h ON h.id = w.node / 8 WHERE w.node %% 8 = 3
UNION ALL
SELECT w.node, p.document, coalesce(a.code, ''), coalesce(a.name, ''), coalesce(a.name_zh, ''), a.id, NULL, p.happened_at
FROM wanted w JOIN ledger_posting p ON p.id = w.node / 8
LEFT JOIN LATERAL (
    SELECT c.* FROM ledger_movement m
    JOIN ledger_balance b ON b.id = CASE w.node %% 8 WHEN 4 THEN m.target_id ELSE m.source_id END
    JOIN catalog_place c ON c.id = b.place_id WHERE m.posting_id = p.id AND NOT b.bounded ORDER BY m.id LIMIT 1
) a ON true WHERE w.node %% 8 IN (4, 5)
UNION ALL
SELECT w.node, t.epc, '', '', '', NULL, NULL, NULL
FROM wanted w JOIN tracing_tracething t ON t.id = w.node / 8 WHERE w.node %% 8 IN (0, 6)
"""
_LINKS: Final = """
SELECT l.source, l.target, l.kind, sum(l.qty)::bigint, max(l.at)
FROM unnest(%s::bigint[], %s::bigint[]) AS k(source, target)
JOIN tracing_tracelink l ON l.source = k.source AND l.target = k.target
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_MEANT: Final = """
SELECT node FROM (
    SELECT 1 AS rank, l.id * 8 + 1 AS node FROM catalog_lot l JOIN catalog_item i ON i.id = l.item_id
    WHERE %(lot)s <> '' AND l.code = %(lot)s AND i.gtin <> '' AND lpad(i.gtin, 14, '0') = %(gtin)s AND %(serial)s = ''
    UNION ALL
    SELECT 1, s.id * 8 + 2 FROM catalog_serial s JOIN catalog_item i ON i.id = s.item_id
    WHERE %(serial)s <> '' AND s.code = %(serial)s AND i.gtin <> '' AND lpad(i.gtin, 14, '0') = %(gtin)s
    UNION ALL SELECT 2, h.id * 8 + 3 FROM catalog_handlingunit h WHERE %(sscc)s <> '' AND h.sscc = %(sscc)s
    UNION ALL SELECT 3, l.id * 8 + 1 FROM catalog_lot l WHERE l.code = %(text)s
    UNION ALL SELECT 4, s.id * 8 + 2 FROM catalog_serial s WHERE s.code = %(text)s
    UNION ALL
    SELECT 5, p.id * 8 + 4 FROM ledger_posting p WHERE p.document <> '' AND p.kind = 9 AND (p.document = %(text)s
        OR p.document IN (SELECT h.number FROM shipping_shipment h JOIN ordering_customerorder o ON o.id = h.order_id
            WHERE o.number = %(text)s))
    UNION ALL
    SELECT 6, l.id * 8 + 1 FROM catalog_lot l JOIN catalog_item i ON i.id = l.item_id
    WHERE (i.code = %(text)s OR (%(gtin)s <> '' AND %(lot)s = '' AND i.gtin <> '' AND lpad(i.gtin, 14, '0') = %(gtin)s))
    UNION ALL SELECT 7, t.id * 8 FROM tracing_tracething t WHERE t.epc = %(text)s
) found GROUP BY node ORDER BY min(rank), node DESC LIMIT %(most)s
"""
_LATEST: Final = """
SELECT DISTINCT ON (lot_id) lot_id * 8 + 1 FROM (
    SELECT b.lot_id FROM ledger_balance b JOIN catalog_place p ON p.id = b.place_id
    WHERE b.lot_id IS NOT NULL AND p.code = 'PRODUCTION' ORDER BY b.id DESC LIMIT %s
) recent
"""


@dataclass(frozen=True, slots=True)
class Named:
    """`code`: lot, serial number, SSCC, document or identifier; `of` and its names: the item or the partner's place."""

    node: int
    code: str
    of: str
    name: str
    name_zh: str
    row: int | None
    expires_on: date | None
    at: datetime | None

    @property
    def kind(self) -> int:
        return kind_of(self.node)

    @property
    def is_goods(self) -> bool:
        return self.kind in (LOT, SERIAL)


@dataclass(frozen=True, slots=True)
class NamedLink:
    source: int
    target: int
    kind: int
    qty: int
    at: datetime


def named(nodes: Iterable[int]) -> dict[int, Named]:
    """What these nodes are called; those whose row is gone are left out."""
    wanted = sorted(set(nodes))
    return {row[0]: Named(*row) for row in run(_NAMES, wanted)} if wanted else {}


def links_between(source: IntArray, target: IntArray) -> tuple[NamedLink, ...]:
    """These links with their kind, quantity and time, told once for each pair and kind."""
    return tuple(NamedLink(*row) for row in run(_LINKS, Ints(source), Ints(target)))


def meant_by(text: str, *, most: int = 50) -> tuple[int, ...]:
    """The nodes somebody may mean, best match first: a key of any spelling, a lot, order, shipment, item or SSCC."""
    parts: Typed = typed(text)
    if not parts.text:
        return ()
    values = {"text": parts.text, "gtin": parts.gtin, "lot": parts.lot, "serial": parts.serial, "sscc": parts.sscc}
    return tuple(row.node for row in fetch(_Node, _MEANT, values | {"most": most}))


class _Node(NamedTuple):
    node: int


def latest_made(*, most: int = 12) -> tuple[int, ...]:
    """Lots that went through production last: somewhere to begin looking."""
    return tuple(row[0] for row in run(_LATEST, most))
