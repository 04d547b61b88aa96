"""One device on the line: framing, publishing, acknowledgements, and when not to read from it."""

from __future__ import annotations

import asyncio
import socket
from datetime import datetime
from typing import TYPE_CHECKING, cast

from longshore.sensing.gateway.directory import Key, Known
from longshore.sensing.gateway.mqtt import dialogue, packets
from longshore.sensing.gateway.mqtt.packets import V3, V5, Connect, Malformed

if TYPE_CHECKING:
    from longshore.sensing.gateway.gate import Gate

# Why nothing is read from a connection just now; one bit each.
JOINING, CLOGGED, FULL, IN_FLIGHT, FLOODING, LEAVING, LOOKING = 1, 2, 4, 8, 16, 32, 64
BEFORE_CONNECT_BYTES = 16 * 1024
ALIASES = 16
REASONS = {
    "malformed": packets.BAD_PAYLOAD,
    "future": packets.BAD_PAYLOAD,
    "too-old": packets.BAD_PAYLOAD,
    "unknown-metric": packets.BAD_PAYLOAD,
    "unknown-kind": packets.BAD_TOPIC,
    "forged": packets.NOT_AUTHORIZED,
    "unknown-device": packets.NOT_AUTHORIZED,
    "no-birth": packets.REFUSED_BY_US,
}


