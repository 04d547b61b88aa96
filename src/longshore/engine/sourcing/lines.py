"""Order lines as lateness is learnt from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require, require_all, require_integers

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]

NOT_YET: Final = np.iinfo(np.int64).max
"""`came_on` of a line that has not come."""
LEVELS: Final = (0.1, 0.25, 0.5, 0.75, 0.9)


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """One row for each order line (n,), days since the Unix epoch: `asked_on` the day it was ordered, on which the
    prediction is made; `due_on` the day agreed; `came_on` the day it came or NOT_YET. `order` (n,) numbers orders.
    `keys` (n, k) int64 codes from 0 of what history is kept by (supplier, item, site …), the supplier first; `numbers`
    (n, m) float64, known when ordered, NaN where unknown. Raises InvalidProblem.
    """

    asked_on: Integers
    due_on: Integers
    came_on: Integers
    order: Integers
    keys: Integers
    numbers: Reals

    def __post_init__(self) -> None:
        rows = len(self.asked_on)
        for name in ("asked_on", "due_on", "came_on", "order"):
            require_integers(getattr(self, name), name, rows, 0)
        require(self.keys.ndim == 2 and len(self.keys) == rows, "keys", None, "must be (n, k)", "Pass a row a line")
        require(self.keys.dtype == np.int64, "keys", None, f"is {self.keys.dtype}", "Convert to int64 first")
        require_all(self.keys >= 0, "keys", "is below 0", "Count codes from 0")
        require(self.numbers.shape[:1] == (rows,), "numbers", None, "must be (n, m)", "Pass a row a line")
        require_all(self.due_on > self.asked_on, "due_on", "is not after the order", "Leave the row out")

    @property
    def late(self) -> NDArray[np.bool_]:
        """Came after its day, or has not come; only known lines mean anything."""
        return self.came_on > self.due_on

    @property
    def known_late_on(self) -> Integers:
        """The day on which it was known whether the line is late: the day after it was due, or when it came before."""
        return np.minimum(self.came_on, self.due_on + 1)


@dataclass(frozen=True, slots=True, eq=False)
class LatenessProblem:
    """`learn` (n,): the lines whose outcome may be learnt from. Outcomes of other lines are only read as history, of
    lines ordered after they were known. `levels` of the quantiles; `rounds` of boosting."""

    lines: Lines
    learn: NDArray[np.bool_]
    levels: tuple[float, ...] = LEVELS
    rounds: int = 100

    def __post_init__(self) -> None:
        require(
            self.learn.shape == self.lines.asked_on.shape, "learn", None, "has another length", "Pass a flag a line"
        )
        known = self.learn & self.lines.late
        require(bool(known.any()), "learn", None, "names no line that was late", "Wait for more history")
        require(bool((self.learn & ~self.lines.late).any()), "learn", None, "names only late lines", "Wait for more")
        require(int(self.learn.sum()) >= 100, "learn", None, "names fewer than 100 lines", "Wait for more history")
        inside = all(0 < level < 1 for level in self.levels) and list(self.levels) == sorted(set(self.levels))
        require(inside, "levels", None, "are not rising inside (0, 1)", "Give levels such as 0.1, 0.5, 0.9")


@dataclass(frozen=True, slots=True, eq=False)
class Lateness:
    """For every line: `probability` (n,) of coming after its day; `days` (n, levels) quantiles of the lead time in days
    from the order; `drivers` (n, 3) the columns of `names` that moved the probability most, strongest first, and
    `pushes` (n, 3) by how much, in log-odds."""

    probability: Reals
    days: Reals
    drivers: Integers
    pushes: Reals
    names: tuple[str, ...]
