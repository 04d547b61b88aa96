"""What was not taken, counted by who it said it was and why, with the last few bodies; written every second or so."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

SAMPLES, SAMPLE_BYTES = 3, 300
# So many names that nobody knows are counted one by one in an hour; the others together.
STRANGERS = 200
UPSERT = """
INSERT INTO sensing_refusedmessage AS r (device_id, claimed, reason, hour, count, last_at, samples)
SELECT d.id, e.claimed, e.reason, date_trunc('hour', e.last_at, 'UTC'), e.n, e.last_at, e.samples::jsonb
FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::timestamptz[], %s::text[]) AS e(claimed, reason, n, last_at, samples)
LEFT JOIN sensing_device d ON d.code = e.claimed
ON CONFLICT (claimed, reason, hour) DO UPDATE SET count = r.count + excluded.count, last_at = excluded.last_at,
    samples = CASE WHEN excluded.samples = '[]'::jsonb THEN r.samples ELSE excluded.samples END
"""


@dataclass(slots=True)
class _Count:
    n: int = 0
    samples: deque[str] = field(default_factory=lambda: deque(maxlen=SAMPLES))


class Refusals:
    """Counts in memory; counting never waits and never grows beyond known devices × reasons + STRANGERS."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], _Count] = {}
        self.strangers: set[str] = set()

    def count(self, claimed: str, reason: str, body: bytes = b"", *, times: int = 1, stranger: bool = False) -> None:
        if stranger and claimed not in self.strangers:
            if len(self.strangers) >= STRANGERS:
                claimed = ""
            else:
                self.strangers.add(claimed)
        entry = self.counts.setdefault((claimed[:64].replace("\x00", ""), reason), _Count())
        entry.n += times
        if body:
            entry.samples.append(body[:SAMPLE_BYTES].decode("utf-8", "backslashreplace").replace("\x00", "\\x00"))

    def take(self) -> dict[tuple[str, str], _Count]:
        taken, self.counts = self.counts, {}
        return taken

    def new_hour(self) -> None:
        self.strangers.clear()


def store(connection: psycopg.Connection[Any], taken: dict[tuple[str, str], _Count], at: datetime) -> None:
    if not taken:
        return
    # in the order of the key, so that two gateways never wait for each other in a ring
    rows = sorted(taken.items())
    with connection.transaction():
        connection.execute(
            UPSERT,
            (
                [claimed for (claimed, _), _ in rows],
                [reason for (_, reason), _ in rows],
                [entry.n for _, entry in rows],
                [at] * len(rows),
                [json.dumps(list(entry.samples)) for _, entry in rows],
            ),
        )
