"""Who did it and what made them: travels with every movement, event and proposal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """`because` names what led to it ("order:17", "plan", "event:88"); `device` the scanner, truck or sensor."""

    actor: str
    because: str = ""
    device: str = ""
