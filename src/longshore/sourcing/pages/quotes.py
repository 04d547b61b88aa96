"""Requests for quotes: ask several suppliers, compare what they offer, let one win."""

from __future__ import annotations

from itertools import groupby
from uuid import uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Item, Partner, Place
from longshore.catalog.typed import key_of_form, moment, pk_or_none, whole
from longshore.sourcing import operations, queries
from longshore.sourcing.models import QuoteState, RequestState
from longshore.sourcing.operations import Asked
from longshore.sourcing.pages.suppliers import cause_of


@needs("view")
@require_GET
def requests(request: HttpRequest) -> HttpResponse:
    return _requests(request)


def _requests(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    grouped = [(head, tuple(rows)) for head, rows in groupby(queries.quotes(), key=lambda row: row.request)]
    context = {
        "nav": "suppliers",
        "tab": "quotes",
        "requests": [(rows[0], len(rows), sum(row.stands for row in rows)) for _head, rows in grouped],
        "states": dict(RequestState.choices),
        "items": Item.objects.filter(active=True).order_by("code"),
        "sites": Place.objects.filter(kind="site", active=True).order_by("code"),
        "suppliers": Partner.objects.filter(is_supplier=True, active=True).order_by("code"),
        "key": request.POST.get("key") or uuid4(),
        "typed": request.POST,
        "chosen": request.POST.getlist("supplier"),
        "refusal": refusal,
    }
    return render(request, "sourcing/requests.html", context, status=422 if refusal else 200)


@needs("sourcing")
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    typed = request.POST
    try:
        asked = Asked(
            key=key_of_form(typed.get("key")),
            item=pk_or_none(typed.get("item")) or 0,
            site=pk_or_none(typed.get("site")) or 0,
            qty=whole(typed.get("qty"), _("Quantity")),
            needed_at=moment(typed.get("needed_at"), _("Needed by")),
            answer_by=moment(typed.get("answer_by"), _("Answer by")),
            suppliers=tuple(pk for pk in (pk_or_none(each) for each in typed.getlist("supplier")) if pk is not None),
        )
        receipt = operations.ask_quotes(asked, at=now_of(request), cause=cause_of(request))
    except Refusal as refusal:
        return _requests(request, refusal)
    return redirect("quote-request", number=receipt.request)


@needs("view")
@require_GET
def quote_request(request: HttpRequest, number: int) -> HttpResponse:
    return _request(request, number)


def _request(request: HttpRequest, number: int, refusal: Refusal | None = None) -> HttpResponse:
    rows = queries.quotes(request=number)
    if not rows:
        raise Http404(number)
    offers = [row.value for row in rows if row.stands and row.value is not None]
    context = {
        "nav": "suppliers",
        "head": rows[0],
        "rows": rows,
        "best": min(offers, default=None),
        "states": dict(QuoteState.choices),
        "request_states": dict(RequestState.choices),
        "refusal": refusal,
    }
    return render(request, "sourcing/request.html", context, status=422 if refusal else 200)


@needs("sourcing")
@require_POST
def quote_act(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    at, cause = now_of(request), cause_of(request)
    try:
        if verb == "award":
            supplier, seen = pk_or_none(request.POST.get("supplier")) or 0, request.POST.get("seen", "")
            operations.award(number, supplier, at=at, cause=cause, seen=seen)
        elif verb == "close":
            operations.close_request(number, at=at, cause=cause)
        else:
            raise Http404(verb)
    except Refusal as refusal:
        return _request(request, number, refusal)
    return redirect("quote-request", number=number)
