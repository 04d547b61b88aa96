"""Rollups follow the readings whatever comes when; charts keep every peak; what is too old is forgotten by days."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from longshore.ledger.cause import Cause
from longshore.sensing.metrics import ensure_metrics
from longshore.sensing.models import Batch, Reading, Rollup
from longshore.sensing.operations import Keeping, NewDevice, register_devices, retain, roll_up
from longshore.sensing.queries.telemetry import all_last_values, last_values, series, step_for, week_5min

pytestmark = pytest.mark.django_db
TEMPERATURE = 1
DAY = timedelta(days=1)


@pytest.fixture
def at() -> datetime:
    return datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def device(at: datetime) -> int:
    ensure_metrics()
    return register_devices([NewDevice("L-1", "logger")], at=at, cause=Cause("test")).accepted[0].device


def written(device: int, rows: Iterable[tuple[datetime, float]], at: datetime) -> None:
    """As the gateway leaves it: readings, and the batch that names what it touched."""
    listed = list(rows)
    days = [when.date() for when, _value in listed]
    with connection.cursor() as cursor:
        cursor.execute("SELECT sensing_make_days(%s, %s)", [min(days), max(days)])
        cursor.executemany(
            "INSERT INTO sensing_reading VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [(device, TEMPERATURE, when, value, at) for when, value in listed],
        )
        cursor.execute(
            "INSERT INTO sensing_batch (received_at, device_ids, metric_ids, lows, highs)"
            " VALUES (%s, %s, %s::smallint[], %s, %s)",
            [at, [device], [TEMPERATURE], [min(w for w, _ in listed)], [max(w for w, _ in listed)]],
        )


def rolled(step: int) -> list[tuple[datetime, int, float, float, float]]:
    rows = Rollup.objects.filter(step_s=step).order_by("bucket")
    return list(rows.values_list("bucket", "n", "total", "low", "high"))


def refolded(step: int) -> list[tuple[datetime, int, float, float, float]]:
    """The same from the readings, by another way."""
    found: dict[datetime, list[float]] = {}
    for when, value in Reading.objects.order_by("at").values_list("at", "value"):
        bucket = datetime.fromtimestamp(when.timestamp() // step * step, UTC)
        found.setdefault(bucket, []).append(value)
    return [(b, len(v), pytest.approx(sum(v)), min(v), max(v)) for b, v in sorted(found.items())]


def test_rollups_equal_the_readings_in_any_order(device: int, at: datetime) -> None:
    """New, late and repeated readings in any order and any batches: both steps equal a fold of the readings."""
    rng = random.Random(7)
    rows = [(at - timedelta(seconds=37 * i), rng.uniform(-5, 5)) for i in range(600)]
    rng.shuffle(rows)
    for start in range(0, 600, 120):
        written(device, rows[start : start + 150], at)
        roll_up(at=at)
    for step in (300, 3600):
        assert rolled(step) == refolded(step)


def test_rolling_again_changes_nothing(device: int, at: datetime) -> None:
    """Without new batches nothing is written; with a batch that repeats the known, no row changes."""
    written(device, [(at, 4.0), (at + timedelta(minutes=7), 0.0)], at)
    assert roll_up(at=at).buckets == 3
    assert roll_up(at=at).buckets == 0
    written(device, [(at, 4.0)], at)
    assert roll_up(at=at).buckets == 0
    assert [row[3] for row in rolled(300)] == [4.0, 0.0]


def test_a_chart_keeps_every_peak_at_any_range(device: int, at: datetime) -> None:
    """One reading of 30 °C among thousands of 4 °C is the `high` of its step, however wide the step; the young end that
    is not rolled yet is there too."""
    rows = [(at - timedelta(minutes=i), 4.0) for i in range(3 * 1440)]
    rows[2000] = (rows[2000][0], 30.0)
    written(device, rows, at)
    roll_up(at=at)
    written(device, [(at + timedelta(minutes=20), -9.0)], at)
    for days in (4, 30, 365):
        step, points = series(device, TEMPERATURE, at - days * DAY, at + timedelta(hours=1), 200)
        assert max(point.high for point in points) == 30.0
        assert min(point.low for point in points) == -9.0
        assert sum(point.n for point in points) == 4321
        assert step == step_for(at - days * DAY, at + timedelta(hours=1), 200)
    step, points = series(device, TEMPERATURE, at - timedelta(minutes=30), at + timedelta(minutes=1))
    assert (step, len(points)) == (5, 31)


def test_a_week_of_five_minute_means(device: int, at: datetime) -> None:
    """2,016 steps, each the mean of its five readings, with and without rollups."""
    rows = [(at - timedelta(minutes=i + 1), float(i % 5)) for i in range(7 * 1440)]
    written(device, rows, at)
    fresh = week_5min(device, TEMPERATURE, at)
    roll_up(at=at)
    kept = week_5min(device, TEMPERATURE, at)
    assert fresh == kept
    assert len(kept) == 2016
    assert {(point.n, point.mean, point.low, point.high) for point in kept} == {(5, 2.0, 0.0, 4.0)}


def test_last_values_come_with_their_names(device: int, at: datetime) -> None:
    """The newest by device time, with code and unit; 0 is a value."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO sensing_lastvalue VALUES (%s, 1, %s, 0.0, %s)", [device, at, at])
    (row,) = last_values([device])
    assert (row.metric_code, row.unit, row.value) == ("temperature", "CEL", 0.0)
    assert [moment.value for moment in all_last_values()] == [0.0]
    assert last_values([device + 1]) == ()


def test_old_days_go_and_coming_days_are_made(device: int, at: datetime) -> None:
    """Raw days beyond the limit are gone, rollups stay as long as agreed, batches that are not rolled are kept."""
    written(device, [(at - 40 * DAY, 4.0), (at, 5.0)], at - 3 * DAY)
    keeping = Keeping(raw=30 * DAY, five_minutes=10 * DAY, hours=365 * DAY)
    roll_up(at=at)
    written(device, [(at, 5.0)], at - 3 * DAY)
    receipt = retain(keeping, at=at)
    assert (receipt.batches, receipt.rollups, Batch.objects.count()) == (1, 1, 1)
    assert receipt.days_dropped >= 2
    assert list(Reading.objects.values_list("value", flat=True)) == [5.0]
    assert [row[0].date() for row in rolled(300)] == [at.date()]
    assert [row[0].date() for row in rolled(3600)] == [(at - 40 * DAY).date(), at.date()]
    assert retain(keeping, at=at).days_made == 0
