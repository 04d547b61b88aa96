"""Stage and load: a shipment's goods go on together, with their claims."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import Claims, Key, Move, NewPosting, post
from longshore.ledger.outbox import emit
from longshore.shipping.events import TripLoaded
from longshore.shipping.queries.loading import (
    GoodsRow,
    ShipmentRow,
    TripRow,
    busy_vehicles,
    goods_of,
    lock_shipments,
    lock_shipments_of_trips,
    lock_trips,
)
from longshore.storing.operations.progress import mark_stages
from longshore.storing.queries.places import places_of_use
from longshore.storing.queries.rows import change
from longshore.storing.rules import choose_place, key_of

SET_STATE: Final = "UPDATE shipping_shipment SET state = %(state)s WHERE id = ANY(%(shipments)s)"
SET_TRIPS: Final = "UPDATE shipping_trip SET state = %(state)s WHERE id = ANY(%(trips)s)"


class NoDock(Refusal):
    """The site has no place to stage to."""


class TripNotReady(Refusal):
    """The trip cannot be loaded as it is."""


@dataclass(frozen=True, slots=True)
class CarriedReceipt:
    shipments: tuple[int, ...]
    replayed: tuple[int, ...] = ()


@retried
def stage(
    shipment_ids: Sequence[int], *, at: datetime, cause: Cause, happened_at: datetime | None = None
) -> CarriedReceipt:
    """Bring packed shipments to the outgoing dock of their site. Staging again changes nothing."""
    with transaction.atomic():
        rows = lock_shipments(shipment_ids)
        fresh = [row for row in rows if row.state == "packed"]
        docks = places_of_use([row.site for row in fresh], ["shipping"]) if fresh else []
        targets = {
            row.shipment: choose_place(
                docks, site=row.site, usages=["shipping"], temperature_class=row.temperature_class
            )
            for row in fresh
        }
        if not all(targets.values()):
            raise NoDock(
                "no-dock",
                _("The site has no outgoing dock."),
                _("Add a place with the use “shipping” to the site, or load from staging."),
            )
        carry(fresh, targets, PostingKind.STAGE, happened_at or at, at=at, cause=cause)
        change(SET_STATE, {"state": "staged", "shipments": [row.shipment for row in fresh]})
        again = tuple(row.shipment for row in rows if row.state == "staged")
        return CarriedReceipt(tuple(row.shipment for row in fresh), again)


@retried
def load(trip_ids: Sequence[int], *, at: datetime, cause: Cause, happened_at: datetime | None = None) -> CarriedReceipt:
    """Load everything that is planned on these trips onto their vehicles. Loading again changes nothing.

    Refused where a vehicle is on another trip already, or where the goods do not fit into it.
    """
    with transaction.atomic():
        trips = {row.trip: row for row in lock_trips(trip_ids)}
        rows = lock_shipments_of_trips(list(trips))
        again = tuple(row.shipment for row in rows if row.state == "loaded")
        fresh = [row for row in rows if row.state in ("packed", "staged")]
        _refuse_unready(trip_ids, trips, rows)
        starting = [trip for trip in trips.values() if trip.state == "planned"]
        change(SET_TRIPS, {"state": "loading", "trips": [trip.trip for trip in starting]})
        targets = {row.shipment: row.vehicle_place or 0 for row in fresh}
        carry(fresh, targets, PostingKind.LOAD, happened_at or at, at=at, cause=cause)
        change(SET_STATE, {"state": "loaded", "shipments": [row.shipment for row in fresh]})
        mark_stages(sorted({row.order for row in fresh if row.order is not None}), at=at, cause=cause)
        emit([TripLoaded(trip.trip) for trip in starting], at=at, cause=cause)
        return CarriedReceipt(tuple(row.shipment for row in fresh), again)


def _refuse_unready(trip_ids: Sequence[int], trips: Mapping[int, TripRow], rows: Sequence[ShipmentRow]) -> None:
    for wanted in trip_ids:
        if wanted not in trips or trips[wanted].state not in ("planned", "loading"):
            raise TripNotReady(
                "trip-not-planned",
                _("Trip {trip} does not exist, has left, or is cancelled.").format(trip=wanted),
                _("Reload the list of trips."),
                trip=wanted,
            )
    busy = {row.vehicle: row.trip for row in busy_vehicles([trip.vehicle for trip in trips.values()])}
    weight: dict[int, int] = defaultdict(int)
    volume: dict[int, int] = defaultdict(int)
    for row in rows:
        weight[row.trip or 0] += row.weight_g
        volume[row.trip or 0] += row.volume_cm3
    taken: set[int] = set()
    for trip in trips.values():
        if busy.get(trip.vehicle, trip.trip) != trip.trip or trip.vehicle in taken:
            raise TripNotReady(
                "vehicle-busy",
                _("The vehicle of trip {number} is on another trip.").format(number=trip.number),
                _("Finish that trip first, or plan this one for another vehicle."),
                trip=trip.trip,
                busy_with=busy.get(trip.vehicle),
            )
        taken.add(trip.vehicle)
        if weight[trip.trip] > trip.capacity_g or volume[trip.trip] > trip.capacity_cm3:
            raise TripNotReady(
                "overloaded",
                _("The goods of trip {number} do not fit: {weight} g of {limit} g.").format(
                    number=trip.number, weight=weight[trip.trip], limit=trip.capacity_g
                ),
                _("Take a shipment off the trip."),
                trip=trip.trip,
            )


def carry(
    rows: Sequence[ShipmentRow],
    targets: Mapping[int, int],
    kind: PostingKind,
    happened_at: datetime,
    *,
    at: datetime,
    cause: Cause,
) -> list[GoodsRow]:
    """Move the goods of these shipments to their target places, one posting a shipment. Returns what stood before."""
    moves: dict[int, list[Move]] = defaultdict(list)
    found = goods_of([row.shipment for row in rows])
    for goods in found:
        # part of it may have gone aboard by itself, through a portal
        if goods.place != targets[goods.shipment]:
            moves[goods.shipment].append(carried(goods, targets[goods.shipment]))
    postings = [
        NewPosting(key_of(kind.name, row.shipment), kind, happened_at, tuple(moves[row.shipment]), row.number)
        for row in rows
        if moves[row.shipment]
    ]
    if postings:
        post(postings, at=at, cause=cause)
    return found


def source_of(goods: GoodsRow) -> Key:
    return Key(goods.item, goods.place, goods.owner, goods.lot, goods.condition, goods.handling_unit, goods.serial)


def carried(goods: GoodsRow, place: int) -> Move:
    target = Key(goods.item, place, goods.owner, goods.lot, goods.condition, goods.handling_unit, goods.serial)
    return Move(source_of(goods), target, goods.qty, Claims.CARRY, goods.claim)
