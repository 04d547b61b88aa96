"""When each device was last heard, how far its clock is off, whether it is connected; written every few seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

STORE = """
UPDATE sensing_device d SET
    last_seen_at = coalesce(greatest(d.last_seen_at, e.seen), d.last_seen_at),
    clock_skew_ms = coalesce(e.skew, d.clock_skew_ms),
    online = coalesce(e.online, d.online),
    firmware = coalesce(e.firmware, d.firmware),
    battery_pct = coalesce(e.battery, d.battery_pct),
    state = CASE WHEN d.state = 'new' AND e.seen IS NOT NULL THEN 'active' ELSE d.state END
FROM unnest(%s::int[], %s::timestamptz[], %s::bigint[], %s::bool[], %s::text[], %s::smallint[])
    AS e(id, seen, skew, online, firmware, battery)
WHERE d.id = e.id
"""


@dataclass(slots=True)
class Heard:
    """What is new about one device since the last time it was written. The skew is the least late of its messages."""

    seen: datetime | None = None
    skew_ms: int | None = None
    online: bool | None = None
    firmware: str | None = None
    battery: int | None = None


class Presence:
    def __init__(self) -> None:
        self.heard: dict[int, Heard] = {}

    def of(self, device_id: int) -> Heard:
        found = self.heard.get(device_id)
        if found is None:
            found = self.heard[device_id] = Heard()
        return found

    def spoke(self, newest: dict[int, int], at: datetime, at_us: int) -> None:
        """`newest` is the device's own time of its last message, by device."""
        for device_id, stamp in newest.items():
            entry = self.of(device_id)
            entry.seen = at
            skew = (stamp - at_us) // 1000
            entry.skew_ms = skew if entry.skew_ms is None else max(entry.skew_ms, skew)

    def take(self) -> dict[int, Heard]:
        taken, self.heard = self.heard, {}
        return taken


def store(connection: psycopg.Connection[Any], taken: dict[int, Heard]) -> None:
    if not taken:
        return
    rows = sorted(taken.items())
    with connection.transaction():
        connection.execute(
            STORE,
            (
                [id for id, _ in rows],
                [entry.seen for _, entry in rows],
                [entry.skew_ms for _, entry in rows],
                [entry.online for _, entry in rows],
                [entry.firmware for _, entry in rows],
                [entry.battery for _, entry in rows],
            ),
        )
