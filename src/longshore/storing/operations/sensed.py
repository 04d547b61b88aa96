"""What shelves and readers see against what the books say: posted if small, counted by a person if not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from django.conf import settings
from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.operations import Counted, Key, count_stock
from longshore.sensing.rules.barcodes import BadCode, read_code
from longshore.storing.count_rules import CountPolicy, Follow, follow
from longshore.storing.models import CountTask
from longshore.storing.operations.counting import ask_for_counts
from longshore.storing.queries.rows import fetch
from longshore.storing.rules import key_of

_STANDING: Final = """
SELECT b.item_id, b.place_id, b.owner_id, b.lot_id, b.condition, b.handling_unit_id, b.serial_id, b.qty, i.unit_cost
FROM ledger_balance b JOIN catalog_item i ON i.id = b.item_id
WHERE b.place_id = ANY(%(places)s) AND b.bounded AND b.qty > 0 ORDER BY b.id
"""
_COSTS: Final = "SELECT id, unit_cost FROM catalog_item WHERE id = ANY(%(items)s)"
_BY_GTIN: Final = "SELECT lpad(gtin, 14, '0'), id FROM catalog_item WHERE lpad(gtin, 14, '0') = ANY(%(gtins)s)"


_OVERTAKEN: Final = """
SELECT k.place, k.item, k.at FROM unnest(%(places)s::bigint[], %(items)s::bigint[], %(ats)s::timestamptz[])
    AS k(place, item, at)
WHERE EXISTS (SELECT 1 FROM ledger_observation o JOIN ledger_balance b ON b.id = o.balance_id
    WHERE o.place_id = k.place AND b.item_id = k.item AND o.kind = 'count' AND o.happened_at > k.at)
"""


class _Old(NamedTuple):
    place: int
    item: int
    at: datetime


class _Standing(NamedTuple):
    item: int
    place: int
    owner: int
    lot: int | None
    condition: int
    handling_unit: int | None
    serial: int | None
    qty: int
    unit_cost: int


class _Cost(NamedTuple):
    item: int
    unit_cost: int


class _Gtin(NamedTuple):
    gtin: str
    item: int


@dataclass(frozen=True, slots=True)
class Level:
    """A sensor saw `qty` base units of an item at a place."""

    place: int
    item: int
    qty: int
    at: datetime


@dataclass(frozen=True, slots=True)
class SensedReceipt:
    """`adjusted`: (place, item) whose difference was posted; `recounts`: those a person should count."""

    adjusted: tuple[tuple[int, int], ...]
    recounts: tuple[tuple[int, int], ...]


def policy_of_settings() -> CountPolicy:
    return CountPolicy(settings.LONGSHORE_COUNT_PERCENT, settings.LONGSHORE_COUNT_VALUE)


@retried
@transaction.atomic
def settle_levels(levels: Sequence[Level], *, policy: CountPolicy, at: datetime, cause: Cause) -> SensedReceipt:
    """A difference is an observation; whether it becomes a movement or a count is the policy's choice. One that stands
    on several lots, packages or conditions is always counted: a sensor cannot tell them apart."""
    levels = _newest(levels)
    standing = fetch(_Standing, _STANDING, {"places": [level.place for level in levels]})
    costs = {row.item: row.unit_cost for row in fetch(_Cost, _COSTS, {"items": [level.item for level in levels]})}
    counts: list[Counted] = []
    adjusted: list[tuple[int, int]] = []
    recounts: list[tuple[int, int]] = []
    for level in levels:
        rows = [row for row in standing if (row.place, row.item) == (level.place, level.item)]
        found = follow(sum(row.qty for row in rows), level.qty, costs[level.item], policy)
        if found is Follow.ADJUST and len(rows) == 1:
            counts.append(_counted(level, rows[0]))
            adjusted.append((level.place, level.item))
        elif found is not Follow.NOTHING:
            recounts.append((level.place, level.item))
    count_stock(counts, at=at, cause=cause)
    tasks = CountTask.objects.filter(done_at__isnull=True, place_id__in=[place for place, _item in recounts])
    waiting: set[tuple[int, int | None]] = set(tasks.values_list("place_id", "item_id"))
    fresh = [(place, item) for place, item in recounts if not waiting & {(place, item), (place, None)}]
    ask_for_counts(fresh, at=at, cause=cause, recount=True)
    return SensedReceipt(tuple(adjusted), tuple(fresh))


def _newest(levels: Sequence[Level]) -> list[Level]:
    """Without those of which a newer one was posted: the newer one has the older difference in it."""
    asked = {
        "places": [level.place for level in levels],
        "items": [level.item for level in levels],
        "ats": [level.at for level in levels],
    }
    old = {(row.place, row.item, row.at) for row in fetch(_Old, _OVERTAKEN, asked)}
    return [level for level in levels if (level.place, level.item, level.at) not in old]


def _counted(level: Level, row: _Standing) -> Counted:
    where = Key(row.item, row.place, row.owner, row.lot, row.condition, row.handling_unit, row.serial)
    return Counted(key_of("level", level.place, level.item, level.at.isoformat()), where, level.qty, level.at)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Tags a reader saw when it swept a place, each once; `key` is the sweep's own."""

    key: str
    place: int
    seen: tuple[str, ...]
    at: datetime


def settle_sweep(sweep: Sweep, *, policy: CountPolicy, at: datetime, cause: Cause) -> SensedReceipt:
    """Tags that carry an item's number are counted by item; every item the books have there is compared."""
    counted = _items(_gtins(sweep))
    books = {row.item for row in fetch(_Standing, _STANDING, {"places": [sweep.place]})}
    levels = [Level(sweep.place, item, counted.get(item, 0), sweep.at) for item in sorted(books | set(counted))]
    return settle_levels(levels, policy=policy, at=at, cause=cause)


def _gtins(sweep: Sweep) -> dict[str, int]:
    """How many tags carry which item number; a tag that is not ours to read counts for nothing."""
    counts: dict[str, int] = {}
    for code in sweep.seen:
        try:
            gtin = read_code(code, year=sweep.at.year).gtin
        except BadCode:
            continue
        if gtin:
            counts[gtin.zfill(14)] = counts.get(gtin.zfill(14), 0) + 1
    return counts


def _items(gtins: Mapping[str, int]) -> dict[int, int]:
    known = {row.gtin: row.item for row in fetch(_Gtin, _BY_GTIN, {"gtins": list(gtins)})}
    return {known[gtin]: count for gtin, count in gtins.items() if gtin in known}
