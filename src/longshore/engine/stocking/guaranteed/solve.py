"""Guaranteed-service placement: dynamic programming on trees, branch and bound over reweighted messages elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING, Any

import numpy as np

from longshore.engine.stocking.guaranteed.problem import (
    UNBOUNDED,
    Integers,
    Network,
    Placement,
    Reals,
    Stopping,
    topological,
)
from longshore.engine.stocking.guaranteed.variables import FORBIDDEN, Linked, linked, longest

if TYPE_CHECKING:
    from longshore.engine.stocking.guaranteed.passing import Links, Messages

PRECISE = 1e-9
"""Share of the cost below which two placements count as equally dear."""
FIRST_SWEEPS, SWEEPS, SLOW = 400, 40, 5e-4
"""Sweeps before branching and per branch at most, and the share of the gap that a sweep must close on average in a round."""
ROUND = 5
OPEN = 400
"""Open branches from which on only the newest is taken, so that memory stays small."""
NEAR = 0.1
"""Share of the gap within which values look equally good."""

Progress = Callable[[int, float, float], None]


def solve(network: Network, stopping: Stopping | None = None, progress: Progress | None = None) -> Placement:
    """The cheapest placement, proven unless `stopping.branches` ran out (then `bound` says how far it may be off).

    Service times are whole periods: an optimum has whole ones where all given times are whole (Lesnaia 2004). On a tree
    O(n t^2) for t periods (Graves and Willems 2000); elsewhere branch and bound, exponential at worst. `progress` is
    told branches done, cost and bound. Deterministic.
    """
    unit = _unit(network)
    scaled = Network(
        times=network.times // unit,
        inbound=network.inbound // unit,
        promised=np.where(network.promised == UNBOUNDED, UNBOUNDED, network.promised // unit),
        holding=network.holding,
        spread=network.spread * unit**0.5,
        arcs=network.arcs,
    )
    system = linked(scaled)
    search = _Search(scaled, system, stopping or Stopping(), progress, longest(scaled)[0])
    search.run()
    inbound, outbound = settled(scaled, search.inbound)
    net = (inbound + scaled.times - outbound) * unit
    safety = network.spread * np.sqrt(net)
    return Placement(
        inbound=inbound * unit,
        outbound=outbound * unit,
        net=net,
        safety=safety,
        cost=float(network.holding @ safety),
        bound=search.bound,
        proven=not search.stopped,
        everywhere=_everywhere(network),
        variables=len(system.sizes),
        branches=search.branches,
    )


def _unit(network: Network) -> int:
    numbers = [*network.times.tolist(), *network.inbound.tolist(), *network.promised[network.promised > 0].tolist()]
    return gcd(*numbers) or 1


def _everywhere(network: Network) -> float:
    """Cost where every stage covers its own time, and what is promised outside is as late as it may be."""
    last = np.where(network.promised == UNBOUNDED, 0, network.promised)
    selling = ~np.isin(np.arange(len(last)), network.arcs[:, 0])
    covered = network.times + network.inbound - np.where(selling, np.minimum(last, network.times + network.inbound), 0)
    return float(network.holding @ (network.spread * np.sqrt(covered)))


def settled(network: Network, wished: Integers) -> tuple[Integers, Integers]:
    """Inbound and outbound times of the cheapest placement in which no stage is served later than `wished` (n,)."""
    inbound, outbound = network.inbound.copy(), np.zeros_like(network.times)
    latest = np.where(network.promised == UNBOUNDED, np.iinfo(np.int64).max, network.promised)
    np.minimum.at(latest, network.arcs[:, 0], wished[network.arcs[:, 1]])
    customers: list[list[int]] = [[] for _ in latest]
    for supplier, customer in network.arcs.tolist():
        customers[supplier].append(customer)
    for stage in topological(network):
        outbound[stage] = min(int(inbound[stage] + network.times[stage]), int(latest[stage]))
        for customer in customers[stage]:
            inbound[customer] = max(int(inbound[customer]), int(outbound[stage]))
    return inbound, outbound


@dataclass(slots=True)
class _Search:
    """Branches over the values of variables; each starts from its parent's messages."""

    network: Network
    system: Linked
    stopping: Stopping
    progress: Progress | None
    inbound: Integers
    cost: float = float("inf")
    bound: float = 0.0
    branches: int = 0
    stopped: bool = False

    def run(self) -> None:
        from longshore.engine.stocking.guaranteed import passing

        self._offer(self.inbound)
        self._offer(self.network.inbound)
        if len(self.system.sizes) == 0:
            self.bound = self.cost
            return
        links = passing.Links(*_index(self.system))
        exact = bool((np.diff(links.before_at) <= 1).all())
        slack = np.zeros_like(self.system.unary)
        open_: list[tuple[float, Messages]] = [(0.0, _start(self.system))]
        dived = True
        while open_ and not self.stopped:
            known, messages = open_.pop(self._next(open_, dived))
            dived = False
            if known >= self.cost * (1 - PRECISE):
                continue
            self.branches += 1
            if self.branches > self.stopping.branches:
                self.stopped = True
                open_.append((known, messages))
                break
            found = self._bound(links, messages, exact, slack)
            if self.progress is not None:
                self.progress(self.branches, self.cost, min([found, *(one for one, _ in open_)]))
            dived = found < self.cost * (1 - PRECISE) and bool((messages.counts > 1).any())
            if dived:
                open_ += _split(messages, found, slack, self.cost - found)
        self.bound = min([self.cost, *(max(one, 0.0) for one, _ in open_)]) if self.stopped else self.cost

    @staticmethod
    def _next(open_: list[tuple[float, Messages]], dived: bool) -> int:
        """The newest while that leads down, then the one with the lowest bound."""
        if dived or len(open_) > OPEN:
            return -1
        return min(range(len(open_)), key=lambda at: open_[at][0])

    def _bound(self, links: Links, messages: Messages, exact: bool, slack: Reals) -> float:
        """Sweep until the branch is closed or sweeps no longer help; drops values that cannot be in a better one."""
        from longshore.engine.stocking.guaranteed import passing

        unary = self.system.unary
        best, before = -1.0, -1.0
        most = 1 if exact else FIRST_SWEEPS if self.branches == 1 else SWEEPS
        for sweep in range(1, most + 1):
            if not exact:
                passing.forward(links, messages, unary)
            found = passing.backward(links, messages, unary, exact, slack)
            self._offer(self._stage_times(passing.decode(links, messages, unary)))
            best = max(best, found)
            room = self.cost * (1 - PRECISE) - found
            if room < 0 or passing.prune(messages, slack, room) < 0:
                return self.cost
            if sweep % ROUND == 0:
                if best - before < SLOW * ROUND * (self.cost - best):
                    break
                before = best
        return best

    def _stage_times(self, values: Integers) -> Integers:
        of = self.system.inbound_of
        return np.where(of >= 0, values[np.maximum(of, 0)], self.network.inbound)

    def _offer(self, wished: Integers) -> None:
        inbound, outbound = settled(self.network, wished)
        net = inbound + self.network.times - outbound
        cost = float(self.network.holding @ (self.network.spread * np.sqrt(net)))
        if cost < self.cost:
            self.cost, self.inbound = cost, inbound


