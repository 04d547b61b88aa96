"""Excursions and what quality has to say about them: the list, one in full, and what the verbs need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from longshore.storing.exposure_rules import Limit
from longshore.storing.queries.rows import fetch


class _Limit(NamedTuple):
    temperature_class: str
    item: int | None


def limit_of(code: str) -> Limit:
    """Whose limit this is; an unknown code is nobody's."""
    found = fetch(
        _Limit, "SELECT temperature_class, item_id FROM sensing_productlimit WHERE code = %(code)s", {"code": code}
    )
    return Limit(found[0].temperature_class, found[0].item) if found else Limit()


class Id(NamedTuple):
    id: int


_OF_EXCURSION = """
SELECT h.balance_id FROM storing_heldstock h JOIN storing_qualitycase q ON q.id = h.case_id
WHERE q.excursion = %(excursion)s
"""


def balances_of_excursion(excursion: int) -> frozenset[int]:
    """Keys under which goods went on hold because of it."""
    return frozenset(row.id for row in fetch(Id, _OF_EXCURSION, {"excursion": excursion}))


class LockedCase(NamedTuple):
    case: int
    excursion: int
    item: int
    lot: int | None
    state: str


_LOCK = """
SELECT id, excursion, item_id, lot_id, state FROM storing_qualitycase WHERE id = ANY(%(cases)s) ORDER BY id FOR UPDATE
"""


def lock_cases(cases: Sequence[int]) -> dict[int, LockedCase]:
    return {row.case: row for row in fetch(LockedCase, _LOCK, {"cases": list(cases)})}


class _HeldAt(NamedTuple):
    case: int
    balance: int
    at: datetime


_HELD_AT = """
SELECT h.case_id, h.balance_id, h.at FROM storing_heldstock h JOIN storing_qualitycase q ON q.id = h.case_id
WHERE q.id = ANY(%(cases)s) OR (q.state IN ('held', 'sent') AND (q.item_id, coalesce(q.lot_id, 0)) IN (
    SELECT o.item_id, coalesce(o.lot_id, 0) FROM storing_qualitycase o WHERE o.id = ANY(%(cases)s)))
ORDER BY h.id
"""


def held_at(cases: Sequence[int]) -> dict[int, dict[int, set[datetime]]]:
    """Where the goods of these cases went on hold and when, and those of other open cases of the same lots."""
    found: dict[int, dict[int, set[datetime]]] = {}
    for row in fetch(_HeldAt, _HELD_AT, {"cases": list(cases)}):
        found.setdefault(row.case, {}).setdefault(row.balance, set()).add(row.at)
    return found


_ON_HOLD = "SELECT id, qty FROM ledger_balance WHERE id = ANY(%(balances)s) AND condition = 2 AND qty > 0"


class OnHold(NamedTuple):
    balance: int
    qty: int


def on_hold(balances: Sequence[int]) -> dict[int, int]:
    """Of these keys those on which something stands on hold, and how much."""
    return {row.balance: row.qty for row in fetch(OnHold, _ON_HOLD, {"balances": list(balances)})}


class CaseRow(NamedTuple):
    case: int
    excursion: int
    state: str
    item: int
    item_code: str
    item_name: str
    item_name_zh: str
    temperature_class: str
    unit: str
    lot_code: str
    expires_on: date | None
    qty: int
    left: int
    value: int
    opened_at: datetime
    sent_at: datetime | None
    decided_at: datetime | None
    decided_by: str
    reason: str
    place_code: str
    place_name: str
    place_name_zh: str
    sscc: str
    threshold: float | None
    worst: float | None
    mkt: float | None
    from_at: datetime | None
    until_at: datetime | None
    beyond_s: int | None


_CASES = """
SELECT q.id, q.excursion, q.state, i.id, i.code, i.name, i.name_zh, i.temperature_class, u.code, coalesce(l.code, ''),
    l.expires_on, q.qty, q."left", q.value, q.opened_at, q.sent_at, q.decided_at, q.decided_by, q.reason,
    coalesce(p.code, ''), coalesce(p.name, ''), coalesce(p.name_zh, ''), coalesce(h.sscc, ''), e.threshold, e.worst,
    e.mkt, e.from_at, e.until_at, e.beyond_s
FROM storing_qualitycase q
JOIN catalog_item i ON i.id = q.item_id
JOIN catalog_unitofmeasure u ON u.id = i.base_unit_id
LEFT JOIN catalog_lot l ON l.id = q.lot_id
LEFT JOIN sensing_excursion e ON e.id = q.excursion
LEFT JOIN catalog_place p ON p.id = e.place_id
LEFT JOIN catalog_handlingunit h ON h.id = e.handling_unit_id
WHERE (%(excursion)s::bigint IS NULL OR q.excursion = %(excursion)s) AND (%(states)s::text[] IS NULL OR q.state = ANY(%(states)s))
    AND (%(case)s::bigint IS NULL OR q.id = %(case)s)
ORDER BY q.state NOT IN ('held', 'sent'), q.value DESC, q.id DESC LIMIT %(limit)s
"""


def quality_cases(
    *, excursion: int | None = None, states: Sequence[str] | None = None, case: int | None = None, limit: int = 200
) -> list[CaseRow]:
    """Cases, undecided ones first, the most valuable first."""
    asked = {
        "excursion": excursion, "states": None if states is None else list(states), "case": case, "limit": limit
    }  # fmt: skip
    return fetch(CaseRow, _CASES, asked)


