"""A network as a small system of whole-valued variables with costs on single variables and on pairs.

A stage has two: its inbound time a and its outbound bound b (it promises min(b, a + T)). Arcs ask b(supplier) <=
a(customer). Cost rises with a and falls with b, so a bound with a single customer equals the customer's inbound time, an
inbound time with a single supplier equals the supplier's bound, and twins (same customers, or same suppliers) are equal:
these are merged. What remains is much smaller than the network, and a tree stays a tree.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from longshore.engine.invalid import require
from longshore.engine.stocking.guaranteed.problem import UNBOUNDED, Integers, Network, Reals, topological

FORBIDDEN = 1e100
LARGEST = 250_000_000
"""Table entries (8 bytes each) above which the system is refused."""
Arcs = set[tuple[int, int]]


@dataclass(frozen=True, slots=True, eq=False)
class Linked:
    """`unary` (k, labels) cost of a value of a variable (FORBIDDEN where it has none); edge e joins variables `first[e]` <
    `second[e]` with a table (sizes[first], sizes[second]) that starts at `starts[e]` of `tables`; `inbound_of` (n,) is the
    variable that is a stage's inbound time, -1: `network.inbound`."""

    unary: Reals
    sizes: Integers
    first: Integers
    second: Integers
    tables: Reals
    starts: Integers
    inbound_of: Integers


@dataclass(slots=True)
class _Merging:
    """Variables 0..n-1 inbound times, n..2n-1 outbound bounds, and who has become one with whom."""

    parent: list[int]

    def root(self, variable: int) -> int:
        while self.parent[variable] != variable:
            self.parent[variable] = self.parent[self.parent[variable]]
            variable = self.parent[variable]
        return variable


def linked(network: Network) -> Linked:
    """Merge, number the variables breadth first, and write the tables."""
    stages = len(network.times)
    merging, arcs = _merged(network)
    latest_in, latest_out = longest(network)
    fixed = _fixed(network, latest_out)
    pairs = _pairs(network, merging, fixed)
    order = _breadth_first({root for root in map(merging.root, range(2 * stages)) if root not in fixed}, pairs, arcs)
    number = {root: position for position, root in enumerate(order)}
    sizes = np.ones(len(order), dtype=np.int64)
    lowest = np.zeros(len(order), dtype=np.int64)
    for variable in range(2 * stages):
        at = number.get(merging.root(variable), -1)
        stage = variable % stages
        if at < 0:
            continue
        top = latest_in[stage] if variable < stages else latest_out[stage]
        sizes[at] = max(int(sizes[at]), int(top) + 1)
        if variable < stages:
            lowest[at] = max(int(lowest[at]), int(network.inbound[stage]))
    writer = _Writer(network, number, fixed, np.zeros((len(order), int(sizes.max(initial=1)))), sizes)
    for at in range(len(order)):
        writer.unary[at, : lowest[at]] = FORBIDDEN
        writer.unary[at, sizes[at] :] = FORBIDDEN
    writer.write(pairs, arcs)
    inbound_of = np.array([number.get(merging.root(stage), -1) for stage in range(stages)], dtype=np.int64)
    return writer.done(inbound_of)


def longest(network: Network) -> tuple[Integers, Integers]:
    """Greatest inbound time and greatest outbound time any stage can have."""
    inbound, outbound = network.inbound.copy(), np.zeros_like(network.times)
    suppliers: list[list[int]] = [[] for _ in network.times]
    for supplier, customer in network.arcs.tolist():
        suppliers[customer].append(supplier)
    for stage in topological(network):
        inbound[stage] = max([int(inbound[stage]), *(int(outbound[one]) for one in suppliers[stage])])
        outbound[stage] = inbound[stage] + network.times[stage]
        if network.promised[stage] != UNBOUNDED:
            outbound[stage] = min(int(outbound[stage]), int(network.promised[stage]))
    return inbound, outbound


def _fixed(network: Network, latest_out: Integers) -> dict[int, int]:
    """Inbound times without suppliers and bounds without customers are known."""
    stages = len(network.times)
    supplied, sold = set(network.arcs[:, 1].tolist()), set(network.arcs[:, 0].tolist())
    found = {stage: int(network.inbound[stage]) for stage in range(stages) if stage not in supplied}
    found.update({stages + stage: int(latest_out[stage]) for stage in range(stages) if stage not in sold})
    return found


def _merged(network: Network) -> tuple[_Merging, Arcs]:
    """Merge until nothing more can be: the remaining arcs (lower variable, upper variable) as roots."""
    stages = len(network.times)
    merging = _Merging(list(range(2 * stages)))
    arcs = {(stages + supplier, customer) for supplier, customer in network.arcs.tolist()}
    while True:
        arcs = {(merging.root(low), merging.root(high)) for low, high in arcs}
        arcs = {(low, high) for low, high in arcs if low != high}
        pairs = _equal(network, merging, arcs)
        if not pairs:
            return merging, arcs
        for one, other in pairs:
            merging.parent[merging.root(one)] = merging.root(other)


