"""Longer beyond a limit than goods bear: a function of the readings, whatever order they came in.

A reading holds until the next one, at most for `gap`; after that the value is unknown, which is neither good nor bad:
it ends no excursion and counts towards none.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

Sample = tuple[datetime, float]
Span = tuple[datetime, datetime | None]

KELVIN: Final = 273.15
GAS_CONSTANT: Final = 8.314472e-3  # kJ/(mol K)
ACTIVATION_ENERGY: Final = 83.144  # kJ/mol, the usual one for medicines
NONE: Final = timedelta()
# Not beyond the threshold for so long is recovery, even within the hysteresis.
LINGER: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """`activation`: instant, consecutive (beyond it for `after` with no recovery between) or accumulated (`after`
    added up `within` a rolling time). Back is who has come back by `hysteresis`."""

    code: str
    metric: str
    above: bool
    threshold: float
    hysteresis: float = 0.0
    inclusive: bool = False
    activation: str = "instant"
    after: timedelta = NONE
    within: timedelta = NONE

    def beyond(self, value: float) -> bool:
        if value == self.threshold:
            return self.inclusive
        return (value > self.threshold) == self.above

    def recovered(self, value: float) -> bool:
        if self.beyond(value):
            return False
        back = self.threshold - self.hysteresis if self.above else self.threshold + self.hysteresis
        return value <= back if self.above else value >= back

    def worse(self, one: float, other: float) -> float:
        return max(one, other) if self.above else min(one, other)


@dataclass(frozen=True, slots=True)
class Episode:
    """`until_at` None: it goes on as far as is known. `beyond` is known time, `unknown` time without a reading."""

    from_at: datetime
    activated_at: datetime
    until_at: datetime | None
    worst: float
    beyond: timedelta
    unknown: timedelta
    mkt: float | None


@dataclass(slots=True)
class _Run:
    """From the first reading beyond the limit to the first that has recovered."""

    samples: list[Sample]
    last_beyond: datetime
    stretches: list[tuple[datetime, datetime]] = field(default_factory=list)
    unknown: timedelta = NONE
    until_at: datetime | None = None


def in_order(samples: Iterable[Sample]) -> list[Sample]:
    """By time, each moment once, without what is no number. Of two values at one moment the greater stays."""
    found: dict[datetime, float] = {}
    for at, value in samples:
        if math.isfinite(value):
            found[at] = max(value, found.get(at, value))
    return sorted(found.items())


def find_excursions(samples: Iterable[Sample], limit: Limit, gap: timedelta) -> tuple[Episode, ...]:
    """All excursions beyond one limit in these readings."""
    runs = _runs(in_order(samples), limit, gap)
    if limit.activation == "accumulated":
        return _accumulated(runs, limit, gap)
    found = []
    for run in runs:
        activated = run.samples[0][0] if limit.activation == "instant" else _reached(run.stretches, limit.after)
        if activated is not None:
            found.append(_episode([run], activated, limit, gap))
    return tuple(found)


def _runs(samples: Sequence[Sample], limit: Limit, gap: timedelta) -> list[_Run]:
    runs: list[_Run] = []
    current: _Run | None = None
    for at, value in samples:
        if current is None:
            if limit.beyond(value):
                current = _Run([(at, value)], at)
                runs.append(current)
            continue
        before, held = current.samples[-1]
        if at - before > gap:
            current.unknown += at - before
        elif limit.beyond(held):
            current.stretches.append((before, at))
        current.samples.append((at, value))
        if limit.beyond(value):
            current.last_beyond = at
        elif limit.recovered(value) or at - current.last_beyond >= LINGER:
            current.until_at = at
            current = None
    return runs


def _reached(stretches: Sequence[tuple[datetime, datetime]], after: timedelta) -> datetime | None:
    """When the stretches add up to `after`."""
    total = NONE
    for start, end in stretches:
        if total + (end - start) >= after:
            return start + (after - total)
        total += end - start
    return None


def _accumulated(runs: Sequence[_Run], limit: Limit, gap: timedelta) -> tuple[Episode, ...]:
    """Runs whose time beyond, with that of those before within the rolling time, is too long; joined where they share."""
    groups: list[tuple[int, int, datetime]] = []
    recent: deque[tuple[datetime, datetime, int]] = deque()
    for index, run in enumerate(runs):
        for start, end in run.stretches:
            recent.append((start, end, index))
            while recent[0][1] <= end - limit.within:
                recent.popleft()
            inside = [(max(begin, end - limit.within), finish) for begin, finish, _run in recent]
            activated = _reached(inside, limit.after)
            if activated is None:
                continue
            if groups and recent[0][2] <= groups[-1][1]:
                groups[-1] = (groups[-1][0], index, groups[-1][2])
            else:
                groups.append((recent[0][2], index, activated))
    return tuple(_episode(runs[first : last + 1], activated, limit, gap) for first, last, activated in groups)


def _episode(runs: Sequence[_Run], activated_at: datetime, limit: Limit, gap: timedelta) -> Episode:
    samples = [sample for run in runs for sample in run.samples]
    beyond = [value for _at, value in samples if limit.beyond(value)]
    worst = beyond[0]
    for value in beyond:
        worst = limit.worse(worst, value)
    weighted = [
        (following - at, value)
        for run in runs
        for (at, value), (following, _value) in zip(run.samples, run.samples[1:], strict=False)
        if following - at <= gap
    ]
    return Episode(
        from_at=runs[0].samples[0][0],
        activated_at=activated_at,
        until_at=runs[-1].until_at,
        worst=worst,
        beyond=sum((end - start for run in runs for start, end in run.stretches), NONE),
        unknown=sum((run.unknown for run in runs), NONE),
        mkt=_mean_kinetic(weighted or [(timedelta(seconds=1), worst)]),
    )


def _mean_kinetic(stretches: Sequence[tuple[timedelta, float]]) -> float | None:
    """None where a broken sensor said something colder than cold can be, or nothing else."""
    possible = [(lasted, value) for lasted, value in stretches if value > -KELVIN]
    return mean_kinetic_temperature(possible) if possible and len(possible) == len(stretches) else None


def mean_kinetic_temperature(
    stretches: Sequence[tuple[timedelta, float]], activation_energy: float = ACTIVATION_ENERGY
) -> float:
    """The one temperature, °C, that would have harmed as much: each value weighed by how long it lasted.

    Not for goods that freezing harms, nor for biologics, nor across gaps of the record (Haynes 1971; USP 1079.2).
    """
    ratio = activation_energy / GAS_CONSTANT
    known = [(lasted.total_seconds(), celsius + KELVIN) for lasted, celsius in stretches if lasted > NONE]
    if not known or any(kelvin <= 0 for _weight, kelvin in known):
        raise ValueError("mean kinetic temperature needs at least one value above absolute zero that lasted some time")
    total = sum(weight for weight, _kelvin in known)
    hottest = max(kelvin for _weight, kelvin in known)
    # relative to the hottest, so that no exponential overflows
    mean = sum(weight * math.exp(ratio / hottest - ratio / kelvin) for weight, kelvin in known) / total
    return ratio / (ratio / hottest - math.log(mean)) - KELVIN


def within_spans(samples: Sequence[Sample], spans: Sequence[Span], gap: timedelta) -> list[Sample]:
    """The readings that count for what stood there only during these spans (in order, apart from each other).

    A reading from just before still holds when a span begins.
    """
    kept: list[Sample] = []
    for start, end in spans:
        held = [sample for sample in samples if sample[0] < start]
        if held and start - held[-1][0] <= gap:
            kept.append((start, held[-1][1]))
        kept += [sample for sample in samples if start <= sample[0] and (end is None or sample[0] < end)]
    return kept


@dataclass(frozen=True, slots=True)
class Assessment:
    """A record over a time. `verdict`: good only when every moment is known and no limit was exceeded."""

    verdict: str
    known: timedelta
    unknown: tuple[tuple[datetime, datetime], ...]
    lowest: float | None
    highest: float | None
    mean: float | None
    mkt: float | None
    episodes: tuple[tuple[Limit, Episode], ...]


def assess(
    samples: Iterable[Sample], limits: Sequence[Limit], span: tuple[datetime, datetime], gap: timedelta
) -> Assessment:
    """What a record says about a journey: gaps are named, and the mean kinetic temperature is given only without them."""
    start, end = span
    known = within_spans(in_order(samples), [(start, end)], gap)
    stretches: list[tuple[timedelta, float]] = []
    gaps: list[tuple[datetime, datetime]] = []
    last = start
    for index, (at, value) in enumerate(known):
        following = known[index + 1][0] if index + 1 < len(known) else end
        if at > last:
            gaps.append((last, at))
        if following - at <= gap:
            stretches.append((following - at, value))
            last = following
        else:
            gaps.append((at, following))
            last = following
    if last < end:
        gaps.append((last, end))
    episodes = tuple((limit, episode) for limit in limits for episode in find_excursions(known, limit, gap))
    lasted = sum((stretch for stretch, _value in stretches), NONE)
    values = [value for _at, value in known]
    mean = sum(s.total_seconds() * v for s, v in stretches) / lasted.total_seconds() if lasted else None
    return Assessment(
        verdict="excursion" if episodes else "unknown" if gaps else "good",
        known=lasted,
        unknown=tuple(gaps),
        lowest=min(values) if values else None,
        highest=max(values) if values else None,
        mean=mean,
        mkt=_mean_kinetic(stretches) if lasted and not gaps else None,
        episodes=episodes,
    )
