"""MQTT 3.1.1 and 5 packets: bytes in, frozen records out, and back. Pure; whatever the bytes are, `Malformed` is the worst."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 1, 2, 3, 4, 5, 6, 7
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT, AUTH = 8, 9, 10, 11, 12, 13, 14, 15
V3, V5 = 4, 5

# Reason codes of MQTT 5 that we give.
SUCCESS, NO_SUBSCRIPTION = 0x00, 0x11
UNSPECIFIED, MALFORMED, PROTOCOL_ERROR, REFUSED_BY_US, BAD_VERSION, BAD_CLIENT_ID = 0x80, 0x81, 0x82, 0x83, 0x84, 0x85
BAD_CREDENTIALS, NOT_AUTHORIZED, UNAVAILABLE, SHUTTING_DOWN, BAD_AUTH_METHOD = 0x86, 0x87, 0x88, 0x8B, 0x8C
KEEP_ALIVE_PASSED, TAKEN_OVER, BAD_FILTER, BAD_TOPIC, TOO_MANY, BAD_ALIAS, TOO_LARGE, TOO_FAST = (
    *(0x8D, 0x8E, 0x8F, 0x90, 0x93, 0x94, 0x95, 0x96),
)
QUOTA, NOT_ADMINISTERED, BAD_PAYLOAD = 0x97, 0x98, 0x99
# What a client of 3.1.1 is told instead at CONNECT.
V3_RETURN = {BAD_VERSION: 1, BAD_CLIENT_ID: 2, UNAVAILABLE: 3, BAD_CREDENTIALS: 4, NOT_AUTHORIZED: 5}

SESSION_EXPIRY, ASSIGNED_ID, SERVER_KEEP_ALIVE, WILL_DELAY, RECEIVE_MAXIMUM = 0x11, 0x12, 0x13, 0x18, 0x21
ALIAS_MAXIMUM, ALIAS, MAXIMUM_PACKET, SUBSCRIPTION_IDS, SHARED = 0x22, 0x23, 0x27, 0x29, 0x2A
AUTH_METHOD, REASON_STRING, USER_PROPERTY, SUBSCRIPTION_ID = 0x15, 0x1F, 0x26, 0x0B
_BYTE, _TWO, _FOUR, _VARIABLE, _TEXT, _BINARY, _PAIR = range(7)
_TYPES = {
    **dict.fromkeys((0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A), _BYTE),
    **dict.fromkeys((0x13, 0x21, 0x22, 0x23), _TWO),
    **dict.fromkeys((0x02, 0x11, 0x18, 0x27), _FOUR),
    0x0B: _VARIABLE,
    **dict.fromkeys((0x03, 0x08, 0x12, 0x15, 0x1A, 0x1C, 0x1F), _TEXT),
    **dict.fromkeys((0x09, 0x16), _BINARY),
    0x26: _PAIR,
}
Value = int | str | bytes
Properties = dict[int, Value]


class Malformed(Exception):
    """The bytes are no packet; `code` is what MQTT 5 calls it."""

    def __init__(self, what: str, code: int = MALFORMED) -> None:
        super().__init__(what)
        self.code = code


@dataclass(frozen=True, slots=True)
class Will:
    topic: str
    payload: bytes
    delay_s: int = 0


@dataclass(frozen=True, slots=True)
class Connect:
    version: int
    client_id: str
    clean: bool
    keep_alive_s: int
    user: str | None
    password: bytes | None
    will: Will | None
    properties: Properties = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wish:
    """One filter of a SUBSCRIBE; `handling` says when retained messages come (0 always, 1 if new, 2 never)."""

    filter: str
    qos: int
    handling: int = 0


class Reader:
    """A cursor that cannot run over the end."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        self.data, self.at, self.end = data, at, len(data) if end is None else end

    def take(self, size: int) -> bytes:
        until = self.at + size
        if until > self.end:
            raise Malformed("shorter than it says")
        part = self.data[self.at : until]
        self.at = until
        return part

    def byte(self) -> int:
        return self.take(1)[0]

    def two(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def four(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def binary(self) -> bytes:
        return self.take(self.two())

    def text(self) -> str:
        try:
            text = self.binary().decode("utf-8")
        except UnicodeDecodeError as error:
            raise Malformed("text is not UTF-8") from error
        if "\x00" in text:
            raise Malformed("text holds a null character")
        return text

    def variable(self) -> int:
        value = shift = 0
        while shift <= 21:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise Malformed("length of more than four bytes")

    def properties(self) -> Properties:
        until = self.variable() + self.at
        if until > self.end:
            raise Malformed("properties longer than the packet")
        found: Properties = {}
        while self.at < until:
            self._property(found)
        if self.at != until:
            raise Malformed("properties do not end where they say")
        return found

    def _property(self, found: Properties) -> None:
        name = self.variable()
        kind = _TYPES.get(name)
        if kind is None:
            raise Malformed(f"unknown property {name}")
        if kind == _PAIR:
            self.text(), self.text()  # what users tell each other is of no use here
            return
        if name in found and name != SUBSCRIPTION_ID:
            raise Malformed("a property twice", PROTOCOL_ERROR)
        readers = (self.byte, self.two, self.four, self.variable, self.text, self.binary)
        found[name] = readers[kind]()


def remaining_length(data: bytes | bytearray, at: int) -> tuple[int, int]:
    """The length and where the body begins; (-1, at) while its bytes have not all come."""
    value = shift = 0
    for step in range(4):
        if at + step >= len(data):
            return -1, at
        byte = data[at + step]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at + step + 1
        shift += 7
    raise Malformed("length of more than four bytes")


def connect(body: bytes) -> Connect:
    reader = Reader(body)
    name, version = reader.binary(), reader.byte()
    if (name, version) not in ((b"MQTT", V3), (b"MQTT", V5)):
        raise Malformed("not MQTT 3.1.1 or 5", BAD_VERSION)
    flags, keep_alive = reader.byte(), reader.two()
    if flags & 1:
        raise Malformed("reserved flag")
    properties = reader.properties() if version == V5 else {}
    client_id = reader.text()
    will = _will(reader, version) if flags & 4 else None
    if (will is None and flags & 0x38) or flags & 0x18 == 0x18:
        raise Malformed("flags of a will that is none")
    user = reader.text() if flags & 0x80 else None
    password = reader.binary() if flags & 0x40 else None
    if reader.at != reader.end:
        raise Malformed("more than it says")
    return Connect(version, client_id, bool(flags & 2), keep_alive, user, password, will, properties)


def _will(reader: Reader, version: int) -> Will:
    properties = reader.properties() if version == V5 else {}
    topic, payload = reader.text(), reader.binary()
    return Will(topic, payload, number(properties, WILL_DELAY, 0))


def number(properties: Properties, name: int, otherwise: int) -> int:
    value = properties.get(name, otherwise)
    return value if isinstance(value, int) else otherwise


def subscribe(body: bytes, version: int) -> tuple[bytes, list[Wish]]:
    reader = Reader(body)
    packet_id = _packet_id(reader)
    if version == V5 and SUBSCRIPTION_ID in reader.properties():
        raise Malformed("subscription identifiers are not offered", 0xA1)
    wishes = []
    while reader.at < reader.end:
        name, options = reader.text(), reader.byte()
        if options & 3 == 3 or (version == V3 and options & 0xFC) or options & 0xC0:
            raise Malformed("unknown options")
        wishes.append(Wish(name, options & 3, (options >> 4) & 3))
    if not wishes:
        raise Malformed("subscribes to nothing", PROTOCOL_ERROR)
    return packet_id, wishes


def unsubscribe(body: bytes, version: int) -> tuple[bytes, list[str]]:
    reader = Reader(body)
    packet_id = _packet_id(reader)
    if version == V5:
        reader.properties()
    names = []
    while reader.at < reader.end:
        names.append(reader.text())
    if not names:
        raise Malformed("unsubscribes from nothing", PROTOCOL_ERROR)
    return packet_id, names


def acknowledged(body: bytes, version: int) -> tuple[int, int]:
    """Packet id and reason of PUBACK, PUBREC, PUBREL or PUBCOMP."""
    reader = Reader(body)
    packet_id = int.from_bytes(_packet_id(reader), "big")
    reason = reader.byte() if version == V5 and reader.at < reader.end else SUCCESS
    if version == V5 and reader.at < reader.end:
        reader.properties()
    if reader.at != reader.end:
        raise Malformed("more than it says")
    return packet_id, reason


def disconnect(body: bytes, version: int) -> tuple[int, Properties]:
    if version == V3:
        return SUCCESS, {}
    reader = Reader(body)
    reason = reader.byte() if reader.at < reader.end else SUCCESS
    return reason, reader.properties() if reader.at < reader.end else {}


def _packet_id(reader: Reader) -> bytes:
    packet_id = reader.take(2)
    if packet_id == b"\x00\x00":
        raise Malformed("packet id 0", PROTOCOL_ERROR)
    return packet_id


# --- out --------------------------------------------------------------------------------------------------------------


def variable(value: int) -> bytes:
    made = bytearray()
    while True:
        value, digit = value >> 7, value & 0x7F
        made.append(digit | 0x80 if value else digit)
        if not value:
            return bytes(made)


def packet(kind: int, body: bytes, flags: int = 0) -> bytes:
    return bytes((kind << 4 | flags,)) + variable(len(body)) + body


def text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(raw)) + raw


def properties(values: Iterable[tuple[int, Value]]) -> bytes:
    made = bytearray()
    for name, value in values:
        made += variable(name)
        kind = _TYPES[name]
        if isinstance(value, int):
            made += variable(value) if kind == _VARIABLE else value.to_bytes((1, 2, 4)[kind], "big")
        else:
            made += text(value)
    return variable(len(made)) + bytes(made)


def connack(version: int, reason: int, *, present: bool = False, values: Iterable[tuple[int, Value]] = ()) -> bytes:
    if version == V3:
        return packet(CONNACK, bytes((present, V3_RETURN.get(reason, 5 if reason else 0))))
    return packet(CONNACK, bytes((present, reason)) + properties(values))


def suback(version: int, packet_id: bytes, codes: Iterable[int]) -> bytes:
    if version == V3:
        return packet(SUBACK, packet_id + bytes(0x80 if code >= 0x80 else code for code in codes))
    return packet(SUBACK, packet_id + b"\x00" + bytes(codes))


def unsuback(version: int, packet_id: bytes, codes: Iterable[int]) -> bytes:
    return packet(UNSUBACK, packet_id + (b"\x00" + bytes(codes) if version == V5 else b""))


def ack(first: int, packet_id: bytes, version: int, reason: int = SUCCESS) -> bytes:
    """PUBACK (0x40), PUBREC (0x50), PUBREL (0x62) or PUBCOMP (0x70)."""
    if reason == SUCCESS or version == V3:
        return bytes((first, 2)) + packet_id
    return bytes((first, 3)) + packet_id + bytes((reason,))


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message from us to a device."""

    topic: str
    payload: bytes
    qos: int
    packet_id: int = 0
    retained: bool = False
    again: bool = False


def publish(message: Outgoing, version: int) -> bytes:
    head = text(message.topic) + (message.packet_id.to_bytes(2, "big") if message.qos else b"")
    flags = message.qos << 1 | message.retained | (8 if message.again else 0)
    return packet(PUBLISH, head + (b"\x00" if version == V5 else b"") + message.payload, flags)


def goodbye(reason: int) -> bytes:
    """DISCONNECT from the server; only MQTT 5 knows it."""
    return bytes((DISCONNECT << 4, 1, reason))
