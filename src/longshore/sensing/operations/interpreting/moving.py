"""Fixes become visits of places, and the newest position of each vehicle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from longshore.ledger.cause import Cause
from longshore.ledger.outbox import Event, emit
from longshore.sensing.events import DevicesLocated, VisitBegan, VisitEnded
from longshore.sensing.models import EpisodeState, GeofenceVisit
from longshore.sensing.queries.raw import SignalRow, signals_since
from longshore.sensing.queries.surroundings import Hung, fences, hung, hung_at
from longshore.sensing.rules.positions import Fence, Fix, Visit, find_visits, read_fix, valid_fixes

# Whether a fix is valid depends on the two before it.
BACK: Final = 3


@dataclass(frozen=True, slots=True)
class _Track:
    """The valid fixes of a device from `anchor` on, where visits are known from what is stored."""

    device: int
    anchor: datetime
    fixes: Sequence[Fix]


def fix_of(signal: SignalRow) -> Fix | None:
    """A fix in WGS-84, None when the body holds none."""
    return read_fix(signal.at, signal.body)


def near_places() -> Near:
    """Every place a vehicle may visit, ready to be asked."""
    found = fences()
    return Near(
        [Fence(row.place, row.latitude, row.longitude, row.radius_m, timedelta(seconds=row.dwell_s)) for row in found]
    )


def interpret_fixes(signals: Sequence[SignalRow], near: Near, *, at: datetime, cause: Cause) -> int:
    """Correct the visits of the devices that sent these fixes and tell what changed; returns how many devices."""
    lows: dict[int, datetime] = {}
    for signal in signals:
        lows[signal.device] = min(signal.at, lows.get(signal.device, signal.at))
    if not lows:
        return 0
    spells = hung(list(lows))
    tracks = _tracks(lows, near.dwell)
    stored = _stored(tracks)
    found = {
        track.device: find_visits(track.fixes, near.of(track.fixes, stored[track.device]), _known(track, stored))
        for track in tracks
    }
    told = _write(tracks, found, stored, spells, at=at)
    emit([*told, *_located(tracks, signals, spells)], at=at, cause=cause)
    return len(tracks)


def _tracks(lows: Mapping[int, datetime], dwell: timedelta) -> list[_Track]:
    devices = sorted(lows)
    rows = signals_since("fix", devices, [lows[device] - dwell for device in devices], BACK)
    tracks: list[_Track] = []
    for device in devices:
        fixes = [fix for fix in map(fix_of, rows[device]) if fix is not None]
        valid = valid_fixes(fixes)
        before = [fix.at for fix in fixes if fix.at < lows[device] - dwell]
        anchor = before[-1] if len(before) >= BACK else min((fix.at for fix in fixes), default=lows[device])
        tracks.append(_Track(device, anchor, [fix for fix in valid if fix.at >= anchor]))
    return tracks


def _stored(tracks: Sequence[_Track]) -> dict[int, list[GeofenceVisit]]:
    anchors = {track.device: track.anchor for track in tracks}
    live = GeofenceVisit.objects.filter(device__in=anchors).exclude(state=EpisodeState.WITHDRAWN)
    live = live.exclude(until_at__lte=min(anchors.values()))
    found: dict[int, list[GeofenceVisit]] = defaultdict(list)
    for row in live.select_for_update(of=("self",)).order_by("from_at", "id"):
        if row.until_at is None or row.until_at > anchors[row.device_id]:
            found[row.device_id].append(row)
    return found


def _known(track: _Track, stored: Mapping[int, Sequence[GeofenceVisit]]) -> dict[int, datetime]:
    """Where it was at the anchor, and since when."""
    return {row.place_id: row.from_at for row in stored.get(track.device, ()) if row.from_at <= track.anchor}


class Near:
    """Fences that lie anywhere near a track: of a thousand places a truck is near a few."""

    def __init__(self, places: Sequence[Fence]) -> None:
        self.places = places
        self.dwell = max((fence.dwell for fence in places), default=timedelta())
        self.by_place = {fence.place: fence for fence in places}
        self.latitudes = np.array([fence.latitude for fence in places], dtype=np.float64)
        self.longitudes = np.array([fence.longitude for fence in places], dtype=np.float64)
        reach = np.array([fence.exit_m for fence in places], dtype=np.float64) / 100_000
        self.north = reach
        self.east = reach / np.maximum(np.cos(np.radians(self.latitudes)), 0.01)

    def of(self, fixes: Sequence[Fix], stored: Sequence[GeofenceVisit]) -> list[Fence]:
        chosen = {row.place_id for row in stored}
        if fixes and self.places:
            north = [fix.latitude for fix in fixes]
            east = [fix.longitude for fix in fixes]
            inside = (self.latitudes >= min(north) - self.north) & (self.latitudes <= max(north) + self.north)
            inside &= (self.longitudes >= min(east) - self.east) & (self.longitudes <= max(east) + self.east)
            chosen |= {self.places[int(index)].place for index in np.flatnonzero(inside)}
        return [self.by_place[place] for place in sorted(chosen) if place in self.by_place]


def _write(
    tracks: Sequence[_Track],
    found: Mapping[int, Sequence[Visit]],
    stored: Mapping[int, Sequence[GeofenceVisit]],
    spells: Mapping[int, Sequence[Hung]],
    *,
    at: datetime,
) -> list[Event]:
    told: list[Event] = []
    withdrawn: list[GeofenceVisit] = []
    moved: list[GeofenceVisit] = []
    new: list[GeofenceVisit] = []
    for track in tracks:
        rows = list(stored.get(track.device, ()))
        for visit in found[track.device]:
            same = _stored_as(visit, rows, found[track.device])
            if same is None:
                new.append(_made(track.device, visit, spells, at))
                continue
            rows.remove(same)
            if (same.from_at, same.until_at) == (visit.from_at, visit.until_at):
                continue
            same.from_at, same.until_at = visit.from_at, visit.until_at
            same.state = EpisodeState.ACTIVE if visit.until_at is None else EpisodeState.ENDED
            moved.append(same)
            if visit.until_at is not None:
                told.append(_ended(same))
        withdrawn += rows
    for row in withdrawn:
        row.state = EpisodeState.WITHDRAWN
        told.append(_ended(row, withdrawn=True))
    GeofenceVisit.objects.bulk_update(withdrawn, ["state"])
    GeofenceVisit.objects.bulk_update(moved, ["from_at", "until_at", "state"])
    for row in GeofenceVisit.objects.bulk_create(new):
        told.append(VisitBegan(row.pk, row.device_id, row.vehicle_id, row.place_id, row.from_at.isoformat()))
        if row.until_at is not None:
            told.append(_ended(row))
    return told


def _stored_as(visit: Visit, rows: Sequence[GeofenceVisit], found: Sequence[Visit]) -> GeofenceVisit | None:
    """The row that began at the same moment; else one it overlaps that is no other visit's."""
    begins = {(each.place, each.from_at) for each in found}
    same = next((row for row in rows if (row.place_id, row.from_at) == (visit.place, visit.from_at)), None)
    free = [row for row in rows if (row.place_id, row.from_at) not in begins]
    return same or next((row for row in free if _same(row, visit)), None)


