"""Links between numbered things, questions about them, and quantities to balance. Quantities int base units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require, require_all, require_integers

UP, DOWN = -1, 1
"""Directions: towards what went in, towards what came out."""

MADE, FOUND, SHIPPED, SCRAPPED, CONSUMED, UNEXPLAINED = range(6)
"""Where a quantity of a thing came from or went: the columns of a mass balance."""
CATEGORIES = 6

Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """`source[i]` went into `target[i]`: two int64 columns (e,) of node numbers below `nodes`.

    `closed` (nodes,) marks things that are reached but not gone through, unless the question starts there: a pallet
    holds many lots, which are no relatives of each other. Raises InvalidProblem.
    """

    nodes: int
    source: Integers
    target: Integers
    closed: Mask

    def __post_init__(self) -> None:
        for name in ("source", "target"):
            column = getattr(self, name)
            require_integers(column, name, len(self.source), 0)
            require_all(column < self.nodes, name, f"is no node below {self.nodes}", "Number the nodes from 0")
        require(
            self.closed.shape == (self.nodes,) and self.closed.dtype == np.bool_,
            "closed",
            None,
            f"must be {self.nodes} booleans",
            "Pass one for each node",
        )

    @classmethod
    def of(cls, nodes: int, pairs: list[tuple[int, int]], closed: tuple[int, ...] = ()) -> Links:
        """The links of these rows."""
        columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        mask = np.zeros(nodes, dtype=np.bool_)
        mask[list(closed)] = True
        return cls(nodes, np.ascontiguousarray(columns[0]), np.ascontiguousarray(columns[1]), mask)


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is related to these nodes (s,), in one direction, at most `limit` of them."""

    starts: Integers
    direction: int
    limit: int = 2_000_000

    def __post_init__(self) -> None:
        require_integers(self.starts, "starts", len(self.starts), 0)
        require(self.direction in (UP, DOWN), "direction", None, "is neither UP nor DOWN", "Choose one")
        require(self.limit >= len(self.starts), "limit", None, "is below the number of starts", "Raise it")


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """The nodes found, nearest first, each once (n,), with the fewest steps from a start (n,); the links between them.

    `links` (l,) are rows of the problem that were gone along, in row order. `cyclic` are those among them that lie on
    a cycle: what goes into itself cannot be, so they are told. `complete` is False where the limit cut the search.
    """

    node: Integers
    depth: Integers
    links: Integers
    cyclic: Integers
    complete: bool


@dataclass(frozen=True, slots=True, eq=False)
class Quantities:
    """Quantities of things, one row each: node (q,), category (q,) of the constants above, qty (q,), may be negative."""

    nodes: int
    node: Integers
    category: Integers
    qty: Integers

    def __post_init__(self) -> None:
        require_integers(self.node, "node", len(self.node), 0)
        require_all(self.node < self.nodes, "node", f"is no node below {self.nodes}", "Number the nodes from 0")
        require_integers(self.category, "category", len(self.node), 0)
        require_all(self.category < CATEGORIES, "category", "is no category", "Use the constants of this module")
        require_integers(self.qty, "qty", len(self.node), int(np.iinfo(np.int64).min))


@dataclass(frozen=True, slots=True, eq=False)
class MassBalance:
    """(nodes, 6) int64: made, found, shipped, scrapped, consumed onward, unexplained.

    made = found + shipped + scrapped + consumed + unexplained holds in every row: what nobody accounted for, and what
    was said to be unexplained, is in the last column, negative where more turned up than was made.
    """

    columns: Integers

    @property
    def unexplained(self) -> int:
        """The sum of what is unexplained, shortage and surplus not set off against each other."""
        return int(np.abs(self.columns[:, UNEXPLAINED]).sum())
