"""Promise one order over several sites."""

from __future__ import annotations

from longshore.engine.promising.problem import Promise, PromiseProblem


def solve(problem: PromiseProblem) -> Promise:
    """Allocate and date every line: least total short first, then least cost. See README."""
    raise NotImplementedError


def next_date(problem: PromiseProblem, line_key: int) -> int | None:
    """Earliest minute at which the whole quantity of the line could have arrived, cost and splits ignored; None: never."""
    raise NotImplementedError
