"""Returns: what came back, and the verdict on it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Place
from longshore.catalog.typed import key_of_form, pk_or_none, whole, whole_or_none
from longshore.ledger.cause import Cause
from longshore.ledger.models import Condition
from longshore.ordering.queries import line_ids
from longshore.returning import operations, queries
from longshore.returning.models import ReturnLine, ReturnReason
from longshore.returning.operations import Inspected, NewReturn
from longshore.returning.queries import ReturnRow

ROWS = 60
VIEWS = ("waiting", "all")


@dataclass(frozen=True, slots=True)
class Shown:
    """A return, its words, and the id its form is made with."""

    row: ReturnRow
    reason: str
    condition: str
    key: str


def _shown(row: ReturnRow) -> Shown:
    return Shown(row, str(ReturnReason(row.reason).label), str(Condition(row.condition).label), str(uuid4()))


@needs("view")
@require_GET
def returns(request: HttpRequest) -> HttpResponse:
    return _returns(request)


def _returns(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    asked = request.GET.get("view", "waiting")
    asked = asked if asked in VIEWS else "waiting"
    site, page = pk_or_none(request.GET.get("site")), pk_or_none(request.GET.get("page")) or 1
    found = queries.list_returns(site=site, waiting=asked == "waiting", page=page, rows=ROWS)
    context = {
        "nav": "returns",
        "rows": [_shown(row) for row in found.rows],
        "total": found.total,
        "page": Paginator(range(found.total), ROWS).get_page(page),
        "views": [("waiting", _("To inspect")), ("all", _("All"))],
        "asked": asked,
        "site": site,
        "sites": Place.objects.filter(kind="site", active=True, parts__usage="returns").distinct().order_by("code"),
        "reasons": ReturnReason.choices,
        "key": str(uuid4()),
        "typed": request.POST,
        "refusal": refusal,
    }
    return render(request, "returning/returns.html", context, status=422 if refusal else 200)


@needs("returning")
@require_POST
def inspect(request: HttpRequest, number: int) -> HttpResponse:
    """So many are good again, so many are scrap; a refusal is shown above the list."""
    if not ReturnLine.objects.filter(pk=number).exists():
        raise Http404(number)
    typed = request.POST
    try:
        good = whole_or_none(typed.get("restock"), _("Good again")) or 0
        scrap = whole_or_none(typed.get("scrap"), _("Scrap")) or 0
        verdict = Inspected(key_of_form(typed.get("key")), number, good, scrap)
        operations.inspect_return(verdict, at=now_of(request), cause=_cause(request))
    except Refusal as refusal:
        return _returns(request, refusal)
    messages.success(request, _("%(good)s good again, %(scrap)s scrapped.") % {"good": good, "scrap": scrap})
    return redirect(reverse("returns"))


@needs("returning")
@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """Goods of an order's line stand at a site again."""
    typed = request.POST
    try:
        number, line = typed.get("order", "").strip(), whole(typed.get("line"), _("Line"))
        wanted = NewReturn(
            key=key_of_form(typed.get("key")),
            order_line=line_ids({number}).get((number, line), 0),
            qty=whole(typed.get("qty"), _("Quantity")),
            reason=typed.get("reason", ""),
            site=pk_or_none(typed.get("site")) or 0,
            condition=int(Condition.DAMAGED if typed.get("damaged") else Condition.RETURNED),
        )
        operations.return_goods([wanted], at=now_of(request), cause=_cause(request))
    except Refusal as refusal:
        return _returns(request, refusal)
    messages.success(request, _("%(qty)s of order %(order)s are back.") % {"qty": wanted.qty, "order": number})
    return redirect(reverse("returns"))


def _cause(request: HttpRequest) -> Cause:
    return Cause(actor=request.user.get_username(), because="page")


urlpatterns = [
    path("returns/", returns, name="returns"),
    path("returns/take-back/", take_back, name="return-take-back"),
    path("returns/<int:number>/inspect/", inspect, name="return-inspect"),
]
