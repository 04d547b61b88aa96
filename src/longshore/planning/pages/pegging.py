"""What a proposal is for, and what serves an order or an item-site: one page, read from either end."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from longshore.catalog.access import needs, now_of
from longshore.catalog.models import Item, Place
from longshore.catalog.typed import pk_or_none
from longshore.catalog.wording import local_name
from longshore.ordering.models import CustomerOrder
from longshore.planning import queries
from longshore.planning.models import StockPolicy
from longshore.planning.pegging_rules import (
    COMING,
    DECIDED,
    FORECAST,
    OPEN,
    ORDER,
    PROPOSED,
    SAFETY,
    SPARE,
    STOCK,
    Demand,
    ItemSite,
    Row,
    Supply,
)
from longshore.planning.queries.names import Name
from longshore.planning.queries.pegging import (
    Answer,
    Chain,
    what_for,
    what_proposal_for,
    what_serves,
    what_serves_order,
)

MARKS = {OPEN: "late", SPARE: "idle"}


@dataclass(frozen=True, slots=True)
class Line:
    """One step as it is read; `under` what follows from it."""

    title: str
    note: str
    href: str
    item: str
    site: str
    here: str
    qty: int
    first: date
    last: date
    mark: str
    dated: bool  # stock is there, and safety stock is wanted, on no day
    under: list[Line] = field(default_factory=list)


@needs("view")
@require_GET
def pegging(request: HttpRequest) -> HttpResponse:
    """Of an item at a site (`way`: serves or for), of a proposal, or of a customer order."""
    order, proposal = pk_or_none(request.GET.get("order")), pk_or_none(request.GET.get("proposal"))
    if order is not None:
        context = _of_order(request, order)
    elif proposal is not None:
        context = _of_proposal(request, proposal)
    else:
        context = _of_place(request)
    answer: Answer = context.pop("answer")
    reading = _Reading(answer, _documents(answer))
    context |= {"lines": [_chain(chain, reading) for chain in answer.chains], "more": answer.more}
    return render(request, "planning/pegging.html", context)


def _of_order(request: HttpRequest, number: int) -> dict[str, Any]:
    order = CustomerOrder.objects.filter(pk=number).first()
    if order is None:
        raise Http404(number)
    return {"nav": "orders", "order": order, "way": "serves", "answer": what_serves_order(number, at=now_of(request))}


def _of_proposal(request: HttpRequest, number: int) -> dict[str, Any]:
    row = queries.proposal(number)
    if row is None:
        raise Http404(number)
    answer = what_proposal_for(row.item, row.site, number, at=now_of(request))
    return {"nav": "proposals", "proposal": row, "way": "for", "answer": answer, **_place(row.item, row.site)}


def _of_place(request: HttpRequest) -> dict[str, Any]:
    item, site = pk_or_none(request.GET.get("item")), pk_or_none(request.GET.get("site"))
    if item is None or not Item.objects.filter(pk=item).exists():
        raise Http404(item)
    if site is None:
        kept = StockPolicy.objects.filter(item=item).values("site")
        sites = Place.objects.filter(kind="site").order_by("code")
        nearest = sites.filter(pk__in=kept).first() or sites.first()
        site = nearest.pk if nearest is not None else None
    if site is None or not Place.objects.filter(pk=site, kind="site").exists():
        raise Http404(site)
    way = "for" if request.GET.get("way") == "for" else "serves"
    asked = what_for if way == "for" else what_serves
    return {"nav": "plan", "way": way, "answer": asked(item, site, at=now_of(request)), **_place(item, site)}


def _place(item: int, site: int) -> dict[str, Any]:
    sites = Place.objects.filter(kind="site", pk__in=StockPolicy.objects.filter(item=item).values("site"))
    return {
        "item": Item.objects.get(pk=item),
        "site": Place.objects.get(pk=site),
        "sites": sites.order_by("code"),
    }


@dataclass(frozen=True, slots=True)
class _Reading:
    """An answer, and number and address of the documents it names."""

    answer: Answer
    documents: dict[str, tuple[str, str]]


def _documents(answer: Answer) -> dict[str, tuple[str, str]]:
    named = {chain.supply.document for chain in answer.chains if chain.supply is not None}
    named |= {row.supply.document for chain in answer.chains for row in chain.rows if row.supply is not None}
    known_as: Callable[[Collection[str]], dict[str, tuple[str, str]]] = import_string(settings.LONGSHORE_DOCUMENTS)
    return known_as(named)


def _chain(chain: Chain, reading: _Reading) -> Line:
    """The chain with what follows from each step under it."""
    top = _line(chain, reading)
    path = [top]
    for row in chain.rows:
        line = _line(row, reading)
        path[row.depth].under.append(line)
        del path[row.depth + 1 :]
        path.append(line)
    return top


def _line(told: Chain | Row, reading: _Reading) -> Line:
    """A step in words: a supply, a demand, or that there is none."""
    answer = reading.answer
    title, note, href = _nothing(told)
    if told.supply is not None:
        title, note, href = _supply(told.supply, reading)
    elif told.demand is not None:
        title, note, href = _demand(told.demand, answer)
    late = isinstance(told, Row) and told.late
    mark = MARKS.get(told.what, "") if isinstance(told, Row) else ""
    here = f"{reverse('pegging')}?item={told.at[0]}&site={told.at[1]}&way={'for' if told.supply else 'serves'}"
    item, site = _named(answer, told.at)
    dated = not (told.supply and told.supply.kind == STOCK) and not (told.demand and told.demand.kind == SAFETY)
    return Line(title, note, href, item, site, here, told.qty, told.first, told.last, "risk" if late else mark, dated)


def _nothing(told: Chain | Row) -> tuple[str, str, str]:
    if isinstance(told, Row) and told.what == SPARE:
        return _("More than is wanted"), _("rounding up, or stock for later"), ""
    return _("Nothing serves it yet"), "", ""


def _supply(supply: Supply, reading: _Reading) -> tuple[str, str, str]:
    ways = {"purchase": _("Purchase"), "transfer": _("Transfer"), "production": _("Production"), "return": _("Return")}
    way = ways.get(supply.way, supply.way)
    source = local_name(supply.source, supply.source_zh)
    number, page = reading.documents.get(supply.document, ("", ""))
    note = " · ".join(part for part in (way, source, number) if part)
    href = f"{reverse('proposals')}?open={supply.proposal}" if supply.proposal and supply.kind != COMING else ""
    if supply.kind == STOCK:
        return _("On hand"), "", ""
    if supply.kind == COMING:
        return _("On order"), note, page
    if supply.kind == DECIDED:
        return _("Decided, not yet ordered"), note, f"{reverse('proposal', args=[supply.proposal])}"
    return (_("Proposal") if supply.proposal or supply.kind == PROPOSED else _("Planned order")), note, href


def _demand(demand: Demand, answer: Answer) -> tuple[str, str, str]:
    if demand.kind == ORDER:
        who = local_name(demand.who, demand.who_zh)
        return _("Order %(number)s") % {"number": demand.document}, who, f"/orders/{demand.document}/"
    if demand.kind == FORECAST:
        return _("Forecast"), "", ""
    if demand.kind == SAFETY:
        return _("Safety stock"), "", ""
    if demand.into is None:
        return _("Held"), demand.document, ""
    item, site = _named(answer, demand.into)
    href = f"{reverse('pegging')}?item={demand.into[0]}&site={demand.into[1]}&way=for"
    if demand.way == "production":
        return _("To make %(item)s") % {"item": item}, site, href
    if demand.way == "substitute":
        return _("To stand in for %(item)s") % {"item": item}, site, href
    return _("Transfer to %(site)s") % {"site": site}, "", href


def _named(answer: Answer, at: ItemSite) -> tuple[str, str]:
    nobody = Name("", "", "")
    item, site = answer.items.get(at[0], nobody), answer.sites.get(at[1], nobody)
    return local_name(item.name, item.name_zh), local_name(site.name, site.name_zh)
