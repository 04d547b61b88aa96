"""Stock policies for many item-places, compiled, on all processors."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np

from longshore.engine.stocking.problem import Policy, StockingProblem

ROWS_PER_THREAD = 50_000
"""Fewer are not worth a thread."""


def solve(problem: StockingProblem, threads: int | None = None) -> Policy:
    """Safety stock, reorder point, order quantity and order-up-to level for every row.

    The reorder point is the smallest whole level that meets the service target over lead time plus review: a
    quantile for CYCLE, an expected shortage per lot for FILL. Safety stock is that level less mean demand, rounded
    up, 0 where the target asks for less than the mean. Order-up-to = reorder point + order quantity; under periodic
    review less the review period's demand (rounded up), as the reorder point covers it already, but never below the
    reorder point. Rounding is always up. Deterministic, whatever the number of `threads` (None: one per processor).
    See README for sources and speed; the first call of a process loads or compiles the kernels.
    """
    from longshore.engine.stocking.rows import Answers, Columns, all_rows

    columns = Columns(*(np.ascontiguousarray(getattr(problem, name)) for name in Columns._fields))
    rows = len(problem.demand_mean)
    reals = ("economic_quantity", "risk_days", "flip_service")
    empty: dict[str, Any] = {
        name: np.empty(rows, np.float64 if name in reals else np.int64) for name in Answers._fields
    }
    answers = Answers(**empty)
    workers = min(threads or os.cpu_count() or 1, rows // ROWS_PER_THREAD + 1)
    if workers == 1:
        all_rows(columns, answers, 0, rows)
    else:
        all_rows(columns, answers, 0, 0)  # compiled once, before threads ask for it
        edges = np.linspace(0, rows, 4 * workers + 1).astype(int).tolist()
        with ThreadPoolExecutor(workers) as pool:
            parts = pairwise(edges)
            list(pool.map(lambda part: all_rows(columns, answers, *part), parts))
    return Policy(**answers._asdict())
