"""From columns of facts to the planner's problem: who can bring what where, on which days, within which limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from longshore.engine.replenishing.network.problem import (
    BUY,
    MAKE,
    MOVE,
    SURPLUS,
    Arcs,
    Breaks,
    Former,
    Limits,
    NetworkProblem,
    Nodes,
    Outside,
    Parts,
    Supply,
)
from longshore.planning import rules
from longshore.planning.queries.network_facts import Columns, Keys, NetworkFacts, StockFacts

Integers = NDArray[np.int64]

ARC_COLUMNS: Final = ("node", "kind", "source", "lead", "fence", "calendar", "moq", "multiple", "price", "late",
                      "capacity", "load", "size")  # fmt: skip
RANK: Final = {SURPLUS: 0, MAKE: 1, MOVE: 2, BUY: 3}  # in which order arcs of equal cost are taken
SITE_SOURCE: Final = 1  # a bought arc's source is supplier * 2, or site * 2 + 1 where the site is not planned itself


@dataclass(frozen=True, slots=True)
class NetworkTerms:
    """How to plan: days ahead, days in which nothing new is sent, which orders become proposals, what is kept."""

    days: int = 90
    frozen_days: int = 0
    release_days: int = 1
    keep_days: int = 2
    keep_bp: int = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """The problem and what its numbers mean: item, site and policy of each node; `unplanned`: parts of bills that no
    policy plans, by (item, site)."""

    problem: NetworkProblem
    nodes: Columns
    today: date
    unplanned: int


@dataclass(slots=True, eq=False)
class _Ways:
    """Arcs of one kind as columns, and what they take from other nodes."""

    columns: dict[str, Integers]
    part_of: Integers
    part_node: Integers
    numerator: Integers
    denominator: Integers


def build(facts: NetworkFacts, terms: NetworkTerms) -> Built:
    """Nodes are the item-sites planned by network; arcs come from offers, bills, lanes and substitutes."""
    nodes, count = facts.nodes, len(facts.nodes["item"])
    keys = Keys(nodes["item"], nodes["site"])
    calendars = _Calendars(facts)
    made, unplanned = _made(facts, keys, calendars)
    ways = [
        _surplus(facts, keys),
        _substitutes(facts, keys),
        made,
        *_moved(facts, keys, calendars),
        _bought(facts, calendars),
    ]
    arcs, parts = _joined(ways, terms)
    daily = np.maximum(facts.demand.sum(axis=1), 1)
    cover = np.maximum(-(-nodes["review"] // rules.DAY_MINUTES), np.minimum(nodes["lot"] * facts.days // daily, 28))
    life = np.where(nodes["life"] > 0, np.maximum(nodes["life"] - nodes["remaining"], 1), 0)
    problem = NetworkProblem(
        nodes=Nodes(nodes["item"], nodes["site"], nodes["safety"], cover, life, facts.demand),
        supply=supply_of(facts, keys),
        arcs=arcs,
        parts=parts,
        limits=calendars.limits(facts, terms),
        breaks=_breaks(facts, arcs),
        former=_former(facts, keys, arcs),
        outside=_outside(facts, keys) if len(facts.drawn["item"]) or len(facts.levels["item"]) else None,
    )
    assert count == len(problem.nodes.item)
    return Built(problem, nodes, facts.today, unplanned)


def supply_of(facts: NetworkFacts | StockFacts, keys: Keys) -> Supply:
    """Stock and firm supply to come of the nodes, ascending by node and day."""
    parts = []
    for table in (facts.stock, facts.coming):
        node = keys.of(table["item"], table["site"])
        inside = (node >= 0) & (table["day"] < facts.days) & (table["qty"] > 0)
        parts.append(np.stack([node, table["day"], table["qty"], table["last"]], axis=1)[inside])
    rows = np.concatenate(parts)
    rows = rows[np.lexsort((rows[:, 3], rows[:, 1], rows[:, 0]))]
    return Supply(*(np.ascontiguousarray(rows[:, column]) for column in range(4)))


class _Calendars:
    """Rows of the open-day matrix by calendar id, capacity groups by supplier, load groups by (origin, site)."""

    def __init__(self, facts: NetworkFacts) -> None:
        self.ids = facts.calendars["id"]
        weekday = (np.arange(facts.days) + facts.today.weekday()) % 7
        self.open_days = (facts.calendars["weekdays"][:, None] >> weekday[None, :]) & 1 == 1
        row = np.searchsorted(self.ids, facts.holidays["calendar"])
        if len(row):
            self.open_days[row, facts.holidays["day"]] = facts.holidays["working"] == 1
        self.suppliers = facts.limits["supplier"]
        self.loads = Keys(facts.loads["origin"], facts.loads["site"])

    def row(self, calendar: Integers) -> Integers:
        return _found(self.ids, calendar)

    def capacity(self, supplier: Integers) -> Integers:
        return _found(self.suppliers, supplier)

    def limits(self, facts: NetworkFacts, terms: NetworkTerms) -> Limits:
        return Limits(
            calendars=self.open_days.reshape(len(self.ids), facts.days),
            period=facts.limits["period"],
            most=facts.limits["most"],
            full=facts.loads["capacity"],
            pull=facts.loads["pull"],
            keep_days=terms.keep_days,
            keep_bp=terms.keep_bp,
        )


def _found(known: Integers, wanted: Integers) -> Integers:
    """Places of values in ascending ones; -1 where they are not."""
    if not len(known):
        return np.full(len(wanted), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[place] == wanted, place, -1).astype(np.int64)


def _pairs(left: Integers, right: Integers) -> tuple[Integers, Integers]:
    """Every (row of left, row of right) with equal values; `right` is ascending."""
    low, high = np.searchsorted(right, left, "left"), np.searchsorted(right, left, "right")
    counts = high - low
    one = np.repeat(np.arange(len(left)), counts)
    nth = np.arange(len(one)) - np.repeat(np.cumsum(counts) - counts, counts)
    return one, np.asarray(low[one] + nth, dtype=np.int64)


def _ways(node: Integers, kind: int, **columns: Integers | int) -> _Ways:
    plain = {"source": 0, "lead": 0, "fence": 0, "calendar": -1, "moq": 1, "multiple": 1, "price": 0, "late": 0,
             "capacity": -1, "load": -1, "size": 0}  # fmt: skip
    told = {**plain, **columns, "kind": kind}
    full = {name: np.broadcast_to(np.asarray(told[name], dtype=np.int64), len(node)) for name in told}
    none = np.zeros(0, dtype=np.int64)
    return _Ways({"node": node, **full}, none, none, none, none)


def _with_part(ways: _Ways, node: Integers, numerator: Integers | int = 1, denominator: Integers | int = 1) -> _Ways:
    """The ways with one part each."""
    count = len(node)
    ways.part_of, ways.part_node = np.arange(count, dtype=np.int64), node
    ways.numerator = np.broadcast_to(np.asarray(numerator, dtype=np.int64), count)
    ways.denominator = np.broadcast_to(np.asarray(denominator, dtype=np.int64), count)
    return ways


def _late(cost: Integers) -> Integers:
    """A unit a day late costs a hundredth of what it is worth, in thousandths."""
    return cost * 1000 // rules.LATE_COST_SHARE


def _days(minutes: Integers) -> Integers:
    return np.asarray(-(-minutes // rules.DAY_MINUTES), dtype=np.int64)


def _bought(facts: NetworkFacts, calendars: _Calendars) -> _Ways:
    """Offers for nodes that no site feeds. Where goods spoil, the policy's order quantity does not bind."""
    nodes, offers = facts.nodes, facts.offers
    buys = np.flatnonzero(nodes["source"] == 0)
    one, offer = _pairs(nodes["item"][buys], offers["item"])
    node = buys[one].astype(np.int64)
    least = np.where(nodes["life"][node] > 0, 1, nodes["lot"][node])
    supplier = offers["supplier"][offer]
    return _ways(
        node,
        BUY,
        source=supplier * 2,
        lead=_days(offers["lead"][offer]),
        calendar=calendars.row(offers["calendar"][offer]),
        moq=np.maximum(offers["moq"][offer], least),
        multiple=offers["multiple"][offer],
        price=offers["price"][offer] * 1000,
        late=_late(np.maximum(nodes["cost"][node], offers["price"][offer])),
        capacity=calendars.capacity(supplier),
        load=calendars.loads.of(offers["place"][offer], nodes["site"][node]),
        size=nodes["weight"][node],
    )


