"""The possible shipments of an order and what each line can take from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from longshore.engine.promising.departing import Calendar
from longshore.engine.promising.problem import DAY, Line, PromiseProblem, Route, Supply

MOST_DEPARTURES = 6
"""Departures of one site that are considered; later receipts join the next one kept."""


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
    useful = [pair for site in found for pair in _thin(site)]
    shipments = _number(problem, useful)
    by_site = [tuple(s for s in shipments if s.site == route.site) for route in problem.routes]
    groups: dict[int, list[Wanted]] = {}
    for line in problem.lines:
        groups.setdefault(line.item, []).append(_want(problem, line, reach[line.item], by_site))
    ordered = tuple(tuple(sorted(group, key=_strictest)) for group in groups.values())
    return Options(shipments, ordered, len(useful) < sum(len(site) for site in found))


def _fefo(found: _Reach) -> tuple[bool, int, int, int]:
    supply = found.supply
    until = supply.usable_until
    return (until is None, until or 0, supply.ready_at, supply.key)


def _strictest(wanted: Wanted) -> int:
    return -wanted.line.min_remaining_life


def _useful(
    problem: PromiseProblem, departures: list[set[int]], reach: dict[int, list[_Reach]]
) -> list[list[tuple[int, int]]]:
    """(site index, departure) pairs per site without those a kept earlier departure of the site makes pointless."""
    kept: list[list[tuple[int, int]]] = []
    for position, route in enumerate(problem.routes):
        site_kept: list[int] = []
        for ship_at in sorted(departures[position]):
            if not any(_covers(problem, route, (position, earlier, ship_at), reach) for earlier in site_kept):
                site_kept.append(ship_at)
        kept.append([(position, ship_at) for ship_at in site_kept])
    return kept


def _thin(site: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """At most MOST_DEPARTURES of a site: the first, the last and evenly spread ones between."""
    if len(site) <= MOST_DEPARTURES:
        return site
    return [site[place * (len(site) - 1) // (MOST_DEPARTURES - 1)] for place in range(MOST_DEPARTURES)]


def _covers(problem: PromiseProblem, route: Route, pair: tuple[int, int, int], reach: dict[int, list[_Reach]]) -> bool:
    """Whether for every item the earlier departure carries the whole need, or all that the later one could carry."""
    position, earlier, later = pair
    for item, need in _needs(problem).items():
        life = max(line.min_remaining_life for line in problem.lines if line.item == item)
        ready = 0
        new = False
        for supply, site_index, ship_at in reach[item]:
            if site_index != position or ship_at > later:
                continue
            until = supply.usable_until
            if ship_at <= earlier and (until is None or until - earlier - route.transit >= life):
                ready += supply.qty
            elif until is None or until - later - route.transit >= 0:
                new = True
        if new and ready < need:
            return False
    return True


def _needs(problem: PromiseProblem) -> dict[int, int]:
    needs: dict[int, int] = {}
    for line in problem.lines:
        needs[line.item] = needs.get(line.item, 0) + line.qty
    return needs


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
