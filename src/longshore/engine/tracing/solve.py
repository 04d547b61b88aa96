"""Genealogy by breadth-first search over compressed sparse rows; mass balance by one sum."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from longshore.engine.compiling import kernel
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


class Index:
    """The links of a problem in both directions, sorted once; asked any number of times. Memory: 32 bytes a link."""

    def __init__(self, links: Links) -> None:
        self.links = links
        self._down = _rows(links.nodes, links.source)
        self._up = _rows(links.nodes, links.target)

    def solve(self, question: Question) -> Family:
        """All nodes reachable from the starts; each once, nearest first. O(nodes + links reached), plus O(n) marks."""
        links = self.links
        going_down = question.direction == DOWN
        first, order = self._down if going_down else self._up
        far = links.target if going_down else links.source
        starts = np.unique(question.starts)
        node, depth, used, complete = _search(first, order, far, links.closed, starts, question.limit)
        used.sort()
        return Family(node, depth, used, _cyclic(links, used), complete)


def solve(links: Links, question: Question) -> Family:
    """What is related to the starts of this question. For many questions over the same links keep an `Index`."""
    return Index(links).solve(question)


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


@kernel
def _search(
    first: Integers, order: Integers, far: Integers, closed: Mask, starts: Integers, limit: int
) -> tuple[Integers, Integers, Integers, bool]:
    """Nodes in the order found with their depth, links gone along, and whether that is all of them."""
    seen = np.zeros(len(closed), np.bool_)
    node = np.empty(min(limit, len(closed)), np.int64)
    depth = np.empty(len(node), np.int64)
    used = np.empty(1024, np.int64)
    found = went = 0
    for start in starts:
        seen[start] = True
        node[found], depth[found] = start, 0
        found += 1
    place, begun, complete = 0, found, True
    while place < found:
        here = node[place]
        if closed[here] and place >= begun:
            place += 1
            continue
        for row in order[first[here] : first[here + 1]]:
            there = far[row]
            if not seen[there]:
                if found == len(node):
                    complete = False
                    continue
                seen[there] = True
                node[found], depth[found] = there, depth[place] + 1
                found += 1
            if went == len(used):
                more = np.empty(2 * went, np.int64)
                more[:went] = used
                used = more
            used[went] = row
            went += 1
        place += 1
    return node[:found].copy(), depth[:found].copy(), used[:went].copy(), complete


def _cyclic(links: Links, used: Integers) -> Integers:
    """The rows among `used` whose two ends can reach each other (strongly connected, or one and the same)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = np.concatenate([links.source[used], links.target[used]])
    names, number = np.unique(ends, return_inverse=True)
    source, target = number[: len(used)], number[len(used) :]
    ones: NDArray[Any] = np.ones(len(used), dtype=np.int8)
    graph = coo_array((ones, (source, target)), shape=(len(names), len(names)))
    _count, group = connected_components(graph, directed=True, connection="strong")
    sizes = np.bincount(group, minlength=1)
    same = (group[source] == group[target]) & ((sizes[group[source]] > 1) | (source == target))
    cyclic: Integers = used[same]
    return cyclic
