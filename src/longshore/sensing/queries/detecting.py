"""What the detectors have not seen yet, for many series at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString, NamedTuple

from longshore.ledger.wire import run
from longshore.sensing.queries.raw import Series
from longshore.sensing.queries.rows import fetch, from_json

# A device whose clock is ahead must not make its detector blind for what comes in between.
AHEAD: Final = timedelta(minutes=10)
# A series that is judged for the first time is learnt from what is stored of it.
LEARNT_FROM: Final = timedelta(days=30)
# Who has a long past to learn takes it in several goes, so that none holds everything in memory.
ROWS_AT_ONCE: Final = 500_000
LEAST_OF_EACH: Final = 60

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(at: datetime) -> int:
    """Since 1970."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def moment(stamp: int) -> datetime:
    """Of so many milliseconds since 1970."""
    return EPOCH + timedelta(milliseconds=stamp)


class DetectorRow(NamedTuple):
    device: int
    metric: int
    state: bytes
    at: datetime
    stuck_since: datetime | None
    drifting_since: datetime | None


class JointRow(NamedTuple):
    """A machine with several signals; what is remembered of it, if anything, and for which of them."""

    device: int
    metrics: list[int]
    learnt: list[int] | None
    state: bytes | None
    at: datetime | None


class TroubleRow(NamedTuple):
    """A sensor that repeats one value or drifts."""

    device: int
    metric: int
    stuck_since: datetime | None
    drifting_since: datetime | None


class AnomalyRow(NamedTuple):
    """`at`: since when; `explanation`: component, direction, expected, seen, spread, found_ms."""

    id: int
    at: datetime
    score: float
    signal: str
    explanation: dict[str, Any]
    metric_code: str
    name: str
    name_zh: str
    unit: str


_DETECTORS: Final[LiteralString] = """
SELECT d.device_id, d.metric_id, d.state, d.at, d.stuck_since, d.drifting_since FROM sensing_detectorstate d
JOIN unnest(%s::int[], %s::smallint[]) AS s(device, metric) ON d.device_id = s.device AND d.metric_id = s.metric
"""
_UNJUDGED: Final[LiteralString] = """
SELECT s.n, (extract(epoch FROM r.at) * 1000)::bigint, r.value
FROM unnest(%s::int[], %s::smallint[], %s::timestamptz[]) WITH ORDINALITY AS s(device, metric, after, n)
CROSS JOIN LATERAL (
    SELECT c.at, c.value FROM sensing_reading c WHERE c.device_id = s.device AND c.metric_id = s.metric
        AND c.at > s.after AND c.at <= %s::timestamptz ORDER BY c.at LIMIT %s::int
) r ORDER BY s.n, r.at
"""
_MACHINES: Final[LiteralString] = """
SELECT l.device_id, array_agg(l.metric_id ORDER BY l.metric_id), j.metrics, j.state, j.at FROM sensing_lastvalue l
JOIN sensing_device d ON d.id = l.device_id AND d.kind = 'machine'
LEFT JOIN sensing_jointdetector j ON j.device_id = l.device_id
WHERE l.device_id = ANY(%s::int[]) AND l.metric_id = ANY(%s::smallint[])
GROUP BY l.device_id, j.device_id HAVING count(*) > 1 ORDER BY l.device_id
"""
_UNJUDGED_TOGETHER: Final[LiteralString] = """
SELECT s.device, (extract(epoch FROM r.at) * 1000)::bigint, r.metric_id, r.value
FROM unnest(%s::int[], %s::timestamptz[]) AS s(device, after)
CROSS JOIN LATERAL (
    SELECT c.at, c.metric_id, c.value FROM sensing_reading c WHERE c.device_id = s.device
        AND c.metric_id = ANY(%s::smallint[]) AND c.at > s.after AND c.at <= %s::timestamptz
    ORDER BY c.at FETCH FIRST (%s::int) ROWS WITH TIES
) r ORDER BY s.device, r.at
"""
_TROUBLES: Final[LiteralString] = """
SELECT device_id, metric_id, stuck_since, drifting_since FROM sensing_detectorstate
WHERE (stuck_since IS NOT NULL OR drifting_since IS NOT NULL) AND (%s::int[] IS NULL OR device_id = ANY(%s::int[]))
ORDER BY device_id, metric_id
"""
_ANOMALIES: Final[LiteralString] = """
SELECT a.id, a.at, a.score, a.signal, a.explanation, m.code, m.name, m.name_zh, m.unit
FROM sensing_anomaly a JOIN sensing_metric m ON m.id = a.metric_id
WHERE a.device_id = %s::int AND a.at >= %s::timestamptz ORDER BY a.at DESC, a.id DESC LIMIT %s::int
"""


def detectors_of(series: Sequence[Series]) -> dict[Series, DetectorRow]:
    """What is remembered of these series."""
    rows = fetch(DetectorRow, _DETECTORS, [one[0] for one in series], [one[1] for one in series])
    return {(row.device, row.metric): row for row in rows}


def unjudged(
    series: Sequence[Series], after: Sequence[datetime], until: datetime
) -> dict[Series, tuple[list[int], list[float]]]:
    """Readings of each series after its moment: milliseconds since 1970 and values, oldest first; the first so many."""
    found: dict[Series, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
    devices, metrics = [one[0] for one in series], [one[1] for one in series]
    rows = run(_UNJUDGED, devices, metrics, list(after), until, _of_each(len(series)))
    for n, stamp, value in rows:
        stamps, values = found[series[n - 1]]
        stamps.append(stamp)
        values.append(value)
    return found


def _of_each(count: int) -> int:
    return max(LEAST_OF_EACH, ROWS_AT_ONCE // max(count, 1))


def machines_of(devices: Sequence[int], metrics: Sequence[int]) -> tuple[JointRow, ...]:
    """Which of the devices are machines that say more than one of these metrics."""
    return fetch(JointRow, _MACHINES, list(devices), list(metrics))


def unjudged_together(
    devices: Sequence[int], after: Sequence[datetime], metrics: Sequence[int], until: datetime
) -> dict[int, dict[int, dict[int, float]]]:
    """Of each device, by milliseconds since 1970, the value of each metric said then; the oldest so many."""
    found: dict[int, dict[int, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    rows = run(_UNJUDGED_TOGETHER, list(devices), list(after), list(metrics), until, _of_each(len(devices)))
    for device, stamp, metric, value in rows:
        found[device][stamp][metric] = value
    return found


def sensors_in_trouble(devices: Sequence[int] | None = None) -> tuple[TroubleRow, ...]:
    """Sensors that are stuck or drifting; of these devices, or of all."""
    wanted = None if devices is None else list(devices)
    return fetch(TroubleRow, _TROUBLES, wanted, wanted)


def late_of(device: int) -> int:
    """How many readings of the device came too late to be judged."""
    row = run(
        "SELECT coalesce(sum(late), 0)::bigint FROM sensing_detectorstate WHERE device_id = %s::int", device
    ).fetchone()
    return 0 if row is None else int(row[0])


def anomalies_of(device: int, since: datetime, limit: int = 50) -> tuple[AnomalyRow, ...]:
    """What was unlike about a device's series, newest first."""
    rows = fetch(AnomalyRow, _ANOMALIES, device, since, limit)
    return tuple(row._replace(explanation=from_json(row.explanation)) for row in rows)
