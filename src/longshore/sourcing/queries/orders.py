"""Purchase orders, their lines and what came, as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from longshore.planning.reading import listed, rows

ORDERS = """
SELECT o.id, o.number, o.supplier_id, v.code, v.name, v.name_zh, o.site_id, s.code, s.name, s.name_zh, o.state,
    o.ordered_at, o.agreed_at, o.expected_at, o.received_at, o.value, o.actor, o.cause, n.lines, n.qty, n.received,
    n.damaged
FROM sourcing_purchaseorder o
JOIN catalog_partner v ON v.id = o.supplier_id
JOIN catalog_place s ON s.id = o.site_id
JOIN LATERAL (
    SELECT COUNT(*)::int AS lines, SUM(l.qty)::bigint AS qty, SUM(l.received)::bigint AS received,
        SUM(l.damaged)::bigint AS damaged
    FROM sourcing_purchaseorderline l WHERE l.order_id = o.id
) n ON true
WHERE (%(states)s::text[] IS NULL OR o.state = ANY(%(states)s))
    AND (%(number)s::text IS NULL OR o.number = %(number)s)
    AND (%(site)s::bigint IS NULL OR o.site_id = %(site)s)
    AND (%(supplier)s::bigint IS NULL OR o.supplier_id = %(supplier)s)
    AND (%(late_at)s::timestamptz IS NULL
        OR (o.state IN ('sent', 'confirmed', 'part_received')
            AND (o.expected_at < %(late_at)s OR o.expected_at > o.agreed_at OR EXISTS (
                SELECT FROM sourcing_purchaseorderline l JOIN ledger_plannedflow f ON f.id = l.flow_id
                WHERE l.order_id = o.id AND l.closed_at IS NULL AND f.arrive_at > l.agreed_at))))
ORDER BY o.state IN ('received', 'cancelled'), o.expected_at, o.id
LIMIT %(limit)s OFFSET %(offset)s
"""
LINES = """
SELECT l.id, l.order_id, o.number, l.line, l.item_id, i.code, i.name, i.name_zh, u.code, i.lot_tracked,
    i.shelf_life_days, l.ordered, l.qty, l.unit_price, l.received, l.damaged, l.closed_at, f.arrive_at, f.claimed,
    l.flow_id, o.site_id, o.supplier_id, p.id, COALESCE(l.agreed_at, o.agreed_at)
FROM sourcing_purchaseorderline l
JOIN sourcing_purchaseorder o ON o.id = l.order_id
JOIN catalog_item i ON i.id = l.item_id
JOIN catalog_unitofmeasure u ON u.id = i.base_unit_id
JOIN ledger_plannedflow f ON f.id = l.flow_id
LEFT JOIN planning_proposal p ON p.flow_id = l.flow_id
WHERE (%(order)s::bigint IS NULL OR l.order_id = %(order)s)
    AND (%(site)s::bigint IS NULL OR o.site_id = %(site)s)
    AND (%(item)s::bigint IS NULL OR l.item_id = %(item)s)
    AND (%(until)s::timestamptz IS NULL OR (l.closed_at IS NULL AND f.arrive_at <= %(until)s))
ORDER BY f.arrive_at, l.order_id, l.line
LIMIT %(limit)s
"""
RECEIPTS = """
SELECT r.id, r.key, r.line_id, o.id, o.number, i.id, i.code, i.name, i.name_zh, COALESCE(t.code, ''), t.expires_on,
    r.qty, r.damaged, r.over, r.at, r.stored_at, r.dock_id, d.code, o.site_id, r.actor
FROM sourcing_receipt r
JOIN sourcing_purchaseorderline l ON l.id = r.line_id
JOIN sourcing_purchaseorder o ON o.id = l.order_id
JOIN catalog_item i ON i.id = l.item_id
JOIN catalog_place d ON d.id = r.dock_id
LEFT JOIN catalog_lot t ON t.id = r.lot_id
WHERE (%(order)s::bigint IS NULL OR o.id = %(order)s)
    AND (%(site)s::bigint IS NULL OR o.site_id = %(site)s)
    AND (NOT %(waiting)s OR r.stored_at IS NULL)
    AND (%(ids)s::bigint[] IS NULL OR r.id = ANY(%(ids)s))
