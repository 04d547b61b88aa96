"""Supply and demand of an item over its sites, as the network plan has them: what is wanted, drawn, coming, planned, left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from longshore.engine.replenishing.network.columns import UNMET_NAMES, WHY_NAMES
from longshore.planning import rules
from longshore.planning.queries.network_facts import Keys, everywhere, facts_of
from longshore.planning.queries.network_writing import KIND, SOURCE, ZONE
from longshore.planning.reading import rows

Integers = NDArray[np.int64]

# What planned orders take from the item: moved to another site, made into another item, taken as surplus.
DRAWN: Final = """
SELECT o.source, o.order_on - %(today)s::date, o.qty FROM planning_plannedorder o WHERE o.item_id = %(item)s AND o.kind = 1
UNION ALL
SELECT o.source / 2, o.order_on - %(today)s::date, o.qty FROM planning_plannedorder o
WHERE o.item_id = %(item)s AND o.kind = 3 AND o.source %% 2 = 0
UNION ALL
SELECT o.site_id, o.order_on - %(today)s::date,
    ceil(o.qty * b.numerator * 10000.0 / (b.denominator * (10000 - b.scrap_bp)))::bigint
FROM catalog_billline b JOIN planning_plannedorder o ON o.item_id = b.item_id AND o.kind = 2
WHERE b.component_id = %(item)s
UNION ALL
SELECT o.site_id, o.order_on - %(today)s::date, ceil(o.qty * s.numerator::numeric / s.denominator)::bigint
FROM catalog_substitute s
JOIN planning_plannedorder o ON o.item_id = s.item_id AND o.kind = 3 AND o.source = s.substitute_id * 2 + 1
WHERE s.substitute_id = %(item)s
"""
ORDERS: Final = f"""
SELECT o.id, o.item_id, i.code, o.site_id, p.code, {KIND.format(o="o")}, {SOURCE.format(kind="o.kind", source="o.source")},
    COALESCE(v.name, q.name, ''), COALESCE(v.name_zh, q.name_zh, ''), o.qty, o.order_on, o.due_on, o.need_on, o.lack, o.flip,
    o.why, o.price_milli
FROM planning_plannedorder o
JOIN catalog_item i ON i.id = o.item_id
JOIN catalog_place p ON p.id = o.site_id
LEFT JOIN catalog_partner v ON o.kind = 0 AND o.source %% 2 = 0 AND v.id = o.source / 2
LEFT JOIN catalog_place q ON q.id = CASE WHEN o.kind = 1 THEN o.source
    WHEN o.kind <> 2 AND (o.kind = 3) = (o.source %% 2 = 0) THEN o.source / 2 END
