"""Stock positions, forecasts, policies and offers in; proposed orders with their reasons out.

Days are whole days since the Unix epoch; `*_at` times are int minutes since the epoch (UTC).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require, require_all, require_integers, require_reals

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]

EVERY_DAY = 0b1111111
"""Order-day mask: bit 0 Monday ... bit 6 Sunday."""

BELOW_REORDER_POINT, REVIEW, STOCK_OUT, BACKORDER = 1, 2, 3, 4
REASON_CODES = ("", "below-reorder-point", "review", "stock-out", "backorder")
NO_OFFER = 1
UNMET_CODES = ("", "no-offer")


@dataclass(frozen=True, slots=True, eq=False)
class Receipts:
    """Open supply: `row` of the item-site, `day` it is due, `qty` (int64 columns of one length)."""

    row: Integers
    day: Integers
    qty: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Offers:
    """Who can deliver what, int64 columns of one length: `row` of the item-site, `supplier`, `unit_price_milli`
    (thousandths of the minor unit), `moq`, `multiple`, `lead_days`, `order_days` (weekday mask, bit 0 Monday). float64:
    `late_days` expected days late, `late_cost_milli` cost of one unit one day late. `most`: the largest quantity, 0 for
    no limit; without the column nothing is limited. An offer that cannot lift the position above the reorder point by
    itself is not taken."""

    row: Integers
    supplier: Integers
    unit_price_milli: Integers
    moq: Integers
    multiple: Integers
    lead_days: Integers
    order_days: Integers
    late_days: Reals
    late_cost_milli: Reals
    most: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class ReplenishProblem:
    """One row per item-site. `forecast` float64 (n, days) units per day from `today` on; beyond its end the last
    day's value holds. `claimed` are hard claims and backorders not in the forecast. `review_days` 0: continuous
    review, when the position is at or below the reorder point, whole lots of `order_quantity` that lift it above.
    `review_days` > 0: on days where (today - review_offset) % review_days == 0 and the position is at or below the
    reorder point, up to `order_up_to`. Raises InvalidProblem.
    """

    item: Integers
    site: Integers
    on_hand: Integers
    claimed: Integers
    reorder_point: Integers
    order_up_to: Integers
    order_quantity: Integers
    review_days: Integers
    review_offset: Integers
    forecast: Reals
    receipts: Receipts
    offers: Offers
    today: int

    def __post_init__(self) -> None:
        rows = len(self.item)
        for name in (
            "item",
            "site",
            "on_hand",
            "claimed",
            "reorder_point",
            "order_up_to",
            "order_quantity",
            "review_days",
        ):
            require_integers(getattr(self, name), name, rows, 0)
        require_integers(self.review_offset, "review_offset", rows, 0)
        require(self.forecast.ndim == 2 and self.forecast.shape[1] >= 1, "forecast", None, "has no days", "Give one")
        require_reals(self.forecast, "forecast", (rows, self.forecast.shape[1]))
        self._require_receipts(rows)
        self._require_offers(rows)

    def _require_receipts(self, rows: int) -> None:
        for name in ("row", "day", "qty"):
            require_integers(getattr(self.receipts, name), f"receipts.{name}", len(self.receipts.row), 0)
        require_all(self.receipts.row < rows, "receipts.row", "names no item-site", "Use the row's index")

    def _require_offers(self, rows: int) -> None:
        offers = self.offers
        count = len(offers.row)
        for name, lowest in (
            ("row", 0),
            ("supplier", 0),
            ("unit_price_milli", 0),
            ("moq", 1),
            ("multiple", 1),
            ("lead_days", 0),
            ("order_days", 1),
        ):
            require_integers(getattr(offers, name), f"offers.{name}", count, lowest)
        for name in ("late_days", "late_cost_milli"):
            require_reals(getattr(offers, name), f"offers.{name}", (count,))
        if len(offers.most):
            require_integers(offers.most, "offers.most", count, 0)
        require_all(offers.row < rows, "offers.row", "names no item-site", "Use the row's index")
        require_all(offers.order_days <= EVERY_DAY, "offers.order_days", "is no weekday mask", "Use 1 to 127")


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """Proposed orders, one row each (int64 columns of one length), sorted by supplier, site and item.

    `row` item-site index; `item`, `site`, `supplier`, `qty`; `order_at` when to send it, `need_at` when stock first
    falls below zero without it (ten years on: never), `due_at` when it can be there; `group` numbers one purchase
    order per supplier and site. Reasons: `reason` (REASON_CODES), `position` stock position now, `projected` free
    stock at the end of the day the order arrives, without it, `reorder_point`, `cost_milli` of the chosen offer
    (price of what is wanted, carrying surplus, lateness), `runner_up` supplier and its cost (-1: none),
    `flip_price_milli` unit price of the chosen supplier at which the runner-up wins (-1: none), `flip_qty` units
    more on hand at which nothing would be ordered. `unmet_row`, `unmet_code` (UNMET_CODES): rows that need stock and
    have no offer that is enough.
    """

    row: Integers
    item: Integers
    site: Integers
    supplier: Integers
    qty: Integers
    order_at: Integers
    need_at: Integers
    due_at: Integers
    group: Integers
    reason: Integers
    position: Integers
    projected: Integers
    reorder_point: Integers
    cost_milli: Integers
    runner_up: Integers
    runner_up_cost_milli: Integers
    flip_price_milli: Integers
    flip_qty: Integers
    unmet_row: Integers
    unmet_code: Integers
