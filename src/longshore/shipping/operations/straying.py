"""Vehicles that leave their way or stand where no stop is are noticed, from their fixes, while it lasts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.sensing.queries.tracks import tracks
from longshore.sensing.rules.positions import Fix
from longshore.shipping.events import TripStrayed
from longshore.shipping.models import Detour, Trip
from longshore.shipping.queries.straying import LegRow, lock_legs
from longshore.shipping.way_rules import Leg, Strayed, strayed

LOOKED_AT_EVERY: Final = timedelta(minutes=1)  # a truck says where it is every few seconds
LOOKED_BACK: Final = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class StrayReceipt:
    """Detours that are new, and those that are over."""

    began: tuple[int, ...]
    ended: tuple[int, ...]


@dataclass(slots=True)
class _Changes:
    """Of one trip: rows to be made, changed, and taken away again."""

    made: list[Detour] = field(default_factory=list)
    changed: list[Detour] = field(default_factory=list)
    gone: list[Detour] = field(default_factory=list)
    over: list[Detour] = field(default_factory=list)


@transaction.atomic
def watch_ways(seen: Mapping[int, datetime], *, at: datetime, cause: Cause) -> StrayReceipt:
    """Look at the ways of these vehicles (by their places), each last seen at its moment. Again: the same detours."""
    legs = [leg for leg in lock_legs(sorted(seen)) if _is_due(leg, seen[leg.vehicle])]
    since = {leg.vehicle: max(leg.since, seen[leg.vehicle] - LOOKED_BACK) for leg in legs}
    fixes = tracks(since) if legs else {}
    stored = _stored({leg.trip: since[leg.vehicle] for leg in legs})
    changes = {
        leg.trip: _compared(leg.trip, _found(leg, fixes.get(leg.vehicle, [])), stored[leg.trip], since[leg.vehicle], at)
        for leg in legs
    }
    _write(list(changes.values()))
    Trip.objects.bulk_update([Trip(pk=leg.trip, way_read_until=seen[leg.vehicle]) for leg in legs], ["way_read_until"])
    told = [
        TripStrayed(trip, tuple(row.pk for row in each.made), tuple(row.pk for row in [*each.over, *each.gone]))
        for trip, each in changes.items()
        if each.made or each.over or each.gone
    ]
    emit(told, at=at, cause=cause)
    return StrayReceipt(tuple(n for each in told for n in each.began), tuple(n for each in told for n in each.ended))


def _is_due(leg: LegRow, seen_at: datetime) -> bool:
    return leg.read_until is None or seen_at - leg.read_until >= LOOKED_AT_EVERY


def _found(row: LegRow, fixes: Sequence[Fix]) -> tuple[Strayed, ...]:
    """Without coordinates of both ends there is no way to be off."""
    ends = (row.from_latitude, row.from_longitude, row.to_latitude, row.to_longitude)
    if not fixes or any(end is None for end in ends):
        return ()
    north, east, to_north, to_east = (float(end or 0) for end in ends)
    spots = tuple(zip(row.latitudes, row.longitudes, strict=True))
    return strayed(Leg((north, east), (to_north, to_east), float(row.leg_m), spots), fixes)


def _stored(since: Mapping[int, datetime]) -> dict[int, list[Detour]]:
    """Detours of these trips that still last, or reach into the time that is looked at."""
    found: dict[int, list[Detour]] = defaultdict(list)
    for row in Detour.objects.filter(trip__in=since).order_by("from_at", "id"):
        if row.until_at is None or row.until_at > since[row.trip_id]:
            found[row.trip_id].append(row)
    return found


def _compared(trip: int, found: Sequence[Strayed], stored: Sequence[Detour], since: datetime, at: datetime) -> _Changes:
    """What was known of before the time that is looked at keeps its begin, and is over where it is not found again;
    what should have been found in it and is not, was none."""
    left, changes = list(stored), _Changes()
    for each in found:
        same = next((row for row in left if _is_same(row, each)), None)
        if same is None:
            changes.made.append(_made(trip, each, at))
            continue
        left.remove(same)
        if same.until_at is None and each.until_at is not None:
            changes.over.append(same)
        same.from_at, same.until_at = min(same.from_at, each.from_at), each.until_at
        same.latitude, same.longitude = each.latitude, each.longitude
        same.farthest_m = max(same.farthest_m, each.farthest_m)
        changes.changed.append(same)
    for row in left:
        if row.from_at >= since:
            changes.gone.append(row)
        elif row.until_at is None:
            row.until_at = since
            changes.changed.append(row)
            changes.over.append(row)
    return changes


def _is_same(row: Detour, each: Strayed) -> bool:
    ends_before = row.until_at is not None and row.until_at <= each.from_at
    begins_after = each.until_at is not None and each.until_at <= row.from_at
    return row.kind == each.kind and not ends_before and not begins_after


def _made(trip: int, each: Strayed, at: datetime) -> Detour:
    return Detour(
        trip_id=trip,
        kind=each.kind,
        from_at=each.from_at,
        until_at=each.until_at,
        latitude=each.latitude,
        longitude=each.longitude,
        farthest_m=each.farthest_m,
        learned_at=at,
    )


def _write(changes: Sequence[_Changes]) -> None:
    Detour.objects.filter(pk__in=[row.pk for each in changes for row in each.gone]).delete()
    fields = ["from_at", "until_at", "latitude", "longitude", "farthest_m"]
    Detour.objects.bulk_update([row for each in changes for row in each.changed], fields)
    Detour.objects.bulk_create([row for each in changes for row in each.made])
