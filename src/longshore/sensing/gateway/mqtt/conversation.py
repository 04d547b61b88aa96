"""Commands on their way to one device, and the session that outlives its connection.

Commands live in the database, so nothing is lost when a gateway dies: what was not acknowledged is sent again to a
session that was kept. The newest retained one is also told at each new subscription.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from longshore.sensing.gateway.directory import Known
from longshore.sensing.gateway.mqtt import packets

if TYPE_CHECKING:
    from longshore.sensing.gateway.mqtt.connection import Connection

LONGEST_SESSION_S = 30 * 86_400
OPEN_COMMANDS = 20
SESSION = "SELECT subscriptions, told_up_to, expires_at FROM sensing_session WHERE device_id = %s"
KEEP = """
INSERT INTO sensing_session (device_id, subscriptions, told_up_to, expires_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (device_id) DO UPDATE SET subscriptions = excluded.subscriptions, told_up_to = excluded.told_up_to,
    expires_at = excluded.expires_at
"""
FORGET = "DELETE FROM sensing_session WHERE device_id = %s"
TOP = "SELECT coalesce(max(id), 0) FROM sensing_command WHERE device_id = %s"
PENDING = """
SELECT id, body::text FROM sensing_command
WHERE device_id = %s AND id > %s AND acknowledged_at IS NULL AND (expires_at IS NULL OR expires_at > %s)
ORDER BY id LIMIT %s
"""
RETAINED = """
SELECT id, body::text FROM sensing_command
WHERE device_id = %s AND retained AND (expires_at IS NULL OR expires_at > %s) ORDER BY id DESC LIMIT 1
"""
TAKEN = "UPDATE sensing_command SET acknowledged_at = %s WHERE id = %s AND acknowledged_at IS NULL"


class Conversation:
    """Exists only for devices that subscribe or keep a session: most never do, and ten thousand of them are idle."""

    def __init__(self, line: Connection, device: Known, *, keeps_s: int = 0) -> None:
        self.line, self.device, self.keeps_s = line, device, keeps_s
        self.filters: dict[str, int] = {}
        self.session_floor = -1  # commands up to here came before the session
        self.told = -1  # sent up to here on this connection
        self.open: dict[int, int] = {}  # packet id to command
        self.next_packet = 0
        self.telling = False
        self.more = False
        asked = line.connect.properties if line.connect else {}
        self.at_once = min(packets.number(asked, packets.RECEIVE_MAXIMUM, 65_535), OPEN_COMMANDS)
        self.largest = packets.number(asked, packets.MAXIMUM_PACKET, 2**28)

    async def resume(self, *, clean: bool) -> bool:
        """Take up the session if there is one that has not run out; True when there was."""
        device_id, at = self.device.id, self.line.gate.at()
        found = await self.line.gate.ask(lambda db: _resume(db, device_id, clean=clean, at=at))
        if found is None:
            self.line.gate.directory.sessions.discard(device_id)
            return False
        self.filters = {str(name): int(qos) for name, qos in found[0].items()}
        self.session_floor = self.told = int(found[1])
        return True

    async def begin(self) -> None:
        """From here on commands are for this session; kept on disk if it is to be kept."""
        device_id = self.device.id
        if self.session_floor < 0:
            top = await self.line.gate.ask(lambda db: _top(db, device_id))
            self.session_floor = self.told = top
        if self.keeps_s:
            await self._keep(None)

    async def _keep(self, until: datetime | None) -> None:
        values = (self.device.id, json.dumps(self.filters), self.session_floor, until)
        self.line.gate.directory.sessions.add(self.device.id)
        await self.line.gate.ask(lambda db: db.execute(KEEP, values))

    def end(self) -> None:
        """The connection is gone; the session stays as long as was agreed."""
        gate, device_id = self.line.gate, self.device.id
        if self.keeps_s and self.session_floor >= 0:
            gate.spawn(self._keep(gate.at() + timedelta(seconds=self.keeps_s)))
        elif device_id in gate.directory.sessions:
            gate.directory.sessions.discard(device_id)
            gate.spawn(gate.ask(lambda db: db.execute(FORGET, (device_id,))))

    @property
    def qos(self) -> int:
        """Of its filters for commands the highest; -1 without any."""
        return max((qos for name, qos in self.filters.items() if name.startswith("ls/")), default=-1)

    def hears(self, topic: str) -> bool:
        """Whether a filter for Sparkplug commands covers it; they end with the node's name or a wildcard."""
        return any(
            topic == name or (name.endswith("/#") and f"{topic}/".startswith(name[:-1])) for name in self.filters
        )

    async def tell_retained(self) -> None:
        device_id, at = self.device.id, self.line.gate.at()
        row = await self.line.gate.ask(lambda db: db.execute(RETAINED, (device_id, at)).fetchone())
        if row is not None:
            self._send(row[0], row[1], retained=True)
        self.wake()

    def wake(self) -> None:
        """Somebody may have left a command."""
        self.more = True
        if not self.telling and self.qos >= 0:
            self.telling = True
            self.line.gate.spawn(self._tell())

    async def _tell(self) -> None:
        try:
            while self.more and self.line.transport is not None and len(self.open) < self.at_once:
                self.more = False
                room = self.at_once - len(self.open)
                rows = await self._pending(room)
                for id, body in rows:
                    self._send(id, body, retained=False)
                self.more = self.more or len(rows) == room
        finally:
            self.telling = False

    async def _pending(self, room: int) -> list[tuple[int, str]]:
        asked = (self.device.id, self.told, self.line.gate.at(), room)
        rows: list[tuple[int, str]] = await self.line.gate.ask(lambda db: db.execute(PENDING, asked).fetchall())
        return rows

    def _send(self, id: int, body: str, *, retained: bool) -> None:
        self.told = max(self.told, id)
        packet_id = 0
        if self.qos:
            self.next_packet = self.next_packet % 65_535 + 1
            packet_id = self.next_packet
            self.open[packet_id] = id
        message = packets.Outgoing(f"ls/{self.device.code}/cmd", body.encode(), self.qos, packet_id, retained)
        wire = packets.publish(message, self.line.version)
        if len(wire) <= self.largest:
            self.line.send(wire)
        if not self.qos or len(wire) > self.largest:
            self.open.pop(packet_id, None)
            self._taken(id)

    def acknowledged(self, packet_id: int, *, taken: bool) -> None:
        id = self.open.pop(packet_id, None)
        if id is not None and taken:
            self._taken(id)
        self.wake()

    def _taken(self, id: int) -> None:
        gate = self.line.gate
        at = gate.at()
        gate.spawn(gate.ask(lambda db: db.execute(TAKEN, (at, id))))


def _resume(
    connection: psycopg.Connection[Any], device_id: int, *, clean: bool, at: datetime
) -> tuple[dict[str, int], int] | None:
    row = connection.execute(SESSION, (device_id,)).fetchone()
    if row is None:
        return None
    if clean or (row[2] is not None and row[2] <= at):
        connection.execute(FORGET, (device_id,))
        return None
    return row[0], row[1]


def _top(connection: psycopg.Connection[Any], device_id: int) -> int:
    row = connection.execute(TOP, (device_id,)).fetchone()
    return int(row[0]) if row else 0
