"""The gateway measured: from the socket to the committed row, against a broker with a subscriber and a bare COPY."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from django.db import connection

from bench import _exceptions, _load
from longshore.sensing.gateway import database
from longshore.sensing.intake import COPY_READINGS, END, EPOCH_2000_US, HEAD, ROW, microseconds

HERE = Path(__file__).resolve().parent
# Every part writes on a day of its own, so that none meets another's rows and all find partitions of the same kind.
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
READINGS_A_MESSAGE = 2


@dataclass(frozen=True)
class Sizes:
    messages: int
    waiting_messages: int
    idle: int
    stored_days: int
    stored_devices: int
    exceptions: int
    beside_per_s: int  # messages a second while exceptions are waited for: half of what the waiting devices must reach
    rounds: int


FULL = Sizes(400_000, 150_000, 10_000, 30, 1_000, 100, 7_500, 3)
SMALL = Sizes(40_000, 20_000, 2_000, 2, 100, 5, 2_000, 1)


def run(*, small: bool) -> dict[str, dict[str, float]]:
    sizes = SMALL if small else FULL
    _register("d", max(sizes.idle, 1_000))
    with gateway() as ours:
        # one after the other in each round, so that whatever else runs on the machine meets all three alike
        few, many, copied = np.median([_round(ours.port, sizes, n) for n in range(sizes.rounds)], axis=0).tolist()
        waits = _waiting(ours.port, sizes)
        memory = _idle(ours, sizes.idle)
    delays = _delays(sizes)
    _exceptions.store(sizes.stored_days, sizes.stored_devices)
    last, week = _exceptions.questions(sizes.stored_devices)
    brokered = _broker(sizes, day=40)
    ours_per_s = min(few, many)
    results = {
        "mqtt_per_s": ours_per_s,
        "mqtt_few_per_s": few,
        "mqtt_many_per_s": many,
        "copy_ratio": ours_per_s / copied,
        "waiting_per_s": waits["messages"] / waits["seconds"],
        "waiting_p99_ms": waits["p99_ms"],
        "idle_10k_mb": memory,
        "exception_p50_ms": float(np.percentile(delays, 50)),
        "exception_p99_ms": float(np.percentile(delays, 99)),
        "last_values_ms": last,
        "week_5min_ms": week,
    }
    yardsticks = {"bare_copy_per_s": copied}
    if brokered is not None:
        results["broker_ratio"] = ours_per_s / brokered
        yardsticks["mosquitto_gmqtt_per_s"] = brokered
    return {
        "results": {name: round(value, 2) for name, value in results.items()},
        "yardsticks": {name: round(value, 2) for name, value in yardsticks.items()},
        "sizes": {
            "messages": sizes.messages,
            "readings_a_message": READINGS_A_MESSAGE,
            "idle": sizes.idle,
            "stored_readings": sizes.stored_days * sizes.stored_devices * 1440,
            "exceptions": sizes.exceptions,
            "messages_per_s_beside_exceptions": sizes.beside_per_s,
            "load_average": os.getloadavg()[0],
        },
    }


def _round(port: int, sizes: Sizes, number: int) -> tuple[float, float, float]:
    """Readings a second from few connections, from many, and by COPY alone."""
    few = _pipelined(port, sizes, connections=8, day=number)
    many = _pipelined(port, sizes, connections=200, day=10 + number)
    return few, many, _copy(sizes, 30 + number)


# --- the gateway and its load -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ours:
    port: int
    http: int
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def gateway(**more: str) -> Iterator[Ours]:
    """A gateway process of the same database, without a bound on how fast one device may speak."""
    mqtt, http = _free_port(), _free_port()
    ports = {"LONGSHORE_MQTT_PORT": str(mqtt), "LONGSHORE_INTAKE_PORT": str(http), "LONGSHORE_DEVICE_PER_SECOND": "0"}
    command = [sys.executable, "-m", "longshore.cli.main", "gateway"]
    process = subprocess.Popen(command, env={**os.environ, **ports, **more})
    try:
        _wait_for(mqtt, process)
        yield Ours(mqtt, http, process)
    finally:
        process.terminate()
        process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(400):
        if process.poll() is not None:
            raise RuntimeError(f"ended with status {process.returncode} before it listened")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nobody listens on port {port}")


def load(port: int, **asked: Any) -> dict[str, float]:
    asked = {"host": "127.0.0.1", "port": port, "prefix": "d", "step_ms": 1, **asked}
    done = subprocess.run(
        [sys.executable, "-S", str(HERE / "_load.py"), json.dumps(asked)], stdout=subprocess.PIPE, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _register(prefix: str, count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH made AS (
                INSERT INTO sensing_device (code, name, name_zh, kind, state, quarantine_reason, firmware,
                    expected_every_s, online, settings, created_at)
                SELECT %s || n, '', '', 'logger', 'active', '', '', 60, false, '{}', now() - interval '1 day'
                FROM generate_series(0, %s - 1) n RETURNING id, code
            )
            INSERT INTO sensing_devicekey (device_id, digest, valid_from, actor)
            SELECT id, sha256(('token-of-' || code)::bytea), now() - interval '1 day', 'bench' FROM made
            """,
            [prefix, count],
        )


def _at_ms(day: int) -> int:
    return round((TODAY - timedelta(days=day + 1)).timestamp() * 1000)