def _made(facts: NetworkFacts, keys: Keys, calendars: _Calendars) -> tuple[_Ways, int]:
    """Bills of nodes, with the parts that are planned at the same site; and how many parts nobody plans."""
    bills, nodes = facts.bills, facts.nodes
    node = keys.of(bills["item"], bills["site"])
    bill = np.flatnonzero(node >= 0)
    of_bill, line = _pairs(bills["item"][bill], facts.lines["item"])
    part = keys.of(facts.lines["component"][line], bills["site"][bill][of_bill])
    planned = part >= 0
    whole = np.bincount(of_bill[planned], minlength=len(bill)) > 0
    number = np.cumsum(whole) - 1
    bill, node = bill[whole], node[bill[whole]]
    ways = _ways(
        node,
        MAKE,
        lead=_days(bills["lead"][bill]),
        calendar=calendars.row(bills["calendar"][bill]),
        moq=bills["moq"][bill],
        multiple=bills["multiple"][bill],
        price=bills["cost"][bill] * 1000,
        late=_late(nodes["cost"][node]),
    )
    over, under = facts.lines["numerator"][line][planned], facts.lines["denominator"][line][planned]
    common = np.gcd(over, under)
    ways.part_of, ways.part_node = number[of_bill[planned]].astype(np.int64), part[planned]
    ways.numerator, ways.denominator = over // common, under // common
    return ways, int((~planned).sum())


