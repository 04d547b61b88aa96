"""What stands in the bins, what waits to be put away, what should be counted."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from longshore.storing.queries.rows import fetch


class BinRow(NamedTuple):
    balance: int
    place: int
    place_code: str
    usage: str
    item: int
    item_code: str
    item_name: str
    item_name_zh: str
    lot_code: str
    expires_on: date | None
    condition: int
    sscc: str
    qty: int
    claimed: int


_CONTENTS = """
SELECT b.id, p.id, p.code, p.usage, i.id, i.code, i.name, i.name_zh, coalesce(l.code, ''), l.expires_on, b.condition,
    coalesce(h.sscc, ''), b.qty, b.claimed
FROM ledger_balance b
JOIN catalog_place p ON p.id = b.place_id
JOIN catalog_item i ON i.id = b.item_id
LEFT JOIN catalog_lot l ON l.id = b.lot_id
LEFT JOIN catalog_handlingunit h ON h.id = b.handling_unit_id
WHERE b.qty <> 0 AND (%(place)s::bigint IS NULL OR b.place_id = %(place)s)
    AND (%(site)s::bigint IS NULL OR p.site_id = %(site)s) AND (%(item)s::bigint IS NULL OR b.item_id = %(item)s)
ORDER BY p.pick_rank, p.code, i.code, l.expires_on NULLS LAST, b.id LIMIT %(limit)s
"""


def bin_contents(
    *, site: int | None = None, place: int | None = None, item: int | None = None, limit: int = 1000
) -> list[BinRow]:
    """What stands where, in walking order."""
    return fetch(BinRow, _CONTENTS, {"site": site, "place": place, "item": item, "limit": limit})


class PutAwayRow(NamedTuple):
    """A balance on a receiving dock (or back from a customer) that should go into a bin."""

    balance: int
    place: int
    place_code: str
    site: int
    item: int
    item_code: str
    item_name: str
    item_name_zh: str
    temperature_class: str
    unit_g: int
    unit_cm3: int
    lot: int | None
    lot_code: str
    owner: int
    condition: int
    handling_unit: int | None
    serial: int | None
    qty: int


_WAITING = """
SELECT b.id, p.id, p.code, p.site_id, i.id, i.code, i.name, i.name_zh, i.temperature_class, i.weight_g, i.volume_cm3,
    b.lot_id, coalesce(l.code, ''), b.owner_id, b.condition, b.handling_unit_id, b.serial_id, {qty}
FROM ledger_balance b
JOIN catalog_place p ON p.id = b.place_id
JOIN catalog_item i ON i.id = b.item_id
LEFT JOIN catalog_lot l ON l.id = b.lot_id
WHERE b.qty > 0 AND b.bounded AND {which}
ORDER BY b.id
"""


_FREE_ON_DOCKS = "CASE WHEN p.usage IN ('staging', 'shipping') THEN b.qty - b.claimed ELSE b.qty END"


# What stands in staging for nobody is found by its pick tasks: a staging place has a row for each package it ever saw.
_ON_DOCKS = """
SELECT d.id FROM ledger_balance d JOIN catalog_place r ON r.id = d.place_id
WHERE r.site_id = %(site)s AND r.usage = 'receiving' AND d.qty > 0
UNION
SELECT c.balance_id FROM storing_picktask t
JOIN storing_wave w ON w.id = t.wave_id JOIN ledger_claim c ON c.id = t.claim_id
WHERE w.site_id = %(site)s AND t.packed < t.picked AND c.closed_at IS NOT NULL AND c.balance_id IS NOT NULL
"""


def put_away_waiting(*, site: int) -> list[PutAwayRow]:
    """Good stock on the receiving docks of a site, and what was picked for an order that wants it no more."""
    which = f"b.condition = 0 AND b.id IN ({_ON_DOCKS}) AND (p.usage = 'receiving' OR b.qty > b.claimed)"
    return fetch(PutAwayRow, _WAITING.format(which=which, qty=_FREE_ON_DOCKS), {"site": site})


def balances_to_move(balance_ids: list[int]) -> list[PutAwayRow]:
    """These balances as far as anything stands there that may go elsewhere: on a dock, only what is for nobody."""
    which = "b.id = ANY(%(balances)s)"
    return fetch(PutAwayRow, _WAITING.format(which=which, qty=_FREE_ON_DOCKS), {"balances": balance_ids})


def balances_as_they_stand(balance_ids: list[int]) -> list[PutAwayRow]:
    """All of these balances, promised to somebody or not."""
    return fetch(PutAwayRow, _WAITING.format(which="b.id = ANY(%(balances)s)", qty="b.qty"), {"balances": balance_ids})


class BinSpace(NamedTuple):
    """A storage bin and what is left of it; None: no limit."""

    place: int
    site: int
    temperature_class: str
    pick_rank: int
    free_g: int | None
    free_cm3: int | None
    empty: bool


_SPACE = """
SELECT p.id, p.site_id, p.temperature_class, p.pick_rank,
    p.capacity_g - coalesce(sum(b.qty * i.weight_g), 0)::bigint,
    p.capacity_cm3 - coalesce(sum(b.qty * i.volume_cm3), 0)::bigint,
    count(b.id) = 0
FROM catalog_place p
LEFT JOIN ledger_balance b ON b.place_id = p.id AND b.qty > 0
LEFT JOIN catalog_item i ON i.id = b.item_id
WHERE p.site_id = ANY(%(sites)s) AND p.usage = 'storage' AND p.active
GROUP BY p.id ORDER BY p.pick_rank, p.code
"""


def bin_space(sites: list[int]) -> list[BinSpace]:
    """Storage bins of the sites in walking order."""
    return fetch(BinSpace, _SPACE, {"sites": sites})


class ItemInBin(NamedTuple):
    item: int
    place: int


_HOMES = """
SELECT DISTINCT b.item_id, b.place_id FROM ledger_balance b JOIN catalog_place p ON p.id = b.place_id
WHERE p.site_id = ANY(%(sites)s) AND p.usage = 'storage' AND b.qty > 0 AND b.item_id = ANY(%(items)s)
"""


def bins_of_items(sites: list[int], items: list[int]) -> list[ItemInBin]:
    """Which storage bins already hold which of these items."""
    return fetch(ItemInBin, _HOMES, {"sites": sites, "items": items})


class CountRow(NamedTuple):
    task: int
    place: int
    place_code: str
    item: int | None
    item_code: str
    recount: bool
    asked_at: datetime
    cause: str


_COUNTS = """
SELECT t.id, p.id, p.code, i.id, coalesce(i.code, ''), t.recount, t.asked_at, t.cause
FROM storing_counttask t JOIN catalog_place p ON p.id = t.place_id LEFT JOIN catalog_item i ON i.id = t.item_id
WHERE t.done_at IS NULL AND (%(site)s::bigint IS NULL OR p.site_id = %(site)s) ORDER BY t.id
"""


def counts_waiting(*, site: int | None = None) -> list[CountRow]:
    """Places somebody should count, oldest request first."""
    return fetch(CountRow, _COUNTS, {"site": site})
