"""One step of interpretation: what came since the mark, in one transaction with the mark itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import InterfaceError, OperationalError, transaction

from longshore.ledger.cause import Cause
from longshore.sensing.models import InterpretationMark
from longshore.sensing.operations.interpreting.excursing import Memory, interpret_readings
from longshore.sensing.operations.interpreting.levelling import LEVEL_METRICS, interpret_levels
from longshore.sensing.operations.interpreting.moving import interpret_fixes, near_places
from longshore.sensing.operations.interpreting.passing import due_tags, interpret_tags, keep_reads
from longshore.sensing.operations.interpreting.saying import interpret_reports, interpret_scans
from longshore.sensing.queries.raw import SignalRow, TouchedRow, new_signals, next_batches, touched_series

logger = logging.getLogger(__name__)

READINGS: Final = "episodes-of-readings"
SIGNALS: Final = "episodes-of-signals"
BATCHES_AT_ONCE: Final = 1000
SIGNALS_AT_ONCE: Final = 5000
TAGS_AT_ONCE: Final = 2000
# Later than this a reading is kept and shown, but it changes no episode any more.
ALLOWED_LATENESS: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Interpreted:
    """`batches` and `signals` that were walked; `series` that had to be read; `tags` looked at; `more` waits."""

    batches: int
    signals: int
    series: int
    tags: int
    late: int
    more: bool

    @property
    def idle(self) -> bool:
        return not (self.batches or self.signals or self.tags)


def interpret(*, at: datetime, cause: Cause, memory: Memory | None = None, careful: bool = False) -> Interpreted:
    """Interpret what came since the last time. Two of these at once: the second leaves the work to the first.

    A loop hands its `memory` to each call, so that limits are not looked up for every reading. `careful`: one batch, one
    signal, one tag; what fails is logged and left out, so that it cannot keep everything behind it from being seen.
    """
    memory = memory or Memory()
    batches, series, late, more_readings = _readings(memory, careful, at=at, cause=cause)
    signals, more_signals = _signals(memory, careful, at=at, cause=cause)
    with transaction.atomic():
        due = due_tags(at, 1 if careful else TAGS_AT_ONCE)
        if due:
            _attempt(lambda: interpret_tags(due, at=at, cause=cause), careful)
    return Interpreted(batches, signals, series, len(due), late, more_readings or more_signals)


def _attempt(step: Callable[[], None], careful: bool) -> None:
    try:
        with transaction.atomic():
            step()
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        if not careful:
            raise
        # the raw data stays: `longshore interpret --again` shows what is missing once the mistake is mended
        logger.exception("Left out of interpretation:")


def _mark(reader: str) -> InterpretationMark | None:
    """The mark, ours until the end of the transaction; None while somebody else has it."""
    InterpretationMark.objects.get_or_create(reader=reader)
    return InterpretationMark.objects.select_for_update(skip_locked=True).filter(reader=reader).first()


def _set(mark: InterpretationMark, last: int, at: datetime) -> None:
    mark.last_id, mark.updated_at = last, at
    mark.save(update_fields=["last_id", "updated_at"])


def _readings(memory: Memory, careful: bool, *, at: datetime, cause: Cause) -> tuple[int, int, int, bool]:
    at_once = 1 if careful else BATCHES_AT_ONCE
    with transaction.atomic():
        mark = _mark(READINGS)
        last, walked = (None, 0) if mark is None else next_batches(mark.last_id, at_once)
        if mark is None or last is None:
            return 0, 0, 0, False
        memory.renew(at)
        metrics = sorted({*memory.limits.metrics, *LEVEL_METRICS})
        touched = touched_series(mark.last_id, last, metrics)
        timely = in_time(touched, at)
        read: list[int] = []
        _attempt(lambda: read.append(interpret_readings(timely, memory, at=at, cause=cause)), careful)
        _attempt(lambda: read.append(interpret_levels(timely, at=at, cause=cause)), careful)
        _set(mark, last, at)
        return walked, sum(read), len(touched) - len(timely), walked >= at_once


def in_time(touched: Sequence[TouchedRow], at: datetime) -> list[TouchedRow]:
    """Series with readings that are not too late; of one with both, the part that is not."""
    oldest = at - ALLOWED_LATENESS
    return [row._replace(low=max(row.low, oldest)) for row in touched if row.high >= oldest]


def _signals(memory: Memory, careful: bool, *, at: datetime, cause: Cause) -> tuple[int, bool]:
    at_once = 1 if careful else SIGNALS_AT_ONCE
    with transaction.atomic():
        mark = _mark(SIGNALS)
        found = () if mark is None else new_signals(mark.last_id, at_once)
        if mark is None or not found:
            return 0, False
        memory.renew(at)
        timely = [each for each in found if each.at >= at - ALLOWED_LATENESS and isinstance(each.body, dict)]
        _attempt(lambda: _interpret_signals(timely, memory, at=at, cause=cause), careful)
        _set(mark, found[-1].id, at)
        return len(found), len(found) == at_once


def _interpret_signals(signals: Sequence[SignalRow], memory: Memory, *, at: datetime, cause: Cause) -> None:
    keep_reads([each for each in signals if each.kind == "tags"], at=at, cause=cause)
    fixes = [each for each in signals if each.kind == "fix"]
    if fixes and memory.near is None:
        memory.near = near_places()
    if memory.near is not None:
        interpret_fixes(fixes, memory.near, at=at, cause=cause)
    interpret_scans([each for each in signals if each.kind == "scan"], at=at, cause=cause)
    interpret_reports([each for each in signals if each.kind == "state"], at=at, cause=cause)
