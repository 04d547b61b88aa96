"""Devices become known: one or many at once, by hand, by program or from a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal, RejectedRow
from longshore.ledger.cause import Cause
from longshore.sensing.models import Device, DeviceKind
from longshore.sensing.operations.refusing import locked

CODE = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class NewDevice:
    """`expected_every_s` 0: it speaks when something happens, and its silence means nothing."""

    code: str
    kind: str
    name: str = ""
    name_zh: str = ""
    expected_every_s: int = 60
    firmware: str = ""
    calibration_due: date | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Registered:
    """`replayed`: it was known already, exactly so."""

    code: str
    device: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class DevicesReceipt:
    accepted: tuple[Registered, ...]
    rejected: tuple[RejectedRow, ...] = ()


class DevicesRefused(Refusal):
    """Nothing was registered; `rejected` says why, row by row."""

    def __init__(self, rejected: Sequence[RejectedRow]) -> None:
        super().__init__(rejected[0].code, rejected[0].sentence, rejected[0].remedy, rows=len(rejected))
        self.rejected = tuple(rejected)


def register_devices(
    devices: Sequence[NewDevice], *, at: datetime, cause: Cause, partial: bool = False
) -> DevicesReceipt:
    """Make them known. They may speak once they have a key. The same device again is a no-op; a different one under a
    known code is refused. With `partial` the good rows are taken and the others come back."""
    with transaction.atomic():
        known = {one.code: one for one in Device.objects.filter(code__in=[device.code for device in devices])}
        good, rejected = _sorted(devices, known)
        if rejected and not partial:
            raise DevicesRefused(rejected)
        fresh = [one for one in good if one.code not in known]
        made = {one.code: one for one in Device.objects.bulk_create([_made(one, at) for one in fresh])}
        accepted = tuple(
            Registered(one.code, (made.get(one.code) or known[one.code]).pk, one.code in known) for one in good
        )
        return DevicesReceipt(accepted, tuple(rejected))


def _made(device: NewDevice, at: datetime) -> Device:
    return Device(
        code=device.code, kind=device.kind, name=device.name, name_zh=device.name_zh, firmware=device.firmware,
        expected_every_s=device.expected_every_s, calibration_due=device.calibration_due,
        settings=dict(device.settings), created_at=at,
    )  # fmt: skip


def _sorted(devices: Sequence[NewDevice], known: Mapping[str, Device]) -> tuple[list[NewDevice], list[RejectedRow]]:
    good: dict[str, NewDevice] = {}
    rejected: list[RejectedRow] = []
    for row, device in enumerate(devices, start=1):
        fault = _fault(device, known.get(device.code), device.code in good)
        if fault is None:
            good[device.code] = device
        else:
            column, code, sentence, remedy = fault
            rejected.append(RejectedRow(row, column, code, sentence, remedy, value=device.code))
    return list(good.values()), rejected


def _fault(device: NewDevice, known: Device | None, twice: bool) -> tuple[str, str, str, str] | None:
    """(field, code, sentence, remedy) of the first thing wrong with a row."""
    if not CODE.fullmatch(device.code):
        return (
            "code", "bad-device-code", _("“%(code)s” cannot be a device's code.") % {"code": device.code},
            _("Use 1 to 64 letters, digits, dots, hyphens and underscores: it is a level of its topics."),
        )  # fmt: skip
    if device.kind not in DeviceKind.values:
        return (
            "kind", "unknown-device-kind", _("“%(kind)s” is no kind of device.") % {"kind": device.kind},
            _("Use one of: %(allowed)s.") % {"allowed": ", ".join(DeviceKind.values)},
        )  # fmt: skip
    if device.expected_every_s < 0:
        return (
            "expected_every_s", "bad-span", _("A device cannot speak every %(s)s seconds.")
            % {"s": device.expected_every_s}, _("Give seconds, or 0 if it speaks only when something happens."),
        )  # fmt: skip
    if twice or (known is not None and not _same(device, known)):
        return (
            "code", "device-known", _("The code %(code)s already belongs to a device.") % {"code": device.code},
            _("Give it a code of its own, or change the known one."),
        )  # fmt: skip
    return None


def _same(device: NewDevice, known: Device) -> bool:
    told = (device.kind, device.name, device.name_zh, device.expected_every_s, dict(device.settings))
    return told == (known.kind, known.name, known.name_zh, known.expected_every_s, known.settings)


@dataclass(frozen=True, slots=True)
class DeviceChange:
    """What is None stays as it is."""

    name: str | None = None
    name_zh: str | None = None
    expected_every_s: int | None = None
    calibration_due: date | None = None
    settings: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    device: int
    fields: tuple[str, ...]


def change_device(device: int, change: DeviceChange, *, at: datetime, cause: Cause) -> DeviceChanged:
    """Correct what is known of one device."""
    with transaction.atomic():
        (row,) = locked([device])
        wanted = {name: getattr(change, name) for name in change.__slots__}
        fields = [name for name, value in wanted.items() if value is not None and value != getattr(row, name)]
        for name in fields:
            setattr(row, name, wanted[name])
        if fields:
            row.save(update_fields=fields)
        return DeviceChanged(device, tuple(fields))
