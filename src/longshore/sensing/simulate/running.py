"""A fleet on the line: each device on a connection of its own, at the pace of a clock that the caller gives."""

from __future__ import annotations

import asyncio
import heapq
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from longshore.sensing.simulate.faults import REALISTIC, Faults, Sent, sent
from longshore.sensing.simulate.link import Counts, Door, Link, NotLetIn
from longshore.sensing.simulate.signals import Simulated, said

TICK_S = 0.5
LAST_WORDS_S = 20.0
AT_MOST_AHEAD = timedelta(minutes=30)  # of simulated time in one go, when it catches up
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Run:
    """`clock`: the fleet's world; `since`: from when on it speaks; `seconds`: how long, None for ever."""

    clock: Clock
    since: datetime
    seed: int = 7
    faults: Faults = REALISTIC
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class FleetReport:
    """`refused`: devices that were not let in. `open_ends`: messages that nobody acknowledged in time."""

    devices: int
    refused: int
    sent: int
    again: int
    acknowledged: int
    open_ends: int
    reconnects: int
    commands: int


@dataclass(slots=True)
class Fleet:
    """Everything that is on the line."""

    devices: Sequence[Simulated]
    links: Mapping[str, Link]
    refused: set[str] = field(default_factory=set)

    def report(self) -> FleetReport:
        total = Counts()
        for link in self.links.values():
            for name in Counts.__slots__:
                setattr(total, name, getattr(total, name) + getattr(link.counts, name))
        open_ends = sum(link.open_ends for code, link in self.links.items() if code not in self.refused)
        return FleetReport(
            len(self.devices), len(self.refused), total.sent, total.again, total.acknowledged, open_ends,
            total.reconnects, total.commands,
        )  # fmt: skip


async def simulate(devices: Sequence[Simulated], tokens: Mapping[str, str], door: Door, run: Run) -> FleetReport:
    """Connect them all and let them speak; returns when the time is over and everything is acknowledged."""
    fleet = Fleet(devices, {one.code: Link(door, one.code, tokens[one.code]) for one in devices})
    tasks = [asyncio.create_task(_on_line(fleet, link)) for link in fleet.links.values()]
    try:
        await _speak(fleet, run)
        await asyncio.gather(*(link.drained(LAST_WORDS_S) for link in fleet.links.values()))
        return fleet.report()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _on_line(fleet: Fleet, link: Link) -> None:
    try:
        await link.run()
    except NotLetIn:
        fleet.refused.add(link.code)


async def _speak(fleet: Fleet, run: Run) -> None:
    """Word by word as the clock passes; what outages hold back waits in `later`."""
    loop = asyncio.get_running_loop()
    end = None if run.seconds is None else loop.time() + run.seconds
    spoken, count = run.since, 0
    later: list[tuple[datetime, int, Sent]] = []
    while end is None or loop.time() < end:
        now = min(run.clock(), spoken + AT_MOST_AHEAD)
        for device in fleet.devices:
            for message in sent(said(device, spoken, now, run.faults, run.seed), run.faults, run.seed):
                count += 1
                heapq.heappush(later, (message.send_at, count, message))
        while later and later[0][0] <= now:
            say(fleet.links[later[0][2].device], heapq.heappop(later)[2])
        spoken = now
        await asyncio.sleep(TICK_S if run.clock() - now < timedelta(seconds=TICK_S) else 0)


def say(link: Link, message: Sent) -> None:
    """As often as a faulty device says it."""
    body = json.dumps(message.body, separators=(",", ":")).encode()
    for _time in range(message.times):
        link.say(message.topic, body)
