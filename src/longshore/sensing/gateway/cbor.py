"""CBOR (RFC 8949) as constrained devices send it: into plain Python objects. Pure, bounded in depth and size."""

from __future__ import annotations

import math
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

DEEPEST = 16
UNDEFINED = (22, 23)


class NotCbor(Exception):
    """The bytes are no CBOR, or more of it than we take."""


class _Stop:
    """The end of something without a length."""


_STOP = _Stop()


def decode(data: bytes) -> Any:
    """One data item and nothing after it. Byte strings are refused, because JSON has none; dates come as datetime."""
    reader = _Reader(data)
    found = reader.item(0)
    if found is _STOP or reader.at != len(data):
        raise NotCbor("more or less than one item")
    return found


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        until = self.at + size
        if until > len(self.data):
            raise NotCbor("shorter than it says")
        part = self.data[self.at : until]
        self.at = until
        return part

    def argument(self, short: int) -> int | None:
        """The number after the type; None for a length that is not given."""
        if short < 24:
            return short
        if short == 31:
            return None
        if short > 27:
            raise NotCbor("reserved length")
        return int.from_bytes(self.take(1 << (short - 24)), "big")

    def item(self, depth: int) -> Any:
        if depth > DEEPEST:
            raise NotCbor("too deep")
        first = self.take(1)[0]
        major, short = first >> 5, first & 31
        if major == 7:
            return self.simple(short)
        size = self.argument(short)
        if major in (0, 1, 6):
            if size is None:
                raise NotCbor("a number without end")
            return self.tagged(size, depth) if major == 6 else size if major == 0 else -1 - size
        if major in (2, 3):
            return self.text(major, size, depth)
        return self.array(size, depth) if major == 4 else self.map(size, depth)

    def simple(self, short: int) -> Any:
        if short in (20, 21):
            return short == 21
        if short in UNDEFINED:
            return None
        if short == 31:
            return _STOP
        if short not in (25, 26, 27):
            raise NotCbor("unknown simple value")
        layout = {25: ">e", 26: ">f", 27: ">d"}[short]
        value = struct.unpack(layout, self.take(struct.calcsize(layout)))[0]
        if not math.isfinite(value):
            raise NotCbor("not a number")
        return value

    def tagged(self, tag: int, depth: int) -> Any:
        """Times become times; other tags are passed over."""
        value = self.item(depth + 1)
        try:
            if tag == 0 and isinstance(value, str):
                return datetime.fromisoformat(value)
            if tag == 1 and isinstance(value, int | float):
                return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value)
        except (ValueError, OverflowError) as error:
            raise NotCbor("no such time") from error
        return value

    def text(self, major: int, size: int | None, depth: int) -> str:
        if major == 2:
            raise NotCbor("byte strings have no meaning here")
        if size is not None:
            try:
                return self.take(size).decode("utf-8")
            except UnicodeDecodeError as error:
                raise NotCbor("text is not UTF-8") from error
        parts = self.until_stop(depth)
        if not all(isinstance(part, str) for part in parts):
            raise NotCbor("text of something else")
        return "".join(parts)

    def until_stop(self, depth: int) -> list[Any]:
        found = []
        while (part := self.item(depth + 1)) is not _STOP:
            found.append(part)
        return found

    def array(self, size: int | None, depth: int) -> list[Any]:
        if size is None:
            return self.until_stop(depth)
        if size > len(self.data) - self.at:
            raise NotCbor("shorter than it says")
        found = [self.item(depth + 1) for _ in range(size)]
        if any(part is _STOP for part in found):
            raise NotCbor("a stop too early")
        return found

    def map(self, size: int | None, depth: int) -> dict[str, Any]:
        flat = self.until_stop(depth) if size is None else self.array(2 * size, depth)
        keys, values = flat[::2], flat[1::2]
        if len(keys) != len(values) or not all(isinstance(key, str) for key in keys):
            raise NotCbor("keys are texts, each with a value")
        return dict(zip(keys, values, strict=True))
