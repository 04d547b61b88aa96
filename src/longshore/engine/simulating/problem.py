"""What simulated demand and simulated journeys look like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require, require_reals

FLAT_WEEK = (1.0,) * 7


@dataclass(frozen=True, slots=True)
class Promotion:
    """Demand of series `row` is multiplied by `lift` on days first .. last (indices into the simulated days)."""

    row: int
    first: int
    last: int
    lift: float


@dataclass(frozen=True, slots=True, eq=False)
class DemandProblem:
    """Daily demand of n series over `days`. `level` (n,) mean units per day; `week` 7 factors Monday first;
    `first_weekday` of day 0; `year_amplitude` (n,) share of the yearly swing and `year_peak` (n,) day of year it
    peaks; `first_day_of_year` of day 0; `trend` (n,) growth per year as a share; `dispersion` (n,) variance over
    mean (1: Poisson); `intermittence` (n,) share of days without any demand. Raises InvalidProblem."""

    level: NDArray[np.float64]
    year_amplitude: NDArray[np.float64]
    year_peak: NDArray[np.float64]
    trend: NDArray[np.float64]
    dispersion: NDArray[np.float64]
    intermittence: NDArray[np.float64]
    days: int
    week: tuple[float, ...] = FLAT_WEEK
    first_weekday: int = 0
    first_day_of_year: int = 0
    promotions: tuple[Promotion, ...] = ()

    def __post_init__(self) -> None:
        shape = self.level.shape
        for name in ("level", "year_amplitude", "year_peak", "dispersion", "intermittence"):
            require_reals(getattr(self, name), name, shape)
        require(self.trend.shape == shape, "trend", None, "has another length", "Pass equal lengths")
        require(
            bool((self.intermittence < 1).all()), "intermittence", None, "reaches 1", "Leave the series out instead"
        )
        require(bool((self.dispersion >= 1).all()), "dispersion", None, "is below 1", "Use 1 for Poisson demand")
        require(self.days >= 0, "days", None, "is negative", "Use 0 or more")
        require(len(self.week) == 7 and min(self.week) >= 0, "week", None, "needs 7 factors >= 0", "Monday first")
        for row, promotion in enumerate(self.promotions):
            inside = 0 <= promotion.row < len(self.level) and promotion.lift >= 0
            require(inside, "promotions", row, "names no series or has a negative lift", "Correct the promotion")
