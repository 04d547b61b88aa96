"""Stock and cover, one item with its reasons, and the proposals to decide on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Item, Place
from longshore.catalog.typed import pk_or_none, whole_or_none
from longshore.ledger.cause import Cause
from longshore.ledger.models import Condition, PostingKind
from longshore.ledger.queries import movements_of_item, stock_of
from longshore.planning import operations, queries
from longshore.planning.models import ProposalState
from longshore.planning.pages.surges import Told, band_before, told
from longshore.planning.queries import CoverRow, Filter, Node, Projection, ProposalRow
from longshore.planning.wording import Reason, policy_reason, proposal_reason

ROWS = 60
STATES = {"out": "late", "low": "risk", "short": "risk", "ok": "ok", "over": "info"}
OPEN = (ProposalState.PROPOSED.value,)


@dataclass(frozen=True, slots=True)
class StockLine:
    """One item at one site, with names."""

    cover: CoverRow
    code: str
    name: str
    name_zh: str
    site_name: str
    site_name_zh: str
    mark: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A proposal as its page shows it."""

    row: ProposalRow
    reason: Reason


@dataclass(frozen=True, slots=True)
class Group:
    """Proposals that would be ordered together: one supplier or source, one site."""

    source: str
    source_zh: str
    site: str
    site_zh: str
    rows: tuple[Decided, ...]

    @property
    def value(self) -> int:
        return sum(each.row.value for each in self.rows)


def _cause(request: HttpRequest) -> Cause:
    return Cause(actor=request.user.get_username(), because="page")


@needs("view")
@require_GET
def stock(request: HttpRequest) -> HttpResponse:
    site, view = pk_or_none(request.GET.get("site")), request.GET.get("view", "all")
    search = request.GET.get("q", "").strip()
    covers = queries.cover(at=now_of(request), sites=None if site is None else [site])
    lines = _named(covers, search)
    counts = {state: sum(line.cover.state == state for line in lines) for state in STATES}
    shown = [line for line in lines if view in ("all", line.cover.state)]
    shown.sort(key=lambda line: (line.cover.cover_days is None, line.cover.cover_days or 0, line.code))
    words = {
        "out": _("Out of stock"),
        "low": _("Order now"),
        "short": _("Below safety stock"),
        "ok": _("Enough"),
        "over": _("Too much"),
    }
    context = {
        "nav": "stock",
        "topics": "movement",
        "page": Paginator(shown, ROWS).get_page(request.GET.get("page")),
        "total": len(shown),
        "views": [("all", _("All"), len(lines)), *((state, words[state], counts[state]) for state in STATES)],
        "words": words,
        "asked": view,
        "search": search,
        "site": site,
        "sites": Place.objects.filter(kind="site", active=True).order_by("code"),
    }
    return render(request, "planning/stock.html", context)


def _named(covers: tuple[CoverRow, ...], search: str) -> list[StockLine]:
    items = {pk: (code, name, zh) for pk, code, name, zh in Item.objects.values_list("pk", "code", "name", "name_zh")}
    places = Place.objects.filter(kind="site").values_list("pk", "name", "name_zh")
    sites = {pk: (name, name_zh) for pk, name, name_zh in places}
    text = search.casefold()
    return [
        StockLine(row, *items[row.item], *sites[row.site], STATES.get(row.state, "idle"))
        for row in covers
        if not text or any(text in name.casefold() for name in items[row.item])
    ]


@needs("view")
@require_GET
def item(request: HttpRequest, number: int) -> HttpResponse:
    found = Item.objects.select_related("base_unit").filter(pk=number).first()
    if found is None:
        raise Http404(number)
    at = now_of(request)
    covers = queries.cover(at=at, items=[number])
    chosen = pk_or_none(request.GET.get("site")) or (covers[0].site if covers else None)
    projection = None if chosen is None else queries.projected_stock(number, chosen, at=at)
    demand = None if chosen is None else queries.demand_of(number, chosen, at=at)
    policy = None if projection is None else projection.policy
    today = operations.company_today(at)
    surges = [] if chosen is None else told(Node(item=number, site=chosen), today)
    context = {
        "nav": "stock",
        "item": found,
        "covers": _named(covers, ""),
        "site": chosen,
        "projection": projection,
        "chart": None if projection is None else _projected(projection),
        "demand": demand,
        "demand_chart": _demand_chart(demand, surges, today) if demand and (demand.history or demand.forecast) else None,
        "surges": surges,
        "policy": policy,
        "why": () if policy is None else _why(policy),
        "lots": stock_of([number], conditions=[value for value, _label in Condition.choices]),
        "conditions": dict(Condition.choices),
        "moves": movements_of_item(number, limit=40),
        "kinds": dict(PostingKind.choices),
        "open_proposals": _decided(queries.proposals(Filter(states=OPEN, item=number))),
        "offers": queries.offers_for(number),
    }  # fmt: skip
    return render(request, "planning/item.html", context)


def _why(policy: queries.PolicyView) -> tuple[str, ...]:
    return policy_reason(policy.explanation, safety=policy.safety_stock, reorder=policy.reorder_point)


