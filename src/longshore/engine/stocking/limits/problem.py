"""One option for every item, so that shared limits hold: the question and the answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require, require_reals

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Menu:
    """`cost` float64 (n, o) of each item's options (inf: not offered); `use` float64 (k, n, o) of each of k limits by them;
    `limit` float64 (k,). Raises InvalidProblem."""

    cost: Reals
    use: Reals
    limit: Reals

    def __post_init__(self) -> None:
        require(self.cost.ndim == 2 and self.cost.size > 0, "cost", None, "is not (n, o)", "One row for each item")
        require(self.use.shape == (len(self.limit), *self.cost.shape), "use", None, "is not (k, n, o)", "Match cost")
        require_reals(self.limit, "limit", (len(self.limit),))
        require_reals(self.use, "use", self.use.shape)
        offered = np.isfinite(self.cost)
        require(
            bool(offered.any(axis=1).all()), "cost", int(np.argmin(offered.any(axis=1))), "offers nothing", "Add one"
        )
        least = np.where(offered, self.use, np.inf).min(axis=2).sum(axis=1)
        for number, (needed, limit) in enumerate(zip(least.tolist(), self.limit.tolist(), strict=True)):
            sentence = f"is {limit}, the least all items can use is {needed}"
            require(needed <= limit, "limit", number, sentence, "Raise the limit or offer leaner options")


@dataclass(frozen=True, slots=True)
class Stopping:
    """Stop when the cost is proven within `gap` of the bound, or after `rounds` of prices."""

    gap: float = 1e-6
    rounds: int = 200


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """`option` (n,) for each item, `cost` of all, `bound`: no choice within the limits costs less; `used` (k,); `price` (k,)
    what one more unit of each limit would save; `feasible` whether a choice within all limits was found."""

    option: Integers
    cost: float
    bound: float
    used: Reals
    price: Reals
    feasible: bool
