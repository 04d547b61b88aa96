"""Stock policies, vectorised."""

from __future__ import annotations

from longshore.engine.stocking.problem import Policy, StockingProblem


def solve(problem: StockingProblem) -> Policy:
    """Safety stock, reorder point, order quantity and order-up-to level for every row."""
    raise NotImplementedError
