"""One worker process: the dispatcher and the tower's follower in threads, the job queue in the event loop."""

from __future__ import annotations

import asyncio
import signal
import threading

from django.db import close_old_connections, connection
from procrastinate.contrib.django import app

from longshore.project import clock, jobs
from longshore.project.dispatcher import run_dispatcher
from longshore.tower.following import run_follower

GRACE_SECONDS = 20.0


def run_worker() -> None:
    """Returns after SIGTERM or SIGINT, when the running job and delivery are finished."""
    connection.ensure_connection()
    stopping = threading.Event()
    dispatcher = threading.Thread(target=_dispatch, args=(stopping,), name="dispatcher")
    follower = threading.Thread(target=_follow, args=(stopping,), name="follower")
    dispatcher.start()
    follower.start()
    try:
        asyncio.run(_work(stopping))
    finally:
        stopping.set()
        dispatcher.join()
        follower.join()


def _follow(stopping: threading.Event) -> None:
    try:
        run_follower(now=clock.now, stopping=stopping.is_set)
    except BaseException:
        # A tower that stands still must not look alive.
        signal.raise_signal(signal.SIGTERM)
        raise


def _dispatch(stopping: threading.Event) -> None:
    try:
        run_dispatcher(now=clock.now, stopping=stopping.is_set)
    except BaseException:
        # A worker that no longer dispatches must not look alive; the supervisor starts a new one.
        signal.raise_signal(signal.SIGTERM)
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
