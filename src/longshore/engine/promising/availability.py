"""Available to promise as a step function of time, looking ahead so that a promise today breaks no claim of tomorrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longshore.engine.promising.problem import Supply


@dataclass(frozen=True, slots=True)
class Demand:
    """A claim or planned issue of `qty` of `item` at minute `at`; `site` None: from any place of the set."""

    item: int
    at: int
    qty: int
    site: int | None = None


@dataclass(frozen=True, slots=True)
class Availability:
    """`available[i]` (int64) units can be promised for any minute from `times[i]` (int64, ascending) up to the next.
    `overdrawn`: units of claims no supply can serve."""

    times: NDArray[np.int64]
    available: NDArray[np.int64]
    overdrawn: int


def build(supplies: Sequence[Supply], demands: Sequence[Demand], now: int) -> Availability:
    """ATP of one item and place set."""
    raise NotImplementedError


def build_many(
    supplies: Sequence[Supply], demands: Sequence[Demand], now: int, sites: frozenset[int] | None = None
) -> dict[int, Availability]:
    """ATP per item over the place set `sites` (None: all)."""
    raise NotImplementedError


def atp_at(availability: Availability, t: int) -> int:
    """Units that can be promised for minute t."""
    raise NotImplementedError


def earliest(availability: Availability, qty: int) -> int | None:
    """First minute for which `qty` can be promised; None when never."""
    raise NotImplementedError
