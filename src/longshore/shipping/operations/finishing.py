"""A trip comes home: what was refused goes to the returns place, the vehicle is free again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import Key, Move, NewPosting, post
from longshore.ledger.outbox import emit
from longshore.shipping.events import TripFinished
from longshore.shipping.operations.carrying import TripNotReady
from longshore.shipping.queries.loading import TripRow, lock_shipments_of_trips, lock_trips
from longshore.storing.operations import give_up_docks
from longshore.storing.queries.places import places_of_use
from longshore.storing.queries.rows import change, fetch
from longshore.storing.rules import StagingPlace, choose_place, key_of

_FINISH: Final = """
UPDATE shipping_trip t SET state = 'done', finished_at = %(when)s, driven_m = k.driven
FROM unnest(%(trips)s::bigint[], %(driven)s::bigint[]) AS k(trip, driven) WHERE t.id = k.trip
"""
_ABOARD: Final = """
SELECT b.item_id, b.place_id, b.owner_id, b.lot_id, b.condition, b.handling_unit_id, b.serial_id, b.qty,
    i.temperature_class
FROM ledger_balance b JOIN catalog_item i ON i.id = b.item_id
WHERE b.place_id = ANY(%(places)s) AND b.qty > 0 ORDER BY b.id
"""
_CANCEL: Final = "UPDATE shipping_trip SET state = 'cancelled' WHERE id = ANY(%(trips)s)"
_BOOKED: Final = """
SELECT 'trip:' || unnest(%(trips)s::bigint[])
UNION ALL SELECT 'stop:' || id FROM shipping_tripstop WHERE trip_id = ANY(%(trips)s)
"""
_FREE: Final = "UPDATE shipping_shipment SET trip_id = NULL, stop_id = NULL WHERE trip_id = ANY(%(trips)s)"


class NoReturnsPlace(Refusal):
    """The site has no place for what comes back."""


class _Booked(NamedTuple):
    document: str


class _Aboard(NamedTuple):
    item: int
    place: int
    owner: int
    lot: int | None
    condition: int
    handling_unit: int | None
    serial: int | None
    qty: int
    temperature_class: str


@dataclass(frozen=True, slots=True)
class FinishReceipt:
    """`returned`: how many base units came back in all, by trip."""

    trips: tuple[int, ...]
    returned: tuple[tuple[int, int], ...]
    replayed: tuple[int, ...] = ()


@retried
def finish(
    trip_ids: Sequence[int],
    *,
    at: datetime,
    cause: Cause,
    happened_at: datetime | None = None,
    driven_m: Mapping[int, int] | None = None,
) -> FinishReceipt:
    """Close trips whose shipments have all been delivered or refused, and unload what came back.

    `driven_m` says how far a trip really drove; without it the planned distance counts. Finishing again changes nothing.
    """
    when = happened_at or at
    with transaction.atomic():
        trips = lock_trips(trip_ids)
        again = tuple(row.trip for row in trips if row.state == "done")
        ending = [row for row in trips if row.state != "done"]
        _refuse_open(ending)
        returned = _unload(ending, when, at, cause)
        driven = {row.trip: (driven_m or {}).get(row.trip, row.distance_m) for row in ending}
        change(_FINISH, {"when": when, "trips": list(driven), "driven": list(driven.values())})
        emit([TripFinished(row.trip) for row in ending], at=at, cause=cause)
        return FinishReceipt(tuple(driven), returned, again)


def _refuse_open(trips: Sequence[TripRow]) -> None:
    for row in trips:
        if row.state != "under_way":
            raise TripNotReady(
                "trip-not-under-way",
                _("Trip {number} is not under way.").format(number=row.number),
                _("Reload the list of trips."),
                trip=row.trip,
            )
    for shipment in lock_shipments_of_trips([row.trip for row in trips]):
        if shipment.state == "in_transit":
            raise TripNotReady(
                "shipments-open",
                _("Shipment {number} of the trip is neither delivered nor refused.").format(number=shipment.number),
                _("Report its delivery, or that all of it was refused, to be brought again."),
                shipment=shipment.shipment,
            )


def _unload(trips: Sequence[TripRow], when: datetime, at: datetime, cause: Cause) -> tuple[tuple[int, int], ...]:
    aboard: dict[int, list[_Aboard]] = defaultdict(list)
    for goods in fetch(_Aboard, _ABOARD, {"places": [row.vehicle_place for row in trips]}):
        aboard[goods.place].append(goods)
    loaded = [row for row in trips if aboard[row.vehicle_place]]
    if not loaded:
        return ()
    places = places_of_use([row.site for row in loaded], ["returns"])
    postings = [
        NewPosting(
            key_of("unload", row.trip),
            PostingKind.UNLOAD,
            when,
            tuple(_move(goods, row, places) for goods in aboard[row.vehicle_place]),
            row.number,
        )
        for row in loaded
    ]
    post(postings, at=at, cause=cause)
    return tuple((row.trip, sum(goods.qty for goods in aboard[row.vehicle_place])) for row in loaded)


def _move(goods: _Aboard, trip: TripRow, places: Sequence[StagingPlace]) -> Move:
    target = choose_place(places, site=trip.site, usages=["returns"], temperature_class=goods.temperature_class)
    if not target:
        raise NoReturnsPlace(
            "no-returns-place",
            _("The site has no place for what comes back."),
            _("Add a place with the use “returns” to the site."),
            site=trip.site,
        )
    source = Key(goods.item, goods.place, goods.owner, goods.lot, goods.condition, goods.handling_unit, goods.serial)
    to = Key(goods.item, target, goods.owner, goods.lot, goods.condition, None, goods.serial)
    return Move(source, to, goods.qty)


def cancel_trips(trip_ids: Sequence[int], *, at: datetime, cause: Cause) -> tuple[int, ...]:
    """Give up trips that are only planned; their shipments can be planned anew, and their docks are free."""
    with transaction.atomic():
        trips = lock_trips(trip_ids)
        for row in trips:
            if row.state not in ("planned", "cancelled"):
                raise TripNotReady(
                    "trip-not-planned",
                    _("Trip {number} is being loaded or has left.").format(number=row.number),
                    _("Let it depart and come back."),
                    trip=row.trip,
                )
        planned = [row.trip for row in trips if row.state == "planned"]
        change(_FREE, {"trips": planned})
        change(_CANCEL, {"trips": planned})
        give_up_docks([row.document for row in fetch(_Booked, _BOOKED, {"trips": planned})])
        return tuple(planned)
