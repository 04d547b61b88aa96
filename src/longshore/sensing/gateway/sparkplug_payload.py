"""Sparkplug B payloads: the few protobuf messages of it that we need, read and written by hand. Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass

VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5
MOST_METRICS = 10_000
FLOAT, DOUBLE, BOOLEAN, STRING = 9, 10, 11, 12
SIGNED = {1: 8, 2: 16, 3: 32, 4: 64}


class NotSparkplug(Exception):
    """The bytes are no payload."""


@dataclass(frozen=True, slots=True)
class SparkplugMetric:
    """`alias` −1 is none; `at_ms` None is the payload's; the value is None when it is null or not a plain one."""

    name: str
    alias: int
    at_ms: int | None
    value: float | str | None
    historical: bool


@dataclass(frozen=True, slots=True)
class Payload:
    at_ms: int | None
    seq: int | None
    metrics: tuple[SparkplugMetric, ...]


def decode(data: bytes) -> Payload:
    at_ms = seq = None
    metrics: list[SparkplugMetric] = []
    for number, value in _fields(data):
        if number == 1 and isinstance(value, int):
            at_ms = value
        elif number == 2 and isinstance(value, bytes):
            metrics.append(_metric(value))
        elif number == 3 and isinstance(value, int):
            seq = value
        if len(metrics) > MOST_METRICS:
            raise NotSparkplug("too many metrics")
    return Payload(at_ms, seq, tuple(metrics))


def _fields(data: bytes) -> list[tuple[int, int | bytes]]:
    """Field numbers and raw values; groups and anything after a damaged length are refused."""
    found: list[tuple[int, int | bytes]] = []
    at, size = 0, len(data)
    while at < size:
        tag, at = _varint(data, at)
        wire = tag & 7
        if wire == VARINT:
            value, at = _varint(data, at)
            found.append((tag >> 3, value))
            continue
        if wire == BYTES:
            length, at = _varint(data, at)
        elif wire in (EIGHT, FOUR):
            length = 8 if wire == EIGHT else 4
        else:
            raise NotSparkplug("unknown wire type")
        if at + length > size:
            raise NotSparkplug("shorter than it says")
        found.append((tag >> 3, data[at : at + length]))
        at += length
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise NotSparkplug("ends inside a number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
    raise NotSparkplug("a number without end")


def _metric(data: bytes) -> SparkplugMetric:
    fields = dict(_fields(data))
    kind = fields.get(4, 0)
    name, alias, at_ms = fields.get(1, b""), fields.get(2, -1), fields.get(3)
    if not isinstance(name, bytes) or not isinstance(alias, int) or not isinstance(kind, int):
        raise NotSparkplug("a field of the wrong type")
    return SparkplugMetric(
        name.decode("utf-8", "replace")[:200],
        alias,
        at_ms if isinstance(at_ms, int) else None,
        None if fields.get(7) else _value(fields, kind),
        bool(fields.get(5)),
    )


def _value(fields: dict[int, int | bytes], kind: int) -> float | str | None:
    for number, layout in ((12, "<f"), (13, "<d")):
        raw = fields.get(number)
        if isinstance(raw, bytes) and len(raw) == struct.calcsize(layout):
            return float(struct.unpack(layout, raw)[0])
    whole = fields.get(10, fields.get(11, fields.get(14)))
    if isinstance(whole, int):
        bits = SIGNED.get(kind)
        if bits is not None:
            whole &= (1 << bits) - 1
            whole -= (1 << bits) if whole >> (bits - 1) else 0
        return float(whole)
    text = fields.get(15)
    return text.decode("utf-8", "replace")[:200] if isinstance(text, bytes) else None


# --- out: enough for commands, births of simulated nodes, and tests ---------------------------------------------------


def encode(payload: Payload) -> bytes:
    made = bytearray()
    if payload.at_ms is not None:
        made += b"\x08" + _number(payload.at_ms)
    for metric in payload.metrics:
        body = _encode_metric(metric)
        made += b"\x12" + _number(len(body)) + body
    if payload.seq is not None:
        made += b"\x18" + _number(payload.seq)
    return bytes(made)


def _encode_metric(metric: SparkplugMetric) -> bytes:
    made = bytearray()
    if metric.name:
        raw = metric.name.encode()
        made += b"\x0a" + _number(len(raw)) + raw
    if metric.alias >= 0:
        made += b"\x10" + _number(metric.alias)
    if metric.at_ms is not None:
        made += b"\x18" + _number(metric.at_ms)
    kind = BOOLEAN if isinstance(metric.value, bool) else STRING if isinstance(metric.value, str) else DOUBLE
    made += b"\x20" + _number(kind)
    if metric.historical:
        made += b"\x28\x01"
    if metric.value is None:
        made += b"\x38\x01"
    elif isinstance(metric.value, bool):
        made += b"\x70" + _number(int(metric.value))
    elif isinstance(metric.value, str):
        raw = metric.value.encode()
        made += b"\x7a" + _number(len(raw)) + raw
    else:
        made += b"\x69" + struct.pack("<d", metric.value)
    return bytes(made)


def _number(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)
