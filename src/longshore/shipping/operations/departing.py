"""Goods leave the site: on a trip of ours, or with a carrier."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal
from longshore.catalog.models import Place, PlaceKind
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.models import PostingKind
from longshore.ledger.outbox import emit
from longshore.ordering.models import OrderState
from longshore.ordering.operations import add_shipped, mark_orders
from longshore.shipping.events import HandedOver, TripDeparted
from longshore.shipping.operations.carrying import TripNotReady, carry
from longshore.shipping.queries.loading import (
    GoodsRow,
    ShipmentRow,
    goods_of,
    lock_shipments,
    lock_shipments_of_trips,
    lock_trips,
)
from longshore.shipping.queries.ways import carrier_places
from longshore.storing.queries.rows import change
from longshore.storing.queries.stages import OrderStage, stages_of_orders

_LEAVE: Final = """
UPDATE shipping_shipment SET state = 'in_transit', departed_at = %(when)s WHERE id = ANY(%(shipments)s)
"""
_DEPART: Final = """
UPDATE shipping_trip SET state = 'under_way', departed_at = %(when)s WHERE id = ANY(%(trips)s)
"""
_HIRE: Final = "UPDATE shipping_shipment SET carrier_id = %(carrier)s WHERE id = ANY(%(shipments)s)"
_DRIVING: Final = """
UPDATE shipping_tripstop s SET eta = s.planned_arrival + (%(when)s - t.planned_departure), eta_at = %(when)s
FROM shipping_trip t WHERE t.id = s.trip_id AND t.id = ANY(%(trips)s) AND s.arrived_at IS NULL
"""


class NothingToHandOver(Refusal):
    """A shipment has no carrier, is on a trip, or has left already."""


@dataclass(frozen=True, slots=True)
class DepartReceipt:
    trips: tuple[int, ...]
    shipments: tuple[int, ...]
    replayed: tuple[int, ...] = ()


@retried
def depart(
    trip_ids: Sequence[int], *, at: datetime, cause: Cause, happened_at: datetime | None = None
) -> DepartReceipt:
    """Loaded trips leave; their orders are on the way. A trip that has left already leaves no second time."""
    when = happened_at or at
    with transaction.atomic():
        trips = {row.trip: row for row in lock_trips(trip_ids)}
        again = tuple(row.trip for row in trips.values() if row.state == "under_way")
        leaving = [row.trip for row in trips.values() if row.state == "loading"]
        unready = [trip for trip in trip_ids if trip not in leaving and trip not in again]
        rows = lock_shipments_of_trips(leaving)
        if unready or any(row.state != "loaded" for row in rows):
            raise TripNotReady(
                "trip-not-loaded",
                _("Trip {trip} is not loaded.").format(trip=next(iter(unready), leaving[0] if leaving else 0)),
                _("Load it first."),
                trips=unready,
            )
        change(_DEPART, {"when": when, "trips": leaving})
        change(_DRIVING, {"when": when, "trips": leaving})
        orders = _leave(rows, goods_of([row.shipment for row in rows]), when, at, cause)
        told = [
            TripDeparted(trip, tuple(sorted({row.order for row in rows if row.trip == trip and row.order in orders})))
            for trip in leaving
        ]
        emit(told, at=at, cause=cause)
        return DepartReceipt(tuple(leaving), tuple(row.shipment for row in rows), again)


@retried
def hand_over(
    shipment_ids: Sequence[int],
    *,
    at: datetime,
    cause: Cause,
    carrier: int | None = None,
    happened_at: datetime | None = None,
) -> DepartReceipt:
    """A carrier takes these shipments along (the carrier chosen for each, or the one named).

    They stand in the ledger at the carrier's vehicle from then on. Handing over again changes nothing.
    """
    when = happened_at or at
    with transaction.atomic():
        rows = lock_shipments(shipment_ids)
        again = tuple(row.shipment for row in rows if row.state == "in_transit" and row.trip is None)
        fresh = [row for row in rows if row.shipment not in again]
        _refuse_unhired(fresh, carrier)
        if carrier is not None:
            change(_HIRE, {"carrier": carrier, "shipments": [row.shipment for row in fresh]})
        hired = {row.shipment: carrier or row.carrier or 0 for row in fresh}
        places = _places(sorted(set(hired.values())))
        targets = {shipment: places[each] for shipment, each in hired.items()}
        goods = carry(fresh, targets, PostingKind.LOAD, when, at=at, cause=cause)
        orders = _leave(fresh, goods, when, at, cause)
        if fresh:
            emit([HandedOver(tuple(row.shipment for row in fresh), orders)], at=at, cause=cause)
        return DepartReceipt((), tuple(row.shipment for row in fresh), again)


def _refuse_unhired(rows: Sequence[ShipmentRow], carrier: int | None) -> None:
    for row in rows:
        if row.state in ("packed", "staged") and row.trip is None and (row.carrier or carrier):
            continue
        raise NothingToHandOver(
            "not-for-a-carrier",
            _("Shipment {number} has no carrier, is on a trip of ours, or has left already.").format(number=row.number),
            _("Choose a carrier for it first."),
            shipment=row.shipment,
        )


def _places(carriers: Sequence[int]) -> dict[int, int]:
    """The ledger's place of each carrier, made where it is missing."""
    rows = carrier_places(carriers)
    missing = [row for row in rows if row.place is None]
    Place.objects.bulk_create(
        [Place(code=f"CARRIER-{row.code}", name=row.name, kind=PlaceKind.VEHICLE) for row in missing],
        ignore_conflicts=True,
    )
    if missing:
        rows = carrier_places(carriers)
    return {row.carrier: row.place or 0 for row in rows}


def _leave(
    rows: Sequence[ShipmentRow], goods: Sequence[GoodsRow], when: datetime, at: datetime, cause: Cause
) -> tuple[int, ...]:
    """The shipments are on the way, and so are the orders of which nothing is left behind; returns their orders."""
    shipped: dict[int, int] = defaultdict(int)
    for each in goods:
        if each.order_line is not None:
            shipped[each.order_line] += each.qty
    change(_LEAVE, {"when": when, "shipments": [row.shipment for row in rows]})
    add_shipped(shipped.items(), at=at, cause=cause)
    orders = tuple(sorted({row.order for row in rows if row.order is not None}))
    aboard = [row.order for row in stages_of_orders(orders) if row.stage is OrderStage.ABOARD]
    mark_orders(aboard, OrderState.IN_TRANSIT, at=at, cause=cause)
    return orders