def _index(system: Linked) -> tuple[Any, ...]:
    count = len(system.sizes)
    before, after = np.argsort(system.second, kind="stable"), np.argsort(system.first, kind="stable")
    ends = np.arange(count + 1)
    return (
        system.first, system.second, system.tables, system.starts, system.sizes,
        before, np.searchsorted(system.second[before], ends), after, np.searchsorted(system.first[after], ends),
    )  # fmt: skip


def _start(system: Linked) -> Messages:
    from longshore.engine.stocking.guaranteed.passing import Messages

    count, labels = system.unary.shape
    values, counts = np.zeros((count, labels), dtype=np.int64), np.zeros(count, dtype=np.int64)
    for variable in range(count):
        alive = np.flatnonzero(system.unary[variable] < FORBIDDEN)
        values[variable, : len(alive)] = alive
        counts[variable] = len(alive)
    edges = len(system.first)
    return Messages(np.zeros((edges, labels)), np.zeros((edges, labels)), values, counts)


def _split(messages: Messages, found: float, slack: Reals, gap: float) -> list[tuple[float, Messages]]:
    """Two branches, parted between values of one variable that look equally good but lie far apart; the likelier comes
    last, to be searched first."""
    at, cut, likely_low = _parting(messages, slack, gap)
    values = messages.values[at, : messages.counts[at]]
    halves = []
    for chosen in (values[:cut], values[cut:]):
        copy = messages._replace(
            up=messages.up.copy(),
            down=messages.down.copy(),
            values=messages.values.copy(),
            counts=messages.counts.copy(),
        )
        copy.values[at, : len(chosen)] = chosen
        copy.counts[at] = len(chosen)
        halves.append((found, copy))
    return halves[::-1] if likely_low else halves


def _parting(messages: Messages, slack: Reals, gap: float) -> tuple[int, int, bool]:
    """Variable, how many of its values go to the lower branch, and whether the best of them is there."""
    best, parting = -1.0, (int(np.argmax(messages.counts)), 1, True)
    for at, count in enumerate(messages.counts.tolist()):
        if count < 2:
            continue
        values = messages.values[at, :count]
        told = slack[at, values]
        good = np.flatnonzero(told <= NEAR * gap)
        first, last = (int(good[0]), int(good[-1])) if len(good) else (0, 0)
        spread = float(values[last] - values[first]) + 1e-6 * count
        if spread > best:
            cut = (first + last + 1) // 2 if last > first else max(first, 1)
            best, parting = spread, (at, cut, int(np.argmin(told)) < cut)
    return parting
