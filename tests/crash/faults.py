"""Fault points: the n-th statement this process sends, counted at the driver, COMMIT included on both sides."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import psycopg

from longshore.project import embedded


class Faults:
    """Counts statements; at number `fatal` kills this process or the database server. 0: only counts."""

    def __init__(self, fatal: int, mode: str) -> None:
        self.fatal = fatal
        self.mode = mode
        self.count = 0

    def point(self) -> None:
        self.count += 1
        if self.count != self.fatal:
            return
        if self.mode == "self":
            os.kill(os.getpid(), signal.SIGKILL)
        pid = int((embedded.data_directory() / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)

    def install(self) -> None:
        """Wrap every way a statement leaves: execute, COPY and COMMIT."""
        execute, copy, commit = psycopg.Cursor.execute, psycopg.Cursor.copy, psycopg.Connection.commit

        def counted_execute(cursor: Any, *args: Any, **kwargs: Any) -> Any:
            self.point()
            return execute(cursor, *args, **kwargs)

        def counted_copy(cursor: Any, *args: Any, **kwargs: Any) -> Any:
            self.point()
            return copy(cursor, *args, **kwargs)

        def counted_commit(raw: Any) -> None:
            self.point()
            commit(raw)
            self.point()

        psycopg.Cursor.execute = counted_execute  # type: ignore[method-assign]
        psycopg.Cursor.copy = counted_copy  # type: ignore[method-assign]
        psycopg.Connection.commit = counted_commit  # type: ignore[method-assign]
