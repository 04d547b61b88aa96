"""Shipments and trips: what is on its way, on which truck, and when it comes; and the journey of an order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Place, TemperatureClass
from longshore.catalog.typed import HOME_ZONE, pk_or_none
from longshore.catalog.wording import local_name
from longshore.ledger.cause import Cause
from longshore.ledger.models import PostingKind
from longshore.ledger.queries import movements_of_documents
from longshore.ordering.queries import journey, order_id_of
from longshore.shipping import operations, queries
from longshore.shipping.cold_pdf import Head, cold_chain_pdf
from longshore.shipping.cold_words import MARKS as COLD_MARKS
from longshore.shipping.cold_words import (
    chart_of,
    decision_shown,
    leg_shown,
    limit_word,
    moment,
    verdict_word,
)
from longshore.shipping.models import (
    ProofOfDelivery,
    Shipment,
    ShipmentLine,
    ShipmentState,
    Trip,
    TripState,
    TripStop,
)
from longshore.shipping.operations import Arrived, Delivered, RefusalReason, RefusedLine
from longshore.shipping.queries import ShipmentListRow, StopListRow
from longshore.shipping.queries.cold_chain import ColdChain, cold_chain_of

ROWS = 60
MOST = 1000
VIEWS: dict[str, tuple[Any, list[str] | None]] = {
    "open": (gettext_lazy("Open"), ["planned", "packed", "staged", "loaded", "in_transit"]),
    "in_transit": (gettext_lazy("In transit"), ["in_transit"]),
    "delivered": (gettext_lazy("Delivered"), ["delivered"]),
    "refused": (gettext_lazy("Refused"), ["refused"]),
    "all": (gettext_lazy("All"), None),
}
TRIP_VIEWS: dict[str, tuple[Any, list[str] | None]] = {
    "open": (gettext_lazy("Open"), ["planned", "loading", "under_way"]),
    "under_way": (gettext_lazy("Under way"), ["under_way"]),
    "done": (gettext_lazy("Done"), ["done"]),
    "all": (gettext_lazy("All"), None),
}


def _cause(request: HttpRequest) -> Cause:
    return Cause(actor=request.user.get_username(), because="page")


def _listing(request: HttpRequest, views: dict[str, tuple[Any, list[str] | None]]) -> dict[str, Any]:
    asked = request.GET.get("view", "open")
    return {
        "nav": "shipments",
        "topics": "fleet",
        "asked": asked if asked in views else "open",
        "views": [(name, title) for name, (title, _states) in views.items()],
        "site": pk_or_none(request.GET.get("site")),
        "sites": Place.objects.filter(kind="site", active=True).order_by("code"),
    }


@needs("view")
@require_GET
def shipments(request: HttpRequest) -> HttpResponse:
    context = _listing(request, VIEWS)
    found = queries.shipments(site=context["site"], states=VIEWS[context["asked"]][1], limit=MOST)
    context |= {
        "page": Paginator(found, ROWS).get_page(request.GET.get("page")),
        "total": len(found),
        "most": MOST,
        "states": dict(ShipmentState.choices),
        "now": now_of(request),
    }
    return render(request, "shipping/shipments.html", context)


@needs("view")
@require_GET
def shipment(request: HttpRequest, number: str) -> HttpResponse:
    return _shipment(request, number)


def _shipment(request: HttpRequest, number: str, refusal: Refusal | None = None) -> HttpResponse:
    known = Shipment.objects.filter(number=number).values_list("pk", flat=True).first()
    found = None if known is None else queries.shipment(known)
    if found is None:
        raise Http404(number)
    stops = queries.stops_of([found.trip]) if found.trip else []
    context = {
        "nav": "shipments",
        "topics": "fleet",
        "row": found,
        "lines": queries.shipment_lines(found.shipment),
        "stops": [stop for stop in stops if found.shipment in stop.shipments],
        "state_word": ShipmentState(found.state).label,
        "mark": _mark(found.state, late=found.eta is not None and found.eta > found.due_at),
        "moves": sorted(movements_of_documents([number]), key=lambda move: (move.happened_at, move.movement)),
        "kinds": dict(PostingKind.choices),
        "proof": ProofOfDelivery.objects.filter(shipment=found.shipment).first(),
        "map": _map(request, found.trip_number, stops) if found.trip else None,
        "refusal_reasons": _reasons(),
        "refusal": refusal,
    }
    return render(request, "shipping/shipment.html", context, status=422 if refusal else 200)


def _mark(state: str, *, late: bool) -> str:
    if state in ("refused", "cancelled") or late:
        return "late"
    return "ok" if state == "delivered" else "info"


@needs("view")
@require_GET
def shipments_of_order(request: HttpRequest, number: str) -> HttpResponse:
    """A piece of the order's page: its shipments, and every movement of its goods."""
    order = order_id_of(number)
    if order is None:
        raise Http404(number)
    found = queries.shipments(order=order)
    context = {
        "shipments": found,
        "states": dict(ShipmentState.choices),
        "moves": journey(order, documents=[row.number for row in found]),
        "kinds": dict(PostingKind.choices),
    }
    return render(request, "shipping/_of_order.html", context)


