"""The network plan: supply and demand of an item over its sites, its planned orders, and what nobody can bring."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Item
from longshore.catalog.typed import pk_or_none
from longshore.ledger.cause import Cause
from longshore.planning import operations
from longshore.planning.models import PlannedBy, StockPolicy
from longshore.planning.queries.network_grid import last_run, planned_orders, shortages, supply_grid

MATCHES = 40


@needs("view")
@require_GET
def plan(request: HttpRequest) -> HttpResponse:
    return _plan(request)


def _plan(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    number, search = pk_or_none(request.GET.get("item")), request.GET.get("q", "").strip()
    period = 1 if request.GET.get("period") == "day" else 7
    context: dict[str, Any] = {
        "nav": "plan",
        "search": search,
        "run": last_run(),
        "period": period,
        "refusal": refusal,
        "shortages": shortages(limit=100),
        "matches": _matches(search),
    }
    if number is not None:
        item = Item.objects.filter(pk=number).first()
        if item is None:
            raise Http404(number)
        days = 14 if period == 1 else 84
        context |= {
            "item": item,
            "grid": supply_grid(number, at=now_of(request), days=days, period=period),
            "orders": planned_orders(number, limit=200),
            "reasons": _reasons(),
            "elsewhere": StockPolicy.objects.filter(item=item, planned_by=PlannedBy.POSITION).exists(),
        }
    return render(request, "planning/plan.html", context, status=422 if refusal else 200)


def _matches(search: str) -> list[Item]:
    """Items that are planned by network, found by code or name."""
    planned = Item.objects.filter(stockpolicy__planned_by=PlannedBy.NETWORK).distinct().order_by("code")
    if search:
        planned = planned.filter(code__icontains=search) | planned.filter(name__icontains=search)
    return list(planned[:MATCHES])


def _reasons() -> dict[str, str]:
    """What shaped an order, in words."""
    return {
        "moq": _("least quantity"),
        "multiple": _("whole packs"),
        "price-break": _("lower price from this quantity"),
        "capacity": _("supplier's limit"),
        "late": _("comes late"),
        "shelf-life": _("would spoil otherwise"),
        "kept": _("kept from the plan before"),
        "surplus": _("another site's surplus"),
        "fills-load": _("fills a load"),
    }


@needs("planning")
@require_POST
def plan_now(request: HttpRequest) -> HttpResponse:
    """Plan the whole network again, or let one item be planned by network or by its position."""
    at, cause = now_of(request), Cause(actor=request.user.get_username(), because="page")
    number, way = pk_or_none(request.POST.get("item")), request.POST.get("way", "")
    if way in PlannedBy.values and number is not None:
        changed = operations.plan_by(PlannedBy(way), at=at, cause=cause, items=[number])
        messages.success(request, _("Planned differently from now on: %(count)s sites.") % {"count": changed})
    try:
        receipt = operations.plan_network(at=at, cause=cause)
    except Refusal as refusal:
        return _plan(request, refusal)
    messages.success(
        request,
        _("Planned: %(orders)s orders for %(nodes)s item-sites, %(new)s new proposals.")
        % {"orders": receipt.orders, "nodes": receipt.nodes, "new": len(receipt.new)},
    )
    return redirect(f"{reverse('plan')}?item={number}" if number is not None else reverse("plan"))
