"""The warehouse: what waits at a site, and the work done with it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Place
from longshore.catalog.typed import key_of_form, pk_or_none, whole, whole_or_none
from longshore.ledger.cause import Cause
from longshore.storing import operations, queries
from longshore.storing.operations import Picked

SHORT_REASONS = (
    ("missing", gettext_lazy("Missing")),
    ("damaged", gettext_lazy("Damaged")),
    ("other", gettext_lazy("Other")),
)
HOURS_AHEAD = (12, 24, 48)  # what a wave may reach out to; the first is offered
MOST = 200


def _cause(request: HttpRequest) -> Cause:
    return Cause(actor=request.user.get_username(), because="page")


def _site(request: HttpRequest) -> Place | None:
    asked = pk_or_none(request.GET.get("site") or request.POST.get("site"))
    sites = Place.objects.filter(kind="site", active=True, parts__usage="storage").distinct().order_by("code")
    if asked is None:
        return sites.first()
    found = sites.filter(pk=asked).first()
    if found is None:
        raise Http404(asked)
    return found


@needs("view")
@require_GET
def warehouse(request: HttpRequest) -> HttpResponse:
    return _warehouse(request)


def _warehouse(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    site = _site(request)
    pk = 0 if site is None else site.pk
    context = {
        "nav": "warehouse",
        "topics": "movement",
        "sites": Place.objects.filter(kind="site", active=True, parts__usage="storage").distinct().order_by("code"),
        "site": site,
        "waves": queries.waves(site=pk, only_open=True),
        "picks": queries.pick_list(site=pk, limit=MOST),
        "put_away": queries.put_away_waiting(site=pk)[:MOST],
        "counts": queries.counts_waiting(site=pk),
        "docks": queries.dock_bookings(site=pk, at=now_of(request)),
        "hours_ahead": HOURS_AHEAD,
        "reasons": SHORT_REASONS,
        "key": str(uuid4()),
        "refusal": refusal,
    }
    return render(request, "storing/warehouse.html", context, status=422 if refusal else 200)


@needs("storing")
@require_POST
def act(request: HttpRequest, verb: str) -> HttpResponse:
    site = _site(request)
    if site is None:
        raise Http404("site")
    try:
        said = _act(request, site.pk, verb)
    except Refusal as refusal:
        return _warehouse(request, refusal)
    messages.success(request, said)
    return redirect(f"{reverse('warehouse')}?site={site.pk}")


def _act(request: HttpRequest, site: int, verb: str) -> str:
    at, cause = now_of(request), _cause(request)
    if verb == "release":
        key, ahead = key_of_form(request.POST.get("key")), _hours_ahead(request)
        until = at + timedelta(hours=ahead)
        wave = operations.release_wave(key=key, site=site, ship_before=until, at=at, cause=cause)
        if wave.wave is None:
            return _("Nothing that is in stock must leave within %(hours)s hours.") % {"hours": ahead}
        return _("Wave %(number)s is released.") % {"number": wave.number}
    if verb == "pick":
        operations.confirm_picks(_picked(request), at=at, cause=cause)
        return _("Picked.")
    if verb == "pack":
        packed = operations.pack(site=site, at=at, cause=cause)
        return _("%(count)s packages packed.") % {"count": len(packed.units)}
    if verb == "put-away":
        moved = operations.put_away_all(site=site, at=at, cause=cause)
        return _("%(count)s put away, %(left)s found no bin.") % {
            "count": len(moved.moved),
            "left": len(moved.rejected),
        }
    raise Http404(verb)


def _hours_ahead(request: HttpRequest) -> int:
    ahead = whole(request.POST.get("hours", str(HOURS_AHEAD[0])), _("Must leave within"))
    if ahead not in HOURS_AHEAD:
        raise Http404("hours")
    return ahead


def _picked(request: HttpRequest) -> list[Picked]:
    """The ticked tasks; a quantity below what was asked goes with its reason."""
    typed, at = request.POST, now_of(request)
    found = []
    for task in typed.getlist("task"):
        qty = whole_or_none(typed.get(f"qty-{task}"), _("Picked"))
        found.append(Picked(whole(task, _("Tasks")), at, qty, typed.get(f"reason-{task}", "")))
    return found
