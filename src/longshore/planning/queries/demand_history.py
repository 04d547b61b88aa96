"""Demand by item, place, channel and customer, from order lines at the day they are wanted by; opened to its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from longshore.planning import demand_rules, rules
from longshore.planning.queries.attribution import SITE_OF_ORDER
from longshore.planning.queries.hierarchy import Leaf, Node, leaves
from longshore.planning.reading import rows

BACKWARD_DAYS, FORWARD_DAYS = 3, 3
MOST_ROWS = 500
# An order belongs to the day it is wanted by (or was received), in the calendar of the site that is asked.
LINES = f"""
lines AS (
    SELECT l.id, l.item_id, a.site_id, a.order_id, o.number, o.channel, o.customer_id, l.qty, l.cancelled, l.delivered,
        l.returned, l.unit_price, a.state,
        (CASE WHEN %(by)s = 'received' THEN o.received_at ELSE o.requested_at END AT TIME ZONE a.timezone)::date AS day
    FROM ({SITE_OF_ORDER}
        WHERE (CASE WHEN %(by)s = 'received' THEN o.received_at ELSE o.requested_at END) >= %(since)s::date - 1
            AND (CASE WHEN %(by)s = 'received' THEN o.received_at ELSE o.requested_at END) < %(till)s::date + 2) a
    JOIN ordering_customerorder o ON o.id = a.order_id
    JOIN ordering_orderline l ON l.order_id = a.order_id
    JOIN catalog_item i ON i.id = l.item_id
    LEFT JOIN planning_planregion r ON r.site_id = a.site_id
    WHERE (%(item)s::bigint IS NULL OR l.item_id = %(item)s) AND (%(family)s = '' OR i.family = %(family)s)
        AND (%(site)s::bigint IS NULL OR a.site_id = %(site)s) AND (%(region)s = '' OR r.code = %(region)s)
        AND (%(channel)s = '' OR o.channel = %(channel)s)
        AND (%(customer)s::bigint IS NULL OR o.customer_id = %(customer)s)
)
"""
# What was taken over from elsewhere: before the first order there ever was, and items that have none.
DAYS = f"""
WITH {LINES},
started AS (SELECT MIN(received_at) AS at FROM ordering_customerorder),
every AS (
    SELECT day, qty - cancelled AS qty, cancelled, returned, 1 AS lines FROM lines
    UNION ALL
    SELECT d.day, d.qty, 0, 0, d.lines
    FROM planning_demandday d
    JOIN catalog_item i ON i.id = d.item_id
    JOIN catalog_place s ON s.id = d.site_id
    LEFT JOIN planning_planregion r ON r.site_id = d.site_id
    CROSS JOIN started
    WHERE %(channel)s = '' AND %(customer)s::bigint IS NULL
        AND (started.at IS NULL OR d.day < (started.at AT TIME ZONE s.timezone)::date
            OR NOT EXISTS (SELECT FROM ordering_orderline x WHERE x.item_id = d.item_id))
        AND (%(item)s::bigint IS NULL OR d.item_id = %(item)s) AND (%(family)s = '' OR i.family = %(family)s)
        AND (%(site)s::bigint IS NULL OR d.site_id = %(site)s) AND (%(region)s = '' OR r.code = %(region)s)
)
SELECT day, SUM(qty)::bigint, SUM(cancelled)::bigint, SUM(returned)::bigint, SUM(lines)::bigint
FROM every WHERE day >= %(since)s AND day <= %(till)s GROUP BY 1 ORDER BY 1
"""
WHO = f"""
WITH {LINES}
SELECT l.channel, l.customer_id, c.code, c.name, c.name_zh, SUM(l.qty - l.cancelled)::bigint, SUM(l.cancelled)::bigint,
    SUM(l.returned)::bigint, COUNT(*)::bigint
FROM lines l JOIN catalog_partner c ON c.id = l.customer_id
WHERE l.day >= %(since)s AND l.day <= %(till)s
GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 DESC, 3, 1 LIMIT {MOST_ROWS}
"""
OPENED = f"""
WITH {LINES}
SELECT l.number, l.day, l.channel, c.name, c.name_zh, i.code, i.name, i.name_zh, l.qty, l.cancelled, l.returned,
    l.unit_price
FROM lines l JOIN catalog_partner c ON c.id = l.customer_id JOIN catalog_item i ON i.id = l.item_id
WHERE l.day >= %(since)s AND l.day <= %(till)s ORDER BY l.day DESC, l.number DESC, l.id LIMIT {MOST_ROWS}
"""
OPEN_ORDERS = f"""
WITH {LINES}
SELECT l.item_id, l.site_id, greatest(l.day, %(since)s), SUM(l.qty - l.cancelled - l.delivered)::bigint
FROM lines l WHERE l.state NOT IN ('delivered', 'cancelled') AND l.qty > l.cancelled + l.delivered
    AND l.day <= %(till)s
