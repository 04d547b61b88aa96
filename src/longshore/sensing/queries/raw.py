"""What came in since the last look, and the raw data around it: always for many series at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString, NamedTuple

import numpy as np

from longshore.ledger.wire import Ints, run
from longshore.sensing.queries.rows import fetch, from_json
from longshore.sensing.rules.excursions import Sample

Series = tuple[int, int]  # device, metric
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


class TouchedRow(NamedTuple):
    """A series that got readings between `low` and `high`."""

    device: int
    metric: int
    low: datetime
    high: datetime


class NewsRow(NamedTuple):
    """New readings of a series; `beyond_at` and `last_at`: last at or beyond a threshold, among them and before."""

    device: int
    metric: int
    lowest: float
    highest: float
    beyond_at: datetime | None
    last_at: datetime | None
    read_until: datetime | None


class DeviceRow(NamedTuple):
    device: int
    code: str
    kind: str
    expected_every_s: int
    settings: dict[str, Any]


class SignalRow(NamedTuple):
    id: int
    device: int
    kind: str
    at: datetime
    body: Any


_LAST_BATCH: Final[LiteralString] = """
SELECT max(id), count(*) FROM (SELECT id FROM sensing_batch WHERE id > %s::bigint ORDER BY id LIMIT %s) found
"""
_TOUCHED: Final[LiteralString] = """
SELECT t.device, t.metric, (extract(epoch FROM min(t.low)) * 1000000)::bigint,
    (extract(epoch FROM max(t.high)) * 1000000)::bigint
