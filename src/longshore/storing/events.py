"""What the warehouse tells the others, as past-tense records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class WaveReleased:
    name: ClassVar[str] = "storing.wave-released"
    wave: int
    orders: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PickConfirmed:
    name: ClassVar[str] = "storing.picked"
    wave: int
    tasks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PickedShort:
    """Less was found than asked for. Either `order_line` or `transfer` says for what."""

    name: ClassVar[str] = "storing.picked-short"
    task: int
    order_line: int | None
    transfer: int | None
    short: int
    reason: str


@dataclass(frozen=True, slots=True)
class GoodsPacked:
    name: ClassVar[str] = "storing.packed"
    orders: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GoodsHeld:
    """Goods that were where it was too warm or too cold are on hold; `order_lines` had them promised."""

    name: ClassVar[str] = "storing.goods-held"
    excursion: int
    cases: tuple[int, ...]
    order_lines: tuple[int, ...]
    qty: int


@dataclass(frozen=True, slots=True)
class QualityDecided:
    name: ClassVar[str] = "storing.quality-decided"
    cases: tuple[int, ...]
    verdict: str


@dataclass(frozen=True, slots=True)
class DockMoved:
    """A dock was booked, or booked at another time. Each: document, dock, from_at, until_at."""

    name: ClassVar[str] = "storing.dock-moved"
    site: int
    bookings: tuple[dict[str, str | int], ...]
