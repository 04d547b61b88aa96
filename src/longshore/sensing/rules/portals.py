"""RFID portals: from thousands of tag reads to who went through, which way, once.

All of it is a function of the set of reads. Reads of one tag that lie farther apart than `repeat` have nothing to do
with each other, so that a late read makes only its own cluster be looked at again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

IN: Final = "in"
OUT: Final = "out"
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class Read:
    """One tag seen by one antenna of one portal, `n` times in that moment."""

    at: datetime
    portal: int
    antenna: int
    epc: str
    rssi: float = -60.0
    n: int = 1


@dataclass(frozen=True, slots=True)
class Portal:
    """Antennas that look outwards and inwards. `one_way`: the direction of a door with one antenna, else empty.

    `gap`: silence after which a tag has left the field; `repeat`: coming back within it in the same direction is the
    same passage; `weakest`: a tag never stronger than this stands beside the portal; `least_reads`: fewer are stray;
    `least_shift`: how much later the inner antennas must see it, on average, to say which way it went.
    """

    id: int
    outer: frozenset[int]
    inner: frozenset[int]
    one_way: str = ""
    gap: timedelta = timedelta(seconds=2)
    repeat: timedelta = timedelta(seconds=30)
    weakest: float = -75.0
    least_reads: int = 2
    least_shift: timedelta = timedelta(milliseconds=150)


@dataclass(frozen=True, slots=True)
class Crossing:
    """A tag went through. `at`: last seen in that passage."""

    epc: str
    portal: int
    direction: str
    first_at: datetime
    at: datetime
    reads: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """A tag in the field of a portal without a pause."""

    portal: Portal
    reads: tuple[Read, ...]

    @property
    def first_at(self) -> datetime:
        return self.reads[0].at

    @property
    def last_at(self) -> datetime:
        return self.reads[-1].at

    @property
    def count(self) -> int:
        return sum(read.n for read in self.reads)

    @property
    def peak(self) -> float:
        return max(read.rssi for read in self.reads)


def clusters(reads: Iterable[Read], repeat: timedelta) -> list[list[Read]]:
    """The reads of one tag, each once, in groups that have nothing to do with each other."""
    groups: list[list[Read]] = []
    for read in sorted(set(reads)):
        if groups and read.at - groups[-1][-1].at <= repeat:
            groups[-1].append(read)
        else:
            groups.append([read])
    return groups


def find_crossings(reads: Iterable[Read], portals: Mapping[int, Portal]) -> tuple[Crossing, ...]:
    """Passages of one tag through any of the portals. Reads of portals that are not known are let be."""
    known = [read for read in reads if read.portal in portals]
    if not known:
        return ()
    repeat = max(portals[read.portal].repeat for read in known)
    found: list[Crossing] = []
    for cluster in clusters(_distinct(known), repeat):
        sightings = _without_cross_reads([each for each in _sightings(cluster, portals) if not _is_stray(each)])
        crossings = [_crossing(each) for each in sightings]
        found += _without_doubles(crossings, portals)
    return tuple(sorted(found, key=lambda crossing: (crossing.at, crossing.portal)))


def _distinct(reads: Iterable[Read]) -> list[Read]:
    """One read an antenna and moment: a repeated message may have rounded the strength otherwise; the strongest stays."""
    strongest: dict[tuple[datetime, int, int], Read] = {}
    for read in reads:
        place = (read.at, read.portal, read.antenna)
        other = strongest.get(place)
        if other is None or (read.rssi, read.n) > (other.rssi, other.n):
            strongest[place] = read
    return list(strongest.values())


def _sightings(cluster: Sequence[Read], portals: Mapping[int, Portal]) -> list[Sighting]:
    found: list[Sighting] = []
    for portal_id in sorted({read.portal for read in cluster}):
        portal = portals[portal_id]
        current: list[Read] = []
        for read in cluster:
            if read.portal != portal_id:
                continue
            if current and read.at - current[-1].at > portal.gap:
                found.append(Sighting(portal, tuple(current)))
                current = []
            current.append(read)
        found.append(Sighting(portal, tuple(current)))
    return sorted(found, key=lambda sighting: (sighting.first_at, sighting.portal.id))


def _is_stray(sighting: Sighting) -> bool:
    return sighting.count < sighting.portal.least_reads or sighting.peak < sighting.portal.weakest


def _without_cross_reads(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Of portals that see a tag at the same time it goes through the one that sees it strongest."""
    return [one for one in sightings if not any(_outshines(other, one) for other in sightings)]


