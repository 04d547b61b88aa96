"""The list of orders and one order with everything that is known of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from longshore.ledger.queries import MovementRow, movements_of_documents
from longshore.ordering.models import CustomerOrder, OrderLine, OrderState, PromiseRecord
from longshore.ordering.queries.wanted import demand_of, fetch

SORTS: Final[Mapping[str, str]] = {
    "number": "number",
    "customer": "customer__code",
    "received": "received_at",
    "requested": "requested_at",
    "promised": "promised_at",
    "priority": "priority",
    "value": "value",
    "state": "state",
}
MOST_ROWS: Final = 500


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """All conditions hold together. `search` is in the order's number, or a customer's or item's code or name."""

    states: tuple[str, ...] = ()
    search: str = ""
    customer: int | None = None
    item: int | None = None
    late: bool = False
    unpromised: bool = False
    received_from: datetime | None = None
    received_until: datetime | None = None
    requested_from: datetime | None = None
    requested_until: datetime | None = None
    sort: str = "-received"
    page: int = 1
    rows: int = 50


@dataclass(frozen=True, slots=True)
class OrderRow:
    id: int
    number: str
    customer: int
    customer_code: str
    customer_name: str
    customer_name_zh: str
    ship_to: int
    ship_to_name: str
    ship_to_name_zh: str
    channel: str
    priority: int
    ship_complete: bool
    state: str
    value: int
    received_at: datetime
    requested_at: datetime
    promised_at: datetime | None
    first_promised_at: datetime | None
    delivered_at: datetime | None
    note: str
    lines: int
    short_lines: int

    @property
    def is_late(self) -> bool:
        """Promised or delivered after the date wanted."""
        date = self.delivered_at or self.promised_at
        return date is not None and date > self.requested_at


@dataclass(frozen=True, slots=True)
class OrderPage:
    rows: tuple[OrderRow, ...]
    total: int
    page: int
    pages: int
    by_state: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class HeldRow:
    """What a line holds: stock (`place`, `lot`) or supply to come (`document`, `ready_at`)."""

    claim: int
    site: str
    qty: int
    hard: bool
    ship_at: datetime
    due_at: datetime
    place: str | None
    lot: str | None
    expires_on: date | None
    flow: int | None
    document: str | None
    ready_at: datetime | None


@dataclass(frozen=True, slots=True)
class PromiseRow:
    at: datetime
    promised_at: datetime | None
    previous_at: datetime | None
    promised_qty: int
    explanation: Mapping[str, Any]
    cause: str


