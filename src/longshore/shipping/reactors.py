"""What transport does when something happened elsewhere."""

from __future__ import annotations

from datetime import datetime

from longshore.ledger.cause import Cause
from longshore.ledger.outbox import Told
from longshore.sensing.queries.portals import standing_passages
from longshore.shipping.operations import (
    Boarded,
    Seen,
    book_berths,
    follow_eta,
    follow_fixes,
    leave_out,
    load_units,
    note_visit,
    unload_units,
    watch_ways,
)
from longshore.storing.rules import key_of


def leave_out_displaced(event: Told) -> None:
    """ledger.claims-displaced: goods in a shipment that are on hold, damaged or lost are not delivered as good."""
    leave_out(event.payload["claims"], at=event.at, cause=_cause(event))


def follow_trucks(event: Told) -> None:
    """sensing.located: the newest fix of each vehicle; arrivals are expected anew from there."""
    fixes = [
        Seen(
            int(fix["place"]),
            datetime.fromisoformat(fix["at"]),
            float(fix["lat"]),
            float(fix["lon"]),
            round(fix.get("heading") or 0),
            round(fix.get("speed_kmh") or 0),
        )
        for fix in event.payload["fixes"]
        if fix.get("place") is not None
    ]
    newest = max((fix.at for fix in fixes), default=event.at)
    follow_fixes(fixes, at=max(event.at, newest), cause=_cause(event))


def watch_trucks(event: Told) -> None:
    """sensing.located: whether each truck is on its way, or stands where no stop is."""
    seen: dict[int, datetime] = {}
    for fix in event.payload["fixes"]:
        if fix.get("place") is not None:
            at = datetime.fromisoformat(fix["at"])
            seen[int(fix["place"])] = max(at, seen.get(int(fix["place"]), at))
    watch_ways(seen, at=event.at, cause=_cause(event))


def arrive_at_fence(event: Told) -> None:
    """sensing.visit-began: a truck stands at one of its stops."""
    if event.payload["vehicle"] is not None:
        happened_at = datetime.fromisoformat(event.payload["at"])
        vehicle, place = int(event.payload["vehicle"]), int(event.payload["place"])
        note_visit(vehicle, place, happened_at, at=event.at, cause=_cause(event))


def follow_late_truck(event: Told) -> None:
    """shipping.eta-changed: what comes at another time is promised for it, its customers are told, docks are moved."""
    follow_eta([int(stop["stop"]) for stop in event.payload["stops"]], at=event.at, cause=_cause(event))
    book_berths([int(event.payload["trip"])], at=event.at, cause=_cause(event))


def book_docks_for_trips(event: Told) -> None:
    """shipping.planned: docks to be loaded at, and docks of our sites on the way."""
    book_berths([int(trip) for trip in event.payload["trips"]], at=event.at, cause=_cause(event))


def load_passed(event: Told) -> None:
    """sensing.passed: handling units that went out through a dock door and are waited for by a trip are aboard."""
    withdrawn = [key_of("boarded", passage) for passage in event.payload["withdrawn"]]
    unload_units(withdrawn, at=event.at, cause=_cause(event))
    out = [
        each
        for each in event.payload["passages"]
        if each["sscc"] and each["direction"] != "in" and each["place"] is None
    ]
    standing = standing_passages([int(each["passage"]) for each in out])
    boarded = [
        Boarded(key_of("boarded", each["passage"]), each["sscc"], datetime.fromisoformat(each["at"]))
        for each in out
        if each["passage"] in standing
    ]
    load_units(boarded, at=event.at, cause=_cause(event))


def load_scanned(event: Told) -> None:
    """sensing.scanned with the verb `load`: the handling unit under the scanner is aboard."""
    scan = event.payload
    if scan["verb"] == "load" and scan["sscc"]:
        key = key_of("boarded", scan["key"])
        boarded = [Boarded(key, scan["sscc"], datetime.fromisoformat(scan["at"]))]
        load_units(boarded, at=event.at, cause=_cause(event))


def _cause(event: Told) -> Cause:
    return Cause(actor="system", because=f"event:{event.id}")
