"""What a difference between the books and what a sensor shows leads to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Follow(StrEnum):
    NOTHING = "nothing"
    ADJUST = "adjust"
    RECOUNT = "recount"


@dataclass(frozen=True, slots=True)
class CountPolicy:
    """Differences up to this share of what the books say, and up to this value, are posted without a person."""

    percent: int = 2
    value: int = 10_000  # minor units


def follow(expected: int, seen: int, unit_cost: int, policy: CountPolicy) -> Follow:
    """Small differences are posted, others are counted by a person. Nothing seen where something should be is never
    small: the sensor may be broken."""
    difference = abs(seen - expected)
    if difference == 0:
        return Follow.NOTHING
    small = difference * 100 <= expected * policy.percent and difference * unit_cost <= policy.value
    return Follow.ADJUST if small and seen > 0 else Follow.RECOUNT
