"""A device's own end of the line: MQTT 3.1.1 with QoS 1. What was not acknowledged is sent again after a reconnect.

Written apart from the gateway, as a device's maker would: the two only share the standard.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

CONNECT, CONNACK, PUBLISH, PUBACK = 0x10, 0x20, 0x30, 0x40
SUBSCRIBE, PINGREQ, DISCONNECT = 0x82, 0xC0, 0xE0
KEEPALIVE_S = 30
WINDOW = 32
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 10.0
ANSWER_S = 10.0
Told = Callable[[str, bytes], None]


class NotLetIn(ConnectionError):
    """The gateway refused the device's name or key."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where the gateway listens."""

    host: str = "127.0.0.1"
    port: int = 1883
    tls: ssl.SSLContext | None = None


@dataclass(slots=True)
class Counts:
    sent: int = 0
    again: int = 0
    acknowledged: int = 0
    reconnects: int = 0
    commands: int = 0


def _length(size: int) -> bytes:
    found = bytearray()
    while True:
        size, digit = divmod(size, 128)
        found.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(found)


def _text(text: str | bytes) -> bytes:
    raw = text.encode() if isinstance(text, str) else text
    return len(raw).to_bytes(2, "big") + raw


def _packet(head: int, body: bytes) -> bytes:
    return bytes([head]) + _length(len(body)) + body


@dataclass(slots=True)
class Link:
    """One device's connection. `say` queues; `run` keeps the line up until `close`."""

    door: Door
    code: str
    token: str
    told: Told | None = None
    counts: Counts = field(default_factory=Counts)
    _waiting: asyncio.Queue[tuple[str, bytes]] = field(default_factory=asyncio.Queue)
    _unacknowledged: dict[int, bytes] = field(default_factory=dict)
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(WINDOW))
    _next: int = 0

    def say(self, topic: str, body: bytes) -> None:
        """`topic` is the last part: t, tags, fix, scan, state or status."""
        self._waiting.put_nowait((f"ls/{self.code}/{topic}", body))

    @property
    def open_ends(self) -> int:
        """What is not acknowledged yet."""
        return self._waiting.qsize() + len(self._unacknowledged)

    async def drained(self, seconds: float) -> bool:
        """Wait until everything is acknowledged; false when it takes longer."""
        end = asyncio.get_running_loop().time() + seconds
        while self.open_ends and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.02)
        return self.open_ends == 0

    async def run(self) -> None:
        """Connect, talk, and connect again when the line breaks. Ends only when refused or cancelled."""
        wait = FIRST_WAIT_S
        while True:
            try:
                reader, writer = await asyncio.open_connection(self.door.host, self.door.port, ssl=self.door.tls)
            except OSError:
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT_S)
                continue
            try:
                await self._greet(reader, writer)
                wait = FIRST_WAIT_S
                await self._talk(reader, writer)
            except (OSError, EOFError, TimeoutError) as broken:
                if isinstance(broken, NotLetIn):
                    raise
                self.counts.reconnects += 1
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT_S)
            finally:
                await self._hang_up(writer)

    async def _hang_up(self, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write(_packet(DISCONNECT, b""))
            writer.close()
            await writer.wait_closed()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """CONNECT with a will that says offline, wait for the answer, subscribe to commands, say online."""
        will = _text(f"ls/{self.code}/status") + _text(b'{"online":false}')
        body = _text("MQTT") + bytes([4, 0b1100_1110]) + KEEPALIVE_S.to_bytes(2, "big")
        writer.write(_packet(CONNECT, body + _text(self.code) + will + _text(self.code) + _text(self.token)))
        head, answer = await asyncio.wait_for(_read(reader), ANSWER_S)
        if head & 0xF0 != CONNACK or len(answer) < 2 or answer[1] != 0:
            raise NotLetIn(f"{self.code}: refused with {answer.hex() or 'nothing'}")
        writer.write(_packet(SUBSCRIBE, b"\x00\x01" + _text(f"ls/{self.code}/cmd") + b"\x01"))
        for packet in self._unacknowledged.values():
            writer.write(bytes([packet[0] | 0x08]) + packet[1:])
            self.counts.again += 1

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until one of the three ends, which is when the line breaks."""
        tasks = [
            asyncio.create_task(part)
            for part in (self._hear(reader, writer), self._speak(writer), self._keep_alive(writer))
        ]
        try:
            done, _pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _speak(self, writer: asyncio.StreamWriter) -> None:
        while True:
            await self._room.acquire()
            try:
                topic, body = await self._waiting.get()
            except asyncio.CancelledError:
                self._room.release()
                raise
            self._next = self._next % 65_535 + 1
            while self._next in self._unacknowledged:
                self._next = self._next % 65_535 + 1
            packet = _packet(PUBLISH | 0x02, _text(topic) + self._next.to_bytes(2, "big") + body)
            self._unacknowledged[self._next] = packet
            writer.write(packet)
            self.counts.sent += 1
            await writer.drain()

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head, body = await _read(reader)
            if head & 0xF0 == PUBACK:
                if self._unacknowledged.pop(int.from_bytes(body[:2], "big"), None) is not None:
                    self.counts.acknowledged += 1
                    self._room.release()
            elif head & 0xF0 == PUBLISH:
                self._take(head, body, writer)

    def _take(self, head: int, body: bytes, writer: asyncio.StreamWriter) -> None:
        """A command: acknowledge it and pass it on."""
        size = int.from_bytes(body[:2], "big")
        topic, rest = body[2 : 2 + size].decode(), body[2 + size :]
        if head & 0x06:
            writer.write(_packet(PUBACK, rest[:2]))
            rest = rest[2:]
        self.counts.commands += 1
        if self.told is not None:
            self.told(topic, rest)

    async def _keep_alive(self, writer: asyncio.StreamWriter) -> None:
        while True:
            await asyncio.sleep(KEEPALIVE_S / 2)
            writer.write(_packet(PINGREQ, b""))
            await writer.drain()


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The next packet: its first byte and its body."""
    head = (await reader.readexactly(1))[0]
    size, shift = 0, 0
    while True:
        digit = (await reader.readexactly(1))[0]
        size |= (digit & 0x7F) << shift
        if not digit & 0x80:
            return head, await reader.readexactly(size)
        shift += 7
