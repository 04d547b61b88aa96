"""The network as arrays: where goods are kept, who can bring more of them, and what limits that.

A node is an item at a place. Days are offsets from the first day planned; quantities are whole base units; money is in
thousandths of the minor unit. Every table is int64 columns of one length, in the order its docstring says.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import InvalidProblem, require, require_all, require_integers

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

BUY, MOVE, MAKE, SURPLUS = 0, 1, 2, 3
"""How supply comes: from a supplier; from a node that plans for it; made of parts; from what another has too much."""

FAR = 1 << 30
"""Last usable day of what does not spoil."""


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """`safety` stock to keep; `cover` days whose need one order covers; `life` days new supply stays usable (0: it
    keeps). `demand` (n, days): what is wanted from the node by itself, not for other nodes."""

    item: Integers
    place: Integers
    safety: Integers
    cover: Integers
    life: Integers
    demand: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """Stock (day 0) and firm supply to come, ascending by `node`; `last` usable day, FAR where it keeps."""

    node: Integers
    day: Integers
    qty: Integers
    last: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """Ways to get a node's goods, ascending by `node`; the order among them decides ties.

    `kind` BUY, MOVE, MAKE or SURPLUS; `source` any number that tells who; `lead` days from ordering to arriving;
    `fence` first day on which a new order may be sent (what is before is frozen); `calendar` row of the calendars (-1:
    every day); `moq` and `multiple`; `price` of a unit; `late` cost of a unit a day late; `capacity` group (-1: none);
    `load` group (-1: none) and `size` of a unit in it.
    """

    node: Integers
    kind: Integers
    source: Integers
    lead: Integers
    fence: Integers
    calendar: Integers
    moq: Integers
    multiple: Integers
    price: Integers
    late: Integers
    capacity: Integers
    load: Integers
    size: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What an arc takes from other nodes on its order day, ascending by `arc`: `numerator` / `denominator` of a unit
    for each unit, rounded up for each order. MOVE and SURPLUS have one, MAKE at least one, BUY none."""

    arc: Integers
    node: Integers
    numerator: Integers
    denominator: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Breaks:
    """Prices from a quantity on, ascending by `arc` and `qty`."""

    arc: Integers
    qty: Integers
    price: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Former:
    """Orders of the plan before, ascending by `arc`: kept where they still serve."""

    arc: Integers
    day: Integers
    qty: Integers


def _none() -> Integers:
    return np.zeros(0, dtype=np.int64)


def _no_former() -> Former:
    return Former(_none(), _none(), _none())


def _no_breaks() -> Breaks:
    return Breaks(_none(), _none(), _none())


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """`calendars` (c, days): open for orders. Capacity groups (g): at most `most` units in each `period` of days, by
    order day. Load groups (f): `full` is what a truck or container takes; orders up to `pull` days ahead fill it up.
    A former order is kept if it is at most `keep_days` earlier and `keep_bp` basis points more than what is needed."""

    calendars: Flags
    period: Integers = field(default_factory=_none)
    most: Integers = field(default_factory=_none)
    full: Integers = field(default_factory=_none)
    pull: Integers = field(default_factory=_none)
    keep_days: int = 0
    keep_bp: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Outside:
    """What a plan of some nodes has to know of the others: `drawn` (n, days) is what their orders take, and `level` how far
    down each node is planned among all of them (0: not known; it comes after all that draw on it here)."""

    drawn: Integers
    level: Integers


