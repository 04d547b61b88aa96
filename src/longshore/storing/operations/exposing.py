"""Goods that were where it was too warm or too cold go on hold, wherever they have got to since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.locks import lock_balances, retried
from longshore.ledger.models import Condition
from longshore.ledger.outbox import emit
from longshore.storing.events import GoodsHeld
from longshore.storing.exposure_rules import violates
from longshore.storing.operations.setting_apart import SetApart, hold_stock
from longshore.storing.queries.exposure import Exposure, Where, exposed
from longshore.storing.queries.quality import Id, balances_of_excursion, limit_of
from longshore.storing.queries.rows import change, fetch
from longshore.storing.rules import key_of

_GOODS: Final = """
SELECT b.id, b.item_id, b.lot_id, b.condition, b.qty, i.temperature_class, i.unit_cost
FROM ledger_balance b JOIN catalog_item i ON i.id = b.item_id WHERE b.id = ANY(%(balances)s) ORDER BY b.id
"""
_CLAIMED: Final = """
SELECT l.id, sum(c.qty - c.consumed)::bigint, min(c.site_id), l.promised_at
FROM ledger_claim c JOIN ordering_orderline l ON l.id = substr(c.demand, 12)::bigint
WHERE c.balance_id = ANY(%(balances)s) AND c.state = 'open' AND c.demand LIKE 'order-line:%%'
GROUP BY l.id ORDER BY l.id
"""
_CASES: Final = """
INSERT INTO storing_qualitycase AS q
    (excursion, item_id, lot_id, state, qty, "left", value, opened_at, decided_by, reason)
SELECT %(excursion)s, k.item, nullif(k.lot, 0), 'held', k.qty, k.gone, k.value, %(at)s, '', ''
FROM unnest(%(items)s::bigint[], %(lots)s::bigint[], %(qtys)s::bigint[], %(gone)s::bigint[], %(values)s::bigint[])
    AS k(item, lot, qty, gone, value)
ON CONFLICT (excursion, item_id, lot_id) DO UPDATE SET qty = q.qty + excluded.qty, value = q.value + excluded.value,
    "left" = excluded."left",
    state = CASE WHEN excluded.qty > 0 AND q.state <> 'sent' THEN 'held' ELSE q.state END,
    decided_at = CASE WHEN excluded.qty > 0 THEN NULL ELSE q.decided_at END
WHERE excluded.qty > 0 OR q."left" <> excluded."left"
RETURNING q.id, q.item_id, coalesce(q.lot_id, 0)
"""
_HELD: Final = """
INSERT INTO storing_heldstock (case_id, balance_id, qty, at)
SELECT k.case_id, h.id, k.qty, %(at)s
FROM unnest(%(cases)s::bigint[], %(balances)s::bigint[], %(qtys)s::bigint[]) AS k(case_id, balance, qty)
JOIN ledger_balance b ON b.id = k.balance
JOIN ledger_balance h ON h.item_id = b.item_id AND h.place_id = b.place_id AND h.owner_id = b.owner_id
    AND h.condition = 2 AND coalesce(h.lot_id, 0) = coalesce(b.lot_id, 0)
    AND coalesce(h.handling_unit_id, 0) = coalesce(b.handling_unit_id, 0)
    AND coalesce(h.serial_id, 0) = coalesce(b.serial_id, 0)
ON CONFLICT DO NOTHING
"""
_TOUCHED: Final = """
INSERT INTO storing_touchedline AS t (excursion, order_line_id, qty, site_id, promised_at)
SELECT %(excursion)s, k.line, k.qty, k.site, k.promised
FROM unnest(%(lines)s::bigint[], %(qtys)s::bigint[], %(sites)s::bigint[], %(promised)s::timestamptz[])
    AS k(line, qty, site, promised)
