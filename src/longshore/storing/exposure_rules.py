"""Which goods stood where it was too warm or too cold, and where they are now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

# What a temperature class allows, °C; None: no limit on that side. A class that is not here minds nothing.
CLASS_LIMITS: Final[Mapping[str, tuple[float | None, float | None]]] = {
    "chilled": (0.0, 4.0),
    "pharma": (2.0, 8.0),
    "frozen": (None, -18.0),
}
TEMPERATURE: Final = "temperature"


@dataclass(frozen=True, slots=True)
class Limit:
    """Whose limit was passed: that of a temperature class, or of one item. Neither: nobody's that we know."""

    temperature_class: str = ""
    item: int | None = None


def violates(temperature_class: str, item: int, limit: Limit, metric: str, worst: float) -> bool:
    """Whether goods of this class may not have been there: it was their limit, or the worst value is beyond theirs.

    0 °C is a value like any other.
    """
    if limit.item == item or (limit.temperature_class and limit.temperature_class == temperature_class):
        return True
    if metric != TEMPERATURE or temperature_class not in CLASS_LIMITS:
        return False
    low, high = CLASS_LIMITS[temperature_class]
    return (low is not None and worst < low) or (high is not None and worst > high)


class Leg(NamedTuple):
    """One movement seen from `balance`: `delta` came (+) or went (−). `came`: not just released by ourselves; `same`: the goods
    kept their condition. `other` is the key on the other side, `bounded` whether that is one of ours."""

    movement: int
    balance: int
    at: datetime
    delta: int
    other: int
    came: bool
    same: bool
    bounded: bool


@dataclass(frozen=True, slots=True)
class Presence:
    """Goods stood under a key from `since` until `until` (None: they still do)."""

    since: datetime
    until: datetime | None


def presences(standing: int, legs: Iterable[Leg], opening: datetime) -> list[Presence]:
    """The times between nothing and nothing under one key. `standing`: what stands there now; `legs`: all movements at
    or after `opening`. Only legs that came begin a presence.
    """
    ordered = sorted(legs, key=lambda leg: (leg.at, leg.movement))
    qty = standing - sum(leg.delta for leg in ordered)
    since = opening if qty > 0 else None
    found = []
    for leg in ordered:
        qty += leg.delta
        if since is None and leg.delta > 0 and leg.came:
            since = leg.at
        elif since is not None and qty <= 0:
            found.append(Presence(since, leg.at))
            since = None
    if since is not None and qty > 0:
        found.append(Presence(since, None))
    return found


def overlaps(presence: Presence, begin: datetime, end: datetime) -> bool:
    return presence.since <= end and (presence.until is None or presence.until > begin)


def arrivals(legs: Sequence[Leg], during: Presence) -> set[tuple[int, datetime]]:
    """Where and when goods went in that time without changing their condition, as (key on the other side, at)."""
    return {
        (leg.other, leg.at)
        for leg in legs
        if leg.delta < 0 and leg.same and leg.bounded and during.since <= leg.at
        if during.until is None or leg.at <= during.until
    }


def gone(legs: Sequence[Leg], times: Sequence[Presence]) -> int:
    """How much went out of our hands in these times."""
    out = [leg for leg in legs if leg.delta < 0 and not leg.bounded]
    return -sum(
        leg.delta for leg in out if any(t.since <= leg.at and (t.until is None or leg.at <= t.until) for t in times)
    )


def holding(found: Iterable[Presence], moments: Iterable[datetime]) -> list[Presence]:
    """Those of the times that hold one of the moments, each from the first such moment on."""
    held = []
    for each in found:
        # staged and loaded in the same moment, goods were there for no time, and were there
        inside = [
            at for at in moments if each.since <= at and (each.until is None or at < each.until or at == each.since)
        ]
        if inside:
            held.append(Presence(min(inside), each.until))
    return held
