"""The one durable way in for what devices say: a batch of columns, one transaction, committed or not at all.

Everything that brings readings goes through `write`: the gateway's listeners, the bridge to a broker, simulators, tests.
Sending the same batch again changes nothing; a late reading never overwrites a newer last value; ids of signals and
batches appear in the order of commits, because they are drawn under a lock that is held until the commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from weakref import WeakKeyDictionary

import msgspec
import numpy as np
import numpy.typing as npt
import psycopg
import psycopg.errors
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

EPOCH_2000_US = 946_684_800_000_000
DAY_US = 86_400_000_000
NEVER = -5_000_000_000_000_000  # 1811, before all others: for a series of which nothing was live
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

COPY_READINGS: LiteralString = "COPY {} (device_id, metric_id, at, value, received_at) FROM STDIN (FORMAT BINARY)"
STAGE = """
CREATE TEMP TABLE IF NOT EXISTS sensing_stage (
    device_id integer, metric_id smallint, at timestamptz, value double precision, received_at timestamptz
) ON COMMIT DELETE ROWS
"""
# What is there already and says something else was either forged or corrupted; what says the same was sent twice.
KNOWN = """
SELECT s.device_id, count(*) FILTER (WHERE r.value = s.value), count(*) FILTER (WHERE r.value <> s.value)
FROM sensing_stage s JOIN sensing_reading r USING (device_id, metric_id, at) GROUP BY s.device_id
"""
MERGE = "INSERT INTO sensing_reading SELECT * FROM sensing_stage ON CONFLICT DO NOTHING"
FINISH = "SELECT sensing_finish(%s, %s, %s, %s, %s, %s, %s)"
SIGNALS = """
INSERT INTO sensing_signal (device_id, kind, at, received_at, digest, body)
SELECT d, k, a, %s, g, b::jsonb FROM unnest(%s, %s::text[], %s, %s::bytea[], %s::text[]) AS new(d, k, a, g, b)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class SignalRow:
    """Something that is not a number; `at_us` in microseconds since 1970, `body` as JSON text."""

    device_id: int
    kind: str
    at_us: int
    digest: bytes
    body: str


@dataclass(slots=True)
class Columns:
    """Readings as parallel lists (microseconds since 1970), and signals. `historical` are rows that never become last values."""

    devices: list[int] = field(default_factory=list)
    metrics: list[int] = field(default_factory=list)
    stamps: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    historical: set[int] = field(default_factory=set)
    signals: list[SignalRow] = field(default_factory=list)

    def add(self, device_id: int, metric_id: int, at_us: int, value: float) -> None:
        self.devices.append(device_id)
        self.metrics.append(metric_id)
        self.stamps.append(at_us)
        self.values.append(value)

    def __len__(self) -> int:
        return len(self.devices) + len(self.signals)


@dataclass(frozen=True, slots=True)
class Written:
    """What one commit did. `repeated` and `contradicted` count rows that were known, by device; nothing was changed there."""

    readings: int
    signals: int
    repeated: dict[int, int]
    contradicted: dict[int, int]


@dataclass(frozen=True, slots=True)
class _Arrays:
    devices: Ints
    metrics: Ints
    stamps: Ints
    values: Floats
    live: npt.NDArray[np.bool_]


def microseconds(at: datetime) -> int:
    """Since 1970; exact."""
    return (at - _EPOCH) // _MICROSECOND


_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def signal_row(device_id: int, kind: str, at_us: int, body: dict[str, object]) -> SignalRow:
    """The digest is of the body as it is stored, so that the same thing said over MQTT and HTTP is the same."""
    from hashlib import blake2b

    text = msgspec.json.encode(body)
    return SignalRow(device_id, kind, at_us, blake2b(text, digest_size=16).digest(), text.decode())


