"""Judge a machine's signals together: principal components (T2 and Q) and half-space trees, self-calibrating."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longshore.engine.compiling import kernel
from longshore.engine.detecting.joint import (
    BLOCK,
    MEASURES,
    JointFinding,
    JointJudgement,
    JointReadings,
    JointState,
    Measure,
    new_joint_state,
)
from longshore.engine.detecting.judging import silence, standardise, surprise
from longshore.engine.detecting.problem import AlarmRule
from longshore.engine.detecting.trees import WINDOW, crowd
from longshore.engine.invalid import require

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]

LEARNT = 4 * BLOCK  # rows before anything is said
MEMORY = 2000
KEPT = 0.9  # share of the variance that the principal components carry
RIDGE = 0.01
LEAST = 1e-9
PLAIN = AlarmRule()


@dataclass(frozen=True, slots=True, eq=False)
class _Chunk:
    """Rows of one block: standardised `points` (n, signals), lanes (3, n), sides and since (6, n)."""

    points: Reals
    lanes: Reals
    sides: Reals
    since: Integers


def solve_together(
    readings: JointReadings, state: JointState | None = None, rule: AlarmRule = PLAIN, seed: int = 0
) -> tuple[JointJudgement, JointState]:
    """The judgement of `readings` and the state after them; `state` None: nothing is known yet. Any cut into batches
    gives the same numbers. O(n x (signals^2 + trees x depth)), and signals^3 once in 64 rows."""
    after = new_joint_state(readings.values.shape[1], seed) if state is None else state.copy()
    same = len(after.mean) == readings.values.shape[1]
    require(same, "values", None, f"has not the {len(after.mean)} signals of the state", "Keep the signals' order")
    surprises, scores, measures, found = [np.zeros(0)], [np.zeros(0)], [np.zeros(0, dtype=np.int64)], []
    row, rows = 0, len(readings.times)
    while row < rows:
        until = min(rows, row + BLOCK - int(after.count[2]))
        chunk = _judged(after, readings.times[row:until], readings.values[row:until])
        loud, told = np.empty(until - row), np.empty(until - row)
        silence(after.rest, rule.rest, chunk.sides, loud, told)
        for place in np.flatnonzero(told >= rule.alarm_at).tolist():
            found.append(_finding(readings, after, chunk, (row, place)))
        surprises.append(loud)
        scores.append(told)
        measures.append(np.argmax(chunk.sides, axis=0) // 2)
        if after.count[2] == BLOCK:
            _learn(after)
        row = until
    joined = (np.concatenate(surprises), np.concatenate(scores), np.concatenate(measures))
    return JointJudgement(*joined, tuple(found)), after


def _judged(state: JointState, times: Integers, values: Reals) -> _Chunk:
    rows = len(times)
    chunk = _Chunk(
        points=np.empty((rows, len(state.mean))),
        lanes=np.full((MEASURES, rows), np.nan),
        sides=np.empty((2 * MEASURES, rows)),
        since=np.empty((2 * MEASURES, rows), dtype=np.int64),
    )
    _place(state.count, (state.mean, state.deviation), state.block, (times, values), chunk.points)
    density = np.empty(rows)
    crowd(state.cuts, state.mass, chunk.points, density)
    if state.count[0] - state.count[2] >= LEARNT:
        _distances(state.basis, int(state.count[4]), chunk.points, chunk.lanes)
        chunk.lanes[Measure.TREES] = -density
    z, scale = np.empty_like(chunk.lanes), np.zeros_like(chunk.lanes)
    standardise(state.centre, chunk.lanes, np.full(rows, 0.1), z, scale)
    surprise(state.sides, times, z, chunk.sides, chunk.since)
    chunk.sides[1::2] = 0.0  # nearer than usual is no alarm
    return chunk


@kernel
def _place(
    count: Reals, model: tuple[Reals, Reals], block: Reals, readings: tuple[Integers, Reals], points: Reals
) -> None:
    """Standardise each row (a missing value: the mean), keep it in the block; NaN where a row is passed over."""
    mean, deviation = model
    times, values = readings
    for row in range(len(times)):
        points[row] = np.nan
        if (count[0] > 0 and times[row] <= count[1]) or np.all(np.isnan(values[row])):
            continue
        block[int(count[2])] = values[row]
        count[0] += 1
        count[1] = times[row]
        count[2] += 1
        for signal in range(values.shape[1]):
            value = values[row, signal]
            points[row, signal] = (value - mean[signal]) / deviation[signal] if np.isfinite(value) else 0.0


@kernel
def _distances(basis: Reals, rest: int, points: Reals, lanes: Reals) -> None:
    """Distances from the mean in deviations: T within the principal directions, Q within the others, which are the
    first `rest` columns of `basis` (signals, signals), each over the root of its variance."""
    for row in range(points.shape[0]):
        if np.isnan(points[row, 0]):
            continue
        inside, outside = 0.0, 0.0
        for direction in range(basis.shape[1]):
            along = np.sum(basis[:, direction] * points[row]) ** 2
            inside += along if direction >= rest else 0.0
            outside += along if direction < rest else 0.0
        lanes[0, row] = np.sqrt(inside)
        lanes[1, row] = np.sqrt(outside)


def _learn(state: JointState) -> None:
    """Take the full block into mean, deviations and correlations; what stands out counts as four deviations."""
    blocks = state.count[0] // BLOCK
    known = np.where(np.isfinite(state.block), state.block, np.nan)
    if blocks == 1:
        empty = np.isnan(known).all(axis=0)
        known[:, empty] = 0.0
        state.mean[:] = np.nanmedian(known, axis=0)
        spread = 1.4826 * np.nanmedian(np.abs(known - state.mean), axis=0)
        state.deviation[:] = np.where(spread > 0, spread, np.nanstd(known, axis=0)) + LEAST
        state.correlation[:] = np.eye(len(state.mean))
    z = np.clip(np.nan_to_num((known - state.mean) / state.deviation), -4, 4)
    rate = max(1 / blocks, BLOCK / MEMORY)
    moved = rate * z.mean(axis=0)
    centred = z - moved
    covariance = (1 - rate) * state.correlation + rate * (centred.T @ centred) / BLOCK
    wide = np.sqrt(np.maximum(np.diag(covariance), 1e-6))
    state.correlation[:] = covariance / np.outer(wide, wide)
    state.mean[:] = state.mean + moved * state.deviation
    state.deviation[:] = np.maximum(state.deviation * wide, LEAST)
    values, directions = np.linalg.eigh(state.correlation)
    carried_by_larger = (np.cumsum(values[::-1])[::-1] - values) / values.sum()
    state.count[4] = float((carried_by_larger >= KEPT).sum())
    state.basis[:] = directions / np.sqrt(values + RIDGE)
    state.inverse[:] = np.linalg.inv(state.correlation + RIDGE * np.eye(len(values)))
    if state.count[0] % WINDOW == 0:
        state.mass[0], state.mass[1] = state.mass[1], 0.0
    state.count[2] = 0


def _finding(readings: JointReadings, state: JointState, chunk: _Chunk, at: tuple[int, int]) -> JointFinding:
    start, place = at
    side = int(np.argmax(chunk.sides[:, place]))
    point = chunk.points[place]
    pull, own = state.inverse @ point, np.diag(state.inverse)
    shares = pull**2 / own
    shares = shares / shares.sum() if shares.sum() > 0 else np.full(len(own), 1 / len(own))
    signal = int(np.argmax(shares))
    deviation, off = float(state.deviation[signal]), float(pull[signal] / own[signal])
    seen = float(state.mean[signal] + point[signal] * deviation)
    return JointFinding(
        row=start + place,
        at=int(readings.times[start + place]),
        measure=Measure(side // 2),
        surprise=float(chunk.sides[side, place]),
        signal=signal,
        expected=seen - off * deviation,
        seen=seen,
        spread=deviation / float(np.sqrt(own[signal])),
        shares=tuple(shares.tolist()),
        since=int(chunk.since[side, place]),
    )
