"""The live stream: plain ASGI beside Django, one database poll per process, each frame encoded once and shared.

`GET /live/stream?topics=orders,trips` answers with server-sent events. Every event has an id, so a browser that lost
the line says where it was (Last-Event-ID) and gets the gap from the table. When the gap is no longer kept it gets
`reset` and loads the page again. A client that does not read fast enough is cut off and comes back the same way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import psycopg
from django.db import connection

from longshore.project.device_watch import DeviceWatch, Frame
from longshore.project.visitor import visitor_of

logger = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

POLL_SECONDS = 0.1
BEAT_SECONDS = 2.0
COMMIT_SKEW_SECONDS = 5.0
QUEUE_LENGTH = 1000
REPLAY_LIMIT = 1000
SELECT = "select id, topic, name, payload::text from tower_liveevent"
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


@dataclass(slots=True, eq=False)
class Listener:
    """One open browser; `topics` empty means all of them."""

    topics: frozenset[str]
    frames: asyncio.Queue[Frame] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))
    cut_off: bool = False

    def wants(self, topic: str) -> bool:
        return not self.topics or topic in self.topics

    def offer(self, frame: Frame) -> None:
        if not self.wants(frame.topic):
            return
        try:
            self.frames.put_nowait(frame)
        except asyncio.QueueFull:
            self.cut_off = True


class Hub:
    """Polls the table while somebody listens, and hands each new frame to everyone who wants it."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.polling: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()
        self.floor = 0
        self.recent: dict[int, float] = {}
        self.devices = DeviceWatch()

    async def join(self, listener: Listener) -> None:
        self.listeners.add(listener)
        if self.polling is None or self.polling.done():
            self.ready.clear()
            self.polling = asyncio.create_task(self._poll())
        await self.ready.wait()

    def leave(self, listener: Listener) -> None:
        self.listeners.discard(listener)

    async def _poll(self) -> None:
        while self.listeners:
            try:
                await self._poll_connected()
            except psycopg.OperationalError as error:
                logger.warning("The live stream lost the database (%s); trying again.", error)
                await asyncio.sleep(1.0)

    async def _poll_connected(self) -> None:
        async with await _connect() as database:
            if not self.ready.is_set():
                newest = await (await database.execute("select coalesce(max(id), 0) from tower_liveevent")).fetchone()
                assert newest is not None
                self.floor, self.recent = int(newest[0]), {}
                self.ready.set()
            while self.listeners:
                self._share(await _frames(database, "where id > %s order by id limit 1000", (self.floor,)))
                await self._share_devices(database)
                await asyncio.sleep(POLL_SECONDS)

    async def _share_devices(self, database: psycopg.AsyncConnection[Any]) -> None:
        """What the watched devices have said since the last look; nobody watches, nothing is read."""
        wanted = frozenset[str]().union(*(listener.topics for listener in self.listeners))
        for frame in await self.devices.look(database, wanted, asyncio.get_running_loop().time()):
            for listener in self.listeners:
                if frame.topic in listener.topics:
                    listener.offer(frame)

    def _share(self, frames: list[Frame]) -> None:
        """Ids are given before commit, so a smaller one may appear a moment after a larger one: look back a little."""
        now = asyncio.get_running_loop().time()
        for frame in frames:
            if frame.id not in self.recent:
                self.recent[frame.id] = now
                for listener in self.listeners:
                    listener.offer(frame)
        settled = [id for id, seen in self.recent.items() if seen < now - COMMIT_SKEW_SECONDS]
        self.floor = max(settled, default=self.floor)
        self.recent = {id: seen for id, seen in self.recent.items() if id > self.floor}


