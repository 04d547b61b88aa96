"""Which dock is booked when and for what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from longshore.storing.dock_rules import DockWish
from longshore.storing.queries.rows import fetch


class DockRow(NamedTuple):
    """`late`: it was wanted at another time once."""

    document: str
    dock: int
    dock_code: str
    inbound: bool
    what: str
    href: str
    wanted_at: datetime
    from_at: datetime
    until_at: datetime
    moved: int


# What a document is called and where it is looked at; trips are a higher app's, so they are found by name only.
_BOOKINGS = """
SELECT b.document, p.id, p.code, b.inbound, coalesce(o.number, b.document),
    CASE WHEN o.id IS NOT NULL THEN '/purchases/' || o.number || '/' ELSE '' END,
    b.wanted_at, b.from_at, b.until_at, b.moved
FROM storing_dockbooking b JOIN catalog_place p ON p.id = b.dock_id
LEFT JOIN sourcing_purchaseorder o ON b.document = 'purchase:' || o.id
WHERE b.site_id = %(site)s AND b.until_at > %(since)s AND b.from_at < %(until)s
ORDER BY b.from_at, p.code, b.id LIMIT 200
"""


def dock_bookings(*, site: int, at: datetime, ahead: timedelta = timedelta(hours=24)) -> list[DockRow]:
    """What stands at the docks of a site now and in the time ahead."""
    return fetch(DockRow, _BOOKINGS, {"site": site, "since": at, "until": at + ahead})


class _Expected(NamedTuple):
    order: int
    site: int
    expected_at: datetime
    temperature_class: str
    lines: int


_EXPECTED = """
SELECT o.id, o.site_id, o.expected_at, min(i.temperature_class), count(*)
FROM sourcing_purchaseorder o JOIN sourcing_purchaseorderline l ON l.order_id = o.id
JOIN catalog_item i ON i.id = l.item_id
WHERE o.id = ANY(%(orders)s) AND o.state IN ('sent', 'confirmed') GROUP BY o.id
"""
MINUTES_A_LINE, MINUTES_AT_LEAST = 5, 30


def purchases_wanting_a_dock(orders: Sequence[int]) -> list[DockWish]:
    """Purchase orders of which nothing has come yet, each with the time it is expected."""
    return [
        DockWish(
            f"purchase:{row.order}",
            row.site,
            True,
            row.expected_at,
            MINUTES_AT_LEAST + MINUTES_A_LINE * min(row.lines, 30),
            row.temperature_class,
        )
        for row in fetch(_Expected, _EXPECTED, {"orders": list(orders)})
    ]


class _Document(NamedTuple):
    document: str


# A truck that stands there is let unload; what is called off, or has all come, needs no dock to come.
_IDLE = """
SELECT b.document FROM sourcing_purchaseorder o JOIN storing_dockbooking b ON b.document = 'purchase:' || o.id
WHERE o.id = ANY(%(orders)s) AND (o.state = 'cancelled' OR (o.state = 'received' AND b.from_at > %(at)s))
"""


def purchases_without_a_truck(orders: Sequence[int], *, at: datetime) -> list[str]:
    """Bookings of those of these purchase orders for which no truck comes any more."""
    return [row.document for row in fetch(_Document, _IDLE, {"orders": list(orders), "at": at})]
