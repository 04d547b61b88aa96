"""Excursions with their chart, lots, money, orders and decisions; and quality's list of what waits for a decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.typed import HOME_ZONE, pk_or_none
from longshore.ledger.cause import Cause
from longshore.sensing.queries.telemetry import EPOCH, Point, series
from longshore.storing import operations, queries
from longshore.storing.models import QualityState
from longshore.storing.queries import CaseRow, ExcursionRow

VERDICTS = (
    ("release", gettext_lazy("Release: good to use")),
    ("downgrade", gettext_lazy("Downgrade: not for orders")),
    ("scrap", gettext_lazy("Scrap")),
)
MARKS = {"held": "late", "sent": "risk", "released": "ok", "downgraded": "idle", "scrapped": "idle"}
OPEN = ("held", "sent")
AROUND = timedelta(hours=1)
CHART_POINTS = 240


@dataclass(frozen=True, slots=True)
class Case:
    row: CaseRow
    word: str
    mark: str

    @property
    def open(self) -> bool:
        return self.row.state in OPEN


def _case(row: CaseRow) -> Case:
    return Case(row, str(QualityState(row.state).label), MARKS[row.state])


@needs("view")
@require_GET
def excursions(request: HttpRequest) -> HttpResponse:
    asked = "all" if request.GET.get("view") == "all" else "open"
    context = {
        "nav": "excursions",
        "topics": "exception",
        "rows": queries.excursions(only_open=asked == "open"),
        "asked": asked,
        "views": [("open", _("Open")), ("all", _("All"))],
    }
    return render(request, "storing/excursions.html", context)


@needs("view")
@require_GET
def excursion(request: HttpRequest, number: int) -> HttpResponse:
    return _excursion(request, number)


def _excursion(request: HttpRequest, number: int, refusal: Refusal | None = None) -> HttpResponse:
    row = queries.excursion(number)
    if row is None:
        raise Http404(str(number))
    now = now_of(request)
    cases = [_case(each) for each in queries.quality_cases(excursion=number)]
    context = {
        "nav": "excursions",
        "topics": "exception",
        "row": row,
        "minutes": int(((row.until_at or now) - row.from_at).total_seconds() // 60),
        "cases": cases,
        "any_open": any(case.open for case in cases),
        "touched": queries.touched_lines(number),
        "held": queries.held_stock(number),
        "chart": _chart(row, now),
        "verdicts": VERDICTS,
        "refusal": refusal,
    }
    return render(request, "storing/excursion.html", context, status=422 if refusal else 200)


def _chart(row: ExcursionRow, now: datetime) -> dict[str, Any] | None:
    """The readings around it, with gaps where nothing was heard: unknown is not good."""
    since, until = row.from_at - AROUND, (row.until_at or now) + AROUND
    step, points = series(row.device, row.metric, since, min(until, now), CHART_POINTS)
    if not points:
        return None
    step = max(step, row.expected_every_s)
    known: dict[int, Point] = {int((point.at - EPOCH).total_seconds()) // step: point for point in points}
    slots = range(min(known), max(known) + 1)
    worst = [known[slot].high if row.above else known[slot].low for slot in slots if slot in known]
    values = [
        None if slot not in known else round(known[slot].high if row.above else known[slot].low, 2) for slot in slots
    ]
    moments = [(EPOCH + timedelta(seconds=slot * step)).astimezone(HOME_ZONE) for slot in slots]
    return {
        "x": [f"{moment:%m-%d %H:%M}" for moment in moments],
        "series": [{"name": "°C", "values": values, "state": "info", "area": False}],
        "marks": [{"name": f"{row.threshold:g}", "value": row.threshold, "state": "late"}],
        "worst": max(worst) if row.above else min(worst),
    }


@needs("view")
@require_GET
def quality(request: HttpRequest) -> HttpResponse:
    return _quality(request)


def _quality(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    asked = "all" if request.GET.get("view") == "all" else "open"
    cases = [_case(row) for row in queries.quality_cases(states=OPEN if asked == "open" else None)]
    context = {
        "nav": "quality",
        "topics": "exception",
        "cases": cases,
        "any_open": any(case.open for case in cases),
        "asked": asked,
        "views": [("open", _("To decide")), ("all", _("All"))],
        "verdicts": VERDICTS,
        "refusal": refusal,
    }
    return render(request, "storing/quality.html", context, status=422 if refusal else 200)


@needs("qualitycase")
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """The same verdict and reason for all ticked lots; a refusal is shown where it was asked."""
    back = pk_or_none(request.POST.get("excursion"))
    chosen = [pk for pk in map(pk_or_none, request.POST.getlist("case")) if pk is not None]
    try:
        receipt = operations.decide_quality(
            chosen,
            request.POST.get("verdict", ""),
            request.POST.get("reason", ""),
            at=now_of(request),
            cause=Cause(actor=request.user.get_username(), because="page"),
        )
    except Refusal as refusal:
        return _quality(request, refusal) if back is None else _excursion(request, back, refusal)
    messages.success(
        request, _("Decided. Lots: %(lots)s, units: %(qty)s.") % {"lots": len(receipt.cases), "qty": receipt.qty}
    )
    return redirect(reverse("quality") if back is None else reverse("excursion", args=[back]))
