"""Change an order: quantities, lines, date, priority; what no longer fits is promised again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import DataError, transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal, RejectedRow
from longshore.catalog.queries import units_of
from longshore.ledger import outbox
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.wire import run
from longshore.ordering.events import OrderCancelled, OrderChanged
from longshore.ordering.models import CustomerOrder, OrderLine, OrderState
from longshore.ordering.operations.contending import UnknownOrder, changed_meanwhile, hold, look, refuse_if_changed
from longshore.ordering.operations.order_form import (
    Bad,
    CheckedLine,
    NewLine,
    NewOrder,
    bad_priority,
    bad_time,
    check_line,
    look_up,
)
from longshore.ordering.operations.receipts import PromiseReceipt
from longshore.ordering.operations.settling import settle
from longshore.ordering.operations.take_orders import OrdersRefused, insert_lines
from longshore.ordering.operations.writing import write
from longshore.ordering.queries.wanted import WantedOrder, demands_of, read_orders, touched_items
from longshore.ordering.rules import DEFAULT_POLICY, PromisePolicy, base_quantity

# Less wanted is a cancellation of the difference; more takes cancelled quantity back first, then adds.
RESIZE: Final = """
UPDATE ordering_orderline l SET
    cancelled = CASE WHEN c.more < 0 THEN l.cancelled - c.more
                     WHEN c.more <= l.cancelled THEN l.cancelled - c.more ELSE 0 END,
    qty = CASE WHEN c.more > l.cancelled THEN l.qty + c.more - l.cancelled ELSE l.qty END
FROM unnest(%s::bigint[], %s::bigint[]) AS c(id, more) WHERE l.id = c.id
"""
HEAD: Final = """
UPDATE ordering_customerorder SET requested_at = coalesce(%s, requested_at), priority = coalesce(%s, priority),
    ship_complete = coalesce(%s, ship_complete) WHERE id = %s
