"""Stock policy: how much is held of what, why this number, and what more or less service would cost."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Item, Place
from longshore.catalog.typed import NotReadable, pk_or_none, whole_or_none
from longshore.planning import operations, queries
from longshore.planning.models import StockPolicy
from longshore.planning.pages.demand import cause_of
from longshore.planning.pages.surges import told
from longshore.planning.queries import policy_curve
from longshore.planning.queries.hierarchy import Node
from longshore.planning.queries.policy_curve import Curve
from longshore.planning.wording import policy_reason

ROWS = 60


@needs("view")
@require_GET
def policies(request: HttpRequest) -> HttpResponse:
    site, search = pk_or_none(request.GET.get("site")), request.GET.get("q", "").strip()
    found = policy_curve.policies_of(site, search)
    context = {
        "nav": "policies",
        "tab": "policies",
        "page": Paginator(found, ROWS).get_page(request.GET.get("page")),
        "total": len(found),
        "value": sum(row.value for row in found),
        "by_hand": sum(row.locked for row in found),
        "site": site,
        "search": search,
        "sites": Place.objects.filter(kind="site", active=True).order_by("code"),
    }
    return render(request, "planning/policies.html", context)


@needs("view")
@require_GET
def policy(request: HttpRequest, item: int, site: int) -> HttpResponse:
    return _policy(request, item, site)


def _policy(request: HttpRequest, item: int, site: int, refusal: Refusal | None = None) -> HttpResponse:
    curve = policy_curve.service_curve(item, site)
    if curve is None:
        raise Http404(item)
    found, explanation = curve.policy, curve.policy.explanation
    inputs = explanation.get("inputs", {})
    context = {
        "nav": "policies",
        "item": Item.objects.select_related("base_unit").get(pk=item),
        "site": Place.objects.get(pk=site),
        "policy": found,
        "why": policy_reason(explanation, safety=found.safety_stock, reorder=found.reorder_point),
        "inputs": inputs,
        "flip": _flip(explanation),
        "curve": curve,
        "chart": _chart(curve) if len(curve.points) > 1 else None,
        "offers": queries.offers_for(item),
        "surges": told(Node(item=item, site=site), operations.company_today(now_of(request))),
        "projection": queries.projected_stock(item, site, at=now_of(request)),
        "refusal": refusal,
        "posted": request.POST,
    }
    return render(request, "planning/policy.html", context, status=422 if refusal else 200)


def _flip(explanation: dict[str, Any]) -> str:
    """The service level at which the reorder point falls by one."""
    milli = (explanation.get("flip") or {}).get("service_bp_milli", 0)
    return f"{milli / 100_000:.2f}" if milli else ""


def _chart(curve: Curve) -> dict[str, Any]:
    """Money a year over service: holding, ordering, both."""
    chosen = next((n for n, point in enumerate(curve.points) if point.chosen), None)
    drawn: dict[str, Any] = {
        "x": [f"{point.service_bp / 100:g} %" for point in curve.points],
        "series": [
            {"name": _("Cost a year"), "values": [p.yearly_cost / 100 for p in curve.points], "state": "info"},
            {"name": _("Holding"), "values": [p.holding_cost / 100 for p in curve.points], "dashed": True},
            {"name": _("Ordering"), "values": [p.ordering_cost / 100 for p in curve.points], "dashed": True,
             "state": "ok"},
        ],
    }  # fmt: skip
    return drawn if chosen is None else {**drawn, "now": chosen}


@needs("planning")
@require_POST
def save_policy(request: HttpRequest, item: int, site: int) -> HttpResponse:
    """A service level of its own, or the numbers by hand; with no reorder point planning computes them again."""
    before = StockPolicy.objects.filter(item_id=item, site_id=site).first()
    if before is None:
        raise Http404(item)
    form, at, cause = request.POST, now_of(request), cause_of(request)
    try:
        wanted = operations.NewPolicy(
            item=item, site=site, source=before.source_id, review_minutes=before.review_minutes,
            service_bp=_service(form.get("service")), automatic=bool(form.get("automatic")),
            safety_stock=whole_or_none(form.get("safety_stock"), _("Safety stock")),
            reorder_point=whole_or_none(form.get("reorder_point"), _("Reorder point")),
            order_qty=whole_or_none(form.get("order_qty"), _("Order quantity")),
            lead_time_minutes=before.lead_time_minutes,
        )  # fmt: skip
        operations.put_policies([wanted], at=at, cause=cause)
        if wanted.reorder_point is None:
            operations.set_policies(at=at, cause=cause, items=[item])
    except Refusal as refusal:
        return _policy(request, item, site, refusal)
    messages.success(request, _("Kept."))
    return redirect("policy", item, site)


def _service(text: str | None) -> int | None:
    """Per cent as written, in basis points; empty: as the item's."""
    if not text or not text.strip():
        return None
    try:
        return round(float(text.strip().rstrip("%").replace(",", ".")) * 100)
    except ValueError:
        raise NotReadable(
            "not-a-number", _("“%(text)s” is not a share.") % {"text": text}, _("Write 97.5 for 97.5 %.")
        ) from None
