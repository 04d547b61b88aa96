"""A child whose supervisor was killed leaves too, so that the next start finds its port and its work free."""

from __future__ import annotations

import os
import signal
import threading
import time

POLL_SECONDS = 1.0


def leave_when_orphaned() -> None:
    """Watch the parent from a thread; does nothing for a process that nobody supervises."""
    if os.environ.get("LONGSHORE_SUPERVISED") != "1":
        return
    threading.Thread(target=_watch, args=(os.getppid(),), name="orphan-watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(20)
    os.kill(os.getpid(), signal.SIGKILL)
