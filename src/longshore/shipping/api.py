"""Transport over HTTP: what a dispatcher's page and a driver's phone do. The same call again does it once."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from ninja import Router, Schema

from longshore.catalog.access import may_of, now_of
from longshore.ledger.cause import Cause
from longshore.shipping import operations, queries

router = Router()


class OpenIn(Schema):
    site: int
    orders: list[int] | None = None


class ShipmentsIn(Schema):
    shipments: list[int]
    own_fleet: bool = True
    carrier: int | None = None
    happened_at: datetime | None = None
    device: str = ""


class PlanIn(Schema):
    site: int
    day: date
    seed: int = 0
    iterations: int = 300


class TripsIn(Schema):
    trips: list[int]
    happened_at: datetime | None = None
    driven_m: dict[int, int] | None = None
    device: str = ""


class FixIn(Schema):
    vehicle: int
    at: datetime
    latitude: float
    longitude: float
    heading: int = 0
    speed_kmh: int = 0


class FixesIn(Schema):
    fixes: list[FixIn]
    device: str = ""


class ArrivalIn(Schema):
    stop: int
    happened_at: datetime | None = None


class ArrivalsIn(Schema):
    arrivals: list[ArrivalIn]
    device: str = ""


class RefusedIn(Schema):
    """`reason`: unwanted, damaged, wrong, late, too-warm or expired."""

    order_line: int
    qty: int
    reason: operations.RefusalReason = operations.RefusalReason.UNWANTED
    bring_again: bool = False


class DeliveryIn(Schema):
    shipment: int
    signer: str = ""
    note: str = ""
    refused: list[RefusedIn] = []
    happened_at: datetime | None = None


class DeliveriesIn(Schema):
    deliveries: list[DeliveryIn]
    partial: bool = False
    device: str = ""


class BackIn(Schema):
    key: UUID
    site: int
    carriers: list[int]
    device: str = ""


def _cause(request: HttpRequest, device: str = "") -> Cause:
    if "shipping" not in may_of(request.user):
        raise PermissionDenied("Your role may not dispatch.")
    return Cause(actor=request.user.get_username(), because="api", device=device)


def _rows(rows: list[Any]) -> list[dict[str, Any]]:
    return [row._asdict() for row in rows]


@router.get("/shipments")
def list_shipments(
    request: HttpRequest,
    site: int | None = None,
    state: str | None = None,
    order: int | None = None,
    trip: int | None = None,
) -> list[dict[str, Any]]:
    """Shipments, newest first."""
    states = None if state is None else state.split(",")
    return _rows(queries.shipments(site=site, states=states, order=order, trip=trip))


@router.get("/shipments/{shipment_id}")
def show_shipment(request: HttpRequest, shipment_id: int) -> dict[str, Any]:
    """One shipment with its lines and, on a trip of ours, the route."""
    found = queries.shipment(shipment_id)
    if found is None:
        raise Http404
    route = [] if found.trip is None else queries.route_of(found.trip)
    stops = [] if found.trip is None else queries.stops_of([found.trip])
    return found._asdict() | {
        "lines": _rows(queries.shipment_lines(shipment_id)),
        "stops": _rows(stops),
        "route": _rows(route),
    }


@router.post("/shipments")
def open_shipments(request: HttpRequest, body: OpenIn) -> dict[str, Any]:
    """Open shipments for what is packed."""
    receipt = operations.open_shipments(
        site=body.site, order_ids=body.orders, at=now_of(request), cause=_cause(request)
    )
    return asdict(receipt)


@router.post("/carriers")
def choose_carrier(request: HttpRequest, body: ShipmentsIn) -> dict[str, Any]:
    """Decide who drives these shipments, and say why."""
    receipt = operations.choose_carrier(
        body.shipments, at=now_of(request), cause=_cause(request, body.device), own_fleet=body.own_fleet
    )
    return asdict(receipt)


@router.post("/hand-over")
def hand_over(request: HttpRequest, body: ShipmentsIn) -> dict[str, Any]:
    """Hand shipments over to their carrier."""
    receipt = operations.hand_over(
        body.shipments,
        at=now_of(request),
        cause=_cause(request, body.device),
        carrier=body.carrier,
        happened_at=body.happened_at,
    )
    return asdict(receipt)


@router.post("/bring-back")
def bring_back(request: HttpRequest, body: BackIn) -> dict[str, Any]:
    """Take refused goods back from carriers."""
    receipt = operations.bring_back(
        carriers=body.carriers,
        site=body.site,
        key=body.key,
        at=now_of(request),
        cause=_cause(request, body.device),
    )
    return asdict(receipt)


@router.get("/trips")
def list_trips(request: HttpRequest, site: int | None = None, state: str | None = None) -> list[dict[str, Any]]:
    """Trips, newest first."""
    return _rows(queries.trips(site=site, states=None if state is None else state.split(",")))


@router.get("/trips/{trip_id}/stops")
def list_stops(request: HttpRequest, trip_id: int) -> dict[str, Any]:
    """A trip's stops in driving order, and its way on the map."""
    return {"stops": _rows(queries.stops_of([trip_id])), "route": _rows(queries.route_of(trip_id))}


