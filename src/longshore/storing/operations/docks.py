"""Keep a dock free for a truck, and move the booking when the truck comes at another time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.outbox import emit
from longshore.storing.dock_rules import MOVED, Dock, DockWish, Slot, Span, choose_slot
from longshore.storing.events import DockMoved
from longshore.storing.queries.docks import purchases_without_a_truck
from longshore.storing.queries.places import places_of_use
from longshore.storing.queries.rows import change, fetch

# Two bookings at one site wait for each other: the constraint would refuse the second one.
_LOCK: Final = "SELECT id, 0 FROM catalog_place WHERE id = ANY(%(sites)s) ORDER BY id FOR NO KEY UPDATE"
_BOOKED: Final = """
SELECT document, dock_id, wanted_at, from_at, until_at FROM storing_dockbooking
WHERE site_id = ANY(%(sites)s) AND until_at > %(since)s OR document = ANY(%(documents)s)
"""
_BOOK: Final = """
INSERT INTO storing_dockbooking AS b
    (document, dock_id, site_id, inbound, wanted_at, from_at, until_at, moved, updated_at)
SELECT k.document, k.dock, k.site, k.inbound, k.wanted, k.begin, k.until, 0, %(at)s
FROM unnest(%(documents)s::text[], %(docks)s::bigint[], %(sites)s::bigint[], %(inbound)s::bool[],
    %(wanted)s::timestamptz[], %(begins)s::timestamptz[], %(ends)s::timestamptz[])
    AS k(document, dock, site, inbound, wanted, begin, until)
ON CONFLICT (document) DO UPDATE SET dock_id = excluded.dock_id, wanted_at = excluded.wanted_at,
    from_at = excluded.from_at, until_at = excluded.until_at, moved = b.moved + 1, updated_at = excluded.updated_at
"""


class _Booked(NamedTuple):
    document: str
    dock: int
    wanted_at: datetime
    from_at: datetime
    until_at: datetime


class _Locked(NamedTuple):
    id: int
    nothing: int


@dataclass(frozen=True, slots=True)
class DockReceipt:
    """`booked` or moved now; `kept`: near enough to the time they have; `homeless`: their site has no such dock."""

    booked: tuple[str, ...]
    kept: tuple[str, ...] = ()
    homeless: tuple[str, ...] = ()


@retried
@transaction.atomic
def book_docks(wishes: Sequence[DockWish], *, at: datetime, cause: Cause) -> DockReceipt:
    """Each wish gets the dock that is free soonest from the time wanted. One that has a booking is moved only if the
    time has moved. Asking again changes nothing."""
    if not wishes:
        return DockReceipt(())
    sites = sorted({wish.site for wish in wishes})
    fetch(_Locked, _LOCK, {"sites": sites})
    since = min(wish.wanted_at for wish in wishes)
    documents = [wish.document for wish in wishes]
    booked = fetch(_Booked, _BOOKED, {"sites": sites, "since": since, "documents": documents})
    known = {row.document: row for row in booked}
    fresh = [w for w in wishes if w.document not in known or abs(known[w.document].wanted_at - w.wanted_at) >= MOVED]
    slots = _slots(fresh, booked)
    found = [(wish, slot) for wish, slot in slots if slot is not None]
    _write(found, at)
    by_site: dict[int, list[dict[str, str | int]]] = defaultdict(list)
    for wish, slot in found:
        told: dict[str, str | int] = {"document": wish.document, "dock": slot.dock}
        told |= {"from_at": slot.begin.isoformat(), "until_at": slot.end.isoformat()}
        by_site[wish.site].append(told)
    emit([DockMoved(site, tuple(moved)) for site, moved in by_site.items()], at=at, cause=cause)
    return DockReceipt(
        tuple(wish.document for wish, _slot in found),
        tuple(wish.document for wish in wishes if wish not in fresh),
        tuple(wish.document for wish, slot in slots if slot is None),
    )


def _slots(wishes: Sequence[DockWish], booked: Sequence[_Booked]) -> list[tuple[DockWish, Slot | None]]:
    """In the order wanted; nobody is given what another leaves in the same breath."""
    places = places_of_use([wish.site for wish in wishes], ["receiving", "shipping"])
    taken: dict[int, list[tuple[str, Span]]] = defaultdict(list)
    for row in booked:
        taken[row.dock].append((row.document, (row.from_at, row.until_at)))
    out: list[tuple[DockWish, Slot | None]] = []
    for wish in sorted(wishes, key=lambda each: (each.wanted_at, each.document)):
        usage = "receiving" if wish.inbound else "shipping"
        docks = [Dock(p.place, p.temperature_class) for p in places if p.site == wish.site and p.usage == usage]
        others = {dock.place: [span for doc, span in taken[dock.place] if doc != wish.document] for dock in docks}
        slot = choose_slot(wish, docks, others)
        if slot is not None:
            taken[slot.dock].append(("", (slot.begin, slot.end)))
        out.append((wish, slot))
    return out


def _write(found: Sequence[tuple[DockWish, Slot]], at: datetime) -> None:
    change(
        _BOOK,
        {
            "at": at,
            "documents": [wish.document for wish, _s in found],
            "docks": [slot.dock for _w, slot in found],
            "sites": [wish.site for wish, _s in found],
            "inbound": [wish.inbound for wish, _s in found],
            "wanted": [wish.wanted_at for wish, _s in found],
            "begins": [slot.begin for _w, slot in found],
            "ends": [slot.end for _w, slot in found],
        },
    )


def give_up_docks(documents: Sequence[str]) -> int:
    """These trucks do not come: their docks are free; returns how many were booked."""
    return change("DELETE FROM storing_dockbooking WHERE document = ANY(%(documents)s)", {"documents": list(documents)})


def free_docks(orders: Sequence[int], *, at: datetime) -> int:
    """Docks kept for purchases of which nothing more comes are free; returns how many."""
    return give_up_docks(purchases_without_a_truck(orders, at=at))


def unloading_minutes(units: int) -> int:
    """How long a truck with so many packages stands at a dock."""
    return int(timedelta(minutes=30 + min(units, 60)) / timedelta(minutes=1))
