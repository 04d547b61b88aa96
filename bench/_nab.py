"""The Numenta Anomaly Benchmark's files, where they are at hand."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class LabelledSeries:
    """`times` int64 seconds since the epoch (n,), `values` (n,), windows as first and last row."""

    name: str
    times: NDArray[np.int64]
    values: NDArray[np.float64]
    windows: tuple[tuple[int, int], ...]


def folder() -> Path:
    """Where the benchmark's files are expected."""
    return Path(os.environ.get("LONGSHORE_DATA", Path(__file__).parents[2] / "shared" / "data")) / "nab"


def series() -> list[LabelledSeries]:
    """Every file with its labelled windows, by name; nothing where the folder is absent."""
    labels = folder() / "labels" / "combined_windows.json"
    if not labels.exists():
        return []
    windows = json.loads(labels.read_text())
    files = sorted((folder() / "data").glob("*/*.csv"))
    return [_read(path, windows[f"{path.parent.name}/{path.name}"]) for path in files]


def _read(path: Path, windows: list[list[str]]) -> LabelledSeries:
    table = pl.read_csv(path, schema_overrides={"value": pl.Float64})
    moments = table["timestamp"].str.to_datetime("%Y-%m-%d %H:%M:%S")
    times = moments.dt.epoch("s").to_numpy().astype(np.int64)
    rows = {int(moment): row for row, moment in reversed(list(enumerate(times.tolist())))}
    spans = tuple((rows[_seconds(first)], rows[_seconds(last)]) for first, last in windows)
    return LabelledSeries(f"{path.parent.name}/{path.name}", times, table["value"].to_numpy(), spans)


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
