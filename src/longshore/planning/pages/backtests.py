"""Policy back-test: own history lived again under the present policy and others; one of them is chosen with a reason."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Item, Place
from longshore.planning.operations.adopting import adopt_option
from longshore.planning.pages.demand import cause_of
from longshore.planning.queries.backtest import Backtest, backtest
from longshore.planning.queries.projection import policy_of

WORDS = {
    "present": gettext_lazy("As it is"),
    "leaner": gettext_lazy("One step less service"),
    "safer": gettext_lazy("One step more service"),
    "history": gettext_lazy("As its own history asks"),
    "half-lot": gettext_lazy("Half the lot"),
}


@needs("view")
@require_GET
def policy_backtest(request: HttpRequest, item: int, site: int) -> HttpResponse:
    return _backtest(request, item, site)


def _backtest(request: HttpRequest, item: int, site: int, refusal: Refusal | None = None) -> HttpResponse:
    found = backtest(item, site, at=now_of(request))
    if found is None:
        raise Http404(item)
    context = {
        "nav": "policies",
        "item": Item.objects.select_related("base_unit").get(pk=item),
        "site": Place.objects.get(pk=site),
        "found": found,
        "rows": [
            (each, WORDS[each.levels.key], [value * found.unit_cost for value in _ends(each.stock)])
            for each in found.outcomes
        ],
        "words": WORDS,
        "best": found.chosen,
        "best_word": WORDS[found.chosen.levels.key] if found.chosen else "",
        "chart": _chart(found) if found.outcomes else None,
        "chosen_option": request.POST.get("option", ""),
        "reason": request.POST.get("reason", ""),
        "refusal": refusal,
    }
    return render(request, "planning/backtest.html", context, status=422 if refusal else 200)


def _ends(span: Any) -> tuple[int, int, int]:
    return span.mean, span.low, span.high


def _chart(found: Backtest) -> dict[str, Any]:
    """Average stock of each option beside what its paths span."""
    rows = found.outcomes
    return {
        "x": [str(WORDS[each.levels.key]) for each in rows],
        "series": [
            {"name": _("Low"), "values": [each.stock.low for each in rows], "state": "t3"},
            {"name": _("Stock on average"), "values": [each.stock.mean for each in rows], "state": "info"},
            {"name": _("High"), "values": [each.stock.high for each in rows], "state": "t3"},
        ],
    }


@needs("planning")
@require_POST
def policy_adopt(request: HttpRequest, item: int, site: int) -> HttpResponse:
    """The chosen row becomes the policy; it is fixed until a person frees it."""
    if policy_of(item, site) is None:
        raise Http404(item)
    typed = request.POST
    try:
        adopt_option(
            item, site, typed.get("option", ""), typed.get("reason", ""), at=now_of(request), cause=cause_of(request)
        )
    except Refusal as refusal:
        return _backtest(request, item, site, refusal)
    messages.success(request, _("These levels count from now on."))
    return redirect("policy", item, site)
