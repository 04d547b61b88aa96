"""The network plan over HTTP: the grid of an item, its planned orders, what nobody can bring, and planning again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema

from longshore.planning import operations
from longshore.planning.api.plans import asked_by, now
from longshore.planning.models import PlannedBy
from longshore.planning.network_rules import NetworkTerms
from longshore.planning.queries.network_grid import planned_orders, shortages, supply_grid

router = Router()


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
