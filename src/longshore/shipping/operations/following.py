"""What follows when a truck is seen somewhere, or will be somewhere at another time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.operations import FlowPatch, change_flows
from longshore.ordering.operations import NewDate, NewNotice, notify, redate
from longshore.shipping.operations.tracking import (
    Arrived,
    Fix,
    arrive,
    record_positions,
    refresh_eta,
)
from longshore.shipping.queries.following import (
    ToldRow,
    berths,
    coming,
    last_told,
    orders_touched,
    stop_reached,
    vehicles_at,
)
from longshore.storing.dock_rules import DockWish
from longshore.storing.operations import DockReceipt, book_docks, send_to_quality, unloading_minutes

TOLD_AGAIN: Final = timedelta(minutes=30)  # a customer hears of a difference that matters at the door
FLOW_MOVES: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Seen:
    """A vehicle, by its place in the ledger, was seen somewhere."""

    place: int
    at: datetime
    latitude: float
    longitude: float
    heading: int = 0
    speed_kmh: int = 0


@dataclass(frozen=True, slots=True)
class FollowReceipt:
    """`redated`: orders promised for another time; `notices`: customers told; `flows`: transfers that come at another."""

    redated: tuple[int, ...]
    notices: tuple[int, ...]
    flows: tuple[int, ...]


def follow_fixes(fixes: Sequence[Seen], *, at: datetime, cause: Cause) -> tuple[int, ...]:
    """Keep where the vehicles are and expect their arrivals anew; what no vehicle of ours said is nobody's. Returns
    the trips."""
    vehicles = vehicles_at([fix.place for fix in fixes])
    known = [fix for fix in fixes if fix.place in vehicles]
    record_positions(
        [
            Fix(vehicles[f.place].vehicle, f.at, f.latitude, f.longitude, f.heading, f.speed_kmh)
            for f in known
        ],
        at=at,
        cause=cause,
    )  # fmt: skip
    trips = sorted({trip for fix in known if (trip := vehicles[fix.place].trip) is not None})
    if trips:
        refresh_eta(at=at, cause=cause, trip_ids=trips)
    return tuple(trips)


def note_visit(vehicle: int, place: int, happened_at: datetime, *, at: datetime, cause: Cause) -> int | None:
    """A vehicle stands where one of its stops is: it has arrived. Returns the stop, None if it has no business there."""
    stop = stop_reached(vehicle, place, happened_at)
    if stop is not None:
        arrive([Arrived(stop, happened_at)], at=at, cause=cause)
    return stop


@transaction.atomic
def follow_eta(stops: Sequence[int], *, at: datetime, cause: Cause) -> FollowReceipt:
    """Goods that come later than promised are promised for when they come, and their customers are told once; what
    comes in time again is promised as before. Transfers move in the plan, and so does what stands on them."""
    rows = coming(stops)
    dates = [
        NewDate(row.order_line, row.eta if row.eta > row.due_at else row.due_at, row.site)
        for row in rows
        if row.order_line is not None
    ]
    moved = redate(dates, at=at, cause=cause)
    flows = {
        row.flow: row.eta
        for row in rows
        if row.flow is not None and row.flow_arrives_at is not None and abs(row.eta - row.flow_arrives_at) >= FLOW_MOVES
    }
    if flows:
        change_flows([FlowPatch(flow, arrive_at=eta) for flow, eta in flows.items()], at=at, cause=cause)
    told = [note for row in last_told([each.order for each in moved]) if (note := _note_of(row)) is not None]
    notices = notify(told, at=at, cause=cause).written if told else ()
    return FollowReceipt(tuple(each.order for each in moved), notices, tuple(flows))


def _note_of(row: ToldRow) -> NewNotice | None:
    """News only: later than what the customer knows, or in time after all where we had said later."""
    if row.promised_at is None or row.told_at is None:
        return None
    facts = {"due": row.promised_at.isoformat(), "before": row.told_at.isoformat()}
    if row.promised_at - row.told_at >= TOLD_AGAIN:
        return NewNotice(row.order, "later", row.promised_at, "eta", facts)
    if row.noticed and row.told_at - row.promised_at >= TOLD_AGAIN:
        return NewNotice(row.order, "sooner", row.promised_at, "eta", facts)
    return None


def book_berths(trips: Sequence[int], *, at: datetime, cause: Cause) -> DockReceipt:
    """The docks these trips are loaded at and come to, from their plan and their expected arrivals."""
    wishes = []
    for row in berths(trips):
        minutes = unloading_minutes(row.units)
        if row.stop is None:
            begin = row.at - timedelta(minutes=minutes)
            wishes.append(DockWish(f"trip:{row.trip}", row.site, False, begin, minutes, row.temperature_class))
        else:
            wishes.append(DockWish(f"stop:{row.stop}", row.site, True, row.at, minutes, row.temperature_class))
    return book_docks(wishes, at=at, cause=cause)


@dataclass(frozen=True, slots=True)
class AcceptReceipt:
    """`orders` keep their new promises and their customers were told (`notices`); `cases` are quality's now."""

    orders: tuple[int, ...]
    notices: tuple[int, ...]
    cases: tuple[int, ...]


@transaction.atomic
def accept_losses(excursion: int, *, at: datetime, cause: Cause) -> AcceptReceipt:
    """Keep what was promised anew after an excursion, tell the customers, and hand the lots to quality. A second time
    nobody is told again."""
    orders = orders_touched(excursion)
    notes = [_replaced(row, excursion) for row in last_told(orders)]
    notices = notify(notes, at=at, cause=cause).written if notes else ()
    return AcceptReceipt(tuple(orders), notices, send_to_quality(excursion, at=at, cause=cause))


def _replaced(row: ToldRow, excursion: int) -> NewNotice:
    if row.short or row.promised_at is None:
        return NewNotice(row.order, "waiting", None, f"excursion:{excursion}")
    facts = {"due": row.promised_at.isoformat()}
    return NewNotice(row.order, "replaced", row.promised_at, f"excursion:{excursion}", facts)
