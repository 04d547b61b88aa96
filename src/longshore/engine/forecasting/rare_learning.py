"""The rate of intermittent items learnt across them: boosted trees with a Poisson loss on what a planner would look
at, so that items like this one tell how soon an item dies or comes back."""

from __future__ import annotations

import numpy as np

from longshore.engine.forecasting.problem import Reals

FADES = (0.6, 0.8, 0.9, 0.95, 0.98, 1.0)
EARLIEST = 12
"""Periods of history that the first row learnt from knows."""
MOST_ROWS = 150_000
ROUNDS = 80


def seen(history: Reals) -> Reals:
    """Columns (n, 20): faded means, sums of the last periods, how long ago and how often, sizes, when on average."""
    periods = history.shape[1]
    age = np.arange(periods - 1, -1, -1)
    columns = [(history * fade**age).sum(axis=1) / (fade**age).sum() for fade in FADES]
    columns += [history[:, -k] for k in (1, 2, 3)]
    columns += [history[:, -k:].sum(axis=1) for k in (3, 6, 12)]
    columns.append(history[:, -24:-12].sum(axis=1))
    asked = history > 0
    columns.append(np.where(asked.any(axis=1), asked[:, ::-1].argmax(axis=1), periods).astype(np.float64))
    columns += [asked[:, -12:].sum(axis=1).astype(np.float64), asked.mean(axis=1)]
    total = np.maximum(history.sum(axis=1), 1e-9)
    recent = history[:, -24:]
    columns += [(history**2).sum(axis=1) / total, (recent**2).sum(axis=1) / np.maximum(recent.sum(axis=1), 1e-9)]
    columns += [history.max(axis=1), history[:, -12:].max(axis=1)]
    columns.append((history * age).sum(axis=1) / total)
    return np.stack(columns, axis=1)


def learnt_rate(history: Reals, periods: int, seed: int = 1, threads: int = 1) -> Reals:
    """Demand a period (n,) over the next `periods`. Needs `EARLIEST` + `periods` of history; deterministic."""
    import lightgbm

    rows, total = history.shape
    origins = np.arange(EARLIEST, total - periods + 1)
    stride = max(len(origins) * rows // MOST_ROWS, 1)
    origins = origins[::-1][::stride]
    table = np.concatenate([seen(history[:, :origin]) for origin in origins])
    target = np.concatenate([history[:, origin : origin + periods].sum(axis=1) for origin in origins])
    settings = {
        "objective": "poisson",
        "learning_rate": 0.05,
        "num_leaves": 15,
        "min_data_in_leaf": max(min(200, len(target) // 50), 20),
        "feature_fraction": 0.6,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "num_threads": threads,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbose": -1,
    }
    model = lightgbm.train(settings, lightgbm.Dataset(table, target), ROUNDS)
    return np.asarray(np.asarray(model.predict(seen(history))) / periods, dtype=np.float64)
