"""The living demo: a company that exists from now on, at the pace of the wall clock or faster, across restarts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from longshore.catalog.errors import Refusal
from longshore.catalog.models import Item
from longshore.sensing.gateway.choices import chosen
from longshore.sensing.simulate.link import Door
from longshore.tower.operations import record_measures
from longshore.twin.company.assortment import make_assortment
from longshore.twin.company.demand import Demand
from longshore.twin.company.generate import far_customers
from longshore.twin.company.network import make_network
from longshore.twin.demo import open_company
from longshore.twin.line import Line, tokens_for
from longshore.twin.models import World as WorldRow
from longshore.twin.world import road
from longshore.twin.world.scene import ZONE, Scene, Tick, at_minute, sites_by_code
from longshore.twin.world.telemetry import Telemetry, hanging, vehicle_places
from longshore.twin.world.world import World

NAME = "demo"
DAYS_BEFORE = 2  # lived through in a hurry at set-up, so that the first screen shows a company at work
STEP = timedelta(minutes=1)
HURRY_STEP = timedelta(minutes=30)
BEHIND = timedelta(hours=1)
SILENCE = timedelta(minutes=5)  # what devices did not get to say while the world slept longer than this is not made up
FRAME_SECONDS = 1.0
LONGEST_GAP = timedelta(days=2)  # after a longer sleep the company does not catch up hour by hour
Told = Callable[[str], None]


class OtherCompany(Refusal):
    """The database holds something that is not the demo."""


def speed() -> int:
    """Simulated seconds a second: LONGSHORE_DEMO_SPEED, by default as the wall clock runs."""
    return max(1, int(os.environ.get("LONGSHORE_DEMO_SPEED", "1")))


def settle(*, seed: int, progress: Told) -> None:
    """Bring the demo company in and let it live until now, unless it is here already."""
    if WorldRow.objects.filter(name=NAME).exists():
        progress("the demo company is here already")
        return
    if Item.objects.exists():
        raise OtherCompany(
            "database-in-use",
            "This database holds items, but not the demo company.",
            "Set LONGSHORE_DATABASE_URL or LONGSHORE_HOME to a place of its own for the demo.",
        )
    now = _minute(timezone.now()) - HURRY_STEP  # the rest is lived through by the world's own process
    first_day = now.astimezone(ZONE).date() - timedelta(days=DAYS_BEFORE)
    _company, scene = open_company(seed, first_day, progress=progress, living=True)
    since = at_minute(first_day, 0)
    World(scene).run(since, now, told=_told(since, progress), every=HURRY_STEP)
    WorldRow.objects.create(name=NAME, kind="living", seed=seed, now=now, speed=speed())
    progress("the company is alive")


def _told(since: datetime, progress: Told) -> Callable[[datetime], None]:
    def told(now: datetime) -> None:
        hours = int((now - since).total_seconds() // 3600)
        if now.minute == 0:
            record_measures(at=now)
        if now.minute == 0 and hours % 12 == 0:
            progress(f"living through {now.astimezone(ZONE):%m-%d %H:%M} …")

    return told


def keep_living(*, seed: int, tokens: Path) -> None:
    """The loop of the world process: never returns; survives a database that goes away. `tokens`: the devices' keys."""
    devices: Devices | None = None
    while True:
        try:
            row = WorldRow.objects.get(name=NAME)
            devices = devices or Devices.of(row.seed, tokens, at=row.now)
            Life(row, devices).go_on()
        except (OperationalError, InterfaceError):
            connection.close()
            time.sleep(1.0)


class Devices:
    """What hangs in the company and speaks over the gateway: told second by second."""

    def __init__(self, telemetry: Telemetry, line: Line) -> None:
        self._telemetry = telemetry
        self._line = line
        self._spoken: datetime | None = None

    @classmethod
    def of(cls, seed: int, tokens: Path, *, at: datetime) -> Devices | None:
        """None in a company that was brought in before it had devices."""
        found = hanging()
        if not found:
            return None
        chosen_by_site = chosen()
        door = Door(chosen_by_site.host, chosen_by_site.mqtt_port)
        return cls(Telemetry(seed, found), Line(tokens_for(found, tokens, at=at), door, seed))

    def speak(self, scene: Scene, now: datetime) -> None:
        """Everything since the last time; after a longer sleep only the last minutes."""
        since = max(self._spoken or now - STEP, now - SILENCE)
        self._spoken = now
        drives = [(drive, road.legs(drive, scene.seed, road.OFFSET)) for drive in road.under_way()]
        told = [
            *self._telemetry.speak(since, now),
            *self._telemetry.positions(drives, vehicle_places(), since, now),
            *self._telemetry.passages(now),
        ]
        self._line.say(told, now)


class Life:
    """One stretch of life: the simulated clock is tied to the wall's, and the world keeps up with it."""

    def __init__(self, row: WorldRow, devices: Devices | None = None) -> None:
        network = make_network(row.seed)
        demand = Demand(row.seed, make_assortment(), network.customers, far_customers(network))
        self._row = row
        # The worker tells the outbox here; two at once would only get into each other's way.
        self._scene = Scene(
            row.seed, demand, sites_by_code(), drain=_left_to_the_worker, living=True, on_line=devices is not None
        )
        self._devices = devices
        self._world = World(self._scene)
        self._stepped = _minute(row.now)
        self._began_wall, self._began = time.monotonic(), row.now
        real = timezone.now()
        if row.speed == 1 and real > row.now:
            self._began = real
            self._stepped = max(self._stepped, _minute(real - LONGEST_GAP))

    def now(self) -> datetime:
        return self._began + timedelta(seconds=(time.monotonic() - self._began_wall) * self._row.speed)

    def go_on(self) -> None:
        while True:
            began = time.monotonic()
            self.live()
            rest = FRAME_SECONDS - (time.monotonic() - began)
            if rest > 0:
                time.sleep(rest)

    def live(self) -> None:
        """Live through the next step once it has passed; between steps the trucks drive on."""
        now = self.now()
        step = HURRY_STEP if now - self._stepped > BEHIND else max(STEP, timedelta(seconds=2 * self._row.speed))
        after = self._stepped + step
        if after <= now:
            self._set_clock(after)
            self._world.step(Tick(self._stepped, after))
            self._stepped = after
        else:
            self._set_clock(now)
            if self._devices is None:
                road.show(self._scene, now)
        if self._devices is not None and now - after <= BEHIND:
            self._devices.speak(self._scene, self._row.now)

    def _set_clock(self, now: datetime) -> None:
        """The clock of everything else in the installation; it never goes back."""
        if now > self._row.now:
            self._row.now = now
            WorldRow.objects.filter(pk=self._row.pk).update(now=now)


def _left_to_the_worker(at: datetime) -> None:
    return None


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
