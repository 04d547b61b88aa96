"""Suppliers: scorecards from what they did, one supplier with its contracts, claims and documents, approvals."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Item, Partner
from longshore.catalog.typed import day_or_none, pk_or_none, whole, whole_or_none
from longshore.ledger.cause import Cause
from longshore.sourcing import operations, queries
from longshore.sourcing.models import ApprovalState, ClaimKind, ClaimState, DocumentState
from longshore.sourcing.operations import Price, Terms

GOOD_BP = 9_500
FAIR_BP = 8_500


def cause_of(request: HttpRequest) -> Cause:
    return Cause(actor=request.user.get_username(), because="page")


def mark_of(bp: int) -> str:
    return "ok" if bp >= GOOD_BP else "risk" if bp >= FAIR_BP else "late"


@needs("view")
@require_GET
def suppliers(request: HttpRequest) -> HttpResponse:
    cards = queries.scorecards(at=now_of(request))
    known = {card.supplier for card in cards}
    others = Partner.objects.filter(is_supplier=True, active=True).exclude(pk__in=known).order_by("code")
    context = {
        "nav": "suppliers",
        "tab": "suppliers",
        "cards": [(card, mark_of(card.otif_bp)) for card in cards],
        "others": others,
        "total": len(cards) + len(others),
    }
    return render(request, "sourcing/suppliers.html", context)


@needs("view")
@require_GET
def supplier(request: HttpRequest, number: int) -> HttpResponse:
    return _supplier(request, number)


def _supplier(request: HttpRequest, number: int, refusal: Refusal | None = None) -> HttpResponse:
    found = Partner.objects.filter(pk=number, is_supplier=True).first()
    if found is None:
        raise Http404(number)
    cards = queries.scorecards(at=now_of(request), supplier=number)
    context: dict[str, Any] = {
        "nav": "suppliers",
        "supplier": found,
        "card": cards[0] if cards else None,
        "mark": mark_of(cards[0].otif_bp) if cards else "idle",
        "orders": queries.orders(queries.OrderFilter(supplier=number), limit=30),
        "contracts": queries.contracts(number),
        "claims": queries.claims(supplier=number),
        "documents": queries.documents(supplier=number)[:30],
        "items": Item.objects.filter(suppliers__supplier=number).order_by("code"),
        "kinds": dict(ClaimKind.choices),
        "claim_states": dict(ClaimState.choices),
        "document_states": dict(DocumentState.choices),
        "refusal": refusal,
    }
    return render(request, "sourcing/supplier.html", context, status=422 if refusal else 200)


@needs("sourcing")
@require_POST
def supplier_act(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """Write a contract down; settle a claim. A refusal is shown on the supplier's page."""
    at, cause, typed = now_of(request), cause_of(request), request.POST
    try:
        if verb == "contract":
            operations.put_contract(_terms(request, number), at=at, cause=cause)
            messages.success(request, _("The contract counts from its first day."))
        elif verb in ("accept-claim", "refuse-claim"):
            credited = whole_or_none(typed.get("credited"), _("Credited"))
            claim = pk_or_none(typed.get("claim")) or 0
            operations.answer_claim(claim, accepted=verb == "accept-claim", at=at, cause=cause, credited=credited)
        elif verb == "withdraw-claim":
            operations.withdraw_claim(pk_or_none(typed.get("claim")) or 0, at=at, cause=cause)
        else:
            raise Http404(verb)
    except Refusal as refusal:
        return _supplier(request, number, refusal)
    return redirect("supplier", number=number)


def _terms(request: HttpRequest, supplier: int) -> Terms:
    """One item's prices, as the form gives them: of one, and from a quantity on."""
    typed = request.POST
    item = pk_or_none(typed.get("item")) or 0
    prices = [Price(item, whole(typed.get("price"), _("Price")))]
    start = whole_or_none(typed.get("from_qty"), _("From quantity"))
    if start is not None:
        prices.append(Price(item, whole(typed.get("break_price"), _("Price from there on")), start))
    today = now_of(request).date()
    starts_on = day_or_none(typed.get("starts_on"), _("From")) or today
    ends_on = day_or_none(typed.get("ends_on"), _("Until")) or today
    return Terms(typed.get("code", "").strip(), supplier, starts_on, ends_on, tuple(prices))


@needs("view")
@require_GET
def approvals(request: HttpRequest) -> HttpResponse:
    return _approvals(request)


def _approvals(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    context = {
        "nav": "suppliers",
        "tab": "approvals",
        "rows": queries.approvals(),
        "states": dict(ApprovalState.choices),
        "refusal": refusal,
    }
    return render(request, "sourcing/approvals.html", context, status=422 if refusal else 200)


@needs("sourcing")
@require_POST
def approvals_act(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    at, cause = now_of(request), cause_of(request)
    try:
        if verb == "approve":
            operations.approve_order(number, at=at, cause=cause)
        elif verb == "refuse":
            operations.refuse_order(number, at=at, cause=cause)
        else:
            raise Http404(verb)
    except Refusal as refusal:
        return _approvals(request, refusal)
    return redirect("approvals")
