"""What the customers of the demo company want on a day: the same process makes the history and the living days."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from longshore.engine.simulating.streams import Streams
from longshore.twin.company.assortment import FOOD, Goods
from longshore.twin.company.network import Customer

ZONE = ZoneInfo("Asia/Shanghai")
BUYS: dict[str, tuple[str, ...]] = {
    "supermarket": FOOD,
    "restaurant": ("dumplings", "meat", "seafood", "greens", "bakery", "dairy"),
    "hospital": ("infusion", "insulin", "biologics", "reagents", "vaccine", "otc", "formula"),
    "pharmacy": ("otc", "insulin", "formula", "reagents"),
    "clinic": ("vaccine", "insulin", "otc", "infusion"),
}
# Families that sell by the piece to those who use them, and how many pieces a line has on average.
BY_PIECE: dict[str, int] = {"vaccine": 14, "insulin": 16, "biologics": 4, "reagents": 3, "formula": 4}
SUMMER = ("icecream", "juice")
WINTER = ("dumplings", "vaccine", "otc")
# Share of orders by hour of the local day: mornings at the desk, a second peak after lunch, a thin night.
HOURS = (4, 3, 2, 2, 3, 5, 12, 30, 60, 85, 90, 70, 42, 62, 80, 78, 66, 48, 34, 28, 30, 26, 16, 8)
URGENT_SHARE = 0.02
COMPLETE_SHARE = 0.06
FAR_KM = 260


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line: `quantity` of `unit` (EA or CT)."""

    goods: Goods
    quantity: int
    unit: str

    @property
    def pieces(self) -> int:
        return self.quantity * (self.goods.carton if self.unit == "CT" else 1)


@dataclass(frozen=True, slots=True)
class DayOrder:
    """An order as it comes in: `number` within the day."""

    number: int
    customer: Customer
    received_at: datetime
    requested_at: datetime
    channel: str
    priority: int
    complete: bool
    lines: tuple[Wanted, ...]


class Demand:
    """Orders by day. Each day has its own random stream, so any day can be asked for, in any order, again."""

    def __init__(
        self, seed: int, goods: tuple[Goods, ...], customers: tuple[Customer, ...], far: frozenset[str]
    ) -> None:
        self._streams = Streams(seed)
        self._customers = customers
        self._far = far
        self._choice = {kind: tuple(g for g in goods if g.family in families) for kind, families in BUYS.items()}
        self._weights = {
            kind: np.array([g.popularity for g in chosen], dtype=np.float64) for kind, chosen in self._choice.items()
        }

    def orders_of(self, day: date) -> list[DayOrder]:
        """All orders received on a local day, by time."""
        rng = self._streams.stream("demand", day.toordinal())
        drafts = [
            self._order(customer, day, rng)
            for customer in self._customers
            for _again in range(self._visits(customer, day, rng))
        ]
        drafts.sort(key=lambda draft: (draft[0], draft[1].code))
        return [DayOrder(number + 1, *self._finish(draft)) for number, draft in enumerate(drafts)]

    def _visits(self, customer: Customer, day: date, rng: np.random.Generator) -> int:
        """Nobody orders more than twice a day; a second order is what the first one forgot."""
        chance = int(customer.days[day.weekday()]) / 10
        first, second = rng.random(2)
        return int(first < chance) + int(first < chance and second < 0.45)

    def _order(
        self, customer: Customer, day: date, rng: np.random.Generator
    ) -> tuple[datetime, Customer, tuple[Wanted, ...], float, float]:
        shares = np.cumsum(HOURS) / sum(HOURS)
        hour = int(np.searchsorted(shares, rng.random(), side="right"))
        received = datetime.combine(day, time(hour, int(rng.integers(60)), int(rng.integers(60))), tzinfo=ZONE)
        weights = self._weights[customer.kind] * self._season(customer.kind, day)
        count = min(1 + int(rng.poisson(customer.lines - 1)), len(weights))
        picks = rng.choice(len(weights), size=count, replace=False, p=weights / weights.sum())
        lines = tuple(_line(self._choice[customer.kind][int(pick)], rng) for pick in sorted(picks))
        urgent, complete = rng.random(2)
        return received, customer, lines, float(urgent), float(complete)

    def _season(self, kind: str, day: date) -> NDArray[np.float64]:
        """Ice cream and juice peak in July, dumplings and flu vaccine in January, by a quarter each way."""
        swing = 0.25 * math.cos(2 * math.pi * (day.timetuple().tm_yday - 15) / 365)
        return np.array(
            [1 + swing if g.family in WINTER else 1 - swing if g.family in SUMMER else 1.0 for g in self._choice[kind]]
        )

    def _finish(
        self, draft: tuple[datetime, Customer, tuple[Wanted, ...], float, float]
    ) -> tuple[Customer, datetime, datetime, str, int, bool, tuple[Wanted, ...]]:
        received, customer, lines, urgent, complete = draft
        hurry = urgent < URGENT_SHARE
        wanted = self._requested(customer, received, hurry)
        channel = "phone" if hurry else ("api", "edi", "page")[received.second % 3]
        priority = 1 if hurry else customer.priority
        return customer, received, wanted, channel, priority, complete < COMPLETE_SHARE, lines

    def _requested(self, customer: Customer, received: datetime, hurry: bool) -> datetime:
        """Wanted by the end of the customer's window: the next day near by, a day later far away or after 16 o'clock."""
        far = customer.code in self._far
        days = 1 + int(far) + int(received.hour >= 16)
        if hurry and not far:
            days = 1
        day = received.date() + timedelta(days=days)
        return datetime.combine(day, time(), tzinfo=ZONE) + timedelta(minutes=customer.closes)


def _line(goods: Goods, rng: np.random.Generator) -> Wanted:
    mean = BY_PIECE.get(goods.family)
    if mean is not None:
        return Wanted(goods, 1 + int(rng.poisson(mean - 1)), "EA")
    if rng.random() < 0.12:
        return Wanted(goods, 1 + int(rng.integers(goods.carton)), "EA")
    return Wanted(goods, int(rng.geometric(0.5)), "CT")
