"""Who may speak: devices, keys and metrics in memory, as fresh as the database's bell.

A token is 256 random bits, so its sha256 is as good as a slow hash and a thousand times cheaper; an equal digest is
found by dictionary, which tells nobody how far a guess was right.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from longshore.sensing.models import LISTENED_TO

DEVICES = "SELECT id, code, state FROM sensing_device"
KEYS = "SELECT digest, device_id, valid_from, valid_until FROM sensing_devicekey WHERE revoked_at IS NULL"
METRICS = "SELECT code, id FROM sensing_metric"


@dataclass(frozen=True, slots=True)
class Known:
    """A device as the gateway needs it."""

    id: int
    code: str
    state: str

    @property
    def welcome(self) -> bool:
        return self.state in LISTENED_TO


@dataclass(frozen=True, slots=True)
class Key:
    digest: bytes
    device_id: int
    valid_from: datetime
    valid_until: datetime | None

    def valid(self, at: datetime) -> bool:
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


@dataclass(frozen=True, slots=True)
class Admission:
    """Who it is, or why not: `reason` is one of the codes under which refusals are counted."""

    device: Known | None
    reason: str = ""
    key: Key | None = None


class Directory:
    """Reads are by the event loop; `load…` runs in a thread and exchanges whole dictionaries or single entries."""

    def __init__(self) -> None:
        self.by_code: dict[str, Known] = {}
        self.by_id: dict[int, Known] = {}
        self.keys: dict[bytes, Key] = {}
        self.metrics: dict[str, int] = {}
        self.sessions: set[int] = set()

    def load(self, connection: psycopg.Connection[Any]) -> None:
        devices = [Known(*row) for row in connection.execute(DEVICES).fetchall()]
        keys = [Key(bytes(row[0]), *row[1:]) for row in connection.execute(KEYS).fetchall()]
        self.metrics = dict(connection.execute(METRICS).fetchall())
        self.sessions = {row[0] for row in connection.execute("SELECT device_id FROM sensing_session").fetchall()}
        self.keys = {key.digest: key for key in keys}
        self.by_code = {device.code: device for device in devices}
        self.by_id = {device.id: device for device in devices}

    def load_one(self, connection: psycopg.Connection[Any], device_id: int) -> None:
        """What the bell rang for. Keys are looked through in memory: there are few changes and no index to keep."""
        row = connection.execute(f"{DEVICES} WHERE id = %s", (device_id,)).fetchone()
        fresh = connection.execute(f"{KEYS} AND device_id = %s", (device_id,)).fetchall()
        for digest in [key.digest for key in list(self.keys.values()) if key.device_id == device_id]:
            self.keys.pop(digest, None)
        self.keys.update({bytes(key[0]): Key(bytes(key[0]), *key[1:]) for key in fresh})
        before = self.by_id.pop(device_id, None)
        if before is not None:
            self.by_code.pop(before.code, None)
        if row is not None:
            device = Known(*row)
            self.by_id[device.id], self.by_code[device.code] = device, device

    def load_some(self, connection: psycopg.Connection[Any], device_ids: set[int]) -> None:
        for device_id in device_ids:
            self.load_one(connection, device_id)

    def load_code(self, connection: psycopg.Connection[Any], code: str) -> None:
        """A second look for a name that was not known, or whose key was not."""
        row = connection.execute(f"{DEVICES} WHERE code = %s", (code,)).fetchone()
        if row is not None:
            self.load_one(connection, row[0])

    def admit(self, user: str, token: bytes, at: datetime) -> Admission:
        device = self.by_code.get(user)
        if device is None:
            return Admission(None, "unknown-device")
        key = self.keys.get(hashlib.sha256(token).digest())
        if key is None or not key.valid(at):
            return Admission(None, "bad-key")
        if key.device_id != device.id:
            return Admission(None, "forged")
        if not device.welcome:
            return Admission(None, device.state)
        return Admission(device, key=key)

    def still_welcome(self, device: Known, key: Key | None, at: datetime) -> bool:
        """Whether somebody who came in earlier may stay: same name, still listened to, key not taken back."""
        now = self.by_id.get(device.id)
        if now is None or now.code != device.code or not now.welcome:
            return False
        return key is None or (key.digest in self.keys and self.keys[key.digest].valid(at))