def _pipelined(port: int, sizes: Sizes, *, connections: int, day: int) -> float:
    done = load(
        port, mode="pipelined", connections=connections, messages=sizes.messages, window=4_000, at_ms=_at_ms(day)
    )
    return done["messages"] * READINGS_A_MESSAGE / done["seconds"]


def _waiting(port: int, sizes: Sizes) -> dict[str, float]:
    return load(port, mode="waiting", connections=1_000, messages=sizes.waiting_messages, at_ms=_at_ms(25))


def _idle(ours: Ours, count: int) -> float:
    """Resident memory of the gateway with so many devices connected that say nothing, in MB."""
    asked = {"host": "127.0.0.1", "port": ours.port, "prefix": "d", "mode": "idle", "connections": count}
    command = [sys.executable, "-S", str(HERE / "_load.py"), json.dumps(asked)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as crowd:
        assert crowd.stdout is not None and crowd.stdin is not None
        crowd.stdout.readline()
        memory = psutil.Process(ours.process.pid).memory_info().rss
        crowd.stdin.close()
    return memory / 2**20


def _delays(sizes: Sizes) -> list[float]:
    """Gateway, worker and web as processes of their own, a thousand devices speaking beside, a page open."""
    _register("p", sizes.exceptions)
    codes, web = _exceptions.cold_rooms(sizes.exceptions), _free_port()
    beside = {"host": "127.0.0.1", "mode": "paced", "prefix": "d", "connections": 1_000, "per_s": sizes.beside_per_s}
    with (
        gateway() as ours,
        _exceptions.program("worker"),
        _exceptions.program("web", "--port", str(web)),
        subprocess.Popen(
            [sys.executable, "-S", str(HERE / "_load.py"), json.dumps({**beside, "port": ours.port, "seconds": 3_600})],
            stdout=subprocess.DEVNULL,
        ) as crowd,
    ):
        page = _exceptions.page_on(web)
        lines = {
            line.code: line
            for line in _load.open_lines(
                {"host": "127.0.0.1", "port": ours.port, "prefix": "p", "connections": sizes.exceptions}
            )
        }
        time.sleep(3.0)

        def publish(code: str, body: bytes) -> None:
            lines[code].socket.send(_load.packet(0x32, _load.text(f"ls/{code}/t") + b"\x00\x01" + body))

        try:
            return _exceptions.exceptions(page, codes, publish)
        finally:
            crowd.kill()


# --- yardsticks -------------------------------------------------------------------------------------------------------


def _copy(sizes: Sizes, day: int) -> float:
    """As many rows into the same table by nothing but COPY, 10,000 in a transaction, the bytes made beforehand."""
    rows = np.zeros(10_000, dtype=ROW)
    rows["fields"], rows["s1"], rows["s2"], rows["s3"], rows["s4"], rows["s5"] = 5, 4, 2, 8, 8, 8
    rows["received"] = microseconds(TODAY) - EPOCH_2000_US
    rows["device"], rows["metric"] = np.arange(10_000) // 2 % 200 + 1, np.arange(10_000) % 2 + 1
    parts = []
    for number in range(sizes.messages * READINGS_A_MESSAGE // 10_000):
        rows["at"] = _at_ms(day) * 1000 - EPOCH_2000_US + (np.arange(10_000) // 400 + number * 25) * 1000
        rows["value"] = np.arange(10_000) % 97 / 10
        parts.append(HEAD + rows.tobytes() + END)
    with database.connect() as raw:
        date = (TODAY - timedelta(days=day + 1)).date()
        raw.execute("SELECT sensing_make_days(%s, %s)", (date, date))
        began = time.perf_counter()
        for part in parts:
            with (
                raw.transaction(),
                raw.cursor() as cursor,
                cursor.copy(COPY_READINGS.format("sensing_reading")) as copy,
            ):
                copy.write(part)
        return len(parts) * 10_000 / (time.perf_counter() - began)


def _broker(sizes: Sizes, day: int) -> float | None:
    """The same load through mosquitto and a gmqtt subscriber that writes the same table with the same code."""
    if shutil.which("mosquitto") is None:
        print("SKIPPED: mosquitto is not installed; no broker_ratio.", file=sys.stderr)
        return None
    port = _free_port()
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as settings:
        settings.write(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
        settings.write("max_inflight_messages 0\n")
        settings.flush()
        os.chmod(settings.name, 0o644)
        broker = subprocess.Popen(["mosquitto", "-c", settings.name], stderr=subprocess.DEVNULL)
        try:
            _wait_for(port, broker)
            return _brokered(port, sizes, day)
        finally:
            broker.terminate()
            broker.wait(10)


def _brokered(port: int, sizes: Sizes, day: int) -> float:
    messages = sizes.messages // 4  # it is slow, and its rate does not depend on the number
    date = (TODAY - timedelta(days=day + 1)).date()
    with database.connect() as raw:
        raw.execute("SELECT sensing_make_days(%s, %s)", (date, date))
    command = [sys.executable, str(HERE / "_subscriber.py"), str(port), str(messages)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ) as subscriber:
        assert subscriber.stdout is not None
        subscriber.stdout.readline()  # it is subscribed
        began = time.perf_counter()
        load(port, mode="pipelined", connections=8, messages=messages, window=500, at_ms=_at_ms(day))
        subscriber.stdout.readline()  # everything is committed
        return messages * READINGS_A_MESSAGE / (time.perf_counter() - began)
