"""The RFID portals: what goes through them now, and whether the books say the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from longshore.catalog.access import needs, now_of
from longshore.catalog.typed import pk_or_none
from longshore.sensing.models.episodes import Direction
from longshore.sensing.queries import portals

SPAN = timedelta(hours=12)
PASSAGES = 60
STANDINGS: dict[str, tuple[str, str | Promise]] = {
    "missed": ("late", _("Posted, not seen")),
    "extra": ("risk", _("Seen, not posted")),
    "both": ("ok", _("Both")),
}


def _monitor(request: HttpRequest) -> dict[str, Any]:
    """One site's portals; without a choice the first that has any."""
    at = now_of(request)
    since = at - SPAN
    rows = portals.portals(at, since)
    sites = {row.site: row for row in rows if row.site is not None}
    asked = pk_or_none(request.GET.get("site"))
    site = asked if asked in sites else next(iter(sites), None)
    here = [row for row in rows if row.site == site]
    ids = [row.id for row in here]
    spoken = [row.speaks_from for row in here if row.speaks_from is not None]  # before that nobody could see anything
    compared = portals.compared(site, ids, max(since, min(spoken))) if site is not None and spoken else ()
    counts = {name: sum(row.standing == name for row in compared) for name in STANDINGS}
    return {
        "portals": here,
        "sites": list(sites.values()),
        "site": site,
        "passages": portals.passages(ids, since, PASSAGES),
        "compared": [(row, *STANDINGS[row.standing]) for row in compared[:PASSAGES]],
        "counts": counts,
        "went_in": sum(row.went_in for row in here),
        "went_out": sum(row.went_out for row in here),
        "unclear": sum(row.unclear for row in here),
        "directions": dict(Direction.choices),
        "topics": ",".join(f"portal-{id}" for id in ids),
        "hours": int(SPAN.total_seconds() // 3600),
    }


@needs("view")
@require_GET
def monitor(request: HttpRequest) -> HttpResponse:
    template = "sensing/_portals.html" if request.GET.get("part") else "sensing/portals.html"
    return render(request, template, {"nav": "portals", **_monitor(request)})


urlpatterns = [path("portals/", monitor, name="portals")]
