"""Sparkplug B: births give the names, data may use numbers, deaths and gaps are noticed."""

from __future__ import annotations

import time

from longshore.sensing.gateway.mqtt import packets
from longshore.sensing.gateway.sparkplug_payload import Payload, SparkplugMetric, decode, encode
from longshore.sensing.models import Device as Registered
from longshore.sensing.models import LastValue, Reading, RefusedMessage
from tests.platform.sensing.conftest import Running, register
from tests.platform.sensing.speaking import Device


def metric(
    name: str, value: float | str | bool | None, alias: int = -1, *, at_ms: int | None = None, old: bool = False
):
    return SparkplugMetric(name, alias, at_ms, value, old)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Node(Device):
    """An edge node that counts its messages."""

    seq = -1
    number = 0

    def say(self, kind: str, *metrics: SparkplugMetric, behind: str = "", seq: int | None = None) -> int:
        self.seq = 0 if kind == "NBIRTH" else (self.seq + 1) % 256 if seq is None else seq
        self.number += 1
        topic = f"spBv1.0/plant/{kind}/{self.code}" + (f"/{behind}" if behind else "")
        self.publish(topic, encode(Payload(now_ms(), self.seq, metrics)), packet_id=self.number)
        while True:
            kind_of, _, body = self.packet()
            if kind_of == packets.PUBACK:
                return packets.acknowledged(body, self.version)[1]
            self.heard = body


def node(gateway: Running) -> Node:
    register("edge1", kind="edge")
    register("edge1.press", kind="machine")
    made = Node(gateway.ports["mqtt"], "edge1", "token-of-edge1")
    made.join()
    until = time.monotonic() + 10
    while "edge1.press" not in gateway.gate.directory.by_code and time.monotonic() < until:
        time.sleep(0.02)  # the database's bell tells the gateway of a new device a moment later
    return made


def readings() -> list[tuple[str, str, float]]:
    return list(Reading.objects.order_by("at").values_list("device__code", "metric__code", "value"))


def test_a_payload_survives_the_way_out_and_in() -> None:
    """What is encoded is decoded equal, with every kind of value."""
    said = Payload(1_700_000_000_000, 7, (metric("a", 1.5, 3, at_ms=5), metric("b", "x"), metric("c", None, old=True)))
    assert decode(encode(said)) == said


def test_births_data_by_number_and_devices_behind_a_node(gateway: Running) -> None:
    """A birth teaches the numbers; data with numbers are readings of the node and of the device behind it."""
    edge = node(gateway)
    assert edge.say("NBIRTH", metric("bdSeq", 0.0), metric("Sensors/Temperature", 20.5, 1)) == 0
    assert edge.say("DBIRTH", metric("Power", 3.0, 2), behind="press") == 0
    time.sleep(0.002)
    assert edge.say("NDATA", metric("", 21.5, 1)) == 0
    time.sleep(0.002)
    assert edge.say("DDATA", metric("", 4.0, 2), behind="press") == 0
    assert sorted(readings()) == [
        ("edge1", "temperature", 20.5),
        ("edge1", "temperature", 21.5),
        ("edge1.press", "power", 3.0),
        ("edge1.press", "power", 4.0),
    ]


def test_history_is_kept_and_never_becomes_the_last_value(gateway: Running) -> None:
    """is_historical fills the past; the last value stays what was said live."""
    edge = node(gateway)
    edge.say("NBIRTH", metric("bdSeq", 0.0), metric("temperature", 20.0, 1))
    edge.say("NDATA", metric("", -5.0, 1, at_ms=now_ms() + 1000, old=True))
    assert Reading.objects.count() == 2
    assert LastValue.objects.get().value == 20.0


def test_a_gap_and_an_unknown_number_ask_for_a_rebirth(gateway: Running) -> None:
    """A node that skips a number, or uses one we never heard, is told to be born again, and it is counted."""
    edge = node(gateway)
    edge.subscribe("spBv1.0/plant/NCMD/edge1", qos=0)
    assert edge.packet()[0] == packets.SUBACK
    assert edge.say("NDATA", metric("", 1.0, 44)) == packets.REFUSED_BY_US
    asked = decode(edge.heard[edge.heard.index(b"edge1") + 6 :])
    assert [(one.name, one.value) for one in asked.metrics] == [("Node Control/Rebirth", 1.0)]
    edge.say("NBIRTH", metric("bdSeq", 0.0), metric("temperature", 20.0, 1))
    edge.say("NDATA", metric("", 21.0, 1), seq=9)
    gateway.store()
    counted = {row.reason: row.count for row in RefusedMessage.objects.all()}
    assert counted == {"no-birth": 1, "sequence-gap": 1}


def test_a_device_behind_a_node_is_known_at_once(gateway: Running) -> None:
    """Registered a moment ago and the bell not rung yet: the gateway looks before it refuses, and keeps the order."""
    edge = node(gateway)
    edge.say("NBIRTH", metric("bdSeq", 0.0))
    gateway.gate.directory.by_id.pop(gateway.gate.directory.by_code.pop("edge1.press").id)
    assert edge.say("DBIRTH", metric("Power", 3.0, 2), behind="press") == 0
    time.sleep(0.002)
    assert edge.say("DDATA", metric("", 4.0, 2), behind="press") == 0
    assert edge.say("DDATA", metric("power", 1.0), behind="ghost") == packets.NOT_AUTHORIZED
    assert edge.say("DDATA", metric("power", 1.0), behind="ghost") == packets.NOT_AUTHORIZED
    assert sorted(readings()) == [("edge1.press", "power", 3.0), ("edge1.press", "power", 4.0)]
    gateway.store()
    assert {row.reason: row.count for row in RefusedMessage.objects.all()} == {"unknown-device": 2}


def test_a_node_speaks_for_itself_only(gateway: Running) -> None:
    """Another node's name, an unregistered device behind it, and damaged bytes are refused and counted."""
    edge = node(gateway)
    edge.say("NBIRTH", metric("bdSeq", 0.0))
    assert edge.say("DDATA", metric("power", 1.0), behind="ghost") == packets.NOT_AUTHORIZED
    edge.publish("spBv1.0/plant/NDATA/edge2", b"", packet_id=50)
    assert edge.acknowledged() == (50, packets.NOT_AUTHORIZED)
    edge.publish("spBv1.0/plant/NDATA/edge1", b"\x12\xff", packet_id=51)
    assert edge.acknowledged() == (51, packets.BAD_PAYLOAD)
    gateway.store()
    counted = {row.reason: row.count for row in RefusedMessage.objects.all()}
    assert counted == {"unknown-device": 1, "forged": 1, "malformed": 1}


def test_a_death_takes_the_node_off_line(gateway: Running) -> None:
    """NDEATH with the number of the birth; one of an earlier session changes nothing."""
    edge = node(gateway)
    edge.say("NBIRTH", metric("bdSeq", 4.0))
    edge.say("NDEATH", metric("bdSeq", 3.0))
    gateway.store()
    assert Registered.objects.get(code="edge1").online
    edge.say("NDEATH", metric("bdSeq", 4.0))
    gateway.store()
    assert not Registered.objects.get(code="edge1").online
