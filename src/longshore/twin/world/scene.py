"""What every actor of a simulated world shares: its seed, its company, its clock's zone, and a way to let reactors run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import numpy as np

from longshore.catalog.models import Place, PlaceKind
from longshore.engine.simulating.streams import Streams
from longshore.ledger.cause import Cause
from longshore.twin.company.demand import DayOrder, Demand

ZONE = ZoneInfo("Asia/Shanghai")
NAMES = UUID("7d3c5f52-9d1c-5b58-a1de-4f6f0f2f6a01")
Drain = Callable[[datetime], None]


@dataclass(frozen=True, slots=True)
class Scene:
    """`sites`: code → id of plants and distribution centres. `drain` lets the reactors hear what has happened."""

    seed: int
    demand: Demand
    sites: Mapping[str, int]
    drain: Drain
    living: bool = False
    on_line: bool = False  # its trucks report by devices of their own, not by a direct call

    def key(self, *parts: object) -> UUID:
        """An id that is the same in every run of this seed."""
        return uuid5(NAMES, "/".join(map(str, (self.seed, *parts))))

    def chance(self, *name: str | int) -> np.random.Generator:
        """The randomness of one thing, the same whenever it is asked for."""
        return Streams(self.seed).stream("world", *name)

    def cause(self, actor: str) -> Cause:
        return Cause(actor=actor, because="world")


@dataclass(frozen=True, slots=True)
class Tick:
    """The step from `since` (exclusive) to `now` (inclusive)."""

    since: datetime
    now: datetime

    def covers(self, moment: datetime) -> bool:
        return self.since < moment <= self.now

    def passes(self, minute_of_day: int) -> datetime | None:
        """The moment in this step at which the local clock shows this minute, if it does."""
        for day in self.days():
            moment = at_minute(day, minute_of_day)
            if self.covers(moment):
                return moment
        return None

    def days(self) -> list[date]:
        first, last = self.since.astimezone(ZONE).date(), self.now.astimezone(ZONE).date()
        return [first + timedelta(days=step) for step in range((last - first).days + 1)]


def at_minute(day: date, minute: int) -> datetime:
    """A minute of a local day; 1440 and more is the next day."""
    return datetime.combine(day, datetime.min.time(), tzinfo=ZONE) + timedelta(minutes=minute)


def sites_by_code() -> dict[str, int]:
    return dict(Place.objects.filter(kind=PlaceKind.SITE).order_by("code").values_list("code", "id"))


class Book:
    """The orders of recent days, drawn once."""

    def __init__(self, demand: Demand) -> None:
        self._demand = demand
        self._days: dict[date, list[DayOrder]] = {}

    def of(self, day: date) -> list[DayOrder]:
        if day not in self._days:
            if len(self._days) > 8:
                self._days.pop(min(self._days))
            self._days[day] = self._demand.orders_of(day)
        return self._days[day]
