"""When a day's orders are a surge, and the forecast that begins on the day it happens: pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from longshore.planning.forecast_rules import Said
from longshore.planning.rules import Reals

WIDTH: Final = 4  # times the upper half of the band above what is expected: five standard deviations of a normal day
LEAST_LINES: Final = 5  # one large order is bought for, but not expected again
LINES_TIMES: Final = 3  # times the order lines of a usual day
USUAL_DAYS: Final = 28
GROWS_PERCENT: Final = 125  # of what was taken up, before the same day is taken up again
TOLD_DAYS: Final = 7  # how long a reason names it; after that its day speaks for itself


def from_today(made: Said, today: dict[str, Reals]) -> Said:
    """A forecast `made` from tomorrow on, begun today: with what was expected of today this morning (n,), NaN where
    nothing was. What has been ordered since is claimed already."""
    bands = {name: _begun(getattr(made, name), today[name]) for name in ("mean", "low", "high")}
    return Said(
        bands["mean"], bands["low"], bands["high"], made.sigma, made.method, made.runner_up, made.demand_class, made.wape,
        made.bias, made.mase, made.tested,
    )  # fmt: skip


def _begun(values: Reals, first: Reals) -> Reals:
    known = np.where(np.isnan(first), values[:, 0], first)
    return np.concatenate([known[:, None], values[:, :-1]], axis=1)
