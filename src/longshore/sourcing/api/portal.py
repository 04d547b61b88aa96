"""The supplier's portal over HTTP: its own orders, prices and claims below /portal, and nothing of anybody else."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema
from pydantic import AwareDatetime

from longshore.ledger.cause import Cause
from longshore.planning.api import now
from longshore.planning.api.joint import seat_asked
from longshore.planning.queries.seats import Seat
from longshore.sourcing import operations, queries
from longshore.sourcing.api.orders import ConfirmIn
from longshore.sourcing.api.suppliers import AnswerIn, ClaimAnswerIn, NumberIn
from longshore.sourcing.queries import ChangeRow, LineRow, NoticeRow, OrderFilter, OrderRow

router = Router()
# Who of us ordered or asked, and why, is our own business; so is whose goods an answer of theirs makes late.
OURS = ("actor", "cause", "asked_by", "told_by")


class DeliveryIn(Schema):
    """`lines`: [[line, quantity], …]; what is left out comes with another delivery."""

    number: str
    arrives_at: AwareDatetime
    shipped_at: AwareDatetime | None = None
    lines: list[tuple[int, int]]


class OwnConfirmIn(ConfirmIn):
    """`seen` as the order told it: the answer is refused where the order was changed since; empty: not asked."""

    seen: str = ""


class PricesIn(Schema):
    """`unit_price` in minor units is the price of one, `breaks` [[from, price], …] of all units from there on."""

    unit_price: int
    lead_minutes: int
    moq: int = 1
    multiple: int = 1
    breaks: list[tuple[int, int]] = []
    capacity: int | None = None
    valid_until: date | None = None
    note: str = ""


class OfferedIn(PricesIn):
    item: int


@router.get("/orders")
def portal_orders(request: HttpRequest, state: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
    """Orders to the caller's company, open ones first."""
    wanted = OrderFilter(states=(state,) if state else None, supplier=_seat(request).partner)
    return [_order(row) for row in queries.orders(wanted, limit=min(limit, 1000))]


@router.get("/orders/{number}")
def portal_order(request: HttpRequest, number: str) -> dict[str, Any]:
    """One order with its lines, wishes, claims and what was announced."""
    seat = _seat(request)
    row = _own(seat, number)
    lines, on_way = queries.lines_of(row.id), queries.lines_on_way(row.id)
    return {
        **_order(row),
        "seen": queries.seen_of(lines),
        "order_lines": [
            {**_without(line, ("claimed", "flow", "proposal")), "on_way": on_way.get(line.id, 0)} for line in lines
        ],
        "changes": [_without(each, OURS) for each in queries.changes(supplier=seat.partner, order=row.id)],
        "claims": [asdict(each) for each in queries.claims(supplier=seat.partner, order=row.id)],
        "notices": [_without(each, OURS) for each in queries.notices(supplier=seat.partner, order=row.id)],
    }


@router.post("/orders/{number}/confirm")
def portal_confirm(request: HttpRequest, number: str, said: OwnConfirmIn) -> dict[str, Any]:
    """Confirm all or less, or another date; with `seen` only as long as the order says what it said then."""
    seat, at = _seat(request), now(request)
    lines = [operations.LineTerms(**line.dict()) for line in said.lines]
    order, cause = _own(seat, number).id, _cause(seat)
    if said.seen:
        operations.confirm_as_seen(order, said.seen, at=at, cause=cause, expected_at=said.expected_at, lines=lines)
    else:
        operations.confirm(order, at=at, cause=cause, expected_at=said.expected_at, lines=lines)
    return _order(_own(seat, number))


@router.post("/orders/{number}/dispatch")
def portal_dispatch(request: HttpRequest, number: str, said: DeliveryIn) -> dict[str, Any]:
    """Announce a delivery of some or all lines; the same number again takes the place of what it said."""
    seat, at = _seat(request), now(request)
    sent = operations.Sent(said.number.strip(), said.shipped_at or at, said.arrives_at, tuple(said.lines))
    receipt = operations.notify_dispatch(_own(seat, number).id, sent, at=at, cause=_cause(seat))
    told = {"notice": receipt.notice, "replayed": receipt.replayed, "replaced": receipt.replaced}
    return {**told, "order": _order(_own(seat, number))}


