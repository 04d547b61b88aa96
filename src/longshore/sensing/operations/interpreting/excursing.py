"""Readings become excursions: only series that are not calm are read, from their last calm reading on."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from longshore.ledger.cause import Cause
from longshore.sensing.models import EpisodeState, Excursion
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


class Exposed(NamedTuple):
    """One limit that holds for what hung or stood at a thing during these spans."""

    spell: Hung
    limit: Limit
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A series and one limit that may matter for it; `low`: its first new reading."""

    series: Series
    limit: Limit
    low: datetime


def interpret_readings(touched: Sequence[TouchedRow], *, at: datetime, cause: Cause) -> int:
    """Correct the excursions of these series and tell what changed; returns how many series had to be read."""
    found, stored, read = find_excursions_of(touched)
    record(reconciled(found, stored), at=at, cause=cause)
    return read


def find_excursions_of(touched: Sequence[TouchedRow]) -> tuple[list[Found], list[Excursion], int]:
    """What the readings say now about the touched series that are not calm, and what is stored about the same time."""
    limits = product_limits()
    rows = [row for row in touched if row.metric in limits.metrics]
    if not rows:
        return [], [], 0
    spells = hung([row.device for row in rows])
    going_on = _going_on(rows)
    goods = _goods(rows, spells, limits)
    holding = {
        (row.device, row.metric): _limits_of(row, spells.get(row.device, []), goods, limits, going_on) for row in rows
    }
    rows = [row for row in rows if holding[row.device, row.metric]]
    pairs = _restless(rows, holding, going_on)
    if not pairs:
        return [], [], 0
    found, stored = _evaluated(pairs, spells, limits, going_on)
    return found, stored, len({pair.series for pair in pairs})


GoingOn = Mapping[Series, Sequence[Excursion]]


def _going_on(rows: Sequence[TouchedRow]) -> GoingOn:
    """Excursions that are stored as going on, or that new readings fall into."""
    lows = {(row.device, row.metric): row.low for row in rows}
    stored = Excursion.objects.filter(device__in={row.device for row in rows}).exclude(state=EpisodeState.WITHDRAWN)
    found: dict[Series, list[Excursion]] = defaultdict(list)
    for row in stored.exclude(until_at__lt=min(lows.values())).order_by("from_at", "id"):
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


def _restless(rows: Sequence[TouchedRow], holding: Mapping[Series, Sequence[Limit]], going_on: GoingOn) -> list[Pair]:
    """Only series that are or just were beyond a limit, or have an excursion going on, need to be read at all."""
    thresholds = [_thresholds(holding[row.device, row.metric]) for row in rows]
    news = {(each.device, each.metric): each for each in news_of(rows, thresholds)}
    pairs: list[Pair] = []
    marked: list[tuple[Series, datetime, datetime]] = []
    for row in rows:
        key = (row.device, row.metric)
        new = news.get(key)
        if new is None:
            continue
        last = max((moment for moment in (new.beyond_at, new.last_at) if moment is not None), default=None)
        if key not in going_on and (last is None or last < row.low - LINGER):
            continue
        pairs += [Pair(key, each, row.low) for each in holding[key] if not _goes_on_as_it_was(each, new, row, going_on)]
        marked.append((key, last or row.high, row.high))
    mark_beyond([each[0] for each in marked], [each[1] for each in marked], [each[2] for each in marked])
    return pairs


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


def _reach(pair: Pair, going_on: GoingOn) -> datetime:
    """From when on readings matter: what is added up over a rolling time reaches farther back."""
    if pair.limit.activation != "accumulated":
        return pair.low
    begun = [row.from_at for row in going_on.get(pair.series, ()) if row.limit == pair.limit.code]
    return min([pair.low, *begun]) - pair.limit.within


def _evaluated(
    pairs: Sequence[Pair], spells: Mapping[int, Sequence[Hung]], limits: LimitsByGoods, going_on: GoingOn
) -> tuple[list[Found], list[Excursion]]:
    bands = [_calm_band(pair.limit) for pair in pairs]
    samples = samples_since_calm([pair.series for pair in pairs], [_reach(pair, going_on) for pair in pairs], bands)
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
