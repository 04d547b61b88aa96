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
DIGITS = 6


@needs("view")
@require_GET
def placement(request: HttpRequest) -> HttpResponse:
    asked = pk_or_none(request.GET.get("item"))
    number = _page(request.GET.get("page", ""))
    found = chains(limit=ROWS, offset=(number - 1) * ROWS)
    if not found.chains:
        found, number = chains(limit=ROWS), 1
    opened = next((each for each in found.chains if each.item == asked), None)
    if asked is None:
        opened = found.chains[0] if found.chains else None
    elif opened is None:
        opened = next(iter(chains(asked).chains), None)
    if asked is not None and opened is None:
        raise Http404(asked)
    context = {
        "nav": "policies",
        "tab": "placement",
        "rows": found.chains,
        "page": Paginator(range(found.total), ROWS).get_page(number),
        "total": found.total,
        "cost": sum(each.placed.cost for each in found.chains),
        "everywhere": sum(each.placed.everywhere for each in found.chains),
        "now": sum(each.placed.now for each in found.chains),
        "opened": opened,
        "stages": [] if opened is None else _stages(opened),
        "chart": None if opened is None else _chart(opened),
    }
    return render(request, "planning/placement.html", context)


def _page(text: str) -> int:
    return int(text) or 1 if text.isdecimal() and len(text) <= DIGITS else 1


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
