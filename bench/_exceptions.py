"""From a warm reading on the wire to the exception in an open browser page, under load; and what is asked of storage."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from longshore.catalog.models import Item, Lot, Partner, Place, UnitOfMeasure
from longshore.catalog.operations import ensure_units
from longshore.ledger.cause import Cause
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import Key, Move, NewPosting, post
from longshore.project.tokens import issue
from longshore.sensing.models import Attachment, Device
from longshore.sensing.queries.telemetry import all_last_values, week_5min

WHO = Cause(actor="bench")
PATIENCE_S = 20.0


def cold_rooms(count: int) -> list[str]:
    """Rooms with one chilled lot each and a logger in each; the loggers' codes are p0, p1, …"""
    ensure_units()
    now = timezone.now() - timedelta(days=1)
    each = UnitOfMeasure.objects.get(code="EA")
    item = Item.objects.create(
        code="MILK", name="Milk", base_unit=each, weight_g=500, unit_cost=300, lot_tracked=True,
        temperature_class="chilled",
    )  # fmt: skip
    site = Place.objects.create(code="BENCH", name="BENCH", kind="site", latitude=31.2, longitude=121.4)
    Place.objects.filter(pk=site.pk).update(site=site)
    owner, opening = Partner.objects.get(code="SELF").pk, Place.objects.get(code="OPENING").pk
    postings = []
    for number in range(count):
        room = Place.objects.create(
            code=f"ROOM-{number}", name=f"Room {number}", kind="bin", usage="storage", site=site, parent=site,
            temperature_class="chilled",
        )  # fmt: skip
        lot = Lot.objects.create(item=item, code=f"L{number}", expires_on=now.date() + timedelta(days=90)).pk
        move = Move(Key(item.pk, opening, owner, lot), Key(item.pk, room.pk, owner, lot), 10)
        postings.append(NewPosting(UUID(int=5 * 10**9 + number), PostingKind.OPENING, now, (move,)))
        Attachment.objects.create(device=Device.objects.get(code=f"p{number}"), place=room, from_at=now)
    post(postings, at=now, cause=WHO)
    return [f"p{number}" for number in range(count)]


@contextlib.contextmanager
def program(*arguments: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", "longshore.cli.main", *arguments], env={**os.environ, **more})
    try:
        yield process
    finally:
        process.terminate()
        process.wait(40)


class Page:
    """What an open browser page has of the system: the live stream, with the time at which each frame came."""

    def __init__(self, port: int, token: str) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self.line.request("GET", "/live/stream", headers={"authorization": f"Bearer {token}"})
        self.stream = self.line.getresponse()
        assert self.stream.status == 200, self.stream.status

    def wait_for(self, wanted: str) -> dict[str, Any] | None:
        """The next event of this name; None when none comes in time."""
        until, name = time.perf_counter() + PATIENCE_S, ""
        while time.perf_counter() < until:
            line = self.stream.readline().decode().strip()
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: ") and name == wanted:
                found: dict[str, Any] = json.loads(line.removeprefix("data: "))
                return found
        return None


def page_on(port: int) -> Page:
    """Logs in as a program would and opens the stream; the web process may still be starting."""
    user = User.objects.create_user(f"bench{port}", password=None)
    token = issue(user=user, name="bench", at=timezone.now())
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return Page(port, token)
        time.sleep(0.1)
    raise RuntimeError("the web process does not answer")


def exceptions(page: Page, codes: list[str], publish: Callable[[str, bytes], None]) -> list[float]:
    """One room after the other warms; milliseconds from the publish to the exception on the page."""
    times = []
    for code in codes:
        time.sleep(0.3)
        body = json.dumps({"at": time.time_ns() // 1_000_000, "v": {"temperature": 14.0}}).encode()
        began = time.perf_counter()
        publish(code, body)
        while True:
            told = page.wait_for("exception")
            if told is None or told.get("raised"):
                break
        times.append((time.perf_counter() - began) * 1000)
        if told is None:
            print(f"no exception for {code} within {PATIENCE_S:.0f} s", file=sys.stderr)
    return times


# --- questions to what is stored --------------------------------------------------------------------------------------

FILL = """
INSERT INTO sensing_reading (device_id, metric_id, at, value, received_at)
SELECT d.id, 1, %(day)s::timestamptz + m * interval '1 minute', 4 + 3 * sin(m / 60.0 + d.id), %(day)s::timestamptz
FROM generate_series(0, 1439) m CROSS JOIN (SELECT id FROM sensing_device WHERE code LIKE 'd%%' ORDER BY id LIMIT %(n)s) d
"""
ROLL = """
INSERT INTO sensing_rollup (device_id, metric_id, step_s, bucket, n, total, low, high)
SELECT device_id, metric_id, s, date_bin(make_interval(secs => s), at, 'epoch'), count(*), sum(value), min(value), max(value)
FROM sensing_reading, (VALUES (300), (3600)) step(s) WHERE at >= %(day)s AND at < %(day)s + interval '1 day' AND metric_id = 1
GROUP BY 1, 2, 3, 4 ON CONFLICT DO NOTHING
"""
LATEST = """
INSERT INTO sensing_lastvalue SELECT DISTINCT ON (device_id, metric_id) device_id, metric_id, at, value, received_at
FROM sensing_reading WHERE at >= %(day)s ORDER BY device_id, metric_id, at DESC
ON CONFLICT (device_id, metric_id) DO UPDATE SET at = excluded.at, value = excluded.value WHERE sensing_lastvalue.at < excluded.at
"""


def store(days: int, devices: int) -> None:
    """So many days of one reading a minute, with rollups as the worker keeps them and last values as the gateway does."""
    last = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=60)
    with connection.cursor() as cursor:
        for back in reversed(range(days)):
            asked = {"day": last - timedelta(days=back), "n": devices}
            cursor.execute("SELECT sensing_make_days(%(day)s::date, %(day)s::date)", asked)
            cursor.execute(FILL, asked)
            cursor.execute(ROLL, asked)
            print(f"stored {days - back} of {days} days", file=sys.stderr)
        cursor.execute(LATEST, {"day": last})
        cursor.execute("VACUUM ANALYZE sensing_lastvalue")
        cursor.execute("ANALYZE sensing_rollup")


def questions(devices: int) -> tuple[float, float]:
    """Median milliseconds: the last values of all devices; one device's week as five-minute means."""
    until = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=59)
    ids = list(Device.objects.filter(code__startswith="d").order_by("id").values_list("id", flat=True)[:devices])
    dice = np.random.default_rng(3)
    last, week = [], []
    for _ in range(30):
        began = time.perf_counter()
        assert len(all_last_values()) >= devices
        last.append(time.perf_counter() - began)
        began = time.perf_counter()
        assert week_5min(int(dice.choice(ids)), 1, until)
        week.append(time.perf_counter() - began)
    return float(np.median(last)) * 1000, float(np.median(week)) * 1000
