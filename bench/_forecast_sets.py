"""The sets that forecasts are measured on, read from the shared data folder, and the errors they are measured by."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from longshore.engine.forecasting.problem import Integers, Reals, Regressors

M5_TRAINED, M5_HORIZON = 1885, 28
STATES = ("CA", "TX", "WI")


def folder() -> Path:
    """Where the data lies: LONGSHORE_DATA, else `shared/data` beside the repository."""
    return Path(os.environ.get("LONGSHORE_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")


def missing() -> list[str]:
    """Files that are not there."""
    wanted = ("m5/store_dept_daily.parquet", "m4/weekly_train.parquet", "carparts/carparts.csv.gz")
    return [name for name in wanted if not (folder() / name).exists()]


@dataclass(frozen=True, slots=True, eq=False)
class Stores:
    """`sales` (70, 1913) by store and department, what was known of each day, `groups` department by state."""

    sales: Reals
    known: Regressors
    traits: Integers
    groups: Integers


def stores(*, small: bool) -> Stores:
    sales = pl.read_parquet(folder() / "m5/store_dept_daily.parquet").sort("store_id", "dept_id", "d")
    keys = sales.select("store_id", "dept_id").unique(maintain_order=True)
    if small:
        keys = keys.head(7)
    days = pl.read_parquet(folder() / "m5/calendar_d1_1913.parquet").sort("d")
    numbers = sales["sales"].cast(pl.Float64).fill_null(0.0).to_numpy().reshape(-1, len(days))[: len(keys)]
    names = [name if name not in (None, "None") else "" for name in days["event_name_1"].to_list()]
    codes = {name: code for code, name in enumerate(["", *sorted(set(names) - {""})])}
    place = {name: code for code, name in enumerate(sorted(set(keys["store_id"])))}
    kind = {name: code for code, name in enumerate(sorted(set(keys["dept_id"])))}
    shops, departments = keys["store_id"].to_list(), keys["dept_id"].to_list()
    snap = np.stack([np.nan_to_num(days[f"snap_{shop[:2]}"].to_numpy().astype(np.float64)) for shop in shops])
    known = Regressors(
        days["date"].dt.day().to_numpy().astype(np.int64)[:, None],
        np.array([codes[name] for name in names], dtype=np.int64)[:, None],
        np.ascontiguousarray(snap[:, :, None]),
        ("day of month", "event", "snap"),
    )
    traits = [[place[shop], kind[name]] for shop, name in zip(shops, departments, strict=True)]
    groups = [kind[name] * len(STATES) + STATES.index(shop[:2]) for shop, name in zip(shops, departments, strict=True)]
    return Stores(
        np.ascontiguousarray(numbers), known, np.array(traits, dtype=np.int64), np.array(groups, dtype=np.int64)
    )


def weekly(*, small: bool) -> tuple[Reals, Reals]:
    """M4 weekly: history (359, 2597), zeros before a series begins, and the 13 weeks after it (359, 13)."""
    before = pl.read_parquet(folder() / "m4/weekly_train.parquet").sort("t")
    after = pl.read_parquet(folder() / "m4/weekly_test.parquet").sort("t")
    names = before["id"].unique(maintain_order=True).sort().to_list()
    names = names[::40] if small else names
    past = {name: part["y"].to_numpy() for (name,), part in before.group_by("id", maintain_order=True)}
    later = {name: part["y"].to_numpy() for (name,), part in after.group_by("id", maintain_order=True)}
    longest = max(len(past[name]) for name in names)
    history = np.zeros((len(names), longest))
    for row, name in enumerate(names):
        history[row, longest - len(past[name]) :] = past[name]
    return history, np.stack([later[name] for name in names])


def carparts(*, small: bool) -> Reals:
    """Months (2509, 51) of the parts with complete history."""
    table = pl.read_csv(folder() / "carparts/carparts.csv.gz", null_values=["NA"], infer_schema_length=None)
    parts = table.drop("month").cast(pl.Float64).to_numpy().T
    whole = np.ascontiguousarray(parts[np.isfinite(parts).all(axis=1)])
    return whole[::5] if small else whole


def wape(made: Reals, actual: Reals) -> float:
    """Absolute error per unit of demand, percent."""
    return float(100 * np.abs(made - actual).sum() / actual.sum())


def rmsse(made: Reals, actual: Reals, history: Reals) -> float:
    """Mean over series of the root mean squared error over the root mean squared step of the history."""
    step = (np.diff(history, axis=1) ** 2).mean(axis=1)
    return float(np.sqrt(((made - actual) ** 2).mean(axis=1) / step).mean())


def mase(made: Reals, actual: Reals, history: Reals) -> float:
    """Mean over series of the mean absolute error over the mean absolute step of the history since it began."""
    first = (history > 0).argmax(axis=1)
    steps = [float(np.abs(np.diff(row[begin:])).mean()) for row, begin in zip(history, first, strict=True)]
    return float((np.abs(made - actual).mean(axis=1) / np.array(steps)).mean())


def begun(history: Reals) -> list[Reals]:
    """Each series from its first demand on."""
    return [np.ascontiguousarray(row[int((row > 0).argmax()) :]) for row in history]
