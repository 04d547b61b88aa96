"""What devices say, for the browsers that look at them: topics `signal-<device id>` and `portal-<device id>`.

Only watched devices are read, once a second for everybody who watches, so that a fleet of a hundred thousand costs
nothing while nobody looks. These frames have no id: a page that lost the line asks for the series again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

LOOK_SECONDS = 0.5
LAST = "select device_id, metric_id, at, value from sensing_lastvalue where device_id = any(%s)"
PASSED = "select device_id, max(id) from sensing_passage where device_id = any(%s) group by 1"


@dataclass(frozen=True, slots=True)
class Frame:
    """One event as it goes over the wire; `id` 0 is none."""

    id: int
    topic: str
    wire: bytes


@dataclass(slots=True)
class DeviceWatch:
    """`known`: what was told last of each watched series; what nobody watches any more is forgotten."""

    looked: float = float("-inf")
    known: dict[tuple[int, int], datetime] = field(default_factory=dict)
    passed: dict[int, int] = field(default_factory=dict)

    async def look(self, database: psycopg.AsyncConnection[Any], topics: Iterable[str], seconds: float) -> list[Frame]:
        """The news of the devices named in `topics`; empty when it is too soon to look again."""
        topics = list(topics)
        signals, portals = _ids(topics, "signal-"), _ids(topics, "portal-")
        if seconds - self.looked < LOOK_SECONDS or not (signals or portals):
            return []
        self.looked = seconds
        found: list[Frame] = []
        if signals:
            found += self._signals(await (await database.execute(LAST, (signals,))).fetchall(), set(signals))
        if portals:
            found += self._passages(await (await database.execute(PASSED, (portals,))).fetchall(), set(portals))
        return found

    def _signals(self, rows: list[tuple[int, int, datetime, float]], watched: set[int]) -> list[Frame]:
        news: dict[int, list[list[object]]] = {}
        for device, metric, at, value in rows:
            before = self.known.get((device, metric))
            if before is not None and at > before:
                news.setdefault(device, []).append([metric, round(at.timestamp() * 1000), value])
            self.known[device, metric] = at
        self.known = {series: at for series, at in self.known.items() if series[0] in watched}
        return [_frame("signal", f"signal-{id}", {"device": id, "values": values}) for id, values in news.items()]

    def _passages(self, rows: list[tuple[int, int]], watched: set[int]) -> list[Frame]:
        newer = [(device, id) for device, id in rows if self.passed.get(device, id) < id]
        self.passed = dict.fromkeys(watched, 0) | dict(rows)
        return [_frame("passage", f"portal-{device}", {"device": device, "id": id}) for device, id in newer]


def _ids(topics: Iterable[str], kind: str) -> list[int]:
    """Ids of devices in topics; a topic that names none is nobody's."""
    named = [topic.removeprefix(kind) for topic in topics if topic.startswith(kind)]
    return sorted({int(text) for text in named if text.isascii() and text.isdigit() and len(text) < 10})


def _frame(event: str, topic: str, payload: dict[str, object]) -> Frame:
    return Frame(0, topic, f"event: {event}\ndata: {json.dumps(payload)}\n\n".encode())
