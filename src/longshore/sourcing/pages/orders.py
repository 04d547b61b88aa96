"""Purchase orders: the list, one order with what was agreed and what came, and receiving by scan."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Place
from longshore.catalog.typed import day_or_none, key_of_form, moment, pk_or_none, whole, whole_or_none
from longshore.ledger.cause import Cause
from longshore.sourcing import operations, queries
from longshore.sourcing.models import ChangeState, ClaimKind, ClaimState, PurchaseState, RiskBasis
from longshore.sourcing.operations import Arrived
from longshore.sourcing.pages.portal import NOTICE_STATES
from longshore.sourcing.pages.risks import shown, worst_by_order
from longshore.sourcing.queries import OrderFilter, OrderRow

ROWS = 60
MOST = 1000
OPEN = ("sent", "confirmed", "part_received")
VIEWS: dict[str, tuple[Any, tuple[str, ...] | None]] = {
    "open": (gettext_lazy("Open"), OPEN),
    "late": (gettext_lazy("Late"), None),
    "sent": (gettext_lazy("To confirm"), ("sent",)),
    "received": (gettext_lazy("Received"), ("received",)),
    "all": (gettext_lazy("All"), None),
}


def _cause(request: HttpRequest) -> Cause:
    return Cause(actor=request.user.get_username(), because="page")


@needs("view")
@require_GET
def purchases(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("view", "open")
    asked = asked if asked in VIEWS else "open"
    wanted = OrderFilter(states=VIEWS[asked][1], late_at=now_of(request) if asked == "late" else None)
    found = queries.orders(wanted, limit=MOST)
    at_risk = worst_by_order(queries.risks())
    context = {
        "nav": "purchases",
        "page": Paginator(
            [(row, "late" if asked == "late" else _mark(row, now_of(request)), at_risk.get(row.id)) for row in found],
            ROWS,
        ).get_page(request.GET.get("page")),
        "total": len(found),
        "views": [(name, title) for name, (title, _states) in VIEWS.items()],
        "asked": asked,
        "states": dict(PurchaseState.choices),
    }
    return render(request, "sourcing/purchases.html", context)


def _mark(row: OrderRow, at: datetime) -> str:
    if row.state == "cancelled":
        return "idle"
    if row.late_minutes(at) > 0:
        return "late"
    return "ok" if row.state == "received" else "info"


@needs("view")
@require_GET
def purchase(request: HttpRequest, number: str) -> HttpResponse:
    return _purchase(request, number)


def _found(number: str) -> OrderRow:
    found = queries.order_by_number(number)
    if found is None:
        raise Http404(number)
    return found


def _purchase(request: HttpRequest, number: str, refusal: Refusal | None = None) -> HttpResponse:
    row = _found(number)
    on_way = queries.lines_on_way(row.id)
    context = {
        "nav": "purchases",
        "row": row,
        "lines": [(line, str(uuid4()), on_way.get(line.id, 0)) for line in queries.lines_of(row.id)],
        "receipts": queries.receipts_of(row.id),
        "docks": Place.objects.filter(site=row.site, usage="receiving").order_by("code"),
        "state_word": PurchaseState(row.state).label,
        "mark": _mark(row, now_of(request)),
        "changes": queries.changes(order=row.id),
        "claims": queries.claims(order=row.id),
        "claim_kinds": ClaimKind.choices,
        "change_states": dict(ChangeState.choices),
        "claim_states": dict(ClaimState.choices),
        "notices": queries.notices(order=row.id),
        "notice_states": NOTICE_STATES,
        "risks": shown(queries.risks(order=row.id)) if row.is_open else [],
        "bases": dict(RiskBasis.choices),
        "refusal": refusal,
        "rejected": getattr(refusal, "rejected", ()),
    }
    return render(request, "sourcing/purchase.html", context, status=422 if refusal else 200)


@needs("sourcing")
@require_POST
def act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Confirm, report a delay, receive what came, or close the rest; a refusal is shown on the order's page."""
    row, at, cause = _found(number), now_of(request), _cause(request)
    try:
        if verb == "confirm":
            operations.confirm(row.id, at=at, cause=cause)
        elif verb == "delay":
            later = moment(request.POST.get("expected_at"), _("New date"))
            operations.report_delay(row.id, later, at=at, cause=cause)
        elif verb == "receive":
            operations.receive(row.id, _arrived(request), pk_or_none(request.POST.get("dock")) or 0, at=at, cause=cause)
        elif verb == "expedite":
            sooner = moment(request.POST.get("wanted_at"), _("Date wanted"))
            operations.expedite(row.id, sooner, at=at, cause=cause, reason=request.POST.get("reason", ""))
        elif verb == "claim":
            line, kind = pk_or_none(request.POST.get("line")) or 0, request.POST.get("kind", "")
            if line not in {each.id for each in queries.lines_of(row.id)}:
                raise Http404(line)
            operations.raise_claim(line, kind, at=at, cause=cause)
        elif verb == "close":
            operations.close_short(row.id, at=at, cause=cause)
        else:
            raise Http404(verb)
    except Refusal as refusal:
        return _purchase(request, number, refusal)
    return redirect("purchase", number=number)


def _arrived(request: HttpRequest) -> list[Arrived]:
    """The rows of the form where a quantity was typed. Each row has an id of its own, so that a second click is no receipt."""
    typed = request.POST
    found = []
    for line in typed.getlist("line"):
        qty = whole_or_none(typed.get(f"qty-{line}"), _("Came now"))
        if qty is not None:
            found.append(
                Arrived(
                    line=whole(line, _("Lines")),
                    qty=qty,
                    key=key_of_form(typed.get(f"key-{line}")),
                    lot_code=typed.get(f"lot-{line}", "").strip(),
                    expires_on=day_or_none(typed.get(f"expires-{line}"), _("Expires")),
                    damaged=whole_or_none(typed.get(f"damaged-{line}"), _("Damaged")) or 0,
                )
            )
    return found
