"""Readings become excursions: only series that are not calm are read, from their last calm reading on."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db.models import Q

from longshore.ledger.cause import Cause
from longshore.sensing.models import EpisodeState, Excursion
from longshore.sensing.operations.interpreting.moving import Near
from longshore.sensing.operations.interpreting.recording import Found, reconciled, record
from longshore.sensing.queries.raw import (
    NewsRow,
    Series,
    TouchedRow,
    devices_by_id,
    mark_beyond,
    news_of,
    samples_since_calm,
)
from longshore.sensing.queries.surroundings import (
    Hung,
    LimitsByGoods,
    Standing,
    hung,
    is_monitored_itself,
    product_limits,
    standing,
)
from longshore.sensing.rules.excursions import LINGER, Episode, Limit, Sample, Span, find_excursions, within_spans
from longshore.sensing.rules.limits import gap_of

# Goods that left a place a moment before its reading came still count.
LOOK_BACK: Final = timedelta(hours=1)
LONG: Final = timedelta(days=1)
REMEMBERED: Final = timedelta(seconds=10)
NO_LIMITS: Final = (-math.inf, math.inf)


class Exposed(NamedTuple):
    """One limit that holds for what hung or stood at a thing during these spans."""

    spell: Hung
    limit: Limit
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A series and one limit that may matter for it: its readings count from the last one before `low` in `band` on."""

    series: Series
    limit: Limit
    low: datetime
    band: tuple[float, float]


@dataclass(slots=True)
class Memory:
    """What need not be looked up for every reading: limits, how near one each series may come, and fences.

    Kept for some seconds only. It decides which series are looked at, never what an episode is: goods that have come
    since are found with the first reading after it has been renewed.
    """

    since: datetime | None = None
    limits: LimitsByGoods = field(default_factory=lambda: LimitsByGoods(()))
    thresholds: dict[Series, tuple[float, float]] = field(default_factory=dict)
    near: Near | None = None

    def renew(self, at: datetime) -> None:
        if self.since is None or not self.since <= at < self.since + REMEMBERED:
            self.since, self.limits, self.thresholds, self.near = at, product_limits(), {}, None


def interpret_readings(touched: Sequence[TouchedRow], memory: Memory, *, at: datetime, cause: Cause) -> int:
    """Correct the excursions of these series and tell what changed; returns how many series had to be read."""
    found, stored, read = find_excursions_of(touched, memory)
    record(reconciled(found, stored), at=at, cause=cause)
    return read


def find_excursions_of(touched: Sequence[TouchedRow], memory: Memory) -> tuple[list[Found], list[Excursion], int]:
    """What the readings say now about the touched series that are not calm, and what is stored about the same time."""
    limits = memory.limits
    rows = [row for row in touched if row.metric in limits.metrics]
    if not rows:
        return [], [], 0
    going_on = _going_on(rows)
    _learn([row for row in rows if (row.device, row.metric) not in memory.thresholds], memory, going_on)
    rows, news = _restless(rows, memory, going_on)
    if not rows:
        return [], [], 0
    spells = hung([row.device for row in rows])
    goods = _goods(rows, spells, limits)
    pairs: list[Pair] = []
    for row in rows:
        for limit in _limits_of(row, spells.get(row.device, []), goods, limits, going_on):
            if not _goes_on_as_it_was(limit, news[row.device, row.metric], row, going_on):
                pairs.append(_pair(row, limit, going_on))
    if not pairs:
        return [], [], len(rows)
    found, stored = _evaluated(pairs, spells, limits)
    return found, stored, len(rows)


def _learn(rows: Sequence[TouchedRow], memory: Memory, going_on: GoingOn) -> None:
    """The nearest thresholds of series that are not remembered."""
    if not rows:
        return
    spells = hung([row.device for row in rows])
    goods = _goods(rows, spells, memory.limits)
    for row in rows:
        limits = _limits_of(row, spells.get(row.device, []), goods, memory.limits, going_on)
        memory.thresholds[row.device, row.metric] = _thresholds(limits)


GoingOn = Mapping[Series, Sequence[Excursion]]


def _going_on(rows: Sequence[TouchedRow]) -> GoingOn:
    """Excursions that are stored as going on, or that new readings fall into."""
    lows = {(row.device, row.metric): row.low for row in rows}
    recent = Q(until_at__isnull=True) | Q(until_at__gte=min(lows.values()))
    stored = Excursion.objects.filter(recent).exclude(state=EpisodeState.WITHDRAWN)
    found: dict[Series, list[Excursion]] = defaultdict(list)
    for row in stored.order_by("from_at", "id"):
        key = (row.device_id, row.metric_id)
        if key in lows and (row.until_at is None or row.until_at >= lows[key]):
            found[key].append(row)
    return found