@needs("view")
@require_GET
def trips(request: HttpRequest) -> HttpResponse:
    context = _listing(request, TRIP_VIEWS)
    found = queries.trips(site=context["site"], states=TRIP_VIEWS[context["asked"]][1], limit=MOST)
    context |= {
        "page": Paginator(found, ROWS).get_page(request.GET.get("page")),
        "total": len(found),
        "states": dict(TripState.choices),
    }
    return render(request, "shipping/trips.html", context)


@needs("view")
@require_GET
def trip(request: HttpRequest, number: str) -> HttpResponse:
    return _trip(request, number)


def _trip(request: HttpRequest, number: str, refusal: Refusal | None = None) -> HttpResponse:
    found = Trip.objects.select_related("vehicle", "site").filter(number=number).first()
    if found is None:
        raise Http404(number)
    stops = queries.stops_of([found.pk])
    context = {
        "nav": "shipments",
        "topics": "fleet",
        "trip": found,
        "state_word": TripState(found.state).label,
        "mark": "ok" if found.state == "done" else "late" if any(_late(stop) for stop in stops) else "info",
        "stops": [(stop, "late" if _late(stop) else "ok" if stop.arrived_at else "info") for stop in stops],
        "shipments": queries.shipments(trip=found.pk),
        "states": dict(ShipmentState.choices),
        "map": _map(request, number, stops),
        "refusal_reasons": _reasons(),
        "refusal": refusal,
    }
    return render(request, "shipping/trip.html", context, status=422 if refusal else 200)


def _late(stop: StopListRow) -> bool:
    return stop.due_at is not None and (stop.arrived_at or stop.eta) > stop.due_at


def _map(request: HttpRequest, number: str, stops: list[StopListRow]) -> dict[str, Any]:
    """The truck, its way and its stops, in the shape of the map island."""
    chosen = Trip.objects.filter(number=number).values_list("pk", "vehicle_id", "vehicle__plate").first()
    pk, vehicle, plate = chosen if chosen else (0, 0, "")
    visited = {stop.stop for stop in stops if stop.arrived_at}
    ahead = [point for point in queries.route_of(pk)[1:] if point.stop not in visited]
    way = [[point.longitude, point.latitude] for point in ahead]
    seen = next((row for row in queries.positions(at=now_of(request)) if row.vehicle == vehicle), None)
    truck = {
        "id": vehicle, "plate": plate, "trip": number, "at": None if seen is None else [seen.longitude, seen.latitude],
        "heading": 0 if seen is None else seen.heading, "state": "ok", "from": "", "next": "", "eta": "", "behind": "",
        "stops": len(stops), "shipments": sum(len(stop.shipments) for stop in stops), "seen": "", "path": way,
    }  # fmt: skip
    marks = [
        {
            "name": local_name(stop.place_name, stop.place_name_zh),
            "at": [stop.longitude, stop.latitude],
            "state": "late" if _late(stop) else "ok",
        }
        for stop in stops
        if stop.latitude is not None
    ]
    return {"trucks": [truck], "sites": [], "stops": marks}


