"""Machines: spells of one state, pieces made in each, and the rate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

STATES: Final = ("running", "idle", "down", "setup")


@dataclass(frozen=True, slots=True, order=True)
class Report:
    """What a machine says of itself. `good` and `scrap` are its counters, which only go up until they are set back."""

    at: datetime
    state: str
    good: int = 0
    scrap: int = 0
    alarm: str = ""


@dataclass(frozen=True, slots=True)
class Spell:
    """A time in one state. `until_at` None: it goes on."""

    state: str
    from_at: datetime
    until_at: datetime | None
    good: int
    scrap: int
    alarm: str

    @property
    def rate_per_hour(self) -> float | None:
        """Good pieces an hour, None while it goes on or took no time."""
        if self.until_at is None or self.until_at <= self.from_at:
            return None
        return self.good / ((self.until_at - self.from_at) / timedelta(hours=1))


def find_spells(reports: Iterable[Report]) -> tuple[Spell, ...]:
    """The states one after another; pieces are counted for the state in which they were made. Unknown states are idle."""
    moments: dict[datetime, Report] = {}
    for report in sorted(reports):
        moments[report.at] = report
    spells: list[Spell] = []
    last: Report | None = None
    for report in moments.values():
        state = report.state if report.state in STATES else "idle"
        good = scrap = 0
        if last is not None:
            good, scrap = _more(last.good, report.good), _more(last.scrap, report.scrap)
            spells[-1] = replace(spells[-1], good=spells[-1].good + good, scrap=spells[-1].scrap + scrap)
        if not spells or spells[-1].state != state:
            if spells:
                spells[-1] = replace(spells[-1], until_at=report.at)
            spells.append(Spell(state, report.at, None, 0, 0, report.alarm))
        elif report.alarm and not spells[-1].alarm:
            spells[-1] = replace(spells[-1], alarm=report.alarm)
        last = report
    return tuple(spells)


def _more(before: int, now: int) -> int:
    """How much a counter went on; one that is lower than before was set back to zero in between."""
    return now - before if now >= before else now


def availability(spells: Sequence[Spell], from_at: datetime, until: datetime) -> float | None:
    """Share of the known time in which it ran; None where nothing is known."""
    known = ran = timedelta()
    for spell in spells:
        start, end = max(spell.from_at, from_at), min(spell.until_at or until, until)
        if end <= start:
            continue
        known += end - start
        ran += end - start if spell.state == "running" else timedelta()
    return ran / known if known else None