def _equal(network: Network, merging: _Merging, arcs: Arcs) -> Arcs:
    """Variables that may be taken as equal: only pure bounds move up freely, only pure inbound times move down."""
    pure_low, pure_high = _pure(network, merging)
    above: dict[int, list[int]] = defaultdict(list)
    below: dict[int, list[int]] = defaultdict(list)
    for low, high in sorted(arcs):
        above[low].append(high)
        below[high].append(low)
    pairs: Arcs = set()
    for neighbours, pure in ((above, pure_low), (below, pure_high)):
        twins: dict[tuple[int, ...], int] = {}
        for one, others in neighbours.items():
            if one not in pure:
                continue
            same = others[0] if len(others) == 1 else twins.setdefault(tuple(others), one)
            if same != one:
                pairs.add((one, same))
    return pairs


def _pure(network: Network, merging: _Merging) -> tuple[set[int], set[int]]:
    stages = len(network.times)
    roots = [merging.root(variable) for variable in range(2 * stages)]
    inbound, bounds = set(roots[:stages]), set(roots[stages:])
    late = {roots[stage] for stage in range(stages) if network.inbound[stage] > 0}
    return bounds - inbound, inbound - bounds - late


def _pairs(network: Network, merging: _Merging, fixed: dict[int, int]) -> list[tuple[int, int]]:
    """Each stage's variables, as roots."""
    stages = len(network.times)
    return [(merging.root(stage), merging.root(stages + stage)) for stage in range(stages)]


def _breadth_first(roots: set[int], pairs: list[tuple[int, int]], arcs: Arcs) -> list[int]:
    """So ordered, every variable of a tree has one neighbour before it at most."""
    neighbours: dict[int, set[int]] = {root: set() for root in roots}
    for one, other in [*pairs, *arcs]:
        if one in roots and other in roots and one != other:
            neighbours[one].add(other)
            neighbours[other].add(one)
    order: list[int] = []
    seen: set[int] = set()
    for start in sorted(roots, key=lambda root: (len(neighbours[root]), root)):
        queue = [] if start in seen else [start]
        seen.add(start)
        for root in queue:
            fresh = sorted(neighbours[root] - seen)
            queue += fresh
            seen.update(fresh)
        order += queue
    return order


@dataclass(slots=True)
class _Writer:
    """Costs added up: per variable, and per pair of variables."""

    network: Network
    number: dict[int, int]
    fixed: dict[int, int]
    unary: Reals
    sizes: Integers
    tables: dict[tuple[int, int], Reals] = field(default_factory=dict)

    def write(self, pairs: list[tuple[int, int]], arcs: Arcs) -> None:
        for stage, (inbound, bound) in enumerate(pairs):
            a, b = self.number.get(inbound, -1), self.number.get(bound, -1)
            before = np.arange(self.sizes[a]) if a >= 0 else np.array([self.fixed[inbound]])
            after = np.arange(self.sizes[b]) if b >= 0 else np.array([self.fixed[bound]])
            cost = self._cost(stage, before, after)
            if a < 0 and b < 0:
                self.unary[:1, : self.sizes[:1].max(initial=0)] += cost[
                    0, 0
                ]  # not decided here, but part of every bound
            elif a == b:
                self.unary[a, : len(before)] += np.diagonal(cost)
            elif b < 0:
                self.unary[a, : len(before)] += cost[:, 0]
            elif a < 0:
                self.unary[b, : len(after)] += cost[0]
            else:
                self._add(a, b, cost)
        for low, high in arcs:
            a, b = self.number[low], self.number[high]
            forbidden = np.arange(self.sizes[a])[:, None] > np.arange(self.sizes[b])[None, :]
            self._add(a, b, np.where(forbidden, FORBIDDEN, 0.0))

    def _cost(self, stage: int, before: Integers, after: Integers) -> Reals:
        ceiling = int(self.network.promised[stage])
        promise = after if ceiling == UNBOUNDED else np.minimum(after, ceiling)
        net = np.maximum(before[:, None] + self.network.times[stage] - promise[None, :], 0)
        return np.asarray(self.network.holding[stage] * self.network.spread[stage] * np.sqrt(net), dtype=np.float64)

    def _add(self, a: int, b: int, cost: Reals) -> None:
        key, table = ((a, b), cost) if a < b else ((b, a), cost.T)
        self.tables[key] = self.tables[key] + table if key in self.tables else table
        entries = sum(table.size for table in self.tables.values())
        require(entries <= LARGEST, "times", None, "span too many periods", "Count time in coarser periods")

    def done(self, inbound_of: Integers) -> Linked:
        keys = sorted(self.tables)
        flat = [np.ascontiguousarray(self.tables[key]).ravel() for key in keys]
        starts = np.cumsum([0, *(len(one) for one in flat)])[:-1] if keys else np.zeros(0)
        return Linked(
            unary=self.unary,
            sizes=self.sizes,
            first=np.array([one for one, _ in keys], dtype=np.int64),
            second=np.array([other for _, other in keys], dtype=np.int64),
            tables=np.concatenate(flat) if flat else np.zeros(0),
            starts=starts.astype(np.int64),
            inbound_of=inbound_of,
        )
