"""Suppliers: scorecards from what they did, one supplier with its contracts, claims and documents, approvals."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Partner
from longshore.catalog.typed import day_or_none, money_or_none, pk_or_none
from longshore.ledger.cause import Cause
from longshore.planning.operations import company_today
from longshore.sourcing import operations, queries
from longshore.sourcing.models import ApprovalState, ClaimKind, ClaimState, DocumentState, PurchaseState
from longshore.sourcing.operations import ClaimAnswer
from longshore.sourcing.pages.risks import worst_by_order

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
    found_orders = queries.orders(queries.OrderFilter(supplier=number), limit=30)
    at_risk = worst_by_order(queries.risks(supplier=number))
    context: dict[str, Any] = {
        "nav": "suppliers",
        "supplier": found,
        "card": cards[0] if cards else None,
        "mark": mark_of(cards[0].otif_bp) if cards else "idle",
        "orders": [(row, at_risk.get(row.id)) for row in found_orders],
        "states": dict(PurchaseState.choices),
        "contracts": _contracts(number),
        "today": company_today(now_of(request)),
        "claims": queries.claims(supplier=number),
        "documents": queries.documents(supplier=number)[:30],
        "kinds": dict(ClaimKind.choices),
        "claim_states": dict(ClaimState.choices),
        "document_states": dict(DocumentState.choices),
        "refusal": refusal,
    }
    return render(request, "sourcing/supplier.html", context, status=422 if refusal else 200)


@needs("sourcing")
@require_POST
def supplier_act(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """Settle a claim, end a contract. A refusal is shown on the supplier's page."""
    at, cause, typed = now_of(request), cause_of(request), request.POST
    try:
        if verb in ("accept-claim", "refuse-claim"):
            said = ClaimAnswer(
                accepted=verb == "accept-claim",
                credited=money_or_none(typed.get("credited"), _("Credited")),
                credit_note=typed.get("credit_note", ""),
                reason=typed.get("reason", ""),
            )
            operations.answer_claim(pk_or_none(typed.get("claim")) or 0, said, at=at, cause=cause)
        elif verb == "end-contract":
            on = day_or_none(typed.get("on"), _("Last day")) or company_today(at)
            operations.end_contract(pk_or_none(typed.get("contract")) or 0, on=on, at=at, cause=cause)
            messages.success(request, _("The contract ends."))
        elif verb == "withdraw-claim":
            operations.withdraw_claim(pk_or_none(typed.get("claim")) or 0, at=at, cause=cause)
        else:
            raise Http404(verb)
    except Refusal as refusal:
        return _supplier(request, number, refusal)
    return redirect("supplier", number=number)


def _contracts(supplier: int) -> list[tuple[queries.ContractRow, list[tuple[queries.ContractRow, ...]]]]:
    """Each contract with its items, and an item with its prices from quantities on."""
    found = []
    for _code, of_contract in groupby(queries.contracts(supplier), key=lambda row: row.id):
        items = [tuple(of_item) for _item, of_item in groupby(of_contract, key=lambda row: row.item)]
        found.append((items[0][0], items))
    return found


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
