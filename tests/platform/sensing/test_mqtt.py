"""MQTT as devices know it: joining, publishing, what is theirs and what is not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace

from django.utils import timezone

from longshore.sensing.gateway.mqtt import packets
from longshore.sensing.models import Command, DeviceKey, LastValue, Reading, RefusedMessage, Signal
from longshore.sensing.models import Device as Registered
from tests.platform.sensing.conftest import CHOICES, Running, register
from tests.platform.sensing.speaking import Device


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def said(**values: float) -> bytes:
    return json.dumps({"at": now_ms(), "v": values}).encode()


def speaker(gateway: Running, code: str = "d1", version: int = packets.V5) -> Device:
    if not Registered.objects.filter(code=code).exists():
        register(code)
    return Device(gateway.ports["mqtt"], code, f"token-of-{code}", version)


def refused(gateway: Running) -> dict[tuple[str, str], int]:
    gateway.store()
    return {(row.claimed, row.reason): row.count for row in RefusedMessage.objects.all()}


def eventually(question: Callable[[], bool], seconds: float = 5.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if question():
            return True
        time.sleep(0.02)
    return question()


def test_acknowledged_means_committed(gateway: Running) -> None:
    """When the PUBACK has come, another connection to the database sees the reading and the last value."""
    for version in (packets.V3, packets.V5):
        device = speaker(gateway, f"d{version}", version)
        assert device.join() == (0, False)
        device.publish(f"ls/d{version}/t", said(temperature=4.5, humidity=61), packet_id=77)
        assert device.acknowledged() == (77, 0)
        code = f"d{version}"
        found = dict(Reading.objects.filter(device__code=code).values_list("metric__code", "value"))
        assert found == {"temperature": 4.5, "humidity": 61.0}
        assert LastValue.objects.filter(device__code=code).count() == 2


def test_every_kind_of_message_is_kept(gateway: Running) -> None:
    """Tags, fixes, scans and states are signals; a status changes the registry."""
    device = speaker(gateway)
    device.join()
    at = now_ms()
    bodies = {
        "tags": {"at": at, "seq": 1, "reads": [{"epc": "urn:epc:id:sgtin:0614141.107346.2017", "antenna": 1}]},
        "fix": {"at": at, "lat": 31.2, "lon": 121.5, "datum": "GCJ-02"},
        "scan": {"at": at, "code": "]C1010614141107346", "verb": "pick", "place": "A-01"},
        "state": {"at": at, "state": "running", "good": 12},
    }
    for number, (kind, body) in enumerate(bodies.items(), start=1):
        device.publish(f"ls/d1/{kind}", json.dumps(body).encode(), packet_id=number)
        assert device.acknowledged() == (number, 0)
    assert {row.kind: row.body for row in Signal.objects.all()} == bodies
    device.publish("ls/d1/status", b'{"online": true, "firmware": "2.1", "battery": 87.6}', packet_id=9)
    assert device.acknowledged() == (9, 0)
    gateway.store()
    row = Registered.objects.get(code="d1")
    assert (row.firmware, row.battery_pct, row.online) == ("2.1", 88, True)


def test_a_stranger_a_wrong_key_and_a_borrowed_name_stay_outside(gateway: Running) -> None:
    """Unknown devices, wrong keys, another's key, another's client id are refused at CONNECT and counted."""
    _, token = register("d1")
    register("d2")
    assert Device(gateway.ports["mqtt"], "nobody", "x").join()[0] == packets.BAD_CREDENTIALS
    assert Device(gateway.ports["mqtt"], "d1", "wrong").join()[0] == packets.BAD_CREDENTIALS
    assert Device(gateway.ports["mqtt"], "d2", token).join()[0] == packets.NOT_AUTHORIZED
    assert Device(gateway.ports["mqtt"], "d1", token).join(client_id="d2")[0] == packets.BAD_CLIENT_ID
    assert Device(gateway.ports["mqtt"], "d1", "wrong", packets.V3).join()[0] == 4
    counted = refused(gateway)
    assert counted == {
        ("nobody", "unknown-device"): 1,
        ("d1", "bad-key"): 2,
        ("d2", "forged"): 1,
        ("d1", "forged"): 1,
    }


def test_quarantined_and_retired_devices_are_refused(gateway: Running) -> None:
    """Neither comes in; a device that is quarantined while connected is put out at once."""
    register("q", state="quarantined")
    register("r", state="retired")
    assert speaker(gateway, "q").join()[0] == packets.NOT_AUTHORIZED
    assert speaker(gateway, "r").join()[0] == packets.NOT_AUTHORIZED
    device = speaker(gateway)
    device.join()
    Registered.objects.filter(code="d1").update(state="quarantined")
    kind, _, body = device.packet()
    assert (kind, body[0]) == (packets.DISCONNECT, packets.NOT_AUTHORIZED)
    assert device.closed()


def test_a_revoked_key_ends_the_connection(gateway: Running) -> None:
    """A key taken back works no more, also on a line that is open; its successor does."""
    device = speaker(gateway)
    device.join()
    DeviceKey.objects.filter(device__code="d1").update(revoked_at=timezone.now())
    assert device.closed()
    assert speaker(gateway).join()[0] == packets.BAD_CREDENTIALS


def test_a_device_writes_only_its_own(gateway: Running) -> None:
    """Publishing for another is refused and counted: MQTT 5 hears a reason, 3.1.1 is hung up on."""
    register("other")
    five = speaker(gateway)
    five.join()
    five.publish("ls/other/t", said(temperature=99), packet_id=5)
    assert five.acknowledged() == (5, packets.NOT_AUTHORIZED)
    three = speaker(gateway, "d3", packets.V3)
    three.join()
    three.publish("ls/other/t", said(temperature=99))
    assert three.closed()
    assert not Reading.objects.exists()
    assert refused(gateway) == {("d1", "forged"): 1, ("d3", "forged"): 1}


def test_a_device_reads_only_its_own(gateway: Running) -> None:
    """Subscriptions to anything but its own commands are refused one by one."""
    register("other")
    device = speaker(gateway)
    device.join()
    for name, code in (("ls/other/cmd", 0x87), ("#", 0x87), ("ls/+/cmd", 0x87), ("ls/d1/cmd", 1), ("ls/d1/#", 1)):
        device.subscribe(name)
        kind, _, body = device.packet()
        assert (kind, body[-1]) == (packets.SUBACK, code), name


def test_bad_readings_are_refused_and_counted(gateway: Running) -> None:
    """Malformed, too far in the future, too old, of an unknown metric: told, counted, nothing written."""
    device = speaker(gateway)
    device.join()
    day = 86_400_000
    for number, (body, reason) in enumerate(
        (
            (b"{", packets.BAD_PAYLOAD),
            (json.dumps({"at": now_ms() + 2 * day, "v": {"temperature": 1}}).encode(), packets.BAD_PAYLOAD),
            (json.dumps({"at": now_ms() - 900 * day, "v": {"temperature": 1}}).encode(), packets.BAD_PAYLOAD),
            (json.dumps({"at": now_ms(), "v": {"witchcraft": 1}}).encode(), packets.BAD_PAYLOAD),
            (b'{"at": "2026-03-01T12:00:00", "v": {"temperature": 1}}', packets.BAD_PAYLOAD),
        ),
        start=1,
    ):
        device.publish("ls/d1/t", body, packet_id=number)
        assert device.acknowledged() == (number, reason)
    assert not Reading.objects.exists()
    expected = {("d1", "malformed"): 2, ("d1", "future"): 1, ("d1", "too-old"): 1, ("d1", "unknown-metric"): 1}
    assert refused(gateway) == expected
    assert RefusedMessage.objects.get(reason="malformed").samples[0] == "{"


def test_the_same_message_again_is_harmless_and_counted(gateway: Running) -> None:
    """Replayed readings change nothing; the same moment with another value is counted as a contradiction."""
    device = speaker(gateway)
    device.join()
    at = now_ms()
    for number, value in enumerate((4, 4, 40), start=1):
        device.publish("ls/d1/t", json.dumps({"at": at, "v": {"temperature": value}}).encode(), packet_id=number)
        assert device.acknowledged() == (number, 0)
    assert Reading.objects.get().value == 4
    assert refused(gateway) == {("d1", "repeated"): 1, ("d1", "contradicted"): 1}


def test_many_messages_in_one_write_are_all_acknowledged_in_order(gateway: Running) -> None:
    """Two thousand packets in one burst: as many rows, and PUBACKs in the order of arrival."""
    device = speaker(gateway, version=packets.V3)
    device.join()
    at = now_ms()
    burst = b"".join(
        packets.publish(
            packets.Outgoing("ls/d1/t", json.dumps({"at": at - n, "v": {"temperature": n}}).encode(), 1, n), packets.V3
        )
        for n in range(1, 2001)
    )
    device.send(burst)
    assert [device.acknowledged()[0] for _ in range(2000)] == list(range(1, 2001))
    assert Reading.objects.count() == 2000


def test_quality_of_service_two_is_done_right(gateway: Running) -> None:
    """PUBREC after the commit, PUBCOMP for PUBREL, and a repeated PUBLISH writes nothing twice."""
    device = speaker(gateway)
    device.join()
    body = said(temperature=3)
    for _ in range(2):
        device.publish("ls/d1/t", body, qos=2, packet_id=6)
        kind, _, answer = device.packet()
        assert (kind, answer) == (packets.PUBREC, b"\x00\x06")
    device.send(packets.packet(packets.PUBREL, b"\x00\x06", 2))
    kind, _, answer = device.packet()
    assert (kind, answer) == (packets.PUBCOMP, b"\x00\x06")
    assert Reading.objects.count() == 1


def test_the_same_client_takes_over(gateway: Running) -> None:
    """A second connection of the same device ends the first, which is told why."""
    first, second = speaker(gateway), speaker(gateway)
    first.join()
    assert second.join() == (0, False)
    kind, _, body = first.packet()
    assert (kind, body[0]) == (packets.DISCONNECT, packets.TAKEN_OVER)
    second.publish("ls/d1/t", said(temperature=1))
    assert second.acknowledged() == (1, 0)


def test_a_will_speaks_when_the_line_breaks_and_not_after_a_goodbye(gateway: Running) -> None:
    """The will is a message of the device itself; DISCONNECT takes it back."""
    will = ("ls/d1/scan", b'{"code": "gone"}')
    polite = speaker(gateway)
    polite.join(will=will)
    polite.send(b"\xe0\x00")
    assert polite.closed()
    broken = speaker(gateway)
    broken.join(will=("ls/d1/scan", b'{"code": "broken"}'))
    broken.close()
    assert eventually(lambda: Signal.objects.exists())
    assert [row.body for row in Signal.objects.all()] == [{"code": "broken"}]
    stranger = speaker(gateway)
    assert stranger.join(will=("ls/d2/status", b"{}"))[0] == packets.NOT_AUTHORIZED


def test_retained_and_queued_commands(gateway: Running) -> None:
    """The newest retained command is told at each subscription; a kept session gets what came while it was away."""
    device = speaker(gateway)
    row = Registered.objects.get(code="d1")
    Command.objects.create(device=row, body={"do": "old"}, created_at=timezone.now())
    Command.objects.create(device=row, body={"do": "blink"}, created_at=timezone.now())
    device.join(expiry=600)
    device.subscribe("ls/d1/cmd")
    assert device.packet()[0] == packets.SUBACK
    kind, flags, body = device.packet()
    assert (kind, flags & 1, json.loads(body[body.index(b"{") :])) == (packets.PUBLISH, 1, {"do": "blink"})
    Command.objects.create(device=row, body={"do": "live"}, created_at=timezone.now(), retained=False)
    kind, flags, body = device.packet()
    assert (flags & 1, json.loads(body[body.index(b"{") :])) == (0, {"do": "live"})
    start = 2 + int.from_bytes(body[:2], "big")
    device.send(packets.packet(packets.PUBACK, body[start : start + 2]))
    assert eventually(lambda: Command.objects.get(body={"do": "live"}).acknowledged_at is not None)
    device.close()
    Command.objects.create(device=row, body={"do": "queued"}, created_at=timezone.now(), retained=False)
    again = speaker(gateway)
    assert again.join(clean=False, expiry=600) == (0, True)
    kind, flags, body = again.packet()
    assert json.loads(body[body.index(b"{") :]) == {"do": "queued"}
    again.close()
    clean = speaker(gateway)
    assert clean.join(clean=True) == (0, False)


def test_silence_beyond_the_keep_alive_ends_the_connection(gateway: Running) -> None:
    """One second of keep-alive, no ping: gone within four; who pings stays."""
    device = speaker(gateway)
    device.join(keep_alive=1)
    device.send(b"\xc0\x00")
    assert device.packet()[0] == packets.PINGRESP
    began = time.monotonic()
    kind, _, body = device.packet()
    assert (kind, body[0]) == (packets.DISCONNECT, packets.KEEP_ALIVE_PASSED)
    assert time.monotonic() - began < 4


def test_bytes_that_are_no_mqtt(start_gateway: Callable[..., Running]) -> None:
    """Rubbish, a packet before CONNECT, a second CONNECT, an oversize packet: the line ends, the gateway does not."""
    gateway = start_gateway(replace(CHOICES, join_s=0.5))
    for rubbish in (b"GET / HTTP/1.1\r\n\r\n", b"\x30\x05\x00\x01a\x00\x01", b"\xff" * 40, b"\x10\xff\xff\xff\xff\x01"):
        device = speaker(gateway)
        device.send(rubbish)
        assert device.closed()
    twice = speaker(gateway)
    twice.join()
    twice.send(twice.connect())
    assert twice.closed()
    large = speaker(gateway)
    large.join()
    large.send(b"\x32" + packets.variable(300_000) + bytes(1000))
    kind, _, body = large.packet()
    assert (kind, body[0]) == (packets.DISCONNECT, packets.TOO_LARGE)
    assert refused(gateway)["d1", "oversize"] == 1
    assert speaker(gateway).join() == (0, False)


def test_topic_aliases(gateway: Running) -> None:
    """MQTT 5 may send a number instead of the topic after the first time."""
    device = speaker(gateway)
    device.join()
    alias = packets.properties([(packets.ALIAS, 3)])
    for number, topic in ((1, "ls/d1/t"), (2, "")):
        body = packets.text(topic) + number.to_bytes(2, "big") + alias + said(temperature=number)
        device.send(packets.packet(packets.PUBLISH, body, 2))
        assert device.acknowledged() == (number, 0)
        time.sleep(0.002)
    assert Reading.objects.count() == 2
    device.send(packets.packet(packets.PUBLISH, packets.text("") + b"\x00\x03" + packets.properties([(35, 9)]), 2))
    assert device.closed()