@router.post("/orders/{number}/dispatch/cancel")
def portal_cancel_dispatch(request: HttpRequest, number: str, said: NumberIn) -> dict[str, Any]:
    """What was announced under a number was not sent; refused once something of it was received."""
    seat = _seat(request)
    order = _own(seat, number).id
    receipt = operations.cancel_dispatch(order, said.number.strip(), at=now(request), cause=_cause(seat))
    return {"notice": receipt.notice, "replayed": receipt.replayed, "order": _order(_own(seat, number))}


@router.post("/changes/{int:change}/answer")
def portal_answer_change(request: HttpRequest, change: int, said: AnswerIn) -> dict[str, Any]:
    """Agree to a wish for another quantity or date, or not."""
    seat = _seat(request)
    if not queries.owns_change(seat.partner, change):
        raise Http404(change)
    receipt = operations.answer_change(change, agreed=said.agreed, at=now(request), cause=_cause(seat))
    return {"change": receipt.change, "state": receipt.state}


@router.get("/claims")
def portal_claims(request: HttpRequest) -> list[dict[str, Any]]:
    """What is claimed from the caller's company."""
    return [asdict(row) for row in queries.claims(supplier=_seat(request).partner)]


@router.post("/claims/{int:claim}/answer")
def portal_answer_claim(request: HttpRequest, claim: int, said: ClaimAnswerIn) -> dict[str, Any]:
    """Accept with the number of a credit note, or refuse with a reason."""
    seat = _seat(request)
    if not queries.owns_claim(seat.partner, claim):
        raise Http404(claim)
    answer = operations.ClaimAnswer(**said.dict())
    return asdict(operations.answer_claim(claim, answer, at=now(request), cause=_cause(seat), supplier=seat.partner))


@router.get("/quotes")
def portal_quotes(request: HttpRequest) -> list[dict[str, Any]]:
    """Requests the caller's company was asked to answer, and what it offered by itself."""
    return [asdict(row) for row in queries.quotes(supplier=_seat(request).partner)]


@router.post("/quotes/{int:quote_request}/answer")
def portal_answer_quote(request: HttpRequest, quote_request: int, said: PricesIn) -> dict[str, Any]:
    """Offer prices from quantities on, or change the offer while the request is open."""
    seat = _seat(request)
    _asked(seat, quote_request)
    operations.answer_quote(quote_request, seat.partner, _offered(said), at=now(request), cause=_cause(seat))
    return asdict(_asked(seat, quote_request))


@router.post("/quotes/{int:quote_request}/decline")
def portal_decline_quote(request: HttpRequest, quote_request: int) -> dict[str, Any]:
    seat = _seat(request)
    _asked(seat, quote_request)
    operations.answer_quote(quote_request, seat.partner, None, at=now(request), cause=_cause(seat))
    return asdict(_asked(seat, quote_request))


@router.post("/offers")
def portal_offer(request: HttpRequest, said: OfferedIn) -> dict[str, Any]:
    """Offer other prices without being asked; they count when a buyer lets them win."""
    seat = _seat(request)
    receipt = operations.propose_prices(seat.partner, said.item, _offered(said), at=now(request), cause=_cause(seat))
    return asdict(_asked(seat, receipt.request))


def _seat(request: HttpRequest) -> Seat:
    """A supplier's; for a customer's person there is nothing here."""
    seat = seat_asked(request)
    if seat.side != "supplier":
        raise Http404(request.path_info)
    return seat


def _cause(seat: Seat) -> Cause:
    return Cause(actor=seat.person, because=f"portal:{seat.code}"[:120])


def _own(seat: Seat, number: str) -> OrderRow:
    found = queries.orders(OrderFilter(number=number, supplier=seat.partner), limit=1)
    if not found:
        raise Http404(number)
    return found[0]


def _asked(seat: Seat, request: int) -> queries.QuoteRow:
    found = queries.quotes(supplier=seat.partner, request=request)
    if not found:
        raise Http404(request)
    return found[0]


def _order(row: OrderRow) -> dict[str, Any]:
    return _without(row, OURS)


def _without(row: OrderRow | LineRow | ChangeRow | NoticeRow, hidden: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if name not in hidden}


def _offered(said: PricesIn) -> operations.Offered:
    values = {name: value for name, value in said.dict().items() if name not in ("item", "breaks")}
    return operations.Offered(**values, breaks=tuple((int(start), int(price)) for start, price in said.breaks))
