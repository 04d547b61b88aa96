"""Forecasts from the demand that was wanted, one run for as many item-sites as there are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from longshore.engine.forecasting.problem import Forecast, ForecastProblem
from longshore.engine.forecasting.solve import solve
from longshore.ledger.cause import Cause
from longshore.planning import rules
from longshore.planning.reading import execute, listed, rows

HISTORY = """
SELECT d.item_id, d.site_id, d.day, d.qty
FROM planning_demandday d
JOIN catalog_item i ON i.id = d.item_id AND i.active
JOIN catalog_place s ON s.id = d.site_id AND s.active
WHERE d.day >= %(since)s AND d.day < %(today)s AND d.qty > 0
    AND (%(items)s::bigint[] IS NULL OR d.item_id = ANY(%(items)s))
"""
ZONES = "SELECT timezone FROM catalog_place WHERE kind = 'site' AND active ORDER BY id"
FORGET = """
DELETE FROM planning_forecast f
WHERE (%(items)s::bigint[] IS NULL OR f.item_id = ANY(%(items)s))
    AND NOT EXISTS (
        SELECT FROM unnest(%(item)s::bigint[], %(site)s::bigint[]) AS u(item, site)
        WHERE u.item = f.item_id AND u.site = f.site_id
    )
"""
PUT = """
INSERT INTO planning_forecast (item_id, site_id, made_at, starts_on, daily_milli, sigma_milli, method, wape_bp, bias_bp,
    naive_wape_bp, mean_milli, demand_class, runner_up)
SELECT u.item, u.site, %(at)s, %(starts_on)s, u.daily::jsonb, u.sigma, u.method, u.wape, u.bias, u.naive, u.mean,
    u.class, u.runner_up
FROM unnest(%(item)s::bigint[], %(site)s::bigint[], %(daily)s::text[], %(sigma)s::bigint[], %(method)s::text[],
    %(wape)s::int[], %(bias)s::int[], %(naive)s::int[], %(mean)s::bigint[], %(class)s::text[], %(runner_up)s::text[])
    AS u(item, site, daily, sigma, method, wape, bias, naive, mean, class, runner_up)
ORDER BY 1, 2
ON CONFLICT (item_id, site_id) DO UPDATE SET made_at = EXCLUDED.made_at, starts_on = EXCLUDED.starts_on,
    daily_milli = EXCLUDED.daily_milli, sigma_milli = EXCLUDED.sigma_milli, method = EXCLUDED.method,
    wape_bp = EXCLUDED.wape_bp, bias_bp = EXCLUDED.bias_bp, naive_wape_bp = EXCLUDED.naive_wape_bp,
    mean_milli = EXCLUDED.mean_milli, demand_class = EXCLUDED.demand_class, runner_up = EXCLUDED.runner_up
"""
LARGE_SET = 30  # series; above it only the compiled kernels are used (0.1 s a series otherwise), unless told
SANE_BP = 1_000_000  # a wape of 10,000 % says as much as any larger one


@dataclass(frozen=True, slots=True)
class ForecastReceipt:
    series: int
    starts_on: date
    fast: bool


@dataclass(frozen=True, slots=True)
class _History:
    keys: list[tuple[int, int]]
    matrix: rules.Reals


@transaction.atomic
def make_forecasts(
    *, at: datetime, cause: Cause, items: Sequence[int] | None = None, fast: bool | None = None
) -> ForecastReceipt:
    """Forecast every item-site that has sold within the last year, from complete days only."""
    zones = [zone for (zone,) in rows(ZONES, {})] or ["UTC"]
    today = rules.local_day(at, max(sorted(set(zones)), key=zones.count))
    history = _history(today, items)
    quick = len(history.keys) > LARGE_SET if fast is None else fast
    keys = {"items": listed(items), "item": [k[0] for k in history.keys], "site": [k[1] for k in history.keys]}
    execute(FORGET, keys)
    if history.keys:
        problem = ForecastProblem(history.matrix, rules.SEASON_DAYS, rules.HORIZON_DAYS, levels=())
        execute(PUT, {**keys, **_columns(solve(problem, fast=quick)), "at": at, "starts_on": today})
    return ForecastReceipt(len(history.keys), today, quick)


def _history(today: date, items: Sequence[int] | None) -> _History:
    """Days as columns, oldest first, as many as the oldest demand within the year needs."""
    since = today - timedelta(days=rules.HISTORY_DAYS)
    found = rows(HISTORY, {"since": since, "today": today, "items": listed(items)})
    keys = sorted({(item, site) for item, site, _day, _qty in found})
    if not keys:
        return _History([], np.zeros((0, 0)))
    row_of = {key: n for n, key in enumerate(keys)}
    first = min(day for _item, _site, day, _qty in found)
    matrix = np.zeros((len(keys), (today - first).days), dtype=np.float64)
    row = np.array([row_of[item, site] for item, site, _day, _qty in found], dtype=np.int64)
    column = np.array([day.toordinal() for _item, _site, day, _qty in found], dtype=np.int64) - first.toordinal()
    matrix[row, column] = [qty for _item, _site, _day, qty in found]
    return _History(keys, matrix)


def _columns(made: Forecast) -> dict[str, list[object]]:
    daily = np.rint(made.mean * 1000).astype(np.int64)
    wape = _basis_points(made.wape)
    tested = made.tested > 0
    # mase is our error over the naive one's on the same days, so the naive error is our wape divided by it.
    with np.errstate(divide="ignore", invalid="ignore"):
        naive = _basis_points(np.where(made.mase > 0, made.wape / made.mase, 0.0))
    return {
        "daily": [json.dumps(row) for row in daily.tolist()],
        "sigma": np.rint(made.sigma * 1000).astype(np.int64).tolist(),
        "method": list(made.method),
        "wape": _where(tested, wape),
        "bias": _where(tested, _basis_points(made.bias)),
        "naive": _where(tested & (made.mase > 0), naive),
        "mean": np.rint(made.mean.mean(axis=1) * 1000).astype(np.int64).tolist(),
        "class": list(made.demand_class),
        "runner_up": list(made.runner_up),
    }


def _basis_points(share: rules.Reals) -> rules.Integers:
    return np.rint(np.clip(share * 10_000, -SANE_BP, SANE_BP)).astype(np.int64)


def _where(holds: NDArray[np.bool_], values: rules.Integers) -> list[object]:
    return [value if there else None for there, value in zip(holds.tolist(), values.tolist(), strict=True)]
