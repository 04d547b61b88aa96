"""Lines that want stock, stock in bins, and the picks between them. Times are int minutes since the epoch (UTC)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require_integers

NEVER = 2**62
"""`usable_until` of stock without an expiry; also the largest time the engine accepts."""

NO_STOCK, TOO_SHORT, USED_UP = 1, 2, 3
"""Why a row is short: no stock of its item, only lots with too little life, more asked than there is."""

Integers = NDArray[np.int64]


class Demand(NamedTuple):
    """A line: `qty` of `item` from lots usable at least until `min_usable_until` (0: any)."""

    key: int
    item: int
    qty: int
    min_usable_until: int = 0


class Stock(NamedTuple):
    """A lot in a bin: `qty` of `item`, usable until `usable_until`; among equal dates the lower `rank` goes first."""

    key: int
    item: int
    qty: int
    usable_until: int = NEVER
    rank: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class PickProblem:
    """Columns (int64) of the demand rows, first come first served in row order, and of the stock rows.

    demand_* have one length, stock_* another. Raises InvalidProblem.
    """

    demand_key: Integers
    demand_item: Integers
    demand_qty: Integers
    demand_min_usable_until: Integers
    stock_key: Integers
    stock_item: Integers
    stock_qty: Integers
    stock_usable_until: Integers
    stock_rank: Integers

    def __post_init__(self) -> None:
        lowest = np.iinfo(np.int64).min
        for name in ("key", "item", "qty", "min_usable_until"):
            bound = 0 if name == "qty" else int(lowest)
            require_integers(getattr(self, f"demand_{name}"), f"demand_{name}", len(self.demand_key), bound)
        for name in ("key", "item", "qty", "usable_until", "rank"):
            bound = 0 if name == "qty" else int(lowest)
            require_integers(getattr(self, f"stock_{name}"), f"stock_{name}", len(self.stock_key), bound)

    @classmethod
    def of(cls, demands: Sequence[Demand], stocks: Sequence[Stock]) -> PickProblem:
        """The problem of these rows."""
        wanted = np.array(demands, dtype=np.int64).reshape(-1, 4).T
        there = np.array(stocks, dtype=np.int64).reshape(-1, 5).T
        columns = [np.ascontiguousarray(column) for column in (*wanted, *there)]
        return cls(*columns)


class Take(NamedTuple):
    """`qty` from stock row `stock_key` for demand row `demand_key`."""

    demand_key: int
    stock_key: int
    qty: int


@dataclass(frozen=True, slots=True, eq=False)
class Picks:
    """Takes in demand order, then FEFO order (three int64 columns of one length); shorts as three int64 columns.

    `short_code` per short explains it: NO_STOCK of the item at all, TOO_SHORT a life of all its lots, or USED_UP.
    """

    demand_key: Integers
    stock_key: Integers
    qty: Integers
    short_key: Integers
    short_qty: Integers
    short_code: Integers

    def takes(self) -> Iterator[Take]:
        """The takes as rows."""
        columns = (self.demand_key.tolist(), self.stock_key.tolist(), self.qty.tolist())
        return (Take(*row) for row in zip(*columns, strict=True))

    def shorts(self) -> dict[int, int]:
        """Missing quantity by demand key."""
        return dict(zip(self.short_key.tolist(), self.short_qty.tolist(), strict=True))
