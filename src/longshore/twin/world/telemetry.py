"""What the devices of the living company have to say about a step of its life: positions, temperatures, weights, tags.

Only what is said; the line it goes over is `twin.line`. The headless simulation has no devices that speak: there the
trucks report by a direct call, so that a run is the same every time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F

from longshore.engine.simulating.streams import Streams
from longshore.sensing.models import LISTENED_TO, Attachment
from longshore.sensing.simulate.faults import EPOCH, Faults, Said
from longshore.sensing.simulate.fleets import CLIMATES, MACHINE
from longshore.sensing.simulate.signals import Passage, Simulated, fix, passing, said, spoilt
from longshore.shipping.models import Trip, TripState, Vehicle
from longshore.twin.world.driving import Drive, Leg, where

# Milder than what a simulator can do: a company that loses a sensor an hour would teach nothing.
FAULTS = Faults(
    missed_reads=0.06, double_reads=0.1, cross_reads=0.01, jumps=0.002, nulls=0.002, stuck_a_day=0.002, skew_s=1.5,
    duplicates=0.005, outages_a_day=0.02,
)  # fmt: skip
FIX_S = 5
PARKED_S = 240
WARM_DEGREES = 9.0
WARM_MINUTES = 45
SIMULATED = ("logger", "machine")
SHELVES = """
SELECT d.id, COALESCE(SUM(b.qty), 0) FROM unnest(%s::int[], %s::text[], %s::bigint[]) AS d(id, item, place)
JOIN catalog_item i ON i.code = d.item
LEFT JOIN ledger_balance b ON b.item_id = i.id AND b.place_id = d.place AND b.bounded GROUP BY 1
"""
NEWEST = "SELECT COALESCE(MAX(id), 0) FROM ledger_movement"
# Handling units that went through a wall: from a site onto a vehicle or to a carrier, or from a vehicle into a site.
CROSSED = """
SELECT DISTINCT h.sscc, COALESCE(ps.site_id, pt.site_id) AS site, ps.site_id IS NOT NULL
FROM ledger_movement m
JOIN ledger_balance bs ON bs.id = m.source_id JOIN catalog_place ps ON ps.id = bs.place_id
JOIN ledger_balance bt ON bt.id = m.target_id JOIN catalog_place pt ON pt.id = bt.place_id
JOIN catalog_handlingunit h ON h.id = COALESCE(bt.handling_unit_id, bs.handling_unit_id)
WHERE m.id > %s AND m.id <= %s AND ((ps.site_id IS NOT NULL AND pt.kind IN ('vehicle', 'party'))
    OR (ps.kind = 'vehicle' AND pt.site_id IS NOT NULL))
