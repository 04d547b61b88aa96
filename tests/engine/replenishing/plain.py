"""A slow, plain planner of networks: objects, recursion and exact fractions, written from the README and not from the
solver. The golden cases' expected orders come from here."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import Any


@dataclass
class Batch:
    arrives: int
    qty: int
    ends: int | None = None
    proposed: bool = False


@dataclass
class Way:
    """A way to get goods, as a case tells it."""

    number: int
    kind: str
    lead: int = 0
    fence: int = 0
    calendar: str | None = None
    moq: int = 1
    multiple: int = 1
    price: int = 0
    late: int = 0
    capacity: str | None = None
    load: str | None = None
    size: int = 0
    breaks: list[list[int]] = field(default_factory=list)
    parts: list[list[Any]] = field(default_factory=list)
    former: list[list[int]] = field(default_factory=list)

    def lot(self, wanted: int) -> int:
        return ceil(Fraction(max(wanted, self.moq), self.multiple)) * self.multiple

    def price_at(self, qty: int) -> int:
        return [self.price, *(price for least, price in self.breaks if least <= qty)][-1]


@dataclass
class Placed:
    way: Way
    wish: int
    day: int
    need: int
    qty: int

    @property
    def due(self) -> int:
        return self.day + self.way.lead


@dataclass
class Node:
    name: str
    demand: list[int]
    safety: int = 0
    cover: int = 1
    life: int = 0
    batches: list[Batch] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    drawn: list[int] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)
    unmet: tuple[int, int] | None = None


class PlainPlanner:
    def __init__(self, case: dict[str, Any]) -> None:
        self.days: int = case["days"]
        self.calendars: dict[str, list[int]] = case.get("calendars", {})
        self.capacities: dict[str, list[int]] = case.get("capacities", {})
        self.loads: dict[str, list[int]] = case.get("loads", {})
        self.keep: list[int] = case.get("keep", [0, 0])
        self.used: dict[tuple[str, int], int] = {}
        self.nodes: dict[str, Node] = {}
        number = 0
        for name, told in case["nodes"].items():
            ways = []
            for way in told.get("ways", []):
                ways.append(Way(number=number, **way))
                number += 1
            node = Node(name, demand_of(told.get("demand", 0), self.days), ways=ways, drawn=[0] * self.days)
            node.safety, node.cover, node.life = told.get("safety", 0), told.get("cover", 1), told.get("life", 0)
            node.batches = [Batch(day, qty, rest[0] if rest else None) for day, qty, *rest in told.get("supply", [])]
            self.nodes[name] = node

    # The order of planning: whoever draws on a node comes first.

    def together(self, name: str) -> frozenset[str]:
        found, grown = {name}, True
        while grown:
            pairs = [
                {node.name, way.parts[0][0]}
                for node in self.nodes.values()
                for way in node.ways
                if way.kind == "surplus"
            ]
            wider = found.union(*(pair for pair in pairs if pair & found))
            grown, found = wider != found, wider
        return frozenset(found)

    def level(self, name: str) -> int:
        group = self.together(name)
        above = [
            node.name
            for node in self.nodes.values()
            for way in node.ways
            for part in way.parts
            if way.kind != "surplus" and part[0] in group
        ]
        return 1 + max((self.level(each) for each in above), default=-1)

    def plan(self) -> None:
        names = list(self.nodes)
        levels = {name: self.level(name) for name in names}
        for level in sorted(set(levels.values())):
            here = [name for name in names if levels[name] == level]
            here.sort(key=lambda name: (min(names.index(each) for each in self.together(name)), names.index(name)))
            for name in here:
                self.plan_node(self.nodes[name])
            for load in self.loads:
                self.fill(load, [self.nodes[name] for name in here])
            for name in here:
                for placed in self.nodes[name].placed:
                    if placed.way.kind in ("move", "make"):
                        self.draw(placed)

    def draw(self, placed: Placed) -> None:
        for part, over, under in placed.way.parts:
            self.nodes[part].drawn[placed.day] += ceil(Fraction(placed.qty * over, under))

    # One node.

    def spoils(self, node: Node) -> bool:
        return node.life > 0 or any(b.ends is not None and b.ends < self.days for b in node.batches)

    def evenings(self, node: Node, *, planned: bool = True) -> tuple[list[int], int]:
        """Stock every evening, using up first what ends first, and how much of what is proposed would spoil."""
        batches = [Batch(b.arrives, b.qty, b.ends) for b in node.batches]
        for placed in node.placed if planned else []:
            due = placed.wish + placed.way.lead
            batches.append(Batch(due, placed.qty, due + node.life - 1 if node.life else None, True))
        batches.sort(key=lambda b: (b.ends is None, b.ends or 0))
        owed, stock = 0, []
        for today in range(self.days):
            owed += node.demand[today] + node.drawn[today]
            here = [b for b in batches if b.arrives <= today and (b.ends is None or today <= b.ends)]
            for batch in here:
                used = min(batch.qty, owed)
                batch.qty -= used
                owed -= used
            stock.append(sum(b.qty for b in here) - owed)
        waste = sum(b.qty for b in batches if b.proposed and b.ends is not None and b.ends < self.days)
        return stock, waste

    def plan_node(self, node: Node) -> None:
        today = 0
        while today < self.days:
            stock, _waste = self.evenings(node)
            if stock[today] >= node.safety:
                today += 1
                continue
            until = min(today + node.cover, self.days, today + node.life if node.life else self.days)
            lack = node.safety - min(stock[today:until])
            before = len(node.placed)
            rest = self.from_surplus(node, today, lack)
            if rest > 0:
                rest = self.from_sources(node, today, rest)
            if rest > 0:
                node.unmet = (node.unmet[0], max(node.unmet[1], rest)) if node.unmet else (today, rest)
            nearest = today + 1 if self.spoils(node) else until
            today = max([nearest, *(placed.due for placed in node.placed[before:])])

    def is_open(self, way: Way, day: int) -> bool:
        return 0 <= day < self.days and (way.calendar is None or day in self.calendars[way.calendar])

    def order_day(self, way: Way, day: int) -> int | None:
        in_time = [d for d in range(way.fence, day - way.lead + 1) if self.is_open(way, d)]
        if in_time:
            return in_time[-1]
        later = [d for d in range(way.fence, self.days) if self.is_open(way, d) and d + way.lead < self.days]
        return later[0] if later else None

    def from_surplus(self, node: Node, today: int, lack: int) -> int:
        arrivals = [
            day + way.lead
            for way in node.ways
            if way.kind != "surplus" and (day := self.order_day(way, today)) is not None
        ]
        limit = max(min([self.days, *arrivals]), today)
        for way in node.ways:
            day = self.order_day(way, today)
            if way.kind != "surplus" or lack <= 0 or day is None or self.spoils(node) or day + way.lead > limit:
                continue
            (donor_name, over, under) = way.parts[0]
            donor = self.nodes[donor_name]
            if self.spoils(donor):
                continue
            stock, _waste = self.evenings(donor, planned=False)
            spare = floor(Fraction((min(stock[day:]) - donor.safety) * under, over))
            full = ceil(Fraction(lack, way.multiple)) * way.multiple
            qty = min(full, floor(Fraction(spare, way.multiple)) * way.multiple)
            if qty >= way.moq:
                node.placed.append(Placed(way, day, day, today, qty))
                donor.drawn[day] += ceil(Fraction(qty * over, under))
                lack -= qty
        return lack

    def offers(self, node: Node, way: Way, today: int, lack: int) -> tuple[int, int] | None:
        """(cost, quantity): the cheapest of the least lot and the lots that reach a price break."""
        day = self.order_day(way, today)
        if day is None:
            return None
        late = max(day + way.lead - today, 0) * way.late * lack
        lots = [way.lot(lack), *(way.lot(max(lack, least)) for least, _price in way.breaks)]
        costs = [way.price_at(qty) * self.weight(node, lack, qty) + late for qty in lots]
        return min(costs), lots[costs.index(min(costs))]

    def weight(self, node: Node, lack: int, qty: int) -> int:
        total = sum(node.demand) + sum(node.drawn)
        lasts = Fraction((qty - lack + 2 * lack) * self.days, 2 * total) if total else Fraction(1460)
        return lack + (qty - lack) * min(floor(lasts), 1460) // 1460

    def from_sources(self, node: Node, today: int, lack: int) -> int:
        priced = [
            (found[0], n, way)
            for n, way in enumerate(node.ways)
            if way.kind != "surplus" and (found := self.offers(node, way, today, lack)) is not None
        ]
        for _cost, _n, way in sorted(priced, key=lambda each: each[:2]):
            lack = self.not_on_its_way(node, way, today, lack)
            if lack <= 0:
                break
            lack = self.order(node, way, today, lack)
        return lack

    def not_on_its_way(self, node: Node, way: Way, today: int, lack: int) -> int:
        """What comes late is ordered only for what would still be lacking on the day it comes, or while it covers."""
        day = self.order_day(way, today)
        assert day is not None
        if day + way.lead <= today:
            return lack
        until = min(today + node.cover, self.days, today + node.life if node.life else self.days)
        evenings = self.evenings(node)[0][day + way.lead : max(until, day + way.lead + 1)]
        return min(lack, node.safety - min(evenings))

    def order(self, node: Node, way: Way, today: int, lack: int) -> int:
        if way.capacity is not None:
            return self.order_within(node, way, today, lack)
        found, day = self.offers(node, way, today, lack), self.order_day(way, today)
        assert found is not None and day is not None
        qty = found[1]
        kept = None if self.spoils(node) else self.former(node, way, day, qty)
        if kept is not None:
            day, qty = kept
        return lack - self.fresh(node, Placed(way, day, day, today, qty))

    def former(self, node: Node, way: Way, day: int, qty: int) -> tuple[int, int] | None:
        taken = [(p.way.number, p.day, p.qty) for p in node.placed if p.way is way]
        for number, (then, much) in enumerate(way.former):
            same = sum(1 for earlier in way.former[:number] if earlier == [then, much])
            if taken.count((way.number, then, much)) > same:
                continue
            near = 0 <= day - then <= self.keep[0] and then >= way.fence and self.is_open(way, then)
            enough = much >= qty and (much - qty) * 10_000 <= qty * self.keep[1] and much % way.multiple == 0
            if near and enough:
                return then, much
        return None

    def fresh(self, node: Node, placed: Placed) -> int:
        """Add the order, or what of it does not spoil."""
        while placed.qty >= placed.way.moq:
            node.placed.append(placed)
            _stock, waste = self.evenings(node)
            if not self.spoils(node) or not waste:
                return placed.qty
            node.placed.remove(placed)
            placed.qty = (placed.qty - waste) // placed.way.multiple * placed.way.multiple
        return 0

    def order_within(self, node: Node, way: Way, today: int, lack: int) -> int:
        assert way.capacity is not None
        period, most = self.capacities[way.capacity]
        start = self.order_day(way, today)
        assert start is not None
        days = [d for d in range(start, way.fence - 1, -1) if self.is_open(way, d)]
        days += [d for d in range(start + 1, self.days - way.lead) if self.is_open(way, d)]
        for day in days:
            bucket = (way.capacity, day // period)
            room = most - self.used.get(bucket, 0)
            qty = min(way.lot(lack), room // way.multiple * way.multiple)
            if lack > 0 and qty >= way.moq:
                got = self.fresh(node, Placed(way, day, day, today, qty))
                self.used[bucket] = self.used.get(bucket, 0) + got
                lack -= got
        return lack

    # Whole loads.

    def fill(self, load: str, nodes: list[Node]) -> None:
        full, pull = self.loads[load]
        orders = [(p.wish, n, k, p, node) for n, node in enumerate(nodes) for k, p in enumerate(node.placed)]
        orders = sorted((each for each in orders if each[3].way.load == load), key=lambda each: each[:3])
        for day in sorted({each[0] for each in orders}):
            leaving = sum(p.qty * p.way.size for wish, _n, _k, p, _node in orders if wish == day == p.day)
            free = -leaving % full
            for wish, _n, _k, placed, node in orders:
                size = placed.qty * placed.way.size
                if not day < wish <= day + pull or placed.day != wish or size > free or free == 0:
                    continue
                may = self.is_open(placed.way, day) and day >= placed.way.fence and placed.way.capacity is None
                if may and not self.spoils(node):
                    placed.day = day
                    free -= size


def demand_of(told: int | list[int] | dict[str, int], days: int) -> list[int]:
    """A number a day, a list of the first days, or single days."""
    if isinstance(told, int):
        return [told] * days
    if isinstance(told, dict):
        return [told.get(str(day), 0) for day in range(days)]
    return [*told, *([0] * (days - len(told)))][:days]


def planned(case: dict[str, Any]) -> str:
    """The orders of a case as text: node, kind, sent, arrives, quantity, needed; then what stays open."""
    planner = PlainPlanner(case)
    planner.plan()
    lines = []
    for node in planner.nodes.values():
        for placed in node.placed:
            where = f"{node.name} {placed.way.kind} way {node.ways.index(placed.way)}"
            lines.append(f"{where}: {placed.qty} sent {placed.day} arrives {placed.due} for day {placed.need}")
        if node.unmet:
            lines.append(f"{node.name} open: {node.unmet[1]} from day {node.unmet[0]}")
    return "\n".join(lines) + "\n" if lines else "nothing\n"
