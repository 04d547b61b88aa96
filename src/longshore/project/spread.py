"""How far the figures of a simulated company lie apart when only chance differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Number = int | float


@dataclass(frozen=True, slots=True)
class Spread:
    low: Number
    median: Number
    high: Number


def spread(reports: Sequence[Mapping[str, object]]) -> dict[str, Spread]:
    """For each figure that every report has: its lowest, middle and highest value. Inner figures are named with a dot."""
    rows = [_figures(report) for report in reports]
    shared = [name for name in rows[0] if all(name in row for row in rows)] if rows else []
    return {name: _of([row[name] for row in rows]) for name in shared}


def _of(values: Sequence[Number]) -> Spread:
    return Spread(min(values), median(values), max(values))


def _figures(report: Mapping[str, object], before: str = "") -> dict[str, Number]:
    found: dict[str, Number] = {}
    for name, value in report.items():
        if isinstance(value, Mapping):
            found |= _figures(value, f"{before}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[f"{before}{name}"] = value
    return found
