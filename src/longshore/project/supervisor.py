"""`longshore up`: several processes as one. Children that die are started again; the database is watched as well."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from types import FrameType

from longshore.project import embedded

LOOK_SECONDS = 0.5
GRACE_SECONDS = 25.0
SLOWEST_RESTART_SECONDS = 30.0


@dataclass(slots=True)
class Child:
    """One process kind; `wait` grows while it keeps dying young."""

    name: str
    arguments: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    start_after: float = 0.0
    wait: float = field(default=0.5)

    def start(self) -> None:
        self.started = time.monotonic()
        command = [sys.executable, "-m", "longshore.cli.main", *self.arguments]
        self.process = subprocess.Popen(
            command, env={**os.environ, "LONGSHORE_SUPERVISED": "1"}, start_new_session=True
        )

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


def supervise(children: list[Child]) -> None:
    """Run until SIGTERM or SIGINT, then stop the children in reverse order."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        while not stopping.is_set():
            _watch_database()
            for child in children:
                _keep_alive(child)
            stopping.wait(LOOK_SECONDS)
    finally:
        _stop_all(children)


def _watch_database() -> None:
    """Our own server, killed under us, is started again before anybody has to ask for it."""
    if embedded.ensured_here() and not embedded.state().running:
        print("PostgreSQL stopped unexpectedly; starting it again.", file=sys.stderr, flush=True)
        embedded.ensure()


def _keep_alive(child: Child) -> None:
    now = time.monotonic()
    if child.alive():
        if now - child.started > SLOWEST_RESTART_SECONDS:
            child.wait = 0.5
        return
    if child.process is not None:
        status = child.process.returncode
        print(f"{child.name} ended with status {status}; starting it again in {child.wait:.1f} s.", file=sys.stderr)
        sys.stderr.flush()
        child.process = None
        child.start_after = now + child.wait
        child.wait = min(child.wait * 2, SLOWEST_RESTART_SECONDS)
    if now >= child.start_after:
        child.start()


def _stop_all(children: list[Child]) -> None:
    for child in reversed(children):
        if child.process is not None and child.alive():
            child.process.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for child in reversed(children):
        if child.process is None:
            continue
        try:
            child.process.wait(timeout=deadline - time.monotonic() if deadline > time.monotonic() else 0.1)
        except subprocess.TimeoutExpired:
            os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()
