"""What happened to goods that came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class GoodsReturned:
    name: ClassVar[str] = "returning.returned"
    returns: Sequence[int]


@dataclass(frozen=True, slots=True)
class ReturnInspected:
    """`restocked` and `scrapped` are quantities of this inspection."""

    name: ClassVar[str] = "returning.inspected"
    returned: int
    restocked: int
    scrapped: int