Goods = Mapping[tuple[int, int], Sequence[Standing]]


def _goods(series: Sequence[TouchedRow], spells: Mapping[int, Sequence[Hung]], limits: LimitsByGoods) -> Goods:
    """What stood at each thing that one of the series hung at, since a while before its first new reading."""
    since: dict[tuple[int, int], datetime] = {}
    for row in series:
        for spell in spells.get(row.device, ()):
            if spell.until_at is None or spell.until_at > row.low - LOOK_BACK:
                earlier = since.get(spell.thing, row.low)
                since[spell.thing] = min(earlier, row.low - LOOK_BACK)
    things = sorted(since)
    return dict(zip(things, standing(things, [since[thing] for thing in things], limits.items), strict=True))


def _limits_of(
    row: TouchedRow, spells: Sequence[Hung], goods: Goods, limits: LimitsByGoods, going_on: GoingOn
) -> list[Limit]:
    """Every limit that may matter for a series now."""
    found: dict[str, Limit] = {}
    for spell in spells:
        if is_monitored_itself(spell):
            found.update((limit.code, limit) for limit in limits.of(row.metric, spell.temperature_class, 0))
        for each in _heard(spell, goods.get(spell.thing, ())):
            found.update((limit.code, limit) for limit in limits.of(row.metric, each.temperature_class, each.item))
    wanted = {each.limit for each in going_on.get((row.device, row.metric), ())} - set(found)
    every = [limit for rows in (*limits.by_class.values(), *limits.by_item.values()) for limit in rows]
    found.update((limit.code, limit) for limit in every if limit.code in wanted)
    return [found[code] for code in sorted(found)]


def _heard(spell: Hung, goods: Iterable[Standing]) -> list[Standing]:
    """The goods that stand in the device's part of the thing."""
    return [stood for stood in goods if spell.is_for(stood.temperature_class)]


def _restless(
    rows: Sequence[TouchedRow], memory: Memory, going_on: GoingOn
) -> tuple[list[TouchedRow], dict[Series, NewsRow]]:
    """Only series that are or just were beyond a limit, or have an excursion going on, need to be read at all."""
    thresholds = [memory.thresholds[row.device, row.metric] for row in rows]
    held = [(row, each) for row, each in zip(rows, thresholds, strict=True) if each != NO_LIMITS]
    found = news_of([row for row, _each in held], [each for _row, each in held]) if held else ()
    news = {(each.device, each.metric): each for each in found}
    restless: list[TouchedRow] = []
    marked: list[tuple[Series, datetime, datetime]] = []
    for row in rows:
        key = (row.device, row.metric)
        if key not in news:
            continue
        beyond = [moment for moment in (news[key].beyond_at, news[key].last_at) if moment is not None]
        last = max(beyond, default=None)
        if key in going_on or (last is not None and last >= row.low - LINGER):
            restless.append(row)
            marked.append((key, last or row.high, row.high))
    if marked:
        mark_beyond([each[0] for each in marked], [each[1] for each in marked], [each[2] for each in marked])
    return restless, news


def _thresholds(limits: Iterable[Limit]) -> tuple[float, float]:
    """The nearest thresholds below and above."""
    least = max((limit.threshold for limit in limits if not limit.above), default=-math.inf)
    most = min((limit.threshold for limit in limits if limit.above), default=math.inf)
    return least, most


def _goes_on_as_it_was(limit: Limit, new: NewsRow, row: TouchedRow, going_on: GoingOn) -> bool:
    """A very long excursion of which only more of the same came is read again only when it has grown by a twentieth."""
    stored = next((each for each in going_on.get((row.device, row.metric), ()) if each.limit == limit.code), None)
    if stored is None or stored.until_at is not None or stored.read_until is None or new.read_until is None:
        return False
    if row.low <= new.read_until:
        return False
    if not (limit.beyond(new.lowest) and limit.beyond(new.highest)):
        return False
    return row.high - stored.from_at > LONG and (row.high - stored.read_until) * 20 < row.high - stored.from_at


def _calm_band(limit: Limit) -> tuple[float, float]:
    """The values that have recovered from a limit."""
    back = limit.threshold - limit.hysteresis if limit.above else limit.threshold + limit.hysteresis
    if limit.inclusive and limit.hysteresis == 0:
        back = math.nextafter(back, -math.inf if limit.above else math.inf)
    return (-math.inf, back) if limit.above else (back, math.inf)


