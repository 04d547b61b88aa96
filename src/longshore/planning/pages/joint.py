"""Shared plans as both sides see them: an agreement, its lines, and what is written into them.

Our people and the partner's look at the same pages; `seat` is None for ours, and decides what is found at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import may_of, needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.typed import day_or_none, whole
from longshore.planning import joint_rules
from longshore.planning.models import AgreementMode, EntryKind
from longshore.planning.operations import joint_plan
from longshore.planning.operations.joint_plan import Author, UnknownLine, Words
from longshore.planning.pages.portal import for_partners
from longshore.planning.queries import agreements as asked
from longshore.planning.queries.agreements import LineView
from longshore.planning.queries.joint_forecast import joint_forecast
from longshore.planning.queries.seats import Seat

STATES = {"below": "late", "within": "ok", "above": "risk"}


@dataclass(frozen=True, slots=True)
class Free:
    """A day with what is expected to be left and what a delivery may bring."""

    day: object
    room: joint_rules.Room


def _shell(seat: Seat | None) -> dict[str, Any]:
    """The same templates lead to other addresses for people of a partner."""
    side = "joint" if seat is None else "portal"
    return {
        "seat": seat,
        "list_page": "agreements" if seat is None else "portal",
        "agreement_page": f"{side}-agreement",
        "line_page": f"{side}-line",
        "act_page": f"{side}-act",
        "nav": "agreements" if seat is None else "portal",
        "modes": dict(AgreementMode.choices),
        "level_words": {"below": _("Below the least"), "within": _("Within"), "above": _("Above the most")},
        "level_marks": STATES,
    }


def _partner(seat: Seat | None) -> int | None:
    return None if seat is None else seat.partner


def agreement_page(
    request: HttpRequest, seat: Seat | None, number: int, refusal: Refusal | None = None
) -> HttpResponse:
    at, partner = now_of(request), _partner(seat)
    found = asked.agreements(at=at, partner=partner, number=number)
    if not found:
        raise Http404(number)
    row = found[0]
    context = {
        **_shell(seat),
        "row": row,
        "levels": asked.levels(at=at, partner=partner, agreement=number, all_shared=seat is None),
        "joint": joint_forecast(number, at=at, partner=partner) if row.mode == AgreementMode.CPFR else (),
        "refusal": refusal,
        "may_write": seat is not None or "planning" in may_of(request.user),
    }
    return render(request, "planning/agreement.html", context, status=422 if refusal else 200)


def line_page(request: HttpRequest, seat: Seat | None, number: int, refusal: Refusal | None = None) -> HttpResponse:
    at = now_of(request)
    view = asked.line_view(number, at=at, partner=_partner(seat))
    if view is None:
        raise Http404(number)
    line = view.level.line
    context = {
        **_shell(seat),
        "view": view,
        "line": line,
        "level": view.level,
        "chart": _chart(view),
        "planned": [
            entry for entry in asked.planned_deliveries(view.history).values() if entry.day >= view.days[0].day
        ],
        "free": _free(view) if line.mode == AgreementMode.VMI else (),
        "tomorrow": view.days[0].day + timedelta(days=1),
        "kinds": dict(EntryKind.choices),
        "refusal": refusal,
        "may_write": line.in_force and (seat is not None or "planning" in may_of(request.user)),
    }
    return render(request, "planning/joint_line.html", context, status=422 if refusal else 200)


def act(request: HttpRequest, seat: Seat | None, number: int, verb: str) -> HttpResponse:
    """Write into a shared plan; what is wrong with it comes back on the page it was written on."""
    at = now_of(request)
    author = Author(request.user.get_username(), _partner(seat))
    if seat is None and "planning" not in may_of(request.user):
        raise PermissionDenied("planning")
    line = asked.line_of(number, at=at, partner=author.partner)
    if line is None:
        raise Http404(number)
    weekly = line.mode == AgreementMode.CPFR and verb in ("say", "commit")
    try:
        day = day_or_none(request.POST.get("day"), _("Day"))
        if day is None:
            day = asked.company_today(at)
        qty = whole(request.POST.get("qty"), _("Quantity")) if verb not in ("comment", "order") else 0
        words = Words(qty, request.POST.get("text", "").strip())
        done = joint_plan.write(verb, number, day, words, author=author, at=at)
    except UnknownLine as unknown:
        raise Http404(number) from unknown
    except Refusal as refusal:
        if weekly:
            return agreement_page(request, seat, line.agreement, refusal)
        return line_page(request, seat, number, refusal)
    messages.success(request, _said(verb, done))
    shell = _shell(seat)
    return redirect(shell["agreement_page"], line.agreement) if weekly else redirect(shell["line_page"], number)


def _said(verb: str, done: joint_plan.EntryReceipt) -> str:
    if verb in ("propose", "order"):
        if done.state == "released":
            return _("Ordered.")
        return _("Proposed; the buyer decides.")
    return {"commit": _("Committed: this is the forecast now."), "comment": _("Written.")}.get(verb, _("Noted."))


def _free(view: LineView) -> list[Free]:
    """For the supplier: what fits on each of the next days, beside what is ordered; what waits is replaced."""
    return [Free(day, room) for day, room in asked.rooms_of(view).items()][1:15]


def _chart(view: LineView) -> dict[str, Any] | None:
    days = view.days
    series: list[dict[str, Any]] = []
    if days and days[0].closing_milli is not None:
        values = [(day.closing_milli or 0) / 1000 for day in days]
        series.append({"name": _("Projected stock"), "values": values, "area": True, "step": True})
    if days and days[0].inbound is not None:
        series.append({"name": _("Arrivals"), "values": [day.inbound or None for day in days], "state": "ok"})
    if days and days[0].planned is not None:
        series.append({"name": _("Planned"), "values": [day.planned or None for day in days], "state": "info"})
    if days and days[0].forecast_milli is not None:
        expected = [(day.forecast_milli or 0) / 1000 for day in days]
        series.append({"name": _("Expected"), "values": expected, "dashed": True})
    if not series:
        return None
    line = view.level.line
    marks = [
        {"name": name, "value": value, "state": state}
        for name, value, state in ((_("Least"), line.min_qty, "late"), (_("Most"), line.max_qty, "risk"))
        if value is not None
    ]
    return {"x": [f"{day.day:%m-%d}" for day in days], "series": series, "marks": marks}


@needs("view")
@require_GET
def our_agreement(request: HttpRequest, number: int) -> HttpResponse:
    return agreement_page(request, None, number)


@needs("view")
@require_GET
def our_line(request: HttpRequest, number: int) -> HttpResponse:
    return line_page(request, None, number)


@needs("planning")
@require_POST
def our_act(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    return act(request, None, number, verb)


@for_partners()
@require_GET
def portal(request: HttpRequest, seat: Seat) -> HttpResponse:
    """The partner's first page: the agreements in force with it, and where each line stands."""
    at = now_of(request)
    context = {
        **_shell(seat),
        "agreements": asked.agreements(at=at, partner=seat.partner),
        "levels": asked.levels(at=at, partner=seat.partner),
    }
    return render(request, "planning/portal.html", context)


@for_partners()
@require_GET
def portal_agreement(request: HttpRequest, seat: Seat, number: int) -> HttpResponse:
    return agreement_page(request, seat, number)


@for_partners()
@require_GET
def portal_line(request: HttpRequest, seat: Seat, number: int) -> HttpResponse:
    return line_page(request, seat, number)


@for_partners()
@require_POST
def portal_act(request: HttpRequest, seat: Seat, number: int, verb: str) -> HttpResponse:
    return act(request, seat, number, verb)
