"""Customer orders over HTTP: everything a page can do. A refusal is 409 with {code, sentence, remedy, fields}."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid5

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema

from longshore.catalog.access import may_of
from longshore.ledger.cause import Cause
from longshore.ordering import operations, queries

router = Router()
MOST_ORDERS: Final = 5000
# An order sent without an id is known by its number, so that sending it again does not take it twice.
KEYS: Final = UUID("2b0f3b1e-8a0e-5d2f-9d5c-6a7c8f5f1e42")


class LineIn(Schema):
    """`item`: our code, GTIN, bar code or the customer's own code. `unit` empty: the item's base unit."""

    line: int | None = None
    item: str
    qty: Decimal | str
    unit: str | None = None
    unit_price: int | None = Field(None, description="Price of one base unit in minor units; empty: the list price")


class OrderIn(Schema):
    """`key` is chosen by the sender: sending it again changes nothing. `priority` 1 first … 9 last."""

    key: UUID | None = None
    number: str
    customer: str
    requested_at: datetime
    lines: list[LineIn]
    received_at: datetime | None = None
    ship_to: str | None = None
    priority: int | None = None
    ship_complete: bool = False
    note: str = ""


class OrdersIn(Schema):
    """`partial`: take the good ones and say what is wrong with the others; else all or nothing."""

    orders: list[OrderIn] = Field(..., max_length=MOST_ORDERS)
    partial: bool = False
    promise: bool = True


class PromiseIn(Schema):
    """`whole`: all of it by the date (`by`, empty: the date wanted) or nothing, with the next possible date."""

    whole: bool = False
    by: datetime | None = None


class LineChangeIn(Schema):
    """`qty` is what is wanted in all; 0 removes the line."""

    line: int
    qty: Decimal | str
    unit: str | None = None


class ChangeIn(Schema):
    requested_at: datetime | None = None
    priority: int | None = Field(None, ge=1, le=9)
    ship_complete: bool | None = None
    lines: list[LineChangeIn] = []
    add: list[LineIn] = []


class CancelIn(Schema):
    """`lines`: line numbers, empty: all. `rest_only`: leave what is picked already."""

    lines: list[int] | None = None
    rest_only: bool = False


class Wanted(Schema):
    state: list[str] = []
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


def asked_by(request: HttpRequest, name: str) -> Cause:
    """The cause of what the caller does, if the caller may do it."""
    if name not in may_of(request.user):
        raise PermissionDenied(_("Your role does not include “%(name)s”.") % {"name": name})
    return Cause(actor=request.user.get_username(), because="api")


def now(request: HttpRequest) -> datetime:
    """The business clock of the request, or the wall's where there is none."""
    known: datetime = getattr(request, "now", None) or timezone.now()
    return known


@router.get("/orders")
def list_orders(request: HttpRequest, wanted: Query[Wanted]) -> dict[str, Any]:
    """One page of orders, newest first unless `sort` says otherwise (number, customer, requested, promised, …)."""
    asked_by(request, "view")
    facts = wanted.dict()
    return asdict(queries.list_orders(queries.OrderFilter(states=tuple(facts.pop("state")), **facts)))


@router.post("/orders")
def take_order(request: HttpRequest, order: OrderIn, promise: bool = True) -> dict[str, Any]:
    """Take one order and, unless told not to, promise it."""
    return _take(request, OrdersIn(orders=[order], promise=promise))


@router.post("/orders/batch")
def take_orders(request: HttpRequest, batch: OrdersIn) -> dict[str, Any]:
    """Take many orders at once and, unless told not to, promise them, the most urgent first."""
    return _take(request, batch)


@router.get("/orders/{number}")
def one_order(request: HttpRequest, number: str) -> dict[str, Any]:
    """The order with its lines, what each holds, every promise with its reason."""
    asked_by(request, "view")
    found = queries.order_detail(_order(number))
    return asdict(found) if found else {}


@router.get("/orders/{number}/journey")
def journey(request: HttpRequest, number: str) -> list[dict[str, Any]]:
    """Every movement made for the order, oldest first."""
    asked_by(request, "view")
    return [asdict(row) for row in queries.journey(_order(number))]


