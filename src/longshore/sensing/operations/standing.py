"""Whether a device is listened to: quarantine and back, and the end of its life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.sensing.events import DeviceQuarantined
from longshore.sensing.models import Attachment, Device, DeviceKey, DeviceState
from longshore.sensing.operations.refusing import locked


@dataclass(frozen=True, slots=True)
class StandingReceipt:
    """`changed`: devices whose state is another now; the others were in it already."""

    changed: tuple[int, ...]


class NoReason(Refusal):
    """A quarantine without a reason helps nobody."""


def quarantine(device_ids: Sequence[int], *, reason: str, at: datetime, cause: Cause) -> StandingReceipt:
    """What they say is refused until somebody readmits them. Tells sensing.device-quarantined."""
    if not reason.strip():
        raise NoReason(
            "no-reason", _("A quarantine needs a reason."), _("Write what was seen, in a few words.")
        )  # fmt: skip
    with transaction.atomic():
        rows = [row for row in locked(device_ids) if row.state != DeviceState.QUARANTINED]
        ids = tuple(row.pk for row in rows)
        Device.objects.filter(pk__in=ids).update(state=DeviceState.QUARANTINED, quarantine_reason=reason.strip()[:300])
        emit([DeviceQuarantined(row.pk, row.code, reason.strip()) for row in rows], at=at, cause=cause)
        return StandingReceipt(ids)


def readmit(device_ids: Sequence[int], *, at: datetime, cause: Cause) -> StandingReceipt:
    """They are listened to again."""
    with transaction.atomic():
        ids = tuple(row.pk for row in locked(device_ids) if row.state == DeviceState.QUARANTINED)
        Device.objects.filter(pk__in=ids).update(state=DeviceState.ACTIVE, quarantine_reason="")
        return StandingReceipt(ids)


def retire(device_ids: Sequence[int], *, at: datetime, cause: Cause) -> StandingReceipt:
    """The end: keys revoked, attachments ended, nothing heard any more. What they said stays."""
    with transaction.atomic():
        ids = tuple(row.pk for row in locked(device_ids, retired=True) if row.state != DeviceState.RETIRED)
        Device.objects.filter(pk__in=ids).update(state=DeviceState.RETIRED, quarantine_reason="", online=False)
        DeviceKey.objects.filter(device__in=ids, revoked_at=None).update(revoked_at=at)
        Attachment.objects.filter(device__in=ids, until_at=None, from_at__lt=at).update(until_at=at)
        return StandingReceipt(ids)
