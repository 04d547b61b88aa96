"""Judge a signal's new readings by what is known of it: one value, a few, or years of them, with the same result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longshore.engine.detecting.following import follow
from longshore.engine.detecting.judging import silence, standardise, surprise
from longshore.engine.detecting.problem import LANES, AlarmRule, Component, Finding, Judgement, Readings
from longshore.engine.detecting.remembering import recall
from longshore.engine.detecting.state import DetectorState, new_state

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]
ALWAYS = AlarmRule()
DRIFT = 2 * int(Component.DRIFT)  # its two sides are the last ones
DRIFT_RESTS = 10


@dataclass(frozen=True, slots=True, eq=False)
class _Lanes:
    """Arrays (lanes, n); `base` has one row more, `sides` and `since` are (2 lanes, n)."""

    seen: Reals
    base: Reals
    z: Reals
    scale: Reals
    sides: Reals
    since: Integers


def solve(
    readings: Readings, state: DetectorState | None = None, rule: AlarmRule = ALWAYS
) -> tuple[Judgement, DetectorState]:
    """The judgement of `readings` and the state after them; `state` None: nothing is known yet, and the given one stays
    as it is. Nothing looks ahead: any cut into batches gives the same numbers. O(n x 200) steps, 8 KB of state."""
    after = new_state() if state is None else state.copy()
    rows = len(readings.values)
    lanes = _Lanes(
        seen=np.empty((LANES, rows)),
        base=np.empty((LANES + 1, rows)),
        z=np.empty((LANES, rows)),
        scale=np.zeros((LANES, rows)),
        sides=np.empty((2 * LANES, rows)),
        since=np.empty((2 * LANES, rows), dtype=np.int64),
    )
    grain = np.empty(rows)
    follow(after.small, after.ring, (readings.times, readings.values), lanes.seen, lanes.base, grain)
    season = Component.SEASON
    recall(after.calendar, readings.times, lanes.seen[Component.LEVEL], lanes.seen[season], lanes.base[season])
    standardise(after.centre, lanes.seen, grain, lanes.z, lanes.scale)
    surprise(after.sides, readings.times, lanes.z, lanes.sides, lanes.since)
    lanes.sides[2 * Component.STILLNESS + 1] = 0.0  # a sensor that moves more than usual is the movement's business
    surprises, scores, slow, drifts = np.empty((4, rows))
    silence(after.rest[0], rule.rest, lanes.sides[:DRIFT], surprises, scores)
    silence(after.rest[1], DRIFT_RESTS * rule.rest, lanes.sides[DRIFT:], slow, drifts)
    loudest = np.argmax(lanes.sides[:DRIFT], axis=0) if rows else np.zeros(0, dtype=np.int64)
    slower = np.argmax(lanes.sides[DRIFT:], axis=0) + DRIFT if rows else loudest
    found = [(row, int(loudest[row])) for row in np.flatnonzero(scores >= rule.alarm_at).tolist()]
    found += [(row, int(slower[row])) for row in np.flatnonzero(drifts >= rule.alarm_at).tolist()]
    findings = tuple(_finding(readings, lanes, row, side) for row, side in sorted(found))
    rarest = np.max(lanes.sides, axis=1, initial=0.0).reshape(LANES, 2).max(axis=1)
    return Judgement(surprises, scores, loudest // 2, findings, rarest), after


def _finding(readings: Readings, lanes: _Lanes, row: int, side: int) -> Finding:
    component, direction = Component(side // 2), 1 - 2 * (side % 2)
    base, scale = float(lanes.base[component, row]), float(lanes.scale[component, row])
    seen = base + float(lanes.seen[component, row])
    expected = seen - float(lanes.z[component, row]) * scale
    spread = scale
    if component == Component.STILLNESS:
        seen, expected, spread = float(lanes.base[-1, row]), base, base
    if component == Component.MOVEMENT:
        seen, expected = float(np.exp(seen)), float(np.exp(expected))
        spread = expected * float(np.expm1(scale))
    return Finding(
        row=row,
        at=int(readings.times[row]),
        component=component,
        direction=direction,
        surprise=float(lanes.sides[side, row]),
        expected=expected,
        seen=seen,
        spread=spread,
        since=int(lanes.since[side, row]),
    )
