"""What happened to customer orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class OrderTaken:
    name: ClassVar[str] = "ordering.order-taken"
    orders: Sequence[int]


@dataclass(frozen=True, slots=True)
class Promised:
    """`before` and `after`: line id → ISO time, None where no date can be given. One event for all that was looked at."""

    name: ClassVar[str] = "ordering.promised"
    orders: Sequence[int]
    before: Mapping[str, str | None]
    after: Mapping[str, str | None]
    cause: str


@dataclass(frozen=True, slots=True)
class Unpromised:
    """Lines that supply does not cover, whole or in part."""

    name: ClassVar[str] = "ordering.unpromised"
    orders: Sequence[int]
    lines: Sequence[int]


@dataclass(frozen=True, slots=True)
class OrderChanged:
    name: ClassVar[str] = "ordering.order-changed"
    order: int
    lines: Sequence[int]


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    """`lines` are those of which something was cancelled; `items` what that may have set free."""

    name: ClassVar[str] = "ordering.order-cancelled"
    order: int
    lines: Sequence[int]
    items: Sequence[int]
