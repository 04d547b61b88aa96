"""The commands and the manual's samples against a gateway process: real sockets, a database of their own."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from longshore.project import embedded

ROOT = Path(__file__).resolve().parents[3]
NAME = f"longshore_devices_{os.getpid()}"


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def longshore(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "longshore.cli.main", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180)


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """Tables, and a gateway in front of them."""
    if os.environ.get("LONGSHORE_DATABASE_URL"):
        pytest.skip("SKIPPED: the commands are tested on the embedded server only")
    embedded.ensure(NAME)
    ports = {"LONGSHORE_MQTT_PORT": str(_free()), "LONGSHORE_INTAKE_PORT": str(_free())}
    here = {**os.environ, "LONGSHORE_DATABASE_NAME": NAME, "LANG": "en_US.UTF-8", **ports}
    assert longshore(here, "init").returncode == 0
    gateway = subprocess.Popen([sys.executable, "-m", "longshore.cli.main", "gateway"], env=here)
    try:
        _wait_for(int(ports["LONGSHORE_MQTT_PORT"]))
        yield here
    finally:
        gateway.terminate()
        gateway.wait(timeout=30)
        with psycopg.connect(embedded.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f'drop database if exists "{NAME}" with (force)')


def _wait_for(port: int) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < end, "the gateway does not listen"
            time.sleep(0.1)


def _asked(sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(embedded.conninfo(NAME)) as connection:
        return connection.execute(sql).fetchall()


def test_a_simulated_fleet_is_heard_completely(environment: dict[str, str]) -> None:
    """Every message of a fleet with all its faults is acknowledged, and stands in the tables once."""
    port = environment["LONGSHORE_MQTT_PORT"]
    answer = longshore(
        environment, "devices", "simulate", "--count", "40", "--every", "2", "--seconds", "5", "--port", port,
        "--back-hours", "0.05", "--json",
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    report = json.loads(answer.stdout)
    assert (report["devices"], report["refused"], report["open_ends"]) == (40, 0, 0)
    assert report["acknowledged"] == report["sent"] > 1000
    ((readings, devices),) = _asked("select count(*), count(distinct device_id) from sensing_reading")
    assert readings > 1000 and 30 <= devices <= 38  # all but the portals, and those whose faults kept them silent
    assert _asked("select reason from sensing_refusedmessage where reason <> 'repeated'") == []
    assert {kind for (kind,) in _asked("select distinct kind from sensing_signal")} >= {"fix", "state"}


def test_the_samples_of_the_manual_work(environment: dict[str, str]) -> None:
    """`devices add` prints a token; with it the page's Python sample gets its reading in."""
    page = (ROOT / "docs/manual/devices.md").read_text(encoding="utf-8")
    (add,) = re.findall(r"```sh\nlongshore (devices add .*)\n```", page)
    sample = re.findall(r"```python\n(.*?)```", page, re.S)[0]
    words = re.findall(r'"[^"]*"|\S+', add)
    added = longshore(environment, *[word.strip('"') for word in words], "--json")
    token = json.loads(added.stdout)["token"]
    given = {**environment, "TOKEN": token, "AT": datetime.now(UTC).isoformat()}
    ran = subprocess.run([sys.executable, "-c", sample], env=given, capture_output=True, text=True, timeout=60)
    assert ran.stdout.strip() in ("200", "202", "204"), ran.stderr
    values = _asked(
        "select m.code, v.value from sensing_lastvalue v join sensing_metric m on m.id = v.metric_id"
        " join sensing_device d on d.id = v.device_id where d.code = 'TH-1' order by 1"
    )
    assert values == [("humidity", 61.0), ("temperature", 3.4)]


def test_listing_and_refusing(environment: dict[str, str]) -> None:
    """Health in the list; another key on request; a place nobody knows is refused and nothing is registered."""
    assert longshore(environment, "devices", "add", "L-9", "--kind", "logger", "--place", "NOWHERE").returncode == 1
    assert _asked("select count(*) from sensing_device where code = 'L-9'") == [(0,)]
    assert longshore(environment, "devices", "add", "L-9", "--kind", "logger").returncode == 0
    listed = json.loads(longshore(environment, "devices", "list", "--trouble", "loose", "--json").stdout)
    assert "L-9" in [device["code"] for device in listed["devices"]]
    key = longshore(environment, "devices", "key", "L-9", "--rotate")
    assert key.stdout.strip().startswith("lsd_")
    assert longshore(environment, "devices", "key", "NOBODY", "--json").returncode == 1
