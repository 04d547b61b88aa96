"""Recalls: the list and how to begin one; one with its progress, balance and customers; the printable report."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Partner, Place
from longshore.catalog.typed import moment, pk_or_none, whole
from longshore.ledger.cause import Cause
from longshore.sensing.operations import id_of
from longshore.tracing import operations, showing
from longshore.tracing.models import Recall, RecallStart, RecallState
from longshore.tracing.queries.naming import meant_by, named
from longshore.tracing.queries.recalls import letters_of, lines_of, recalls_listed, steps_of
from longshore.tracing.rules import ENDED, MAY

ROWS = 100
MARKS = {
    RecallState.FOUND: "late",
    RecallState.HELD: "risk",
    RecallState.NOTIFIED: "risk",
    RecallState.RECONCILED: "info",
    RecallState.CLOSED: "ok",
    RecallState.CANCELLED: "idle",
}


def _cause(request: HttpRequest) -> Cause:
    return Cause(actor=request.user.get_username(), because="page")


@needs("view")
@require_GET
def recalls(request: HttpRequest) -> HttpResponse:
    return _listed(request)


def _listed(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    node = pk_or_none(request.GET.get("node"))
    context = {
        "nav": "recalls",
        "rows": [(row, MARKS[RecallState(row.state)], RecallState(row.state).label) for row in recalls_listed()],
        "key": uuid4(),
        "node": None if node is None else named([node]).get(node),
        "starts": RecallStart.choices,
        "suppliers": Partner.objects.filter(is_supplier=True, active=True).order_by("code"),
        "machines": Place.objects.filter(kind__in=["machine", "zone", "site"], active=True).order_by("code"),
        "places": Place.objects.exclude(kind__in=["party", "external", "bin"]).filter(active=True).order_by("code"),
        "refusal": refusal,
        "given": request.POST,
    }
    return render(request, "tracing/recalls.html", context, status=422 if refusal else 200)


@needs("tracing")
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    try:
        receipt = operations.start_recall(_asked(request), at=now_of(request), cause=_cause(request))
    except Refusal as refusal:
        return _listed(request, refusal)
    return redirect("recall", receipt.number)


def _asked(request: HttpRequest) -> operations.NewRecall:
    form = request.POST
    kind = form.get("kind", "")
    asked = pk_or_none(form.get("node"))
    nodes = (asked,) if asked is not None else meant_by(form.get("code", ""), most=1)
    in_time = kind != RecallStart.LOT
    return operations.NewRecall(
        key=UUID(form["key"]) if form.get("key") else uuid4(),
        reason=form.get("reason", "").strip() or _("No reason given"),
        kind=kind,
        nodes=nodes if kind == RecallStart.LOT else (),
        supplier=pk_or_none(form.get("supplier")) if kind == RecallStart.SUPPLIER else None,
        machine=pk_or_none(form.get("machine")) if kind == RecallStart.MACHINE else None,
        device=id_of(code) if kind == RecallStart.SENSOR and (code := form.get("device", "").strip()) else None,
        places=tuple(p for p in [pk_or_none(form.get("place"))] if p and kind == RecallStart.SENSOR),
        from_at=_moment(form.get("from_at"), _("From")) if in_time else None,
        until=_moment(form.get("until"), _("Until")) if in_time else None,
    )


def _moment(text: str | None, name: str) -> datetime | None:
    return moment(text, name) if text else None


@needs("view")
@require_GET
def recall(request: HttpRequest, number: str) -> HttpResponse:
    return _recall(request, number, "tracing/recall.html")


@needs("view")
@require_GET
def report(request: HttpRequest, number: str) -> HttpResponse:
    """All of it on paper: every lot, every customer, the balance, who did what when."""
    return _recall(request, number, "tracing/recall_report.html", everything=True)


def _recall(
    request: HttpRequest, number: str, template: str, *, everything: bool = False, refusal: Refusal | None = None
) -> HttpResponse:
    found = Recall.objects.filter(number=number).first()
    if found is None:
        raise Http404(number)
    lines, letters = lines_of(found.pk), letters_of(found.pk)
    steps = steps_of(found)
    context = {
        "nav": "recalls",
        "recall": found,
        "mark": MARKS[RecallState(found.state)],
        "start": RecallStart(found.kind).label,
        "steps": steps,
        "next": "" if found.state in ENDED else next((step.verb for step in steps if not step.done), ""),
        "may_do": [verb for verb, states in MAY.items() if found.state in states],
        "sums": operations.receipt_of(found).sums,
        "lines": lines if everything else Paginator(lines, ROWS).get_page(request.GET.get("page")),
        "total": len(lines),
        "letters": letters,
        "customers": len({letter.place for letter in letters}),
        "map": showing.map_json(showing.stands_at_of(found), "late"),
        "refusal": refusal,
    }
    return render(request, template, context, status=422 if refusal else 200)


@needs("tracing")
@require_POST
def act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Hold, notify, reconcile, close, cancel: each may be pressed twice."""
    verbs = {
        "hold": operations.hold_recall,
        "notify": operations.notify_recall,
        "reconcile": operations.reconcile_recall,
        "close": operations.close_recall,
        "cancel": operations.cancel_recall,
    }
    found = Recall.objects.filter(number=number).first()
    if found is None or verb not in verbs:
        raise Http404(number)
    try:
        done = verbs[verb](found.pk, at=now_of(request), cause=_cause(request))
    except Refusal as refusal:
        return _recall(request, number, "tracing/recall.html", refusal=refusal)
    messages.success(request, _said(verb, done))
    return redirect("recall", number)


def _said(verb: str, done: object) -> str:
    if isinstance(done, operations.ReconcileReceipt) and not done.reconciled:
        return _("Not reconciled yet: %(unexplained)s unexplained, %(free)s not on hold, %(letters)s not answered.") % {
            "unexplained": done.unexplained,
            "free": done.still_free,
            "letters": done.unanswered,
        }
    words = {
        "hold": _("On hold."),
        "notify": _("The customers are told."),
        "reconcile": _("Reconciled: nothing is unexplained."),
        "close": _("Closed."),
        "cancel": _("Called off; what it held is usable again."),
    }
    return words[verb]


@needs("tracing")
@require_POST
def answer(request: HttpRequest, number: str, letter: int) -> HttpResponse:
    try:
        recovered = whole(request.POST.get("recovered"), _("Came back"))
        operations.answer_letter(letter, recovered=recovered, at=now_of(request), cause=_cause(request))
    except Refusal as refusal:
        return _recall(request, number, "tracing/recall.html", refusal=refusal)
    return redirect("recall", number)


urlpatterns = [
    path("recalls/", recalls, name="recalls"),
    path("recalls/start/", start, name="recall-start"),
    path("recalls/<str:number>/", recall, name="recall"),
    path("recalls/<str:number>/report/", report, name="recall-report"),
    path("recalls/<str:number>/letters/<int:letter>/", answer, name="recall-answer"),
    path("recalls/<str:number>/<str:verb>/", act, name="recall-act"),
]
