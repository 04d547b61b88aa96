"""The yardstick's subscriber: gmqtt, msgspec, the same batched write; acknowledges without waiting for the commit."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from typing import Any

import django
import msgspec


class Reading(msgspec.Struct):
    at: int
    v: dict[str, float]


async def main(port: int, expected: int) -> None:
    from gmqtt import Client

    from longshore.sensing.gateway import database
    from longshore.sensing.gateway.directory import Directory
    from longshore.sensing.intake import Columns, write

    loop = asyncio.get_running_loop()
    raw = await loop.run_in_executor(None, database.connect)
    directory = Directory()
    await loop.run_in_executor(None, directory.load, raw)
    decode = msgspec.json.Decoder(Reading).decode
    columns, heard, subscribed = Columns(), 0, asyncio.Event()

    def hear(client: Client, topic: str, payload: bytes, qos: int, properties: dict[str, Any]) -> int:
        nonlocal heard
        said = decode(payload)
        device = directory.by_code[topic.split("/")[1]].id
        for name, value in said.v.items():
            columns.add(device, directory.metrics[name], said.at * 1000, value)
        heard += 1
        return 0

    client = Client("yardstick", clean_session=True, receive_maximum=20_000)
    client.on_message = hear
    client.on_connect = lambda client, *_: client.subscribe("ls/+/t", qos=1)
    client.on_subscribe = lambda *_: subscribed.set()
    await client.connect("127.0.0.1", port, version=4)
    await subscribed.wait()
    print("ready", flush=True)
    while heard < expected or len(columns):
        if not len(columns):
            await asyncio.sleep(0.001)
            continue
        batch, columns = columns, Columns()
        await loop.run_in_executor(None, lambda batch=batch: write(raw, batch, received_at=datetime.now(UTC)))
    print("done", flush=True)
    os._exit(0)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "longshore.project.settings")
    django.setup()
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
