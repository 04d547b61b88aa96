"""A small blocking MQTT client for tests: sends exactly what it is told, also what nobody should send."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from longshore.sensing.gateway.mqtt import packets

T = TypeVar("T")


@dataclass
class Device:
    """`packet()` waits for the next packet and gives (type, flags, body)."""

    port: int
    code: str
    token: str
    version: int = packets.V5
    tls: ssl.SSLContext | None = None
    line: socket.socket = field(init=False)
    waiting: bytes = b""

    def __post_init__(self) -> None:
        self.line = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        if self.tls is not None:
            self.line = self.tls.wrap_socket(self.line, server_hostname="localhost")

    def send(self, data: bytes) -> None:
        self.line.sendall(data)

    def join(self, **asked: Any) -> tuple[int, bool]:
        """CONNECT; answers reason and whether a session was present."""
        self.send(self.connect(**asked))
        kind, _, body = self.packet()
        assert kind == packets.CONNACK
        return body[1], bool(body[0])

    def connect(
        self,
        *,
        client_id: str | None = None,
        clean: bool = True,
        keep_alive: int = 60,
        will: tuple[str, bytes] | None = None,
        expiry: int = 0,
        properties: tuple[tuple[int, packets.Value], ...] = (),
    ) -> bytes:
        five = self.version == packets.V5
        flags = 0xC0 | (2 if clean else 0) | (4 if will else 0)
        body = packets.text("MQTT") + bytes((self.version, flags)) + struct.pack(">H", keep_alive)
        if five:
            body += packets.properties((*(((packets.SESSION_EXPIRY, expiry),) if expiry else ()), *properties))
        body += packets.text(self.code if client_id is None else client_id)
        if will:
            body += (b"\x00" if five else b"") + packets.text(will[0]) + packets.text(will[1])
        body += packets.text(self.code) + packets.text(self.token)
        return packets.packet(packets.CONNECT, body)

    def publish(self, topic: str, payload: bytes, qos: int = 1, packet_id: int = 1) -> None:
        self.send(packets.publish(packets.Outgoing(topic, payload, qos, packet_id), self.version))

    def subscribe(self, name: str, qos: int = 1, packet_id: int = 9) -> None:
        body = struct.pack(">H", packet_id) + (b"\x00" if self.version == packets.V5 else b"")
        self.send(packets.packet(packets.SUBSCRIBE, body + packets.text(name) + bytes((qos,)), 2))

    def packet(self) -> tuple[int, int, bytes]:
        while True:
            if len(self.waiting) >= 2:
                length, body = packets.remaining_length(self.waiting, 1)
                if 0 <= length <= len(self.waiting) - body:
                    found = (self.waiting[0] >> 4, self.waiting[0] & 15, self.waiting[body : body + length])
                    self.waiting = self.waiting[body + length :]
                    return found
            more = self.line.recv(65536)
            if not more:
                raise EOFError
            self.waiting += more

    def acknowledged(self) -> tuple[int, int]:
        """Packet id and reason of the next PUBACK."""
        kind, _, body = self.packet()
        assert kind == packets.PUBACK, kind
        return packets.acknowledged(body, self.version)

    def closed(self) -> bool:
        """Whether the other side hangs up, whatever it says before."""
        try:
            while True:
                self.packet()
        except (EOFError, ConnectionError):
            return True

    def close(self) -> None:
        self.line.close()


def run_apart(story: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: a browser test before this one may have left an event loop running in the main thread."""
    with ThreadPoolExecutor(max_workers=1) as apart:
        return apart.submit(asyncio.run, story).result()