def _moved(facts: NetworkFacts, keys: Keys, calendars: _Calendars) -> tuple[_Ways, _Ways]:
    """Nodes fed by a site: drawn from the node there, or taken from a site that is not planned itself."""
    nodes, lanes = facts.nodes, facts.lanes
    fed = np.flatnonzero(nodes["source"] > 0).astype(np.int64)
    lane = Keys(lanes["origin"], lanes["destination"]).of(nodes["source"][fed], nodes["site"][fed])
    known = lane >= 0
    transit = np.where(known, _at(lanes["transit"], lane), rules.TRANSFER_TRANSIT_MINUTES)
    columns = {
        "lead": _days(transit + rules.TRANSFER_HANDLING_MINUTES),
        "calendar": np.where(known, calendars.row(_at(lanes["calendar"], lane)), -1),
        "price": _at(lanes["per_kg"], lane) * nodes["weight"][fed],
        "late": _late(nodes["cost"][fed]),
        "load": calendars.loads.of(nodes["source"][fed], nodes["site"][fed]),
        "size": nodes["weight"][fed],
        "source": nodes["source"][fed],
    }
    source = keys.of(nodes["item"][fed], nodes["source"][fed])
    inside = source >= 0
    drawn = _ways(fed[inside], MOVE, **{name: values[inside] for name, values in columns.items()})
    taken = _ways(
        fed[~inside],
        BUY,
        **{name: values[~inside] for name, values in columns.items() if name != "source"},
        source=columns["source"][~inside] * 2 + SITE_SOURCE,
    )
    return _with_part(drawn, source[inside]), taken


def _at(values: Integers, place: Integers) -> Integers:
    """values[place]; 0 where there is none or the place is -1."""
    if not len(values):
        return np.zeros(len(place), dtype=np.int64)
    return np.where(place >= 0, values[place], 0)


def _surplus(facts: NetworkFacts, keys: Keys) -> _Ways:
    """Sites fed from the same source help each other where a lane leads from one to the other."""
    nodes, lanes = facts.nodes, facts.lanes
    order = np.argsort(lanes["destination"], kind="stable")
    one, at = _pairs(nodes["site"], lanes["destination"][order])
    lane = order[at]
    donor = keys.of(nodes["item"][one], lanes["origin"][lane])
    same = (donor >= 0) & (_at(nodes["source"], donor) == nodes["source"][one])
    node, donor, lane = one[same].astype(np.int64), donor[same], lane[same]
    ways = _ways(
        node,
        SURPLUS,
        source=lanes["origin"][lane],
        lead=_days(lanes["transit"][lane] + rules.TRANSFER_HANDLING_MINUTES),
        price=lanes["per_kg"][lane] * nodes["weight"][node],
    )
    return _with_part(ways, donor)


def _substitutes(facts: NetworkFacts, keys: Keys) -> _Ways:
    """What may stand in for an item, at the same site, where it is planned too and comes the same way."""
    nodes, told = facts.nodes, facts.substitutes
    one, row = _pairs(nodes["item"], told["item"])
    donor = keys.of(told["substitute"][row], nodes["site"][one])
    known = donor >= 0
    node, donor, row = one[known].astype(np.int64), donor[known], row[known]
    ways = _ways(node, SURPLUS, source=-told["substitute"][row])
    return _with_part(ways, donor, told["numerator"][row], told["denominator"][row])


