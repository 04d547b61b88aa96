"""One gateway process: what its listeners share, and its small regular work."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from django.db import Error as DjangoError

from longshore.sensing.gateway import database, presence, refusals
from longshore.sensing.gateway.choices import Choices
from longshore.sensing.gateway.decoding import Decoding
from longshore.sensing.gateway.directory import Admission, Directory, Known
from longshore.sensing.gateway.queueing import Intake, Outcome, Writer
from longshore.sensing.gateway.sparkplug import Sparkplug
from longshore.sensing.intake import Columns, microseconds

if TYPE_CHECKING:
    from longshore.sensing.gateway.bridging import Bridge
    from longshore.sensing.gateway.mqtt.connection import Connection

logger = logging.getLogger(__name__)
TICK_S, STORE_S, RELOAD_S = 0.5, 1.0, 300.0
AHEAD_DAYS, LOOKS_A_SECOND = 7, 50
LOOK_AGAIN_S, MOST_STRANGERS = 2, 1000
# Bells that ring within so many seconds are answered together; more than a few with one look at everything.
GATHER_S, FEW = 0.02, 30
STATES_THAT_PASS = ("quarantined", "retired")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Answer = TypeVar("Answer")
_AWAY = (psycopg.Error, DjangoError, OSError)


class Gate:
    """`now` is the business clock (a living demo has its own); it is asked once a second and carried on by ours."""

    def __init__(self, choices: Choices, now: Callable[[], datetime]) -> None:
        self.choices, self.now = choices, now
        self.offset_us = 0
        self.directory = Directory()
        self.refusals = refusals.Refusals()
        self.presence = presence.Presence()
        self.decoding = Decoding(self.directory, self.refusals, self.presence, choices)
        self.writer = Writer(self.at)
        self.intake = Intake(self.writer, self._account, choices.waiting_rows)
        self.sparkplug = Sparkplug(self.decoding, self.now_us, self.order)
        self.bridge: Bridge | None = None
        self.connections: dict[str, Connection] = {}
        self.joining: set[Connection] = set()
        self.wills: dict[str, asyncio.TimerHandle] = {}
        self.control = ThreadPoolExecutor(2, "gateway-control")
        self.tasks: set[asyncio.Task[Any]] = set()
        self.tick = 0.0
        self.looks = (0, 0)
        self.looked_for: dict[str, int] = {}
        self.changed: set[int] = set()

    def now_us(self) -> int:
        return time.time_ns() // 1000 + self.offset_us

    def at(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.now_us())

    def _account(self, columns: Columns, outcome: Outcome) -> None:
        """After a commit: who was heard when, what had come before, what the database would not have."""
        newest = dict(zip(columns.devices, columns.stamps, strict=True))
        newest.update((signal.device_id, signal.at_us) for signal in columns.signals)
        self.presence.spoke(newest, outcome.at, microseconds(outcome.at))
        written = outcome.written
        for reason, counts in (("repeated", written.repeated), ("contradicted", written.contradicted)):
            for device_id, times in counts.items():
                self.refusals.count(self.code_of(device_id), reason, times=times)
        for signal in outcome.unstorable:
            self.refusals.count(self.code_of(signal.device_id), "malformed", signal.body.encode())

    def code_of(self, device_id: int) -> str:
        known = self.directory.by_id.get(device_id)
        return known.code if known else ""

    async def ask(self, question: Callable[[psycopg.Connection[Any]], Answer]) -> Answer:
        """Run something against the database in a thread with a connection of its own for the moment."""
        return await asyncio.get_running_loop().run_in_executor(self.control, _with_connection, question)

    def spawn(self, work: Any) -> None:
        """A task that is held until it ends, and whose failure is told."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("A task of the gateway failed.", exc_info=task.exception())

    def order(self, code: str, topic: str, payload: bytes) -> None:
        """Something for a Sparkplug node, now or not at all."""
        connection = self.connections.get(code)
        if connection is not None:
            connection.order(topic, payload)
        elif self.bridge is not None:
            self.bridge.publish(topic, payload)

    async def admit(self, user: str, token: bytes) -> Admission:
        """From memory; a stranger gets a second look into the database, so many times a second."""
        found = self.directory.admit(user, token, self.at())
        if found.reason not in ("unknown-device", "bad-key", *STATES_THAT_PASS) or not self._may_look():
            return found
        await self.look_for(user)
        return self.directory.admit(user, token, self.at())

    async def look_for(self, name: str) -> None:
        """The database's bell may not have rung yet for somebody who was registered a moment ago."""
        try:
            await self.ask(lambda connection: self.directory.load_code(connection, name.replace("\x00", "")))
        except _AWAY as error:
            logger.warning("No second look at %r: %s", name[:64], str(error).strip())

    def stranger_behind(self, node: Known | None, topic: bytes) -> str:
        """The name of a device behind a node that nobody knows and nobody has looked for lately; else nothing."""
        parts = topic.decode("utf-8", "replace").split("/")
        if node is None or len(parts) != 5 or parts[3] != node.code:
            return ""
        return self.stranger(f"{node.code}.{parts[4]}")

    def stranger(self, name: str) -> str:
        """The name again where it is worth a look: unknown, not looked for lately, and not too many this second."""
        second = int(time.monotonic())
        if name in self.directory.by_code or second - self.looked_for.get(name, -LOOK_AGAIN_S) < LOOK_AGAIN_S:
            return ""
        if not self._may_look():
            return ""
        if len(self.looked_for) >= MOST_STRANGERS:
            self.looked_for.clear()
        self.looked_for[name] = second
        return name

    def _may_look(self) -> bool:
        second = int(time.monotonic())
        self.looks = (second, 1 if self.looks[0] != second else self.looks[1] + 1)
        return self.looks[1] <= LOOKS_A_SECOND

    async def open(self) -> None:
        await self._set_clock()
        await self.ask(self.directory.load)
        await self.ask(_make_days(self.at()))
        self.tick = asyncio.get_running_loop().time()
        self.spawn(self._sweep())
        self.spawn(self._keep_books())
        self.spawn(self._listen())

    async def _sweep(self) -> None:
        """Keep-alive and slow joiners; one look at all of them is cheaper than a timer each."""
        while True:
            await asyncio.sleep(TICK_S)
            self.tick = asyncio.get_running_loop().time()
            for connection in [*self.joining, *self.connections.values()]:
                connection.look(self.tick)

    async def _keep_books(self) -> None:
        """Counters, last seen, the clock, days ahead, and now and then the whole directory."""
        next_reload, hour = self.tick + RELOAD_S, self.at().hour
        while True:
            await asyncio.sleep(STORE_S)
            try:
                await self.store()
                await self._set_clock()
                if self.tick >= next_reload:
                    next_reload = self.tick + RELOAD_S
                    await self.ask(self.directory.load)
                    await self.ask(_make_days(self.at()))
                    self.look_again()
            except _AWAY as error:
                logger.warning("The gateway's books wait for the database (%s).", str(error).strip())
            if self.at().hour != hour:
                hour = self.at().hour
                self.refusals.new_hour()

    async def store(self) -> None:
        """Counters are put back when the database is away; last seen is only ever a little older."""
        counts, heard, at = self.refusals.take(), self.presence.take(), self.at()
        try:
            await self.ask(lambda connection: refusals.store(connection, counts, at))
        except _AWAY:
            for (claimed, reason), entry in counts.items():
                self.refusals.count(claimed, reason, times=entry.n)
            raise
        await self.ask(lambda connection: presence.store(connection, heard))

    async def _set_clock(self) -> None:
        asked = asyncio.get_running_loop().run_in_executor(self.control, _asked_clock, self.now)
        self.offset_us = await asked

    async def _listen(self) -> None:
        """The database's bell: keys, devices and commands that changed."""
        while True:
            try:
                await self._listen_once()
            except _AWAY as error:
                logger.warning("The gateway does not hear the database (%s); trying again.", str(error).strip())
                await asyncio.sleep(0.5)

    async def _listen_once(self) -> None:
        """As long as the connection lasts. What changed while nobody listened is read before the first bell."""
        given = await asyncio.get_running_loop().run_in_executor(self.control, database.parameters)
        async with await psycopg.AsyncConnection.connect(**given, autocommit=True) as connection:
            await connection.execute("LISTEN longshore_sensing")
            await self.ask(self.directory.load)
            self.look_again()
            async for bell in connection.notifies():
                await self._heard(bell.payload)

    async def _heard(self, bell: str) -> None:
        about, _, number = bell.partition(" ")
        if about == "device":
            if not self.changed:
                self.spawn(self._look_up())
            self.changed.add(int(number))
        elif about == "command":
            connection = self.connections.get(self.code_of(int(number)))
            if connection is not None:
                connection.has_command()

    async def _look_up(self) -> None:
        """A few devices one by one; a whole delivery of them with one look at everything."""
        await asyncio.sleep(GATHER_S)
        changed, self.changed = self.changed, set()
        if len(changed) > FEW:
            await self.ask(self.directory.load)
            self.look_again()
            return
        await self.ask(lambda connection: self.directory.load_some(connection, changed))
        at = self.at()
        for connection in list(self.connections.values()):
            if connection.device is not None and connection.device.id in changed:
                connection.look_welcome(at)

    def look_again(self) -> None:
        """Whoever is no longer welcome goes at once."""
        at = self.at()
        for connection in list(self.connections.values()):
            connection.look_welcome(at)

    async def close(self) -> None:
        """Stop reading, commit what was taken, say goodbye."""
        for task in list(self.tasks):
            task.cancel()
        for timer in self.wills.values():
            timer.cancel()
        for connection in list(self.connections.values()):
            connection.rest_now()
        await self.intake.drain(seconds=10.0)
        if self.bridge is not None:
            await self.bridge.close()
        for connection in [*self.joining, *self.connections.values()]:
            connection.shut_down()
        try:
            await self.store()
        except _AWAY as error:
            logger.warning("The last counters are lost (%s).", str(error).strip())
        self.control.shutdown(wait=False)


_kept = threading.local()


def _with_connection(question: Callable[[psycopg.Connection[Any]], Answer]) -> Answer:
    """Each control thread keeps a connection; one that failed is not used again."""
    connection: psycopg.Connection[Any] | None = getattr(_kept, "connection", None)
    if connection is None or connection.closed:
        connection = _kept.connection = database.connect()
    try:
        return question(connection)
    except (psycopg.Error, DjangoError, OSError):
        connection.close()
        raise


def _asked_clock(now: Callable[[], datetime]) -> int:
    """How far the business clock is ahead of the wall's; 0 when both are the same to a minute or so."""
    from django.db import connection

    try:
        ahead = round((now() - _EPOCH).total_seconds() * 1_000_000) - time.time_ns() // 1000
    except DjangoError:
        connection.close()
        raise
    return ahead if abs(ahead) > 90_000_000 else 0


def _make_days(at: datetime) -> Callable[[psycopg.Connection[Any]], Any]:
    first, last = (at - timedelta(days=2)).date(), (at + timedelta(days=AHEAD_DAYS)).date()
    return lambda connection: connection.execute("SELECT sensing_make_days(%s, %s)", (first, last))