@router.post("/trips")
def plan_trips(request: HttpRequest, body: PlanIn) -> dict[str, Any]:
    """Plan the day's trips of a site."""
    receipt = operations.plan_trips(
        site=body.site,
        day=body.day,
        at=now_of(request),
        cause=_cause(request),
        plan=operations.TripPlan(body.seed, body.iterations),
    )
    return asdict(receipt)


@router.post("/trips/cancel")
def cancel_trips(request: HttpRequest, body: TripsIn) -> dict[str, Any]:
    """Give up trips that are only planned."""
    done = operations.cancel_trips(body.trips, at=now_of(request), cause=_cause(request, body.device))
    return {"trips": done}


@router.post("/stage")
def stage(request: HttpRequest, body: ShipmentsIn) -> dict[str, Any]:
    """Bring shipments to the outgoing dock."""
    receipt = operations.stage(
        body.shipments, at=now_of(request), cause=_cause(request, body.device), happened_at=body.happened_at
    )
    return asdict(receipt)


@router.post("/trips/load")
def load(request: HttpRequest, body: TripsIn) -> dict[str, Any]:
    """Load trips onto their vehicles."""
    receipt = operations.load(
        body.trips, at=now_of(request), cause=_cause(request, body.device), happened_at=body.happened_at
    )
    return asdict(receipt)


@router.post("/trips/depart")
def depart(request: HttpRequest, body: TripsIn) -> dict[str, Any]:
    """Loaded trips leave."""
    receipt = operations.depart(
        body.trips, at=now_of(request), cause=_cause(request, body.device), happened_at=body.happened_at
    )
    return asdict(receipt)


@router.post("/trips/finish")
def finish(request: HttpRequest, body: TripsIn) -> dict[str, Any]:
    """Trips are home; what came back is unloaded."""
    receipt = operations.finish(
        body.trips,
        at=now_of(request),
        cause=_cause(request, body.device),
        happened_at=body.happened_at,
        driven_m=body.driven_m,
    )
    return asdict(receipt)


@router.get("/positions")
def list_positions(request: HttpRequest, only_moving: bool = False) -> list[dict[str, Any]]:
    """The live map: every vehicle and whether it is on plan."""
    return _rows(queries.positions(at=now_of(request), only_moving=only_moving))


@router.post("/positions")
def record_positions(request: HttpRequest, body: FixesIn) -> dict[str, Any]:
    """Report positions, many at a time."""
    fixes = [operations.Fix(**fix.dict()) for fix in body.fixes]
    return asdict(operations.record_positions(fixes, at=now_of(request), cause=_cause(request, body.device)))


@router.post("/etas")
def refresh_eta(request: HttpRequest) -> dict[str, Any]:
    """Expect all arrivals anew."""
    return asdict(operations.refresh_eta(at=now_of(request), cause=_cause(request)))


@router.post("/arrivals")
def arrive(request: HttpRequest, body: ArrivalsIn) -> dict[str, Any]:
    """Vehicles stand at their stops."""
    at = now_of(request)
    arrivals = [operations.Arrived(row.stop, row.happened_at or at) for row in body.arrivals]
    return asdict(operations.arrive(arrivals, at=at, cause=_cause(request, body.device)))


@router.post("/deliveries")
def deliver(request: HttpRequest, body: DeliveriesIn) -> dict[str, Any]:
    """Report deliveries, with what was refused and who signed."""
    at = now_of(request)
    reports = [
        operations.Delivered(
            row.shipment,
            row.happened_at or at,
            row.signer,
            row.note,
            tuple(operations.RefusedLine(**line.dict()) for line in row.refused),
        )
        for row in body.deliveries
    ]
    receipt = operations.deliver(reports, at=at, cause=_cause(request, body.device), partial=body.partial)
    return asdict(receipt)
