"""What a wave may release, and the lots it may choose among."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from longshore.storing.queries.rows import fetch


class ReleasableRow(NamedTuple):
    """A soft claim of an order line or a transfer on stock at the site."""

    claim: int
    demand: str
    order: int | None
    ship_complete: bool
    item: int
    balance: int
    qty: int
    priority: int
    ship_at: datetime
    due_on: date
    min_remaining_days: int
    expires_on: date | None


_RELEASABLE = """
SELECT c.id, c.demand, l.order_id, coalesce(o.ship_complete, false), c.item_id, c.balance_id, c.qty - c.consumed,
    c.priority, c.ship_at, (c.due_at AT TIME ZONE 'UTC')::date, i.min_remaining_days, lot.expires_on
FROM ledger_claim c
JOIN ledger_balance b ON b.id = c.balance_id
JOIN catalog_place p ON p.id = b.place_id
JOIN catalog_item i ON i.id = c.item_id
LEFT JOIN catalog_lot lot ON lot.id = b.lot_id
LEFT JOIN ordering_orderline l
    ON l.id = CASE WHEN c.demand LIKE 'order-line:%%' THEN substr(c.demand, 12)::bigint END
LEFT JOIN ordering_customerorder o ON o.id = l.order_id
WHERE c.state = 'open' AND NOT c.hard AND p.site_id = %(site)s AND p.usage IN ('storage', 'receiving')
    AND {which}
ORDER BY c.priority, c.ship_at, c.id
"""
_DUE = "c.ship_at <= %(ship_before)s AND (l.id IS NOT NULL OR c.demand LIKE 'transfer:%%')"
_NAMED = "o.id = ANY(%(orders)s)"


def releasable(*, site: int, ship_before: datetime, order_ids: Sequence[int] | None) -> list[ReleasableRow]:
    """Claims on stock here, most urgent first: of these orders whenever they ship, else of all that ship by then."""
    which = _DUE if order_ids is None else _NAMED
    parameters = {"site": site, "ship_before": ship_before, "orders": list(order_ids or ())}
    return fetch(ReleasableRow, _RELEASABLE.format(which=which), parameters)


class _Order(NamedTuple):
    order: int


_INCOMPLETE = """
SELECT l.order_id FROM ordering_orderline l
LEFT JOIN ledger_claim c ON c.demand = 'order-line:' || l.id AND c.state = 'open' AND c.balance_id IS NOT NULL
WHERE l.order_id = ANY(%(orders)s)
GROUP BY l.order_id, l.id HAVING coalesce(sum(c.qty - c.consumed), 0) < l.qty - l.cancelled - l.delivered
"""


def not_all_in_stock(order_ids: Sequence[int]) -> set[int]:
    """Of these orders, those with a line that is not wholly claimed on stock."""
    return {row.order for row in fetch(_Order, _INCOMPLETE, {"orders": list(order_ids)})} if order_ids else set()


class AwaitedRow(NamedTuple):
    demand: str
    qty: int
    ready_at: datetime


_AWAITED = """
SELECT c.demand, c.qty - c.consumed, f.arrive_at FROM ledger_claim c
JOIN ledger_plannedflow f ON f.id = c.flow_id
LEFT JOIN ordering_orderline l ON l.id = CASE WHEN c.demand LIKE 'order-line:%%' THEN substr(c.demand, 12)::bigint END
WHERE c.state = 'open' AND c.site_id = %(site)s AND c.ship_at <= %(ship_before)s
    AND (%(orders)s::bigint[] IS NULL OR l.order_id = ANY(%(orders)s))
ORDER BY c.id
"""


def awaited(*, site: int, ship_before: datetime, order_ids: Sequence[int] | None) -> list[AwaitedRow]:
    """Demands that should leave by then, but whose goods have not come yet."""
    orders = None if order_ids is None else list(order_ids)
    return fetch(AwaitedRow, _AWAITED, {"site": site, "ship_before": ship_before, "orders": orders})


class _Balance(NamedTuple):
    balance: int


_OF_ITEMS = """
SELECT b.id FROM ledger_balance b JOIN catalog_place p ON p.id = b.place_id
WHERE b.item_id = ANY(%(items)s) AND p.site_id = %(site)s AND p.usage IN ('storage', 'receiving')
    AND b.condition = 0 AND b.qty > 0 AND b.lot_id IS NOT NULL
ORDER BY b.id
"""


def lot_balances(*, site: int, items: Sequence[int]) -> list[int]:
    """Balances with a lot among which these items' lots may be chosen again."""
    return [row.balance for row in fetch(_Balance, _OF_ITEMS, {"site": site, "items": list(items)})]


class LotStock(NamedTuple):
    balance: int
    item: int
    free: int
    expires_on: date | None
    pick_rank: int


_LOTS = """
SELECT b.id, b.item_id, b.qty - b.claimed, lot.expires_on, p.pick_rank
FROM ledger_balance b JOIN catalog_place p ON p.id = b.place_id JOIN catalog_lot lot ON lot.id = b.lot_id
WHERE b.id = ANY(%(balances)s) ORDER BY b.id
"""


def lot_stock(balance_ids: Sequence[int]) -> list[LotStock]:
    """What is free of each of these balances; read it under their locks."""
    return fetch(LotStock, _LOTS, {"balances": list(balance_ids)})
