"""Excursions that are stored find those the readings tell now: what is new, changed, over, or was none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from longshore.ledger.cause import Cause
from longshore.ledger.outbox import Event, emit
from longshore.sensing.events import (
    ExcursionBegan,
    ExcursionChanged,
    ExcursionEnded,
    ExcursionTold,
    ExcursionWithdrawn,
)
from longshore.sensing.metrics import METRICS
from longshore.sensing.models import EpisodeState, Excursion
from longshore.sensing.queries.raw import Series
from longshore.sensing.queries.surroundings import Hung
from longshore.sensing.rules.excursions import Episode, Limit

_METRIC_CODES: Final = {id: code for id, code, *_names in METRICS}


@dataclass(frozen=True, slots=True)
class Found:
    """An excursion as the readings tell it now."""

    series: Series
    spell: Hung
    limit: Limit
    episode: Episode
    read_until: datetime


@dataclass(slots=True)
class Changes:
    """What has to be written and told."""

    withdrawn: list[Excursion]
    changed: list[tuple[Excursion, Found]]
    begun: list[Found]


def reconciled(found: Sequence[Found], stored: Sequence[Excursion]) -> Changes:
    """Stored episodes find the one they overlap; what finds none was none."""
    changes = Changes([], [], [])
    open_ones: dict[tuple[Series, str, tuple[int, int]], list[Excursion]] = defaultdict(list)
    for row in sorted(stored, key=lambda row: row.from_at):
        key = (row.device_id, row.metric_id)
        open_ones[key, row.limit, (row.place_id or 0, row.handling_unit_id or 0)].append(row)
    rest: list[Found] = []
    # first those that begin at the same moment, so that no two rows ever change places
    for each in sorted(found, key=lambda each: each.episode.from_at):
        candidates = open_ones[each.series, each.limit.code, each.spell.thing]
        same = next((row for row in candidates if row.from_at == each.episode.from_at), None)
        if same is None:
            rest.append(each)
        else:
            candidates.remove(same)
            changes.changed.append((same, each))
    for each in rest:
        candidates = open_ones[each.series, each.limit.code, each.spell.thing]
        same = next((row for row in candidates if _overlaps(row, each.episode)), None)
        if same is None:
            changes.begun.append(each)
        else:
            candidates.remove(same)
            changes.changed.append((same, each))
    changes.withdrawn = [row for rows in open_ones.values() for row in rows]
    return changes


def _overlaps(row: Excursion, episode: Episode) -> bool:
    ends_before = row.until_at is not None and row.until_at <= episode.from_at
    begins_after = episode.until_at is not None and episode.until_at <= row.from_at
    return not ends_before and not begins_after


_KEPT: Final = (
    "from_at", "activated_at", "until_at", "worst", "mkt", "beyond_s", "unknown_s", "threshold", "state", "changed_at",
    "read_until",
)  # fmt: skip


def record(changes: Changes, *, at: datetime, cause: Cause) -> None:
    """Withdrawals first, so that what takes their place does not collide with them."""
    told: list[Event] = []
    for row in changes.withdrawn:
        row.state, row.changed_at = EpisodeState.WITHDRAWN, at
        told.append(_told(ExcursionWithdrawn, row))
    Excursion.objects.bulk_update(changes.withdrawn, ["state", "changed_at"])
    moved: list[Excursion] = []
    for row, found in changes.changed:
        before = (row.from_at, row.until_at, row.state)
        if not _filled(row, found, at):
            continue
        moved.append(row)
        if before[2] == EpisodeState.ACTIVE and row.state == EpisodeState.ENDED:
            told.append(_told(ExcursionEnded, row))
        elif before[:2] != (row.from_at, row.until_at):
            told.append(_told(ExcursionChanged, row))
    Excursion.objects.bulk_update(moved, _KEPT)
    made = [_made(found, at) for found in changes.begun]
    for row in Excursion.objects.bulk_create(made):
        told.append(_told(ExcursionBegan, row))
        if row.state == EpisodeState.ENDED:
            told.append(_told(ExcursionEnded, row))
    emit(told, at=at, cause=cause)


def _made(found: Found, at: datetime) -> Excursion:
    row = Excursion(
        device_id=found.series[0],
        metric_id=found.series[1],
        place_id=found.spell.place,
        handling_unit_id=found.spell.handling_unit,
        limit=found.limit.code,
        learned_at=at,
    )
    _filled(row, found, at)
    return row


def _filled(row: Excursion, found: Found, at: datetime) -> bool:
    """Write the episode into the row; false when nothing is different."""
    episode = found.episode
    values = {
        "from_at": episode.from_at,
        "activated_at": episode.activated_at,
        "until_at": episode.until_at,
        "worst": episode.worst,
        "mkt": None if episode.mkt is None or found.limit.metric != "temperature" else round(episode.mkt, 2),
        "beyond_s": round(episode.beyond.total_seconds()),
        "unknown_s": round(episode.unknown.total_seconds()),
        "threshold": found.limit.threshold,
        "read_until": found.read_until if episode.until_at is None else episode.until_at,
        "state": EpisodeState.ACTIVE if episode.until_at is None else EpisodeState.ENDED,
    }
    if all(getattr(row, name) == value for name, value in values.items()):
        return False
    for name, value in values.items():
        setattr(row, name, value)
    row.changed_at = at
    return True


def _told(event: type[ExcursionTold], row: Excursion) -> Event:
    return event(
        excursion=row.pk,
        device=row.device_id,
        place=row.place_id,
        handling_unit=row.handling_unit_id,
        metric=_METRIC_CODES.get(row.metric_id, str(row.metric_id)),
        limit=row.limit,
        from_at=row.from_at.isoformat(),
        until_at=None if row.until_at is None else row.until_at.isoformat(),
        worst=row.worst,
        mkt=row.mkt,
    )