@dataclass(frozen=True, slots=True)
class LineRow:
    id: int
    line: int
    item: int
    item_code: str
    item_name: str
    item_name_zh: str
    base_unit: str
    entered_qty: str
    entered_unit: str
    qty: int
    unit_price: int
    cancelled: int
    shipped: int
    delivered: int
    refused: int
    returned: int
    short: int
    promised_at: datetime | None
    first_promised_at: datetime | None
    held: tuple[HeldRow, ...] = field(default=())
    promises: tuple[PromiseRow, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class OrderDetail:
    head: OrderRow
    lines: tuple[LineRow, ...]


_HEAD = (
    "id", "number", "customer_id", "customer__code", "customer__name", "customer__name_zh", "ship_to_id",
    "ship_to__name", "ship_to__name_zh", "channel", "priority", "ship_complete", "state", "value", "received_at",
    "requested_at", "promised_at", "first_promised_at", "delivered_at", "note",
)  # fmt: skip
_LINE = (
    "id", "line", "item_id", "item__code", "item__name", "item__name_zh", "item__base_unit__code", "entered_qty",
    "entered_unit__code", "qty", "unit_price", "cancelled", "shipped", "delivered", "refused", "returned", "short",
    "promised_at", "first_promised_at",
)  # fmt: skip
HELD: Final = """
SELECT c.demand, c.id, s.code, c.qty - c.consumed, c.hard, c.ship_at, c.due_at, p.code, t.code, t.expires_on,
       f.id, f.document, f.arrive_at
FROM ledger_claim c JOIN catalog_place s ON s.id = c.site_id
LEFT JOIN ledger_balance b ON b.id = c.balance_id LEFT JOIN catalog_place p ON p.id = b.place_id
LEFT JOIN catalog_lot t ON t.id = b.lot_id LEFT JOIN ledger_plannedflow f ON f.id = c.flow_id
WHERE c.demand = ANY(%s::text[]) AND c.state = 'open' ORDER BY c.ship_at, c.id
"""


def list_orders(wanted: OrderFilter) -> OrderPage:
    """One page of orders, how many there are, and how many in each state (whatever states were asked for)."""
    matching = _matching(wanted)
    by_state = {row["state"]: row["n"] for row in matching.order_by().values("state").annotate(n=Count("id"))}
    chosen = matching.filter(state__in=wanted.states) if wanted.states else matching
    total = sum(count for state, count in by_state.items() if not wanted.states or state in wanted.states)
    size = min(wanted.rows, MOST_ROWS) if wanted.rows > 0 else MOST_ROWS
    pages = -(-total // size) or 1
    page = min(wanted.page, pages) if wanted.page > 0 else 1
    name = wanted.sort.removeprefix("-")
    column = F(SORTS.get(name, "received_at"))
    order = column.desc(nulls_last=True) if wanted.sort.startswith("-") else column.asc(nulls_last=True)
    ids = list(chosen.order_by(order, "-id").values_list("id", flat=True)[(page - 1) * size : page * size])
    return OrderPage(_rows(ids), total, page, pages, {state: by_state.get(state, 0) for state in OrderState.values})


def _matching(wanted: OrderFilter) -> QuerySet[CustomerOrder]:
    found = CustomerOrder.objects.all()
    if wanted.customer is not None:
        found = found.filter(customer_id=wanted.customer)
    if wanted.item is not None:
        found = found.filter(Exists(OrderLine.objects.filter(order=OuterRef("pk"), item_id=wanted.item)))
    if wanted.late:
        found = found.filter(Q(promised_at__gt=F("requested_at")) | Q(delivered_at__gt=F("requested_at")))
    if wanted.unpromised:
        lines = OrderLine.objects.filter(order=OuterRef("pk"), short__gt=0, qty__gt=F("cancelled") + F("delivered"))
        found = found.filter(Exists(lines))
    if wanted.search.strip():
        found = found.filter(_search(wanted.search.strip()))
    spans = {
        "received_at__gte": wanted.received_from,
        "received_at__lt": wanted.received_until,
        "requested_at__gte": wanted.requested_from,
        "requested_at__lt": wanted.requested_until,
    }
    return found.filter(**{name: moment for name, moment in spans.items() if moment is not None})


def _search(text: str) -> Q:
    by_item = OrderLine.objects.filter(order=OuterRef("pk")).filter(
        Q(item__code__iexact=text) | Q(item__name__icontains=text) | Q(item__name_zh__icontains=text)
    )
    return (
        Q(number__icontains=text)
        | Q(customer__code__iexact=text)
        | Q(customer__name__icontains=text)
        | Q(customer__name_zh__icontains=text)
        | Q(Exists(by_item))
    )


def _rows(ids: Sequence[int]) -> tuple[OrderRow, ...]:
    short = Count("lines", filter=Q(lines__short__gt=0))
    rows = (
        CustomerOrder.objects.filter(id__in=ids)
        .annotate(n=Count("lines"), short=short)
        .values_list(*_HEAD, "n", "short")
    )
    by_id = {row[0]: OrderRow(*row) for row in rows}
    return tuple(by_id[pk] for pk in ids)


def order_detail(order_id: int) -> OrderDetail | None:
    """One order with its lines, what each holds now, and every promise made on it; None where there is none."""
    heads = _rows([order_id]) if CustomerOrder.objects.filter(id=order_id).exists() else ()
    if not heads:
        return None
    rows = [LineRow(*row) for row in OrderLine.objects.filter(order_id=order_id).order_by("line").values_list(*_LINE)]
    held = _held([row.id for row in rows])
    told = _told(order_id)
    lines = [replace(row, held=held.get(row.id, ()), promises=told.get(row.id, ())) for row in rows]
    return OrderDetail(heads[0], tuple(lines))


def order_id_of(number: str) -> int | None:
    return CustomerOrder.objects.filter(number=number).values_list("id", flat=True).first()


def line_ids(numbers: Collection[str]) -> dict[tuple[str, int], int]:
    """(order number, line number) → line id, for all lines of these orders."""
    rows = OrderLine.objects.filter(order__number__in=numbers).values_list("order__number", "line", "id")
    return {(number, line): pk for number, line, pk in rows}


def _held(lines: Sequence[int]) -> dict[int, tuple[HeldRow, ...]]:
    found: dict[int, list[HeldRow]] = {}
    by_demand = {demand_of(line): line for line in lines}
    for demand, *row in fetch(HELD, list(by_demand)):
        found.setdefault(by_demand[demand], []).append(HeldRow(*row))
    return {line: tuple(rows) for line, rows in found.items()}


def _told(order_id: int) -> dict[int, tuple[PromiseRow, ...]]:
    """Newest first."""
    found: dict[int, list[PromiseRow]] = {}
    fields = ("line_id", "at", "promised_at", "previous_at", "promised_qty", "explanation", "cause")
    for line, *row in PromiseRecord.objects.filter(line__order_id=order_id).order_by("-id").values_list(*fields):
        found.setdefault(line, []).append(PromiseRow(*row))
    return {line: tuple(rows) for line, rows in found.items()}


def journey(order_id: int, *, documents: Sequence[str] = ()) -> tuple[MovementRow, ...]:
    """Every movement made for an order, oldest first. `documents`: what else carried its goods, such as shipments."""
    number = CustomerOrder.objects.filter(id=order_id).values_list("number", flat=True).first()
    if number is None:
        return ()
    rows = movements_of_documents([number, *documents])
    return tuple(sorted(rows, key=lambda row: (row.happened_at, row.movement)))
