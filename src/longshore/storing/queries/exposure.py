"""The interval join of goods with a place: what stood there then, followed to where it stands now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from longshore.storing.exposure_rules import Leg, Presence, arrivals, gone, holding, overlaps, presences
from longshore.storing.queries.rows import fetch

# The places inside a place, and the handling units on one, to any depth.
_BALANCES = """
WITH RECURSIVE inside AS (
    SELECT unnest(%(places)s::bigint[]) AS id
    UNION SELECT p.id FROM catalog_place p JOIN inside i ON p.parent_id = i.id
), aboard AS (
    SELECT unnest(%(units)s::bigint[]) AS id
    UNION SELECT h.id FROM catalog_handlingunit h JOIN aboard a ON h.parent_id = a.id
)
SELECT b.id, b.qty FROM ledger_balance b WHERE b.bounded AND b.place_id IN (SELECT id FROM inside)
UNION
SELECT b.id, b.qty FROM ledger_balance b WHERE b.bounded AND b.handling_unit_id IN (SELECT id FROM aboard)
"""
_STANDING = "SELECT id, qty FROM ledger_balance WHERE id = ANY(%(balances)s)"
_LEGS = """
SELECT m.id, m.target_id, m.happened_at, m.qty, m.source_id,
    o.condition = b.condition OR o.place_id <> b.place_id OR o.handling_unit_id IS DISTINCT FROM b.handling_unit_id
        OR p.document <> %(ours)s,
    o.condition = b.condition, o.bounded
FROM ledger_movement m JOIN ledger_balance b ON b.id = m.target_id JOIN ledger_balance o ON o.id = m.source_id
JOIN ledger_posting p ON p.id = m.posting_id
WHERE m.target_id = ANY(%(balances)s) AND m.happened_at >= %(since)s
UNION ALL
SELECT m.id, m.source_id, m.happened_at, -m.qty, m.target_id,
    true, o.condition = b.condition, o.bounded
FROM ledger_movement m JOIN ledger_balance b ON b.id = m.source_id JOIN ledger_balance o ON o.id = m.target_id
WHERE m.source_id = ANY(%(balances)s) AND m.happened_at >= %(since)s
"""


class _Standing(NamedTuple):
    balance: int
    qty: int


@dataclass(slots=True)
class Exposure:
    """`times`: key → when it held goods that were there; `left`: key → how much of them went on to customers (or scrap)."""

    times: dict[int, list[Presence]] = field(default_factory=dict)
    left: dict[int, int] = field(default_factory=dict)

    def add(self, reached: Mapping[int, list[Presence]], legs: Mapping[int, list[Leg]]) -> None:
        for balance, times in reached.items():
            if times:
                self.times.setdefault(balance, []).extend(times)
                self.left[balance] = self.left.get(balance, 0) + gone(legs.get(balance, []), times)


@dataclass(frozen=True, slots=True)
class Where:
    """Places and handling units, and from when until when. `ours`: the document of what we posted because of it."""

    places: tuple[int, ...]
    units: tuple[int, ...]
    begin: datetime
    end: datetime
    ours: str


def exposed(where: Where) -> Exposure:
    """Every key under which goods stand or stood that were there at some time from `begin` to `end`, and those they
    went to since. What we have held and released because of it is not found a second time."""
    here = fetch(_Standing, _BALANCES, {"places": list(where.places), "units": list(where.units)})
    legs = _legs([row.balance for row in here], where.begin, where.ours)
    seeds = {
        row.balance: [
            each
            for each in presences(row.qty, legs[row.balance], where.begin)
            if overlaps(each, where.begin, where.end)
        ]
        for row in here
    }
    exposure = Exposure()
    exposure.add(seeds, legs)
    _follow(exposure, _next(seeds, legs, exposure), ours=where.ours)
    return exposure


def followed(since: Mapping[int, set[datetime]]) -> Exposure:
    """Goods that stood under these keys at these times, followed through all moves that left their condition alone."""
    exposure = Exposure()
    _follow(exposure, {balance: set(moments) for balance, moments in since.items()})
    return exposure


def _follow(exposure: Exposure, edge: dict[int, set[datetime]], *, ours: str = "") -> None:
    """Step by step along the movements: one question a step, however many keys it reaches."""
    while edge:
        opening = min(min(moments) for moments in edge.values())
        legs = _legs(list(edge), opening, ours)
        standing = {row.balance: row.qty for row in fetch(_Standing, _STANDING, {"balances": list(edge)})}
        reached = {
            balance: holding(presences(standing[balance], legs[balance], opening), moments)
            for balance, moments in edge.items()
        }
        exposure.add(reached, legs)
        edge = _next(reached, legs, exposure)


def _next(
    reached: Mapping[int, Iterable[Presence]], legs: Mapping[int, list[Leg]], exposure: Exposure
) -> dict[int, set[datetime]]:
    """The keys the goods went to from there, and when; what is known to have been there then is left out."""
    edge: dict[int, set[datetime]] = defaultdict(set)
    for balance, times in reached.items():
        for other, at in (arrival for each in times for arrival in arrivals(legs[balance], each)):
            if not holding(exposure.times.get(other, ()), [at]):
                edge[other].add(at)
    return edge


def _legs(balances: list[int], since: datetime, ours: str) -> dict[int, list[Leg]]:
    legs: dict[int, list[Leg]] = defaultdict(list)
    if balances:
        for leg in fetch(Leg, _LEGS, {"balances": balances, "since": since, "ours": ours}):
            legs[leg.balance].append(leg)
    return legs