class ExcursionRow(NamedTuple):
    """An episode and what it did to our goods: lots held, money, orders touched."""

    excursion: int
    state: str
    device: int
    device_code: str
    device_name: str
    device_name_zh: str
    expected_every_s: int
    place: int | None
    place_code: str
    place_name: str
    place_name_zh: str
    handling_unit: int | None
    sscc: str
    metric: int
    metric_code: str
    limit: str
    threshold: float
    above: bool
    from_at: datetime
    until_at: datetime | None
    worst: float
    mkt: float | None
    beyond_s: int
    unknown_s: int
    cases: int
    open: int
    value: int
    orders: int


_EXCURSIONS = """
SELECT e.id, e.state, d.id, d.code, d.name, d.name_zh, d.expected_every_s, p.id, coalesce(p.code, ''),
    coalesce(p.name, ''), coalesce(p.name_zh, ''), h.id, coalesce(h.sscc, ''), m.id, m.code, e."limit", e.threshold,
    e.worst >= e.threshold, e.from_at, e.until_at, e.worst, e.mkt, e.beyond_s, e.unknown_s,
    (SELECT count(*) FROM storing_qualitycase q WHERE q.excursion = e.id),
    (SELECT count(*) FROM storing_qualitycase q WHERE q.excursion = e.id AND q.state IN ('held', 'sent')),
    (SELECT coalesce(sum(q.value), 0)::bigint FROM storing_qualitycase q WHERE q.excursion = e.id),
    (SELECT count(DISTINCT l.order_id) FROM storing_touchedline t JOIN ordering_orderline l ON l.id = t.order_line_id
        WHERE t.excursion = e.id)
FROM sensing_excursion e
JOIN sensing_device d ON d.id = e.device_id
JOIN sensing_metric m ON m.id = e.metric_id
LEFT JOIN catalog_place p ON p.id = e.place_id
LEFT JOIN catalog_handlingunit h ON h.id = e.handling_unit_id
WHERE {which} ORDER BY e.from_at DESC, e.id DESC LIMIT %(limit)s
"""


def excursions(*, only_open: bool = False, limit: int = 100) -> list[ExcursionRow]:
    """The newest first; `only_open`: those that last, or with a lot nobody has decided on."""
    open_ones = """e.state = 'active' OR EXISTS (
        SELECT 1 FROM storing_qualitycase q WHERE q.excursion = e.id AND q.state IN ('held', 'sent'))"""
    which = f"e.state <> 'withdrawn' AND ({open_ones})" if only_open else "true"
    return fetch(ExcursionRow, _EXCURSIONS.format(which=which), {"limit": limit})


def excursion(number: int) -> ExcursionRow | None:
    found = fetch(ExcursionRow, _EXCURSIONS.format(which="e.id = %(id)s"), {"id": number, "limit": 1})
    return found[0] if found else None


class TouchedRow(NamedTuple):
    """An order line that lost goods, and what it is promised now; `site_now` is where it comes from now."""

    order: int
    order_number: str
    customer: str
    customer_zh: str
    line: int
    item_code: str
    item_name: str
    item_name_zh: str
    qty: int
    site: str
    promised_before: datetime | None
    promised_at: datetime | None
    short: int
    site_now: str
    value: int


_TOUCHED = """
SELECT o.id, o.number, c.name, c.name_zh, l.line, i.code, i.name, i.name_zh, t.qty, s.code, t.promised_at, l.promised_at,
    l.short, coalesce((
        SELECT string_agg(DISTINCT p.code, ', ') FROM ledger_claim k JOIN catalog_place p ON p.id = k.site_id
        WHERE k.demand = 'order-line:' || l.id AND k.closed_at IS NULL), ''),
    t.qty * l.unit_price
FROM storing_touchedline t
JOIN ordering_orderline l ON l.id = t.order_line_id
JOIN ordering_customerorder o ON o.id = l.order_id
JOIN catalog_partner c ON c.id = o.customer_id
JOIN catalog_item i ON i.id = l.item_id
JOIN catalog_place s ON s.id = t.site_id
WHERE t.excursion = %(excursion)s ORDER BY o.number, l.line
"""


def touched_lines(excursion: int) -> list[TouchedRow]:
    return fetch(TouchedRow, _TOUCHED, {"excursion": excursion})


class HeldRow(NamedTuple):
    """Where goods of a case stood when they were put on hold."""

    case: int
    place_code: str
    place_name: str
    place_name_zh: str
    sscc: str
    qty: int
    at: datetime


_HELD = """
SELECT h.case_id, p.code, p.name, p.name_zh, coalesce(u.sscc, ''), h.qty, h.at
FROM storing_heldstock h JOIN storing_qualitycase q ON q.id = h.case_id JOIN ledger_balance b ON b.id = h.balance_id
JOIN catalog_place p ON p.id = b.place_id LEFT JOIN catalog_handlingunit u ON u.id = b.handling_unit_id
WHERE q.excursion = %(excursion)s ORDER BY h.case_id, p.code, h.id
"""


def held_stock(excursion: int) -> list[HeldRow]:
    return fetch(HeldRow, _HELD, {"excursion": excursion})
