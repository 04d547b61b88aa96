"""Forecast runs that people start: kept, watched, cancelled, and carried out by a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.planning.forecast_rules import Watch
from longshore.planning.models import ForecastRun, ForecastState
from longshore.planning.operations.forecasts import ForecastReceipt, make_forecasts
from longshore.planning.operations.policies import set_policies
from longshore.planning.reading import rows

OPEN = (ForecastState.WAITING, ForecastState.RUNNING)
ALONE = "SELECT pg_try_advisory_lock(hashtext('longshore.forecast-run'), %s)"
ASKING = "SELECT pg_advisory_xact_lock(hashtext('longshore.forecast-asking'))"
TELL = "UPDATE planning_forecastrun SET done = %s, total = %s WHERE id = %s RETURNING cancel_asked"


class RunRefused(Refusal):
    """No run was started or changed."""


class RunCancelled(Refusal):
    """Somebody stopped the run; nothing was changed."""


@transaction.atomic
def ask_for_run(
    key: UUID, *, at: datetime, cause: Cause, items: Sequence[int] | None = None, thorough: bool | None = None
) -> ForecastRun:
    """A run that waits for a worker. The same key asks once; only one run for everything waits or runs at a time."""
    rows(ASKING, {})
    known = ForecastRun.objects.filter(key=key).first()
    if known is not None:
        return known
    if items is None and ForecastRun.objects.filter(state__in=OPEN, items__isnull=True).exists():
        raise RunRefused(
            "run-under-way", _("A forecast run is under way already."), _("Wait for it, or cancel it first.")
        )
    return ForecastRun.objects.create(
        key=key, actor=cause.actor[:80], thorough=thorough, items=None if items is None else sorted(set(items)),
        asked_at=at,
    )  # fmt: skip


def cancel_run(number: int) -> ForecastRun:
    """Stop before the next step; nothing of it stays. One that only waits is stopped at once."""
    run = ForecastRun.objects.filter(pk=number).first()
    if run is None:
        raise RunRefused("no-such-run", _("There is no such forecast run."), _("Load the page again."))
    ForecastRun.objects.filter(pk=number, state=ForecastState.WAITING).update(state=ForecastState.CANCELLED)
    ForecastRun.objects.filter(pk=number, state=ForecastState.RUNNING).update(cancel_asked=True)
    run.refresh_from_db()
    return run


def carry_out_run(number: int, *, now: Callable[[], datetime]) -> ForecastRun:
    """Do a run that was asked for: forecasts, then the stock policies that stand on them. Safe to do twice."""
    with _alone(number) as watch:
        claimed = ForecastRun.objects.filter(pk=number, state__in=OPEN).update(state=ForecastState.RUNNING)
        run = ForecastRun.objects.get(pk=number)
        if claimed and watch is not None:
            _settle(run, watch, now)
    return run


def _settle(run: ForecastRun, watch: Watch, now: Callable[[], datetime]) -> None:
    """Whatever happens, the row says so; a mistake of ours is recorded and raised on."""
    at, cause = now(), Cause(actor=run.actor, because=f"forecast-run:{run.pk}")
    try:
        with transaction.atomic():
            made = _made(run, at, cause, watch)
            policies = set_policies(at=at, cause=cause, items=run.items)
        run.state, run.thorough = ForecastState.DONE, not made.fast
        run.counts = {"series": made.series, "policies": len(policies.changed)}
    except RunCancelled:
        run.state = ForecastState.CANCELLED
    except Exception as error:
        run.state = ForecastState.FAILED
        run.counts = {"error": f"{type(error).__name__}: {error}"[:500]}
        raise
    finally:
        run.finished_at = now()
        run.save(update_fields=["state", "thorough", "counts", "finished_at"])


def _made(run: ForecastRun, at: datetime, cause: Cause, watch: Watch) -> ForecastReceipt:
    fast = None if run.thorough is None else not run.thorough
    return make_forecasts(at=at, cause=cause, items=run.items, fast=fast, run=run.pk, watch=watch)


@contextmanager
def _alone(number: int) -> Iterator[Watch | None]:
    """A second connection that holds the run and shows its progress while the work's own transaction is open."""
    side = connection.copy()
    try:
        with side.cursor() as cursor:
            cursor.execute(ALONE, [number])
            row = cursor.fetchone()

        def watch(done: int, total: int) -> None:
            with side.cursor() as progress:
                progress.execute(TELL, [done, total, number])
                asked = progress.fetchone()
            if asked is not None and asked[0]:
                raise RunCancelled("cancelled", _("The run was stopped; nothing was changed."), _("Start it again."))

        yield watch if row is not None and row[0] else None
    finally:
        side.close()
