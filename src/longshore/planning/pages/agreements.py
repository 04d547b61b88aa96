"""Agreements as our planners keep them, and the bullwhip of the network."""

from __future__ import annotations

import re
from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Item, Partner, Place
from longshore.catalog.typed import NotReadable, day_or_none, pk_or_none, whole, whole_or_none
from longshore.ledger.cause import Cause
from longshore.planning.models import AgreementMode
from longshore.planning.operations import agreements as verbs
from longshore.planning.operations.agreements import NewAgreement, NewLine, Shared
from longshore.planning.pages.joint import agreement_page
from longshore.planning.queries import agreements as asked
from longshore.planning.queries.bullwhip import bullwhip

SHARES = ("stock", "forecast", "orders", "plan")


def _cause(request: HttpRequest) -> Cause:
    return Cause(actor=request.user.get_username(), because="page")


@needs("view")
@require_GET
def agreements(request: HttpRequest) -> HttpResponse:
    context = {
        "nav": "agreements",
        "rows": asked.agreements(at=now_of(request)),
        "modes": dict(AgreementMode.choices),
    }
    return render(request, "planning/agreements.html", context)


@needs("planning")
@require_http_methods(["GET", "POST"])
def new_agreement(request: HttpRequest) -> HttpResponse:
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            wanted, lines = _wanted(request), _lines(request)
            made = verbs.make_agreement(wanted, lines, at=now_of(request), cause=_cause(request))
        except Refusal as refused:
            refusal = refused
        else:
            messages.success(request, _("Agreed; the partner's people see it from its first day on."))
            return redirect("joint-agreement", made.agreement)
    words = {"stock": _("Stock"), "forecast": _("Forecast"), "orders": _("Orders"), "plan": _("Plan")}
    context = {
        "nav": "agreements",
        "refusal": refusal,
        "given": request.POST,
        "given_items": request.POST.get("items", ""),  # `items` itself is a method of the form
        "chosen_items": request.POST.getlist("item"),
        "chosen_sites": request.POST.getlist("site"),
        "modes": AgreementMode.choices,
        "shares": [(name, words[name], request.POST.get(f"share_{name}") == "on") for name in SHARES],
        "partners": Partner.objects.filter(active=True).exclude(is_supplier=False, is_customer=False),
        "items": Item.objects.filter(active=True),
        "sites": Place.objects.filter(kind="site", active=True),
        "today": asked.company_today(now_of(request)),
    }
    return render(request, "planning/agreement_new.html", context, status=422 if refusal else 200)


def _wanted(request: HttpRequest) -> NewAgreement:
    given = request.POST
    return NewAgreement(
        code=given.get("code", "").strip(),
        partner=pk_or_none(given.get("partner")) or 0,
        mode=given.get("mode", ""),
        starts_on=_day(request, "starts_on", _("First day")),
        ends_on=day_or_none(given.get("ends_on"), _("Last day")),
        shared=Shared(**{name: given.get(f"share_{name}") == "on" for name in SHARES}),
        horizon_days=whole(given.get("horizon_days"), _("Days ahead")),
        threshold_bp=whole(given.get("threshold"), _("Exception from, percent")) * 100,
        orders_at_once=given.get("orders_at_once") == "on",
    )


def _day(request: HttpRequest, name: str, label: str) -> date:
    found = day_or_none(request.POST.get(name), label)
    if found is None:
        raise NotReadable("no-date", _("%(name)s: no day was given.") % {"name": label}, _("Write it as 2026-11-21."))
    return found


def _lines(request: HttpRequest) -> list[NewLine]:
    """Every named item at every chosen site, with the same two levels; they are changed line by line afterwards."""
    codes = [code for code in re.split(r"[\s,，;；、]+", request.POST.get("items", "")) if code]
    known = dict(Item.objects.filter(code__in=codes).values_list("code", "pk"))
    missing = [code for code in codes if code not in known]
    if missing:
        raise NotReadable(
            "no-such-item",
            _("There is no item %(code)s.") % {"code": missing[0]},
            _("Give codes of items, with spaces or commas between them."),
        )
    least = whole_or_none(request.POST.get("min_qty"), _("Least stock"))
    most = whole_or_none(request.POST.get("max_qty"), _("Most stock"))
    sites = [site for text in request.POST.getlist("site") if (site := pk_or_none(text)) is not None]
    return [NewLine(known[code], site, least, most) for code in dict.fromkeys(codes) for site in sites]


@needs("planning")
@require_POST
def put_lines(request: HttpRequest, number: int) -> HttpResponse:
    """The levels as they stand in the table, and a new item-site where one is given."""
    try:
        lines = [
            NewLine(
                row.item,
                row.site,
                whole_or_none(request.POST.get(f"min-{row.id}"), row.item_code),
                whole_or_none(request.POST.get(f"max-{row.id}"), row.item_code),
            )
            for row in asked.lines(at=now_of(request), agreement=number)
            if f"max-{row.id}" in request.POST
        ]
        lines += _lines(request) if request.POST.get("items", "").strip() else []
        verbs.put_lines(number, lines, at=now_of(request), cause=_cause(request))
    except Refusal as refusal:
        return agreement_page(request, None, number, refusal)
    messages.success(request, _("Noted."))
    return redirect("joint-agreement", number)


@needs("planning")
@require_POST
def drop_line(request: HttpRequest, number: int, line: int) -> HttpResponse:
    """An item-site that nothing was planned for yet leaves the agreement."""
    try:
        verbs.drop_line(number, line, at=now_of(request), cause=_cause(request))
    except verbs.UnknownAgreement as unknown:
        raise Http404(number) from unknown
    except Refusal as refusal:
        return agreement_page(request, None, number, refusal)
    messages.success(request, _("Taken out of the agreement."))
    return redirect("joint-agreement", number)


@needs("planning")
@require_POST
def end(request: HttpRequest, number: int) -> HttpResponse:
    try:
        on = _day(request, "on", _("Last day"))
        verbs.end_agreement(number, on=on, at=now_of(request), cause=_cause(request))
    except Refusal as refusal:
        return agreement_page(request, None, number, refusal)
    messages.success(request, _("The agreement ends."))
    return redirect("joint-agreement", number)


@needs("view")
@require_GET
def bullwhip_page(request: HttpRequest) -> HttpResponse:
    measured = bullwhip(at=now_of(request))
    return render(request, "planning/bullwhip.html", {"nav": "agreements", "measured": measured})
