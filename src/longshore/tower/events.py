"""What the tower tells others, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ExceptionRaised:
    name: ClassVar[str] = "tower.exception-raised"
    exceptions: list[int]
    kind: str
