"""Vehicle routing with time windows."""

from __future__ import annotations

from collections.abc import Callable

from longshore.engine.routing.problem import Routes, RoutingProblem


def solve(
    problem: RoutingProblem, seed: int = 0, iterations: int = 500, progress: Callable[[int, int], None] | None = None
) -> Routes:
    """Serve as many stops as possible at least cost."""
    raise NotImplementedError
