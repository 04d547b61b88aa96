"""A real gateway in a thread, on ports of its own, against the test database."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from django.utils import timezone

from longshore.sensing.gateway.choices import Choices
from longshore.sensing.gateway.gate import Gate
from longshore.sensing.gateway.serving import open_bridge, open_listeners
from longshore.sensing.metrics import ensure_metrics
from longshore.sensing.models import Device, DeviceKey


@dataclass
class Running:
    """A gateway that listens; `stop` leaves as SIGTERM would."""

    choices: Choices
    gate: Gate = field(init=False)
    ports: dict[str, int] = field(default_factory=dict)

    def start(self) -> None:
        up = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._run(up)), daemon=True)
        self.thread.start()
        assert up.wait(20), "the gateway did not come up"

    async def _run(self, up: threading.Event) -> None:
        self.loop, self.leaving = asyncio.get_running_loop(), asyncio.Event()
        self.gate = Gate(self.choices, timezone.now)
        await self.gate.open()
        servers = await open_listeners(self.gate)
        await open_bridge(self.gate)
        self.ports = {name: server.sockets[0].getsockname()[1] for name, server in servers.items()}
        up.set()
        await self.leaving.wait()
        for server in servers.values():
            server.close()
        await self.gate.close()

    def stop(self) -> None:
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.leaving.set)
        self.thread.join(20)

    def store(self) -> None:
        """Write counters and last-seen now."""
        asyncio.run_coroutine_threadsafe(self.gate.store(), self.loop).result(10)


CHOICES = Choices(mqtt_port=0, http_port=0, tls_port=0)


@pytest.fixture
def start_gateway(transactional_db: None) -> Iterator[Callable[..., Running]]:
    ensure_metrics()
    running: list[Running] = []

    def start(choices: Choices = CHOICES) -> Running:
        made = Running(choices)
        running.append(made)
        made.start()
        return made

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def gateway(start_gateway: Callable[..., Running]) -> Running:
    return start_gateway()


def register(code: str, kind: str = "logger", state: str = "active") -> tuple[Device, str]:
    """A device with one key; the token is `token-of-<code>`."""
    token = f"token-of-{code}"
    device = Device.objects.create(code=code, kind=kind, state=state, created_at=timezone.now())
    digest = hashlib.sha256(token.encode()).digest()
    DeviceKey.objects.create(device=device, digest=digest, valid_from=device.created_at)
    return device, token
