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
    return ids_of([code])[0]


def ids_of(codes: Sequence[str]) -> list[int]:
    """The ids behind codes, in their order."""
    found = dict(Device.objects.filter(code__in=list(codes)).values_list("code", "pk"))
    missing = [code for code in codes if code not in found]
    if missing:
        raise UnknownDevice(
            "unknown-device", _("There is no device %(id)s.") % {"id": missing[0]},
            _("Register it first, or check the code."), devices=missing,
        )  # fmt: skip
    return [found[code] for code in codes]
