"""When a day's orders are a surge, and the forecast that begins on the day it happens: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from longshore.planning.forecast_rules import Said
from longshore.planning.rules import Reals

WIDTH: Final = 4  # times the upper half of the band above what is expected: five standard deviations of a normal day
LEAST_LINES: Final = 5  # one large order is bought for, but not expected again
LINES_TIMES: Final = 3  # times the order lines of a usual day
USUAL_DAYS: Final = 28  # or since it has been sold, where that is shorter
KNOWN_DAYS: Final = 7  # an item younger than this has no usual day
GROWS_PERCENT: Final = 125  # of what was taken up, before the same day is taken up again
TOLD_DAYS: Final = 7  # how long a reason names it; after that it is marked as unusual, or was not the only one
HALF_BAND: Final = 1.282  # standard deviations: four days of five


def by_spread(made: Said, rows: Sequence[int]) -> Said:
    """The bands of these rows as wide as their spread says.

    A steady item with one enormous day has a spread far above its mean, and a skewed distribution with these two moments
    puts nine days of ten below the mean: right for an item that sells once a month, wrong where nobody knows yet whether the
    spike goes on.
    """
    low, high = made.low.copy(), made.high.copy()
    for row in rows:
        reach = HALF_BAND * made.sigma[row]
        high[row] = np.maximum(high[row], made.mean[row] + reach)
        low[row] = np.minimum(low[row], np.where(made.mean[row] > reach, made.mean[row] - reach, 0.0))
    return replace(made, low=low, high=high)


def from_today(made: Said, today: dict[str, Reals]) -> Said:
    """A forecast `made` from tomorrow on, begun today: with what was expected of today this morning (n,), NaN where
    nothing was. What has been ordered since is claimed already."""
    return replace(
        made,
        mean=_begun(made.mean, today["mean"]),
        low=_begun(made.low, today["low"]),
        high=_begun(made.high, today["high"]),
    )


def _begun(values: Reals, first: Reals) -> Reals:
    known = np.where(np.isnan(first), values[:, 0], first)
    return np.concatenate([known[:, None], values[:, :-1]], axis=1)
