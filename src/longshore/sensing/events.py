"""What sensing tells others, after commit. Times are ISO 8601, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ExcursionTold:
    """An excursion as it is known now; what happened to it is the event's name."""

    name: ClassVar[str]
    excursion: int
    device: int
    place: int | None
    handling_unit: int | None
    metric: str
    limit: str
    from_at: str
    until_at: str | None
    worst: float
    mkt: float | None


@dataclass(frozen=True, slots=True)
class ExcursionBegan(ExcursionTold):
    """Longer beyond a limit than goods bear, in this place or handling unit since `from_at`."""

    name: ClassVar[str] = "sensing.excursion-began"


@dataclass(frozen=True, slots=True)
class ExcursionChanged(ExcursionTold):
    """Late data moved the begin, the end or the worst value of an excursion that had been told."""

    name: ClassVar[str] = "sensing.excursion-changed"


@dataclass(frozen=True, slots=True)
class ExcursionEnded(ExcursionTold):
    """The value has come back behind the threshold by more than the hysteresis."""

    name: ClassVar[str] = "sensing.excursion-ended"


@dataclass(frozen=True, slots=True)
class ExcursionWithdrawn(ExcursionTold):
    """Late data showed that there was no excursion; what followed from it is to be undone."""

    name: ClassVar[str] = "sensing.excursion-withdrawn"


@dataclass(frozen=True, slots=True)
class TagsPassed:
    """Tags went through portals. Each: passage, epc, sscc, gtin, lot, serial, portal, direction, from_place, place, at.

    `place` is where the tag is now, as far as the portal knows. `withdrawn` are passages that late reads took back;
    they are told before those that replace them, in the same event.
    """

    name: ClassVar[str] = "sensing.passed"
    passages: tuple[dict[str, object], ...]
    withdrawn: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DevicesLocated:
    """Where moving devices are: of each the newest valid fix. Each: device, place (the vehicle), at, lat, lon, heading,
    speed_kmh."""

    name: ClassVar[str] = "sensing.located"
    fixes: tuple[dict[str, object], ...]


@dataclass(frozen=True, slots=True)
class VisitBegan:
    """A vehicle is within the fence of a place and has stayed long enough to mean it."""

    name: ClassVar[str] = "sensing.visit-began"
    visit: int
    device: int
    vehicle: int | None
    place: int
    at: str


@dataclass(frozen=True, slots=True)
class VisitEnded:
    """The vehicle has left the place. `withdrawn`: late fixes showed that it never was there."""

    name: ClassVar[str] = "sensing.visit-ended"
    visit: int
    device: int
    vehicle: int | None
    place: int
    at: str
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class CodeScanned:
    """Somebody scanned a code and said what for. `elements` maps application identifiers to values; `key` is the same
    each time the scanner sends it. `error` says why the code could not be read."""

    name: ClassVar[str] = "sensing.scanned"
    key: str
    device: int
    verb: str
    place: int | None
    at: str
    code: str
    elements: dict[str, str]
    sscc: str
    gtin: str
    lot: str
    serial: str
    expires_on: str | None
    count: int | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class StockLevelled:
    """A shelf, scale or tank shows another quantity than before: `qty` base units seen, `before` those before."""

    name: ClassVar[str] = "sensing.levelled"
    device: int
    place: int
    item: int
    qty: int
    before: int | None
    at: str


@dataclass(frozen=True, slots=True)
class MachineChanged:
    """A machine runs, stands, waits or is being set up. Counts are since the state began."""

    name: ClassVar[str] = "sensing.machine-changed"
    device: int
    place: int | None
    state: str
    before: str
    at: str
    good: int
    scrap: int
    alarm: str


@dataclass(frozen=True, slots=True)
class AnomalyFound:
    """A signal is not like itself."""

    name: ClassVar[str] = "sensing.anomaly-found"
    anomaly: int
    device: int
    metric: str
    at: str
    score: float
    signal: str


@dataclass(frozen=True, slots=True)
class SweepCounted:
    """Somebody swept a place with a reader and saw these tags, each once."""

    name: ClassVar[str] = "sensing.swept"
    key: str
    device: int
    place: int
    at: str
    seen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeviceQuarantined:
    """A device is not listened to any more."""

    name: ClassVar[str] = "sensing.device-quarantined"
    device: int
    code: str
    reason: str
