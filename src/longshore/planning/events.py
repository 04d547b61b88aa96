"""What planning tells others, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Proposed:
    """These proposals are new or say something else than before; `superseded` are no longer needed."""

    name: ClassVar[str] = "planning.proposed"
    proposals: list[int]
    superseded: list[int]


@dataclass(frozen=True, slots=True)
class Decided:
    """A person or a policy decided: released, approved (waits for stock at its source) or rejected."""

    name: ClassVar[str] = "planning.decided"
    proposal: int
    proposals: list[int]
    state: str


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    name: ClassVar[str] = "planning.policy-changed"
    items: list[int]
    sites: list[int]
