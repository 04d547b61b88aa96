"""The gateway process: opens the listeners, tells the other programs it is there, leaves in order."""

from __future__ import annotations

import asyncio
import gc
import logging
import resource
import signal
from collections.abc import Callable
from datetime import datetime

import uvloop

from longshore.sensing.gateway import bridging, http
from longshore.sensing.gateway.choices import Choices
from longshore.sensing.gateway.gate import Gate
from longshore.sensing.gateway.mqtt import listening

logger = logging.getLogger(__name__)


def serve(choices: Choices, *, now: Callable[[], datetime], told: Callable[[str], None]) -> None:
    """Returns when asked to stop (SIGTERM, SIGINT); what was acknowledged is committed, what was not is not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # a line is a file; ten thousand devices need as many
    logger.debug("Up to %d lines instead of %d.", hard, soft)
    gc.freeze()  # what was imported stays; a collection looks only at what came after
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(choices, now, told))


async def _serve(choices: Choices, now: Callable[[], datetime], told: Callable[[str], None]) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    gate = Gate(choices, now)
    await gate.open()
    servers = await open_listeners(gate)
    await open_bridge(gate)
    told(", ".join(f"{name} {server.sockets[0].getsockname()[1]}" for name, server in servers.items()))
    try:
        await stopping.wait()
    finally:
        for server in servers.values():
            server.close()
        await gate.close()


async def open_listeners(gate: Gate) -> dict[str, asyncio.Server]:
    """By name: mqtt, http, and with a certificate mqtts; HTTP then speaks TLS too."""
    choices, tls = gate.choices, gate.choices.tls()
    servers = {"mqtt": await listening.listen(gate, choices.mqtt_port)}
    servers["http" if tls is None else "https"] = await http.listen(gate, choices.http_port, tls)
    if tls is not None:
        servers["mqtts"] = await listening.listen(gate, choices.tls_port, tls)
    return servers


async def open_bridge(gate: Gate) -> None:
    """To a broker of the site's own, if there is one."""
    if gate.choices.broker:
        gate.bridge = bridging.Bridge(gate, gate.choices.broker)
        await gate.bridge.open()
