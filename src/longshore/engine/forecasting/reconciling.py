"""Forecasts of parts and of their totals made to agree: minimum trace with a shrunk covariance (Wickramasuriya,
Athanasopoulos and Hyndman 2019; shrinkage by Schaefer and Strimmer 2005)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshore.engine.forecasting.problem import Integers, Reals
from longshore.engine.invalid import require


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchy:
    """`sums` (nodes, parts) of 0 and 1: which parts a node is the total of. The last `parts` rows are the parts."""

    sums: Reals

    def __post_init__(self) -> None:
        nodes, parts = self.sums.shape
        right = nodes >= parts and bool((self.sums[nodes - parts :] == np.eye(parts)).all())
        require(right, "sums", None, "does not end with the parts themselves", "Append the identity")


@dataclass(frozen=True, slots=True, eq=False)
class Reconciled:
    """`mean` (nodes, horizon) that add up; `shrinkage` of the covariance towards its diagonal, 0 to 1."""

    mean: Reals
    shrinkage: float


def hierarchy(levels: tuple[Integers, ...], parts: int) -> Hierarchy:
    """From codes per level, each (parts,), coarse first, such as region, then family; the total comes on top."""
    rows = [np.ones((1, parts))]
    for codes in levels:
        rows.append((np.unique(codes)[:, None] == codes[None, :]).astype(np.float64))
    return Hierarchy(np.concatenate([*rows, np.eye(parts)]))


def reconcile(tree: Hierarchy, base: Reals, misses: Reals) -> Reconciled:
    """`base` (nodes, horizon) forecasts made apart, `misses` (nodes, cases) of theirs in the past. O(nodes^3)."""
    nodes, parts = tree.sums.shape
    require(base.shape[0] == nodes, "base", None, f"has not {nodes} rows", "Pass a forecast for every node")
    require(misses.shape[0] == nodes and misses.shape[1] >= 2, "misses", None, "are too few", "Pass two cases or more")
    covariance, share = shrunk(misses)
    # Only the constraints (totals less their parts) are solved: stable, and small where totals are few.
    upper = nodes - parts
    gaps = np.concatenate([np.eye(upper), -tree.sums[:upper]], axis=1)
    across = covariance @ gaps.T
    middle = gaps @ across
    pull = np.linalg.solve(middle + 1e-12 * max(np.trace(middle), 1e-12) * np.eye(upper), gaps @ base)
    fixed = base - across @ pull
    return Reconciled(np.asarray(tree.sums @ fixed[upper:]), share)


def shrunk(misses: Reals) -> tuple[Reals, float]:
    """Covariance about zero (misses of unbiased forecasts), its correlations shrunk by their own uncertainty."""
    cases = misses.shape[1]
    deviation = np.sqrt(np.maximum((misses**2).mean(axis=1), 1e-12))
    scaled = misses / deviation[:, None]
    correlation = scaled @ scaled.T / cases
    noise = ((scaled**2) @ (scaled**2).T / cases - correlation**2) / max(cases - 1, 1)
    off = ~np.eye(len(misses), dtype=bool)
    share = float(np.clip(noise[off].sum() / max(float((correlation[off] ** 2).sum()), 1e-12), 0.0, 1.0))
    correlation = np.where(off, (1 - share) * correlation, 1.0)
    return correlation * deviation[:, None] * deviation[None, :], share
