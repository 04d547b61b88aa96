"""A person says: done, later, or take that back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.tower.models import ExceptionState, OpenException
from longshore.tower.operations.telling import tell_live


@dataclass(frozen=True, slots=True)
class CloseReceipt:
    exception: int
    state: str


class AlreadyClosed(Refusal):
    """Somebody else was faster, or the matter has gone away."""


class SameStillOpen(Refusal):
    """It was raised again meanwhile; two of the same would be open."""


def open_row(id: int) -> OpenException:
    """The row, locked, if it still waits for somebody."""
    row = OpenException.objects.select_for_update().filter(pk=id).first()
    if row is None or row.state not in (ExceptionState.OPEN, ExceptionState.SNOOZED):
        by = "" if row is None else row.closed_by
        raise AlreadyClosed(
            "exception-closed",
            _("This exception is no longer open."),
            _("Look at the list again; somebody else may have dealt with it."),
            exception=id,
            by=by,
        )
    return row


@transaction.atomic
def close_exception(id: int, *, at: datetime, cause: Cause) -> CloseReceipt:
    row = open_row(id)
    row.state, row.closed_at, row.closed_by = ExceptionState.DONE, at, cause.actor
    row.save(update_fields=["state", "closed_at", "closed_by"])
    return _told(row, at)


@transaction.atomic
def snooze_exception(id: int, *, until: datetime, at: datetime, cause: Cause) -> CloseReceipt:
    row = open_row(id)
    row.state, row.snoozed_until, row.closed_by = ExceptionState.SNOOZED, until, cause.actor
    row.save(update_fields=["state", "snoozed_until", "closed_by"])
    return _told(row, at)


@transaction.atomic
def reopen_exception(id: int, *, at: datetime, cause: Cause) -> CloseReceipt:
    """Undo of done and later. What an action did to the world is not undone here."""
    row = OpenException.objects.select_for_update().get(pk=id)
    if row.outcome:
        sentence = _("The action was carried out and cannot be taken back here.")
        raise AlreadyClosed("exception-acted", sentence, _("Change the order or the proposal itself."), exception=id)
    if OpenException.objects.filter(key=row.key, state__in=["open", "snoozed"]).exclude(pk=id).exists():
        raise SameStillOpen("exception-open-again", _("The same was raised again and is open."), "", exception=id)
    row.state, row.closed_at, row.snoozed_until, row.closed_by = ExceptionState.OPEN, None, None, ""
    row.save(update_fields=["state", "closed_at", "snoozed_until", "closed_by"])
    return _told(row, at)


def _told(row: OpenException, at: datetime) -> CloseReceipt:
    tell_live("exception", {"changed": [row.pk]}, at=at)
    return CloseReceipt(row.pk, row.state)
