"""Handling units go aboard one by one: by a portal at the dock door, or by a scan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import NewPosting, post
from longshore.ledger.operations.write import known_postings
from longshore.ledger.outbox import emit
from longshore.shipping.events import TripLoaded
from longshore.shipping.operations.carrying import SET_STATE, SET_TRIPS, carried
from longshore.shipping.queries.loading import (
    GoodsRow,
    ShipmentRow,
    TripRow,
    busy_vehicles,
    goods_of,
    lock_shipments,
    lock_trips,
)
from longshore.storing.operations.progress import mark_stages
from longshore.storing.queries.rows import change, fetch
from longshore.storing.queries.units import moved_under
from longshore.storing.rules import key_of

_SHIPMENTS_OF: Final = """
WITH RECURSIVE inside AS (
    SELECT h.id AS unit, h.sscc FROM catalog_handlingunit h WHERE h.sscc = ANY(%(ssccs)s)
    UNION SELECT c.id, i.sscc FROM catalog_handlingunit c JOIN inside i ON c.parent_id = i.unit
)
SELECT DISTINCT i.sscc, i.unit, l.shipment_id FROM inside i
JOIN shipping_shipmentline l ON l.handling_unit_id = i.unit
JOIN shipping_shipment s ON s.id = l.shipment_id AND s.state IN ('packed', 'staged', 'loaded')
ORDER BY l.shipment_id, i.unit
"""


class _OnShipment(NamedTuple):
    sscc: str
    unit: int
    shipment: int


@dataclass(frozen=True, slots=True)
class Boarded:
    """A handling unit went through the door. `key` is the same each time this is told. `site`: of the door, 0 any."""

    key: UUID
    sscc: str
    happened_at: datetime
    site: int = 0


@dataclass(frozen=True, slots=True)
class BoardedReceipt:
    """Units that are aboard now (or were taken off again), and those that no trip waits for."""

    aboard: tuple[str, ...]
    complete: tuple[int, ...]  # shipments
    let_be: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What the units are: their shipments and trips, locked, and the goods in them."""

    units: Mapping[str, set[int]]
    shipments: Mapping[int, ShipmentRow]
    trips: Mapping[int, TripRow]
    goods: Sequence[GoodsRow]


@retried
def load_units(boarded: Sequence[Boarded], *, at: datetime, cause: Cause) -> BoardedReceipt:
    """Load these units onto the vehicles their trips go with; a shipment is loaded when all of it is aboard.

    A unit of no waiting trip is let be: things are carried through doors for many reasons.
    """
    with transaction.atomic():
        known = known_postings([each.key for each in boarded])
        fresh = [each for each in boarded if each.key not in known]
        found = _waiting([each.sscc for each in fresh])
        postings: list[NewPosting] = []
        aboard: list[str] = []
        for each in fresh:
            rows = [row for row in found.goods if _is_in(row, each, found) and _may_board(row, each, found)]
            moves = tuple(carried(row, _vehicle(row, found)) for row in rows)
            if moves:
                document = found.shipments[rows[0].shipment].number
                postings.append(NewPosting(each.key, PostingKind.LOAD, each.happened_at, moves, document))
                aboard.append(each.sscc)
        if postings:
            post(postings, at=at, cause=cause)
        complete = _mark(found, aboard, at=at, cause=cause)
        return BoardedReceipt(tuple(aboard), complete, tuple(each.sscc for each in fresh if each.sscc not in aboard))


def _waiting(ssccs: Sequence[str]) -> _Waiting:
    rows = fetch(_OnShipment, _SHIPMENTS_OF, {"ssccs": sorted(set(ssccs))})
    units: dict[str, set[int]] = {}
    for row in rows:
        units.setdefault(row.sscc, set()).add(row.unit)
    shipments = {row.shipment: row for row in lock_shipments(sorted({row.shipment for row in rows}))}
    trips = {row.trip: row for row in lock_trips(sorted({row.trip for row in shipments.values() if row.trip}))}
    busy = {row.vehicle: row.trip for row in busy_vehicles([trip.vehicle for trip in trips.values()])}
    free = {number: trip for number, trip in trips.items() if busy.get(trip.vehicle, number) == number}
    return _Waiting(units, shipments, free, goods_of(list(shipments)))


