"""Which supply serves which demand, through every level, both ways."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from longshore.engine.replenishing.network import columns as c
from longshore.engine.replenishing.network.problem import Integers
from longshore.engine.replenishing.network.solve import Plan

STOCK, COMING, ORDER = "stock", "coming", "order"
WANTED, DRAWN, SAFETY = "wanted", "drawn", "safety"


@dataclass(frozen=True, slots=True)
class Peg:
    """`qty` of a node's supply goes to a demand. `supply`: STOCK, COMING, or ORDER with its `number` among the node's
    orders (else -1). `demand`: WANTED by customers, DRAWN by order `by_number` of node `by`, or kept as SAFETY."""

    node: int
    supply: str
    number: int
    available: int
    demand: str
    by: int
    by_number: int
    day: int
    qty: int


@dataclass(frozen=True, slots=True)
class Step:
    """One peg of a chain, and how deep it lies."""

    peg: Peg
    depth: int


@dataclass(slots=True)
class Pegging:
    """The pegs of a plan, worked out node by node as they are asked for."""

    plan: Plan
    users: Integers = field(init=False)
    user_at: Integers = field(init=False)
    known: dict[int, tuple[Peg, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parts = self.plan.problem.parts
        order = np.argsort(parts.node, kind="stable")
        self.users = order
        self.user_at = np.searchsorted(parts.node[order], np.arange(len(self.plan.net.safety) + 1))

    def of(self, node: int) -> tuple[Peg, ...]:
        """The node's supply, by the day it comes, against its demands, by the day they are due."""
        if node not in self.known:
            self.known[node] = tuple(_matched(node, self._supplies(node), self._demands(node)))
        return self.known[node]

    def upward(self, node: int, number: int) -> tuple[Step, ...]:
        """What an order is for: the demands it serves, and those that these serve, up to the customers."""
        return tuple(self._up(node, number, 0))

    def downward(self, node: int, day: int) -> tuple[Step, ...]:
        """What serves the customers' demand of a day: stock and orders, and what these orders draw on."""
        pegs = [peg for peg in self.of(node) if peg.demand == WANTED and peg.day == day]
        return tuple(step for peg in pegs for step in self._down(peg, 0))

    def _up(self, node: int, number: int, depth: int) -> Iterator[Step]:
        for peg in self.of(node):
            if peg.supply == ORDER and peg.number == number:
                yield Step(peg, depth)
                if peg.demand == DRAWN:
                    yield from self._up(peg.by, peg.by_number, depth + 1)

    def _down(self, peg: Peg, depth: int) -> Iterator[Step]:
        yield Step(peg, depth)
        if peg.supply != ORDER:
            return
        arc = int(self.plan.orders(np.array([peg.node]))[peg.number, c.ARC])
        net = self.plan.net
        for part in net.part_node[net.part_at[arc] : net.part_at[arc + 1]].tolist():
            for below in self.of(part):
                if (below.demand, below.by, below.by_number) == (DRAWN, peg.node, peg.number):
                    yield from self._down(below, depth + 1)

    def _supplies(self, node: int) -> list[tuple[int, str, int, int]]:
        net = self.plan.net
        held = range(int(net.supply_at[node]), int(net.supply_at[node + 1]))
        found = [
            (int(net.supply_day[k]), COMING if net.supply_day[k] else STOCK, -1, int(net.supply_qty[k])) for k in held
        ]
        orders = self.plan.orders(np.array([node]))
        found += [(int(row[c.DUE]), ORDER, number, int(row[c.QTY])) for number, row in enumerate(orders)]
        return sorted(found, key=lambda each: (each[0], each[1] != STOCK))

    def _demands(self, node: int) -> list[tuple[int, str, int, int, int]]:
        """(day, what, by node, by order, quantity), customers before other nodes on the same day, safety last."""
        net = self.plan.net
        days = np.flatnonzero(net.demand[node]).tolist()
        found = [(day, WANTED, -1, -1, int(net.demand[node, day])) for day in days]
        found += self._draws(node)
        found.sort(key=lambda each: (each[0], each[1] != WANTED))
        if net.safety[node]:
            found.append((net.demand.shape[1], SAFETY, -1, -1, int(net.safety[node])))
        return found

    def _draws(self, node: int) -> list[tuple[int, str, int, int, int]]:
        parts, arcs = self.plan.problem.parts, self.plan.problem.arcs
        of_user: dict[int, dict[int, int]] = defaultdict(dict)
        for part in self.users[self.user_at[node] : self.user_at[node + 1]].tolist():
            arc = int(parts.arc[part])
            of_user[int(arcs.node[arc])][arc] = part
        found = []
        for user, ways in sorted(of_user.items()):
            for number, row in enumerate(self.plan.orders(np.array([user]))):
                part = ways.get(int(row[c.ARC]), -1)
                if part >= 0:
                    qty = -(-int(row[c.QTY]) * int(parts.numerator[part]) // int(parts.denominator[part]))
                    found.append((int(row[c.DAY]), DRAWN, user, number, qty))
        return found


def _matched(
    node: int, supplies: list[tuple[int, str, int, int]], demands: list[tuple[int, str, int, int, int]]
) -> Iterator[Peg]:
    """First come, first served: what comes first goes to what is due first."""
    coming = iter(supplies)
    available, kind, number, left = next(coming, (0, "", -1, 0))
    for day, what, by, by_number, wanted in demands:
        while wanted and kind:
            qty = min(left, wanted)
            if qty:
                yield Peg(node, kind, number, available, what, by, by_number, day, qty)
            left, wanted = left - qty, wanted - qty
            if not left:
                available, kind, number, left = next(coming, (0, "", -1, 0))