def _joined(ways: Sequence[_Ways], terms: NetworkTerms) -> tuple[Arcs, Parts]:
    """All arcs ascending by node, and their parts ascending by arc."""
    columns = {name: np.concatenate([each.columns[name] for each in ways]) for name in ARC_COLUMNS}
    columns["fence"] = np.full(len(columns["node"]), terms.frozen_days, dtype=np.int64)
    rank = np.select([columns["kind"] == kind for kind in RANK], list(RANK.values()))
    columns["source"] = np.where(
        columns["source"] < 0, -columns["source"] * 2 + 1, columns["source"] * _doubled(columns)
    )
    order = np.lexsort((np.arange(len(rank)), rank, columns["node"]))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    starts = np.cumsum([0, *(len(each.columns["node"]) for each in ways)])
    of = place[np.concatenate([each.part_of + starts[n] for n, each in enumerate(ways)])]
    sort = np.argsort(of, kind="stable")
    parts = [
        np.concatenate([getattr(each, name) for each in ways])[sort]
        for name in ("part_node", "numerator", "denominator")
    ]
    return Arcs(*(columns[name][order] for name in ARC_COLUMNS)), Parts(of[sort], *parts)


def _doubled(columns: dict[str, Integers]) -> Integers:
    """Surplus tells sites (even) from substitutes (odd) in its source; the others keep theirs."""
    return np.where(columns["kind"] == SURPLUS, 2, 1)


def _breaks(facts: NetworkFacts, arcs: Arcs) -> Breaks:
    """Price breaks of the bought arcs, ascending by arc and quantity."""
    told = facts.breaks
    if not len(told["item"]):
        return Breaks(*(np.zeros(0, dtype=np.int64) for _ in range(3)))
    item = facts.nodes["item"][arcs.node]
    bought = np.flatnonzero((arcs.kind == BUY) & (arcs.source % 2 == 0))
    base = int(told["supplier"].max()) + 1
    supplier = arcs.source[bought] // 2
    wanted = np.where(supplier < base, item[bought] * base + supplier, -1)
    one, row = _pairs(wanted, told["item"] * base + told["supplier"])
    return Breaks(bought[one].astype(np.int64), told["qty"][row], told["price"][row] * 1000)


def _former(facts: NetworkFacts, keys: Keys, arcs: Arcs) -> Former:
    """Orders of the plan before, on the arcs they were for."""
    told = facts.former
    node = keys.of(told["item"], told["site"])
    if not len(node):
        return Former(*(np.zeros(0, dtype=np.int64) for _ in range(3)))
    one, arc = _pairs(node, arcs.node)
    same = (
        (arcs.kind[arc] == told["kind"][one]) & (arcs.source[arc] == told["source"][one]) & (arcs.kind[arc] != SURPLUS)
    )
    rows, arc = one[same], arc[same]
    order = np.lexsort((told["day"][rows], arc))
    return Former(arc[order].astype(np.int64), told["day"][rows][order], told["qty"][rows][order])


def _outside(facts: NetworkFacts, keys: Keys) -> Outside:
    """What orders of items that are not planned now take, and the levels that those planned now had among all."""
    drawn, level = np.zeros_like(facts.demand), np.zeros(len(facts.demand), dtype=np.int64)
    node, day = keys.of(facts.drawn["item"], facts.drawn["site"]), facts.drawn["day"]
    inside = (node >= 0) & (day >= 0) & (day < facts.days)
    drawn[node[inside], day[inside]] = facts.drawn["qty"][inside]
    known = keys.of(facts.levels["item"], facts.levels["site"])
    level[known[known >= 0]] = facts.levels["level"][known >= 0]
    return Outside(drawn, level)


def differing(count: int, new: tuple[Integers, Integers], old: tuple[Integers, Integers]) -> NDArray[np.bool_]:
    """Of `count` nodes those (a mask) whose rows (node of each, -1: none of these; and the rows), in the order they come,
    are not the same."""
    was = old[0] >= 0
    node, rows_of = old[0][was], old[1][was]
    same = np.bincount(new[0], minlength=count) == np.bincount(node, minlength=count)
    found = ~same
    ours, theirs = same[new[0]], same[node]
    found[new[0][ours][(new[1][ours] != rows_of[theirs]).any(axis=1)]] = True
    return found
