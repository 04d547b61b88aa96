"""When a series is not like itself: what the engine's findings mean for people, without any threshold set by hand."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from longshore.engine.detecting.joint import JointReadings, JointState
from longshore.engine.detecting.problem import AlarmRule, Component, Finding, Readings
from longshore.engine.detecting.solve import solve
from longshore.engine.detecting.state import DetectorState
from longshore.engine.detecting.together import solve_together

# Metrics by code. Not judged: what jumps by its nature (doors, counters, speed of vehicles) or only ever falls (batteries).
ALWAYS_MOVING: Final = frozenset(
    "temperature humidity vibration pressure current power voltage co2 flow torque rotation noise".split()  # noqa: SIM905
)
RESTING: Final = frozenset(("weight", "level", "light", "rate"))  # these may stand still for days and be well
JUDGED: Final = ALWAYS_MOVING | RESTING
JUDGED_TOGETHER: Final = JUDGED | {"speed"}  # of machines, whose speed belongs to their load
# Expected less than once in a million readings: a thousand devices that speak each minute raise one or two a day by chance.
RULE: Final = AlarmRule(alarm_at=6.0)
STUCK_AT: Final = 5.0
TOGETHER: Final = "together"
SIGNAL: Final = {component: component.name.lower() for component in Component}


@dataclass(frozen=True, slots=True)
class Series:
    """New readings of a metric, oldest first: `stamps` in milliseconds since 1970."""

    metric: str
    stamps: Sequence[int]
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Health:
    """Since when, in milliseconds, the sensor repeats one value or drifts; None: it does not."""

    stuck_since: int | None = None
    drifting_since: int | None = None


def told(number: float) -> float:
    """A number that fits into JSON: a sensor that says 1e308 makes means and spreads beyond all numbers."""
    if math.isnan(number):
        return 0.0
    return round(number, 6) if math.isfinite(number) else math.copysign(sys.float_info.max, number)


@dataclass(frozen=True, slots=True)
class Unlike:
    """Since `since` (ms) the series is not like itself; `signal`: by which component, or "together" with the other signals
    of its device; `found` is the reading (ms) that told it; `more`: what else is known."""

    since: int
    found: int
    signal: str
    direction: int
    surprise: float
    expected: float
    seen: float
    spread: float
    more: Mapping[str, object] = field(default_factory=dict)

    def explanation(self) -> dict[str, object]:
        """For people and for other programs: numbers in the unit of the metric (stillness: in readings)."""
        return {
            "component": self.signal,
            "direction": "up" if self.direction > 0 else "down",
            "expected": told(self.expected),
            "seen": told(self.seen),
            "spread": told(self.spread),
            "found_ms": self.found,
            **self.more,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The detector after the readings, what it found (each span of one component once), and the sensor's health."""

    state: DetectorState
    found: tuple[Unlike, ...]
    health: Health


def judge(state: DetectorState, series: Series, before: Health) -> Judged:
    """Judge new readings by what the detector knows. Readings not newer than its newest one change nothing."""
    readings = Readings(np.array(series.stamps, dtype=np.int64), np.array(series.values, dtype=np.float64))
    judgement, after = solve(readings, state, RULE)
    findings = [one for one in judgement.findings if _matters(series.metric, one.component)]
    repeats = float(judgement.loudest[Component.STILLNESS]) >= STUCK_AT and series.metric in ALWAYS_MOVING
    stuck = after.still_since if repeats or before.stuck_since is not None else None
    drifts = any(one.component == Component.DRIFT for one in findings) or before.drifting_since is not None
    return Judged(after, _spans(findings), Health(stuck, after.drift_since if drifts else None))


def _matters(metric: str, component: Component) -> bool:
    return metric in ALWAYS_MOVING or component != Component.STILLNESS


def _spans(findings: Sequence[Finding]) -> tuple[Unlike, ...]:
    """Findings of one component that began together are one; the rarest tells how far it went."""
    found: dict[tuple[int, Component], Unlike] = {}
    for one in findings:
        key = (one.since, one.component)
        known = found.get(key)
        if known is None or one.surprise > known.surprise:
            found[key] = Unlike(
                since=one.since,
                found=one.at if known is None else known.found,
                signal=SIGNAL[one.component],
                direction=one.direction,
                surprise=one.surprise,
                expected=one.expected,
                seen=one.seen,
                spread=one.spread,
            )
    return tuple(found[key] for key in sorted(found))


@dataclass(frozen=True, slots=True, eq=False)
class JudgedTogether:
    """The joint detector after the rows, and what it found: the column that departs most, and how."""

    state: JointState
    found: tuple[tuple[int, Unlike], ...]


def judge_together(
    state: JointState, stamps: Sequence[int], rows: Sequence[Sequence[float]], metrics: Sequence[str]
) -> JudgedTogether:
    """Judge rows of a device's signals (one column for each of `metrics`, NaN where it said nothing)."""
    readings = JointReadings(np.array(stamps, dtype=np.int64), np.array(rows, dtype=np.float64))
    judgement, after = solve_together(readings, state, RULE)
    found: dict[int, tuple[int, Unlike]] = {}
    for one in judgement.findings:
        known = found.get(one.since)
        if known is not None and known[1].surprise >= one.surprise:
            continue
        shares = {metrics[column]: round(share, 3) for column, share in enumerate(one.shares)}
        unlike = Unlike(
            since=one.since,
            found=one.at if known is None else known[1].found,
            signal=TOGETHER,
            direction=1 if one.seen >= one.expected else -1,
            surprise=one.surprise,
            expected=one.expected,
            seen=one.seen,
            spread=one.spread,
            more={"measure": one.measure.name.lower(), "shares": shares},
        )
        found[one.since] = (one.signal, unlike)
    return JudgedTogether(after, tuple(found[since] for since in sorted(found)))
