"""What went through the portals, and whether that is what the ledger says went in and out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString, NamedTuple

from longshore.sensing.queries.rows import fetch


class PortalRow(NamedTuple):
    """`went_in`, `went_out`, `unclear`: passages since the moment asked for; `speaks_from`: since when it has a key."""

    id: int
    code: str
    name: str
    name_zh: str
    state: str
    online: bool
    last_seen_at: datetime | None
    place_code: str
    place_name: str
    place_name_zh: str
    site: int | None
    site_name: str
    site_name_zh: str
    went_in: int
    went_out: int
    unclear: int
    speaks_from: datetime | None


class PassageRow(NamedTuple):
    id: int
    device: int
    device_code: str
    epc: str
    sscc: str
    gtin: str
    lot: str
    serial: str
    item_name: str
    item_name_zh: str
    direction: str
    at: datetime
    reads: int
    state: str


class ComparedRow(NamedTuple):
    """One handling unit: what the ledger says happened to it at this site, and what a portal saw. `standing`: both,
    missed (posted but not seen) or extra (seen, nothing posted)."""

    sscc: str
    posted: str
    posted_at: datetime | None
    other: str
    other_name_zh: str
    seen: str
    seen_at: datetime | None
    portal: str
    standing: str


class CameInRow(NamedTuple):
    """A tag of goods that came in to a place through a portal."""

    passage: int
    epc: str
    gtin: str
    lot: str
    serial: str
    place: int
    at: datetime


_PORTALS: Final[LiteralString] = """
WITH hung AS (
    SELECT device_id, place_id FROM sensing_attachment WHERE from_at <= %s::timestamptz
        AND (until_at IS NULL OR until_at > %s::timestamptz)
), counted AS (
    SELECT device_id, count(*) FILTER (WHERE direction = 'in') AS went_in,
        count(*) FILTER (WHERE direction = 'out') AS went_out, count(*) FILTER (WHERE direction = 'unknown') AS unclear
    FROM sensing_passage WHERE at >= %s::timestamptz AND state <> 'withdrawn' GROUP BY 1
)
SELECT d.id, d.code, d.name, d.name_zh, d.state, d.online, d.last_seen_at, coalesce(p.code, ''), coalesce(p.name, ''),
    coalesce(p.name_zh, ''), s.id, coalesce(s.name, ''), coalesce(s.name_zh, ''), coalesce(c.went_in, 0),
    coalesce(c.went_out, 0), coalesce(c.unclear, 0),
    (SELECT min(k.valid_from) FROM sensing_devicekey k WHERE k.device_id = d.id)
FROM sensing_device d LEFT JOIN hung h ON h.device_id = d.id LEFT JOIN catalog_place p ON p.id = h.place_id
LEFT JOIN catalog_place s ON s.id = coalesce(p.site_id, p.id) LEFT JOIN counted c ON c.device_id = d.id
WHERE d.kind = 'portal' AND d.state <> 'retired' ORDER BY s.code, d.code
"""
_PASSAGES: Final[LiteralString] = """
SELECT g.id, g.device_id, d.code, g.epc, g.sscc, g.gtin, g.lot, g.serial, coalesce(i.name, ''), coalesce(i.name_zh, ''),
    g.direction, g.at, g.reads, g.state
