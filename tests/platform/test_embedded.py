"""The embedded PostgreSQL: shared, found again, and back after kill -9 of anything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

HOLD = """
import sys
from longshore.project import embedded
embedded.ensure("longshore")
print(embedded.state().pid, flush=True)
sys.stdin.read()
"""
WRITE = """
import psycopg
from longshore.project import embedded
embedded.ensure("longshore")
with psycopg.connect(embedded.conninfo("longshore")) as connection:
    connection.execute("create table if not exists kept (n int)")
    connection.execute("insert into kept values (1)")
with psycopg.connect(embedded.conninfo("longshore")) as connection:
    print(embedded.state().pid, connection.execute("select count(*) from kept").fetchone()[0], flush=True)
"""


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A home of its own; whatever is left running there is stopped at the end."""
    kept = {k: v for k, v in os.environ.items() if k not in ("LONGSHORE_KEEP_DATABASE", "LONGSHORE_DATABASE_URL")}
    yield {**kept, "LONGSHORE_HOME": str(tmp_path / "home")}
    pid_file = tmp_path / "home" / "postgres" / "postmaster.pid"
    if pid_file.exists():
        os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGINT)
        _wait_until(lambda: not pid_file.exists())


def _wait_until(holds: object, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    """A zombie nobody has reaped yet is dead."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def _hold(environment: dict[str, str]) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def _write(environment: dict[str, str]) -> tuple[int, int]:
    done = subprocess.run(
        [sys.executable, "-c", WRITE], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    pid, rows = done.stdout.split()
    return int(pid), int(rows)


def test_last_process_out_stops_the_server(environment: dict[str, str]) -> None:
    """Two processes share one server; it stops when the second of them leaves, not before."""
    first, pid = _hold(environment)
    second, same_pid = _hold(environment)
    assert pid == same_pid
    first.communicate("", timeout=60)
    assert _lives(pid)
    second.communicate("", timeout=60)
    assert not _lives(pid)


def test_a_killed_process_does_not_keep_the_server_up(environment: dict[str, str]) -> None:
    """A process that died by kill -9 is not counted as a user by the next one out."""
    first, pid = _hold(environment)
    second, _ = _hold(environment)
    first.kill()
    first.wait()
    assert _lives(pid)
    second.communicate("", timeout=60)
    assert not _lives(pid)


def test_a_server_left_behind_is_found_again(environment: dict[str, str]) -> None:
    """When the only user was killed the server stays, and the next start uses it instead of starting a second one."""
    only, pid = _hold(environment)
    only.kill()
    only.wait()
    again, same_pid = _hold(environment)
    assert pid == same_pid
    again.communicate("", timeout=60)


def test_kill_minus_nine_of_postgres_loses_nothing_committed(environment: dict[str, str]) -> None:
    """The postmaster is killed; the next process starts it again and sees every committed row."""
    holder, pid = _hold(environment)
    assert _write(environment) == (pid, 1)
    os.kill(pid, signal.SIGKILL)
    new_pid, rows = _write(environment)
    assert new_pid != pid
    assert rows == 2
    holder.communicate("", timeout=60)
    assert not _lives(new_pid)


def test_all_processes_killed_at_once(environment: dict[str, str]) -> None:
    """Server and user die together; the next start recovers from the write-ahead log."""
    _write(environment)
    holder, pid = _hold(environment)
    os.kill(pid, signal.SIGKILL)
    holder.kill()
    holder.wait()
    assert _write(environment)[1] == 2
