"""What forecasts are measured against: statsforecast's automatic models, and LightGBM as one would plainly use it."""

from __future__ import annotations

import sys
import time
import warnings
from typing import Any

import numpy as np

from bench._forecast_sets import Stores, begun
from longshore.engine.forecasting.problem import Reals

MODELS = ("AutoETS", "AutoTheta", "AutoCES", "DynamicOptimizedTheta")
LAGS = (28, 35, 42, 49, 56, 63, 364, 371)
WINDOWS = (7, 28, 56, 91, 182)


def automatic(name: str, history: Reals, season: int, horizon: int) -> tuple[Reals, float]:
    """A model's forecasts (n, horizon) and how many series it does in a second, once compiled, in one process."""
    from statsforecast import models

    warnings.filterwarnings("ignore")
    series = begun(history)
    model: Any = getattr(models, name)(season_length=season)
    _one(model, series[0], horizon)
    began = time.perf_counter()
    made = np.stack([_one(model, one, horizon) for one in series])
    taken = time.perf_counter() - began
    print(f"{name}: {taken:.1f} s", file=sys.stderr, flush=True)
    return made, len(series) / taken


def _one(model: Any, series: Reals, horizon: int) -> Reals:
    told = np.asarray(model.forecast(y=series, h=horizon)["mean"], dtype=np.float64)
    return np.where(np.isfinite(told), told, series[-1])


def intermittent(name: str, history: Reals) -> Reals:
    """A rate (n,) for each item by CrostonSBA, TSB or ADIDA."""
    from statsforecast import models

    model: Any = models.TSB(0.2, 0.1) if name == "TSB" else getattr(models, name)()
    rates = [float(model.forecast(y=row, h=1)["mean"][0]) if row.any() else 0.0 for row in history]
    return np.nan_to_num(np.array(rates))


def plain_lightgbm(sets: Stores, trained: int, horizon: int, threads: int) -> Reals:
    """One model over all series: lags of four weeks and more, means, calendar, SNAP, events; nothing scaled. Tweedie's
    objective, as is usual for sales: of squared error, scaled demand, its logarithm and this the best before the test."""
    import lightgbm

    sales, total = sets.sales[:, :trained], trained + horizon
    columns = [_shifted(sales, lag, total) for lag in LAGS]
    columns += [_shifted(_mean(sales, window), 28, total) for window in WINDOWS]
    t = np.arange(total)
    shared = [t % 7, np.mod(t, 365.25), sets.known.codes[:total, 0], sets.known.events[:total, 0]]
    columns += [np.broadcast_to(one.astype(np.float64), (len(sales), total)) for one in shared]
    columns.append(sets.known.own[:, :total, 0])
    columns += [np.broadcast_to(trait[:, None].astype(np.float64), (len(sales), total)) for trait in sets.traits.T]
    table = np.stack(columns, axis=2)
    learnt = slice(400, trained)
    kinds = [table.shape[2] - k for k in (1, 2, 4)]
    data = lightgbm.Dataset(
        table[:, learnt].reshape(-1, table.shape[2]), sales[:, learnt].reshape(-1), categorical_feature=kinds
    )
    settings = {"objective": "tweedie", "learning_rate": 0.05, "num_leaves": 63, "num_threads": threads, "seed": 1}
    model = lightgbm.train({**settings, "verbose": -1}, data, 300)
    told = model.predict(table[:, trained:].reshape(-1, table.shape[2]))
    return np.asarray(np.maximum(told, 0.0)).reshape(len(sales), horizon)


def plain_lightgbm_rate(history: Reals, threads: int) -> Reals:
    """The next period's demand (n,) from the last twelve, their means and the item's own."""
    import lightgbm

    def seen(until: int) -> Reals:
        last = history[:, until - 12 : until]
        means = [last[:, -k:].mean(axis=1) for k in (3, 6, 12)]
        return np.column_stack([last, *means, history[:, :until].mean(axis=1)])

    origins = range(12, history.shape[1])
    table, target = np.concatenate([seen(t) for t in origins]), np.concatenate([history[:, t] for t in origins])
    settings = {"objective": "regression", "learning_rate": 0.05, "num_threads": threads, "seed": 1, "verbose": -1}
    model = lightgbm.train(settings, lightgbm.Dataset(table, target), 100)
    return np.asarray(np.maximum(np.asarray(model.predict(seen(history.shape[1]))), 0.0))


def _shifted(values: Reals, lag: int, total: int) -> Reals:
    made = np.full((len(values), total), np.nan)
    count = min(values.shape[1], total - lag)
    made[:, lag : lag + count] = values[:, :count]
    return made


def _mean(values: Reals, window: int) -> Reals:
    sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    made = np.full_like(values, np.nan)
    made[:, window - 1 :] = (sums[:, window:] - sums[:, :-window]) / window
    return made
