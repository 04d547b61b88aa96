"""Who waits for the database is told so, and may give up."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from django.db import connection, connections

T = TypeVar("T")
TELL_SECONDS = 0.5


def patiently(work: Callable[[], T], told: Callable[[], None] | None) -> T:
    """What `work` returns. With `told` it runs in a thread of its own, on this thread's connection and transaction, and
    `told` is called twice a second meanwhile; what it raises ends the statement that runs, and is raised. It must not use
    the connection."""
    if told is None:
        return work()
    shared = connections[connection.alias]
    shared.inc_thread_sharing()

    def elsewhere() -> T:
        connections[shared.alias] = shared
        try:
            return work()
        finally:
            del connections[shared.alias]

    try:
        with ThreadPoolExecutor(1, "patiently") as pool:
            return _awaited(pool.submit(elsewhere), told)
    finally:
        shared.dec_thread_sharing()


def _awaited(coming: Future[T], told: Callable[[], None]) -> T:
    try:
        while not wait([coming], TELL_SECONDS).done:
            told()
    except BaseException:
        connection.connection.cancel_safe()
        while not wait([coming], TELL_SECONDS).done:  # between two statements there was nothing to end
            connection.connection.cancel_safe()
        raise
    return coming.result()
