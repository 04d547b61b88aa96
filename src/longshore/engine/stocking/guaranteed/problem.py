"""Guaranteed-service placement of safety stock: which stage promises which service time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require, require_all, require_integers, require_reals

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]

UNBOUNDED = -1
"""`promised` of a stage that may promise any service time."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Stages 0..n-1 and arcs (m, 2) from supplier to customer, without cycles.

    `times` int64 (n,) processing time in whole periods; `inbound` int64 (n,) time after which outside supply is at the
    stage at the latest (0: at once); `promised` int64 (n,) longest outbound service time the stage may promise
    (UNBOUNDED: any; what sells outside should have one); `holding` float64 (n,) cost of holding a unit for a period;
    `spread` float64 (n,) safety factor x standard deviation of a period's demand. Demand over t periods is bounded by
    mean x t + spread x sqrt(t). Raises InvalidProblem.
    """

    times: Integers
    inbound: Integers
    promised: Integers
    holding: Reals
    spread: Reals
    arcs: Integers

    def __post_init__(self) -> None:
        stages = len(self.times)
        require(stages > 0, "times", None, "is empty", "Give at least one stage")
        require_integers(self.times, "times", stages, 0)
        require_integers(self.inbound, "inbound", stages, 0)
        require_integers(self.promised, "promised", stages, UNBOUNDED)
        require_reals(self.holding, "holding", (stages,))
        require_reals(self.spread, "spread", (stages,))
        shaped = self.arcs.ndim == 2 and self.arcs.shape[1] == 2 and self.arcs.dtype == np.int64
        require(shaped, "arcs", None, "is not int64 (m, 2)", "Give pairs (supplier, customer)")
        inside = np.asarray(((self.arcs >= 0) & (self.arcs < stages)).all(axis=1))
        if len(inside):
            require_all(inside, "arcs", "names an unknown stage", "Use 0 to n - 1")
        require(len(topological(self)) == stages, "arcs", None, "contains a cycle", "Take one of its arcs out")


@dataclass(frozen=True, slots=True)
class Stopping:
    """Give up proving after this many branches; the answer then carries its bound."""

    branches: int = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """`inbound` (n,) and `outbound` (n,) service times, `net` (n,) periods each stage must cover, `safety` (n,) units it
    holds for that; `cost` per period; `bound` no placement costs less than this; `proven` whether they meet;
    `everywhere` cost if each stage held its own stock; `variables`, `branches` how hard it was."""

    inbound: Integers
    outbound: Integers
    net: Integers
    safety: Reals
    cost: float
    bound: float
    proven: bool
    everywhere: float
    variables: int
    branches: int


def topological(network: Network) -> list[int]:
    """Stages, suppliers first; shorter than n where there is a cycle."""
    waiting = np.bincount(network.arcs[:, 1], minlength=len(network.times)).tolist()
    customers: list[list[int]] = [[] for _ in waiting]
    for supplier, customer in network.arcs.tolist():
        customers[supplier].append(customer)
    order = [stage for stage, count in enumerate(waiting) if count == 0]
    for stage in order:
        for customer in customers[stage]:
            waiting[customer] -= 1
            if waiting[customer] == 0:
                order.append(customer)
    return order
