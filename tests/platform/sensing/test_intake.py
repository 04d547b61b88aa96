"""The durable way in: once, in order, never backwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection

from longshore.sensing.intake import Columns, microseconds, signal_row, write
from longshore.sensing.metrics import ensure_metrics
from longshore.sensing.models import Batch, Device, LastValue, Reading, Signal

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def device(db: None) -> Device:
    ensure_metrics()
    return Device.objects.create(code="logger-1", kind="logger", created_at=NOW)


def raw() -> psycopg.Connection:
    connection.ensure_connection()
    return connection.connection


def columns(device: Device, *readings: tuple[datetime, float]) -> Columns:
    made = Columns()
    for at, value in readings:
        made.add(device.id, 1, microseconds(at), value)
    return made


def test_a_batch_is_stored_with_its_last_value(device: Device) -> None:
    """Readings out of order are all kept; the last value is the newest by the device's time."""
    done = write(raw(), columns(device, (NOW, 4.0), (NOW - timedelta(hours=1), 9.5)), received_at=NOW)
    assert (done.readings, done.repeated, done.contradicted) == (2, {}, {})
    assert sorted(Reading.objects.values_list("at", "value")) == [(NOW - timedelta(hours=1), 9.5), (NOW, 4.0)]
    assert LastValue.objects.values_list("at", "value").get() == (NOW, 4.0)
    batch = Batch.objects.get()
    assert (batch.device_ids, batch.metric_ids) == ([device.id], [1])
    assert (batch.lows, batch.highs) == ([NOW - timedelta(hours=1)], [NOW])


def test_the_same_again_changes_nothing_and_is_counted(device: Device) -> None:
    """A repeat is counted; the same time with another value is counted apart and the first stays."""
    write(raw(), columns(device, (NOW, 4.0)), received_at=NOW)
    again = columns(device, (NOW, 4.0), (NOW + timedelta(minutes=1), 5.0))
    done = write(raw(), again, received_at=NOW + timedelta(minutes=2))
    assert (done.readings, done.repeated, done.contradicted) == (1, {device.id: 1}, {})
    forged = write(raw(), columns(device, (NOW, 40.0)), received_at=NOW, careful=True)
    assert (forged.readings, forged.repeated, forged.contradicted) == (0, {}, {device.id: 1})
    assert list(Reading.objects.order_by("at").values_list("value", flat=True)) == [4.0, 5.0]
    assert Reading.objects.get(at=NOW).received_at == NOW


def test_one_batch_with_the_same_key_twice(device: Device) -> None:
    """Of two values for one moment in one batch the first is kept, in the readings and as the last value."""
    write(raw(), columns(device, (NOW, 1.0), (NOW, 2.0)), received_at=NOW)
    assert Reading.objects.get().value == 1.0
    assert LastValue.objects.get().value == 1.0


def test_late_and_historical_readings_do_not_become_last_values(device: Device) -> None:
    """Neither an older reading nor one marked as history overwrites what is newer or live."""
    write(raw(), columns(device, (NOW, 4.0)), received_at=NOW)
    write(raw(), columns(device, (NOW - timedelta(days=40), -3.0)), received_at=NOW)
    history = columns(device, (NOW + timedelta(minutes=5), 7.0))
    history.historical.add(0)
    write(raw(), history, received_at=NOW)
    assert LastValue.objects.get().value == 4.0
    assert Reading.objects.count() == 3


def test_signals_are_kept_once_in_order(device: Device) -> None:
    """The same body at the same time is one signal; ids rise."""
    row = signal_row(device.id, "scan", microseconds(NOW), {"code": "0104012345123456", "verb": "pick"})
    other = signal_row(device.id, "scan", microseconds(NOW), {"code": "0104012345123456", "verb": "load"})
    write(raw(), Columns(signals=[row, row]), received_at=NOW)
    write(raw(), Columns(signals=[row, other]), received_at=NOW)
    found = list(Signal.objects.order_by("id").values_list("body", flat=True))
    assert found == [{"code": "0104012345123456", "verb": "pick"}, {"code": "0104012345123456", "verb": "load"}]


def test_microseconds_are_exact(device: Device) -> None:
    """A time with microseconds comes back as it went in."""
    at = datetime(2026, 3, 1, 11, 59, 59, 999_999, tzinfo=UTC)
    write(raw(), columns(device, (at, 0.0)), received_at=NOW)
    assert Reading.objects.get().at == at
    assert Reading.objects.get().value == 0.0
