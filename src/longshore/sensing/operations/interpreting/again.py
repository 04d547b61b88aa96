"""Interpretation over again, from the raw data of a time, without writing: does it say what is stored?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from django.db import transaction

from longshore.sensing.models import EpisodeState, Excursion, Passage
from longshore.sensing.operations.interpreting.excursing import Memory, find_excursions_of
from longshore.sensing.operations.interpreting.passing import passages_between
from longshore.sensing.queries.raw import TouchedRow
from longshore.sensing.queries.rows import fetch

_SERIES: Final[LiteralString] = """
SELECT device_id, metric_id, min(at), max(at) FROM sensing_reading
WHERE at >= %s::timestamptz AND at < %s::timestamptz AND metric_id = ANY(%s::smallint[]) GROUP BY 1, 2 ORDER BY 1, 2
"""
Line = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Episodes that the raw data tells and nobody has stored, and the other way round; each as text, kind first."""

    compared: int
    only_told: tuple[Line, ...]
    only_stored: tuple[Line, ...]

    @property
    def same(self) -> bool:
        return not self.only_told and not self.only_stored


def interpret_again(from_at: datetime, until: datetime) -> Difference:
    """Compare the episodes that began in this time with what the raw data says now. Writes nothing."""
    with transaction.atomic():
        told = {*_excursions_told(from_at, until), *_passages(passages_between(from_at, until))}
        transaction.set_rollback(True)
    stored = {*_excursions_stored(from_at, until), *_passages(_stored_passages(from_at, until))}
    return Difference(len(told | stored), tuple(sorted(told - stored)), tuple(sorted(stored - told)))


def _excursions_told(from_at: datetime, until: datetime) -> Iterable[Line]:
    memory = Memory()
    memory.renew(until)
    touched = fetch(TouchedRow, _SERIES, from_at, until, memory.limits.metrics)
    found, _stored, _read = find_excursions_of(touched, memory)
    for each in found:
        if from_at <= each.episode.from_at < until:
            ended = each.episode.until_at
            yield _line(*each.series, each.limit.code, each.episode.from_at, ended)


def _excursions_stored(from_at: datetime, until: datetime) -> Iterable[Line]:
    rows = Excursion.objects.filter(from_at__gte=from_at, from_at__lt=until).exclude(state=EpisodeState.WITHDRAWN)
    for row in rows:
        yield _line(row.device_id, row.metric_id, row.limit, row.from_at, row.until_at)


def _line(device: int, metric: int, limit: str, from_at: datetime, until: datetime | None) -> Line:
    ended = "" if until is None else until.isoformat()
    return "excursion", str(device), str(metric), limit, from_at.isoformat(), ended


def _stored_passages(from_at: datetime, until: datetime) -> Iterable[Passage]:
    return Passage.objects.filter(first_at__gte=from_at, first_at__lt=until).exclude(state=EpisodeState.WITHDRAWN)


def _passages(rows: Iterable[Passage]) -> Iterable[Line]:
    for row in rows:
        yield "passage", str(row.device_id), row.epc, row.direction, row.first_at.isoformat(), row.at.isoformat()
