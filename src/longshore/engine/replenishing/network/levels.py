"""Low-level codes: in which order nodes are planned, and which must be planned together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshore.engine.compiling import kernel
from longshore.engine.invalid import InvalidProblem
from longshore.engine.replenishing.network.problem import SURPLUS, Integers, NetworkProblem


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Cells are nodes that share surplus, planned together. `nodes` by level and cell; `cell_at` (cells + 1) where each
    cell starts in it; `cell_of` each node; `level_at` (levels + 1) where each level starts among the cells."""

    nodes: Integers
    cell_at: Integers
    cell_of: Integers
    level_at: Integers

    def levels(self, nodes: Integers) -> Integers:
        """How far down these nodes are planned."""
        return np.asarray(np.searchsorted(self.level_at, self.cell_of[nodes], side="right") - 1, dtype=np.int64)


def order_of(problem: NetworkProblem) -> Order:
    """A node comes after all that draw on it (its level is the longest way to it). Raises InvalidProblem on a ring."""
    count = len(problem.nodes.item)
    above, below = problem.arcs.node[problem.parts.arc], problem.parts.node
    shared = problem.arcs.kind[problem.parts.arc] == SURPLUS
    root = _joined(count, above[shared], below[shared])
    least = np.zeros(count, dtype=np.int64)
    if problem.outside is not None:
        np.maximum.at(least, root, problem.outside.level)
    level = _levels(least, root, root[above[~shared]], root[below[~shared]])
    stuck = np.flatnonzero(level[root] < 0)
    if len(stuck):
        number = int(stuck[0])
        name = f"item {int(problem.nodes.item[number])} at place {int(problem.nodes.place[number])}"
        raise InvalidProblem("parts.node", number, f"{name} needs itself", "Take one arc out of the ring")
    nodes = np.lexsort((np.arange(count), root, level[root])).astype(np.int64)
    roots = root[nodes]
    starts = np.flatnonzero(np.r_[True, roots[1:] != roots[:-1]]) if count else np.zeros(0, dtype=np.int64)
    cell_of = np.empty(count, dtype=np.int64)
    cell_of[nodes] = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, count]))
    levels = level[roots[starts]]
    level_at = np.searchsorted(levels, np.arange(int(levels.max(initial=-1)) + 2)).astype(np.int64)
    return Order(nodes, np.r_[starts, count].astype(np.int64), cell_of, level_at)


@kernel
def _joined(count: int, one: Integers, other: Integers) -> Integers:
    """The lowest node that each node (count,) is joined with, directly or not."""
    root = np.arange(count)
    for k in range(len(one)):
        a, b = one[k], other[k]
        while root[a] != a:
            root[a] = root[root[a]]
            a = root[a]
        while root[b] != b:
            root[b] = root[root[b]]
            b = root[b]
        if a < b:
            root[b] = a
        else:
            root[a] = b
    for k in range(count):
        root[k] = root[root[k]]
    return root


@kernel
def _levels(least: Integers, root: Integers, above: Integers, below: Integers) -> Integers:
    """Longest way from the top to each root (count,), at least what is told; -1: on or behind a ring. `above` draws on
    `below`."""
    count = len(least)
    waiting = np.zeros(count, dtype=np.int64)
    at = np.zeros(count + 1, dtype=np.int64)
    for k in range(len(above)):
        waiting[below[k]] += 1
        at[above[k] + 1] += 1
    at = np.cumsum(at)
    draws, filled = np.empty(len(above), dtype=np.int64), at[:-1].copy()
    for k in range(len(above)):
        draws[filled[above[k]]] = below[k]
        filled[above[k]] += 1
    level = np.full(count, -1, dtype=np.int64)
    longest = least.copy()
    queue, head, tail = np.empty(count, dtype=np.int64), 0, 0
    for k in range(count):
        if root[k] == k and waiting[k] == 0:
            queue[tail] = k
            tail += 1
    while head < tail:
        node = queue[head]
        head += 1
        level[node] = longest[node]
        for k in range(at[node], at[node + 1]):
            part = draws[k]
            longest[part] = max(longest[part], level[node] + 1)
            waiting[part] -= 1
            if waiting[part] == 0:
                queue[tail] = part
                tail += 1
    return level
