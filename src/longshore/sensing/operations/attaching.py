"""Where devices hang: each at one thing at a time, with its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.sensing.models import Attachment
from longshore.sensing.operations.refusing import locked


@dataclass(frozen=True, slots=True)
class Attach:
    """A device and the place (a vehicle is one) or the handling unit it hangs at; exactly one of the two."""

    device: int
    place: int | None = None
    handling_unit: int | None = None


@dataclass(frozen=True, slots=True)
class AttachReceipt:
    """`attached`: new attachments; `unchanged`: devices that hung there already."""

    attached: tuple[int, ...]
    unchanged: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DetachReceipt:
    """Devices that hung somewhere until now."""

    detached: tuple[int, ...]


class NotAttachable(Refusal):
    """It must hang at one thing, from a moment after the last one."""


def attach(attachments: Sequence[Attach], *, at: datetime, cause: Cause) -> AttachReceipt:
    """They hang there from `at` on; where they hung until then ends. Attaching where it hangs already changes nothing."""
    wanted = {one.device: one for one in attachments}
    for one in attachments:
        if (one.place is None) == (one.handling_unit is None):
            raise NotAttachable(
                "one-thing-only", _("A device hangs at a place or at a handling unit, not at both or neither."),
                _("Name one of them."), device=one.device,
            )  # fmt: skip
    with transaction.atomic():
        locked(list(wanted))
        open_now = {row.device_id: row for row in _open(list(wanted))}
        same = [device for device, row in open_now.items() if _is_there(row, wanted[device])]
        moving = [device for device in wanted if device not in same]
        _end([row for device, row in open_now.items() if device in moving], at)
        made = Attachment.objects.bulk_create(
            Attachment(
                device_id=device, place_id=wanted[device].place, handling_unit_id=wanted[device].handling_unit,
                from_at=at,
            )
            for device in moving
        )  # fmt: skip
        return AttachReceipt(tuple(row.pk for row in made), tuple(same))


def detach(device_ids: Sequence[int], *, at: datetime, cause: Cause) -> DetachReceipt:
    """They hang nowhere from `at` on. Detaching a loose device changes nothing."""
    with transaction.atomic():
        locked(device_ids, retired=True)
        rows = _open(device_ids)
        _end(rows, at)
        return DetachReceipt(tuple(row.device_id for row in rows))


def _open(device_ids: Sequence[int]) -> list[Attachment]:
    return list(Attachment.objects.filter(device__in=list(device_ids), until_at=None).order_by("device_id"))


def _is_there(row: Attachment, wanted: Attach) -> bool:
    return (row.place_id, row.handling_unit_id) == (wanted.place, wanted.handling_unit)


def _end(rows: Sequence[Attachment], at: datetime) -> None:
    early = [row for row in rows if row.from_at >= at]
    if early:
        raise NotAttachable(
            "attached-later", _("The device has hung there only since %(at)s.") % {"at": early[0].from_at.isoformat()},
            _("Name a later moment."), device=early[0].device_id,
        )  # fmt: skip
    Attachment.objects.filter(pk__in=[row.pk for row in rows]).update(until_at=at)
