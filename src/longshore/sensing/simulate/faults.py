"""What goes wrong with devices, from a seed: shares of messages, hours and days. Pure; asked twice, the answer is the same."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from longshore.engine.simulating.streams import Streams

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares are of messages or reads; `…_a_day` is the expected number for one device."""

    missed_reads: float = 0.0  # a tag at an antenna that is not seen in one round
    double_reads: float = 0.0  # a read that comes twice
    cross_reads: float = 0.0  # rounds in which a pallet that only stands near is seen, weakly
    jumps: float = 0.0  # positions kilometres away
    nulls: float = 0.0  # positions at 0, 0
    stuck_a_day: float = 0.0  # a sensor repeats one value for hours
    drift_a_day: float = 0.0  # degrees, kilograms … a day
    skew_s: float = 0.0  # spread of the devices' clocks
    duplicates: float = 0.0  # messages sent twice
    outages_a_day: float = 0.0  # the line is down; what was said is stored and forwarded


NONE = Faults()
REALISTIC = Faults(
    missed_reads=0.08, double_reads=0.15, cross_reads=0.03, jumps=0.004, nulls=0.004, stuck_a_day=0.05,
    drift_a_day=0.01, skew_s=4.0, duplicates=0.01, outages_a_day=0.5,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """What a device says at a moment of its world: the last part of the topic, and the body without its time."""

    device: str
    topic: str
    at: datetime
    seq: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """The same as it goes over the line: when, how often, and with the time the device's own clock shows."""

    send_at: datetime
    device: str
    topic: str
    body: dict[str, Any]
    times: int


@dataclass(frozen=True, slots=True)
class Window:
    since: datetime
    until: datetime


def sent(said: Iterable[Said], faults: Faults, seed: int) -> list[Sent]:
    """In the order of sending. During an outage nothing goes out; after it everything does, in the order it was said."""
    found = [_one(message, faults, seed) for message in said]
    return sorted(found, key=lambda message: (message.send_at, message.device, message.body["seq"]))


def _one(message: Said, faults: Faults, seed: int) -> Sent:
    down = outage(message.device, message.at, faults, seed)
    at = message.at + timedelta(seconds=skew_s(message.device, faults, seed))
    body = {"at": _iso(at), "seq": message.seq, **_shifted(message.body, at - message.at)}
    rng = Streams(seed).stream("twice", message.device, message.topic, message.seq)
    times = 2 if float(rng.random()) < faults.duplicates else 1
    return Sent(message.at if down is None else down.until, message.device, message.topic, body, times)


def _shifted(body: dict[str, Any], by: timedelta) -> dict[str, Any]:
    """Times inside a body are of the same clock."""
    reads = body.get("reads")
    if not reads:
        return body
    return {**body, "reads": [{**read, "at": _iso(read["at"] + by)} for read in reads]}


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def skew_s(device: str, faults: Faults, seed: int) -> float:
    """How far this device's clock is ahead; always the same."""
    if faults.skew_s == 0.0:
        return 0.0
    return float(Streams(seed).stream("skew", device).normal()) * faults.skew_s


def outage(device: str, at: datetime, faults: Faults, seed: int) -> Window | None:
    """The outage that covers this moment, if one does. Outages begin at a random minute of a day and last up to two hours."""
    if faults.outages_a_day == 0.0:
        return None
    for back in (0, 1):
        day = (at - EPOCH).days - back
        rng = Streams(seed).stream("outage", device, day)
        for start, length in rng.random((int(rng.poisson(faults.outages_a_day)), 2)).tolist():
            since = EPOCH + timedelta(days=day + start)
            window = Window(since, since + timedelta(minutes=2 + 118 * length))
            if window.since <= at < window.until:
                return window
    return None


def stuck_since(device: str, metric: str, at: datetime, faults: Faults, seed: int) -> datetime | None:
    """Since when the sensor repeats itself: a stuck sensor is stuck for one to six hours."""
    if faults.stuck_a_day == 0.0:
        return None
    day = (at - EPOCH).days
    rng = Streams(seed).stream("stuck", device, metric, day)
    luck, start, length = rng.random(3).tolist()
    since = EPOCH + timedelta(days=day + start * 0.75)
    if luck < 1 - math.exp(-faults.stuck_a_day) and since <= at < since + HOUR * (1 + 5 * length):
        return since
    return None


def drifted(device: str, metric: str, at: datetime, faults: Faults, seed: int) -> float:
    """How far the sensor is off by now; each drifts its own way, and is calibrated every quarter."""
    if faults.drift_a_day == 0.0:
        return 0.0
    days = (at - EPOCH) / timedelta(days=1) % 90
    return float(Streams(seed).stream("drift", device, metric).normal()) * faults.drift_a_day * days
