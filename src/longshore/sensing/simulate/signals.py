"""What devices would say if nothing went wrong, and what their sensors make of it. Pure functions of seed, device and time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from longshore.engine.simulating.streams import Streams
from longshore.sensing.simulate.faults import EPOCH, Faults, Said, drifted, stuck_since

DAY_S = 86_400
PASSAGE_S = 600  # a pallet goes through a portal about this often
READ_MS = 200


@dataclass(frozen=True, slots=True)
class Wave:
    """A number that follows the day: `mean` ± `daily` at noon and midnight, with `noise` on every reading."""

    mean: float
    daily: float = 0.0
    noise: float = 0.0
    digits: int = 2


@dataclass(frozen=True, slots=True)
class Simulated:
    """A device of the fleet. `waves`: metric → how it moves; `way`: the corners of a tracker's round, latitude and
    longitude; `capacity`: what a full shelf weighs, for scales."""

    code: str
    kind: str
    every_s: int = 60
    waves: Mapping[str, Wave] = field(default_factory=dict)
    way: tuple[tuple[float, float], ...] = ()
    capacity: float = 0.0


def said(device: Simulated, since: datetime, until: datetime, faults: Faults, seed: int) -> Iterator[Said]:
    """Everything it says in (since, until]. Cutting the time into other pieces gives the same messages."""
    if device.kind == "portal":
        yield from _portal(device, since, until, faults, seed)
        return
    speak = _SPEAKERS[device.kind]
    first = math.floor((since - EPOCH).total_seconds() / device.every_s) + 1
    last = math.floor((until - EPOCH).total_seconds() / device.every_s)
    for slot in range(first, last + 1):
        at = EPOCH + timedelta(seconds=slot * device.every_s)
        for topic, body in speak(device, at, slot, faults, seed):
            yield Said(device.code, topic, at, slot, body)


def value(device: Simulated, metric: str, at: datetime, faults: Faults, seed: int) -> float:
    """A reading: the wave, the noise, the sensor's own drift; the same value over and over while it is stuck."""
    wave = device.waves[metric]
    felt = stuck_since(device.code, metric, at, faults, seed) or at
    noon = math.cos(2 * math.pi * ((felt - EPOCH).total_seconds() % DAY_S / DAY_S - 0.25))  # 06:00 UTC: early afternoon
    stamp = int((felt - EPOCH).total_seconds())
    noise = (
        float(Streams(seed).stream("noise", device.code, metric, stamp).normal()) * wave.noise if wave.noise else 0.0
    )
    off = drifted(device.code, metric, at, faults, seed)
    return round(wave.mean + wave.daily * noon + noise + off, wave.digits)


