"""Shipments and trips: what is on its way, on which truck, and when it comes; and the journey of an order."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from longshore.catalog.access import needs, now_of
from longshore.catalog.errors import Refusal
from longshore.catalog.models import Place
from longshore.ledger.cause import Cause
from longshore.ledger.models import PostingKind
from longshore.ledger.queries import movements_of_documents
from longshore.ordering.queries import journey, order_id_of
from longshore.shipping import operations, queries
from longshore.shipping.models import ProofOfDelivery, Shipment, ShipmentState, Trip, TripState
from longshore.shipping.operations import Arrived, Delivered
from longshore.shipping.queries import StopListRow

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


def _site(request: HttpRequest) -> int | None:
    text = request.GET.get("site", "")
    return int(text) if text.isdigit() else None


def _listing(request: HttpRequest, views: dict[str, tuple[Any, list[str] | None]]) -> dict[str, Any]:
    asked = request.GET.get("view", "open")
    return {
        "nav": "shipments",
        "topics": "fleet",
        "asked": asked if asked in views else "open",
        "views": [(name, title) for name, (title, _states) in views.items()],
        "site": _site(request),
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
    }
    return render(request, "shipping/shipment.html", context)


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
        "refusal": refusal,
    }
    return render(request, "shipping/trip.html", context, status=422 if refusal else 200)


def _late(stop: StopListRow) -> bool:
    return stop.due_at is not None and (stop.arrived_at or stop.eta) > stop.due_at


def _map(request: HttpRequest, number: str, stops: list[StopListRow]) -> dict[str, Any]:
    """The truck, its way and its stops, in the shape of the map island."""
    chosen = Trip.objects.filter(number=number).values_list("pk", "vehicle_id", "vehicle__plate").first()
    pk, vehicle, plate = chosen if chosen else (0, 0, "")
    way = [[point.longitude, point.latitude] for point in queries.route_of(pk)]
    seen = next((row for row in queries.positions(at=now_of(request)) if row.vehicle == vehicle), None)
    truck = {
        "id": vehicle, "plate": plate, "trip": number, "at": None if seen is None else [seen.longitude, seen.latitude],
        "heading": 0 if seen is None else seen.heading, "state": "ok", "from": "", "next": "", "eta": "", "behind": "",
        "stops": len(stops), "shipments": sum(len(stop.shipments) for stop in stops), "seen": "", "path": way,
    }  # fmt: skip
    marks = [
        {"name": stop.place_name, "at": [stop.longitude, stop.latitude], "state": "late" if _late(stop) else "ok"}
        for stop in stops
        if stop.latitude is not None
    ]
    return {"trucks": [truck], "sites": [], "stops": marks}


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
            _act_on_stop(request, verb)
    except Refusal as refusal:
        return _trip(request, number, refusal)
    return redirect("trip", number=number)


def _act_on_stop(request: HttpRequest, verb: str) -> None:
    at, cause, stop = now_of(request), _cause(request), int(request.POST["stop"])
    if verb == "arrive":
        operations.arrive([Arrived(stop, at)], at=at, cause=cause)
        return
    if verb != "deliver":
        raise Http404(verb)
    signer = request.POST.get("signer", "").strip() or _("not named")
    goods = Shipment.objects.filter(stop=stop, state=ShipmentState.IN_TRANSIT).values_list("pk", flat=True)
    operations.deliver([Delivered(pk, signer=signer, happened_at=at) for pk in goods], at=at, cause=cause)


urlpatterns = [
    path("shipments/", shipments, name="shipments"),
    path("shipments/of-order/<str:number>/", shipments_of_order, name="shipments-of-order"),
    path("shipments/trips/", trips, name="trips"),
    path("shipments/trips/<str:number>/", trip, name="trip"),
    path("shipments/trips/<str:number>/do/<slug:verb>/", act, name="trip-act"),
    path("shipments/<str:number>/", shipment, name="shipment"),
]