FROM sensing_batch s
CROSS JOIN LATERAL unnest(s.device_ids, s.metric_ids, s.lows, s.highs) AS t(device, metric, low, high)
WHERE s.id > %s::bigint AND s.id <= %s::bigint AND t.metric = ANY(%s::smallint[])
GROUP BY t.device, t.metric ORDER BY t.device, t.metric
"""
_DEVICES: Final[LiteralString] = """
SELECT id, code, kind, expected_every_s, settings FROM sensing_device WHERE id = ANY(%s::int[]) ORDER BY id
"""
# Of the new readings of each series the lowest, the highest, and when one was last at or beyond a threshold.
_NEWS: Final[LiteralString] = """
SELECT s.device, s.metric, r.lowest, r.highest, r.beyond_at, m.last_at, m.read_until
FROM unnest(%s, %s, %s, %s, %s::float8[], %s::float8[]) AS s(device, metric, low, high, least, most)
CROSS JOIN LATERAL (
    SELECT min(r.value) AS lowest, max(r.value) AS highest,
        max(r.at) FILTER (WHERE r.value <= s.least OR r.value >= s.most) AS beyond_at
    FROM sensing_reading r WHERE r.device_id = s.device::int AND r.metric_id = s.metric::smallint
        AND r.at >= '1970-01-01Z'::timestamptz + s.low * interval '1 microsecond'
        AND r.at <= '1970-01-01Z'::timestamptz + s.high * interval '1 microsecond'
) r
LEFT JOIN sensing_beyondmark m ON m.device_id = s.device::int AND m.metric_id = s.metric::smallint
WHERE r.lowest IS NOT NULL
"""
_MARK: Final[LiteralString] = """
INSERT INTO sensing_beyondmark AS m (device_id, metric_id, last_at, read_until)
SELECT * FROM unnest(%s::int[], %s::smallint[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT (device_id, metric_id) DO UPDATE SET last_at = greatest(m.last_at, excluded.last_at),
    read_until = greatest(m.read_until, excluded.read_until)
"""
# From the last reading before `low` that has recovered from the limit, to the end.
_SAMPLES: Final[LiteralString] = """
SELECT s.n, (extract(epoch FROM r.at) * 1000000)::bigint, r.value
FROM unnest(%s::int[], %s::smallint[], %s::timestamptz[], %s::float8[], %s::float8[])
    WITH ORDINALITY AS s(device, metric, low, least, most, n)
CROSS JOIN LATERAL (
    SELECT coalesce((
        SELECT c.at FROM sensing_reading c WHERE c.device_id = s.device AND c.metric_id = s.metric AND c.at < s.low
            AND c.value >= s.least AND c.value <= s.most ORDER BY c.at DESC LIMIT 1
    ), '-infinity'::timestamptz) AS at
) anchor
JOIN sensing_reading r ON r.device_id = s.device AND r.metric_id = s.metric AND r.at >= anchor.at
ORDER BY s.n, r.at
"""
_SINCE: Final[LiteralString] = """
SELECT s.device, s.metric, (extract(epoch FROM r.at) * 1000000)::bigint, r.value
FROM unnest(%s::int[], %s::smallint[], %s::timestamptz[])
    AS s(device, metric, since)
CROSS JOIN LATERAL (
    SELECT coalesce((
        SELECT c.at FROM sensing_reading c WHERE c.device_id = s.device AND c.metric_id = s.metric AND c.at < s.since
        ORDER BY c.at DESC LIMIT 1
    ), s.since) AS at
) anchor
JOIN sensing_reading r ON r.device_id = s.device AND r.metric_id = s.metric AND r.at >= anchor.at
ORDER BY s.device, s.metric, r.at
"""
_SIGNALS: Final[LiteralString] = """
SELECT id, device_id, kind, at, body FROM sensing_signal WHERE id > %s::bigint ORDER BY id LIMIT %s
"""
# The signals of each device from `back` signals before its moment on.
_SIGNALS_SINCE: Final[LiteralString] = """
SELECT g.id, s.device, %s, g.at, g.body FROM unnest(%s::int[], %s::timestamptz[]) AS s(device, since)
CROSS JOIN LATERAL (
    SELECT coalesce((
        SELECT c.at FROM sensing_signal c WHERE c.device_id = s.device AND c.kind = %s AND c.at < s.since
        ORDER BY c.at DESC, c.digest DESC OFFSET %s LIMIT 1
    ), '-infinity'::timestamptz) AS at
) anchor
JOIN sensing_signal g ON g.device_id = s.device AND g.kind = %s AND g.at >= anchor.at
ORDER BY s.device, g.at, g.digest
"""


def next_batches(after: int, at_most: int) -> tuple[int | None, int]:
    """The number of the last of at most so many batches after this one, and how many they are; None: there are none."""
    row = run(_LAST_BATCH, after, at_most).fetchone()
    return (None, 0) if row is None else (row[0], row[1])


def last_batch(after: int, at_most: int) -> int | None:
    """The number alone."""
    return next_batches(after, at_most)[0]


def touched_series(after: int, until: int, metrics: Sequence[int]) -> tuple[TouchedRow, ...]:
    """Which series of these metrics the batches touched, and over which time."""
    rows = run(_TOUCHED, after, until, list(metrics)).fetchall()
    return tuple(TouchedRow(device, metric, moment(low), moment(high)) for device, metric, low, high in rows)


def moment(microseconds: int) -> datetime:
    """Numbers travel faster than times."""
    return EPOCH + microseconds * MICROSECOND


def _ints(values: Iterable[int]) -> Ints:
    return Ints(np.fromiter(values, dtype=np.int64))


def devices_by_id(ids: Sequence[int]) -> dict[int, DeviceRow]:
    rows = fetch(DeviceRow, _DEVICES, sorted(set(ids)))
    return {row.device: row._replace(settings=from_json(row.settings)) for row in rows}


def number_of(settings: dict[str, Any], name: str, usual: float) -> float:
    """A number from a device's settings, which people write; what is none is the usual one."""
    value = settings.get(name)
    meant = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6
    return float(value) if meant and value is not None else usual


def news_of(series: Sequence[TouchedRow], thresholds: Sequence[tuple[float, float]]) -> tuple[NewsRow, ...]:
    """What is new in each series, against its nearest thresholds."""
    columns = (
        _ints(row.device for row in series),
        _ints(row.metric for row in series),
        _ints((row.low - EPOCH) // MICROSECOND for row in series),
        _ints((row.high - EPOCH) // MICROSECOND for row in series),
    )
    return fetch(NewsRow, _NEWS, *columns, [each[0] for each in thresholds], [each[1] for each in thresholds])


def mark_beyond(series: Sequence[Series], last: Sequence[datetime], until: Sequence[datetime]) -> None:
    """Remember that these series were beyond a limit, and up to when they have been read."""
    run(_MARK, [each[0] for each in series], [each[1] for each in series], list(last), list(until))


def samples_since_calm(
    series: Sequence[Series], lows: Sequence[datetime], bands: Sequence[tuple[float, float]]
) -> list[list[Sample]]:
    """For each (a series may come several times) its readings from the last one inside the band before `low` on."""
    least, most = [band[0] for band in bands], [band[1] for band in bands]
    found: list[list[Sample]] = [[] for _series in series]
    for n, at, value in run(_SAMPLES, [s[0] for s in series], [s[1] for s in series], list(lows), least, most):
        found[n - 1].append((moment(at), value))
    return found


def samples_since(series: Sequence[Series], since: Sequence[datetime]) -> dict[Series, list[Sample]]:
    """Readings from the last one before the moment on."""
    rows = run(_SINCE, [s[0] for s in series], [s[1] for s in series], list(since))
    return _grouped(rows.fetchall())


def _grouped(rows: Sequence[tuple[Any, ...]]) -> dict[Series, list[Sample]]:
    found: dict[Series, list[Sample]] = defaultdict(list)
    for device, metric, at, value in rows:
        found[device, metric].append((moment(at), value))
    return found


def new_signals(after: int, at_most: int) -> tuple[SignalRow, ...]:
    """What came after this number, in the order of commits."""
    rows = fetch(SignalRow, _SIGNALS, after, at_most)
    return tuple(row._replace(body=from_json(row.body)) for row in rows)


def signals_since(
    kind: str, devices: Sequence[int], since: Sequence[datetime], back: int
) -> dict[int, list[SignalRow]]:
    """Signals of one kind of each device, by its time, from `back` signals before its moment on."""
    rows = fetch(SignalRow, _SIGNALS_SINCE, kind, list(devices), list(since), kind, back - 1, kind)
    found: dict[int, list[SignalRow]] = defaultdict(list)
    for row in rows:
        found[row.device].append(row._replace(body=from_json(row.body)))
    return found
