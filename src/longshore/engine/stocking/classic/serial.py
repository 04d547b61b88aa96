"""A chain of stages, each served by the one above: optimal echelon base stock (Clark and Scarf 1960; Chen and Zheng 1994).

Stages are counted from the customer: 0 sells, the last buys from an ample source. Costs per period: holding of the echelon
(what a stage adds), `penalty` a unit the customer waits for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from longshore.engine.invalid import require
from longshore.engine.stocking.classic import demands

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Chain:
    """`holding` (echelon) and `lead` of stages from the customer up, `penalty`; demand of `mean` and `sd` per time, normal,
    or Poisson where sd is None. Raises InvalidProblem."""

    holding: tuple[float, ...]
    lead: tuple[float, ...]
    penalty: float
    mean: float
    sd: float | None = None

    def __post_init__(self) -> None:
        require(len(self.holding) == len(self.lead) > 0, "lead", None, "does not match holding", "One for each stage")
        require(min(self.holding) > 0 and self.penalty > 0, "holding", None, "or penalty is not positive", "Correct it")
        require(min(self.lead) >= 0 and self.mean > 0, "lead", None, "or mean is out of range", "Correct it")


@dataclass(frozen=True, slots=True)
class Grid:
    """How finely normal demand is cut: `positions` steps of the stock axis, `demands` steps between `reach` standard
    deviations below and above the mean (what lies outside counts at the ends; of Poisson demand the same share is cut).
    `top`: how far the axis reaches above mean demand (None: as `reach`)."""

    positions: int = 6000
    demands: int = 1000
    reach: float = 7.0
    top: float | None = None


@dataclass(frozen=True, slots=True)
class EchelonLevels:
    """Base stock of each stage's echelon, from the customer up, and the expected `cost` per period."""

    levels: tuple[float, ...]
    cost: float


@dataclass(frozen=True, slots=True, eq=False)
class _Axis:
    positions: Reals
    step: float

    def nearest(self, values: Reals) -> NDArray[np.int64]:
        found = np.rint((values - self.positions[0]) / self.step).astype(np.int64)
        return np.clip(found, 0, len(self.positions) - 1)


def solve(chain: Chain, grid: Grid | None = None) -> EchelonLevels:
    """Stage by stage from the customer: what the stages below cost at a position, less what this stage's shortage adds."""
    cut = grid or Grid()
    axis = _axis(chain, cut)
    x, levels = axis.positions, []
    total = chain.penalty + sum(chain.holding)
    below = total * np.maximum(-x, 0.0)
    cost, spent = below, 0.0
    for stage, (holding, lead) in enumerate(zip(chain.holding, chain.lead, strict=True)):
        told = holding * x + below
        units, weights = _lead_demand(chain, lead, cut)
        limit = _far_below(chain, stage, total)
        cost = np.zeros(len(x))
        for amount, weight in zip(units.tolist(), weights.tolist(), strict=True):
            at = x - amount
            cost += weight * np.where(at < x[0], limit(at), told[axis.nearest(at)])
        best = int(np.argmin(cost))
        levels.append(float(x[best]))
        spent = float(cost[best])
        below = cost[np.minimum(np.arange(len(x)), best)]
    return EchelonLevels(tuple(levels), spent)


def _axis(chain: Chain, grid: Grid) -> _Axis:
    periods = sum(chain.lead)
    mean = chain.mean * periods
    top = grid.reach if grid.top is None else grid.top
    if chain.sd is None:
        demand = demands.poisson(mean)
        most = demand.quantile(float(special.ndtr(top))) + 1
        return _Axis(np.arange(-most, most + 1, dtype=np.float64), 1.0)
    sd = chain.sd * periods**0.5
    low, high = -(grid.reach + top) * sd, mean + top * sd
    step = (high - low) / grid.positions
    return _Axis(low + step * np.arange(grid.positions + 1), step)


def _lead_demand(chain: Chain, lead: float, grid: Grid) -> tuple[Reals, Reals]:
    if lead == 0:
        return np.zeros(1), np.ones(1)
    if chain.sd is None:
        demand = demands.poisson(chain.mean * lead)
        units = np.arange(demand.quantile(float(special.ndtr(grid.reach))) + 1, dtype=np.float64)
        at_most = demand.at_most()[: len(units)]
    else:
        mean, sd = chain.mean * lead, chain.sd * lead**0.5
        step = 2 * grid.reach * sd / grid.demands
        units = mean - grid.reach * sd + step * np.arange(grid.demands + 1)
        at_most = special.ndtr((units + step / 2 - mean) / sd)
    at_most[-1] = 1.0
    return units, np.diff(at_most, prepend=0.0)


def _far_below(chain: Chain, stage: int, total: float) -> Callable[[Reals], Reals]:
    """Cost so far below zero that every stage orders all it can: a straight line."""
    waits = [chain.mean * sum(chain.lead[i:stage]) for i in range(stage + 1)]
    slope = sum(chain.holding[: stage + 1]) - total
    base = total * waits[0] - sum(h * w for h, w in zip(chain.holding, waits, strict=False))
    return lambda at: slope * at + base


def heuristic(chain: Chain) -> tuple[float, ...]:
    """Levels by averaging two newsvendors for each stage (Shang and Song 2003): quick, near the optimum."""
    found = []
    for stage in range(len(chain.holding)):
        above = chain.penalty + sum(chain.holding[stage + 1 :])
        shares = (above / (above + chain.holding[stage]), above / (above + sum(chain.holding[: stage + 1])))
        periods = sum(chain.lead[: stage + 1])
        found.append(sum(_quantile(chain, periods, share) for share in shares) / 2)
    return tuple(found)


def _quantile(chain: Chain, periods: float, share: float) -> float:
    if chain.sd is None:
        return float(demands.poisson(chain.mean * periods).quantile(share))
    return chain.mean * periods + chain.sd * periods**0.5 * float(special.ndtri(share))