def _reasons() -> list[tuple[str, str]]:
    """Why a customer does not take goods."""
    words = {
        RefusalReason.UNWANTED: _("No longer wanted"),
        RefusalReason.DAMAGED: _("Damaged"),
        RefusalReason.WRONG: _("Wrong goods"),
        RefusalReason.LATE: _("Too late"),
        RefusalReason.TOO_WARM: _("Too warm"),
        RefusalReason.EXPIRED: _("Expired"),
    }
    return [(str(reason), word) for reason, word in words.items()]


@needs("shipping")
@require_POST
def plan(request: HttpRequest) -> HttpResponse:
    """What is packed at a site gets onto shipments, and those that leave today or tomorrow onto trips."""
    site = Place.objects.filter(kind="site", active=True, pk=pk_or_none(request.POST.get("site")) or 0).first()
    if site is None:
        raise Http404("site")
    at, cause = now_of(request), _cause(request)
    try:
        with transaction.atomic():
            opened = operations.open_shipments(site=site.pk, at=at, cause=cause)
            operations.stage(opened.shipments, at=at, cause=cause)
            days = [(at + timedelta(days=ahead)).astimezone(HOME_ZONE).date() for ahead in (0, 1)]
            planned = [operations.plan_trips(site=site.pk, day=day, at=at, cause=cause) for day in days]
    except Refusal as refusal:
        messages.error(request, f"{refusal.sentence} {refusal.remedy}")
    else:
        trips, hired = (
            sum(len(each) for each in found) for found in zip(*((p.trips, p.hired) for p in planned), strict=True)
        )
        words = {"shipments": len(opened.shipments), "trips": trips, "hired": hired}
        said = _("%(shipments)s new shipments, %(trips)s new trips, %(hired)s given to carriers.") % words
        messages.success(request, said)
    return redirect(f"{reverse('shipments')}?site={site.pk}")


@needs("shipping")
@require_POST
def act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """What a dispatcher or driver does with a trip; a refusal is shown on the trip's page."""
    found = Trip.objects.filter(number=number).first()
    if found is None:
        raise Http404(number)
    at, cause = now_of(request), _cause(request)
    try:
        if verb == "load":
            operations.load([found.pk], at=at, cause=cause)
        elif verb == "depart":
            operations.depart([found.pk], at=at, cause=cause)
        elif verb == "finish":
            operations.finish([found.pk], at=at, cause=cause)
        else:
            _act_on_stop(request, found, verb)
    except Refusal as refusal:
        return _trip(request, number, refusal)
    return redirect("trip", number=number)


def _act_on_stop(request: HttpRequest, trip: Trip, verb: str) -> None:
    at, cause = now_of(request), _cause(request)
    stop = TripStop.objects.filter(trip=trip, pk=pk_or_none(request.POST.get("stop")) or 0).first()
    if stop is None or verb not in ("arrive", "deliver", "refuse"):
        raise Http404(verb)
    if verb == "arrive":
        operations.arrive([Arrived(stop.pk, at)], at=at, cause=cause)
        return
    goods = Shipment.objects.filter(stop=stop, state=ShipmentState.IN_TRANSIT).order_by("pk")
    _hand_over(request, [row.pk for row in goods], refused=verb == "refuse")