GROUP BY 1, 2, 3
"""
MARKS = """
SELECT m.id, m.item_id, m.site_id, i.code, i.name, i.name_zh, s.name, s.name_zh, m.day, m.kind, m.qty, m.counts_as,
    m.facts, m.note, m.actor, m.made_at
FROM planning_demandmark m
JOIN catalog_item i ON i.id = m.item_id JOIN catalog_place s ON s.id = m.site_id
LEFT JOIN planning_planregion r ON r.site_id = m.site_id
WHERE m.day >= %(since)s AND m.day <= %(till)s
    AND (%(item)s::bigint IS NULL OR m.item_id = %(item)s) AND (%(family)s = '' OR i.family = %(family)s)
    AND (%(site)s::bigint IS NULL OR m.site_id = %(site)s) AND (%(region)s = '' OR r.code = %(region)s)
ORDER BY m.day DESC, m.id LIMIT 200
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """`by`: requested (the day goods are wanted by) or received (the day the order came)."""

    node: Node
    since: date
    till: date
    by: str = "requested"
    channel: str = ""
    customer: int | None = None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    day: date
    qty: int
    cancelled: int
    returned: int
    lines: int


@dataclass(frozen=True, slots=True)
class WhoRow:
    channel: str
    customer: int
    code: str
    name: str
    name_zh: str
    qty: int
    cancelled: int
    returned: int
    lines: int


@dataclass(frozen=True, slots=True)
class OpenedRow:
    number: str
    day: date
    channel: str
    customer_name: str
    customer_name_zh: str
    item_code: str
    name: str
    name_zh: str
    qty: int
    cancelled: int
    returned: int
    unit_price: int


@dataclass(frozen=True, slots=True)
class MarkRow:
    id: int
    item: int
    site: int
    code: str
    name: str
    name_zh: str
    site_name: str
    site_name_zh: str
    day: date
    kind: str
    qty: int
    counts_as: int
    facts: dict[str, Any]
    note: str
    actor: str
    made_at: Any


@dataclass(frozen=True, slots=True)
class ConsumedDay:
    """Thousandths: what was expected, what is ordered already, what of the forecast is still to come, and what of the
    orders nobody expected."""

    day: date
    expected: int
    ordered: int
    left: int
    unexpected: int


def _parameters(asked: Asked) -> dict[str, Any]:
    node = asked.node
    return {
        "item": node.item, "family": node.family, "site": node.site, "region": node.region, "since": asked.since,
        "till": asked.till, "by": asked.by, "channel": asked.channel, "customer": asked.customer,
    }  # fmt: skip


def wanted_by_day(asked: Asked) -> tuple[HistoryRow, ...]:
    return tuple(HistoryRow(*row) for row in rows(DAYS, _parameters(asked)))


def wanted_by_whom(asked: Asked) -> tuple[WhoRow, ...]:
    """Who wanted it, by channel and customer, the most first."""
    return tuple(WhoRow(*row) for row in rows(WHO, _parameters(asked)))


def lines_of(asked: Asked) -> tuple[OpenedRow, ...]:
    """The order lines behind a number, latest first."""
    return tuple(OpenedRow(*row) for row in rows(OPENED, _parameters(asked)))


def marks_of(node: Node, since: date, till: date) -> tuple[MarkRow, ...]:
    return tuple(MarkRow(*row) for row in rows(MARKS, _parameters(Asked(node, since, till))))


def consumption(
    node: Node, today: date, *, backward: int = BACKWARD_DAYS, forward: int = FORWARD_DAYS
) -> tuple[ConsumedDay, ...]:
    """How open orders use up the forecast, leaf by leaf, summed: days from today, nearest days of the window first."""
    found = leaves(node)
    if not found:
        return ()
    days = max(len(leaf.daily) for leaf in found)
    row_of = {(leaf.item, leaf.site): n for n, leaf in enumerate(found)}
    expected = np.array([_from(leaf, today, days) for leaf in found], dtype=np.int64)
    orders = np.zeros_like(expected)
    asked = Asked(node, today - timedelta(days=90), today + timedelta(days=days - 1))
    for item, site, day, qty in rows(OPEN_ORDERS, _parameters(asked)):
        row = row_of.get((item, site))
        if row is not None:
            place = (day - today).days  # what should have gone already counts today
            orders[row, place if place > 0 else 0] += qty * 1000
    left, unexpected = demand_rules.consume(expected, orders, backward=backward, forward=forward)
    sums = [matrix.sum(axis=0).tolist() for matrix in (expected, orders, left, unexpected)]
    return tuple(ConsumedDay(today + timedelta(days=n), *(column[n] for column in sums)) for n in range(days))


def _from(leaf: Leaf, today: date, days: int) -> list[int]:
    gone = (today - leaf.starts_on).days
    rest = list(leaf.daily[gone:]) if gone > 0 else list(leaf.daily)
    week = rest[-rules.SEASON_DAYS :] or [0]
    return [*rest, *(week[n % len(week)] for n in range(days - len(rest)))][:days]
