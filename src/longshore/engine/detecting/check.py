"""Recompute what a judgement states about its readings, sharing no code with the solver."""

from __future__ import annotations

import math
import statistics
from itertools import groupby

from longshore.engine.detecting.problem import AlarmRule, Component, Finding, Judgement, Readings

DRIFT_RESTS = 10


def check(readings: Readings, judgement: Judgement, rule: AlarmRule) -> list[str]:
    """Every way in which a judgement made from an empty state breaks a promise: numbers, order, silence between alarms,
    reasons that the readings do not bear out. O(n + findings x window)."""
    rows = len(readings.values)
    if any(len(told) != rows for told in (judgement.surprise, judgement.scores, judgement.component)):
        return ["not one answer for each reading"]
    faults = []
    loud, scores = judgement.surprise.tolist(), judgement.scores.tolist()
    if any(not math.isfinite(one) or one < 0 for one in loud):
        faults.append("a surprise is negative or not finite")
    if any(score not in (0.0, one) for score, one in zip(scores, loud, strict=True)):
        faults.append("a score is neither the surprise nor silence")
    faults.extend(_repetitions(scores, rule))
    told = {found.row for found in judgement.findings if found.component != Component.DRIFT}
    if told != {row for row, score in enumerate(scores) if score >= rule.alarm_at}:
        faults.append("findings are not the scores beyond the alarm level")
    kept = _kept(readings)
    for found in judgement.findings:
        faults.extend(f"row {found.row}: {fault}" for fault in _unfounded(readings, found, kept))
    return faults


def _repetitions(scores: list[float], rule: AlarmRule) -> list[str]:
    faults, last_row, last = [], -rule.rest - 1, 0.0
    for row, score in enumerate(scores):
        if score == 0:
            continue
        if row - last_row <= rule.rest and score <= last + 1:
            faults.append(f"row {row}: repeats the alarm of row {last_row}")
        last_row, last = row, score
    return faults


def _kept(readings: Readings) -> list[int]:
    """Rows that count: numbers, each newer than all before."""
    kept: list[int] = []
    newest = -math.inf
    for row, (moment, value) in enumerate(zip(readings.times.tolist(), readings.values.tolist(), strict=True)):
        if math.isfinite(value) and moment > newest:
            kept.append(row)
            newest = moment
    return kept


def _unfounded(readings: Readings, found: Finding, kept: list[int]) -> list[str]:
    faults = []
    if found.since > found.at or found.at != int(readings.times[found.row]):
        faults.append("begins after it was found, or is of another time")
    if (found.seen - found.expected) * found.direction <= 0:
        faults.append("is not on the side it says")
    before = [float(readings.values[row]) for row in kept if row <= found.row]
    seen = _seen(found.component, before)
    if seen is not None and not math.isclose(found.seen, seen, rel_tol=1e-6, abs_tol=1e-6):
        faults.append(f"saw {found.seen}, recomputed {seen}")
    return faults


def _seen(component: Component, values: list[float]) -> float | None:
    if component == Component.SPIKE:
        return values[-1]
    if component in (Component.LEVEL, Component.SEASON):
        return statistics.fmean(values[-36:])
    if component == Component.STILLNESS:
        return float(len(list(next(iter(groupby(reversed(values))))[1])))
    return None
