"""Rubbish, and almost-right bytes, into every parser that strangers reach: no crash, no leak, no growth.

LONGSHORE_FUZZ_INPUTS=1000000 runs a million of each; by default there are some thousands.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import struct
from datetime import UTC, datetime
from typing import Any

import psutil
import pytest

from longshore.sensing.gateway import cbor, http, refusals
from longshore.sensing.gateway.choices import Choices
from longshore.sensing.gateway.directory import Key, Known
from longshore.sensing.gateway.gate import Gate
from longshore.sensing.gateway.mqtt import packets
from longshore.sensing.gateway.mqtt.connection import BEFORE_CONNECT_BYTES, Connection
from longshore.sensing.gateway.requests import HEAD_BYTES, BadRequest, Requests
from longshore.sensing.gateway.sparkplug_payload import NotSparkplug, Payload, SparkplugMetric, decode, encode
from longshore.sensing.intake import Columns
from tests.platform.sensing.speaking import run_apart

INPUTS = int(os.environ.get("LONGSHORE_FUZZ_INPUTS", "4000"))
SEED = int(os.environ.get("LONGSHORE_FUZZ_SEED", "7"))
TOKEN = b"token"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
GROWTH_MB = 60


class NoDatabase:
    """Answers every question with nothing."""

    def execute(self, *asked: Any) -> NoDatabase:
        return self

    def fetchone(self) -> None:
        return None

    def fetchall(self) -> list[Any]:
        return []


class Offline(Gate):
    """A gate whose batches go nowhere."""

    def __init__(self) -> None:
        super().__init__(Choices(packet_bytes=4096, in_flight=50), lambda: NOW)
        import hashlib

        known = Known(1, "d1", "active")
        digest = hashlib.sha256(TOKEN).digest()
        self.directory.by_code, self.directory.by_id = {"d1": known}, {1: known}
        self.directory.keys = {digest: Key(digest, 1, datetime(2020, 1, 1, tzinfo=UTC), None)}
        self.directory.metrics = {"temperature": 1, "humidity": 2}
        self.intake._seal = self._throw_away  # type: ignore[method-assign]

    async def ask(self, question: Any) -> Any:
        return question(NoDatabase())

    def _throw_away(self) -> None:
        batch, self.intake.current = self.intake.current, type(self.intake.current)()
        self.intake.scheduled = False
        for sender, receipts in batch.owed:
            sender.committed(receipts)


class Wire:
    """A transport that counts what is written and forgets it."""

    def __init__(self) -> None:
        self.closed = False

    def write(self, data: bytes) -> None:
        assert len(data) < 1_000_000

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def get_extra_info(self, name: str) -> None: ...


def connect(version: int, *, will: bool = False, keeps: int = 0) -> bytes:
    body = packets.text("MQTT") + bytes((version, 0xC2 | (4 if will else 0))) + b"\x00\x3c"
    if version == packets.V5:
        body += packets.properties([(packets.SESSION_EXPIRY, keeps), (packets.RECEIVE_MAXIMUM, 5)])
    body += packets.text("d1")
    if will:
        body += (b"\x00" if version == packets.V5 else b"") + packets.text("ls/d1/status") + packets.text("{}")
    return packets.packet(packets.CONNECT, body + packets.text("d1") + packets.text(TOKEN))


def seeds(version: int) -> list[bytes]:
    five = version == packets.V5
    bodies = (
        ("t", b'{"at": 1772366400000, "seq": 3, "v": {"temperature": 4.5, "humidity": null}}'),
        ("tags", b'{"reads": [{"epc": "urn:epc:id:sgtin:1.2.3", "antenna": 2, "at": 1772366400000}]}'),
        ("fix", b'{"at": "2026-03-01T00:00:00Z", "lat": 31.2, "lon": 121.4, "datum": "GCJ-02"}'),
        ("status", b'{"online": true, "battery": 50}'),
    )
    made = [
        packets.publish(packets.Outgoing(f"ls/d1/{kind}", body, n % 3, n + 1), version)
        for n, (kind, body) in enumerate(bodies)
    ]
    metric = SparkplugMetric("temperature", 1, 5, 2.5, True)
    births = encode(Payload(1, 0, (metric, SparkplugMetric("bdSeq", -1, None, 0.0, False))))
    made.append(packets.publish(packets.Outgoing("spBv1.0/g/NBIRTH/d1", births, 1, 9), version))
    subscribe = b"\x00\x05" + (b"\x00" if five else b"") + packets.text("ls/d1/cmd") + b"\x01"
    made.append(packets.packet(packets.SUBSCRIBE, subscribe, 2))
    made.append(packets.packet(packets.UNSUBSCRIBE, subscribe[:-1], 2))
    made += [b"\x62\x02\x00\x01", b"\x40\x02\x00\x01", b"\xc0\x00", b"\xe0\x00", b"\xe0\x02\x04\x00"]
    if five:
        alias = packets.text("ls/d1/t") + b"\x00\x07" + packets.properties([(packets.ALIAS, 2)]) + bodies[0][1]
        made.append(packets.packet(packets.PUBLISH, alias, 2))
    return made


def damage(dice: random.Random, data: bytes) -> bytes:
    """A few bytes turned, cut, doubled or swapped for edges of numbers."""
    raw = bytearray(data)
    for _ in range(dice.choice((0, 1, 1, 2, 4, 12))):
        if not raw:
            break
        at, kind = dice.randrange(len(raw)), dice.randrange(5)
        if kind == 0:
            raw[at] = dice.randrange(256)
        elif kind == 1:
            del raw[at : at + dice.randrange(1, 9)]
        elif kind == 2:
            raw[at:at] = raw[at : at + dice.randrange(1, 30)]
        elif kind == 3:
            raw[at : at + 2] = dice.choice((b"\x00\x00", b"\xff\xff", b"\x80\x80", b"\x7f\xff"))
        else:
            raw[at:at] = dice.randbytes(dice.randrange(1, 6))
    return bytes(raw)


def pieces(dice: random.Random, data: bytes) -> list[bytes]:
    cuts = sorted(dice.randrange(len(data) + 1) for _ in range(dice.choice((0, 0, 1, 3))))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True) if a < b]


def memory_mb() -> float:
    return float(psutil.Process().memory_info().rss / 2**20)


async def storm(gate: Offline, inputs: int) -> None:
    dice = random.Random(SEED)
    known = {version: seeds(version) for version in (packets.V3, packets.V5)}
    before, joined = memory_mb(), 0
    for number in range(inputs):
        version = dice.choice((packets.V3, packets.V5))
        hello = connect(version, will=dice.random() < 0.3, keeps=dice.choice((0, 0, 60)))
        talk = b"".join(dice.choice(known[version]) for _ in range(dice.randrange(1, 6)))
        hello = damage(dice, hello) if dice.random() < 0.3 else hello
        data = hello + damage(dice, talk) if dice.random() < 0.95 else dice.randbytes(dice.randrange(200))
        line, wire = Connection(gate), Wire()
        line.connection_made(wire)  # type: ignore[arg-type]
        for part in pieces(dice, data):
            line.data_received(part)
            await asyncio.sleep(0)
            assert len(line.rest) <= BEFORE_CONNECT_BYTES + 4096 + len(data)
            if wire.closed:
                break
        for _ in range(4):
            await asyncio.sleep(0)
        joined += line.device is not None
        line.connection_lost(None)
        if number % 500 == 0:
            gate.refusals.take()
            gate.presence.take()
            gate.intake.current = type(gate.intake.current)()
    await asyncio.sleep(0.05)
    assert joined > inputs // 2
    assert not gate.joining and not gate.connections and not gate.tasks
    assert memory_mb() - before < GROWTH_MB


def test_mqtt_survives_anything(caplog: pytest.LogCaptureFixture) -> None:
    """Damaged conversations over MQTT 3.1.1 and 5: every line ends or goes on, none is left over, nothing is logged."""
    with caplog.at_level(logging.ERROR):
        run_apart(storm(Offline(), INPUTS))
    assert [record.message for record in caplog.records] == []


def requests() -> list[bytes]:
    body = json.dumps([{"kind": "t", "at": 1772366400000, "v": {"temperature": 1}}, {"kind": "scan", "code": "x"}])
    head = "POST /ingest/d1 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer token\r\ncontent-type: application/json\r\n"
    chunked = f"transfer-encoding: chunked\r\n\r\n{len(body):x}\r\n{body}\r\n0\r\n\r\n"
    lines = head.replace("json", "x-ndjson") + f"content-length: {len(body)}\r\n\r\n{body}"
    small = b"\xa2\x61v\xa1\x6btemperature\xf9\x3c\x00\x62at\x1b\x00\x00\x01\x9c\xa7\x00\x00\x00"
    packed = head.replace("json", "cbor").encode() + b"content-length: %d\r\n\r\n" % len(small) + small
    return [
        (head + f"content-length: {len(body)}\r\n\r\n{body}").encode(),
        (head + chunked).encode(),
        lines.encode(),
        packed,
    ]


def test_http_survives_anything() -> None:
    """Damaged requests in pieces: taken, or refused with a status; what is buffered stays bounded."""
    dice, known, before = random.Random(SEED), requests(), memory_mb()
    gate = Offline()
    taken = 0
    for number in range(INPUTS):
        parser, data = Requests(64 * 1024), damage(dice, dice.choice(known) * dice.choice((1, 1, 2)))
        try:
            for part in pieces(dice, data):
                parser.feed(part)
                while (request := parser.take()) is not None:
                    taken += 1
                    bodies = http._bodies(request)
                    if isinstance(bodies, list):
                        http._take(gate, gate.directory.by_code["d1"], bodies)
                assert len(parser.waiting) + len(parser.body) <= HEAD_BYTES + 64 * 1024 + len(data)
        except BadRequest as error:
            assert error.status in http.STATUS
        if number % 500 == 0:
            gate.intake.current = type(gate.intake.current)()
            gate.refusals.take()
    assert taken > INPUTS // 4
    assert memory_mb() - before < GROWTH_MB


def test_payloads_survive_anything() -> None:
    """JSON, CBOR and Sparkplug, damaged: columns hold finite numbers of known metrics, or nothing."""
    dice, before, gate = random.Random(SEED), memory_mb(), Offline()
    jsons = [b'{"at": 1772366400000, "v": {"temperature": 4.5, "humidity": true}}', b'[{"v": {"temperature": -1e9}}]']
    metric = SparkplugMetric("a/temperature", 3, 1_772_366_400_000, -2.5, False)
    births = encode(Payload(1, 0, (metric, SparkplugMetric("bdSeq", -1, None, 0.0, False))))
    small = b"\xa2\x61v\xa1\x6btemperature\xfb" + struct.pack(">d", 1.5) + b"\x62at\x1b\x00\x00\x01\x9c\xa7\x00\x00\x00"
    device = gate.directory.by_code["d1"]
    for number in range(INPUTS):
        into = Columns()
        gate.decoding.take(
            into, device, dice.choice(("t", "fix", "tags")), damage(dice, dice.choice(jsons)), gate.now_us()
        )
        gate.sparkplug.take(
            into, device, dice.choice(("spBv1.0/g/NBIRTH/d1", "spBv1.0/g/NDATA/d1")), damage(dice, births)
        )
        try:
            decode(dice.randbytes(dice.randrange(60)))
        except NotSparkplug:
            into.historical.clear()
        try:
            gate.decoding.take_object(into, device, "t", cbor.decode(damage(dice, small)), gate.now_us())
        except cbor.NotCbor:
            into.historical.clear()
        assert set(into.metrics) <= {1, 2} and all(value - value == 0 for value in into.values)
        if number % 500 == 0:
            gate.refusals.take()
    assert memory_mb() - before < GROWTH_MB


def test_names_of_strangers_do_not_fill_the_memory() -> None:
    """A hundred thousand invented names are counted under a few hundred."""
    counts = refusals.Refusals()
    for number in range(100_000):
        counts.count(f"invented-{number}", "unknown-device", b"x", stranger=True)
    taken = counts.take()
    assert len(taken) == refusals.STRANGERS + 1
    assert sum(entry.n for entry in taken.values()) == 100_000
