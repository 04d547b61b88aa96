"""When a dock is free. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

Span = tuple[datetime, datetime]
MOVED: Final = timedelta(minutes=10)  # a truck a little early or late keeps its dock


@dataclass(frozen=True, slots=True)
class DockWish:
    """A truck wants a dock of the site for `minutes` from `wanted_at` on; `document` names it ("trip:4")."""

    document: str
    site: int
    inbound: bool
    wanted_at: datetime
    minutes: int
    temperature_class: str = "ambient"


@dataclass(frozen=True, slots=True)
class Dock:
    place: int
    temperature_class: str


@dataclass(frozen=True, slots=True)
class Slot:
    dock: int
    begin: datetime
    end: datetime


def earliest(taken: Sequence[Span], wanted_at: datetime, length: timedelta) -> datetime:
    """The first moment not before `wanted_at` from which on nothing is taken for that long. `taken` in order of begin."""
    begin = wanted_at
    for start, end in taken:
        if start >= begin + length:
            break
        begin = max(begin, end)
    return begin


def choose_slot(wish: DockWish, docks: Sequence[Dock], taken: Mapping[int, Sequence[Span]]) -> Slot | None:
    """The dock that is free soonest; of those free as soon, one of the right temperature, then the first. None: no dock."""
    length = timedelta(minutes=wish.minutes)
    offers = [
        (earliest(sorted(taken.get(dock.place, ())), wish.wanted_at, length), dock.temperature_class, index, dock.place)
        for index, dock in enumerate(docks)
    ]
    if not offers:
        return None
    begin, _class, _index, place = min(offers, key=lambda o: (o[0], o[1] != wish.temperature_class, o[2]))
    return Slot(place, begin, begin + length)
