"""What anybody may read of a lot: only what its item's page allows; never a customer, a price or a quantity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from django.conf import settings

from longshore.ledger.wire import run
from longshore.tracing.queries.walking import walk
from longshore.tracing.rules import LOT, RECEIPT, SERIAL, kind_of, node_of, row_of, rows_of

_LINK: Final = """
SELECT lpad(i.gtin, 14, '0'), l.code, coalesce(s.code, '')
FROM catalog_lot l JOIN catalog_item i ON i.id = l.item_id LEFT JOIN catalog_serial s ON s.id = %s AND s.lot_id = l.id
WHERE i.gtin <> '' AND (s.id IS NOT NULL OR l.id = %s)
"""
_PAGE: Final = """
SELECT i.name, i.name_zh, i.gtin, l.id, l.produced_on, l.expires_on, c.text, c.text_zh, c.show_dates,
    c.show_origin, c.show_recall
FROM catalog_item i JOIN tracing_consumerpage c ON c.item_id = i.id AND c.enabled
JOIN catalog_lot l ON l.item_id = i.id AND l.code = %s
WHERE i.gtin <> '' AND lpad(i.gtin, 14, '0') = %s
"""
_ORIGIN: Final = """
SELECT DISTINCT i.name, i.name_zh, l.produced_on FROM unnest(%s::bigint[]) AS w(id)
JOIN catalog_lot l ON l.id = w.id JOIN catalog_item i ON i.id = l.item_id ORDER BY 1, 3
"""
_RECALLED: Final = """
SELECT r.reason FROM tracing_recallline l JOIN tracing_recall r ON r.id = l.recall_id
WHERE l.lot_id = %s AND r.state IN ('notified', 'reconciled', 'closed') ORDER BY r.id DESC LIMIT 1
"""
_KNOCK: Final = """
INSERT INTO tracing_knock (visitor, minute, knocks) VALUES (%s, %s, 1)
ON CONFLICT (visitor, minute) DO UPDATE SET knocks = tracing_knock.knocks + 1 RETURNING knocks
"""
_FORGET: Final = "DELETE FROM tracing_knock WHERE minute < %s"
KNOCKS_A_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Ingredient:
    name: str
    name_zh: str
    produced_on: date | None


@dataclass(frozen=True, slots=True)
class PublicLot:
    name: str
    name_zh: str
    gtin: str
    lot: str
    produced_on: date | None
    expires_on: date | None
    text: str
    text_zh: str
    ingredients: tuple[Ingredient, ...]
    recalled_because: str


def link_of(node: int) -> str | None:
    """The path of a lot's or serial number's GS1 Digital Link, None where it has no GTIN."""
    if kind_of(node) not in (LOT, SERIAL):
        return None
    lot = row_of(node) if kind_of(node) == LOT else None
    row = run(_LINK, row_of(node) if lot is None else None, lot).fetchone()
    if row is None:
        return None
    gtin, code, serial = row
    tail = f"/21/{quote(serial, safe='')}" if serial else ""
    return f"/01/{gtin}/10/{quote(code, safe='')}{tail}" if code else None


def public_lot(gtin: str, code: str) -> PublicLot | None:
    """What the page of this lot says; None where there is none, or it is not public."""
    row = run(_PAGE, code, gtin.zfill(14)).fetchone()
    if row is None:
        return None
    name, name_zh, number, lot, produced, expires, text, text_zh, dates, origin, recall = row
    went_in = _ingredients(lot) if origin else ()
    because = run(_RECALLED, lot).fetchone() if recall else None
    return PublicLot(
        name,
        name_zh,
        number,
        code,
        produced if dates else None,
        expires if dates else None,
        text,
        text_zh,
        went_in,
        because[0] if because else "",
    )


def _ingredients(lot: int) -> tuple[Ingredient, ...]:
    """The first things it was made of: those that nothing of ours went into."""
    up = walk([node_of(LOT, lot)], down=False, limit=2_000)
    made = {t for s, t in zip(up.source.tolist(), up.target.tolist(), strict=True) if kind_of(s) != RECEIPT}
    first = [node for node in up.node.tolist() if kind_of(node) == LOT and node not in made and row_of(node) != lot]
    return tuple(Ingredient(*row) for row in run(_ORIGIN, rows_of(first, LOT)))


def knock(visitor: str, minute: int) -> bool:
    """Count a visit; False when this visitor comes too often. Kept as a digest, and forgotten with the hour."""
    mark = sha256(f"{settings.SECRET_KEY}{visitor}".encode()).digest()
    row = run(_KNOCK, mark, minute).fetchone()
    assert row is not None
    if row[0] == 1:
        run(_FORGET, minute - 60)
    return bool(row[0] <= KNOCKS_A_MINUTE)
