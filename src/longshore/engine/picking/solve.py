"""First expired, first out."""

from __future__ import annotations

from longshore.engine.picking.problem import Picks, PickProblem


def solve(problem: PickProblem) -> Picks:
    """Serve demand rows in order, each from the earliest-expiring stock that lives long enough."""
    raise NotImplementedError
