"""Stock within limits: how much money and room the policies use, what binds, and what one more of it would save."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Place
from longshore.catalog.typed import money_or_none, pk_or_none, whole_or_none
from longshore.planning.operations.adopting import Within, adopt_limits
from longshore.planning.pages.demand import cause_of
from longshore.planning.queries.limits import Limits, limits

LITRES = 1000  # cm³
SHOWN = 100


@needs("view")
@require_GET
def stock_limits(request: HttpRequest) -> HttpResponse:
    return _limits(request, request.GET)


def _limits(request: HttpRequest, given: QueryDict, refusal: Refusal | None = None) -> HttpResponse:
    within = Within(pk_or_none(given.get("site")))
    try:
        within = _within(given)
    except Refusal as unread:
        refusal = refusal or unread
    found = limits(at=now_of(request), site=within.site, budget=within.budget, room=within.room)
    context = {
        "nav": "policies",
        "tab": "limits",
        "found": found,
        "fitted": found.fitted,
        "money": _money(found),
        "room": _room(found),
        "moved": found.moved[:SHOWN],
        "site": within.site,
        "sites": Place.objects.filter(kind="site", active=True).order_by("code"),
        "budget": given.get("budget", ""),
        "room_given": given.get("room", ""),
        "budget_now": f"{found.money_now // 100}",
        "room_now": f"{found.room_now // LITRES}",
        "reason": given.get("reason", ""),
        "refusal": refusal,
    }
    return render(request, "planning/limits.html", context, status=422 if refusal else 200)


def _within(given: QueryDict) -> Within:
    room = whole_or_none(given.get("room"), _("Room"))
    return Within(
        pk_or_none(given.get("site")),
        money_or_none(given.get("budget"), _("Money in stock")),
        None if room is None else room * LITRES,
    )


def _money(found: Limits) -> dict[str, Any]:
    """Minor units; the price is what one more of every thousand would save a year."""
    if found.fitted is None:
        return {"now": found.money_now}
    use = found.fitted.money
    limit, used = use.limit + found.fixed_money, use.used + found.fixed_money
    return {"now": found.money_now, "limit": limit, "used": used, "percent": _percent(used, limit), "binds": use.binds,
            "price": use.price_micro * 100_000 // 1_000_000}  # fmt: skip


def _room(found: Limits) -> dict[str, Any]:
    """Litres; the price is what one more cubic metre would save a year."""
    if found.fitted is None:
        return {"now": found.room_now // LITRES}
    use = found.fitted.room
    limit, used = use.limit + found.fixed_room, use.used + found.fixed_room
    return {"now": found.room_now // LITRES, "limit": limit // LITRES, "used": used // LITRES,
            "percent": _percent(used, limit), "binds": use.binds, "price": use.price_micro}  # fmt: skip


def _percent(used: int, limit: int) -> int:
    return used * 100 // limit if limit else 0


@needs("planning")
@require_POST
def apply_limits(request: HttpRequest) -> HttpResponse:
    """All levels that would change are changed and fixed, with one reason."""
    try:
        receipt = adopt_limits(
            _within(request.POST), request.POST.get("reason", ""), at=now_of(request), cause=cause_of(request)
        )
    except Refusal as refusal:
        return _limits(request, request.POST, refusal)
    messages.success(request, _("%(count)s policies were changed.") % {"count": receipt.policies})
    return redirect("policies")