def _same(row: GeofenceVisit, visit: Visit) -> bool:
    if row.place_id != visit.place:
        return False
    ends_before = row.until_at is not None and row.until_at <= visit.from_at
    begins_after = visit.until_at is not None and visit.until_at <= row.from_at
    return not ends_before and not begins_after


def _made(device: int, visit: Visit, spells: Mapping[int, Sequence[Hung]], at: datetime) -> GeofenceVisit:
    spell = hung_at(spells.get(device, ()), visit.from_at)
    return GeofenceVisit(
        device_id=device,
        vehicle_id=None if spell is None else spell.place,
        place_id=visit.place,
        from_at=visit.from_at,
        until_at=visit.until_at,
        state=EpisodeState.ACTIVE if visit.until_at is None else EpisodeState.ENDED,
        learned_at=at,
    )


def _ended(row: GeofenceVisit, *, withdrawn: bool = False) -> VisitEnded:
    moment = row.from_at if row.until_at is None else row.until_at
    return VisitEnded(row.pk, row.device_id, row.vehicle_id, row.place_id, moment.isoformat(), withdrawn)


def _located(
    tracks: Sequence[_Track], signals: Sequence[SignalRow], spells: Mapping[int, Sequence[Hung]]
) -> list[Event]:
    """The newest valid fix of each device, when it is new."""
    new = {(signal.device, signal.at) for signal in signals}
    fixes: list[dict[str, object]] = []
    for track in tracks:
        if not track.fixes or (track.device, track.fixes[-1].at) not in new:
            continue
        fix = track.fixes[-1]
        spell = hung_at(spells.get(track.device, ()), fix.at)
        fixes.append(
            {
                "device": track.device,
                "place": None if spell is None else spell.place,
                "at": fix.at.isoformat(),
                "lat": fix.latitude,
                "lon": fix.longitude,
                "heading": fix.heading,
                "speed_kmh": fix.speed_kmh,
            }
        )
    return [DevicesLocated(tuple(fixes))] if fixes else []