FROM sensing_passage g JOIN sensing_device d ON d.id = g.device_id
LEFT JOIN catalog_item i ON i.gtin <> '' AND i.gtin = ltrim(g.gtin, '0') OR i.gtin <> '' AND i.gtin = g.gtin
WHERE g.device_id = ANY(%s::int[]) AND g.at >= %s::timestamptz AND g.state <> 'withdrawn'
ORDER BY g.at DESC, g.id DESC LIMIT %s
"""
# Handling units that crossed the site's walls by the books (vehicle ↔ inside), beside those that its portals saw.
# Movements have no index by time: the newest hundred thousand are looked through.
_COMPARED: Final[LiteralString] = """
WITH crossed AS (
    SELECT DISTINCT ON (h.sscc) h.sscc, m.happened_at AS at,
        CASE WHEN ps.site_id = %s::bigint THEN 'out' ELSE 'in' END AS way,
        CASE WHEN ps.site_id = %s::bigint THEN pt.name ELSE ps.name END AS other,
        CASE WHEN ps.site_id = %s::bigint THEN pt.name_zh ELSE ps.name_zh END AS other_zh
    FROM ledger_movement m
    JOIN ledger_balance bs ON bs.id = m.source_id JOIN catalog_place ps ON ps.id = bs.place_id
    JOIN ledger_balance bt ON bt.id = m.target_id JOIN catalog_place pt ON pt.id = bt.place_id
    JOIN catalog_handlingunit h ON h.id = coalesce(bt.handling_unit_id, bs.handling_unit_id)
    WHERE m.id > (SELECT max(id) - 100000 FROM ledger_movement) AND m.happened_at >= %s::timestamptz AND (
        (ps.site_id = %s::bigint AND pt.kind IN ('vehicle', 'party'))
        OR (pt.site_id = %s::bigint AND ps.kind IN ('vehicle', 'party')))
    ORDER BY h.sscc, m.happened_at DESC
), seen AS (
    SELECT DISTINCT ON (coalesce(nullif(g.sscc, ''), g.epc)) coalesce(nullif(g.sscc, ''), g.epc) AS sscc, g.at,
        g.direction, d.code
    FROM sensing_passage g JOIN sensing_device d ON d.id = g.device_id
    WHERE g.device_id = ANY(%s::int[]) AND g.at >= %s::timestamptz AND g.state <> 'withdrawn' AND g.gtin = ''
    ORDER BY 1, g.at DESC
)
SELECT coalesce(c.sscc, s.sscc), coalesce(c.way, ''), c.at, coalesce(c.other, ''), coalesce(c.other_zh, ''),
    coalesce(s.direction, ''), s.at, coalesce(s.code, ''),
    CASE WHEN s.sscc IS NULL THEN 'missed' WHEN c.sscc IS NULL THEN 'extra' ELSE 'both' END AS standing
FROM crossed c FULL JOIN seen s ON s.sscc = c.sscc
ORDER BY CASE WHEN s.sscc IS NULL THEN 0 WHEN c.sscc IS NULL THEN 1 ELSE 2 END, coalesce(s.at, c.at) DESC LIMIT %s
"""
# These passages, and what else stands of tags of which a passage was withdrawn: another of theirs may count now.
_CAME_IN: Final[LiteralString] = """
WITH wanted AS (
    SELECT unnest(%s::bigint[]) AS id
    UNION SELECT p.id FROM sensing_passage w JOIN sensing_passage p ON p.epc = w.epc WHERE w.id = ANY(%s::bigint[])
)
SELECT p.id, p.epc, p.gtin, p.lot, p.serial, p.to_place_id, p.at FROM wanted w JOIN sensing_passage p ON p.id = w.id
WHERE p.state <> 'withdrawn' AND p.direction = 'in' AND p.gtin <> '' AND p.to_place_id IS NOT NULL
ORDER BY p.first_at, p.id
"""


def portals(at: datetime, since: datetime) -> tuple[PortalRow, ...]:
    """Every portal with its place and what went through since then, by site."""
    return fetch(PortalRow, _PORTALS, at, at, since)


def passages(portal_ids: Sequence[int], since: datetime, limit: int = 100) -> tuple[PassageRow, ...]:
    """What went through these portals, newest first."""
    return fetch(PassageRow, _PASSAGES, list(portal_ids), since, limit)


def compared(site: int, portal_ids: Sequence[int], since: datetime, limit: int = 200) -> tuple[ComparedRow, ...]:
    """Posted against seen, for one site: what does not agree comes first."""
    return fetch(ComparedRow, _COMPARED, site, site, site, since, site, site, list(portal_ids), since, limit)


class _Standing(NamedTuple):
    id: int


_STANDING: Final[LiteralString] = "SELECT id FROM sensing_passage WHERE id = ANY(%s::bigint[]) AND state <> 'withdrawn'"


def standing_passages(passages: Sequence[int]) -> frozenset[int]:
    """Which of these no late read has withdrawn: an event may be heard after the one that takes it back."""
    return frozenset(row.id for row in fetch(_Standing, _STANDING, list(passages))) if passages else frozenset()


def came_in(passages: Sequence[int], withdrawn: Sequence[int]) -> tuple[CameInRow, ...]:
    """Which of these passages, and of the tags of those withdrawn, brought goods in, the earliest first."""
    return fetch(CameInRow, _CAME_IN, list(passages), list(withdrawn)) if passages or withdrawn else ()
