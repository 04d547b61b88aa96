"""New readings go to their detectors: what is unlike becomes an anomaly, told once; sensors that stick or drift are marked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from django.db import transaction

from longshore.engine.detecting.state import DetectorState, new_state
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.ledger.wire import run
from longshore.sensing.events import AnomalyFound
from longshore.sensing.metrics import METRICS
from longshore.sensing.models import InterpretationMark
from longshore.sensing.operations.detecting_together import judge_machines
from longshore.sensing.queries.detecting import (
    AHEAD,
    LEARNT_FROM,
    DetectorRow,
    detectors_of,
    milliseconds,
    moment,
    unjudged,
)
from longshore.sensing.queries.raw import Series, last_batch, touched_series
from longshore.sensing.rules.anomalies import JUDGED, Health, Judged, Unlike, judge
from longshore.sensing.rules.anomalies import Series as NewReadings
from longshore.sensing.rules.anomalies import told as finite

READER: Final = "detectors"
BATCHES_AT_ONCE: Final = 500
METRIC_CODES: Final = {id: code for id, code, *_names in METRICS}
JUDGED_IDS: Final = sorted(id for id, code in METRIC_CODES.items() if code in JUDGED)

_KEEP: Final[LiteralString] = """
INSERT INTO sensing_detectorstate AS d (device_id, metric_id, state, at, stuck_since, drifting_since)
SELECT * FROM unnest(%s::int[], %s::smallint[], %s::bytea[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT (device_id, metric_id) DO UPDATE SET state = excluded.state, at = excluded.at,
    stuck_since = excluded.stuck_since, drifting_since = excluded.drifting_since
"""
# An anomaly is known by when it began. What is learnt of it later is kept where it is rarer; only a new one is told.
_ANOMALIES: Final[LiteralString] = """
INSERT INTO sensing_anomaly AS a (device_id, metric_id, at, score, signal, explanation, learned_at)
SELECT DISTINCT ON (device, metric, at) device, metric, at, score, signal, told::jsonb, %s::timestamptz
FROM unnest(%s::int[], %s::smallint[], %s::timestamptz[], %s::float8[], %s::text[], %s::text[])
    AS n(device, metric, at, score, signal, told)
ORDER BY device, metric, at, score DESC
ON CONFLICT (device_id, metric_id, at) DO UPDATE
    SET score = excluded.score, signal = excluded.signal, explanation = excluded.explanation
    WHERE a.score < excluded.score
RETURNING a.id, a.device_id, a.metric_id, a.at, a.score, a.signal, a.xmax = 0 AS is_new
"""


# Readings of these batches that are not newer than what their detector has judged: it does not go back for them.
_LATE: Final[LiteralString] = """
WITH told AS MATERIALIZED (
    SELECT t.device, t.metric, t.low, least(t.high, m.at) AS high, s.received_at
    FROM sensing_batch s CROSS JOIN LATERAL unnest(s.device_ids, s.metric_ids, s.lows, s.highs) AS t(device, metric, low, high)
    JOIN sensing_detectorstate m ON m.device_id = t.device AND m.metric_id = t.metric AND m.at >= t.low
    WHERE s.id > %s::bigint AND s.id <= %s::bigint
)
UPDATE sensing_detectorstate d SET late = d.late + k.n FROM (
    SELECT told.device, told.metric, sum(c.n)::bigint AS n FROM told
    CROSS JOIN LATERAL (
        SELECT count(*) AS n FROM sensing_reading r WHERE r.device_id = told.device AND r.metric_id = told.metric
            AND r.at >= told.low AND r.at <= told.high AND r.received_at = told.received_at
    ) c WHERE c.n > 0 GROUP BY told.device, told.metric
) k WHERE d.device_id = k.device AND d.metric_id = k.metric RETURNING k.n
"""


@dataclass(frozen=True, slots=True)
class Detected:
    """`series` and `readings` that were judged, `found` anomalies that are new; `more` waits. `late` readings came after
    newer ones had been judged: they are counted and not judged."""

    series: int
    readings: int
    found: int
    more: bool
    late: int = 0


def leave_out() -> int:
    """Go past the next batch, which cannot be judged; its readings stay stored and shown. Returns its number."""
    with transaction.atomic():
        InterpretationMark.objects.get_or_create(reader=READER)
        mark = InterpretationMark.objects.select_for_update().get(reader=READER)
        last = last_batch(mark.last_id, 1)
        mark.last_id = mark.last_id if last is None else last
        mark.save(update_fields=["last_id"])
        return mark.last_id


def detect(*, at: datetime, cause: Cause, at_once: int = BATCHES_AT_ONCE) -> Detected:
    """Judge what came since the last time; two of these at once: the second leaves the work to the first.

    A reading that comes late is kept, shown and counted, but a detector that has gone on does not go back for it.
    """
    with transaction.atomic():
        InterpretationMark.objects.get_or_create(reader=READER)
        mark = InterpretationMark.objects.select_for_update(skip_locked=True).filter(reader=READER).first()
        last = None if mark is None else last_batch(mark.last_id, at_once)
        if mark is None or last is None:
            return Detected(0, 0, 0, False)
        late = sum(row[0] for row in run(_LATE, mark.last_id, last))
        touched = touched_series(mark.last_id, last, JUDGED_IDS)
        series = [(row.device, row.metric) for row in touched]
        judged, readings = _judged(series, at=at)
        _keep(judged)
        unlike = [(one, each) for one, result in judged.items() for each in result.found]
        unlike += judge_machines(sorted({device for device, _metric in series}), at=at)
        found = _record(unlike, at=at, cause=cause)
        more = last - mark.last_id >= at_once
        mark.last_id, mark.updated_at = last, at
        mark.save(update_fields=["last_id", "updated_at"])
    return Detected(len(judged), readings, found, more, late)


def _judged(series: Sequence[Series], *, at: datetime) -> tuple[dict[Series, Judged], int]:
    known = detectors_of(series)
    oldest = at - LEARNT_FROM
    after = [max(known[one].at, oldest) if one in known else oldest for one in series]
    new = unjudged(series, after, at + AHEAD)
    judged = {}
    for one in series:
        if one not in new:
            continue
        row = known.get(one)
        stamps, values = new[one]
        judged[one] = judge(_memory(row), NewReadings(METRIC_CODES[one[1]], stamps, values), _health(row))
    return judged, sum(len(values) for _stamps, values in new.values())


def _memory(row: DetectorRow | None) -> DetectorState:
    """What was remembered; a memory of an older release of the engine is begun anew."""
    if row is None or not DetectorState.reads(bytes(row.state)):
        return new_state()
    return DetectorState.from_bytes(bytes(row.state))


def _health(row: DetectorRow | None) -> Health:
    if row is None:
        return Health()
    return Health(*(None if one is None else milliseconds(one) for one in (row.stuck_since, row.drifting_since)))


def _moment(stamp: int | None) -> datetime | None:
    return None if stamp is None else moment(stamp)


def _keep(judged: Mapping[Series, Judged]) -> None:
    rows = [(series, one) for series, one in judged.items() if one.state.newest is not None]
    run(
        _KEEP,
        [series[0] for series, _one in rows],
        [series[1] for series, _one in rows],
        [one.state.to_bytes() for _series, one in rows],
        [_moment(one.state.newest) for _series, one in rows],
        [_moment(one.health.stuck_since) for _series, one in rows],
        [_moment(one.health.drifting_since) for _series, one in rows],
    )


def _record(rows: Sequence[tuple[Series, Unlike]], *, at: datetime, cause: Cause) -> int:
    if not rows:
        return 0
    written = run(
        _ANOMALIES,
        at,
        [series[0] for series, _unlike in rows],
        [series[1] for series, _unlike in rows],
        [_moment(unlike.since) for _series, unlike in rows],
        [round(finite(unlike.surprise), 2) for _series, unlike in rows],
        [unlike.signal for _series, unlike in rows],
        [json.dumps(unlike.explanation()) for _series, unlike in rows],
    ).fetchall()
    new = [row for row in sorted(written) if row[6]]
    told = [
        AnomalyFound(id, device, METRIC_CODES[metric], began.isoformat(), score, signal)
        for id, device, metric, began, score, signal, _is_new in new
    ]
    emit(told, at=at, cause=cause)
    return len(told)
