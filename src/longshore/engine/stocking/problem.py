"""Stock policies for many item-sites at once: all columns have one row per item-site."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require, require_all, require_integers, require_reals

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]

CYCLE, FILL = 0, 1
"""Service measures: probability of no stock-out in a cycle (alpha), share of demand filled from stock (beta)."""
NORMAL, GAMMA, POISSON, AUTO, NEGATIVE_BINOMIAL = 0, 1, 2, 3, 4
"""Distribution of demand over lead time plus review. AUTO: Poisson when mean < 10 and variance <= 1.1 x mean, gamma
when its coefficient of variation exceeds 0.5, else normal. NEGATIVE_BINOMIAL is Poisson where the variance does not
exceed the mean."""

NOTHING, SERVICE, MOQ, MULTIPLE, SHELF_LIFE, EOQ, REVIEW = 0, 1, 2, 3, 4, 5, 6
BINDING_CODES = ("nothing", "service", "moq", "multiple", "shelf-life", "eoq", "review")
"""Names of the binding codes by number."""


@dataclass(frozen=True, slots=True, eq=False)
class StockingProblem:
    """Units: demand per day (float64 mean and standard deviation), lead time in days (float64), review period in
    days (int64, 0: continuous), `service` target in (0, 1), `measure` CYCLE or FILL, `distribution`, `unit_cost` and
    `order_cost` in minor money units (int64), `holding_rate` share of unit cost per year (float64), `moq` and
    `multiple` (int64, 1: none), `shelf_life_days` (int64, 0: none). Raises InvalidProblem.
    """

    demand_mean: Reals
    demand_sd: Reals
    lead_mean: Reals
    lead_sd: Reals
    review_days: Integers
    service: Reals
    measure: Integers
    distribution: Integers
    unit_cost: Integers
    order_cost: Integers
    holding_rate: Reals
    moq: Integers
    multiple: Integers
    shelf_life_days: Integers

    def __post_init__(self) -> None:
        rows = len(self.demand_mean)
        for name in ("demand_mean", "demand_sd", "lead_mean", "lead_sd", "service", "holding_rate"):
            require_reals(getattr(self, name), name, (rows,))
        for name in ("review_days", "measure", "distribution", "unit_cost", "order_cost", "shelf_life_days"):
            require_integers(getattr(self, name), name, rows, 0)
        require_integers(self.moq, "moq", rows, 1)
        require_integers(self.multiple, "multiple", rows, 1)
        inside = (self.service > 0) & (self.service < 1)
        require_all(inside, "service", "is not inside (0, 1)", "Give a share such as 0.97")
        require_all(self.measure <= FILL, "measure", "is unknown", "Use CYCLE or FILL")
        known = self.distribution <= NEGATIVE_BINOMIAL
        require_all(known, "distribution", "is unknown", "Use NORMAL, GAMMA, POISSON, NEGATIVE_BINOMIAL or AUTO")
        require(rows == len(self.service), "service", None, "has another length", "Pass equal lengths")


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """Whole units (int64), every one rounded up: `safety_stock`, `reorder_point`, `order_quantity`, `order_up_to`.

    Explanation per row: `binding_stock` (what set the reorder point) and `binding_quantity` (what set the order
    quantity) as numbers into BINDING_CODES; `economic_quantity` before rounding and caps (float64); `shape` the
    distribution used; `risk_days` lead time plus review; `flip_service` the lowest target at which the reorder point
    falls by one (float64)."""

    safety_stock: Integers
    reorder_point: Integers
    order_quantity: Integers
    order_up_to: Integers
    binding_stock: Integers
    binding_quantity: Integers
    economic_quantity: Reals
    shape: Integers
    risk_days: Reals
    flip_service: Reals
