"""Where to hold safety stock: for each item that one site feeds to another, the cheapest place for what must be held."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from longshore.catalog.access import needs
from longshore.catalog.typed import pk_or_none
from longshore.planning.queries.placement import Chain, chains

ROWS = 40


@needs("view")
@require_GET
def placement(request: HttpRequest) -> HttpResponse:
    found = chains()
    asked = pk_or_none(request.GET.get("item"))
    opened = next((each for each in found if each.item == asked), found[0] if found and asked is None else None)
    if asked is not None and opened is None:
        raise Http404(asked)
    context = {
        "nav": "policies",
        "tab": "placement",
        "page": Paginator(found, ROWS).get_page(request.GET.get("page")),
        "total": len(found),
        "cost": sum(each.placed.cost for each in found),
        "everywhere": sum(each.placed.everywhere for each in found),
        "now": sum(each.placed.now for each in found),
        "opened": opened,
        "stages": [] if opened is None else _stages(opened),
        "chart": None if opened is None else _chart(opened),
    }
    return render(request, "planning/placement.html", context)


def _stages(chain: Chain) -> list[tuple[object, object, object]]:
    """Each stage with its own name and its source's."""
    return [
        (each, chain.sites[each.site], chain.sites.get(each.source) if each.source is not None else None)
        for each in chain.placed.stages
    ]


def _chart(chain: Chain) -> dict[str, object]:
    stages = chain.placed.stages
    return {
        "x": [chain.sites[each.site].code for each in stages],
        "series": [
            {"name": _("Safety stock now"), "values": [each.now for each in stages], "state": "t3"},
            {"name": _("Placed best"), "values": [each.safety_stock for each in stages], "state": "info"},
        ],
    }