@needs("shipping")
@require_POST
def act_on_shipment(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """A carrier took it along, the customer has it, or does not want it."""
    found = Shipment.objects.filter(number=number).first()
    if found is None or verb not in ("hand-over", "deliver", "refuse"):
        raise Http404(number)
    try:
        if verb == "hand-over":
            operations.hand_over([found.pk], at=now_of(request), cause=_cause(request))
        else:
            _hand_over(request, [found.pk], refused=verb == "refuse")
    except Refusal as refusal:
        return _shipment(request, number, refusal)
    return redirect("shipment", number=number)


def _hand_over(request: HttpRequest, shipment_ids: Sequence[int], *, refused: bool) -> None:
    """At the door: the customer signs for all of it, or refuses all of it."""
    at, signer = now_of(request), request.POST.get("signer", "").strip() or _("not named")
    reason = request.POST.get("reason", RefusalReason.UNWANTED)
    back: dict[int, list[RefusedLine]] = {}
    if refused:
        lines = ShipmentLine.objects.filter(shipment__in=shipment_ids, order_line__isnull=False)
        for shipment_id, line, qty in lines.values_list("shipment", "order_line").annotate(qty=Sum("qty")):
            back.setdefault(shipment_id, []).append(RefusedLine(line, qty, reason))
    reports = [Delivered(pk, at, signer, refused=tuple(back.get(pk, ()))) for pk in shipment_ids]
    operations.deliver(reports, at=at, cause=_cause(request))


def _cold_chain(number: str, at: datetime) -> tuple[ShipmentListRow, ColdChain]:
    found = Shipment.objects.filter(number=number).values_list("pk", "temperature_class").first()
    row = None if found is None else queries.shipment(found[0])
    if found is None or row is None:
        raise Http404(number)
    return row, cold_chain_of(found[0], found[1], at)


@needs("view")
@require_GET
def cold_chain(request: HttpRequest, number: str) -> HttpResponse:
    """Where the shipment was and how warm, leg by leg; what nobody measured is unknown, not good."""
    row, found = _cold_chain(number, now_of(request))
    context = {
        "nav": "shipments",
        "row": row,
        "word": verdict_word(found.verdict),
        "mark": COLD_MARKS[found.verdict],
        "legs": [leg_shown(leg) for leg in found.legs],
        "limits": [limit_word(limit) for limit in found.limits],
        "decisions": [decision_shown(decision) for decision in found.decisions],
        "chart": chart_of(found),
        "temperature_class": TemperatureClass(row.temperature_class).label,
    }
    return render(request, "shipping/cold_chain.html", context)


@needs("view")
@require_GET
def cold_chain_paper(request: HttpRequest, number: str) -> HttpResponse:
    """The same record as a PDF."""
    at = now_of(request)
    row, found = _cold_chain(number, at)
    head = Head(
        number=row.number,
        order=row.order_number,
        origin=row.site_code,
        destination=local_name(row.ship_to_name, row.ship_to_name_zh),
        vehicle=row.plate or row.carrier,
        temperature_class=str(TemperatureClass(row.temperature_class).label),
        delivered="" if row.delivered_at is None else moment(row.delivered_at),
    )
    try:
        paper = cold_chain_pdf(head, found, at)
    except Refusal as refusal:
        messages.error(request, f"{refusal.sentence} {refusal.remedy}")
        return redirect("cold-chain", number=number)
    answer = HttpResponse(paper, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{row.number}-cold-chain.pdf"'
    return answer


urlpatterns = [
    path("shipments/<str:number>/cold-chain/", cold_chain, name="cold-chain"),
    path("shipments/<str:number>/cold-chain.pdf", cold_chain_paper, name="cold-chain-paper"),
    path("shipments/", shipments, name="shipments"),
    path("shipments/plan/", plan, name="shipments-plan"),
    path("shipments/of-order/<str:number>/", shipments_of_order, name="shipments-of-order"),
    path("shipments/trips/", trips, name="trips"),
    path("shipments/trips/<str:number>/", trip, name="trip"),
    path("shipments/trips/<str:number>/do/<slug:verb>/", act, name="trip-act"),
    path("shipments/<str:number>/", shipment, name="shipment"),
    path("shipments/<str:number>/do/<slug:verb>/", act_on_shipment, name="shipment-act"),
]