ORDER BY site, h.sscc
"""


@dataclass(frozen=True, slots=True)
class Hanging:
    """A device of the registry and where it hangs."""

    id: int
    code: str
    kind: str
    every_s: int
    settings: Mapping[str, Any]
    place: int
    site: int | None
    climate: str
    usage: str


def hanging() -> list[Hanging]:
    """Every device that is listened to and hangs at a place, in the order of the codes."""
    rows = (
        Attachment.objects.filter(until_at=None, place__isnull=False, device__state__in=LISTENED_TO)
        .order_by("device__code")
        .values_list(
            "device_id", "device__code", "device__kind", "device__expected_every_s", "device__settings", "place_id",
            F("place__site_id"), "place__temperature_class", "place__usage",
        )
    )  # fmt: skip
    return [Hanging(*row) for row in rows]


class Telemetry:
    """The devices as they hang when the process starts; `speak` says what they say in a step."""

    def __init__(self, seed: int, devices: Sequence[Hanging]) -> None:
        self.seed = seed
        self.devices = devices
        self._simulated = [_simulated(one) for one in devices if one.kind in SIMULATED]
        self._trackers = {one.place: one for one in devices if one.kind == "tracker"}
        self._portals = {(one.site, one.usage): one for one in devices if one.kind == "portal"}
        self._seen_up_to: int | None = None
        self._scales = [one for one in devices if one.kind == "scale" and one.settings.get("item")]
        self._trucks = sorted(one.code for one in devices if one.settings.get("classes") == ["chilled"])

    def speak(self, since: datetime, now: datetime) -> Iterator[Said]:
        """Loggers, machines and scales; each at its own moments in (since, now]."""
        for device in self._simulated:
            for message in said(device, since, now, FAULTS, self.seed):
                yield self._warmed(message)
        yield from self._weighed(since, now)

    def _warmed(self, message: Said) -> Said:
        """Every day the cooling of one truck fails for three quarters of an hour."""
        if "v" not in message.body or message.device not in self._trucks:
            return message
        day = (message.at - EPOCH).days
        rng = Streams(self.seed).stream("warm", day)
        truck, start = self._trucks[int(rng.integers(len(self._trucks)))], float(rng.random())
        began = EPOCH + timedelta(days=day, hours=1 + 8 * start)
        gone = (message.at - began) / timedelta(minutes=1)
        if message.device != truck or not 0 <= gone <= WARM_MINUTES:
            return message
        warmer = WARM_DEGREES * min(1.0, gone / 12, (WARM_MINUTES - gone) / 8)
        values = message.body["v"]
        values = {**values, "temperature": round(values["temperature"] + warmer, 2)}
        return Said(message.device, message.topic, message.at, message.seq, {**message.body, "v": values})

    def _weighed(self, since: datetime, now: datetime) -> Iterator[Said]:
        """What stands on the shelves by the books, as a scale feels it."""
        due = [(one, slot) for one in self._scales if (slot := _slot(one.every_s, since, now)) is not None]
        if not due:
            return
        with connection.cursor() as cursor:
            ids, items = [one.id for one, _ in due], [one.settings["item"] for one, _ in due]
            cursor.execute(SHELVES, [ids, items, [one.place for one, _ in due]])
            stands = dict(cursor.fetchall())
        for one, slot in due:
            noise = float(Streams(self.seed).stream("noise", one.code, slot).normal()) * 0.01
            kg = float(one.settings.get("tare", 0)) + int(stands.get(one.id, 0)) * float(one.settings["per_unit"])
            at = EPOCH + timedelta(seconds=slot * one.every_s)
            yield Said(one.code, "t", at, slot, {"v": {"weight": round(kg + noise, 3)}})

    def positions(
        self, drives: Sequence[tuple[Drive, Sequence[Leg]]], places: Mapping[int, int], since: datetime, now: datetime
    ) -> Iterator[Said]:
        """Trucks on the road every few seconds, the others now and then from their yard. `places`: vehicle → place."""
        slot = _slot(FIX_S, since, now)
        if slot is None:
            return
        at = EPOCH + timedelta(seconds=slot * FIX_S)
        driving = set()
        for drive, legs in drives:
            tracker = self._trackers.get(places.get(drive.vehicle, 0))
            if tracker is None:
                continue
            driving.add(tracker.place)
            seen = where(legs, at)
            body = fix(seen.latitude, seen.longitude, seen.heading, seen.speed_kmh)
            yield Said(tracker.code, "fix", at, slot, spoilt(tracker.code, slot, body, FAULTS, self.seed))
        if slot * FIX_S % PARKED_S < FIX_S:
            yield from self._parked(at, slot, driving)

    def _parked(self, at: datetime, slot: int, driving: set[int]) -> Iterator[Said]:
        homes = Vehicle.objects.filter(place__in=set(self._trackers) - driving, home_site__latitude__isnull=False)
        for place, latitude, longitude in homes.order_by("id").values_list(
            "place_id", "home_site__latitude", "home_site__longitude"
        ):
            assert latitude is not None and longitude is not None, "only those with a position were asked for"
            yield Said(self._trackers[place].code, "fix", at, slot, fix(latitude, longitude, 0, 0))

    def passages(self, now: datetime) -> Iterator[Said]:
        """What the books say went out or in since the last time, seen by the portal of its dock, a few at a time."""
        with connection.cursor() as cursor:
            cursor.execute(NEWEST)
            (newest,) = cursor.fetchone()
            since, self._seen_up_to = self._seen_up_to, newest
            if since is None or since == newest:
                return
            cursor.execute(CROSSED, [since, newest])
            rows = cursor.fetchall()
        for turn, (sscc, site, outward) in enumerate(rows):
            portal = self._portals.get((site, "shipping" if outward else "receiving"))
            if portal is not None:
                at = now - timedelta(seconds=48) + timedelta(seconds=3 * (turn % 12))
                number = int(sscc[8:17]) * 10 + int(now.timestamp()) % 10
                passage = Passage(portal.code, number, at, (epc_of(sscc),), outward)
                yield from passing(passage, FAULTS, self.seed)


def _simulated(one: Hanging) -> Simulated:
    if one.kind == "machine":
        return Simulated(one.code, one.kind, one.every_s or 60, MACHINE)
    classes = one.settings.get("classes") or [one.climate]
    return Simulated(one.code, one.kind, one.every_s or 60, CLIMATES[classes[0]])


def _slot(every_s: int, since: datetime, now: datetime) -> int | None:
    """The last multiple of `every_s` in (since, now], if there is one."""
    slot = int((now - EPOCH).total_seconds() // every_s)
    return slot if EPOCH + timedelta(seconds=slot * every_s) > since else None


def epc_of(sscc: str) -> str:
    """The tag of a handling unit; the company's prefix has seven digits."""
    return f"urn:epc:id:sscc:{sscc[1:8]}.{sscc[0]}{sscc[8:17]}"


def vehicle_places() -> dict[int, int]:
    """Vehicle → its place in the ledger, for those on the road."""
    on_road = Trip.objects.filter(state=TripState.UNDER_WAY)
    return dict(on_road.values_list("vehicle_id", "vehicle__place_id"))
