"""What moves demand besides itself: festivals, outside signals, promotions. Measured on history, applied to the future.

Demand of a family at a site, as a logarithm against its own level and weekday, is regressed on what may move it; what is
not clearly different from nothing (three standard errors) is left out. History is divided by the effect before the engine
sees it, and its forecast multiplied by the effect of the days to come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from longshore.planning.rules import Reals

CLEAR: Final = 3.0  # standard errors
ENOUGH_DAYS: Final = 84
ACTIVE_DAYS: Final = 3
WINDOW: Final = 29
LARGEST: Final = 1.6  # of the logarithm: five times, or a fifth
SLIVER: Final = 1e-9  # columns that say the same are both unclear, not an error
PRIOR_DAYS: Final = 7  # a stated uplift weighs as much as a week of measuring


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Factors of past and coming days, and each driver's share of the coming days' mean in basis points."""

    past: Reals
    future: Reals
    drivers: dict[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Push:
    """A promotion over one row: the days it ran, the days it will, and what the planner expects of it (None: unsaid)."""

    name: str
    past: Reals
    future: Reals
    stated: float | None


def measured(total: Reals, past: Mapping[str, Reals], future: Mapping[str, Reals]) -> Effects:
    """Effects on the daily total of a group. `past` columns are as long as it, `future` columns as the horizon."""
    horizon = max((len(column) for column in future.values()), default=0)
    nothing = Effects(np.ones(len(total)), np.ones(horizon), {})
    names = [name for name in past if _usable(past[name], total)]
    if len(total) < ENOUGH_DAYS or not names:
        return nothing
    answer = _against_level(total)
    kept, weights = _clear_ones(answer, names, past)
    if not kept:
        return nothing
    log_past = sum((past[name] * weight for name, weight in zip(kept, weights, strict=True)), np.zeros(len(total)))
    ahead = [(name, future.get(name, np.zeros(horizon)) * weight) for name, weight in zip(kept, weights, strict=True)]
    log_future = sum((column for _name, column in ahead), np.zeros(horizon))
    shares = {name: round(float(np.expm1(_held(column)).mean()) * 10_000) for name, column in ahead}
    return Effects(np.exp(_held(log_past)), np.exp(_held(log_future)), {name: bp for name, bp in shares.items() if bp})


def _usable(column: Reals, total: Reals) -> bool:
    return len(column) == len(total) and int((column != 0).sum()) >= ACTIVE_DAYS and float(column.std()) > 0


def _held(log: Reals) -> Reals:
    return np.asarray(np.clip(log, -LARGEST, LARGEST), dtype=np.float64)


def _against_level(total: Reals) -> Reals:
    """Logarithm of demand against its level (median of four weeks around) and its weekday."""
    log = np.log1p(total)
    half = WINDOW // 2
    padded = np.pad(log, half, mode="reflect")
    level = np.median(np.lib.stride_tricks.sliding_window_view(padded, WINDOW), axis=1)
    rest = log - level
    weekday = np.array([np.median(rest[day::7]) for day in range(7)])
    return np.asarray(rest - weekday[np.arange(len(total)) % 7], dtype=np.float64)


def _clear_ones(answer: Reals, names: Sequence[str], past: Mapping[str, Reals]) -> tuple[list[str], list[float]]:
    """Least squares by the normal equations, the least clear one left out until all are clear."""
    matrix = np.column_stack([np.ones(len(answer)), *(past[name] for name in names)])
    gram, against, square = matrix.T @ matrix, matrix.T @ answer, float(answer @ answer)
    kept = list(range(1, matrix.shape[1]))
    while kept:
        chosen = [0, *kept]
        inverse = np.linalg.inv(gram[np.ix_(chosen, chosen)] + SLIVER * np.eye(len(chosen)))
        weights = inverse @ against[chosen]
        free = max(len(answer) - len(chosen), 1)
        noise = max(square - float(weights @ against[chosen]), 1e-12) / free
        clear = (np.abs(weights) / np.sqrt(np.maximum(np.diag(inverse) * noise, 1e-18)))[1:]
        if float(clear.min()) >= CLEAR:
            return [names[place - 1] for place in kept], [float(weight) for weight in weights[1:]]
        kept.pop(int(clear.argmin()))
    return [], []


def pushed(history: Reals, pushes: Sequence[Push], horizon: int) -> Effects:
    """The factors of promotions on one row: what was measured on its own days, and what was stated, by their weight."""
    past, future = np.ones(len(history)), np.ones(horizon)
    drivers: dict[str, int] = {}
    ran: NDArray[np.bool_] = np.sum([push.past for push in pushes], axis=0) > 0
    for push in pushes:
        factor = _uplift(history, push, ran)
        past = np.where(push.past > 0, past * factor, past)
        future = np.where(push.future > 0, future * factor, future)
        if push.future.any():
            drivers[push.name] = round((factor - 1) * float((push.future > 0).mean()) * 10_000)
    return Effects(past, future, drivers)


def _uplift(history: Reals, push: Push, ran: NDArray[np.bool_]) -> float:
    active = push.past > 0
    days = int(active.sum())
    level = float(history[~ran].mean()) if (~ran).any() else 0.0
    stated = 1.0 if push.stated is None else 1.0 + push.stated
    if days == 0 or level <= 0:
        return stated
    found = float(history[active].mean()) / level
    prior = PRIOR_DAYS if push.stated is not None else 0
    factor = (days * found + prior * stated) / (days + prior)
    return float(np.exp(np.clip(np.log(max(factor, 1e-3)), -LARGEST, LARGEST)))