@dataclass(frozen=True, slots=True, eq=False)
class NetworkProblem:
    """Raises InvalidProblem for what cannot be planned, goods that need themselves included (see levels)."""

    nodes: Nodes
    supply: Supply
    arcs: Arcs
    parts: Parts
    limits: Limits
    breaks: Breaks = field(default_factory=_no_breaks)
    former: Former = field(default_factory=_no_former)
    outside: Outside | None = None

    @property
    def days(self) -> int:
        return int(self.nodes.demand.shape[1])

    def __post_init__(self) -> None:
        rows, arcs = len(self.nodes.item), len(self.arcs.node)
        self._require_nodes(rows)
        self._require_arcs(rows, arcs)
        self._require_parts(rows, arcs)
        self._require_limits()
        if self.outside is not None:
            require_integers(self.outside.level, "outside.level", rows, 0)
            fits = self.outside.drawn.shape == (rows, self.days) and self.outside.drawn.dtype == np.int64
            require(fits, "outside.drawn", None, "has a wrong shape or type", "(n, days) of int64")

    def _require_nodes(self, rows: int) -> None:
        nodes, supply = self.nodes, self.supply
        for name, lowest in (("item", 0), ("place", 0), ("safety", 0), ("cover", 1), ("life", 0)):
            require_integers(getattr(nodes, name), f"nodes.{name}", rows, lowest)
        shape = nodes.demand.shape
        require(
            len(shape) == 2 and shape[0] == rows and shape[1] > 0,
            "nodes.demand",
            None,
            "has a wrong shape",
            "(n, days)",
        )
        require(nodes.demand.dtype == np.int64, "nodes.demand", None, "is not int64", "Convert exactly first")
        require(not rows or int(nodes.demand.min()) >= 0, "nodes.demand", None, "is below zero", "Correct it")
        for name in ("node", "day", "qty", "last"):
            require_integers(getattr(supply, name), f"supply.{name}", len(supply.node), 0)
        _require_places(supply.node, rows, "supply.node")

    def _require_arcs(self, rows: int, count: int) -> None:
        for name in ("node", "kind", "source", "lead", "fence", "price", "late", "size"):
            require_integers(getattr(self.arcs, name), f"arcs.{name}", count, 0)
        for name in ("moq", "multiple"):
            require_integers(getattr(self.arcs, name), f"arcs.{name}", count, 1)
        _require_places(self.arcs.node, rows, "arcs.node")
        require_all(self.arcs.kind <= SURPLUS, "arcs.kind", "is none of the kinds", "Use 0 to 3")
        for name, known in (
            ("calendar", len(self.limits.calendars)),
            ("capacity", len(self.limits.period)),
            ("load", len(self.limits.full)),
        ):
            values = getattr(self.arcs, name)
            require_integers(values, f"arcs.{name}", count, -1)
            require_all(values < known, f"arcs.{name}", "names no row", "Use -1 for none")

    def _require_parts(self, rows: int, arcs: int) -> None:
        parts = self.parts
        count = len(parts.arc)
        for name, lowest in (("arc", 0), ("node", 0), ("numerator", 1), ("denominator", 1)):
            require_integers(getattr(parts, name), f"parts.{name}", count, lowest)
        _require_places(parts.arc, arcs, "parts.arc")
        require_all(parts.node < rows, "parts.node", "names no node", "Use the row's index")
        number, kind = np.bincount(parts.arc, minlength=arcs), self.arcs.kind
        fits = np.where(kind == BUY, number == 0, np.where(kind == MAKE, number >= 1, number == 1))
        require_all(fits, "arcs.kind", "has a wrong number of parts", "BUY none, MOVE and SURPLUS one, MAKE some")
        for name, table in (("breaks", self.breaks), ("former", self.former)):
            _require_places(table.arc, arcs, f"{name}.arc")
            require_integers(table.qty, f"{name}.qty", len(table.arc), 1)

    def _require_limits(self) -> None:
        limits = self.limits
        require(limits.calendars.dtype == np.bool_, "limits.calendars", None, "is not boolean", "(c, days) of bool")
        require(limits.calendars.shape[1:] == (self.days,), "limits.calendars", None, "has a wrong shape", "(c, days)")
        for name, lowest in (("period", 1), ("most", 0)):
            require_integers(getattr(limits, name), f"limits.{name}", len(limits.period), lowest)
        for name, lowest in (("full", 1), ("pull", 0)):
            require_integers(getattr(limits, name), f"limits.{name}", len(limits.full), lowest)
        require(limits.keep_days >= 0 and limits.keep_bp >= 0, "limits.keep_days", None, "is below zero", "Use zero")


def _require_places(values: Integers, known: int, name: str) -> None:
    """Ascending indices of rows that exist."""
    require_integers(values, name, len(values), 0)
    if not len(values):
        return
    if int(values[-1]) >= known:
        raise InvalidProblem(name, len(values) - 1, "names no row", "Use the row's index")
    require_all(np.r_[True, values[1:] >= values[:-1]], name, "is not ascending", "Sort the table by it first")
