"""Kills the gateway and PostgreSQL under load and counts what is left. `python -m tests.crash.ingesting SEED KILLS`.

Devices over MQTT and senders over HTTP keep what was not acknowledged, come back after every loss of the line, say it
again, and sometimes say again what was acknowledged long ago. One JSON report at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import django

from longshore.sensing.gateway.mqtt import packets

DEVICES, SENDERS, WINDOW = 12, 2, 40
QUIET_S = 90.0


@dataclass
class Speaker:
    """One device: `said` is every message it ever made by its number, `open` what nobody has acknowledged."""

    code: str
    dice: random.Random
    since_ms: int
    said: dict[int, dict[str, Any]] = field(default_factory=dict)
    open: dict[int, int] = field(default_factory=dict)  # packet id (or number over HTTP) to number
    acknowledged: set[int] = field(default_factory=set)
    resent: int = 0
    joined: int = 0

    def make(self) -> int:
        number = len(self.said) + 1
        at = self.since_ms + number
        if number % 10 == 0:
            self.said[number] = {"kind": "scan", "at": at, "code": f"{self.code}-{number}"}
        else:
            self.said[number] = {"kind": "t", "at": at, "v": {"temperature": number % 50, "humidity": number % 7}}
        return number

    def wire(self, number: int, packet_id: int) -> bytes:
        body = dict(self.said[number])
        topic = f"ls/{self.code}/{body.pop('kind')}"
        return packets.publish(packets.Outgoing(topic, json.dumps(body).encode(), 1, packet_id), packets.V3)


class World:
    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.ports = _free_port(), _free_port()
        self.making = True
        self.gateway: subprocess.Popen[bytes] | None = None

    def start_gateway(self) -> None:
        ports = {"LONGSHORE_MQTT_PORT": str(self.ports[0]), "LONGSHORE_INTAKE_PORT": str(self.ports[1])}
        command = [sys.executable, "-m", "longshore.cli.main", "gateway"]
        self.gateway = subprocess.Popen(command, env={**os.environ, **ports}, stderr=subprocess.DEVNULL)

    async def keep_gateway(self) -> None:
        while True:
            if self.gateway is None or self.gateway.poll() is not None:
                self.start_gateway()
            await asyncio.sleep(0.1)

    async def speak(self, device: Speaker) -> None:
        while self.making or device.open:
            with contextlib.suppress(OSError, EOFError, asyncio.IncompleteReadError, TimeoutError):
                await self._conversation(device)
            await asyncio.sleep(0.05 + device.dice.random() * 0.2)

    async def _conversation(self, device: Speaker) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.ports[0])
        try:
            body = packets.text("MQTT") + b"\x04\xc2\x00\x1e" + packets.text(device.code) * 2
            writer.write(packets.packet(packets.CONNECT, body + packets.text(f"token-of-{device.code}")))
            if await asyncio.wait_for(reader.readexactly(4), 20) != b"\x20\x02\x00\x00":
                raise EOFError
            device.joined += 1
            for packet_id, number in device.open.items():
                device.resent += 1
                writer.write(device.wire(number, packet_id))
            while self.making or device.open:
                self._say_more(device, writer)
                await self._hear(device, reader)
        finally:
            writer.close()

    def _say_more(self, device: Speaker, writer: asyncio.StreamWriter) -> None:
        while self.making and len(device.open) < WINDOW:
            number = device.make()
            if device.acknowledged and device.dice.random() < 0.05:
                number = device.dice.choice(sorted(device.acknowledged)[-200:])
            packet_id = next(free for free in range(1, 65_536) if free not in device.open)
            device.open[packet_id] = number
            writer.write(device.wire(number, packet_id))

    async def _hear(self, device: Speaker, reader: asyncio.StreamReader) -> None:
        heard = await asyncio.wait_for(reader.readexactly(4), 20)
        assert heard[:2] == b"\x40\x02", heard
        number = device.open.pop(int.from_bytes(heard[2:], "big"))
        device.acknowledged.add(number)

    async def post(self, device: Speaker) -> None:
        """A batch at a time over HTTP, again until it is answered with 200."""
        while self.making:
            numbers = [device.make() for _ in range(20)]
            body = "\n".join(json.dumps(device.said[number]) for number in numbers).encode()
            while not await self._posted(device, body):
                device.resent += 1
                await asyncio.sleep(0.1)
            device.acknowledged.update(numbers)
            await asyncio.sleep(0.02)

    async def _posted(self, device: Speaker, body: bytes) -> bool:
        head = (
            f"POST /ingest/{device.code} HTTP/1.1\r\nauthorization: Bearer token-of-{device.code}\r\n"
            f"content-type: application/x-ndjson\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        with contextlib.suppress(OSError, EOFError, TimeoutError):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.ports[1])
            writer.write(head.encode() + body)
            answer = await asyncio.wait_for(reader.read(), 40)
            writer.close()
            return answer.startswith(b"HTTP/1.1 200 ")
        return False

    async def kill(self, kills: int) -> dict[str, int]:
        from longshore.project import embedded

        done = {"gateway": 0, "server": 0, "immediate": 0, "both": 0}
        kinds = list(done)
        for number in range(kills):
            await asyncio.sleep(0.6 + self.dice.random() * 1.4)
            kind = kinds[number] if number < len(kinds) else self.dice.choice(kinds)
            done[kind] += 1
            pid = int((embedded.data_directory() / "postmaster.pid").read_text().split()[0])
            with contextlib.suppress(ProcessLookupError):
                if kind in ("server", "both"):
                    os.kill(pid, signal.SIGKILL)
                if kind == "immediate":
                    os.kill(pid, signal.SIGQUIT)  # what `pg_ctl stop -m immediate` sends
                if kind in ("gateway", "both") and self.gateway is not None:
                    self.gateway.kill()
            await self._until_up()
        return done

    async def _until_up(self) -> None:
        """A restart of everything takes a second or two; killing what is not up yet tests nothing."""
        from longshore.project import embedded

        for _ in range(300):
            with contextlib.suppress(OSError, subprocess.CalledProcessError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.ports[0])
                writer.close()
                if (embedded.data_directory() / "postmaster.pid").exists():
                    return
            await asyncio.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare(codes: list[str]) -> None:
    import hashlib

    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from longshore.sensing.metrics import ensure_metrics
    from longshore.sensing.models import Device, DeviceKey

    connection.ensure_connection()
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    ensure_metrics()
    now = timezone.now()
    made = Device.objects.bulk_create(
        Device(code=code, kind="logger", state="active", created_at=now) for code in codes
    )
    DeviceKey.objects.bulk_create(
        DeviceKey(device=device, valid_from=now, digest=hashlib.sha256(f"token-of-{device.code}".encode()).digest())
        for device in made
    )


async def live(world: World, speakers: list[Speaker], senders: list[Speaker], kills: int) -> dict[str, int]:
    keeping = asyncio.create_task(world.keep_gateway())
    work = [asyncio.create_task(world.speak(one)) for one in speakers]
    work += [asyncio.create_task(world.post(one)) for one in senders]
    await world._until_up()
    done = await world.kill(kills)
    await asyncio.sleep(1.0)
    world.making = False
    await asyncio.wait_for(asyncio.gather(*work), QUIET_S)
    keeping.cancel()
    return done


def judge(everybody: list[Speaker]) -> dict[str, Any]:
    """Every acknowledged reading and scan, exactly once, with its value; last values and batches agree with them."""
    from django.db import connection

    expected = {
        (one.code, one.said[number]["at"], name): float(value)
        for one in everybody
        for number in one.acknowledged
        for name, value in one.said[number].get("v", {}).items()
    }
    codes = {one.said[number]["code"] for one in everybody for number in one.acknowledged if "code" in one.said[number]}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT d.code, (extract(epoch FROM r.at) * 1000)::bigint, m.code, r.value FROM sensing_reading r
               JOIN sensing_device d ON d.id = r.device_id JOIN sensing_metric m ON m.id = r.metric_id"""
        )
        rows = cursor.fetchall()
        cursor.execute("SELECT body->>'code', count(*) FROM sensing_signal GROUP BY 1")
        scans = dict(cursor.fetchall())
        cursor.execute(
            """SELECT count(*) FROM (SELECT device_id, metric_id, max(at) FROM sensing_reading GROUP BY 1, 2
               EXCEPT SELECT device_id, metric_id, at FROM sensing_lastvalue) x"""
        )
        [(stale,)] = cursor.fetchall()
    found = {(code, at, name): value for code, at, name, value in rows}
    return {
        "acknowledged": len(expected) + len(codes),
        "lost": sum(found.get(key) != value for key, value in expected.items()) + len(codes - scans.keys()),
        "twice": len(rows) - len(found) + sum(times > 1 for times in scans.values()),
        "stale_last_values": stale,
    }


def main(seed: int, kills: int) -> dict[str, Any]:
    codes = [f"d{n}" for n in range(DEVICES + SENDERS)]
    pid = os.fork()  # what prepares must not hold the server while it is killed
    if pid == 0:
        prepare(codes)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    world, since = World(seed), time.time_ns() // 1_000_000 - 3_600_000
    everybody = [Speaker(code, random.Random(f"{seed}{code}"), since) for code in codes]
    done = asyncio.run(live(world, everybody[:DEVICES], everybody[DEVICES:], kills))
    report = judge(everybody)
    if world.gateway is not None:
        world.gateway.terminate()
        world.gateway.wait(20)
    resent, joined = sum(one.resent for one in everybody), sum(one.joined for one in everybody)
    return {"kills": done, "resent": resent, "joined": joined, **report}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "longshore.project.settings")
    django.setup()
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
