"""Available to promise as a step function of time, looking ahead: a promise today breaks no claim of tomorrow."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require
from longshore.engine.promising.problem import Supply


@dataclass(frozen=True, slots=True)
class Demand:
    """A claim or planned issue of `qty` of `item` at minute `at`; `site` None: from any place of the set."""

    item: int
    at: int
    qty: int
    site: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Availability:
    """`available[i]` (int64) units can be promised for any minute from `times[i]` (int64, ascending) up to the next.
    `overdrawn`: units of claims that no supply can ever serve."""

    times: NDArray[np.int64]
    available: NDArray[np.int64]
    overdrawn: int


class _Lot(NamedTuple):
    ready_at: int
    gone_at: float
    qty: int


class _Claim(NamedTuple):
    at: int
    qty: int


def build(supplies: Sequence[Supply], demands: Sequence[Demand], now: int) -> Availability:
    """ATP of one item and place set from minute `now` on; items and sites of the rows are not looked at.

    At each step: the most that could be taken then with every claim still served at its time from lots usable at
    that time. A claim no lot can serve in time waits for the next receipt, ahead of new promises. Exact: claims and
    lots are a convex bipartite graph, so first-expired-first-out gives its maximum flow; the steps are differences
    of flows. O(n log n) without expiries, O(n^2 log n) with. Raises InvalidProblem.
    """
    lots = _lots(supplies, now)
    claims, overdrawn = _served(lots, _claims(demands, now))
    times = sorted({now, *(lot.ready_at for lot in lots)} | {int(lot.gone_at) for lot in lots if _expires(lot)})
    if any(_expires(lot) for lot in lots):
        served = sum(claim.qty for claim in claims)
        endless = sum(lot.qty for lot in lots)
        steps = [_flow(lots, sorted([*claims, _Claim(t, endless)])) - served for t in times]
    else:
        steps = _look_ahead(lots, claims, times)
    return Availability(np.array(times, dtype=np.int64), np.array(steps, dtype=np.int64), overdrawn)


def build_many(
    supplies: Sequence[Supply], demands: Sequence[Demand], now: int, sites: frozenset[int] | None = None
) -> dict[int, Availability]:
    """ATP per item over the place set `sites` (None: all); a demand without a site counts against any set."""
    steps: dict[int, list[Supply]] = {}
    claims: dict[int, list[Demand]] = {}
    for supply in supplies:
        if sites is None or supply.site in sites:
            steps.setdefault(supply.item, []).append(supply)
    for demand in demands:
        if sites is None or demand.site is None or demand.site in sites:
            claims.setdefault(demand.item, []).append(demand)
    return {item: build(steps.get(item, ()), claims.get(item, ()), now) for item in sorted(steps.keys() | claims)}


def atp_at(availability: Availability, t: int) -> int:
    """Units that can be promised for minute t (0 before the first step)."""
    place = bisect_right(availability.times, t) - 1
    return int(availability.available[place]) if place >= 0 else 0


def earliest(availability: Availability, qty: int) -> int | None:
    """First minute for which `qty` can be promised; None when never."""
    enough = np.flatnonzero(availability.available >= qty)
    return int(availability.times[enough[0]]) if len(enough) else None


def _expires(lot: _Lot) -> bool:
    return lot.gone_at != float("inf")


def _lots(supplies: Sequence[Supply], now: int) -> list[_Lot]:
    lots = []
    for row, supply in enumerate(supplies):
        require(supply.qty >= 0, "supplies.qty", row, "is negative", "Pass what is there, not what is overdrawn")
        ready_at = max(supply.ready_at, now)
        gone_at = float("inf") if supply.usable_until is None else supply.usable_until + 1
        if supply.qty and gone_at > ready_at:
            lots.append(_Lot(ready_at, gone_at, supply.qty))
    return sorted(lots)


def _claims(demands: Sequence[Demand], now: int) -> list[_Claim]:
    for row, demand in enumerate(demands):
        require(demand.qty >= 0, "demands.qty", row, "is negative", "Pass a supply step instead")
    return sorted(_Claim(max(demand.at, now), demand.qty) for demand in demands)


def _served(lots: list[_Lot], claims: list[_Claim]) -> tuple[list[_Claim], int]:
    """Claims at the minute they can be served: what no lot serves in time moves to the next receipt."""
    waiting = list(claims)
    heapq.heapify(waiting)
    shelf = _Shelf(lots)
    served: dict[int, int] = {}
    overdrawn = 0
    while waiting:
        claim = heapq.heappop(waiting)
        taken = shelf.take(claim.at, claim.qty)
        served[claim.at] = served.get(claim.at, 0) + taken
        if taken == claim.qty:
            continue
        later = shelf.next_ready()
        if later is None:
            overdrawn += claim.qty - taken
        else:
            heapq.heappush(waiting, _Claim(later, claim.qty - taken))
    return sorted(_Claim(at, qty) for at, qty in served.items()), overdrawn


class _Shelf:
    """Lots as time goes by, taken first expired first out; times asked for must not fall."""

    def __init__(self, lots: list[_Lot]) -> None:
        self._lots = lots
        self._next = 0
        self._open: list[tuple[float, int, int]] = []

    def take(self, at: int, qty: int) -> int:
        """How much of `qty` there is at this minute; it is gone afterwards."""
        while self._next < len(self._lots) and self._lots[self._next].ready_at <= at:
            heapq.heappush(self._open, (self._lots[self._next].gone_at, self._next, self._lots[self._next].qty))
            self._next += 1
        missing = qty
        while missing and self._open:
            gone_at, number, there = heapq.heappop(self._open)
            if gone_at <= at:
                continue
            used = min(there, missing)
            missing -= used
            if used < there:
                heapq.heappush(self._open, (gone_at, number, there - used))
        return qty - missing

    def next_ready(self) -> int | None:
        """When the next lot comes."""
        return self._lots[self._next].ready_at if self._next < len(self._lots) else None


def _flow(lots: list[_Lot], claims: Iterable[_Claim]) -> int:
    shelf = _Shelf(lots)
    return sum(shelf.take(claim.at, claim.qty) for claim in claims)


def _look_ahead(lots: list[_Lot], claims: list[_Claim], times: list[int]) -> list[int]:
    """Without expiries: the least cumulative balance from each time on."""
    change: dict[int, int] = dict.fromkeys(times, 0)
    for lot in lots:
        change[lot.ready_at] += lot.qty
    for claim in claims:
        change[claim.at] = change.get(claim.at, 0) - claim.qty
    balance = sum(change.values())
    least = balance
    found = {}
    for at in sorted(change, reverse=True):
        least = min(least, balance)
        found[at] = least
        balance -= change[at]
    return [found[at] for at in times]
