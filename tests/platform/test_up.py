"""`longshore up`: several processes as one; whatever is killed comes back, and stopping leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.crash
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    port: int
    home: Path
    environment: dict[str, str]

    def child(self, name: str) -> psutil.Process:
        """The child process of this kind."""
        for child in psutil.Process(self.process.pid).children():
            if name in child.cmdline():
                return child
        raise AssertionError(f"no child {name}")

    def answers(self, path: str = "/api/health", seconds: float = 60.0) -> str:
        end = time.monotonic() + seconds
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                    return str(answer.read().decode())
            except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
                assert time.monotonic() < end, f"no answer: {error}"
                time.sleep(0.2)

    def postmaster(self) -> int:
        return int((self.home / "postgres" / "postmaster.pid").read_text().splitlines()[0])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("up") / "home"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LONGSHORE_")}
    environment = {**kept, "LONGSHORE_HOME": str(home), "DJANGO_SETTINGS_MODULE": "longshore.project.settings"}
    command = [sys.executable, "-m", "longshore.cli.main", "up", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    up = Running(process, port, home, environment)
    try:
        up.answers(seconds=120)
        yield up
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=60)


def test_a_killed_web_process_comes_back(running: Running) -> None:
    """kill -9 of the web process: the supervisor starts another on the same port."""
    old = running.child("web").pid
    os.kill(old, signal.SIGKILL)
    end = time.monotonic() + 60
    while time.monotonic() < end and not any(c.pid != old for c in _children(running, "web")):
        time.sleep(0.1)
    assert json.loads(running.answers())["status"] == "ok"
    assert running.child("web").pid != old


def test_a_killed_worker_comes_back(running: Running) -> None:
    """kill -9 of the worker: another one starts."""
    old = running.child("worker").pid
    os.kill(old, signal.SIGKILL)
    end = time.monotonic() + 60
    while not any(c.pid != old for c in _children(running, "worker")):
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_killed_postgres_comes_back(running: Running) -> None:
    """kill -9 of PostgreSQL: pages that need it answer again, with a new server."""
    old = running.postmaster()
    os.kill(old, signal.SIGKILL)
    end = time.monotonic() + 60
    while not (running.home / "postgres" / "postmaster.pid").exists() or running.postmaster() == old:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert "csrfmiddlewaretoken" in running.answers("/admin/login/")


def test_a_second_one_on_the_same_port_is_refused_with_a_remedy(running: Running) -> None:
    """The second start says whose port it is and what to do, and ends with status 1."""
    done = subprocess.run(
        [sys.executable, "-m", "longshore.cli.main", "web", "--port", str(running.port)],
        env=running.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"127.0.0.1:{running.port} is already in use. Stop the other program, or choose another with --port."
    )


def test_stopping_leaves_nothing_behind(running: Running) -> None:
    """SIGTERM: children and the database end, in this order, within half a minute; status 0."""
    children = psutil.Process(running.process.pid).children(recursive=True)
    postmaster = psutil.Process(running.postmaster())
    running.process.terminate()
    assert running.process.wait(timeout=60) == 0
    gone = [not p.is_running() or p.status() == psutil.STATUS_ZOMBIE for p in [*children, postmaster]]
    assert all(gone)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", running.port), timeout=2)


def _children(running: Running, name: str) -> list[psutil.Process]:
    found = []
    for child in psutil.Process(running.process.pid).children():
        try:
            if name in child.cmdline() and child.status() != psutil.STATUS_ZOMBIE:
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found
