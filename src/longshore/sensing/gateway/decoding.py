"""What a device said, from bytes to columns; or the reason why it is not taken."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from longshore.sensing.gateway.choices import Choices
from longshore.sensing.gateway.directory import Directory, Known
from longshore.sensing.gateway.presence import Presence
from longshore.sensing.gateway.refusals import Refusals
from longshore.sensing.intake import DAY_US, Columns, microseconds, signal_row

When = datetime | int | float | None
Short = Annotated[str, msgspec.Meta(max_length=64)]


class Numbers(msgspec.Struct):
    v: dict[str, float | bool | None]
    at: When = None


class TagRead(msgspec.Struct):
    epc: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    antenna: int = 0
    rssi: float | None = None
    at: When = None
    n: int = 1


class Tags(msgspec.Struct):
    reads: Annotated[list[TagRead], msgspec.Meta(min_length=1, max_length=10_000)]
    at: When = None


class Fix(msgspec.Struct):
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    at: When = None
    speed_kmh: float | None = None
    heading: float | None = None
    accuracy_m: float | None = None
    datum: Literal["WGS-84", "GCJ-02", "BD-09"] = "WGS-84"


class Scan(msgspec.Struct):
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
    at: When = None
    verb: Short = ""
    place: Short = ""


class State(msgspec.Struct):
    state: Short = ""
    at: When = None
    good: int | None = None
    scrap: int | None = None
    alarm: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class Status(msgspec.Struct):
    online: bool | None = None
    firmware: Annotated[str, msgspec.Meta(max_length=80)] | None = None
    battery: Annotated[float, msgspec.Meta(ge=0, le=100)] | None = None


SHAPES: dict[str, type[msgspec.Struct]] = {"tags": Tags, "fix": Fix, "scan": Scan, "state": State}
KINDS = ("t", "status", *SHAPES)
_numbers = msgspec.json.Decoder(Numbers | list[Numbers])
_anything = msgspec.json.Decoder()
_UNREADABLE = (msgspec.DecodeError, msgspec.ValidationError, RecursionError, ValueError, OverflowError)
Clock = Callable[[], int]


class Decoding:
    """One for a gateway. `take` answers "" or a reason; what it took stands in the columns."""

    def __init__(self, directory: Directory, refusals: Refusals, presence: Presence, choices: Choices) -> None:
        self.directory, self.refusals, self.presence, self.choices = directory, refusals, presence, choices

    def take(self, into: Columns, device: Known, kind: str, payload: bytes, now_us: int) -> str:
        """A message as it came over the wire, in JSON."""
        try:
            if kind == "t":
                return self._numbers(into, device, _numbers.decode(payload), now_us)
            reason = self.take_object(into, device, kind, _anything.decode(payload), now_us)
        except _UNREADABLE:
            reason = "malformed"
        if reason:
            self.refusals.count(device.code, reason, payload)
        return reason

    def take_object(self, into: Columns, device: Known, kind: str, said: Any, now_us: int) -> str:
        """The same from something already parsed (HTTP, CBOR); does not count what it refuses as a whole."""
        try:
            if kind == "t":
                return self._numbers(into, device, msgspec.convert(said, Numbers | list[Numbers]), now_us)
            if kind == "status":
                return self._status(device, msgspec.convert(said, Status))
            shape = SHAPES.get(kind)
            if shape is None:
                return "unknown-kind"
            bodies = said if isinstance(said, list) else [said]
            reasons = [self._signal(into, device, (kind, body, shape), now_us) for body in bodies]
        except _UNREADABLE:
            return "malformed"
        return next((reason for reason in reasons if reason), "") if reasons else "malformed"

    def _numbers(self, into: Columns, device: Known, said: Numbers | list[Numbers], now_us: int) -> str:
        """Something of it taken is taken; what was not is counted."""
        reason, before, metrics = "", len(into.devices), self.directory.metrics
        for numbers in said if isinstance(said, list) else (said,):
            at_us = self.moment(numbers.at, now_us)
            if isinstance(at_us, str):
                reason = at_us
                self.refusals.count(device.code, reason, msgspec.json.encode(numbers))
                continue
            for name, value in numbers.v.items():
                metric = metrics.get(name)
                if metric is not None and value is not None:
                    into.devices.append(device.id)  # not `add`: this is where the time goes
                    into.metrics.append(metric)
                    into.stamps.append(at_us)
                    into.values.append(float(value))
                elif metric is None:
                    reason = "unknown-metric"
                    self.refusals.count(device.code, reason, name.encode())
        return reason if len(into.devices) == before else ""

    def _signal(self, into: Columns, device: Known, said: tuple[str, Any, type[msgspec.Struct]], now_us: int) -> str:
        kind, body, shape = said
        checked: Any = msgspec.convert(body, shape)
        at_us = self.moment(_latest(checked), now_us)
        if isinstance(at_us, str):
            return at_us
        row = signal_row(device.id, kind, at_us, {key: body[key] for key in body if key != "kind"})
        if "\\u0000" in row.body:
            return "malformed"
        into.signals.append(row)
        return ""

    def _status(self, device: Known, said: Status) -> str:
        entry = self.presence.of(device.id)
        entry.online = said.online if said.online is not None else entry.online
        entry.firmware = said.firmware if said.firmware is not None else entry.firmware
        entry.battery = round(said.battery) if said.battery is not None else entry.battery
        return ""

    def moment(self, at: When, now_us: int) -> int | str:
        """Microseconds since 1970, or why this time is not taken. Without one it is the time of arrival."""
        if at is None:
            return now_us
        if isinstance(at, datetime):
            if at.tzinfo is None:
                return "malformed"
            at_us = microseconds(at)
        elif isinstance(at, float):
            if not math.isfinite(at):
                return "malformed"
            at_us = round(at * 1000)
        else:
            at_us = at * 1000
        if at_us > now_us + self.choices.future_s * 1_000_000:
            return "future"
        if at_us < now_us - self.choices.keep_days * DAY_US:
            return "too-old"
        return at_us


def _latest(checked: Any) -> When:
    """The body's own time, else the last of its reads'."""
    if checked.at is not None or not isinstance(checked, Tags):
        return checked.at
    return checked.reads[-1].at
