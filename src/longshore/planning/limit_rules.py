"""Lot and service of every item-site chosen together, so that they fit the money and the room there is: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from longshore.engine.invalid import InvalidProblem
from longshore.planning import policy_rules


@dataclass(frozen=True, slots=True)
class Stocked:
    """An item-site as it is planned now. `margin`: what a unit sold late loses, minor units."""

    item: int
    site: int
    inputs: dict[str, Any]
    safety_stock: int
    reorder_point: int
    order_qty: int
    unit_cost: int
    volume_cm3: int
    margin: int

    @property
    def money(self) -> int:
        return (2 * self.safety_stock + self.order_qty) * self.unit_cost // 2

    @property
    def room(self) -> int:
        return (self.reorder_point + self.order_qty) * self.volume_cm3


@dataclass(frozen=True, slots=True)
class Chosen:
    """`lot_percent` of the lot that would be best without limits; `service_bp` served from the shelf."""

    item: int
    site: int
    safety_stock: int
    reorder_point: int
    order_qty: int
    lot_percent: int
    service_bp: int


@dataclass(frozen=True, slots=True)
class Use:
    """Of a limit: what the present policies use, what the choice uses, and what one more unit would save a year, in
    millionths of a minor unit (0: it does not bind)."""

    now: int
    limit: int
    used: int
    price_micro: int

    @property
    def binds(self) -> bool:
        """It has a price. Whole lots may leave a little of it unused all the same."""
        return self.price_micro > 0


@dataclass(frozen=True, slots=True)
class Fitted:
    """`cost` a year of ordering, holding and selling late; no choice within the limits costs less than `bound`."""

    chosen: tuple[Chosen, ...]
    money: Use
    room: Use
    cost: int
    bound: int
    feasible: bool


class TooTight(Exception):
    """Nothing fits: `limit` is money or room, `least` what the leanest choice of all needs."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


def fit(rows: Sequence[Stocked], *, budget: int, room: int) -> Fitted:
    """One lot and one service for each row. Raises TooTight."""
    from longshore.engine.stocking.limits.options import Shared, offer
    from longshore.engine.stocking.limits.solve import solve

    shared = Shared(
        room=float(room),
        volume=np.array([row.volume_cm3 for row in rows], dtype=np.float64),
        budget=float(budget),
        late_cost=np.array([row.margin for row in rows], dtype=np.float64),
    )
    try:
        offered = offer(policy_rules.problem([row.inputs for row in rows]), shared)
    except InvalidProblem as wrong:
        if wrong.field != "limit":
            raise
        raise TooTight("money" if wrong.row == 1 else "room") from wrong
    choice = solve(offered.menu)
    chosen = []
    for n, row in enumerate(rows):
        option = int(choice.option[n])
        policy = offered.policies[option]
        chosen.append(
            Chosen(
                row.item,
                row.site,
                int(policy.safety_stock[n]),
                int(policy.reorder_point[n]),
                int(policy.order_quantity[n]),
                round(offered.lots[option] * 100),
                round(offered.services[option] * 10_000),
            )
        )
    prices = [round(float(price) * 1_000_000) for price in choice.price]
    return Fitted(
        tuple(chosen),
        Use(sum(row.money for row in rows), budget, round(float(choice.used[1])), prices[1]),
        Use(sum(row.room for row in rows), room, round(float(choice.used[0])), prices[0]),
        round(choice.cost) if choice.feasible else 0,
        round(choice.bound),
        choice.feasible,
    )
