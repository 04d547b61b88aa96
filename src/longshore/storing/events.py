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
