"""Devices on a broker of your own: subscribed through gmqtt, written, and only then acknowledged to the broker.

The broker knows who may speak, so the topic is believed: `ls/<device>/…` is that device, `spBv1.0/…/<node>` that node.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from gmqtt import Client

    from longshore.sensing.gateway.gate import Gate

logger = logging.getLogger(__name__)
FILTERS = ("ls/+/t", "ls/+/tags", "ls/+/fix", "ls/+/scan", "ls/+/state", "ls/+/status", "spBv1.0/#")
AT_ONCE = 2_000
RETRY_S = 2.0


class BadBroker(Exception):
    """LONGSHORE_BROKER cannot be read; the message says how it should look."""


class Bridge:
    """`mqtt://user:password@host:1883?client=longshore&share=group`; mqtts:// for TLS; `share` for several gateways."""

    def __init__(self, gate: Gate, address: str) -> None:
        self.gate, self.address = gate, urlsplit(address)
        if self.address.scheme not in ("mqtt", "mqtts") or not self.address.hostname:
            raise BadBroker("LONGSHORE_BROKER must look like mqtt://user:password@host:1883; correct it or unset it.")
        self.asked = {name: values[0] for name, values in parse_qs(self.address.query).items()}
        self.client: Client | None = None
        self.leaving = self.subscribed = False

    async def open(self) -> None:
        self.gate.spawn(self._connect())

    async def _connect(self) -> None:
        from gmqtt import Client

        client = Client(
            self.asked.get("client", "longshore-gateway"),
            clean_session=False,
            optimistic_acknowledgement=False,
            receive_maximum=AT_ONCE,
            session_expiry_interval=86_400,
        )
        client.on_connect, client.on_message = self._subscribe, self._hear
        client.on_subscribe = self._is_subscribed
        if self.address.username:
            client.set_auth_credentials(unquote(self.address.username), unquote(self.address.password or ""))
        secured = ssl.create_default_context() if self.address.scheme == "mqtts" else False
        port = self.address.port or (8883 if secured else 1883)
        version = 4 if self.asked.get("version") == "3.1.1" else 5
        while not self.leaving:
            try:
                await client.connect(self.address.hostname, port, ssl=secured, version=version)
                self.client = client
                return
            except (TimeoutError, OSError) as error:
                logger.warning("The broker at %s does not answer (%s); trying again.", self.address.hostname, error)
                await asyncio.sleep(RETRY_S)

    def _subscribe(self, client: Client, flags: int, result: int, properties: dict[str, Any]) -> None:
        """At each connection: a broker may have forgotten."""
        group = self.asked.get("share")
        for name in FILTERS:
            client.subscribe(f"$share/{group}/{name}" if group else name, qos=1)

    def _is_subscribed(self, client: Client, *rest: Any) -> None:
        self.subscribed = True

    async def _hear(self, client: Client, topic: str, payload: bytes, qos: int, properties: dict[str, Any]) -> int:
        """Returns when it is committed; gmqtt acknowledges then."""
        for name in _speakers(topic):
            if self.gate.stranger(name):
                await self.gate.look_for(name)
        self.take(topic, bytes(payload))
        if qos:
            waiting = _Waiting()
            self.gate.intake.owe(waiting, b"")
            await waiting.future
        else:
            self.gate.intake.wake()
        return 0

    def take(self, topic: str, payload: bytes) -> str:
        gate, parts = self.gate, topic.split("/")
        columns = gate.intake.current.columns
        code = parts[3] if len(parts) > 3 and parts[0] == "spBv1.0" else parts[1] if len(parts) == 3 else ""
        device = gate.directory.by_code.get(code)
        if device is None or not device.welcome:
            reason = device.state if device is not None else "unknown-device"
            gate.refusals.count(code, reason, payload, stranger=device is None)
            return reason
        if parts[0] == "spBv1.0":
            return gate.sparkplug.take(columns, device, topic, payload)
        return gate.decoding.take(columns, device, parts[2], payload, gate.now_us())

    def publish(self, topic: str, payload: bytes) -> None:
        if self.client is not None:
            self.client.publish(topic, payload, qos=0)

    async def close(self) -> None:
        self.leaving = True
        if self.client is not None:
            await self.client.disconnect()


def _speakers(topic: str) -> tuple[str, ...]:
    """Who says this, and on whose behalf."""
    parts = topic.split("/")
    if parts[0] == "spBv1.0":
        return (parts[3], f"{parts[3]}.{parts[4]}") if len(parts) == 5 else tuple(parts[3:4])
    return tuple(parts[1:2])


class _Waiting:
    """A message in a batch."""

    __slots__ = ("future",)

    def __init__(self) -> None:
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def committed(self, receipts: list[bytes]) -> None:
        if not self.future.done():
            self.future.set_result(None)