def _pair(row: TouchedRow, limit: Limit, going_on: GoingOn) -> Pair:
    """From when on readings matter: since the last one that had recovered before the first new one; what is added up
    reaches farther back, what is stored as going on less far."""
    stored = [each for each in going_on.get((row.device, row.metric), ()) if each.limit == limit.code]
    key, band = (row.device, row.metric), _calm_band(limit)
    if limit.activation == "accumulated":
        return Pair(key, limit, min([row.low, *(each.from_at for each in stored)]) - limit.within, band)
    if stored and stored[0].until_at is None and stored[0].from_at < row.low:
        return Pair(key, limit, stored[0].from_at, NO_LIMITS)
    return Pair(key, limit, row.low, band)


def _evaluated(
    pairs: Sequence[Pair], spells: Mapping[int, Sequence[Hung]], limits: LimitsByGoods
) -> tuple[list[Found], list[Excursion]]:
    samples = samples_since_calm(
        [pair.series for pair in pairs], [pair.low for pair in pairs], [pair.band for pair in pairs]
    )
    anchors = {(pair.series, pair.limit.code): rows[0][0] for pair, rows in zip(pairs, samples, strict=True) if rows}
    exposed = _exposed(_earliest(anchors), spells, limits)
    devices = devices_by_id([pair.series[0] for pair in pairs])
    found: list[Found] = []
    for pair, rows in zip(pairs, samples, strict=True):
        gap = gap_of(devices[pair.series[0]].expected_every_s)
        for each in exposed.get(pair.series, ()):
            if each.limit.code == pair.limit.code:
                episodes = _episodes(rows, each, gap)
                found += [Found(pair.series, each.spell, each.limit, episode, rows[-1][0]) for episode in episodes]
    live = Excursion.objects.filter(device__in={pair.series[0] for pair in pairs}).exclude(state=EpisodeState.WITHDRAWN)
    stored: list[Excursion] = []
    for row in live.select_for_update(of=("self",)).order_by("id"):
        anchor = anchors.get(((row.device_id, row.metric_id), row.limit))
        if anchor is not None and (row.until_at is None or row.until_at > anchor):
            stored.append(row)
    return found, stored


def _earliest(anchors: Mapping[tuple[Series, str], datetime]) -> dict[Series, datetime]:
    earliest: dict[Series, datetime] = {}
    for (series, _code), anchor in anchors.items():
        earliest[series] = min(anchor, earliest.get(series, anchor))
    return earliest


def _exposed(
    anchors: Mapping[Series, datetime], spells: Mapping[int, Sequence[Hung]], limits: LimitsByGoods
) -> dict[Series, list[Exposed]]:
    """For each series which limits held when: for the place itself, and for the goods that stood there."""
    hanging = [(key, spell) for key in anchors for spell in spells.get(key[0], ())]
    hanging = [(key, spell) for key, spell in hanging if spell.until_at is None or spell.until_at > anchors[key]]
    goods = standing([spell.thing for _key, spell in hanging], [anchors[key] for key, _spell in hanging], limits.items)
    found: dict[Series, list[Exposed]] = defaultdict(list)
    for (key, spell), standings in zip(hanging, goods, strict=True):
        hangs: Span = (max(spell.from_at, anchors[key]), spell.until_at)
        itself = limits.of(key[1], spell.temperature_class, 0) if is_monitored_itself(spell) else []
        found[key] += [Exposed(spell, limit, (hangs,)) for limit in itself]
        known = {limit.code for limit in itself}
        by_limit: dict[str, tuple[Limit, list[Span]]] = {}
        for each in _heard(spell, standings):
            for limit in limits.of(key[1], each.temperature_class, each.item):
                by_limit.setdefault(limit.code, (limit, []))[1].extend(each.spans)
        for code in sorted(set(by_limit) - known):
            limit, spans = by_limit[code]
            found[key].append(Exposed(spell, limit, _overlap(_joined(spans), hangs)))
    return found


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans, key=lambda span: span[0]):
        last = joined[-1] if joined else None
        if last is None or (last[1] is not None and last[1] < start):
            joined.append((start, end))
        elif last[1] is not None and (end is None or end > last[1]):
            joined[-1] = (last[0], end)
    return joined


def _overlap(spans: Sequence[Span], hangs: Span) -> tuple[Span, ...]:
    kept: list[Span] = []
    for start, end in spans:
        first = max(start, hangs[0])
        last = hangs[1] if end is None else end if hangs[1] is None else min(end, hangs[1])
        if last is None or first < last:
            kept.append((first, last))
    return tuple(kept)


def _episodes(samples: Sequence[Sample], exposed: Exposed, gap: timedelta) -> list[Episode]:
    """Span by span; an excursion is over for goods that are there no more."""
    found: list[Episode] = []
    for span in exposed.spans:
        for episode in find_excursions(within_spans(samples, [span], gap), exposed.limit, gap):
            over = episode.until_at is None and span[1] is not None
            found.append(replace(episode, until_at=span[1]) if over else episode)
    return found
