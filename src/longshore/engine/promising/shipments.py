"""The possible shipments of an order and what each line can take from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from longshore.engine.promising.departing import Calendar
from longshore.engine.promising.problem import DAY, Line, PromiseProblem, Route, Supply

LOOKED_AT, MOST_DEPARTURES = 24, 6
"""Departures of one site that are compared with each other, and that may be chosen; receipts join the next one kept."""


class Shipment(NamedTuple):
    """A departure from a site. `bit` is its place in the masks; within a site bits ascend with departure."""

    bit: int
    site: int
    ship_at: int
    arrive_at: int
    fixed_milli: int
    unit_milli: int
    days_late: int


class Source(NamedTuple):
    """A supply a line may take from, with the mask of shipments that can carry it in time and fresh enough."""

    supply: Supply
    mask: int


class Wanted(NamedTuple):
    """A line with its sources in FEFO order, their units added up by carriers, the mask of shipments that matter to it,
    what one unit costs by shipment (milli money, the line's share of lateness included) and how many units were refused
    for remaining life."""

    line: Line
    sources: tuple[Source, ...]
    bulk: tuple[tuple[int, int], ...]
    mask: int
    unit_milli: dict[int, int]
    late_milli_per_day: int
    refused_for_life: int


@dataclass(frozen=True, slots=True)
class Options:
    """All that can be chosen: shipments by bit, and the wanted lines in groups that share an item. `thinned`: some
    departures of a site with many of them were left out."""

    shipments: tuple[Shipment, ...]
    groups: tuple[tuple[Wanted, ...], ...]
    thinned: bool


class _Reach(NamedTuple):
    supply: Supply
    site_index: int
    ship_at: int


def options(problem: PromiseProblem) -> Options:
    """Shipments worth considering and the sources of every line."""
    wanted_items = {line.item for line in problem.lines}
    index = {route.site: position for position, route in enumerate(problem.routes)}
    calendars = [Calendar(route, problem.now, problem.requested_at) for route in problem.routes]
    reach: dict[int, list[_Reach]] = {item: [] for item in wanted_items}
    departures: list[set[int]] = [set() for _ in problem.routes]
    for supply in problem.supplies:
        position = index.get(supply.site, -1)
        if position < 0 or supply.qty == 0 or supply.item not in wanted_items:
            continue
        ship_at = calendars[position].departure(supply.ready_at)
        reach[supply.item].append(_Reach(supply, position, ship_at))
        departures[position].add(ship_at)
    for within in reach.values():
        within.sort(key=_fefo)
    found = _useful(problem, departures, reach)
    useful = [(place, ship_at) for place, site in enumerate(found) for ship_at in _spread(site, MOST_DEPARTURES)]
    shipments = _number(problem, useful)
    by_site = [tuple(s for s in shipments if s.site == route.site) for route in problem.routes]
    groups: dict[int, list[Wanted]] = {}
    for line in problem.lines:
        groups.setdefault(line.item, []).append(_want(problem, line, reach[line.item], by_site))
    ordered = tuple(tuple(sorted(group, key=_strictest)) for group in groups.values())
    thinned = len(useful) < sum(map(len, found)) or any(len(site) > LOOKED_AT for site in departures)
    return Options(shipments, ordered, thinned)


def _fefo(found: _Reach) -> tuple[bool, int, int, int]:
    supply = found.supply
    until = supply.usable_until
    return (until is None, until or 0, supply.ready_at, supply.key)


def _strictest(wanted: Wanted) -> int:
    return -wanted.line.min_remaining_life


class _Asked(NamedTuple):
    """What the order asks of one item, and one site's supplies of it."""

    need: int
    life: int
    supplies: list[_Reach]


def _useful(problem: PromiseProblem, departures: list[set[int]], reach: dict[int, list[_Reach]]) -> list[list[int]]:
    """Departures per site (by index) without those a kept earlier departure of the site makes pointless."""
    kept: list[list[int]] = []
    for position, route in enumerate(problem.routes):
        asked = [_asked(problem, [r for r in found if r.site_index == position]) for found in reach.values()]
        asked = [one for one in asked if one.supplies]
        site_kept: list[int] = []
        for ship_at in _spread(sorted(departures[position]), LOOKED_AT):
            if not any(_covers(asked, route, earlier, ship_at) for earlier in site_kept):
                site_kept.append(ship_at)
        kept.append(site_kept)
    return kept


def _asked(problem: PromiseProblem, supplies: list[_Reach]) -> _Asked:
    lines = [line for line in problem.lines if supplies and line.item == supplies[0].supply.item]
    return _Asked(
        sum(line.qty for line in lines), max((line.min_remaining_life for line in lines), default=0), supplies
    )


def _covers(asked: list[_Asked], route: Route, earlier: int, later: int) -> bool:
    """Whether for every item the earlier departure carries the whole need, or all that the later one could carry."""
    for need, life, supplies in asked:
        ready = 0
        new = False
        for supply, _, ship_at in supplies:
            until = supply.usable_until
            if ship_at <= earlier and (until is None or until - earlier - route.transit >= life):
                ready += supply.qty
            elif ship_at <= later and (until is None or until - later - route.transit >= 0):
                new = True
        if new and ready < need:
            return False
    return True


def _spread(departures: list[int], most: int) -> list[int]:
    """At most `most` of them: the first, the last and evenly spread ones between."""
    if len(departures) <= most:
        return departures
    return [departures[place * (len(departures) - 1) // (most - 1)] for place in range(most)]


def _number(problem: PromiseProblem, useful: list[tuple[int, int]]) -> tuple[Shipment, ...]:
    shipments = []
    for place, (position, ship_at) in enumerate(useful):
        route = problem.routes[position]
        arrive_at = ship_at + route.transit
        late = -(-(arrive_at - problem.requested_at) // DAY) if arrive_at > problem.requested_at else 0
        shipments.append(
            Shipment(
                1 << place, route.site, ship_at, arrive_at, route.fixed_cost * 1000, route.cost_per_unit_milli, late
            )
        )
    return tuple(shipments)


def _want(problem: PromiseProblem, line: Line, reach: list[_Reach], by_site: list[tuple[Shipment, ...]]) -> Wanted:
    sources = []
    bulk: dict[int, int] = {}
    everything = 0
    refused = 0
    for supply, position, ship_at in reach:
        mask = 0
        until = supply.usable_until
        for shipment in by_site[position]:
            if shipment.ship_at < ship_at:
                continue
            if until is None or until - shipment.arrive_at >= line.min_remaining_life:
                mask |= shipment.bit
        if mask:
            sources.append(Source(supply, mask))
            bulk[mask] = bulk.get(mask, 0) + supply.qty
            everything |= mask
        else:
            refused += supply.qty
    late_unit = -(-problem.late_penalty_per_day * 1000 // line.qty)
    penalty = 0 if problem.ship_complete else late_unit
    costs = {s.bit: s.unit_milli + s.days_late * penalty for site in by_site for s in site if s.bit & everything}
    return Wanted(line, tuple(sources), tuple(bulk.items()), everything, costs, late_unit, refused)
