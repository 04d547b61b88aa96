"""What the promising verbs hand back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LinePromised:
    """`qty` of the line has supply, the last of it arrives at `promised_at`; `short` has none."""

    line: int
    order: int
    item: int
    promised_at: datetime | None
    before: datetime | None
    qty: int
    short: int
    sites: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PromiseReceipt:
    """Lines about which something was written; a line not in here is as it was."""

    lines: tuple[LinePromised, ...]

    @property
    def unpromised(self) -> tuple[LinePromised, ...]:
        return tuple(line for line in self.lines if line.short)

    def of_line(self, line: int) -> LinePromised | None:
        return next((promised for promised in self.lines if promised.line == line), None)