ORDER BY r.at, r.id
LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class OrderRow:
    id: int
    number: str
    supplier: int
    supplier_code: str
    supplier_name: str
    supplier_name_zh: str
    site: int
    site_code: str
    site_name: str
    site_name_zh: str
    state: str
    ordered_at: datetime
    agreed_at: datetime
    expected_at: datetime
    received_at: datetime | None
    value: int
    actor: str
    cause: str
    lines: int
    qty: int
    received: int
    damaged: int

    @property
    def is_open(self) -> bool:
        return self.state in ("sent", "confirmed", "part_received")

    def late_minutes(self, at: datetime) -> int:
        """How long after the agreed date it came, is expected, or by now is; 0 or less: on time."""
        until = self.received_at or max(self.expected_at, at)
        return int((until - self.agreed_at).total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class LineRow:
    """`claimed`: how much of what is still to come is promised to somebody. `proposal` is where the line comes from."""

    id: int
    order: int
    number: str
    line: int
    item: int
    item_code: str
    item_name: str
    item_name_zh: str
    unit: str
    lot_tracked: bool
    shelf_life_days: int | None
    ordered: int
    qty: int
    unit_price: int
    received: int
    damaged: int
    closed_at: datetime | None
    expected_at: datetime
    claimed: int
    flow: int
    site: int
    supplier: int
    proposal: int | None
    agreed_at: datetime

    @property
    def to_come(self) -> int:
        return 0 if self.closed_at is not None else self.qty - self.received


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    id: int
    key: object
    line: int
    order: int
    number: str
    item: int
    item_code: str
    item_name: str
    item_name_zh: str
    lot_code: str
    expires_on: date | None
    qty: int
    damaged: int
    over: int
    at: datetime
    stored_at: datetime | None
    dock: int
    dock_code: str
    site: int
    actor: str


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which purchase orders; None: all. `late_at`: open ones past their date then, or of which
    something is expected after the day agreed for it."""

    states: tuple[str, ...] | None = None
    number: str | None = None
    site: int | None = None
    supplier: int | None = None
    late_at: datetime | None = None


EVERY_ORDER = OrderFilter()


def orders(wanted: OrderFilter = EVERY_ORDER, *, limit: int = 200, offset: int = 0) -> tuple[OrderRow, ...]:
    """Open ones first, the soonest expected first."""
    asked = {
        "states": None if wanted.states is None else list(wanted.states),
        "number": wanted.number,
        "site": wanted.site,
        "supplier": wanted.supplier,
        "late_at": wanted.late_at,
        "limit": limit,
        "offset": offset,
    }
    return tuple(OrderRow(*row) for row in rows(ORDERS, asked))


def order_by_number(number: str) -> OrderRow | None:
    found = orders(OrderFilter(number=number), limit=1)
    return found[0] if found else None


def late_orders(*, at: datetime) -> tuple[OrderRow, ...]:
    return orders(OrderFilter(late_at=at), limit=1000)


def lines_of(order: int) -> tuple[LineRow, ...]:
    return _lines(order=order)


def lines_due(*, site: int | None, until: datetime, item: int | None = None) -> tuple[LineRow, ...]:
    """Open lines that should be here by then, the earliest first: what the dock expects."""
    return _lines(site=site, until=until, item=item)


def _lines(
    *, order: int | None = None, site: int | None = None, item: int | None = None, until: datetime | None = None
) -> tuple[LineRow, ...]:
    asked = {"order": order, "site": site, "item": item, "until": until, "limit": 5000}
    return tuple(LineRow(*row) for row in rows(LINES, asked))


def receipts_of(order: int) -> tuple[ReceiptRow, ...]:
    return _receipts(order=order)


def receipts_by_id(ids: Sequence[int]) -> tuple[ReceiptRow, ...]:
    return _receipts(ids=ids)


def waiting_for_put_away(site: int | None = None) -> tuple[ReceiptRow, ...]:
    """Receipts whose goods still stand on their dock, the longest waiting first."""
    return _receipts(site=site, waiting=True)


def _receipts(
    *,
    order: int | None = None,
    site: int | None = None,
    waiting: bool = False,
    ids: Sequence[int] | None = None,
) -> tuple[ReceiptRow, ...]:
    asked = {"order": order, "site": site, "waiting": waiting, "ids": listed(ids), "limit": 5000}
    return tuple(ReceiptRow(*row) for row in rows(RECEIPTS, asked))
