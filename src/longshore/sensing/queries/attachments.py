"""Where a device hung when, what hung in a place when, its keys, its commands, and what was refused from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString, NamedTuple

from longshore.sensing.queries.rows import fetch, from_json


class AttachmentRow(NamedTuple):
    id: int
    device: int
    device_code: str
    place: int | None
    place_code: str
    place_name: str
    place_name_zh: str
    handling_unit: int | None
    sscc: str
    from_at: datetime
    until_at: datetime | None


class KeyRow(NamedTuple):
    """`valid`: may open the door now."""

    id: int
    fingerprint: str
    valid_from: datetime
    valid_until: datetime | None
    revoked_at: datetime | None
    actor: str
    valid: bool


class CommandRow(NamedTuple):
    id: int
    body: dict[str, object]
    retained: bool
    actor: str
    created_at: datetime
    expires_at: datetime | None
    acknowledged_at: datetime | None


class RefusedRow(NamedTuple):
    device: int | None
    claimed: str
    reason: str
    hour: datetime
    times: int
    last_at: datetime
    samples: list[object]


_ATTACHMENT: Final[LiteralString] = """
SELECT a.id, a.device_id, d.code, a.place_id, coalesce(p.code, ''), coalesce(p.name, ''), coalesce(p.name_zh, ''),
    a.handling_unit_id, coalesce(h.sscc, ''), a.from_at, a.until_at
FROM sensing_attachment a JOIN sensing_device d ON d.id = a.device_id
LEFT JOIN catalog_place p ON p.id = a.place_id LEFT JOIN catalog_handlingunit h ON h.id = a.handling_unit_id
"""
_OF_DEVICE: Final[LiteralString] = _ATTACHMENT + "WHERE a.device_id = %s::int ORDER BY a.from_at DESC LIMIT %s"
_AT: Final[LiteralString] = (
    _ATTACHMENT
    + """WHERE (%s::int[] IS NULL OR a.device_id = ANY(%s::int[])) AND a.from_at <= %s::timestamptz
    AND (a.until_at IS NULL OR a.until_at > %s::timestamptz) ORDER BY d.code"""
)
_KEYS: Final[LiteralString] = """
SELECT id, encode(substring(digest FOR 4), 'hex'), valid_from, valid_until, revoked_at, actor,
    revoked_at IS NULL AND valid_from <= %s::timestamptz AND (valid_until IS NULL OR valid_until > %s::timestamptz)
FROM sensing_devicekey WHERE device_id = %s::int ORDER BY id DESC LIMIT 20
"""
_COMMANDS: Final[LiteralString] = """
SELECT id, body, retained, actor, created_at, expires_at, acknowledged_at FROM sensing_command
WHERE device_id = %s::int ORDER BY id DESC LIMIT %s
"""
_REFUSED: Final[LiteralString] = """
SELECT device_id, claimed, reason, hour, count, last_at, samples FROM sensing_refusedmessage
WHERE (%s::int IS NULL OR device_id = %s::int) AND hour >= %s::timestamptz ORDER BY last_at DESC, reason LIMIT %s
"""


def attachments_of(device: int, limit: int = 20) -> tuple[AttachmentRow, ...]:
    """Newest first."""
    return fetch(AttachmentRow, _OF_DEVICE, device, limit)


def attachments_at(at: datetime, device_ids: Sequence[int] | None = None) -> tuple[AttachmentRow, ...]:
    """What hung where at that moment: of these devices, or of all."""
    ids = None if device_ids is None else list(device_ids)
    return fetch(AttachmentRow, _AT, ids, ids, at, at)


def keys_of(device: int, at: datetime) -> tuple[KeyRow, ...]:
    """Newest first. The fingerprint is the start of the digest: enough to tell keys apart, useless for anything else."""
    return fetch(KeyRow, _KEYS, at, at, device)


def commands_of(device: int, limit: int = 10) -> tuple[CommandRow, ...]:
    rows = fetch(CommandRow, _COMMANDS, device, limit)
    return tuple(row._replace(body=from_json(row.body)) for row in rows)


def refused_since(since: datetime, device: int | None = None, limit: int = 50) -> tuple[RefusedRow, ...]:
    """What was turned away, newest first: from one device, or from anybody, unknown senders included."""
    rows = fetch(RefusedRow, _REFUSED, device, device, since, limit)
    return tuple(row._replace(samples=from_json(row.samples)) for row in rows)


class SaidRow(NamedTuple):
    kind: str
    at: datetime
    received_at: datetime
    body: dict[str, object]


_SAID: Final[LiteralString] = """
SELECT kind, at, received_at, body FROM sensing_signal WHERE device_id = %s::int AND kind = %s AND at <= %s::timestamptz
ORDER BY at DESC LIMIT %s
"""


def last_signals(device: int, kind: str, until: datetime, limit: int = 5) -> tuple[SaidRow, ...]:
    """The newest of what it said that is not a number: tags, fixes, scans or states."""
    return tuple(row._replace(body=from_json(row.body)) for row in fetch(SaidRow, _SAID, device, kind, until, limit))
