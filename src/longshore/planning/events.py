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


@dataclass(frozen=True, slots=True)
class LeftBand:
    """Far more is wanted today than these forecasts expect; they do not know it yet."""

    name: ClassVar[str] = "planning.left-band"
    surges: list[int]


@dataclass(frozen=True, slots=True)
class Surged:
    """Forecasts and stock policies of these item-sites have taken up today's surge."""

    name: ClassVar[str] = "planning.surged"
    surges: list[int]
    items: list[int]
    sites: list[int]


@dataclass(frozen=True, slots=True)
class AgreementChanged:
    """What is shared with a partner is new, different or over."""

    name: ClassVar[str] = "planning.agreement-changed"
    agreement: int
    partner: int


@dataclass(frozen=True, slots=True)
class JointlyPlanned:
    """One side wrote a number, a delivery, a comment or a commitment into a shared plan."""

    name: ClassVar[str] = "planning.jointly-planned"
    line: int
    agreement: int
    partner: int
    kind: str
    side: str


@dataclass(frozen=True, slots=True)
class ScenarioPublished:
    """What a scenario changed is no longer a question: it was put into the live facts."""

    name: ClassVar[str] = "planning.scenario-published"
    scenario: int
    changes: int