def write(
    connection: psycopg.Connection[Any], columns: Columns, *, received_at: datetime, careful: bool = False
) -> Written:
    """One transaction. When it returns outside of another transaction, everything is durable.

    Readings go straight into the table; when one of them is known already, the batch goes through a stage that leaves
    out what is known. `careful` says that repeats are likely, so the straight way is not tried.
    """
    arrays = _arrays(columns)
    make_days(connection, columns)
    if not careful:
        try:
            with connection.transaction():
                _copy(connection, "sensing_reading", arrays, received_at)
                _write_rest(connection, arrays, columns.signals, received_at)
            return Written(len(columns.devices), len(columns.signals), {}, {})
        except psycopg.errors.UniqueViolation:
            careful = True
    with connection.transaction():
        connection.execute(STAGE)
        _copy(connection, "sensing_stage", arrays, received_at)
        known = connection.execute(KNOWN).fetchall()
        fresh = connection.execute(MERGE).rowcount
        _write_rest(connection, arrays, columns.signals, received_at)
        connection.execute("TRUNCATE sensing_stage")
    repeated = {device: same for device, same, _ in known if same}
    return Written(fresh, len(columns.signals), repeated, {device: other for device, _, other in known if other})


def make_days(connection: psycopg.Connection[Any], columns: Columns) -> None:
    """The partitions this batch needs, in a transaction of their own; costs nothing when all are known to be there."""
    days = {stamp // DAY_US for stamp in (min(columns.stamps), max(columns.stamps))} if columns.stamps else set()
    if len(days) == 2 and not _Days.known(connection, range(min(days), max(days) + 1)):
        days = {stamp // DAY_US for stamp in columns.stamps}
    days |= {signal.at_us // DAY_US for signal in columns.signals}
    missing = sorted(day for day in days if not _Days.known(connection, (day,)))
    for day in missing:
        date = (_EPOCH + timedelta(days=day)).date()
        connection.execute("SELECT sensing_make_days(%s, %s)", (date, date))
    _Days.remember(connection, missing)


class _Days:
    """Which partitions a connection has seen; a new connection asks again."""

    seen: WeakKeyDictionary[psycopg.Connection[Any], set[int]] = WeakKeyDictionary()

    @classmethod
    def known(cls, connection: psycopg.Connection[Any], days: Sequence[int]) -> bool:
        return cls.seen.get(connection, set()).issuperset(days)

    @classmethod
    def remember(cls, connection: psycopg.Connection[Any], days: Sequence[int]) -> None:
        """Only outside a transaction: inside one that is rolled back, the partition goes too."""
        if connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            cls.seen.setdefault(connection, set()).update(days)


def _arrays(columns: Columns) -> _Arrays:
    live = np.ones(len(columns.devices), dtype=bool)
    if columns.historical:
        live[list(columns.historical)] = False
    return _Arrays(
        np.array(columns.devices, dtype=np.int64),
        np.array(columns.metrics, dtype=np.int64),
        np.array(columns.stamps, dtype=np.int64),
        np.array(columns.values, dtype=np.float64),
        live,
    )


ROW = np.dtype(
    [
        ("fields", ">i2"),
        *(("s1", ">i4"), ("device", ">i4"), ("s2", ">i4"), ("metric", ">i2"), ("s3", ">i4"), ("at", ">i8")),
        *(("s4", ">i4"), ("value", ">f8"), ("s5", ">i4"), ("received", ">i8")),
    ]
)
HEAD, END = b"PGCOPY\n\xff\r\n\x00" + bytes(8), b"\xff\xff"


def _copy(connection: psycopg.Connection[Any], table: LiteralString, arrays: _Arrays, received_at: datetime) -> None:
    count = len(arrays.devices)
    if not count:
        return
    rows = np.empty(count, dtype=ROW)
    rows["fields"], rows["s1"], rows["s2"], rows["s3"], rows["s4"], rows["s5"] = 5, 4, 2, 8, 8, 8
    rows["device"], rows["metric"], rows["value"] = arrays.devices, arrays.metrics, arrays.values
    rows["at"] = arrays.stamps - EPOCH_2000_US
    rows["received"] = microseconds(received_at) - EPOCH_2000_US
    with connection.cursor() as cursor, cursor.copy(COPY_READINGS.format(table)) as copy:
        copy.write(HEAD + rows.tobytes() + END)


def _write_rest(
    connection: psycopg.Connection[Any], arrays: _Arrays, signals: Sequence[SignalRow], received_at: datetime
) -> None:
    """Last values, then the lock that is held until the commit, and under it whatever gets an id."""
    cursor = psycopg.Cursor(connection)
    cursor.adapters.register_dumper(_Column, _ColumnDumper)
    cursor.execute(FINISH, (received_at, *_series(arrays)), prepare=True)
    if signals:
        _write_signals(cursor, signals, received_at)


def _series(arrays: _Arrays) -> tuple[_Column, ...]:
    """Device, metric, lowest and highest time, newest live time and its value, for each series of the batch in order."""
    series = arrays.devices << 16 | arrays.metrics
    # of two with the same time the first counts, as in the table of readings
    order = np.lexsort((-np.arange(len(series)), arrays.stamps, series))
    named, stamps, values = series[order], arrays.stamps[order], arrays.values[order]
    last = np.empty(len(named), dtype=bool)
    last[:-1], last[-1:] = named[1:] != named[:-1], True
    first = np.empty(len(named), dtype=bool)
    first[1:], first[:1] = last[:-1], True
    newest, newest_values = stamps[last], values[last]
    if not arrays.live.all():
        newest = np.maximum.reduceat(np.where(arrays.live[order], stamps, NEVER), np.flatnonzero(first))
        places = np.searchsorted(np.flatnonzero(last), np.arange(len(named)))
        hits = np.flatnonzero((stamps == newest[places]) & arrays.live[order])
        newest_values = newest_values.copy()
        newest_values[places[hits]] = values[hits]
    named = named[last]
    return (
        _int4(named >> 16),
        _int2(named & 0xFFFF),
        _stamps(stamps[first]),
        _stamps(stamps[last]),
        _stamps(newest),
        _float8(newest_values),
    )


def _write_signals(cursor: psycopg.Cursor[Any], signals: Sequence[SignalRow], received_at: datetime) -> None:
    cursor.execute(
        SIGNALS,
        (
            received_at,
            _int4(np.array([signal.device_id for signal in signals], dtype=np.int64)),
            [signal.kind for signal in signals],
            _stamps(np.array([signal.at_us for signal in signals], dtype=np.int64)),
            [signal.digest for signal in signals],
            [signal.body for signal in signals],
        ),
        prepare=True,
    )


@dataclass(frozen=True, slots=True)
class _Column:
    """A NumPy column on its way into an array parameter."""

    cells: npt.NDArray[Any]
    element: int
    array: int


class _ColumnDumper(Dumper):
    format = Format.BINARY
    oid = 0

    def get_key(self, obj: _Column, format: Any) -> Any:
        return (type(obj), obj.array)

    def upgrade(self, obj: _Column, format: Any) -> _ColumnDumper:
        made = _ColumnDumper(self.cls)
        made.oid = obj.array
        return made

    def dump(self, obj: _Column) -> Buffer:
        size = obj.cells.dtype.itemsize
        head = np.array([1, 0, obj.element, len(obj.cells), 1], dtype=">i4").tobytes()
        rows = np.empty(len(obj.cells), dtype=[("size", ">i4"), ("value", obj.cells.dtype)])
        rows["size"] = size
        rows["value"] = obj.cells
        return head + rows.tobytes()


def _int4(values: Ints) -> _Column:
    return _Column(values.astype(">i4"), 23, 1007)


def _int2(values: Ints) -> _Column:
    return _Column(values.astype(">i2"), 21, 1005)


def _stamps(values: Ints) -> _Column:
    return _Column((values - EPOCH_2000_US).astype(">i8"), 1184, 1185)


def _float8(values: Floats) -> _Column:
    return _Column(values.astype(">f8"), 701, 1022)
