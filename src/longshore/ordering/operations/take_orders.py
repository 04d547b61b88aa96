"""Take orders: write down what customers want, whole batches at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal, RejectedRow, RowsRefused
from longshore.ledger import outbox
from longshore.ledger.cause import Cause
from longshore.ledger.wire import run
from longshore.ordering.events import OrderTaken
from longshore.ordering.operations.order_form import CheckedLine, CheckedOrder, NewOrder, check, look_up

KNOWN: Final = "SELECT key, id, number FROM ordering_customerorder WHERE key = ANY(%s) OR number = ANY(%s)"
INSERT_ORDERS: Final = """
INSERT INTO ordering_customerorder (key, number, customer_id, ship_to_id, channel, priority, ship_complete, received_at,
    requested_at, state, value, note)
SELECT o.key, o.number, o.customer, o.ship_to, o.channel, o.priority, o.complete, o.received_at, o.requested_at,
    'new', o.value, o.note
FROM unnest(%s::uuid[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::int[], %s::bool[], %s::timestamptz[],
    %s::timestamptz[], %s::bigint[], %s::text[]) WITH ORDINALITY
    AS o(key, number, customer, ship_to, channel, priority, complete, received_at, requested_at, value, note, n)
ORDER BY o.n ON CONFLICT DO NOTHING RETURNING key, id
"""
INSERT_LINES: Final = """
INSERT INTO ordering_orderline (order_id, line, item_id, entered_qty, entered_unit_id, qty, unit_price, short,
    cancelled, shipped, delivered, refused, returned)
SELECT l.orders, l.line, l.item, l.entered_qty, l.entered_unit, l.qty, l.unit_price, 0, 0, 0, 0, 0, 0
FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[])
    WITH ORDINALITY AS l(orders, line, item, entered_qty, entered_unit, qty, unit_price, n)
ORDER BY l.n RETURNING id
"""


class OrdersRefused(RowsRefused):
    """Nothing was taken; `rejected` has everything that is wrong, row by row."""

    def __init__(self, rejected: tuple[RejectedRow, ...]) -> None:
        first = rejected[0]
        super().__init__(rejected, row=first.row, field=first.field, rows=[asdict(row) for row in rejected])


@dataclass(frozen=True, slots=True)
class Taken:
    key: UUID
    number: str
    order_id: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class OrdersReceipt:
    accepted: tuple[Taken, ...]
    rejected: tuple[RejectedRow, ...] = ()


class TakenMeanwhile(Refusal):
    """Somebody wrote one of these orders between our look and our insert."""


def take_orders(orders: Sequence[NewOrder], *, at: datetime, cause: Cause, partial: bool = False) -> OrdersReceipt:
    """Write orders down. With `partial` good ones are taken and bad ones come back; without, any bad one refuses all.

    Taking an order again (same key) changes nothing and returns the first one; another order may not have its number.
    """
    try:
        return _take(orders, at, cause, partial)
    except TakenMeanwhile:
        return _take(orders, at, cause, partial)


@transaction.atomic
def _take(orders: Sequence[NewOrder], at: datetime, cause: Cause, partial: bool) -> OrdersReceipt:
    known, numbers = _known(orders)
    catalog = look_up(orders)
    rejected: list[RejectedRow] = []
    good: dict[UUID, CheckedOrder] = {}
    for row, order in enumerate(orders, start=1):
        if order.key in known or order.key in good:
            continue
        number = order.number.strip()
        if numbers.get(number, order.key) != order.key:
            rejected.append(_number_taken(row, order))
            continue
        checked = check(row, order, catalog)
        if isinstance(checked, CheckedOrder):
            good[order.key] = checked
            numbers[number] = order.key
        else:
            rejected += checked
    if rejected and not partial:
        raise OrdersRefused(tuple(rejected))
    made = _insert(list(good.values()), at)
    if made:
        outbox.emit([OrderTaken(tuple(made.values()))], at=at, cause=cause)
    ids = known | made
    seen: set[UUID] = set()
    accepted = []
    for order in orders:
        if order.key in ids:
            accepted.append(
                Taken(order.key, order.number.strip(), ids[order.key], order.key in known or order.key in seen)
            )
            seen.add(order.key)
    return OrdersReceipt(tuple(accepted), tuple(rejected))


def _known(orders: Sequence[NewOrder]) -> tuple[dict[UUID, int], dict[str, UUID]]:
    """Keys and numbers that are taken already."""
    rows = run(KNOWN, [order.key for order in orders], [order.number.strip() for order in orders]).fetchall()
    return {key: pk for key, pk, _number in rows}, {number: key for key, _pk, number in rows}


def _number_taken(row: int, order: NewOrder) -> RejectedRow:
    return RejectedRow(
        row,
        "number",
        "number-taken",
        _("Another order has the number %(number)s.") % {"number": order.number},
        _("If it is the same order, send it with the same id; otherwise give it another number."),
        order.number,
    )


def _insert(good: Sequence[CheckedOrder], at: datetime) -> dict[UUID, int]:
    if not good:
        return {}
    heads = [checked.order for checked in good]
    rows = run(
        INSERT_ORDERS,
        [head.key for head in heads],
        [head.number.strip() for head in heads],
        [checked.customer for checked in good],
        [checked.ship_to for checked in good],
        [head.channel for head in heads],
        [checked.priority for checked in good],
        [head.ship_complete for head in heads],
        [head.received_at or at for head in heads],
        [head.requested_at for head in heads],
        [checked.value for checked in good],
        [head.note for head in heads],
    ).fetchall()
    made: dict[UUID, int] = dict(rows)
    if len(made) < len(good):
        raise TakenMeanwhile(
            "taken-meanwhile", _("One of these orders was written by somebody else just now."), _("Call again.")
        )
    insert_lines([(made[checked.order.key], line) for checked in good for line in checked.lines])
    return made


def insert_lines(lines: Sequence[tuple[int, CheckedLine]]) -> list[int]:
    """Write (order id, line) rows; returns their ids in the same order."""
    rows = run(
        INSERT_LINES,
        [order for order, _line in lines],
        [line.line for _order, line in lines],
        [line.item for _order, line in lines],
        [line.entered_qty for _order, line in lines],
        [line.entered_unit for _order, line in lines],
        [line.qty for _order, line in lines],
        [line.unit_price for _order, line in lines],
    ).fetchall()
    return sorted(row[0] for row in rows)
