"""Keys of devices: random, shown once, kept only as a digest. Two may be valid while one replaces the other."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.sensing.models import DeviceKey
from longshore.sensing.operations.refusing import locked

PREFIX = "lsd_"
OVERLAP = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """`token` is not kept anywhere: whoever gets this receipt is the only one who knows it."""

    key: int
    device: int
    code: str
    token: str
    valid_until: datetime | None

    def __repr__(self) -> str:
        return f"IssuedKey(key={self.key}, code={self.code!r})"  # a token must not reach a log


@dataclass(frozen=True, slots=True)
class KeysReceipt:
    """`ending`: how many older keys will end because of this."""

    issued: tuple[IssuedKey, ...]
    ending: int = 0


@dataclass(frozen=True, slots=True)
class KeyRevoked:
    """`replayed`: it had been revoked before."""

    key: int
    device: int
    replayed: bool


class UnknownKey(Refusal):
    """There is no such key."""


def digest_of(token: str) -> bytes:
    """How a token is kept. A slow hash would protect nothing here: a token is 256 random bits, not a word."""
    return hashlib.sha256(token.encode()).digest()


def issue_keys(
    device_ids: Sequence[int], *, at: datetime, cause: Cause, valid_until: datetime | None = None
) -> KeysReceipt:
    """One new key for each device; what they had goes on being valid."""
    with transaction.atomic():
        tokens = [(device, PREFIX + secrets.token_urlsafe(32)) for device in locked(device_ids)]
        rows = DeviceKey.objects.bulk_create(
            DeviceKey(device=device, digest=digest_of(token), valid_from=at, valid_until=valid_until, actor=cause.actor)
            for device, token in tokens
        )
        issued = (
            IssuedKey(row.pk, device.pk, device.code, token, valid_until)
            for row, (device, token) in zip(rows, tokens, strict=True)
        )
        return KeysReceipt(tuple(issued))


def rotate_keys(device_ids: Sequence[int], *, at: datetime, cause: Cause, overlap: timedelta = OVERLAP) -> KeysReceipt:
    """New keys; the old ones end after `overlap`, so that the devices can be told in their own time. No overlap: at once."""
    with transaction.atomic():
        locked(device_ids)
        ends = at + overlap
        valid = DeviceKey.objects.filter(device__in=list(device_ids), revoked_at=None)
        if overlap > timedelta():
            ending = valid.filter(Q(valid_until=None) | Q(valid_until__gt=ends), valid_from__lt=ends)
            count = ending.update(valid_until=ends)
        else:
            count = valid.update(revoked_at=at)
        receipt = issue_keys(device_ids, at=at, cause=cause)
        return KeysReceipt(receipt.issued, count)


def revoke_key(key: int, *, at: datetime, cause: Cause) -> KeyRevoked:
    """The key opens nothing any more, from now on; gateways hear of it at once."""
    with transaction.atomic():
        row = DeviceKey.objects.select_for_update().filter(pk=key).first()
        if row is None:
            raise UnknownKey(
                "unknown-key", _("There is no key %(id)s.") % {"id": key}, _("Load the page again."), key=key
            )
        if row.revoked_at is not None:
            return KeyRevoked(key, row.device_id, replayed=True)
        row.revoked_at = at
        row.save(update_fields=["revoked_at"])
        return KeyRevoked(key, row.device_id, replayed=False)
