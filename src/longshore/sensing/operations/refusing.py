"""The refusals that several verbs share."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal
from longshore.sensing.models import Device


class UnknownDevice(Refusal):
    """Nobody registered it."""


class NotForRetired(Refusal):
    """A retired device stays as it is."""


def locked(device_ids: Sequence[int], *, retired: bool = False) -> list[Device]:
    """These devices, locked in the order of their ids. Retired ones are refused unless they are wanted."""
    found = list(Device.objects.select_for_update(no_key=True).filter(pk__in=set(device_ids)).order_by("pk"))
    missing = sorted(set(device_ids) - {device.pk for device in found})
    if missing:
        raise UnknownDevice(
            "unknown-device", _("There is no device %(id)s.") % {"id": missing[0]},
            _("Register it first, or check the code."), devices=missing,
        )  # fmt: skip
    gone = [device.code for device in found if device.state == "retired"]
    if gone and not retired:
        raise NotForRetired(
            "device-retired", _("The device %(code)s is retired.") % {"code": gone[0]},
            _("Register its successor under a code of its own."), devices=gone,
        )  # fmt: skip
    return found


def id_of(code: str) -> int:
    """The id behind a code."""
    found = Device.objects.filter(code=code).values_list("pk", flat=True).first()
    if found is None:
        raise UnknownDevice(
            "unknown-device", _("There is no device %(id)s.") % {"id": code},
            _("Register it first, or check the code."), device=code,
        )  # fmt: skip
    return found