WHERE o.item_id = %(item)s AND (%(site)s::bigint IS NULL OR o.site_id = %(site)s)
ORDER BY o.order_on, o.site_id, o.id LIMIT %(limit)s
"""
SHORT: Final = """
SELECT s.item_id, i.code, i.name, i.name_zh, s.site_id, p.code, p.name, p.name_zh, s.day, s.qty, s.why
FROM planning_shortage s JOIN catalog_item i ON i.id = s.item_id JOIN catalog_place p ON p.id = s.site_id
ORDER BY s.day, s.qty DESC, s.id LIMIT %(limit)s
"""
SITES: Final = "SELECT id, code, name, name_zh FROM catalog_place WHERE id = ANY(%(sites)s) ORDER BY code"


@dataclass(frozen=True, slots=True)
class GridSite:
    """One site: quantities by period. `arriving` is firm, `planned` what the plan lets arrive, `sent` what it orders;
    `stock` is what is left at the end of each period, below zero where something is owed; goods that spoil are not
    taken out here."""

    site: int
    code: str
    name: str
    name_zh: str
    on_hand: int
    safety: int
    wanted: tuple[int, ...]
    drawn: tuple[int, ...]
    arriving: tuple[int, ...]
    planned: tuple[int, ...]
    sent: tuple[int, ...]
    stock: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SupplyGrid:
    item: int
    starts: tuple[date, ...]
    sites: tuple[GridSite, ...]


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """An order of the plan with its reason: needed on a day for `lack` units; needless with `flip` more on hand."""

    id: int
    item: int
    item_code: str
    site: int
    site_code: str
    kind: str
    source: str
    source_name: str
    source_name_zh: str
    qty: int
    order_on: date
    due_on: date
    need_on: date
    lack: int
    flip: int
    why_bits: int
    price_milli: int

    @property
    def why(self) -> tuple[str, ...]:
        return tuple(name for n, name in enumerate(WHY_NAMES) if self.why_bits >> n & 1)


@dataclass(frozen=True, slots=True)
class ShortRow:
    item: int
    item_code: str
    name: str
    name_zh: str
    site: int
    site_code: str
    site_name: str
    site_name_zh: str
    day: date
    qty: int
    why_code: int

    @property
    def why(self) -> str:
        return UNMET_NAMES[self.why_code]


def supply_grid(item: int, *, at: datetime, days: int = 84, period: int = 7) -> SupplyGrid:
    """Supply and demand of an item over the sites where it is planned by network, in periods of days."""
    zone = rows(ZONE, {})
    today = rules.local_day(at, zone[0][0] if zone else "UTC")
    facts = facts_of(today=today, days=days, scope=everywhere([item]), keep=False)
    keys = Keys(facts.nodes["item"], facts.nodes["site"])
    count = len(facts.nodes["item"])
    stock = np.zeros(count, dtype=np.int64)
    _add(stock[:, None], keys.of(facts.stock["item"], facts.stock["site"]), facts.stock["day"] * 0, facts.stock["qty"])
    arriving, drawn, planned, sent = (np.zeros((count, days), dtype=np.int64) for _ in range(4))
    _add(arriving, keys.of(facts.coming["item"], facts.coming["site"]), facts.coming["day"], facts.coming["qty"])
    taken = np.array(rows(DRAWN, {"item": item, "today": today}), dtype=np.int64).reshape(-1, 3)
    _add(drawn, keys.of(np.full(len(taken), item), taken[:, 0]), taken[:, 1], taken[:, 2])
    told = rows(_MINE, {"item": item, "today": today})
    orders = np.array(told, dtype=np.int64).reshape(-1, 4)
    node = keys.of(np.full(len(orders), item), orders[:, 0])
    _add(sent, node, orders[:, 1], orders[:, 3])
    _add(planned, node, orders[:, 2], orders[:, 3])
    left = stock[:, None] + np.cumsum(arriving + planned - drawn - facts.demand, axis=1)
    named = {row[0]: row for row in rows(SITES, {"sites": facts.nodes["site"].tolist()})}
    sites = [
        GridSite(
            site=site,
            code=named[site][1],
            name=named[site][2],
            name_zh=named[site][3],
            on_hand=int(stock[n]),
            safety=int(facts.nodes["safety"][n]),
            wanted=_summed(facts.demand[n], period),
            drawn=_summed(drawn[n], period),
            arriving=_summed(arriving[n], period),
            planned=_summed(planned[n], period),
            sent=_summed(sent[n], period),
            stock=tuple(int(left[n, min(start + period, days) - 1]) for start in range(0, days, period)),
        )
        for n, site in enumerate(facts.nodes["site"].tolist())
    ]
    starts = tuple(today + timedelta(days=start) for start in range(0, days, period))
    return SupplyGrid(item, starts, tuple(sorted(sites, key=lambda each: each.code)))


_MINE: Final = """
SELECT o.site_id, o.order_on - %(today)s::date, o.due_on - %(today)s::date, o.qty
FROM planning_plannedorder o WHERE o.item_id = %(item)s
"""


def _add(into: Integers, node: Integers, day: Integers, qty: Integers) -> None:
    inside = (node >= 0) & (day >= 0) & (day < into.shape[1])
    np.add.at(into, (node[inside], day[inside]), qty[inside])


def _summed(values: Integers, period: int) -> tuple[int, ...]:
    return tuple(int(values[start : start + period].sum()) for start in range(0, len(values), period))


def planned_orders(item: int, *, site: int | None = None, limit: int = 500) -> tuple[PlannedRow, ...]:
    """The orders of the plan for an item, the earliest first."""
    return tuple(PlannedRow(*row) for row in rows(ORDERS, {"item": item, "site": site, "limit": limit}))


def shortages(*, limit: int = 200) -> tuple[ShortRow, ...]:
    """What nobody can bring within the days planned, the earliest first."""
    return tuple(ShortRow(*row) for row in rows(SHORT, {"limit": limit}))


def last_run() -> dict[str, Any] | None:
    """When the whole network was planned last, for how many days, with how many orders."""
    found = rows(RUN, {})
    return dict(zip(("made_at", "days", "nodes", "orders", "shortages"), found[0], strict=True)) if found else None


RUN: Final = "SELECT made_at, days, nodes, orders, shortages FROM planning_networkrun ORDER BY id DESC LIMIT 1"
