"""One worker process: dispatcher, interpretation, detectors and the follower in threads, the job queue in the event loop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from django.db import close_old_connections, connection
from procrastinate.contrib.django import app

from longshore.project import clock, jobs
from longshore.project.dispatcher import run_dispatcher
from longshore.sensing.detecting import run_detectors
from longshore.sensing.interpreting import run_interpreter
from longshore.tower.following import run_follower
from longshore.tracing.epcis.working import run_repository

GRACE_SECONDS = 20.0
# A loop that waits for the database must not wait 5 ms for its turn after each statement because another computes.
TURN_SECONDS = 0.0005


class Loop(Protocol):
    """Something that runs until it is asked to stop."""

    def __call__(self, *, now: Callable[[], datetime], stopping: Callable[[], bool]) -> None: ...


LOOPS: tuple[Loop, ...] = (run_dispatcher, run_interpreter, run_detectors, run_follower, run_repository)


def run_worker() -> None:
    """Returns after SIGTERM or SIGINT, when the running job and delivery are finished."""
    sys.setswitchinterval(TURN_SECONDS)
    connection.ensure_connection()
    stopping = threading.Event()
    threads = [threading.Thread(target=_run, args=(loop, stopping), name=str(loop)) for loop in LOOPS]
    for thread in threads:
        thread.start()
    try:
        asyncio.run(_work(stopping))
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def _run(loop: Loop, stopping: threading.Event) -> None:
    try:
        loop(now=clock.now, stopping=stopping.is_set)
    except BaseException:
        # A worker in which one part died must not look alive; the supervisor starts a new one.
        os.kill(os.getpid(), signal.SIGTERM)
        raise
    finally:
        close_old_connections()


async def _work(stopping: threading.Event) -> None:
    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker_app.open_async():
        resuming = asyncio.create_task(jobs.keep_resuming(worker_app))
        working = asyncio.create_task(
            worker_app.run_worker_async(
                name="longshore", concurrency=1, shutdown_graceful_timeout=GRACE_SECONDS, install_signal_handlers=True
            )
        )
        done, _ = await asyncio.wait({resuming, working}, return_when=asyncio.FIRST_COMPLETED)
        stopping.set()
        resuming.cancel()
        working.cancel()
        await asyncio.gather(resuming, working, return_exceptions=True)
        for task in done:
            task.result()
