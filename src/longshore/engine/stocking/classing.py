"""ABC by value and XYZ by how regular demand is: which items deserve which attention."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require, require_reals

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]

LETTERS = ("AX", "AY", "AZ", "BX", "BY", "BZ", "CX", "CY", "CZ")
"""Names of the nine classes by 3 x value class + regularity class."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """A up to the share `a` of all value, B up to `b`; X up to the coefficient of variation `x`, Y up to `y`."""

    a: float = 0.8
    b: float = 0.95
    x: float = 0.5
    y: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """(n,) each: `value` 0 A, 1 B, 2 C; `regularity` 0 X, 1 Y, 2 Z; `share` of all value with everything dearer;
    `variation` standard deviation of a period's demand over its mean (inf where nothing sells)."""

    value: Integers
    regularity: Integers
    share: Reals
    variation: Reals


def classes(demand: Reals, unit_cost: Reals, cuts: Cuts | None = None) -> Classes:
    """`demand` float64 (n, t) by period, `unit_cost` float64 (n,). An item belongs to A while what is dearer than it makes
    up less than A's share. Raises InvalidProblem."""
    limits = cuts or Cuts()
    require(demand.ndim == 2 and demand.shape[1] > 0, "demand", None, "is not (n, t)", "One row for each item")
    require_reals(demand, "demand", demand.shape)
    require_reals(unit_cost, "unit_cost", (len(demand),))
    worth = demand.sum(axis=1) * unit_cost
    order = np.argsort(-worth, kind="stable")
    total = float(worth.sum())
    dearer = np.zeros(len(worth))
    dearer[order] = (np.cumsum(worth[order]) - worth[order]) / total if total > 0 else 1.0
    mean = demand.mean(axis=1)
    spread = np.divide(demand.std(axis=1), mean, out=np.full(len(mean), np.inf), where=mean > 0)
    return Classes(
        value=np.where(dearer < limits.a, 0, np.where(dearer < limits.b, 1, 2)).astype(np.int64),
        regularity=np.where(spread <= limits.x, 0, np.where(spread <= limits.y, 1, 2)).astype(np.int64),
        share=dearer + (worth / total if total > 0 else 0.0),
        variation=spread,
    )
