"""Between the sockets and the table: one batch fills while the one before is committed; then its senders are told.

A batch is sealed as soon as the writer is free, so a lone message waits for nobody and a crowd shares one commit.
Nothing is acknowledged before its commit. While the database is away the batch is kept and tried again, the next one
fills up to its bound, and then nobody is read any more: senders keep what they have.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

import psycopg
from django.db import Error as DjangoError

from longshore.sensing.gateway import database
from longshore.sensing.intake import Columns, SignalRow, Written, write

logger = logging.getLogger(__name__)
FIRST_WAIT_S, LONGEST_WAIT_S = 0.05, 2.0
# After a repeat was seen, so many batches go the careful way, because a device that reconnects sends many of them.
CAREFUL_BATCHES = 20


class Sender(Protocol):
    """Whoever waits for a commit: a connection, a request, a bridge."""

    def committed(self, receipts: list[bytes]) -> None: ...


@dataclass(slots=True, eq=False)
class Batch:
    columns: Columns = field(default_factory=Columns)
    owed: list[tuple[Sender, list[bytes]]] = field(default_factory=list)


class Stopped(Exception):
    """The gateway leaves before this batch could be written; nobody was told that it was."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch, and when; `unstorable` are signals that the database does not take."""

    written: Written
    at: datetime
    unstorable: tuple[SignalRow, ...] = ()


class Writer:
    """Runs in a thread of its own; holds one connection and makes another when it breaks."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.connection: psycopg.Connection[Any] | None = None
        self.leaving = threading.Event()
        self.careful = 0

    def write(self, columns: Columns) -> Outcome:
        """Returns when it is committed, however long that takes; raises only when the gateway leaves."""
        wait = FIRST_WAIT_S
        while not self.leaving.is_set():
            try:
                return self._once(columns)
            except (psycopg.DataError, psycopg.IntegrityError) as error:
                logger.error("A batch holds what the database does not take (%s); writing it one by one.", error)
                return self._one_by_one(columns)
            except (psycopg.Error, DjangoError, OSError) as error:
                logger.warning("The database is away (%s); %d rows wait.", str(error).strip(), len(columns))
                self._drop_connection()
            self.leaving.wait(wait)
            wait = min(wait * 2, LONGEST_WAIT_S)
        raise Stopped

    def _once(self, columns: Columns) -> Outcome:
        if self.connection is None:
            self.connection = database.connect()
        at = self.clock()
        self.careful -= self.careful > 0
        done = write(self.connection, columns, received_at=at, careful=self.careful > 0)
        if done.repeated or done.contradicted:
            self.careful = CAREFUL_BATCHES
        return Outcome(done, at)

    def _one_by_one(self, columns: Columns) -> Outcome:
        """Readings are checked before they come here; a signal's body may still be what jsonb does not take."""
        done = self._once(replace(columns, signals=[]))
        unstorable = []
        for signal in columns.signals:
            try:
                self._once(Columns(signals=[signal]))
            except (psycopg.DataError, psycopg.IntegrityError):
                unstorable.append(signal)
        return replace(done, unstorable=tuple(unstorable))

    def _drop_connection(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Intake:
    """The event loop's side: the batch that fills, and the one that is being written."""

    def __init__(self, writer: Writer, account: Callable[[Columns, Outcome], None], waiting_rows: int) -> None:
        self.writer, self.account, self.waiting_rows = writer, account, waiting_rows
        self.current = Batch()
        self.writing: asyncio.Future[Outcome] | None = None
        self.scheduled = False
        self.room: list[Callable[[], None]] = []  # whom to tell when there is room again
        self.thread = ThreadPoolExecutor(1, "gateway-writer")
        self.written = 0

    @property
    def full(self) -> bool:
        return len(self.current.columns.devices) + len(self.current.columns.signals) * 4 >= self.waiting_rows

    def wake(self) -> None:
        """Something was added: seal when everything that has arrived by now is in."""
        if not self.scheduled and self.writing is None:
            self.scheduled = True
            asyncio.get_running_loop().call_soon(self._seal)

    def owe(self, sender: Sender, receipt: bytes) -> None:
        """For senders with one receipt a batch; connections keep their own list."""
        self.current.owed.append((sender, [receipt]))
        self.wake()

    def _seal(self) -> None:
        self.scheduled = False
        batch = self.current
        if self.writing is not None or (not batch.owed and not len(batch.columns)):
            return
        self.current = Batch()
        loop = asyncio.get_running_loop()
        if len(batch.columns):
            self.writing = loop.run_in_executor(self.thread, self.writer.write, batch.columns)
            self.writing.add_done_callback(lambda future: self._done(batch, future))
        else:
            self._tell(batch)
        told, self.room = self.room, []
        for tell in told:
            tell()

    def _done(self, batch: Batch, future: asyncio.Future[Outcome]) -> None:
        self.writing = None
        if future.cancelled() or isinstance(future.exception(), Stopped):
            return
        failure = future.exception()
        if failure is not None:
            logger.error("A batch of %d rows could not be written.", len(batch.columns), exc_info=failure)
            asyncio.get_running_loop().stop()  # a mistake of ours: leave without acknowledging; the supervisor starts anew
            return
        self.written += len(batch.columns)
        self.account(batch.columns, future.result())
        self._tell(batch)
        self._seal()

    def _tell(self, batch: Batch) -> None:
        for sender, receipts in batch.owed:
            sender.committed(receipts)

    async def drain(self, seconds: float) -> None:
        """Write what has been taken, as far as the database lets us in this time."""
        until = asyncio.get_running_loop().time() + seconds
        self.wake()
        while (self.writing is not None or self.scheduled) and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.01)
        self.writer.leaving.set()
        self.thread.shutdown(wait=True)
