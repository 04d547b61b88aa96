"""Forecast accuracy: runs with their progress, error against naive and against people, what changed, what drifts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.typed import key_of_form
from longshore.planning import operations
from longshore.planning.models import ForecastState
from longshore.planning.pages.demand import cause_of
from longshore.planning.queries import accuracy as measured
from longshore.planning.tasks import carry_out_forecast_run

WINDOWS = (7, 28, 91)


@needs("view")
@require_GET
def accuracy(request: HttpRequest) -> HttpResponse:
    return _accuracy(request)


def _accuracy(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    today = operations.company_today(now_of(request))
    by = request.GET.get("by", "family")
    days = next((n for n in WINDOWS if str(n) == request.GET.get("days")), 28)
    runs = measured.runs(60)
    groups = measured.grouped(by, today - timedelta(days=days + 7))
    titles = {"family": _("Family"), "item": _("Item"), "site": _("Site"), "class": _("Class"), "method": _("Method")}
    context = {
        "nav": "accuracy",
        "runs": runs[:20],
        "under_way": next((run for run in runs if run.state in (ForecastState.WAITING, ForecastState.RUNNING)), None),
        "states": dict(ForecastState.choices),
        "backtest": measured.backtest(),
        "total": _total(groups),
        "groups": groups,
        "by": by,
        "ways": list(titles.items()),
        "title": titles.get(by, titles["family"]),
        "days": days,
        "windows": WINDOWS,
        "drifting": measured.drifting(),
        "chart": _chart(runs),
        "key": uuid4(),
        "refusal": refusal,
    }
    return render(request, "planning/accuracy.html", context, status=422 if refusal else 200)


def _total(groups: tuple[measured.GroupRow, ...]) -> measured.Error:
    """All groups together."""
    if not groups:
        return measured.Error(*[None] * 6)
    errors = [group.error for group in groups]

    def total(name: str) -> int:
        return sum(getattr(error, name) or 0 for error in errors)

    names = ("wanted", "off_base", "off_final", "off_naive", "over_base", "over_final")
    return measured.Error(*(total(name) for name in names))


def _chart(runs: tuple[measured.RunRow, ...]) -> dict[str, Any] | None:
    """Error of each measured run, oldest first, beside the naive one's."""
    shown = [run for run in reversed(runs) if run.error.wape_bp is not None]
    if len(shown) < 2:
        return None
    return {
        "x": [f"{run.asked_at:%m-%d}" for run in shown],
        "series": [
            {"name": _("Forecast"), "values": [_percent(run.error.wape_bp) for run in shown], "state": "info"},
            {"name": _("Without overrides"), "values": [_percent(run.error.machine_wape_bp) for run in shown],
             "dashed": True},
            {"name": _("Naive"), "values": [_percent(run.error.naive_wape_bp) for run in shown], "state": "risk"},
        ],
    }  # fmt: skip


def _percent(basis_points: int | None) -> float | None:
    return None if basis_points is None else basis_points / 100


@needs("view")
@require_GET
def accuracy_run(request: HttpRequest, number: int) -> HttpResponse:
    """One run: what it said of every item at every site, beside what the one before had said."""
    run = measured.run(number)
    if run is None:
        raise Http404(number)
    changed = request.GET.get("view") == "changed"
    context = {
        "nav": "accuracy",
        "run": run,
        "states": dict(ForecastState.choices),
        "rows": measured.rows_of_run(number, by="change" if changed else "error", changed=changed),
        "changed": changed,
    }
    return render(request, "planning/accuracy_run.html", context)


@needs("planning")
@require_POST
def start_run(request: HttpRequest) -> HttpResponse:
    """A worker does it; the page shows how far it is."""
    try:
        thorough = True if request.POST.get("thorough") else None
        run = operations.ask_for_run(
            key_of_form(request.POST.get("key")), at=now_of(request), cause=cause_of(request), thorough=thorough
        )
    except Refusal as refusal:
        return _accuracy(request, refusal)
    carry_out_forecast_run.defer(run=run.pk)
    return redirect("accuracy")


@needs("planning")
@require_POST
def cancel_run(request: HttpRequest, number: int) -> HttpResponse:
    try:
        operations.cancel_run(number)
    except Refusal as refusal:
        return _accuracy(request, refusal)
    messages.success(request, _("The run is being stopped."))
    return redirect("accuracy")


@needs("view")
@require_GET
def run_progress(request: HttpRequest, number: int) -> HttpResponse:
    """The bar alone; when the run is over, the whole page is asked for."""
    run = measured.run(number)
    if run is None or run.state not in (ForecastState.WAITING, ForecastState.RUNNING):
        answer = HttpResponse()
        answer["HX-Redirect"] = reverse("accuracy")
        return answer
    return render(request, "planning/_run_progress.html", {"run": run})
