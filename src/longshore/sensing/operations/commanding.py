"""Telling a device something: kept, and told again whenever it subscribes, until it is replaced or expires."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.sensing.models import Command
from longshore.sensing.operations.refusing import locked

LARGEST = 8192


@dataclass(frozen=True, slots=True)
class NewCommand:
    """`retained`: told again at each subscription, as long as it is the newest."""

    device: int
    body: Mapping[str, Any]
    retained: bool = True
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CommandReceipt:
    command: int
    device: int


class CommandRefused(Refusal):
    """It is no command that a device could be told."""


def send_command(command: NewCommand, *, at: datetime, cause: Cause) -> CommandReceipt:
    """The gateway publishes it on `ls/<device>/cmd` once this is committed."""
    size = len(json.dumps(dict(command.body)).encode())
    if not command.body or size > LARGEST:
        raise CommandRefused(
            "bad-command", _("A command is a JSON object of at most %(most)s bytes.") % {"most": LARGEST},
            _("Shorten it, or write at least one name and value."), size=size,
        )  # fmt: skip
    if command.expires_at is not None and command.expires_at <= at:
        raise CommandRefused(
            "command-expired", _("The command would expire before it is told."), _("Choose a later end.")
        )  # fmt: skip
    with transaction.atomic():
        locked([command.device])
        row = Command.objects.create(
            device_id=command.device, body=dict(command.body), retained=command.retained, actor=cause.actor,
            created_at=at, expires_at=command.expires_at,
        )  # fmt: skip
        return CommandReceipt(row.pk, command.device)