def _numbers(
    device: Simulated, at: datetime, slot: int, faults: Faults, seed: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    values = {metric: value(device, metric, at, faults, seed) for metric in device.waves}
    if slot % 60 == 0:
        values["battery"] = battery(device.code, at, seed)
    yield "t", {"v": values}


def battery(code: str, at: datetime, seed: int) -> float:
    """Per cent: it lasts some months, and is changed."""
    start, months = Streams(seed).stream("battery", code).random(2).tolist()
    life = 90 + 270 * months
    return round(100 - (start * life + (at - EPOCH) / timedelta(days=1)) % life / life * 84, 0)


def _scale(
    device: Simulated, at: datetime, slot: int, faults: Faults, seed: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """A shelf is emptied in steps through the day and filled once it is nearly empty."""
    days = (at - EPOCH) / timedelta(days=1)
    pace, start = Streams(seed).stream("shelf", device.code).random(2).tolist()
    left = 1.0 - (days * (0.3 + 0.7 * pace) + start) % 0.95
    steps = round(left * 40) / 40
    off = drifted(device.code, "weight", at, faults, seed)
    rng = Streams(seed).stream("noise", device.code, "weight", slot)
    yield "t", {"v": {"weight": round(device.capacity * steps + off + float(rng.normal()) * 0.01, 3)}}


def _tracker(
    device: Simulated, at: datetime, slot: int, faults: Faults, seed: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    latitude, longitude, heading, speed = _on_the_way(device.way, at, seed, device.code)
    yield "fix", spoilt(device.code, slot, fix(latitude, longitude, heading, speed), faults, seed)
    if device.waves:
        yield from _numbers(device, at, slot, faults, seed)


def fix(latitude: float, longitude: float, heading: int, speed_kmh: float) -> dict[str, Any]:
    return {
        "lat": round(latitude, 6), "lon": round(longitude, 6), "heading": heading, "speed_kmh": round(speed_kmh, 1),
        "accuracy_m": 6, "datum": "WGS-84",
    }  # fmt: skip


def spoilt(code: str, slot: int, body: dict[str, Any], faults: Faults, seed: int) -> dict[str, Any]:
    """A position as a receiver reports it: sometimes nowhere, sometimes far away."""
    if not faults.nulls and not faults.jumps:
        return body
    luck, north, east = Streams(seed).stream("gps", code, slot).random(3).tolist()
    if luck < faults.nulls:
        return {**body, "lat": 0.0, "lon": 0.0}
    if luck < faults.nulls + faults.jumps:
        return {**body, "lat": round(body["lat"] + north - 0.5, 6), "lon": round(body["lon"] + east - 0.5, 6),
                "accuracy_m": 900}  # fmt: skip
    return body


def _on_the_way(
    way: Sequence[tuple[float, float]], at: datetime, seed: int, code: str
) -> tuple[float, float, int, float]:
    """Round and round through the corners, an hour for each side, standing for its last quarter."""
    begins = float(Streams(seed).stream("round", code).random()) * len(way)
    hours = (at - EPOCH) / timedelta(hours=1) + begins
    side, along = int(hours) % len(way), min(1.0, hours % 1.0 / 0.75)
    (south, west), (north, east) = way[side], way[(side + 1) % len(way)]
    heading = round(math.degrees(math.atan2(east - west, north - south))) % 360
    km = math.hypot(north - south, (east - west) * math.cos(math.radians(south))) * 111.3
    speed = 0.0 if along >= 1.0 else km / 0.75
    return south + (north - south) * along, west + (east - west) * along, heading, speed


def _machine(
    device: Simulated, at: datetime, slot: int, faults: Faults, seed: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    """It runs by day, changes over at noon, and is down for a while now and then. Ten pieces a minute."""
    local = (at + timedelta(hours=8)).hour
    luck = float(Streams(seed).stream("down", device.code, int((at - EPOCH).total_seconds() // 1800)).random())
    state = "idle" if not 6 <= local < 22 else "down" if luck < 0.02 else "setup" if local == 12 else "running"
    running = state == "running"
    good = device.every_s // 6 if running else 0
    yield "state", {"state": state, "good": good, "scrap": int(running and luck > 0.97)}
    values = {metric: value(device, metric, at, faults, seed) for metric in device.waves}
    yield "t", {"v": {metric: number if running else round(number * 0.04, 3) for metric, number in values.items()}}


_SPEAKERS = {"logger": _numbers, "scale": _scale, "tracker": _tracker, "machine": _machine}


def _portal(device: Simulated, since: datetime, until: datetime, faults: Faults, seed: int) -> Iterator[Said]:
    first = math.floor((since - EPOCH).total_seconds() / PASSAGE_S) - 1
    last = math.floor((until - EPOCH).total_seconds() / PASSAGE_S)
    for slot in range(first, last + 1):
        begins, outward = Streams(seed).stream("pallet", device.code, slot).random(2).tolist()
        at = EPOCH + timedelta(seconds=slot * PASSAGE_S + begins * (PASSAGE_S - 20))
        epcs = [f"urn:epc:id:sscc:6999990.{slot % 10**9:010d}"]
        passage = Passage(device.code, slot, at, tuple(epcs), outward < 0.5)
        yield from (one for one in passing(passage, faults, seed) if since < one.at <= until)


@dataclass(frozen=True, slots=True)
class Passage:
    """Tags that go through a portal together. Antenna 1 hangs inside, antenna 2 outside."""

    portal: str
    number: int
    at: datetime
    epcs: tuple[str, ...]
    outward: bool


def passing(passage: Passage, faults: Faults, seed: int) -> Iterator[Said]:
    """Six seconds of reads, one message a second: the first antenna fades as the second rises; some reads are missed,
    some come twice, and now and then something that only stands near is seen."""
    order = (1, 2) if passage.outward else (2, 1)
    for second in range(6):
        rng = Streams(seed).stream("reads", passage.portal, passage.number, second)
        begins = passage.at + timedelta(seconds=second)
        reads = [
            read
            for epc in passage.epcs
            for place, antenna in enumerate(order)
            for read in _reads(epc, antenna, begins, second - 1.5 - 2 * place, faults, rng.random(3).tolist())
        ]
        if float(rng.random()) < faults.cross_reads:
            reads.append({"epc": f"urn:epc:id:sscc:6999990.{999_000_000 + passage.number % 1000:010d}",
                          "antenna": order[0], "rssi": -71.5, "at": begins})  # fmt: skip
        if reads:
            seq = passage.number * 6 + second
            yield Said(passage.portal, "tags", begins + timedelta(seconds=1), seq, {"reads": reads})


def _reads(
    epc: str, antenna: int, at: datetime, off_s: float, faults: Faults, luck: Sequence[float]
) -> list[dict[str, Any]]:
    """`off_s`: seconds from the moment at which the tag is right below this antenna."""
    if abs(off_s) > 1.6 or luck[0] < faults.missed_reads:
        return []
    moment = at + timedelta(milliseconds=READ_MS + round(600 * luck[1]))
    read = {"epc": epc, "antenna": antenna, "rssi": round(-48 - 6 * off_s * off_s - 2 * luck[1], 1), "at": moment}
    again = {**read, "at": moment + timedelta(milliseconds=40)}
    return [read, again] if luck[2] < faults.double_reads else [read]
