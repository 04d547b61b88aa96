"""Customer orders as a file: one row a line, the rows of an order found by its number, taken by take_orders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from django.db import connection
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import RejectedRow
from longshore.catalog.imports.cells import BadValue, rejected
from longshore.catalog.imports.facts import money
from longshore.catalog.imports.readers import Code, Moment, Quantity, Text, Whole, YesNo
from longshore.catalog.imports.targets import Column, Occasion, Plan, Record, RowsRefused, Told
from longshore.ledger.cause import Cause
from longshore.ordering.operations.order_form import CheckedOrder, NewLine, NewOrder, check, look_up
from longshore.ordering.operations.take_orders import OrdersRefused, take_orders

ORDERS_A_CALL = 1000
_NAMES = UUID("3f0a7c9e-52a4-5d52-8a0c-7c1f6f0b9a21")  # the namespace of ids made from an order's number
_LINE = re.compile(r"lines\[(\d+)\]\.(\w+)")
_HEAD = ("customer", "ship_to", "requested_at", "received_at", "priority", "ship_complete", "note")


@dataclass(frozen=True, slots=True)
class _Group:
    """The rows of one order."""

    order: NewOrder
    rows: tuple[int, ...]


class OrderTarget:
    name = "orders"
    label = _("Customer orders")
    permission = "ordering.add_customerorder"
    key = ("number", "customer", "requested_at", "item", "qty")
    columns: tuple[Column, ...] = (
        Column("number", _("Order number"), Code(longest=40), needed=True,
               aliases=("order", "order no", "order number", "invoice", "订单号", "订单编号", "单号")),
        Column("customer", _("Customer"), Code(), needed=True,
               aliases=("customer code", "客户", "客户编码", "客户代码")),
        Column("requested_at", _("Wanted by"), Moment(), needed=True,
               aliases=("due", "due date", "delivery date", "要求到货", "要求送达", "交货日期", "要货日期")),
        Column("ship_to", _("Deliver to"), Code(), aliases=("deliver to", "收货地点", "收货方", "送货点")),
        Column("received_at", _("Received at"), Moment(), aliases=("order date", "下单时间", "下单日期", "订单日期")),
        Column("priority", _("Priority, 1 first"), Whole(low=1, high=9, empty=None), aliases=("优先级",)),
        Column("ship_complete", _("Deliver complete"), YesNo(), aliases=("整单发货",)),
        Column("note", _("Note"), Text(300), aliases=("remark", "备注", "说明")),
        Column("line", _("Line"), Whole(low=1, empty=None), aliases=("line no", "行号", "序号")),
        Column("item", _("Item"), Code(), needed=True,
               aliases=("item code", "sku", "商品", "商品编码", "物料", "物料编码", "货号", "stock code")),
        Column("qty", _("Quantity"), Quantity(), needed=True, aliases=("quantity", "数量", "订购数量")),
        Column("unit", _("Unit"), Code(longest=12), aliases=("uom", "单位")),
        *money("unit_price", _("Price of one base unit"), "price", "单价"),
    )  # fmt: skip

    def plan(self, records: Sequence[Record], given: frozenset[str], occasion: Occasion) -> Plan:
        """Each order whole or not at all: a bad line refuses its order, not the others."""
        plan = Plan()
        groups = _groups(records, plan)
        known = _known([group.order.number for group in groups])
        catalog = look_up([group.order for group in groups])
        for group in groups:
            checked = check(1, group.order, catalog)
            if not isinstance(checked, CheckedOrder):
                plan.rejected.extend(_in_file(fault, group) for fault in checked)
            elif group.order.number not in known:
                plan.new.append(group)
            elif known[group.order.number] == {(line.line, line.item, line.qty) for line in checked.lines}:
                plan.unchanged += 1
            else:
                plan.rejected.append(rejected(group.rows[0], "number", _differs(), group.order.number))
        return plan

    def look_up(self, records: Sequence[Record]) -> list[RejectedRow]:
        """An order with an unreadable row is refused with its other rows; its codes are checked when that is mended."""
        return []

    def write(self, plan: Plan, occasion: Occasion, told: Told) -> None:
        cause = Cause(occasion.actor, occasion.because)
        for start in range(0, len(plan.new), ORDERS_A_CALL):
            chunk: list[_Group] = plan.new[start : start + ORDERS_A_CALL]
            try:
                take_orders([group.order for group in chunk], at=occasion.at, cause=cause)
            except OrdersRefused as refused:
                raise RowsRefused(tuple(_in_file(one, chunk[one.row - 1]) for one in refused.rejected)) from refused
            told(start + len(chunk))

    def export(self) -> Iterator[Sequence[str]]:
        with connection.cursor() as cursor:
            cursor.execute(_EXPORT)
            for row in cursor:
                yield ["" if value is None else str(value) for value in row]


def _groups(records: Sequence[Record], plan: Plan) -> list[_Group]:
    by_number: dict[str, list[Record]] = {}
    for record in records:
        by_number.setdefault(record.values["number"], []).append(record)
    groups = []
    for number, rows in by_number.items():
        fault = _different_head(rows)
        if fault is not None:
            plan.rejected.append(fault)
        else:
            groups.append(_Group(_order(number, rows), tuple(record.row for record in rows)))
    return groups


def _different_head(rows: Sequence[Record]) -> RejectedRow | None:
    first = rows[0]
    for record in rows[1:]:
        for name in _HEAD:
            if record.values.get(name) != first.values.get(name):
                fault = BadValue(
                    "rows-disagree",
                    _("The order says something else here than in row %(row)s.") % {"row": first.row},
                    _("Give all rows of an order the same head, or different numbers."),
                    first=first.row,
                )
                return rejected(record.row, name, fault, str(record.values.get(name, "")))
    return None


def _order(number: str, rows: Sequence[Record]) -> NewOrder:
    head = rows[0].values
    lines = tuple(
        NewLine(
            record.values.get("line") or index,
            record.values["item"],
            record.values["qty"],
            record.values.get("unit") or None,
            record.values.get("unit_price"),
        )
        for index, record in enumerate(rows, 1)
    )
    return NewOrder(
        uuid5(_NAMES, number), number, head["customer"], head["requested_at"], lines,
        received_at=head.get("received_at"), ship_to=head.get("ship_to") or None, channel="import",
        priority=head.get("priority"), ship_complete=bool(head.get("ship_complete")), note=head.get("note") or "",
    )  # fmt: skip


def _in_file(fault: RejectedRow, group: _Group) -> RejectedRow:
    """A fault of an order, at the row and column of the file."""
    match = _LINE.fullmatch(fault.field)
    row = group.rows[int(match[1]) - 1] if match else group.rows[0]
    return RejectedRow(row, match[2] if match else fault.field, fault.code, fault.sentence, fault.remedy, fault.value)


def _known(numbers: Sequence[str]) -> Mapping[str, set[tuple[int, int, int]]]:
    with connection.cursor() as cursor:
        cursor.execute(_LINES, [list(numbers)])
        found: dict[str, set[tuple[int, int, int]]] = {}
        for number, line, item, qty in cursor.fetchall():
            found.setdefault(number, set()).add((line, item, qty))
    return found


def _differs() -> BadValue:
    return BadValue(
        "order-differs",
        _("The order is here already, with other lines."),
        _("Change the order itself, or give a new order another number."),
    )


_LINES = """
SELECT o.number, l.line, l.item_id, l.qty
FROM ordering_customerorder o JOIN ordering_orderline l ON l.order_id = o.id WHERE o.number = ANY(%s)
"""
_EXPORT = """
SELECT o.number, c.code, to_char(o.requested_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'), p.code,
       to_char(o.received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'), o.priority,
       CASE WHEN o.ship_complete THEN 'yes' ELSE 'no' END, o.note, l.line, i.code, l.qty, u.code,
       to_char(l.unit_price / 100.0, 'FM999999999999999990.00')
FROM ordering_customerorder o JOIN ordering_orderline l ON l.order_id = o.id
JOIN catalog_partner c ON c.id = o.customer_id JOIN catalog_place p ON p.id = o.ship_to_id
JOIN catalog_item i ON i.id = l.item_id JOIN catalog_unitofmeasure u ON u.id = i.base_unit_id
ORDER BY o.id, l.line
"""

ORDERS = OrderTarget()
