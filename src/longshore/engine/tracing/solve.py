"""Genealogy level by level, over arrays in memory or wherever the links are kept; mass balance by one sum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longshore.engine.tracing.problem import (
    CATEGORIES,
    DOWN,
    MADE,
    UNEXPLAINED,
    Family,
    Integers,
    Links,
    Mask,
    MassBalance,
    Quantities,
    Question,
)

Neighbours = Callable[[Integers], tuple[Integers, Integers]]
"""For nodes (f,): the nodes one step on (k,) and a label of each link gone along (k,), in any order, repeats allowed."""


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """Nodes nearest first (n,), their depth (n,), the labels of all links gone along, whether that is all."""

    node: Integers
    depth: Integers
    labels: Integers
    complete: bool


def explore(
    starts: Integers, neighbours: Neighbours, closed: Callable[[Integers], Mask], *, limit: int = 2_000_000
) -> Reached:
    """Breadth first from these nodes (any int64 numbers), one call of `neighbours` a level.

    `closed` tells which nodes are reached but not gone through; the starts always are. Each node once, so diamonds do
    not explode and cycles end. Time O(levels x nodes + links reached), memory O(nodes + links reached).
    """
    level = np.unique(starts)
    seen, nodes, depths, labels = level, [level], [np.zeros(len(level), dtype=np.int64)], []
    complete, depth = True, 0
    while len(level):
        depth += 1
        far, label = neighbours(level if depth == 1 else level[~closed(level)])
        labels.append(label)
        fresh = np.setdiff1d(far, seen)
        room = limit - len(seen)
        if len(fresh) > room:
            fresh, complete = fresh[:room], False
        seen = np.union1d(seen, fresh)
        nodes.append(fresh)
        depths.append(np.full(len(fresh), depth, dtype=np.int64))
        level = fresh
    nothing = np.zeros(0, dtype=np.int64)
    return Reached(np.concatenate(nodes), np.concatenate(depths), np.concatenate([*labels, nothing]), complete)


class Index:
    """The links of a problem in both directions, sorted once; asked any number of times. Memory: 32 bytes a link."""

    def __init__(self, links: Links) -> None:
        self.links = links
        self._down = _rows(links.nodes, links.source)
        self._up = _rows(links.nodes, links.target)

    def solve(self, question: Question) -> Family:
        """All nodes reachable from the starts; each once, nearest first."""
        links = self.links
        going_down = question.direction == DOWN
        first, order = self._down if going_down else self._up
        far = links.target if going_down else links.source

        def neighbours(level: Integers) -> tuple[Integers, Integers]:
            counts = first[level + 1] - first[level]
            ends = np.cumsum(counts)
            total = int(ends[-1]) if len(ends) else 0
            rows = order[np.arange(total) + np.repeat(first[level] - (ends - counts), counts)]
            return far[rows], rows

        reached = explore(question.starts, neighbours, lambda nodes: links.closed[nodes], limit=question.limit)
        used = np.sort(reached.labels)
        cyclic = used[on_cycles(links.source[used], links.target[used])]
        return Family(reached.node, reached.depth, used, cyclic, reached.complete)


def solve(links: Links, question: Question) -> Family:
    """What is related to the starts of this question. For many questions over the same links keep an `Index`."""
    return Index(links).solve(question)


def on_cycles(source: Integers, target: Integers) -> Mask:
    """Which of these links (e,) have ends that can reach each other (strongly connected components, SciPy)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    names, number = np.unique(np.concatenate([source, target]), return_inverse=True)
    begin, end = number[: len(source)], number[len(source) :]
    ones: NDArray[Any] = np.ones(len(source), dtype=np.int8)
    graph = coo_array((ones, (begin, end)), shape=(len(names), len(names)))
    _count, group = connected_components(graph, directed=True, connection="strong")
    sizes = np.bincount(group, minlength=1)
    found: Mask = (group[begin] == group[end]) & ((sizes[group[begin]] > 1) | (begin == end))
    return found


def balance(quantities: Quantities) -> MassBalance:
    """made = found + shipped + scrapped + consumed + unexplained, for each node; exact in int64. O(nodes + rows)."""
    columns = np.zeros((quantities.nodes, CATEGORIES), dtype=np.int64)
    np.add.at(columns, (quantities.node, quantities.category), quantities.qty)
    columns[:, UNEXPLAINED] = columns[:, MADE] - columns[:, MADE + 1 : UNEXPLAINED].sum(axis=1)
    return MassBalance(columns)


def _rows(nodes: int, near: Integers) -> tuple[Integers, Integers]:
    """Compressed sparse rows: the links of node n are order[first[n] : first[n + 1]]."""
    order = np.argsort(near, kind="stable").astype(np.int64)
    first = np.zeros(nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(near, minlength=nodes), out=first[1:])
    return first, order