class LiveStream:
    """The ASGI application; the hub is made inside the running event loop."""

    def __init__(self) -> None:
        self.hub: Hub | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET" or scope["path"] != "/live/stream":
            await _answer(send, 404, b"Not found. The stream is at /live/stream.\n")
            return
        if await asyncio.to_thread(visitor_of, scope) is None:
            await _answer(send, 401, b"Log in first.\n")
            return
        self.hub = self.hub or Hub()
        listener = Listener(_topics(scope))
        await self.hub.join(listener)
        try:
            await _stream(listener, _last_event_id(scope), receive, send)
        finally:
            self.hub.leave(listener)


async def _stream(listener: Listener, last_id: int | None, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await _write(send, b"retry: 2000\nevent: hello\ndata: {}\n\n")
    replayed = await _replay(listener, last_id, send) if last_id is not None else frozenset()
    gone = asyncio.create_task(_until_disconnect(receive))
    try:
        while not gone.done() and not listener.cut_off:
            await _write(send, await _next_chunk(listener, replayed, gone))
    finally:
        gone.cancel()
    if not gone.done() or listener.cut_off:
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _next_chunk(listener: Listener, replayed: frozenset[int], gone: asyncio.Task[None]) -> bytes:
    """Everything that waits, or a beat after a quiet while: the page can only see named events."""
    waiting = asyncio.create_task(listener.frames.get())
    done, _ = await asyncio.wait({waiting, gone}, timeout=BEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    if waiting not in done:
        waiting.cancel()
        return b"event: beat\ndata: {}\n\n"
    frames = [waiting.result()]
    while not listener.frames.empty():
        frames.append(listener.frames.get_nowait())
    return b"".join(frame.wire for frame in frames if frame.id not in replayed)


async def _replay(listener: Listener, last_id: int, send: Send) -> frozenset[int]:
    async with await _connect() as database:
        oldest = await (await database.execute("select min(id) from tower_liveevent")).fetchone()
        frames = await _frames(database, "where id > %s order by id limit %s", (last_id, REPLAY_LIMIT + 1))
    kept = oldest is not None and oldest[0] is not None and oldest[0] <= last_id + 1
    if len(frames) > REPLAY_LIMIT or (frames and not kept):
        await _write(send, b"event: reset\ndata: {}\n\n")
        return frozenset()
    await _write(send, b"".join(frame.wire for frame in frames if listener.wants(frame.topic)))
    return frozenset(frame.id for frame in frames)


async def _frames(database: psycopg.AsyncConnection[Any], where: str, values: tuple[int, ...]) -> list[Frame]:
    rows = await (await database.execute(f"{SELECT} {where}", values)).fetchall()
    return [
        Frame(id, topic, f"id: {id}\nevent: {name}\ndata: {payload}\n\n".encode()) for id, topic, name, payload in rows
    ]


async def _connect() -> psycopg.AsyncConnection[Any]:
    parameters = await asyncio.to_thread(_parameters)
    return await psycopg.AsyncConnection.connect(**parameters, autocommit=True)


def _parameters() -> dict[str, Any]:
    """Where Django connects to; going through its connection starts the embedded server when it was killed."""
    connection.close_if_unusable_or_obsolete()
    connection.ensure_connection()
    known = connection.get_connection_params()
    connection.close()
    return {key: known[key] for key in ("dbname", "user", "password", "host", "port") if known.get(key)}


async def _until_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, body: bytes) -> None:
    if body:
        await send({"type": "http.response.body", "body": body, "more_body": True})


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _topics(scope: Scope) -> frozenset[str]:
    asked = parse_qs(scope["query_string"].decode("ascii", "replace")).get("topics", [""])[0]
    return frozenset(topic for topic in asked.split(",") if topic)


def _last_event_id(scope: Scope) -> int | None:
    """From the header a browser sends by itself, or from ?last= for a page that was loaded at a known point."""
    given = dict(scope["headers"]).get(b"last-event-id", b"").decode("ascii", "replace")
    asked = parse_qs(scope["query_string"].decode("ascii", "replace")).get("last", [given])[0]
    return int(asked) if asked.isascii() and asked.isdigit() else None
