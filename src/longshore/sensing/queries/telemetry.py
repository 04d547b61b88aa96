"""Numbers over time: last values, and series thinned to what a chart can show without losing a peak."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, LiteralString, NamedTuple

from longshore.sensing.queries.rows import fetch

FIVE_MINUTES, HOUR = 300, 3600
ROLLED_STEPS = (FIVE_MINUTES, HOUR)
NICE_STEPS = (1, 5, 10, 30, 60, 120, 300, 900, 1800, 3600, 7200, 21600, 43200, 86400, 604800)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
POINTS = 600


class LastRow(NamedTuple):
    device: int
    metric: int
    metric_code: str
    name: str
    name_zh: str
    unit: str
    at: datetime
    value: float
    received_at: datetime


class Point(NamedTuple):
    """Everything of one step: how many readings, mean, lowest and highest."""

    at: datetime
    n: int
    mean: float
    low: float
    high: float


class Moment(NamedTuple):
    device: int
    metric: int
    at: datetime
    value: float


_LAST: Final[LiteralString] = """
SELECT v.device_id, v.metric_id, m.code, m.name, m.name_zh, m.unit, v.at, v.value, v.received_at
FROM sensing_lastvalue v JOIN sensing_metric m ON m.id = v.metric_id
WHERE %s::int[] IS NULL OR v.device_id = ANY(%s::int[]) ORDER BY v.device_id, v.metric_id
"""
_ALL_LAST: Final[LiteralString] = "SELECT device_id, metric_id, at, value FROM sensing_lastvalue"
# Rolled buckets, but for the newest: readings may have come since, so from there on they are folded here.
_ROLLED: Final[LiteralString] = """
WITH rolled AS (
    SELECT bucket, n, total, low, high FROM sensing_rollup
    WHERE device_id = %s::int AND metric_id = %s::smallint AND step_s = %s::int
        AND bucket >= %s::timestamptz AND bucket < %s::timestamptz
), newest AS (SELECT coalesce(max(bucket), %s::timestamptz) AS bucket FROM rolled),
young AS (
    SELECT at, 1, value, value, value FROM sensing_reading
    WHERE device_id = %s::int AND metric_id = %s::smallint AND at < %s::timestamptz
        AND at >= (SELECT bucket FROM newest)
), every AS (SELECT * FROM rolled WHERE bucket < (SELECT bucket FROM newest) UNION ALL SELECT * FROM young)
SELECT date_bin(make_interval(secs => %s::int), bucket, %s::timestamptz) AS step, sum(n)::bigint,
    sum(total) / sum(n), min(low), max(high)
FROM every GROUP BY 1 ORDER BY 1
"""
_RAW: Final[LiteralString] = """
SELECT date_bin(make_interval(secs => %s::int), at, %s::timestamptz) AS step, count(*), avg(value), min(value),
    max(value)
FROM sensing_reading WHERE device_id = %s::int AND metric_id = %s::smallint AND at >= %s::timestamptz
    AND at < %s::timestamptz
GROUP BY 1 ORDER BY 1
"""


def last_values(device_ids: Sequence[int] | None = None) -> tuple[LastRow, ...]:
    """The newest number of every metric, by device time: of these devices, or of all."""
    ids = None if device_ids is None else list(device_ids)
    return fetch(LastRow, _LAST, ids, ids)


def all_last_values() -> tuple[Moment, ...]:
    """The same for every device, without names: what a map or a monitor asks for again and again."""
    return fetch(Moment, _ALL_LAST)


def week_5min(device: int, metric: int, until: datetime) -> tuple[Point, ...]:
    """The seven days before `until` as 5-minute means, with lowest and highest."""
    return _rolled(device, metric, until - timedelta(days=7), until, FIVE_MINUTES)


def series(
    device: int, metric: int, since: datetime, until: datetime, points: int = POINTS
) -> tuple[int, tuple[Point, ...]]:
    """(step in seconds, at most about `points` points): lowest and highest of each step are kept, so no peak is lost."""
    step = step_for(since, until, points)
    if step < FIVE_MINUTES:
        return step, fetch(Point, _RAW, step, EPOCH, device, metric, since, until)
    return step, _rolled(device, metric, since, until, step)


def step_for(since: datetime, until: datetime, points: int = POINTS) -> int:
    """The shortest round step that needs no more points than asked for."""
    wanted = (until - since).total_seconds() / points
    return next((step for step in NICE_STEPS if step >= wanted), NICE_STEPS[-1])


def _rolled(device: int, metric: int, since: datetime, until: datetime, step: int) -> tuple[Point, ...]:
    base = HOUR if step % HOUR == 0 else FIVE_MINUTES
    start = EPOCH + (since - EPOCH) // timedelta(seconds=step) * timedelta(seconds=step)
    series_of = (device, metric)
    return fetch(Point, _ROLLED, *series_of, base, start, until, start, *series_of, until, step, EPOCH)
