"""Replenishment proposals, vectorised."""

from __future__ import annotations

from longshore.engine.replenishing.problem import Proposal, ReplenishProblem


def solve(problem: ReplenishProblem) -> Proposal:
    """Proposed orders for every item-site that needs one."""
    raise NotImplementedError
