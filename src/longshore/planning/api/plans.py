"""Proposals, policies and forecasts over HTTP. Everything a page can do."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema
from pydantic import AwareDatetime

from longshore.catalog.access import may_of
from longshore.ledger.cause import Cause
from longshore.planning import operations, queries
from longshore.planning.operations.adopting import Within, adopt_limits, adopt_option
from longshore.planning.queries.backtest import backtest
from longshore.planning.queries.limits import limits
from longshore.planning.queries.placement import chains

router = Router()


class Wanted(Schema):
    """What a person wants different; empty: as proposed. `note` is the reason."""

    qty: int | None = None
    due_at: AwareDatetime | None = None
    supplier: int | None = None
    note: str = ""


class Note(Schema):
    note: str = ""


class Numbers(Schema):
    proposals: list[int]


class Scope(Schema):
    """Which items and sites; empty: all."""

    items: list[int] | None = None
    sites: list[int] | None = None


class PolicyIn(Schema):
    """With a reorder point the policy is fixed; without one planning computes it."""

    item: int
    site: int
    source: int | None = None
    review_minutes: int | None = None
    service_bp: int | None = None
    safety_stock: int | None = None
    reorder_point: int | None = None
    order_qty: int | None = None
    order_up_to: int | None = None
    automatic: bool | None = None


class AdoptIn(Schema):
    """`option`: leaner, safer, history or half-lot, as the back-test names them."""

    option: str
    reason: str


class LimitsIn(Schema):
    """Minor units and cm³; empty: what is used now."""

    site: int | None = None
    budget: int | None = None
    room: int | None = None
    reason: str


class HistoryIn(Schema):
    item: int
    site: int
    day: date
    qty: int


def asked_by(request: HttpRequest, name: str) -> Cause:
    """The cause of what the caller does, if the caller may do it."""
    if name not in may_of(request.user):
        raise PermissionDenied(f"Your role does not include “{name}”.")
    return Cause(actor=request.user.get_username(), because="api")


def now(request: HttpRequest) -> datetime:
    """The business clock of the page, or the wall's where there is none."""
    known: datetime = getattr(request, "now", None) or timezone.now()
    return known


@router.get("/proposals")
def list_proposals(
    request: HttpRequest, state: str | None = None, site: int | None = None, item: int | None = None, limit: int = 200
) -> list[dict[str, Any]]:
    """Open ones first, the most urgent first."""
    asked_by(request, "view")
    wanted = queries.Filter(states=(state,) if state else None, site=site, item=item)
    return [asdict(row) for row in queries.proposals(wanted, limit=min(limit, 1000))]


@router.get("/proposals/{int:number}")
def one_proposal(request: HttpRequest, number: int) -> dict[str, Any]:
    """The proposal with its reason, and everybody who offers the item."""
    asked_by(request, "view")
    found = queries.proposal(number)
    if found is None:
        sentence = _("There is no proposal %(number)s.") % {"number": number}
        raise operations.UnknownProposal("no-such-proposal", sentence, proposal=number)
    return {**asdict(found), "offers": [asdict(offer) for offer in queries.offers_for(found.item)]}


@router.post("/proposals/{int:number}/approve")
def approve(request: HttpRequest, number: int, wanted: Wanted) -> dict[str, Any]:
    cause = asked_by(request, "planning")
    change = operations.Change(wanted.qty, wanted.due_at, wanted.supplier)
    return asdict(operations.approve(number, at=now(request), cause=cause, change=change, note=wanted.note))


@router.post("/proposals/{int:number}/change")
def change(request: HttpRequest, number: int, wanted: Wanted) -> dict[str, Any]:
    cause = asked_by(request, "planning")
    wish = operations.Change(wanted.qty, wanted.due_at, wanted.supplier)
    return asdict(operations.change(number, at=now(request), cause=cause, change=wish, note=wanted.note))


@router.post("/proposals/{int:number}/reject")
def reject(request: HttpRequest, number: int, said: Note) -> dict[str, Any]:
    cause = asked_by(request, "planning")
    return asdict(operations.reject(number, at=now(request), cause=cause, note=said.note))


@router.post("/proposals/{int:number}/take-back-rejection")
def take_back(request: HttpRequest, number: int) -> dict[str, Any]:
    cause = asked_by(request, "planning")
    return asdict(operations.take_back_rejection(number, at=now(request), cause=cause))


@router.post("/proposals/release")
def release(request: HttpRequest, wanted: Numbers) -> dict[str, Any]:
    """Release several at once."""
    return asdict(operations.release(wanted.proposals, at=now(request), cause=asked_by(request, "planning")))


