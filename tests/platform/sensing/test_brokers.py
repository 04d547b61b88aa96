"""TLS with a certificate made on the spot; and brokers of the site's own, the real programs."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from longshore.sensing.gateway.mqtt import packets
from longshore.sensing.models import Reading, RefusedMessage
from tests.platform.sensing.conftest import CHOICES, Running, register
from tests.platform.sensing.speaking import Device


def eventually(question: Callable[[], bool], seconds: float = 15.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not question():
        time.sleep(0.05)
    return question()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    if shutil.which("openssl") is None:
        pytest.skip("SKIPPED: no openssl here to make a certificate; TLS is not tested.")
    folder = tmp_path_factory.mktemp("tls")
    made, key = folder / "cert.pem", folder / "key.pem"
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    command = ("openssl", "req", "-x509", *curve, "-keyout", str(key), "-out", str(made), "-days", "2", *names)
    subprocess.run(command, check=True, capture_output=True)
    return made, key


def test_tls(start_gateway: Callable[..., Running], certificate: tuple[Path, Path]) -> None:
    """With a certificate the gateway speaks TLS 1.2 and newer; a burst over it is acknowledged after the commit."""
    made, key = certificate
    gateway = start_gateway(replace(CHOICES, certificate=str(made), key=str(key)))
    register("d1")
    context = ssl.create_default_context(cafile=str(made))
    device = Device(gateway.ports["mqtts"], "d1", "token-of-d1", packets.V3, context)
    assert device.join() == (0, False)
    at = time.time_ns() // 1_000_000
    bodies = [json.dumps({"at": at - n, "v": {"temperature": n}}).encode() for n in range(500)]
    device.send(
        b"".join(
            packets.publish(packets.Outgoing("ls/d1/t", body, 1, n), packets.V3)
            for n, body in enumerate(bodies, start=1)
        )
    )
    assert [device.acknowledged()[0] for _ in bodies] == list(range(1, 501))
    assert Reading.objects.count() == 500
    with pytest.raises(ssl.SSLCertVerificationError):
        Device(gateway.ports["mqtts"], "d1", "x", packets.V3, ssl.create_default_context())


@contextlib.contextmanager
def mosquitto(folder: Path) -> Iterator[int]:
    if shutil.which("mosquitto") is None:
        pytest.skip("SKIPPED: mosquitto is not installed (apt-get install mosquitto); the bridge to it is not tested.")
    port = free_port()
    settings = folder / "mosquitto.conf"
    settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
    with running(["mosquitto", "-c", str(settings)], port):
        yield port


@contextlib.contextmanager
def nats(folder: Path) -> Iterator[int]:
    if shutil.which("nats-server") is None:
        pytest.skip("SKIPPED: nats-server is not installed (apt-get install nats-server); the bridge is not tested.")
    port, inner = free_port(), free_port()
    settings = folder / "nats.conf"
    settings.write_text(
        f"listen: 127.0.0.1:{inner}\nserver_name: test\njetstream {{ store_dir: {json.dumps(str(folder / 'js'))} }}\n"
        f"mqtt {{ listen: 127.0.0.1:{port} }}\n"
    )
    with running(["nats-server", "-c", str(settings)], port):
        yield port


@contextlib.contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            assert eventually(lambda: answers(port))
            yield
        finally:
            process.terminate()


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@pytest.mark.parametrize(("broker", "version"), [(mosquitto, "5"), (nats, "3.1.1")])
def test_a_broker_of_the_site(
    start_gateway: Callable[..., Running], tmp_path: Path, broker: Callable[[Path], object], version: str
) -> None:
    """What devices say to the broker is written once; what came while no gateway listened comes afterwards."""
    register("d1")
    at = time.time_ns() // 1_000_000
    with broker(tmp_path) as port:  # type: ignore[attr-defined]
        choices = replace(CHOICES, broker=f"mqtt://127.0.0.1:{port}?version={version}")
        first = start_gateway(choices)
        assert eventually(lambda: first.gate.bridge is not None and first.gate.bridge.subscribed)
        device = Device(port, "d1", "", packets.V3)
        device.join()
        for n in range(100):
            device.publish("ls/d1/t", json.dumps({"at": at - n, "v": {"temperature": n}}).encode(), packet_id=n + 1)
        device.publish("ls/stranger/t", b"{}", packet_id=200)
        assert eventually(lambda: Reading.objects.count() == 100)
        first.stop()
        for n in range(100, 150):
            device.publish("ls/d1/t", json.dumps({"at": at - n, "v": {"temperature": n}}).encode(), packet_id=n + 1)
        second = start_gateway(choices)
        assert eventually(lambda: Reading.objects.count() == 150)
        second.store()
    assert RefusedMessage.objects.get(claimed="stranger").reason == "unknown-device"
