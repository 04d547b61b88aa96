"""One signal's readings, what is remembered between batches, and what was found.

Times are int64 milliseconds since the Unix epoch (UTC); values are in the signal's own unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from longshore.engine.invalid import require

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]


class Component(IntEnum):
    """What a reading was judged by.

    spike: against the median of the last 13 readings. level: mean of the last 36 against its own past. season: that
    mean against the same time of the last seven days. movement: mean step of the last 96 readings. stillness: run of
    equal readings (a stuck sensor). drift: mean of some 500 readings against that of some 5,000.
    """

    SPIKE = 0
    LEVEL = 1
    SEASON = 2
    MOVEMENT = 3
    STILLNESS = 4
    DRIFT = 5


LANES = len(Component)


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """`times` int64 (n,), `values` float64 (n,), oldest first. A value that is no number, and a reading not newer
    than the newest one known, are passed over (surprise 0). Raises InvalidProblem."""

    times: Integers
    values: Reals

    def __post_init__(self) -> None:
        require(self.times.ndim == 1 and self.times.dtype == np.int64, "times", None, "is not int64 (n,)", "Convert")
        right = self.values.shape == self.times.shape and self.values.dtype == np.float64
        require(right, "values", None, "is not float64 (n,)", "Pass one float64 value for each time")


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """`alarm_at`: surprise from which a reading is reported; 5.0 means expected less than once in 10^5 readings.
    `rest`: readings for which an alarm is not repeated unless it is ten times rarer than the last one."""

    alarm_at: float = 5.0
    rest: int = 120

    def __post_init__(self) -> None:
        require(self.alarm_at > 0, "alarm_at", None, "is not positive", "Use 4 to 6")
        require(self.rest >= 0, "rest", None, "is negative", "Use 0 to repeat at once")


@dataclass(frozen=True, slots=True)
class Finding:
    """An alarm and its reason: by which component, upwards (+1) or downwards (-1), how rare (`surprise`, -log10 of
    the expected events a reading), what was `expected`, what was `seen`, the usual `spread` between the two (signal's
    unit; stillness: readings), and since when this component has been outside its usual range."""

    row: int
    at: int
    component: Component
    direction: int
    surprise: float
    expected: float
    seen: float
    spread: float
    since: int


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """`surprise` (n,) how rare each reading is, `scores` (n,) the same with repetitions silenced, `component` (n,)
    which component spoke loudest (int64), `findings` the scores that reach the rule's level, with reasons, `loudest`
    (components,) how rare the rarest reading was by each component, silence or not."""

    surprise: Reals
    scores: Reals
    component: Integers
    findings: tuple[Finding, ...]
    loudest: Reals