"""


class OrderClosed(Refusal):
    """The order is delivered or cancelled."""


class ChangeRefused(Refusal):
    """A change that cannot be; nothing was changed."""


@dataclass(frozen=True, slots=True)
class LineChange:
    """`qty` (of `unit`; None: base units) is wanted in all, what is delivered included. "0" removes the line."""

    line: int
    qty: str | int | Decimal
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class OrderChanges:
    """None: as it is. `lines` change by line number, `add` are new."""

    requested_at: datetime | None = None
    priority: int | None = None
    ship_complete: bool | None = None
    lines: tuple[LineChange, ...] = ()
    add: tuple[NewLine, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeReceipt:
    """`changed`: (line id, base units more or less). `promises`: what was promised again, before → after."""

    order: int
    changed: tuple[tuple[int, int], ...]
    added: tuple[int, ...]
    promises: PromiseReceipt


@retried
def change_order(
    order_id: int,
    changes: OrderChanges,
    *,
    at: datetime,
    cause: Cause,
    policy: PromisePolicy = DEFAULT_POLICY,
) -> ChangeReceipt:
    """Change an order and promise again what that touches: changed lines, or all when date or priority moves."""
    _refuse_bad_head(changes)
    with transaction.atomic():
        added = _add_lines(order_id, changes.add)
        all_again = any(value is not None for value in (changes.requested_at, changes.priority, changes.ship_complete))
        items = None if all_again else touched_items(order_id, [line.line for line in changes.lines], added)
        held = hold([order_id], demands=demands_of([order_id]), items=items)
        [order] = read_orders([order_id])
        if items is not None and order.ship_complete and {line.item for line in order.lines} - set(held.items):
            raise changed_meanwhile()
        if order.state in (OrderState.DELIVERED, OrderState.CANCELLED):
            raise OrderClosed(
                "order-closed",
                _("Order %(order)s is delivered or cancelled.") % {"order": order.number},
                _("Take a new order for what is wanted now."),
                order=order.number,
            )
        resized = _resized(order, changes.lines)
        run(RESIZE, list(resized), list(resized.values()))
        run(HEAD, changes.requested_at, changes.priority, changes.ship_complete, order_id)
        contest = look(held, at=at, policy=policy)
        touched = frozenset(line.id for line in order.lines if all_again or line.id in resized or line.id in added)
        refuse_if_changed(contest, [line for line in contest.orders[0].lines if line.id in touched])
        outcomes = contest.allocator.again(contest.orders[0], touched, anyway=all_again)
        promises = write(outcomes, at=at, cause=cause)
        _settle(order, at)
        _tell(order, resized, added, at, cause)
        return ChangeReceipt(order_id, tuple(resized.items()), tuple(added), promises)


def _refuse_bad_head(changes: OrderChanges) -> None:
    found = (bad_time("requested_at", changes.requested_at), bad_priority(changes.priority))
    rejected = [RejectedRow(1, bad.field, bad.code, bad.sentence, bad.remedy, bad.value) for bad in found if bad]
    if rejected:
        raise OrdersRefused(tuple(rejected))


def _settle(order: WantedOrder, at: datetime) -> None:
    try:
        with transaction.atomic():
            settle([order.id], at=at)
    except DataError as error:
        raise ChangeRefused(
            "value-out-of-range",
            _("The order is worth more than can be written down."),
            _("Check quantities and prices."),
            order=order.number,
        ) from error


def _add_lines(order_id: int, lines: Sequence[NewLine]) -> list[int]:
    """Written before anything is locked, so that their items are among those we lock."""
    head = CustomerOrder.objects.filter(id=order_id).first()
    if head is None:
        raise UnknownOrder(
            "unknown-order", _("There is no such order."), _("Look the order up in the list."), order=order_id
        )
    if not lines:
        return []
    form = NewOrder(head.key, head.number, head.customer_id, head.requested_at, tuple(lines))
    catalog = look_up([form])
    taken = set(OrderLine.objects.filter(order_id=order_id).values_list("line", flat=True))
    checked: list[CheckedLine] = []
    rejected = []
    for index, line in enumerate(lines, start=1):
        found: CheckedLine | Bad = check_line(index, line, head.customer_id, catalog)
        if isinstance(found, CheckedLine) and found.line in taken:
            sentence = _("The order has a line %(line)s already.") % {"line": found.line}
            found = Bad(
                f"lines[{index}].line", "line-repeated", sentence, _("Use the next free number."), str(found.line)
            )
        if isinstance(found, Bad):
            rejected.append(RejectedRow(1, found.field, found.code, found.sentence, found.remedy, found.value))
        else:
            taken.add(found.line)
            checked.append(found)
    if rejected:
        raise OrdersRefused(tuple(rejected))
    return insert_lines([(order_id, line) for line in checked])


def _resized(order: WantedOrder, changes: Sequence[LineChange]) -> dict[int, int]:
    """Line id → base units more (or less) than now."""
    by_number = {line.line: line for line in order.lines}
    totals = dict(OrderLine.objects.filter(order_id=order.id).values_list("id", "qty"))
    cancelled = dict(OrderLine.objects.filter(order_id=order.id).values_list("id", "cancelled"))
    units = units_of([line.item for line in order.lines])
    resized: dict[int, int] = {}
    for change in changes:
        line = by_number.get(change.line)
        if line is None:
            raise ChangeRefused(
                "unknown-line",
                _("Order %(order)s has no line %(line)s.") % {"order": order.number, "line": change.line},
                _("Give the number of one of its lines, or add a line."),
                order=order.number,
                line=change.line,
            )
        facts = units[line.item]
        unit = change.unit or facts.base_unit
        if unit not in facts.factors:
            raise ChangeRefused(
                "unknown-unit",
                _("The item %(item)s has no unit %(unit)s.") % {"item": facts.code, "unit": unit},
                _("Use one of %(units)s.") % {"units": ", ".join(sorted(facts.factors))},
                line=change.line,
            )
        wanted = 0 if str(change.qty).strip() in ("0", "０") else base_quantity(change.qty, facts.factors[unit])
        delivered = totals[line.id] - cancelled[line.id] - line.open_qty
        in_work = delivered + sum(held.qty for held in line.held if held.hard)
        if wanted < in_work:
            raise ChangeRefused(
                "line-in-work",
                _("%(qty)s of line %(line)s are delivered or being worked on.") % {"qty": in_work, "line": line.line},
                _("Ask for at least %(qty)s.") % {"qty": in_work},
                line=change.line,
                least=in_work,
            )
        more = wanted - (totals[line.id] - cancelled[line.id])
        if more:
            resized[line.id] = more
    return resized


def _tell(order: WantedOrder, resized: dict[int, int], added: Sequence[int], at: datetime, cause: Cause) -> None:
    told: list[outbox.Event] = [OrderChanged(order.id, sorted({*resized, *added}))]
    less = [line for line in order.lines if resized.get(line.id, 0) < 0]
    if less:
        told.append(OrderCancelled(order.id, [line.id for line in less], sorted({line.item for line in less})))
    outbox.emit(told, at=at, cause=cause)
