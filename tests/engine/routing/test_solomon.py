"""Published instances: Solomon's 100-customer problems against their best known distances."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest

from longshore.engine.routing.check import check
from longshore.engine.routing.problem import Point, RoutingProblem, Stop, Vehicle
from longshore.engine.routing.solve import solve

TENTHS = 10
"""Solomon's coordinates and times in tenths, cut off as the DIMACS challenge does."""


def read(path: Path) -> RoutingProblem:
    """An instance with distances in metres that are tenths of its unit, and one unit of money for each."""
    lines = [line.split() for line in path.read_text().splitlines()]
    fleet, capacity = next((int(a), int(b)) for a, b, *rest in (r for r in lines if len(r) == 2 and r[0].isdigit()))
    rows = [[int(float(part)) for part in row] for row in lines if len(row) == 7 and row[0].isdigit()]
    size = len(rows)
    matrix = np.zeros((size, size), dtype=np.int64)
    for a in range(size):
        for b in range(size):
            matrix[a, b] = math.floor(TENTHS * math.hypot(rows[a][1] - rows[b][1], rows[a][2] - rows[b][2]))
    stops = tuple(Stop(r[0], 0.0, 0.0, r[3], 0, 1, TENTHS * r[4], TENTHS * r[5], TENTHS * r[6]) for r in rows[1:])
    vehicles = tuple(Vehicle(key, capacity, 0, 0, 0, TENTHS * rows[0][5], 0, 1000) for key in range(fleet))
    return RoutingProblem(Point(0.0, 0.0), stops, vehicles, matrix, matrix)


@pytest.mark.parametrize(("name", "best", "within"), [("C101", 8273, 0.0), ("R101", 16377, 0.02)])
def test_close_to_the_best_known_distance(name: str, best: int, within: float) -> None:
    """A few hundred iterations come within the stated share of the best known distance, with every stop served."""
    folder = Path(os.environ.get("LONGSHORE_DATA", Path(__file__).parents[4] / "shared" / "data")) / "vrptw_solomon"
    if not (folder / f"{name}.txt").exists():
        pytest.skip(f"Solomon's instances are not at {folder}: set LONGSHORE_DATA to check against them")
    problem = read(folder / f"{name}.txt")
    answer = solve(problem, seed=1, iterations=500)
    assert check(problem, answer) == []
    assert not answer.unserved
    assert best <= answer.distance_m <= best * (1 + within)
