"""Purchase orders and receiving over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema
from pydantic import AwareDatetime

from longshore.planning.api import asked_by, now
from longshore.sourcing import operations, queries

router = Router()


class LineIn(Schema):
    """What the supplier says about a line; quantity 0: it will not deliver it."""

    line: int
    qty: int | None = None
    expected_at: AwareDatetime | None = None


class ConfirmIn(Schema):
    expected_at: AwareDatetime | None = None
    lines: list[LineIn] = []


class DelayIn(Schema):
    """`lines` empty: all open lines."""

    expected_at: AwareDatetime
    lines: list[int] | None = None


class CloseIn(Schema):
    lines: list[int] | None = None


class ArrivedIn(Schema):
    """One scanned line. `key` is chosen by the scanner: sending it again changes nothing."""

    line: int
    qty: int
    key: UUID
    lot_code: str = ""
    expires_on: date | None = None
    produced_on: date | None = None
    damaged: int = 0
    happened_at: AwareDatetime | None = None


class ReceiveIn(Schema):
    dock: int
    rows: list[ArrivedIn]
    partial: bool = False


class ProposalsIn(Schema):
    """Empty: everything that is released and not ordered yet."""

    proposals: list[int] | None = None


@router.get("/orders")
def list_orders(
    request: HttpRequest,
    state: str | None = None,
    site: int | None = None,
    supplier: int | None = None,
    limit: int = 200,
) -> list[dict[str, Any]]:
    """Open ones first, the soonest expected first."""
    asked_by(request, "view")
    wanted = queries.OrderFilter(states=(state,) if state else None, site=site, supplier=supplier)
    return [asdict(row) for row in queries.orders(wanted, limit=min(limit, 1000))]


@router.get("/orders/late")
def late_orders(request: HttpRequest) -> list[dict[str, Any]]:
    asked_by(request, "view")
    return [asdict(row) for row in queries.late_orders(at=now(request))]


@router.get("/orders/risks")
def order_risks(request: HttpRequest, order: int | None = None, supplier: int | None = None) -> list[dict[str, Any]]:
    """Open lines with the probability of coming late and the days on which one of ten, half, nine of ten are there."""
    asked_by(request, "view")
    return [asdict(row) for row in queries.risks(order=order, supplier=supplier)]


@router.get("/orders/{number}")
def one_order(request: HttpRequest, number: str) -> dict[str, Any]:
    """The order with its lines and receipts, by its number."""
    asked_by(request, "view")
    found = queries.order_by_number(number)
    if found is None:
        sentence = _("There is no purchase order %(number)s.") % {"number": number}
        raise operations.UnknownOrder("no-such-purchase-order", sentence)
    on_way = queries.lines_on_way(found.id)
    return {
        **asdict(found),
        "order_lines": [{**asdict(line), "on_way": on_way.get(line.id, 0)} for line in queries.lines_of(found.id)],
        "risks": [asdict(risk) for risk in queries.risks(order=found.id)],
        "receipts": [asdict(receipt) for receipt in queries.receipts_of(found.id)],
    }


@router.post("/orders")
def place_orders(request: HttpRequest, wanted: ProposalsIn) -> dict[str, Any]:
    """Order what is released."""
    cause = asked_by(request, "sourcing")
    return asdict(operations.place_orders(wanted.proposals, at=now(request), cause=cause))


@router.post("/orders/{order}/confirm")
def confirm(request: HttpRequest, order: int, said: ConfirmIn) -> dict[str, Any]:
    cause = asked_by(request, "sourcing")
    lines = [operations.LineTerms(**line.dict()) for line in said.lines]
    receipt = operations.confirm(order, at=now(request), cause=cause, expected_at=said.expected_at, lines=lines)
    return asdict(receipt)


@router.post("/orders/{order}/delay")
def report_delay(request: HttpRequest, order: int, said: DelayIn) -> dict[str, Any]:
    cause = asked_by(request, "sourcing")
    return asdict(operations.report_delay(order, said.expected_at, at=now(request), cause=cause, lines=said.lines))


@router.post("/orders/{order}/close-short")
def close_short(request: HttpRequest, order: int, said: CloseIn) -> dict[str, Any]:
    cause = asked_by(request, "sourcing")
    return asdict(operations.close_short(order, at=now(request), cause=cause, lines=said.lines))


@router.post("/orders/{order}/receive")
def receive(request: HttpRequest, order: int, came: ReceiveIn) -> dict[str, Any]:
    """Take goods in at a dock: over, short and damaged, each row once."""
    cause = asked_by(request, "sourcing")
    arrived = [operations.Arrived(**row.dict()) for row in came.rows]
    return asdict(operations.receive(order, arrived, came.dock, at=now(request), cause=cause, partial=came.partial))


@router.get("/due")
def lines_due(request: HttpRequest, until: AwareDatetime, site: int | None = None) -> list[dict[str, Any]]:
    """What the docks expect until then."""
    asked_by(request, "view")
    return [asdict(line) for line in queries.lines_due(site=site, until=until)]


@router.get("/waiting")
def waiting(request: HttpRequest, site: int | None = None) -> list[dict[str, Any]]:
    """Receipts that wait for put-away."""
    asked_by(request, "view")
    return [asdict(receipt) for receipt in queries.waiting_for_put_away(site)]


@router.get("/scorecards")
def scorecards(request: HttpRequest, supplier: int | None = None) -> list[dict[str, Any]]:
    asked_by(request, "view")
    return [
        {**asdict(card), "otif_bp": card.otif_bp} for card in queries.scorecards(at=now(request), supplier=supplier)
    ]
