"""From decisions to proposals: when, in which group, and whether it differs from what is proposed already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from longshore.engine.replenishing.problem import REASON_CODES
from longshore.planning import rules

NAMESPACE = UUID("5d0f2b8e-6a0c-4b7e-9a41-1f5d3c0b7a10")


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposal as the plan wants it now."""

    item: int
    site: int
    kind: str
    supplier: int | None
    origin: int | None
    qty: int
    unit_price: int
    order_at: datetime
    due_at: datetime
    group: str
    explanation: dict[str, Any]
    automatic: bool


@dataclass(frozen=True, slots=True)
class Open:
    """A proposal that stands undecided. `by_hand`: a person changed it, so reviews leave it alone."""

    id: int
    item: int
    site: int
    supplier: int | None
    origin: int | None
    qty: int
    unit_price: int
    order_at: datetime
    by_hand: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """What a review does to the proposals that stand."""

    new: tuple[Draft, ...]
    updated: tuple[tuple[int, Draft], ...]
    superseded: tuple[int, ...]


def draft(decision: rules.Decision, position: rules.Position, *, at: datetime, timezone: str, automatic: bool) -> Draft:
    offer = decision.offer
    order_at = max(at, rules.start_of_day(decision.order_day, timezone))
    bought = offer.kind == "purchase"
    return Draft(
        item=position.item,
        site=position.site,
        kind=offer.kind,
        supplier=offer.source_id if bought else None,
        origin=None if bought else offer.source_id,
        qty=decision.qty,
        unit_price=offer.price_milli // 1000 if bought else 0,  # goods of ours are not paid for again
        order_at=order_at,
        due_at=order_at + timedelta(minutes=offer.lead_minutes),
        group=f"{offer.source}>site:{position.site}",
        explanation=decision.explanation,
        automatic=automatic,
    )


def changes(
    drafts: Sequence[Draft], standing: Sequence[Open], rejected: Mapping[tuple[int, int], str], timezone: str
) -> Changes:
    """Compare what is wanted with what stands. `rejected`: rules of recent rejections by item-site."""
    stands = {(row.item, row.site): row for row in standing}
    new, updated = [], []
    for wanted in drafts:
        key = (wanted.item, wanted.site)
        known = stands.pop(key, None)
        if known is None:
            if not _quiet(wanted, rejected.get(key)):
                new.append(wanted)
        elif not known.by_hand and _differs(wanted, known, timezone):
            updated.append((known.id, wanted))
    superseded = tuple(row.id for row in stands.values() if not row.by_hand)
    return Changes(tuple(new), tuple(updated), superseded)


def _differs(wanted: Draft, known: Open, timezone: str) -> bool:
    """Whether a person would read it as another proposal; a later hour of the same day is not."""
    days = (rules.local_day(wanted.order_at, timezone), rules.local_day(known.order_at, timezone))
    terms = (wanted.supplier, wanted.origin, wanted.qty, wanted.unit_price)
    return days[0] != days[1] or terms != (known.supplier, known.origin, known.qty, known.unit_price)


def _quiet(wanted: Draft, rejected_rule: str | None) -> bool:
    """A rejection holds until it is old or the need became worse."""
    if rejected_rule is None or rejected_rule not in REASON_CODES:
        return rejected_rule is not None
    return REASON_CODES.index(str(wanted.explanation["rule"])) <= REASON_CODES.index(rejected_rule)


def key_of(item: int, site: int, former: int) -> UUID:
    """The same for the same place in the history of an item-site, so that a replay gives the same ids."""
    return uuid5(NAMESPACE, f"proposal:{item}:{site}:{former}")


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer to be released: `qty` wanted from `origin` until `leave_at`."""

    proposal: int
    item: int
    origin: int
    qty: int
    leave_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Source:
    """Free stock or inbound supply at an origin."""

    kind: str  # balance, flow
    id: int
    item: int
    site: int
    ready_at: datetime
    usable_until: datetime | None
    free: int


@dataclass(frozen=True, slots=True)
class Taken:
    proposal: int
    source: Source
    qty: int


def allot(transfers: Sequence[Transfer], sources: Sequence[Source]) -> tuple[Taken, ...]:
    """Give what is free at the origins to the transfers, the earliest due first, stock that expires first first."""
    free = {(source.kind, source.id): source.free for source in sources}
    by_place: dict[tuple[int, int], list[Source]] = {}
    for source in sorted(sources, key=_first_out):
        by_place.setdefault((source.item, source.site), []).append(source)
    taken = []
    for transfer in sorted(transfers, key=lambda each: (each.due_at, each.proposal)):
        wanted = transfer.qty
        for source in by_place.get((transfer.item, transfer.origin), ()):
            qty = min(wanted, free[source.kind, source.id]) if _serves(source, transfer) else 0
            if qty:
                free[source.kind, source.id] -= qty
                wanted -= qty
                taken.append(Taken(transfer.proposal, source, qty))
    return tuple(taken)


def _serves(source: Source, transfer: Transfer) -> bool:
    lasts = source.usable_until is None or source.usable_until > transfer.due_at
    return lasts and source.ready_at <= transfer.leave_at


def _first_out(source: Source) -> tuple[bool, float, datetime, int]:
    forever = float("inf")
    until = forever if source.usable_until is None else source.usable_until.timestamp()
    return (source.kind == "flow", until, source.ready_at, source.id)
