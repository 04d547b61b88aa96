"""Expected times of arrival."""

from __future__ import annotations

from longshore.engine.arriving.problem import Arrival, EtaProblem


def solve(problem: EtaProblem) -> tuple[Arrival, ...]:
    """One arrival per remaining stop, in order."""
    raise NotImplementedError
