"""How much to order at a time: economic quantity, minimum, multiples, review and shelf life."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshore.engine.stocking.demand import SLIVER
from longshore.engine.stocking.problem import (
    EOQ,
    MOQ,
    MULTIPLE,
    NOTHING,
    REVIEW,
    SHELF_LIFE,
    Integers,
    Reals,
    StockingProblem,
)

YEAR = 365.0


@dataclass(frozen=True, slots=True, eq=False)
class Lots:
    """Order quantity (n,), the economic one before rounding and limits (n,), and what set it (n,)."""

    quantity: Integers
    economic: Reals
    binding: Integers


def economic_quantity(problem: StockingProblem) -> Reals:
    """sqrt(2 D K / (h c)) (n,) (Harris 1913), D per year of 365 days; 0 where ordering or holding costs nothing."""
    holding = problem.holding_rate * problem.unit_cost
    yearly = problem.demand_mean * YEAR
    free = holding <= 0
    return np.asarray(
        np.where(free, 0.0, np.sqrt(2 * yearly * problem.order_cost / np.where(free, 1.0, holding))), dtype=np.float64
    )


def lots(problem: StockingProblem) -> Lots:
    """Quantity without the shelf-life cap: economic, else one review period's or one day's demand; at least the
    minimum; a whole multiple, rounded up."""
    economic = economic_quantity(problem)
    review = np.ceil(problem.demand_mean * problem.review_days - SLIVER)
    wanted = np.maximum(np.ceil(economic - SLIVER), np.ceil(problem.demand_mean - SLIVER))
    binding = np.where(economic > 0, EOQ, NOTHING)
    binding = np.where(review > wanted, REVIEW, binding)
    wanted = np.maximum(np.maximum(wanted, review), 1.0).astype(np.int64)
    binding = np.where(problem.moq > wanted, MOQ, binding)
    wanted = np.where(problem.moq > wanted, problem.moq, wanted)
    rounded = -(-wanted // problem.multiple) * problem.multiple
    binding = np.where((rounded > wanted) & (binding != MOQ), MULTIPLE, binding)
    return Lots(rounded, economic, binding.astype(np.int64))


def capped(problem: StockingProblem, found: Lots, safety_stock: Integers) -> Lots:
    """The quantity cut to what sells inside the shelf life after the safety stock has gone, rounded down to the
    multiple.

    The supplier's minimum stands even where it does not sell in time: then it is what binds.
    """
    sellable = np.floor(problem.demand_mean * problem.shelf_life_days + SLIVER).astype(np.int64) - safety_stock
    smallest = -(-problem.moq // problem.multiple) * problem.multiple
    room = sellable // problem.multiple * problem.multiple
    limited = (problem.shelf_life_days > 0) & (room < found.quantity)
    quantity = np.where(limited, np.maximum(room, smallest), found.quantity)
    binding = np.where(limited, np.where(room < smallest, MOQ, SHELF_LIFE), found.binding)
    return Lots(quantity.astype(np.int64), found.economic, binding.astype(np.int64))
