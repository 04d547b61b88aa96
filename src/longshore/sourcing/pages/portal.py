"""A supplier's own orders: confirm all or less, say later, send, answer wishes, offer. Nothing of anybody else."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.typed import day_or_none, moment, pk_or_none, whole, whole_or_none
from longshore.ledger.cause import Cause
from longshore.planning.pages.portal import for_partners
from longshore.planning.queries.seats import Seat
from longshore.sourcing import operations, queries
from longshore.sourcing.models import PurchaseState, QuoteState
from longshore.sourcing.operations import LineTerms, Offered, Sent
from longshore.sourcing.queries import OrderFilter, OrderRow


def _cause(seat: Seat) -> Cause:
    return Cause(actor=seat.person, because=f"portal:{seat.code}"[:120])


@for_partners("supplier")
@require_GET
def portal_orders(request: HttpRequest, seat: Seat) -> HttpResponse:
    rows = queries.orders(OrderFilter(supplier=seat.partner), limit=200)
    context = {
        "nav": "portal-orders",
        "seat": seat,
        "rows": rows,
        "states": dict(PurchaseState.choices),
        "quotes": queries.quotes(supplier=seat.partner),
        "quote_states": dict(QuoteState.choices),
        "total": len(rows),
    }
    return render(request, "sourcing/portal_orders.html", context)


@for_partners("supplier")
@require_GET
def portal_order(request: HttpRequest, seat: Seat, number: str) -> HttpResponse:
    return _order(request, seat, number)


def _own(seat: Seat, number: str) -> OrderRow:
    """Somebody else's order does not exist here."""
    found = queries.orders(OrderFilter(number=number, supplier=seat.partner), limit=1)
    if not found:
        raise Http404(number)
    return found[0]


def _order(request: HttpRequest, seat: Seat, number: str, refusal: Refusal | None = None) -> HttpResponse:
    row = _own(seat, number)
    context = {
        "nav": "portal-orders",
        "seat": seat,
        "row": row,
        "lines": queries.lines_of(row.id),
        "changes": queries.changes(supplier=seat.partner, order=row.id),
        "claims": queries.claims(supplier=seat.partner, order=row.id),
        "state_word": PurchaseState(row.state).label,
        "refusal": refusal,
    }
    return render(request, "sourcing/portal_order.html", context, status=422 if refusal else 200)


@for_partners("supplier")
@require_POST
def portal_order_act(request: HttpRequest, seat: Seat, number: str, verb: str) -> HttpResponse:
    row = _own(seat, number)
    verbs = {"confirm": _confirm, "dispatch": _dispatch, "answer": _answer}
    if verb not in verbs:
        raise Http404(verb)
    try:
        verbs[verb](request, seat, row)
    except Refusal as refusal:
        return _order(request, seat, number, refusal)
    messages.success(request, _("Thank you, it is written down."))
    return redirect("portal-order", number=number)


def _confirm(request: HttpRequest, seat: Seat, row: OrderRow) -> None:
    """Each line with the quantity that will come; another day moves all of it."""
    typed = request.POST
    terms = [LineTerms(line.id, whole_or_none(typed.get(f"qty-{line.id}"), _("Quantity"))) for line in _open(row)]
    told = [term for term in terms if term.qty is not None]
    later = moment(typed.get("expected_at"), _("New date")) if typed.get("expected_at") else None
    operations.confirm(row.id, at=now_of(request), cause=_cause(seat), expected_at=later, lines=told)


def _dispatch(request: HttpRequest, seat: Seat, row: OrderRow) -> None:
    typed = request.POST
    arrives = moment(typed.get("arrives_at"), _("Arrives at"))
    lines = tuple((line.id, line.to_come) for line in _open(row) if line.to_come > 0)
    sent = Sent(typed.get("notice", "").strip(), now_of(request), arrives, lines)
    operations.notify_dispatch(row.id, sent, at=now_of(request), cause=_cause(seat))


def _answer(request: HttpRequest, seat: Seat, row: OrderRow) -> None:
    change = pk_or_none(request.POST.get("change")) or 0
    own = {each.id for each in queries.changes(supplier=seat.partner, order=row.id)}
    if change not in own:
        raise Http404(change)
    agreed = request.POST.get("agreed") == "yes"
    operations.answer_change(change, agreed=agreed, at=now_of(request), cause=_cause(seat))


def _open(row: OrderRow) -> list[queries.LineRow]:
    return [line for line in queries.lines_of(row.id) if line.closed_at is None]


@for_partners("supplier")
@require_POST
def portal_quote(request: HttpRequest, seat: Seat, number: int) -> HttpResponse:
    """Offer, or decline."""
    typed = request.POST
    offered = None
    try:
        if typed.get("verb") != "decline":
            offered = Offered(
                unit_price=whole(typed.get("price"), _("Price")),
                lead_minutes=whole(typed.get("lead_days"), _("Lead time, days")) * 1440,
                moq=whole_or_none(typed.get("moq"), _("Least order quantity")) or 1,
                valid_until=day_or_none(typed.get("valid_until"), _("Valid until")),
            )
        operations.answer_quote(number, seat.partner, offered, at=now_of(request), cause=_cause(seat))
    except Refusal as refusal:
        messages.error(request, f"{refusal.sentence} {refusal.remedy}")
    return redirect("portal-orders")