ON CONFLICT (excursion, order_line_id) DO UPDATE SET qty = t.qty + excluded.qty
"""
_WITHDRAWN: Final = """
SELECT id FROM sensing_excursion WHERE id = %(excursion)s AND state = 'withdrawn'
"""
USABLE: Final = (int(Condition.UNRESTRICTED), int(Condition.INSPECTION))


class _Goods(NamedTuple):
    balance: int
    item: int
    lot: int | None
    condition: int
    qty: int
    temperature_class: str
    unit_cost: int

    @property
    def of(self) -> tuple[int, int]:
        return self.item, self.lot or 0


class _Claimed(NamedTuple):
    line: int
    qty: int
    site: int
    promised_at: datetime | None


class _Case(NamedTuple):
    case: int
    item: int
    lot: int


def document_of(excursion: int) -> str:
    """What postings because of an excursion carry."""
    return f"excursion:{excursion}"


@dataclass(frozen=True, slots=True)
class TooWarm:
    """An episode as far as it is known: where (a place or a handling unit), what was measured, how far off, when."""

    excursion: int
    place: int | None
    handling_unit: int | None
    metric: str
    limit: str
    worst: float
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class HoldReceipt:
    """`qty` base units were put on hold now, of these cases; `order_lines` lost what they had been promised."""

    excursion: int
    cases: tuple[int, ...]
    order_lines: tuple[int, ...]
    qty: int


@retried
@transaction.atomic
def hold_exposed(episode: TooWarm, *, at: datetime, cause: Cause) -> HoldReceipt:
    """Hold what was there and may not have been; open a case for each lot. Hearing of it again changes nothing, and
    neither does hearing of its begin when it has been withdrawn meanwhile."""
    if fetch(Id, _WITHDRAWN, {"excursion": episode.excursion}):
        return HoldReceipt(episode.excursion, (), (), 0)
    exposure = exposed(
        Where(
            () if episode.place is None else (episode.place,),
            () if episode.handling_unit is None else (episode.handling_unit,),
            episode.begin,
            episode.end,
            document_of(episode.excursion),
        )
    )
    limit = limit_of(episode.limit)
    lock_balances(exposure.times)
    goods = [
        row
        for row in fetch(_Goods, _GOODS, {"balances": list(exposure.times)})
        if violates(row.temperature_class, row.item, limit, episode.metric, episode.worst)
    ]
    held = [row for row in goods if row.qty > 0 and _still_there(exposure, row.balance)]
    to_hold = [row for row in held if row.condition in USABLE]
    claimed = fetch(_Claimed, _CLAIMED, {"balances": [row.balance for row in to_hold]})
    fresh = _hold(episode, to_hold, exposure, at, cause)
    known = balances_of_excursion(episode.excursion)
    before = [row for row in held if row.condition == Condition.HOLD and row.balance not in known]
    cases = _open_cases(episode, goods, [*fresh, *before], exposure, at)
    touched = [row for row in claimed if fresh]
    _write_touched(episode, touched)
    receipt = HoldReceipt(
        episode.excursion, cases, tuple(row.line for row in touched), sum(row.qty for row in (*fresh, *before))
    )
    if cases:
        emit([GoodsHeld(receipt.excursion, cases, receipt.order_lines, receipt.qty)], at=at, cause=cause)
    return receipt


def _still_there(exposure: Exposure, balance: int) -> bool:
    return any(each.until is None for each in exposure.times[balance])


def _hold(episode: TooWarm, rows: Sequence[_Goods], exposure: Exposure, at: datetime, cause: Cause) -> list[_Goods]:
    """Those that were not on hold for this episode before."""
    apart = {}
    for row in rows:
        since = max(each.since for each in exposure.times[row.balance] if each.until is None)
        key = key_of("excursion", episode.excursion, row.balance, since.isoformat())
        apart[key] = (row, SetApart(key, row.balance, at, row.qty, document_of(episode.excursion)))
    if not apart:
        return []
    done = hold_stock([each for _row, each in apart.values()], at=at, cause=cause).accepted
    return [apart[posted.key][0] for posted in done if not posted.replayed]


def _open_cases(
    episode: TooWarm, goods: Sequence[_Goods], fresh: Sequence[_Goods], exposure: Exposure, at: datetime
) -> tuple[int, ...]:
    gone: dict[tuple[int, int], int] = defaultdict(int)
    for row in goods:
        gone[row.of] += exposure.left.get(row.balance, 0)
    qty: dict[tuple[int, int], int] = defaultdict(int)
    value: dict[tuple[int, int], int] = defaultdict(int)
    for row in fresh:
        qty[row.of] += row.qty
        value[row.of] += row.qty * row.unit_cost
    keys = sorted(key for key in gone if gone[key] or qty[key])
    if not keys:
        return ()
    made = fetch(
        _Case,
        _CASES,
        {
            "excursion": episode.excursion,
            "at": at,
            "items": [item for item, _lot in keys],
            "lots": [lot for _item, lot in keys],
            "qtys": [qty[key] for key in keys],
            "gone": [gone[key] for key in keys],
            "values": [value[key] for key in keys],
        },
    )
    cases = {(row.item, row.lot): row.case for row in made}
    change(
        _HELD,
        {
            "at": at,
            "cases": [cases[row.of] for row in fresh],
            "balances": [row.balance for row in fresh],
            "qtys": [row.qty for row in fresh],
        },
    )
    return tuple(sorted(cases.values()))


def _write_touched(episode: TooWarm, touched: Sequence[_Claimed]) -> None:
    change(
        _TOUCHED,
        {
            "excursion": episode.excursion,
            "lines": [row.line for row in touched],
            "qtys": [row.qty for row in touched],
            "sites": [row.site for row in touched],
            "promised": [row.promised_at for row in touched],
        },
    )


def episode_of(payload: Mapping[str, object], at: datetime) -> TooWarm:
    """From what sensing tells: an episode that still lasts goes on until now."""
    until = payload.get("until_at")
    place, unit = payload.get("place"), payload.get("handling_unit")
    return TooWarm(
        excursion=int(str(payload["excursion"])),
        place=None if place is None else int(str(place)),
        handling_unit=None if unit is None else int(str(unit)),
        metric=str(payload["metric"]),
        limit=str(payload["limit"]),
        worst=float(str(payload["worst"])),
        begin=datetime.fromisoformat(str(payload["from_at"])),
        end=at if until is None else datetime.fromisoformat(str(until)),
    )
