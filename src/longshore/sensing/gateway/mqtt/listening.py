"""The sockets of the MQTT listener."""

from __future__ import annotations

import asyncio
import ssl
from asyncio import sslproto

from longshore.sensing.gateway.gate import Gate
from longshore.sensing.gateway.mqtt.connection import Connection

BACKLOG = 4096
TLS_BUFFER = 16 * 1024


async def listen(gate: Gate, port: int, tls: ssl.SSLContext | None = None) -> asyncio.Server:
    if tls is not None:
        # asyncio reserves 256 KB for each TLS connection; ten thousand idle devices would hold 2.5 GB
        sslproto.SSLProtocol.max_size = TLS_BUFFER  # type: ignore[attr-defined]
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: Connection(gate), gate.choices.host, port, ssl=tls, backlog=BACKLOG, reuse_address=True
    )
