"""The network plan over HTTP: the grid of an item, its planned orders, what nobody can bring, pegging, and planning again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from django.http import Http404, HttpRequest
from ninja import Router, Schema

from longshore.ordering.models import CustomerOrder
from longshore.planning import operations
from longshore.planning.api.plans import asked_by, now
from longshore.planning.models import PlannedBy
from longshore.planning.network_rules import NetworkTerms
from longshore.planning.pegging_rules import Row
from longshore.planning.queries import pegging, proposal
from longshore.planning.queries.network_grid import planned_orders, shortages, supply_grid

router = Router()
UNTOLD = {"at", "qty", "turn", "held"}  # of the chain or step already, or only for reckoning


class PlanIn(Schema):
    """How to plan; `items` empty: the whole network, else these and all that hangs together with them."""

    items: list[int] | None = None
    days: int = 90
    frozen_days: int = 0
    release_days: int = 1


class WayIn(Schema):
    """Which item-sites (empty: all) are planned by network or by their own position."""

    way: Literal["network", "position"]
    items: list[int] | None = None
    sites: list[int] | None = None


@router.get("/items/{int:item}")
def grid_of(request: HttpRequest, item: int, days: int = 84, period: int = 7) -> dict[str, Any]:
    """Supply and demand over the item's sites, in periods of days."""
    asked_by(request, "view")
    wanted = max(min(days, 365), 1)
    return asdict(supply_grid(item, at=now(request), days=wanted, period=max(min(period, wanted), 1)))


@router.get("/items/{int:item}/orders")
def orders_of(request: HttpRequest, item: int, site: int | None = None, limit: int = 500) -> list[dict[str, Any]]:
    """The planned orders of an item, near and far, each with what shaped it."""
    asked_by(request, "view")
    found = planned_orders(item, site=site, limit=min(limit, 5000))
    return [{**asdict(row), "why": row.why} for row in found]


@router.get("/pegging/items/{int:item}/sites/{int:site}")
def pegging_of(
    request: HttpRequest, item: int, site: int, way: Literal["serves", "for"] = "serves"
) -> dict[str, Any]:  # fmt: skip
    """What serves each demand of an item at a site; or what each supply there is for. `depth` counts steps from the chain."""
    asked_by(request, "view")
    asked = pegging.what_for if way == "for" else pegging.what_serves
    return _pegged(asked(item, site, at=now(request)))


@router.get("/pegging/proposals/{int:number}")
def pegging_of_proposal(request: HttpRequest, number: int) -> dict[str, Any]:
    """What a proposal is for, up to the customers."""
    asked_by(request, "view")
    found = proposal(number)
    if found is None:
        raise Http404(number)
    return _pegged(pegging.what_proposal_for(found.item, found.site, number, at=now(request)))


@router.get("/pegging/orders/{str:number}")
def pegging_of_order(request: HttpRequest, number: str) -> dict[str, Any]:
    """What serves the lines of a customer order, down to the suppliers."""
    asked_by(request, "view")
    order = CustomerOrder.objects.filter(number=number).first()
    if order is None:
        raise Http404(number)
    return _pegged(pegging.what_serves_order(order.pk, at=now(request)))


def _pegged(answer: pegging.Answer) -> dict[str, Any]:
    return {
        "today": answer.today,
        "chains": [
            {**_told(each, answer), "steps": [_step(row, answer) for row in each.rows]} for each in answer.chains
        ],
        "more": answer.more,
    }


def _step(row: Row, answer: pegging.Answer) -> dict[str, Any]:
    return {**_told(row, answer), "depth": row.depth, "what": row.what, "late": row.late}


def _told(told: pegging.Chain | Row, answer: pegging.Answer) -> dict[str, Any]:
    item, site = told.at
    plain = {
        "item": item, "item_code": answer.items[item].code, "site": site, "site_code": answer.sites[site].code,
        "qty": told.qty, "first": told.first, "last": told.last,
    }  # fmt: skip
    for name, one in (("supply", told.supply), ("demand", told.demand)):
        if one is not None:
            plain[name] = {key: value for key, value in asdict(one).items() if key not in UNTOLD}
    return plain


@router.get("/shortages")
def shortages_of(request: HttpRequest, limit: int = 200) -> list[dict[str, Any]]:
    """What nobody can bring within the days planned."""
    asked_by(request, "view")
    return [{**asdict(row), "why": row.why} for row in shortages(limit=min(limit, 5000))]


@router.post("")
def plan_again(request: HttpRequest, wanted: PlanIn) -> dict[str, Any]:
    cause = asked_by(request, "planning")
    terms = NetworkTerms(days=wanted.days, frozen_days=wanted.frozen_days, release_days=wanted.release_days)
    return asdict(operations.plan_network(at=now(request), cause=cause, terms=terms, items=wanted.items))


@router.post("/way")
def plan_by(request: HttpRequest, wanted: WayIn) -> dict[str, int]:
    """Let item-sites be planned by network or by position from now on."""
    cause = asked_by(request, "planning")
    way = PlannedBy(wanted.way)
    changed = operations.plan_by(way, at=now(request), cause=cause, items=wanted.items, sites=wanted.sites)
    return {"changed": changed}
