"""Interpretation measured: readings a second that it keeps up with, and how long after the commit an episode is there."""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from django.db import connection

from longshore.catalog.models import Item, Partner, Place, UnitOfMeasure
from longshore.catalog.operations import ensure_units
from longshore.ledger.cause import Cause
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import Key, Move, NewPosting, post
from longshore.sensing.intake import Columns, microseconds, signal_row, write
from longshore.sensing.models import Attachment, Device, Excursion
from longshore.sensing.operations.interpreting import Memory, interpret
from longshore.storing.rules import key_of

BENCH = Cause(actor="bench")
START = datetime(2026, 3, 2, tzinfo=UTC)
TEMPERATURE = 1


@dataclass(frozen=True)
class Sizes:
    devices: int = 1000
    seconds: int = 60
    hot: int = 20
    history_minutes: int = 1440


SMALL = Sizes(devices=200, seconds=20, hot=5, history_minutes=120)


def run(*, small: bool = False) -> dict[str, object]:
    """Every device speaks every second; a few are warm. One tick of interpretation a second, as behind a gateway."""
    sizes = SMALL if small else Sizes()
    loggers, trackers = _world(sizes)
    rng = np.random.default_rng(1)
    _history(loggers, sizes)
    memory = Memory()
    while interpret(at=START, cause=BENCH, memory=memory).more:
        pass
    ticks: list[float] = []
    spent = 0.0
    late: list[float] = []
    for second in range(sizes.seconds):
        at = START + timedelta(seconds=second + 1)
        _say(loggers, trackers, at, sizes, rng)
        began, worked = time.perf_counter(), _cpu_s()
        interpret(at=at, cause=BENCH, memory=memory)
        ticks.append(time.perf_counter() - began)
        spent += _cpu_s() - worked
        late.append(_delay(loggers[sizes.hot], at, memory) if second % 10 == 9 else 0.0)
    said = 2 * sizes.devices + len(trackers)
    results: dict[str, float] = {
        "readings_per_s": round(said * sizes.seconds / sum(ticks)),
        "cpu_us_per_reading": round(1e6 * spent / (said * sizes.seconds)),
        "tick_p50_ms": round(1000 * statistics.median(ticks), 1),
        "tick_p99_ms": round(1000 * sorted(ticks)[int(len(ticks) * 0.99)], 1),
        "episode_ms": round(1000 * max(late), 1),
        "excursions": Excursion.objects.count(),
    }
    return {"results": results, "yardsticks": {"said_per_s": said}, "sizes": vars(sizes)}


def _cpu_s() -> float:
    """Processor time of this process and of its database connection: what other load on the machine hardly changes."""
    backend = connection.connection.info.backend_pid
    fields = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _world(sizes: Sizes) -> tuple[list[int], list[int]]:
    """Cold rooms full of goods, a logger in each; a tenth as many trucks with trackers."""
    ensure_units()
    each = UnitOfMeasure.objects.get(code="EA")
    item = Item.objects.create(code="COLD", name="Cold", base_unit=each, temperature_class="chilled")
    owner = Partner.objects.create(code="SELF-BENCH", name="Self", is_owner=True)
    source = Place.objects.get(code="OPENING")
    rooms = Place.objects.bulk_create(
        Place(code=f"T{n}", name=f"T{n}", kind="vehicle", usage="storage") for n in range(sizes.devices)
    )
    moves = [Move(Key(item.pk, source.pk, owner.pk), Key(item.pk, room.pk, owner.pk), 10) for room in rooms]
    postings = [NewPosting(key_of("bench", n), PostingKind.OPENING, START, (move,)) for n, move in enumerate(moves)]
    post(postings, at=START, cause=BENCH)
    Place.objects.bulk_create(
        Place(code=f"S{n}", name=f"S{n}", kind="party", latitude=31 + n % 30 / 50, longitude=121 + n // 30 / 50)
        for n in range(900)
    )
    loggers = _devices("logger", rooms, sizes.devices)
    return loggers, _devices("tracker", rooms, sizes.devices // 10)


def _devices(kind: str, rooms: list[Place], count: int) -> list[int]:
    made = Device.objects.bulk_create(
        Device(code=f"{kind}-{n}", kind=kind, state="active", created_at=START) for n in range(count)
    )
    Attachment.objects.bulk_create(
        Attachment(device=device, place=room, from_at=START - timedelta(days=9))
        for device, room in zip(made, rooms, strict=False)
    )
    return [device.pk for device in made]


def _history(loggers: list[int], sizes: Sizes) -> None:
    for minute in range(sizes.history_minutes, 0, -60):
        columns = Columns()
        for back in range(min(60, minute)):
            stamp = microseconds(START - timedelta(minutes=minute - back))
            for logger in loggers:
                columns.add(logger, TEMPERATURE, stamp, 3.0)
        write(connection.connection, columns, received_at=START)


def _say(loggers: list[int], trackers: list[int], at: datetime, sizes: Sizes, rng: np.random.Generator) -> None:
    columns = Columns()
    stamp = microseconds(at)
    noise = rng.normal(0, 0.2, len(loggers))
    for index, logger in enumerate(loggers):
        warm = index < sizes.hot
        columns.add(logger, TEMPERATURE, stamp, 7.0 if warm else 3.4 + float(noise[index]))
        columns.add(logger, 2, stamp, 60.0)
    for index, tracker in enumerate(trackers):
        body: dict[str, object] = {"lat": 31 + index / 200 + float(noise[index]) / 10000, "lon": 121.3}
        columns.signals.append(signal_row(tracker, "fix", stamp, body))
    write(connection.connection, columns, received_at=at)


def _delay(logger: int, at: datetime, memory: Memory) -> float:
    """From the commit of a reading that is too hot at once to its episode."""
    columns = Columns()
    columns.add(logger, TEMPERATURE, microseconds(at + timedelta(milliseconds=500)), 11.0)
    write(connection.connection, columns, received_at=at)
    began = time.perf_counter()
    interpret(at=at, cause=BENCH, memory=memory)
    return time.perf_counter() - began
