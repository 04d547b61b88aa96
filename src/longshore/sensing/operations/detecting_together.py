"""The signals of a machine, judged together: a value that is usual by itself may not fit the others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from longshore.engine.detecting.joint import JointState, new_joint_state
from longshore.ledger.wire import run
from longshore.sensing.metrics import METRICS
from longshore.sensing.queries.detecting import (
    AHEAD,
    LEARNT_FROM,
    JointRow,
    machines_of,
    moment,
    unjudged_together,
)
from longshore.sensing.queries.raw import Series
from longshore.sensing.rules.anomalies import JUDGED_TOGETHER, JudgedTogether, Unlike, judge_together

METRIC_CODES: Final = {id: code for id, code, *_names in METRICS}
TOGETHER_IDS: Final = sorted(id for id, code in METRIC_CODES.items() if code in JUDGED_TOGETHER)

_KEEP: Final[LiteralString] = """
INSERT INTO sensing_jointdetector AS d (device_id, metrics, state, at)
SELECT device, string_to_array(metrics, ',')::smallint[], state, at
FROM unnest(%s::int[], %s::text[], %s::bytea[], %s::timestamptz[]) AS n(device, metrics, state, at)
ON CONFLICT (device_id) DO UPDATE SET metrics = excluded.metrics, state = excluded.state, at = excluded.at
"""


@dataclass(frozen=True, slots=True, eq=False)
class _Machine:
    row: JointRow
    state: JointState
    after: datetime


def judge_machines(devices: Sequence[int], *, at: datetime) -> list[tuple[Series, Unlike]]:
    """Judge what these devices said since the last time, where they are machines with several signals; their memories
    are written, what was found is returned."""
    oldest = at - LEARNT_FROM
    machines = [_machine(row, oldest) for row in machines_of(devices, TOGETHER_IDS)]
    if not machines:
        return []
    named = [one.row.device for one in machines]
    new = unjudged_together(named, [one.after for one in machines], TOGETHER_IDS, at + AHEAD)
    judged = [(one.row, _judged(one, new[one.row.device])) for one in machines if one.row.device in new]
    _keep(judged)
    return [((row.device, row.metrics[column]), unlike) for row, result in judged for column, unlike in result.found]


def _machine(row: JointRow, oldest: datetime) -> _Machine:
    """A machine that says other metrics than before is learnt anew."""
    columns = len(row.metrics)
    if row.state is None or row.at is None or row.learnt != row.metrics:
        return _Machine(row, new_joint_state(columns, row.device), oldest)
    packed = bytes(row.state)
    if not JointState.reads(packed, columns):
        return _Machine(row, new_joint_state(columns, row.device), oldest)
    return _Machine(row, JointState.from_bytes(packed), max(row.at, oldest))


def _judged(machine: _Machine, said: dict[int, dict[int, float]]) -> JudgedTogether:
    metrics = machine.row.metrics
    rows = [[values.get(metric, math.nan) for metric in metrics] for values in said.values()]
    return judge_together(machine.state, list(said), rows, [METRIC_CODES[metric] for metric in metrics])


def _keep(judged: Sequence[tuple[JointRow, JudgedTogether]]) -> None:
    rows = [(row, result.state, result.state.newest) for row, result in judged]
    kept = [(row, state, newest) for row, state, newest in rows if newest is not None]
    run(
        _KEEP,
        [row.device for row, _state, _newest in kept],
        [",".join(str(metric) for metric in row.metrics) for row, _state, _newest in kept],
        [state.to_bytes() for _row, state, _newest in kept],
        [moment(newest) for _row, _state, newest in kept],
    )