@router.post("/orders/{number}/promise")
def promise(request: HttpRequest, number: str, wanted: PromiseIn) -> dict[str, Any]:
    """Promise what is not promised yet; with `whole`, all of it by a date or nothing."""
    cause, at, order = asked_by(request, "ordering"), now(request), _order(number)
    if wanted.whole:
        return asdict(operations.promise_or_refuse(order, at=at, cause=cause, by=wanted.by))
    return asdict(operations.promise([order], at=at, cause=cause))


@router.post("/orders/{number}/repromise")
def repromise(request: HttpRequest, number: str) -> dict[str, Any]:
    """Look for something better, or for anything that still holds; the answer is the difference."""
    cause, order = asked_by(request, "ordering"), _order(number)
    found = queries.order_detail(order)
    lines = [line.id for line in found.lines] if found else []
    return asdict(operations.repromise(lines, at=now(request), cause=cause))


@router.post("/orders/{number}/urgent")
def insert_urgent(request: HttpRequest, number: str) -> dict[str, Any]:
    """Put the order before less urgent ones; the answer shows who gave way, before and after."""
    cause = asked_by(request, "ordering")
    return asdict(operations.insert_urgent(_order(number), at=now(request), cause=cause))


@router.patch("/orders/{number}")
def change_order(request: HttpRequest, number: str, wanted: ChangeIn) -> dict[str, Any]:
    """Change quantities, lines, date or priority; what that touches is promised again."""
    cause, order = asked_by(request, "ordering"), _order(number)
    changes = operations.OrderChanges(
        requested_at=wanted.requested_at,
        priority=wanted.priority,
        ship_complete=wanted.ship_complete,
        lines=tuple(operations.LineChange(each.line, each.qty, each.unit) for each in wanted.lines),
        add=_lines(wanted.add, first=_next_line(order)),
    )
    return asdict(operations.change_order(order, changes, at=now(request), cause=cause))


@router.post("/orders/{number}/cancel")
def cancel_order(request: HttpRequest, number: str, wanted: CancelIn) -> dict[str, Any]:
    """Cancel the order or some of its lines, and free what they held."""
    cause, order = asked_by(request, "ordering"), _order(number)
    found = queries.order_detail(order)
    by_number = {line.line: line.id for line in found.lines} if found else {}
    lines = None if wanted.lines is None else [by_number[line] for line in wanted.lines if line in by_number]
    receipt = operations.cancel_order(order, at=now(request), cause=cause, lines=lines, rest_only=wanted.rest_only)
    return asdict(receipt)


def _take(request: HttpRequest, batch: OrdersIn) -> dict[str, Any]:
    cause, at = asked_by(request, "ordering"), now(request)
    orders = [
        operations.NewOrder(
            key=order.key or uuid5(KEYS, order.number),
            number=order.number,
            customer=order.customer,
            requested_at=order.requested_at,
            lines=_lines(order.lines, first=1),
            received_at=order.received_at,
            ship_to=order.ship_to or None,
            priority=order.priority,
            ship_complete=order.ship_complete,
            note=order.note,
        )
        for order in batch.orders
    ]
    receipt = operations.take_orders(orders, at=at, cause=cause, partial=batch.partial)
    fresh = [taken.order_id for taken in receipt.accepted if not taken.replayed]
    answer = asdict(receipt)
    if batch.promise:
        answer["promises"] = asdict(operations.promise(fresh, at=at, cause=cause))["lines"]
    return answer


def _lines(lines: list[LineIn], *, first: int) -> tuple[operations.NewLine, ...]:
    """Lines without a number are counted on."""
    return tuple(
        operations.NewLine(
            line.line if line.line is not None else number, line.item, line.qty, line.unit, line.unit_price
        )
        for number, line in enumerate(lines, start=first)
    )


def _next_line(order: int) -> int:
    found = queries.order_detail(order)
    return max((line.line for line in found.lines), default=0) + 1 if found else 1


def _order(number: str) -> int:
    found = queries.order_id_of(number)
    if found is None:
        raise operations.UnknownOrder(
            "unknown-order",
            _("There is no order %(number)s.") % {"number": number},
            _("Look the order up in the list of orders."),
            order=number,
        )
    return found