def _outshines(one: Sighting, other: Sighting) -> bool:
    if one.portal.id == other.portal.id:
        return False
    slack = max(one.portal.gap, other.portal.gap)
    if one.first_at > other.last_at + slack or other.first_at > one.last_at + slack:
        return False
    return (one.peak, one.count, -one.portal.id) > (other.peak, other.count, -other.portal.id)


def _crossing(sighting: Sighting) -> Crossing:
    direction = sighting.portal.one_way or _direction(sighting)
    return Crossing(
        sighting.reads[0].epc, sighting.portal.id, direction, sighting.first_at, sighting.last_at, sighting.count
    )


def _direction(sighting: Sighting) -> str:
    """Which side saw it later, each read weighed by its strength; a side that missed it altogether leaves it open."""
    outer = _mean_time(sighting, sighting.portal.outer)
    inner = _mean_time(sighting, sighting.portal.inner)
    if outer is None or inner is None:
        return UNKNOWN
    shift = timedelta(seconds=inner - outer)
    if abs(shift) < sighting.portal.least_shift:
        return UNKNOWN
    return IN if shift > timedelta() else OUT


def _mean_time(sighting: Sighting, antennas: frozenset[int]) -> float | None:
    """Seconds since the sighting began."""
    seen = [read for read in sighting.reads if read.antenna in antennas]
    if not seen:
        return None
    # fsum: the same sum in any order
    weights = [read.n * 10 ** (read.rssi / 20) for read in seen]
    seconds = [(read.at - sighting.first_at).total_seconds() for read in seen]
    return math.fsum(w * s for w, s in zip(weights, seconds, strict=True)) / math.fsum(weights)


def _without_doubles(crossings: Sequence[Crossing], portals: Mapping[int, Portal]) -> list[Crossing]:
    """A tag that lingers is seen leaving twice; what is not the other way within `repeat` is the same passage."""
    kept: dict[int, list[Crossing]] = {}
    for crossing in sorted(crossings, key=lambda each: (each.first_at, each.at)):
        before = kept.setdefault(crossing.portal, [])
        if before and _same_passage(before[-1], crossing, portals[crossing.portal].repeat):
            last = before[-1]
            direction = crossing.direction if last.direction == UNKNOWN else last.direction
            before[-1] = replace(last, direction=direction, at=crossing.at, reads=last.reads + crossing.reads)
        else:
            before.append(crossing)
    return [crossing for each in kept.values() for crossing in each]


def _same_passage(one: Crossing, other: Crossing, repeat: timedelta) -> bool:
    opposite = {one.direction, other.direction} == {IN, OUT}
    return not opposite and other.first_at - one.at <= repeat


def settled_until(reads: Sequence[Read], portal: Portal) -> datetime | None:
    """From when on no further read can belong to the last sighting, None when nothing was read."""
    return max(read.at for read in reads) + portal.gap if reads else None


# Sweeps


@dataclass(frozen=True, slots=True)
class Difference:
    """What a sweep saw against what should be there."""

    found: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]

    @property
    def share(self) -> float:
        """Of what should be there, how much was found; 1 where nothing should be."""
        expected = len(self.found) + len(self.missing)
        return len(self.found) / expected if expected else 1.0


def seen_in_sweep(reads: Iterable[Read], weakest: float = -75.0) -> tuple[str, ...]:
    """The tags of a sweep, each once; what was only ever heard faintly stands elsewhere."""
    peaks: dict[str, float] = {}
    for read in reads:
        peaks[read.epc] = max(read.rssi, peaks.get(read.epc, read.rssi))
    return tuple(sorted(epc for epc, peak in peaks.items() if peak >= weakest))


def compare_sweep(expected: Iterable[str], seen: Iterable[str]) -> Difference:
    """Expected against seen, both as sets."""
    should, did = set(expected), set(seen)
    return Difference(tuple(sorted(should & did)), tuple(sorted(should - did)), tuple(sorted(did - should)))


def gaps_in(moments: Sequence[datetime], longest: timedelta) -> tuple[tuple[datetime, datetime], ...]:
    """Where a portal that should always say something said nothing: passages may have been missed there."""
    return tuple((one, other) for one, other in pairwise(sorted(moments)) if other - one > longest)
