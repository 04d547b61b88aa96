"""Whether an ordered line comes late, and how many days it takes: boosted trees on history, then calibration.

The clock of every step is the day of the order: what was not known then is not used, in learning nor in predicting.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from longshore.engine.sourcing.history import features
from longshore.engine.sourcing.lines import NOT_YET, Integers, Lateness, LatenessProblem, Reals
from longshore.engine.sourcing.tracking import Errors, correction

TREES: Final[dict[str, Any]] = {
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_child_samples": 30,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 127,
    "verbose": -1,
    "deterministic": True,
    "force_row_wise": True,
}
CUTS: Final = (0.6, 0.8, 1.0)  # shares of the lines learnt from, by day of order: learn before, predict until the next
DRIVERS: Final = 3


def predict_lateness(problem: LatenessProblem, *, seed: int, threads: int = 1) -> Lateness:
    """Probability of lateness and quantiles of the lead time for every line, in the rows of the problem.

    Learns from `learn`. The probability is calibrated (Platt) on lines predicted forward in time. Quantiles are boosted
    for the delay against the agreed day, then moved by the errors of lines that had come on the day of the order.
    """
    columns, names = features(problem.lines)
    learner = _Learner(problem, columns, seed, threads)
    late = problem.lines.late.astype(np.float64)
    ahead = learner.forward(late, problem.lines.known_late_on, objective="binary")
    slope, shift = _platt(ahead.value[ahead.rows], late[ahead.rows])
    model = learner.fit(problem.learn, late, objective="binary")
    probability = expit(slope * _log_odds(np.asarray(model.predict(columns))) + shift)
    pushes = np.asarray(model.predict(columns, pred_contrib=True))[:, :-1]
    drivers = np.argsort(-np.abs(pushes), axis=1, kind="stable")[:, :DRIVERS].astype(np.int64)
    lead = (problem.lines.due_on - problem.lines.asked_on).astype(np.float64)
    days = lead[:, None] + _quantiles(problem, learner)
    return Lateness(probability, days, drivers, np.take_along_axis(pushes, drivers, axis=1), names)


@dataclass(frozen=True, slots=True, eq=False)
class _Ahead:
    """`value` (n,) predicted for the `rows` by a model that had learnt only from what was known before them."""

    value: Reals
    rows: Integers


class _Learner:
    def __init__(self, problem: LatenessProblem, columns: Reals, seed: int, threads: int) -> None:
        self.problem, self.columns, self.seed = problem, columns, seed
        self.fixed = {**TREES, "seed": seed, "num_threads": threads}

    def fit(self, rows: NDArray[np.bool_], target: Reals, **objective: Any) -> Any:
        import lightgbm  # loads a second of libraries: only when something is learnt

        data = lightgbm.Dataset(self.columns[rows], target[rows])
        return lightgbm.train({**self.fixed, **objective}, data, self.problem.rounds)

    def forward(self, target: Reals, known_on: Integers, **objective: Any) -> _Ahead:
        """Predict the later lines learnt from, each by a model of the outcomes known before its part began."""
        asked = self.problem.lines.asked_on
        days = np.quantile(asked[self.problem.learn], CUTS).astype(np.int64)
        value, found = np.zeros(len(asked)), np.zeros(len(asked), dtype=bool)
        for start, end in pairwise(days):
            before = self.problem.learn & (known_on < start)
            after = self.problem.learn & (asked >= start) & (asked <= end) & ~found
            if len(np.unique(target[before])) < 2 or not after.any():
                continue
            value[after] = self.fit(before, target, **objective).predict(self.columns[after])
            found |= after
        return _Ahead(value, np.flatnonzero(found))


def _platt(predicted: Reals, late: Reals) -> tuple[float, float]:
    """Slope and shift of the log-odds that make the forward predictions likeliest; (1, 0) where there are too few."""
    if late.sum() < 20 or (1 - late).sum() < 20:
        return 1.0, 0.0
    odds = _log_odds(predicted)

    def loss(at: Reals) -> float:
        scores = at[0] * odds + at[1]
        return float(np.mean(np.logaddexp(0, scores) - late * scores)) + 1e-3 * float((at[0] - 1) ** 2)

    slope, shift = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[(0.2, 3.0), (-3.0, 3.0)]).x
    return float(slope), float(shift)


def _log_odds(share: Reals) -> Reals:
    return np.asarray(logit(np.clip(share, 1e-6, 1 - 1e-6)))


def _quantiles(problem: LatenessProblem, learner: _Learner) -> Reals:
    """Delay in days that a share of lines does not exceed, a column for each level, never falling along a row."""
    least = np.full(len(problem.lines.due_on), -np.inf)
    found = []
    for level in problem.levels:
        delay, least = _quantile(problem, learner, level, least)
        found.append(delay)
    return np.asarray(np.maximum.accumulate(np.column_stack(found), axis=1))


def _quantile(problem: LatenessProblem, learner: _Learner, level: float, least: Reals) -> tuple[Reals, Reals]:
    """The delay of a level for every line, and as it was told for those whose outcome corrects it."""
    lines, came = problem.lines, problem.lines.came_on != NOT_YET
    within = np.random.default_rng(learner.seed).random(len(lines.due_on))  # a day is known, its hour is not
    delay = np.where(came, np.where(came, lines.came_on - lines.due_on, 0) + within, 0.0)
    objective = {"objective": "quantile", "alpha": level}
    usable = LatenessProblem(lines, problem.learn & came, problem.levels, problem.rounds)
    own = _Learner(usable, learner.columns, learner.seed, int(learner.fixed["num_threads"]))
    ahead = own.forward(delay, lines.came_on, **objective)
    base = np.asarray(own.fit(usable.learn, delay, **objective).predict(learner.columns))
    at = base.copy()
    at[ahead.rows] = ahead.value[ahead.rows]
    honest = came & ~problem.learn
    honest[ahead.rows] = True
    moved = correction(Errors(lines, np.where(honest, delay - at, 0.0), at, honest, least), level)
    return base + moved, at + moved