def _projected(projection: Projection) -> dict[str, Any]:
    policy = projection.policy
    marks = []
    if policy is not None:
        marks = [
            {"name": _("Reorder point"), "value": policy.reorder_point, "state": "risk"},
            {"name": _("Safety stock"), "value": policy.safety_stock, "state": "late"},
        ]
    closing = [day.closing_milli / 1000 for day in projection.days]
    inbound = [day.inbound or None for day in projection.days]
    return {
        "x": [f"{day.day:%m-%d}" for day in projection.days],
        "series": [
            {"name": _("Projected stock"), "values": closing, "area": True, "step": True},
            {"name": _("Arrivals"), "values": inbound, "state": "ok", "dashed": True},
        ],
        "marks": marks,
    }


def _demand_chart(demand: queries.DemandView, surges: list[Told], today: date) -> dict[str, Any]:
    past, ahead = demand.history[-84:], demand.forecast
    before = band_before(surges, today, len(ahead))
    nothing_before, nothing_after = [None] * len(past), [None] * len(ahead)

    def band(values: list[float]) -> list[float | None]:
        return [*nothing_before, *values]

    return {
        "x": [f"{day:%m-%d}" for day in [*(p.day for p in past), *(p.day for p in ahead)]],
        "series": [
            {"name": _("Wanted"), "values": [*(point.qty for point in past), *nothing_after]},
            {"name": _("Expected"), "values": band([p.mean_milli / 1000 for p in ahead]), "state": "info"},
            {"name": _("Low"), "values": band([p.low_milli / 1000 for p in ahead]), "dashed": True},
            {"name": _("High"), "values": band([p.high_milli / 1000 for p in ahead]), "dashed": True},
            *(
                [{"name": _("High before the surge"), "values": [*nothing_before, *before], "dashed": True}]
                if before
                else []
            ),
        ],
        "now": len(past),
    }


def _decided(rows: tuple[ProposalRow, ...]) -> list[Decided]:
    return [Decided(row, proposal_reason(row.explanation)) for row in rows]


@needs("view")
@require_GET
def proposals(request: HttpRequest) -> HttpResponse:
    return _proposals(request)


def _proposals(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    asked = request.GET.get("view", "proposed")
    site = pk_or_none(request.GET.get("site"))
    states = None if asked == "all" else (asked,)
    rows = _decided(queries.proposals(Filter(states=states, site=site), limit=400))
    grouped: dict[tuple[str, str], list[Decided]] = {}
    for each in rows:
        grouped.setdefault((each.row.source_name, each.row.site_code), []).append(each)
    groups = [
        Group(g[0].row.source_name, g[0].row.source_name_zh, g[0].row.site_name, g[0].row.site_name_zh, tuple(g))
        for g in grouped.values()
    ]
    totals: dict[str, int] = {}
    for count in queries.counts():
        totals[count.state] = totals.get(count.state, 0) + count.count
    context = {
        "nav": "proposals",
        "topics": "exception",
        "groups": groups,
        "total": len(rows),
        "views": [*((s.value, s.label, totals.get(s.value, 0)) for s in ProposalState), ("all", _("All"), sum(totals.values()))],
        "asked": asked,
        "states": dict(ProposalState.choices),
        "opened": pk_or_none(request.GET.get("open")),
        "refusal": refusal,
    }  # fmt: skip
    return render(request, "planning/proposals.html", context, status=422 if refusal else 200)


@needs("view")
@require_GET
def proposal(request: HttpRequest, number: int) -> HttpResponse:
    found = queries.proposal(number)
    if found is None:
        raise Http404(number)
    context = {
        "nav": "proposals",
        "row": found,
        "reason": proposal_reason(found.explanation),
        "offers": queries.offers_for(found.item),
        "open": found.state in OPEN,
    }
    return render(request, "planning/_proposal_sheet.html", context)


@needs("planning")
@require_POST
def decide(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """Approve (as proposed or changed), reject with a reason, or take a rejection back."""
    at, cause, note = now_of(request), _cause(request), request.POST.get("note", "").strip()
    try:
        if verb == "approve":
            qty = whole_or_none(request.POST.get("qty"), _("Quantity"))
            wanted = operations.Change(qty=qty, supplier=pk_or_none(request.POST.get("supplier")))
            done = operations.approve(number, at=at, cause=cause, change=wanted, note=note)
            said = _("Approved: %(qty)s.") % {"qty": done.qty}
        elif verb == "reject":
            operations.reject(number, at=at, cause=cause, note=note)
            said = _("Rejected.")
        elif verb == "take-back":
            operations.take_back_rejection(number, at=at, cause=cause)
            said = _("Taken back.")
        else:
            raise Http404(verb)
    except Refusal as refusal:
        return _proposals(request, refusal)
    undo = reverse("proposal-decide", args=[number, "take-back"]) if verb == "reject" else ""
    messages.success(request, said, extra_tags=undo)
    return redirect("proposals")


@needs("planning")
@require_POST
def approve_many(request: HttpRequest) -> HttpResponse:
    """Approve the ticked ones as proposed: all of them, or none and why."""
    chosen = [
        number for number in (pk_or_none(text) for text in request.POST.getlist("proposal")) if number is not None
    ]
    try:
        with transaction.atomic():
            for number in chosen:
                operations.approve(number, at=now_of(request), cause=_cause(request))
    except Refusal as refusal:
        return _proposals(request, refusal)
    said = ngettext("%(count)s approved.", "%(count)s approved.", len(chosen)) % {"count": len(chosen)}
    messages.success(request, said)
    return redirect("proposals")