@router.get("/policies/{item}/{site}")
def policy(request: HttpRequest, item: int, site: int) -> dict[str, Any]:
    """The policy with its reason; an empty object where there is none."""
    asked_by(request, "view")
    found = queries.policy_of(item, site)
    return asdict(found) if found else {}


@router.get("/policies/{item}/{site}/backtest")
def policy_backtest(request: HttpRequest, item: int, site: int) -> dict[str, Any]:
    """Own history under the present policy and others, with common random numbers: fill rate, stock, cost and intervals."""
    asked_by(request, "view")
    found = backtest(item, site, at=now(request))
    if found is None:
        raise Http404(item)
    return asdict(found)


@router.post("/policies/{item}/{site}/adopt")
def adopt_policy(request: HttpRequest, item: int, site: int, wanted: AdoptIn) -> dict[str, Any]:
    """Make an option of the back-test the policy, with a reason."""
    cause = asked_by(request, "planning")
    return asdict(adopt_option(item, site, wanted.option, wanted.reason, at=now(request), cause=cause))


@router.get("/limits")
def stock_limits(
    request: HttpRequest, site: int | None = None, budget: int | None = None, room: int | None = None
) -> dict[str, Any]:
    """Policies that fit into money (minor units) and room (cm³): what binds, what one more unit saves, what changes."""
    asked_by(request, "view")
    return asdict(limits(at=now(request), site=site, budget=budget, room=room))


@router.post("/limits")
def adopt_limits_now(request: HttpRequest, wanted: LimitsIn) -> dict[str, Any]:
    """Make the policies that fit the ones in force, with a reason."""
    cause = asked_by(request, "planning")
    within = Within(wanted.site, wanted.budget, wanted.room)
    return asdict(adopt_limits(within, wanted.reason, at=now(request), cause=cause))


@router.get("/placement")
def placement(
    request: HttpRequest, item: int | None = None, limit: int = 40, offset: int = 0
) -> list[dict[str, Any]]:  # fmt: skip
    """Where safety stock belongs in the chain of sites, the dearest first."""
    asked_by(request, "view")
    found = chains(item, limit=min(max(limit, 1), 500), offset=max(offset, 0))
    return [{**asdict(each), "saving": each.placed.saving} for each in found.chains]


@router.put("/policies")
def put_policies(request: HttpRequest, policies: list[PolicyIn]) -> dict[str, Any]:
    cause = asked_by(request, "planning")
    wanted = [operations.NewPolicy(**each.dict()) for each in policies]
    return asdict(operations.put_policies(wanted, at=now(request), cause=cause, partial=True))


@router.get("/stock/{item}/{site}")
def projected(request: HttpRequest, item: int, site: int, days: int = 28) -> dict[str, Any]:
    """Stock day by day: on hand, inbound, claims, forecast."""
    asked_by(request, "view")
    return asdict(queries.projected_stock(item, site, at=now(request), days=min(days, 365)))


@router.get("/demand/{item}/{site}")
def demand(request: HttpRequest, item: int, site: int, days: int = 182) -> dict[str, Any]:
    """Demand history and forecast with its band and error."""
    asked_by(request, "view")
    return asdict(queries.demand_of(item, site, at=now(request), days=min(days, 1100)))


@router.put("/demand")
def put_history(request: HttpRequest, days: list[HistoryIn]) -> dict[str, Any]:
    """Demand known from elsewhere, for item-sites whose orders this system has never seen."""
    asked_by(request, "planning")
    return asdict(operations.put_history([operations.HistoryDay(**each.dict()) for each in days]))


@router.get("/cover")
def cover(request: HttpRequest, site: int | None = None) -> list[dict[str, Any]]:
    """How many days stock lasts, by item and site."""
    asked_by(request, "view")
    return [asdict(row) for row in queries.cover(at=now(request), sites=None if site is None else [site])]


@router.post("/forecast")
def forecast(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    cause = asked_by(request, "planning")
    return asdict(operations.make_forecasts(at=now(request), cause=cause, items=scope.items))


@router.post("/policies/compute")
def compute_policies(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    cause = asked_by(request, "planning")
    return asdict(operations.set_policies(at=now(request), cause=cause, items=scope.items))


@router.post("/replenish")
def replenish(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    cause = asked_by(request, "planning")
    return asdict(operations.replenish(at=now(request), cause=cause, items=scope.items, sites=scope.sites))