class Connection(asyncio.Protocol):
    """The fast path is `data_received` → `_publish`; everything that talks back at length stands in `dialogue`."""

    __slots__ = (
        "aliases",
        "connect",
        "conversation",
        "device",
        "flying",
        "gate",
        "heard",
        "holds",
        "key",
        "kinds",
        "need",
        "opened",
        "owed",
        "owed_in",
        "rest",
        "second",
        "spent",
        "transport",
        "v5",
        "will",
    )

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.transport: asyncio.Transport | None = None
        self.device: Known | None = None
        self.key: Key | None = None
        self.connect: Connect | None = None
        self.conversation: dialogue.Conversation | None = None
        self.will: packets.Will | None = None
        self.kinds: dict[bytes, str] = {}
        self.aliases: dict[int, bytes] | None = None
        self.rest = bytearray()
        self.need = 0
        self.holds = 0
        self.flying = 0
        self.owed_in: object = None
        self.owed: list[bytes] = []
        self.opened = self.heard = gate.tick
        self.second, self.spent = 0, 0
        self.v5 = False

    # --- the line -----------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.gate.joining.add(self)
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self.gate.joining.discard(self)
        self.rest.clear()
        if self.device is not None:
            dialogue.gone(self)

    def pause_writing(self) -> None:
        self.hold(CLOGGED)

    def resume_writing(self) -> None:
        self.release(CLOGGED)

    def hold(self, why: int) -> None:
        if not self.holds and self.transport is not None:
            self.transport.pause_reading()
        self.holds |= why

    def release(self, why: int) -> None:
        if not self.holds & why:
            return
        self.holds &= ~why
        if self.holds or self.transport is None:
            return
        self.heard = self.gate.tick
        if self.rest:
            waiting, self.rest = bytes(self.rest), bytearray()
            self._read(waiting)
        if not self.holds and self.transport is not None:
            self.transport.resume_reading()

    def send(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    def leave(self, reason: int = packets.SUCCESS) -> None:
        """Close from our side; MQTT 5 is told why."""
        if self.transport is None:
            return
        if self.v5 and self.device is not None and reason:
            self.transport.write(packets.goodbye(reason))
        self.holds |= LEAVING
        self.transport.close()

    def refuse(self, reason: str, code: int, body: bytes = b"") -> None:
        """Something that ends the connection, counted."""
        claimed = self.device.code if self.device else (self.connect.user or "" if self.connect else "")
        self.gate.refusals.count(claimed, reason, body, stranger=self.device is None)
        self.leave(code)

    # --- reading ------------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        self.heard = self.gate.tick
        if self.rest or self.holds:
            self.rest += data
            if self.holds or len(self.rest) < self.need:
                return
            data, self.rest = bytes(self.rest), bytearray()
        self._read(data)

    def _read(self, data: bytes) -> None:
        self.need = 0
        try:
            at = self._packets(data)
        except Malformed as error:
            self.refuse("malformed", error.code, data[:300])
            return
        if self.holds & LEAVING:
            return
        if at < len(data):
            self.rest += data[at:] if at else data
        self._slow_down()

    def _packets(self, data: bytes) -> int:
        """Every whole packet, until there is a reason to read no more; answers where it stopped."""
        at, size = 0, len(data)
        while size - at >= 2 and not self.holds:
            length, body = data[at + 1], at + 2
            if length > 127:
                length, body = packets.remaining_length(data, at + 1)
            end = body + length
            if length < 0 or end > size:
                if length >= 0:
                    self._expect(length, end - at)
                return at
            if data[at] & 0xF0 == 0x30 and self.device is not None:
                self._publish(data, data[at], body, end)
                if self.holds & LOOKING:
                    return at
            else:
                dialogue.hear(self, data[at], data[body:end])
            at = end
        return at

    def _expect(self, length: int, need: int) -> None:
        """A packet of which a part has come: is it one we want to wait for?"""
        bound = self.gate.choices.packet_bytes if self.device else BEFORE_CONNECT_BYTES
        self.need = need
        if length > bound:
            self.refuse("oversize", packets.TOO_LARGE, f"{length} bytes".encode())

    def _publish(self, data: bytes, first: int, body: int, end: int) -> None:
        qos = (first >> 1) & 3
        at = body + 2 + (data[body] << 8 | data[body + 1]) if end - body >= 2 else end + 1
        topic = data[body + 2 : at]
        receipt = b""
        if qos:
            receipt = data[at : at + 2]
            at += 2
            if qos == 3 or receipt == b"\x00\x00":
                raise Malformed("quality of service or packet id", packets.MALFORMED)
        if at > end:
            raise Malformed("shorter than it says")
        if self.v5:
            if at < end and data[at] == 0:
                at += 1
            else:
                topic, at = self._with_properties(topic, packets.Reader(data, at, end))
        if end - body > self.gate.choices.packet_bytes:
            self.refuse("oversize", packets.TOO_LARGE, topic)
            return
        if topic.startswith(b"spBv1.0/") and (name := self.gate.stranger_behind(self.device, topic)):
            self.hold(LOOKING)
            self.gate.spawn(self._look_for(name))
            return
        self.spent += 1
        reason = self._take(topic, data[at:end])
        if qos:
            self._owe(qos, receipt, reason)
        elif reason == "forged":
            self.leave(packets.NOT_AUTHORIZED)

    async def _look_for(self, name: str) -> None:
        """Somebody behind this node was registered a moment ago, or never: the database knows, and the packet waits."""
        await self.gate.look_for(name)
        self.release(LOOKING)

    def _with_properties(self, topic: bytes, reader: packets.Reader) -> tuple[bytes, int]:
        """Only the alias matters to us: a short number in place of the topic."""
        alias = reader.properties().get(packets.ALIAS)
        if alias is None:
            return topic, reader.at
        if not isinstance(alias, int) or not 0 < alias <= ALIASES:
            raise Malformed("topic alias", packets.BAD_ALIAS)
        if self.aliases is None:
            self.aliases = {}
        if topic:
            self.aliases[alias] = topic
        elif alias not in self.aliases:
            raise Malformed("topic alias that was never given", packets.PROTOCOL_ERROR)
        return self.aliases[alias], reader.at

    def _take(self, topic: bytes, payload: bytes) -> str:
        """Into the batch that fills, or the reason why not."""
        kind = self.kinds.get(topic)
        gate = self.gate
        assert self.device is not None
        if kind is not None:
            return gate.decoding.take(gate.intake.current.columns, self.device, kind, payload, gate.now_us())
        return dialogue.other_topic(self, topic, payload)

    def _owe(self, qos: int, receipt: bytes, reason: str) -> None:
        """The acknowledgement waits for the commit of the batch, also a refusing one: order is kept."""
        if reason == "forged" and not self.v5:
            self.leave()  # 3.1.1 has no way to say no but this
            return
        intake = self.gate.intake
        if self.owed_in is not intake.current:
            self.owed_in, self.owed = intake.current, []
            intake.current.owed.append((self, self.owed))
        first = b"\x40" if qos == 1 else b"\x50"
        if reason and self.v5:
            self.owed.append(first + b"\x03" + receipt + bytes((REASONS.get(reason, packets.UNSPECIFIED),)))
        else:
            self.owed.append(first + b"\x02" + receipt)
        self.flying += 1

    def _slow_down(self) -> None:
        """After each chunk: is there room, does this one wait for too much, is it too fast?"""
        intake, choices = self.gate.intake, self.gate.choices
        intake.wake()
        if intake.full:
            self.hold(FULL)
            intake.room.append(self._has_room)
        if self.v5 and self.flying > choices.in_flight:
            self.refuse("flood", packets.TOO_MANY)
            return
        if self.flying >= choices.in_flight:
            self.hold(IN_FLIGHT)
        if self.spent > choices.device_per_s > 0:
            self._flood()

    def _flood(self) -> None:
        """Too much in this second: the rest of it waits, on the sender's side."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if int(now) != self.second:
            self.second, self.spent = int(now), 0
            return
        if not self.holds & FLOODING and self.device is not None:
            self.gate.refusals.count(self.device.code, "flood")
            self.hold(FLOODING)
            loop.call_at(int(now) + 1, self._calm)

    def _calm(self) -> None:
        self.spent = 0
        self.release(FLOODING)

    def _has_room(self) -> None:
        self.release(FULL)

    def committed(self, receipts: list[bytes]) -> None:
        """Only now: what these acknowledge is on disk."""
        self.flying -= len(receipts)
        if self.transport is None or self.transport.is_closing():
            return  # it will say these again, which is harmless
        self.transport.write(b"".join(receipts))
        if self.holds & IN_FLIGHT and self.flying < self.gate.choices.in_flight:
            self.release(IN_FLIGHT)

    # --- what the gate asks of it -------------------------------------------------------------------------------------

    def look(self, now: float) -> None:
        """Too late with CONNECT, or silent beyond one and a half keep-alives. Who is not read cannot be heard."""
        if self.device is None:
            if now - self.opened > self.gate.choices.join_s:
                self.leave()
            return
        allowed = self.connect.keep_alive_s * 1.5 + 1.0 if self.connect else 0.0
        if allowed > 1.0 and not self.holds and now - self.heard > allowed:
            self.leave(packets.KEEP_ALIVE_PASSED)

    def look_welcome(self, at: datetime) -> None:
        if self.device and not self.gate.directory.still_welcome(self.device, self.key, at):
            self.leave(packets.NOT_AUTHORIZED)

    def has_command(self) -> None:
        if self.conversation is not None:
            self.conversation.wake()

    def order(self, topic: str, payload: bytes) -> None:
        """A Sparkplug command, if the node listens to its own."""
        if self.conversation is not None and self.conversation.hears(topic):
            self.send(packets.publish(packets.Outgoing(topic, payload, 0), self.version))

    def rest_now(self) -> None:
        self.hold(LEAVING)

    def shut_down(self) -> None:
        self.will = None
        self.leave(packets.SHUTTING_DOWN)

    @property
    def version(self) -> int:
        return V5 if self.v5 else V3
