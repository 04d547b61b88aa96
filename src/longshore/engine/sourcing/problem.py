"""Which suppliers get how much: items wanted, offers with price breaks, what people weigh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require, require_all, require_integers

Integers = NDArray[np.int64]

CRITERIA: Final = ("cost", "time", "quality", "risk")
"""What is weighed. `cost` is money paid; the others are money lost on average, as the caller reckons it."""
WHOLE_BP: Final = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Offers:
    """One row for each offer (n,), all int64: `item` and `supplier` numbers, `moq`, `multiple`, `landed_milli` freight,
    duty and insurance a unit, and `time_milli`, `quality_milli`, `risk_milli` lost a unit on average.

    Breaks (b,): `break_offer` rows of this table, `break_from` least quantity, `break_price_milli` for all units from
    there on. Every offer has a break from 1 or less, that is its price.
    """

    item: Integers
    supplier: Integers
    moq: Integers
    multiple: Integers
    landed_milli: Integers
    time_milli: Integers
    quality_milli: Integers
    risk_milli: Integers
    break_offer: Integers
    break_from: Integers
    break_price_milli: Integers

    def __post_init__(self) -> None:
        rows = len(self.item)
        for name in ("item", "supplier", "landed_milli", "time_milli", "quality_milli", "risk_milli"):
            require_integers(getattr(self, name), name, rows, 0)
        require_integers(self.moq, "moq", rows, 1)
        require_integers(self.multiple, "multiple", rows, 1)
        breaks = len(self.break_offer)
        for name in ("break_offer", "break_from", "break_price_milli"):
            require_integers(getattr(self, name), name, breaks, 0)
        require_all(self.break_offer < rows, "break_offer", "is no row of the offers", "Count offers from 0")
        first = np.full(rows, np.iinfo(np.int64).max)
        np.minimum.at(first, self.break_offer, self.break_from)
        require_all(first <= 1, "break_from", "leaves an offer without a price", "Give a break from 1")


@dataclass(frozen=True, slots=True, eq=False)
class SourcingProblem:
    """`demand` (items,) units wanted; `surplus_milli` (items,) what a unit bought beyond that costs; `fixed_milli`
    (suppliers,) each order costs; `capacity` (suppliers,) most units over all items, -1: no limit; `weights_bp` one for
    each of CRITERIA, 10 000 is once. `min_share_bp`: a supplier that gets some of an item gets at least this share of
    it; `max_share_bp`: and at most that one; `min_suppliers` that many share each item. Raises InvalidProblem.
    """

    demand: Integers
    surplus_milli: Integers
    fixed_milli: Integers
    capacity: Integers
    offers: Offers
    weights_bp: tuple[int, int, int, int] = (WHOLE_BP, WHOLE_BP, WHOLE_BP, WHOLE_BP)
    min_share_bp: int = 0
    max_share_bp: int = WHOLE_BP
    min_suppliers: int = 1

    def __post_init__(self) -> None:
        items, suppliers = len(self.demand), len(self.fixed_milli)
        require_integers(self.demand, "demand", items, 1)
        require_integers(self.surplus_milli, "surplus_milli", items, 0)
        require_integers(self.fixed_milli, "fixed_milli", suppliers, 0)
        require_integers(self.capacity, "capacity", suppliers, -1)
        require_all(self.offers.item < items, "item", "is no row of the demand", "Count items from 0")
        require_all(self.offers.supplier < suppliers, "supplier", "is unknown", "Count suppliers from 0")
        pairs = self.offers.item * max(suppliers, 1) + self.offers.supplier
        require(
            len(np.unique(pairs)) == len(pairs), "offers", None, "repeat a supplier for an item", "Keep one of them"
        )
        require(min(self.weights_bp) >= 0, "weights_bp", None, "are below 0", "Give 0 for what does not count")
        require(self.weights_bp[0] > 0, "weights_bp", 0, "gives money no weight", "Give cost at least 1")
        inside = 0 <= self.min_share_bp <= self.max_share_bp <= WHOLE_BP
        require(inside, "min_share_bp", None, "and max_share_bp are not in order", "Give 0 to 10000, least first")
        require(self.min_suppliers >= 1, "min_suppliers", None, "is below 1", "Give 1 for a single source")


@dataclass(frozen=True, slots=True)
class Award:
    """`qty` of an offer's item goes to its supplier at `price_milli`, for the break from `break_from` on."""

    offer: int
    qty: int
    price_milli: int
    break_from: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is awarded, and its parts in milli money in the order of CRITERIA, unweighted; `score` is weighted, in
    milli money times 10 000, exact."""

    awards: tuple[Award, ...]
    parts_milli: tuple[int, int, int, int]
    score: int


@dataclass(frozen=True, slots=True)
class Flip:
    """The smallest change after which the runner-up is as good: the price of `offer` at `price_milli` (-1: none), or
    the weight of a criterion at `weight_bp` (-1: none)."""

    offer: int
    price_milli: int
    criterion: str
    weight_bp: int


@dataclass(frozen=True, slots=True)
class Selection:
    """`best`, the best plan with other suppliers (None: there is none), the flip, and what binds: codes with the row
    of the offer or supplier they are about. `bound`: no plan has a lower score; it is that of `best` where that is proven.
    `proven`: no plan is better than either; else time was up before that was known."""

    best: Plan
    runner_up: Plan | None
    flip: Flip
    binding: tuple[tuple[str, int], ...]
    bound: int
    proven: bool = True

    @property
    def gap_bp(self) -> int:
        """At most so much of its score another plan could be better than `best`, rounded up; 0: none is better."""
        return -(-(self.best.score - self.bound) * WHOLE_BP // max(self.best.score, 1))


class Unfinished(RuntimeError):
    """Time was up before any plan was found, or that there is none."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"No plan was found within {seconds:g} s, and none was ruled out. Give more time or fewer offers."
        )


class NoPlan(ValueError):
    """Nothing satisfies all limits; `because` names the tightest one found: capacity, shares, offers."""

    def __init__(self, because: str) -> None:
        self.because = because
        super().__init__(f"No plan satisfies the limits ({because}). Raise capacity, widen shares or add an offer.")