def _is_in(goods: GoodsRow, boarded: Boarded, found: _Waiting) -> bool:
    return goods.handling_unit in found.units.get(boarded.sscc, set())


def _may_board(goods: GoodsRow, boarded: Boarded, found: _Waiting) -> bool:
    shipment = found.shipments[goods.shipment]
    trip = found.trips.get(shipment.trip or 0)
    if trip is None or trip.state not in ("planned", "loading") or goods.place == trip.vehicle_place:
        return False
    return boarded.site in (0, shipment.site)


def _vehicle(goods: GoodsRow, found: _Waiting) -> int:
    return found.trips[found.shipments[goods.shipment].trip or 0].vehicle_place


def _mark(found: _Waiting, aboard: Sequence[str], *, at: datetime, cause: Cause) -> tuple[int, ...]:
    """Trips that begin to be loaded, and shipments of which nothing is left behind."""
    units = {unit for sscc in aboard for unit in found.units[sscc]}
    touched = {row.shipment for row in found.goods if row.handling_unit in units}
    if not touched:
        return ()
    starting = sorted({found.shipments[each].trip or 0 for each in touched})
    starting = [trip for trip in starting if found.trips[trip].state == "planned"]
    if starting:
        change(SET_TRIPS, {"state": "loading", "trips": starting})
    left = {row.shipment for row in goods_of(sorted(touched)) if row.place != _vehicle(row, found)}
    complete = sorted(touched - left)
    if complete:
        change(SET_STATE, {"state": "loaded", "shipments": complete})
    orders = sorted({order for each in complete if (order := found.shipments[each].order) is not None})
    mark_stages(orders, at=at, cause=cause)
    emit([TripLoaded(trip) for trip in starting], at=at, cause=cause)
    return tuple(complete)


@retried
def unload_units(boarded: Sequence[UUID], *, at: datetime, cause: Cause) -> tuple[UUID, ...]:
    """Take back what these keys loaded, while the trip has not left: the goods stand where they stood before."""
    with transaction.atomic():
        rows = moved_under(list(boarded))
        wanted = {(row.posting_key, row.handling_unit): row.source for row in rows}
        numbers = sorted({row.handling_unit for row in rows if row.handling_unit is not None})
        found = _waiting([row.sscc for row in fetch(_Sscc, _SSCCS, {"units": numbers})])
        done = known_postings([key_of("unloaded", key) for key in boarded])
        postings: list[NewPosting] = []
        touched: set[int] = set()
        for key in boarded:
            back = [
                carried(goods, wanted[key, goods.handling_unit])
                for goods in found.goods
                if (key, goods.handling_unit) in wanted and _is_aboard(goods, found)
            ]
            if back and key_of("unloaded", key) not in done:
                postings.append(NewPosting(key_of("unloaded", key), PostingKind.UNLOAD, at, tuple(back)))
                touched |= {goods.shipment for goods in found.goods if (key, goods.handling_unit) in wanted}
        if postings:
            post(postings, at=at, cause=cause)
            change(SET_STATE, {"state": "staged", "shipments": sorted(touched)})
        return tuple(boarded)


def _is_aboard(goods: GoodsRow, found: _Waiting) -> bool:
    trip = found.trips.get(found.shipments[goods.shipment].trip or 0)
    return trip is not None and trip.state in ("planned", "loading") and goods.place == trip.vehicle_place


class _Sscc(NamedTuple):
    sscc: str


_SSCCS: Final = "SELECT sscc FROM catalog_handlingunit WHERE id = ANY(%(units)s)"
