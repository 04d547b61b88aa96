"""Forecasts from the demand that was wanted, one run for as many item-sites as there are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid5

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.planning import demand_rules, forecast_rules, rules, surge_rules
from longshore.planning.events import LeftBand
from longshore.planning.forecast_rules import Said, Watch
from longshore.planning.models import ForecastRun, ForecastState
from longshore.planning.operations.marking import find_marks
from longshore.planning.operations.measuring import keep_rows, measure
from longshore.planning.operations.overriding import apply_overrides, write_alone
from longshore.planning.queries.agreements import company_today
from longshore.planning.queries.influences import Factors, Life, Series, factors_of, lives
from longshore.planning.queries.surges import surged_lately
from longshore.planning.queries.training import as_marked, wanted_days
from longshore.planning.reading import execute, listed, rows

FORGET = """
DELETE FROM planning_forecast f
WHERE (%(items)s::bigint[] IS NULL OR f.item_id = ANY(%(items)s))
    AND NOT EXISTS (
        SELECT FROM unnest(%(item)s::bigint[], %(site)s::bigint[]) AS u(item, site)
        WHERE u.item = f.item_id AND u.site = f.site_id
    )
"""
BEFORE = """
SELECT item_id, site_id, method, mean_milli FROM planning_forecast
WHERE %(items)s::bigint[] IS NULL OR item_id = ANY(%(items)s)
"""
PUT = """
INSERT INTO planning_forecast (item_id, site_id, made_at, starts_on, daily_milli, sigma_milli, method, wape_bp, bias_bp,
    naive_wape_bp, mean_milli, demand_class, runner_up, base_milli, low_milli, high_milli, drivers, drift_bp)
SELECT u.item, u.site, %(at)s, %(starts_on)s, u.daily::jsonb, u.sigma, u.method, u.wape, u.bias, u.naive, u.mean,
    u.class, u.runner_up, u.daily::jsonb, u.low::jsonb, u.high::jsonb, u.drivers::jsonb, NULL
FROM unnest(%(item)s::bigint[], %(site)s::bigint[], %(daily)s::text[], %(sigma)s::bigint[], %(method)s::text[],
    %(wape)s::int[], %(bias)s::int[], %(naive)s::int[], %(mean)s::bigint[], %(class)s::text[], %(runner_up)s::text[],
    %(low)s::text[], %(high)s::text[], %(drivers)s::text[])
    AS u(item, site, daily, sigma, method, wape, bias, naive, mean, class, runner_up, low, high, drivers)
ORDER BY 1, 2
ON CONFLICT (item_id, site_id) DO UPDATE SET made_at = EXCLUDED.made_at, starts_on = EXCLUDED.starts_on,
    daily_milli = EXCLUDED.daily_milli, sigma_milli = EXCLUDED.sigma_milli, method = EXCLUDED.method,
    wape_bp = EXCLUDED.wape_bp, bias_bp = EXCLUDED.bias_bp, naive_wape_bp = EXCLUDED.naive_wape_bp,
    mean_milli = EXCLUDED.mean_milli, demand_class = EXCLUDED.demand_class, runner_up = EXCLUDED.runner_up,
    base_milli = EXCLUDED.base_milli, low_milli = EXCLUDED.low_milli, high_milli = EXCLUDED.high_milli,
    drivers = EXCLUDED.drivers
"""
# A surge of a day that is not over is in no complete day: whoever forecasts on that day takes it up once more.
FORGOTTEN = """
UPDATE planning_demandsurge s SET counted = 0 FROM catalog_place p
WHERE p.id = s.site_id AND s.day >= (%(at)s::timestamptz AT TIME ZONE p.timezone)::date AND s.counted > 0
    AND (%(items)s::bigint[] IS NULL OR s.item_id = ANY(%(items)s))
RETURNING s.id
"""
# Sites whose day has not come as far as the company's: how many of the last days are not over there.
BEHIND = """
SELECT id, %(today)s::date - (%(at)s::timestamptz AT TIME ZONE timezone)::date FROM catalog_place
WHERE kind = 'site' AND (%(at)s::timestamptz AT TIME ZONE timezone)::date < %(today)s::date
"""
LARGE_SET = 30  # series; above it only the compiled kernels are used (0.1 s a series otherwise), unless told
SANE_BP = 1_000_000  # a wape of 10,000 % says as much as any larger one
RUNS: Final = UUID("3c1d52a3-6f0b-4b1e-9a5e-0a6d6f7c2b90")


@dataclass(frozen=True, slots=True)
class ForecastReceipt:
    """`run` is the record under which the forecast's error will be measured; none where nothing has sold."""

    series: int
    starts_on: date
    fast: bool
    run: int | None = None


@transaction.atomic
def make_forecasts(
    *, at: datetime, cause: Cause, items: Sequence[int] | None = None, fast: bool | None = None,
    run: int | None = None, watch: Watch | None = None,
) -> ForecastReceipt:  # fmt: skip
    """Forecast every item-site that has sold within the last year, from complete days only.

    `fast` none: by the number of series; false: the learnt methods, too (minutes for thousands of series).
    `run` is one that waits for it (a job); without one a record is made. `watch` hears of progress and may stop it by
    raising: then nothing is changed.
    """
    today = company_today(at)
    known = lives(None)
    analogues = sorted({life.analogue for life in known if life.analogue is not None})
    wanted = None if items is None else sorted({*items, *analogues})
    sold = _with_new_items(_complete(wanted_days(today, wanted), today, at), known, wanted)
    find_marks(sold, today=today, at=at)
    quick = len(sold.keys) > LARGE_SET if fast is None else fast
    mine = [row for row, (item, _site) in enumerate(sold.keys) if items is None or item in set(items)]
    keys = {
        "items": listed(items),
        "item": [sold.keys[row][0] for row in mine],
        "site": [sold.keys[row][1] for row in mine],
    }
    before = {(item, site): (method, mean) for item, site, method, mean in rows(BEFORE, {"items": listed(items)})}
    if not mine:
        write_alone()
        execute(FORGET, keys)
        return ForecastReceipt(0, today, quick, run)
    way = forecast_rules.QUICK if quick else forecast_rules.SLOW if fast is None else forecast_rules.LEARNT
    said, drivers = said_of(as_marked(sold, today, wanted), known, way, watch or unwatched)
    lately = surged_lately(wanted, today=today)
    said = surge_rules.by_spread(said, [row for row in mine if sold.keys[row] in lately])
    written = {**keys, **columns_of(said, drivers, mine)}
    write_alone()  # learning takes minutes: whoever knows better need not wait for it
    execute(FORGET, keys)
    execute(PUT, {**written, "at": at, "starts_on": today})
    apply_overrides(today=today, items=items, fresh=True)
    forgotten = sorted(number for (number,) in rows(FORGOTTEN, {"at": at, "items": listed(items)}))
    if forgotten:
        emit([LeftBand(forgotten)], at=at, cause=cause)
    number = run_of(run, at=at, cause=cause, items=items, thorough=not quick)
    keep_rows(number, [sold.keys[row] for row in mine], sold.wanted[mine][:, -rules.SEASON_DAYS :], before)
    measure(today=today)
    return ForecastReceipt(len(mine), today, quick, number)


def _complete(sold: Series, today: date, at: datetime) -> Series:
    """Where a site's day is behind the company's, its last days are not over: they count as those of a week ago."""
    behind = dict(rows(BEHIND, {"today": today, "at": at}))
    for row, (_item, site) in enumerate(sold.keys):
        days = behind.get(site, 0)
        if days and sold.days >= rules.SEASON_DAYS + days:
            week = sold.days - rules.SEASON_DAYS
            sold.wanted[row, sold.days - days :] = sold.wanted[row, week - days : week]
    return sold


def unwatched(done: int, total: int) -> None:
    """Nobody looks on."""


def run_of(run: int | None, *, at: datetime, cause: Cause, items: Sequence[int] | None, thorough: bool) -> int:
    if run is not None:
        return run
    key = uuid5(RUNS, f"{cause.because}:{cause.actor}:{at.isoformat()}:{items}:{thorough}")
    made, _new = ForecastRun.objects.update_or_create(
        key=key,
        defaults={
            "state": ForecastState.DONE, "actor": cause.actor[:80], "thorough": thorough, "items": listed(items),
            "asked_at": at, "finished_at": at,
        },
    )  # fmt: skip
    return made.pk


def _with_new_items(sold: Series, known: Sequence[Life], wanted: Sequence[int] | None) -> Series:
    """Rows of nothing for items that have not sold yet, at the sites where what they sell like sells."""
    have = set(sold.keys)
    sites: dict[int, list[int]] = {}
    for item, site in sold.keys:
        sites.setdefault(item, []).append(site)
    new = [
        (life.item, site)
        for life in known
        if life.analogue is not None and (wanted is None or life.item in wanted)
        for site in sites.get(life.analogue, ())
        if (life.item, site) not in have
    ]
    if not new:
        return sold
    empty = np.zeros((len(new), sold.days), dtype=np.int64)
    return Series([*sold.keys, *new], np.concatenate([sold.wanted, empty]), sold.first)


def said_of(series: Series, known: Sequence[Life], way: str, watch: Watch) -> tuple[Said, list[dict[str, int]]]:
    """What the engine says of demand without what moves it, and that put back for the days to come."""
    factors: Factors = factors_of(series, rules.HORIZON_DAYS)
    said = forecast_rules.ask(series.wanted / factors.past, way=way, watch=watch)
    moved = replace(
        said, mean=said.mean * factors.future, low=said.low * factors.future, high=said.high * factors.future
    )
    return _living(moved, series, known), factors.drivers


def _living(said: Said, series: Series, known: Sequence[Life]) -> Said:
    """New items lean on the ones they sell like, and what goes out of the range fades."""
    lives_of = {life.item: life for life in known}
    row_of = {key: row for row, key in enumerate(series.keys)}
    bands = {name: getattr(said, name).copy() for name in ("mean", "low", "high")}
    sigma, methods = said.sigma.copy(), list(said.method)
    today = rules.day_of(rules.epoch_day(series.first) + series.days)
    for row, (item, site) in enumerate(series.keys):
        life = lives_of.get(item)
        if life is None:
            continue
        like = row_of.get((life.analogue, site)) if life.analogue is not None else None
        days = int((series.wanted[row].cumsum() > 0).sum())
        if like is not None and days < demand_rules.LEARNING_DAYS:
            share = life.share_bp / 10_000
            for values, source in ((bands[name], getattr(said, name)) for name in bands):
                values[row] = demand_rules.leaning(source[row], source[like] * share, days)
            sigma[row] = max(float(said.sigma[row]), float(said.sigma[like]) * share)
            methods[row] = "analogue"
        factor = demand_rules.life_factors(today, said.mean.shape[1], life.ends_on, life.fade_days)
        if life.launched_on is not None and life.launched_on > today:
            factor = factor * (np.arange(said.mean.shape[1]) >= (life.launched_on - today).days)
        for values in bands.values():
            values[row] *= factor
    return replace(said, **bands, sigma=sigma, method=tuple(methods))


def columns_of(made: Said, drivers: Sequence[dict[str, int]], mine: Sequence[int]) -> dict[str, list[Any]]:
    tested = made.tested > 0
    # mase is our error over the naive one's on the same days, so the naive error is our wape divided by it.
    with np.errstate(divide="ignore", invalid="ignore"):
        naive = _basis_points(np.where(made.mase > 0, made.wape / made.mase, 0.0))
    columns: dict[str, list[Any]] = {
        "daily": _days(made.mean),
        "low": _days(made.low),
        "high": _days(made.high),
        "sigma": np.rint(made.sigma * 1000).astype(np.int64).tolist(),
        "method": list(made.method),
        "wape": _where(tested, _basis_points(made.wape)),
        "bias": _where(tested, _basis_points(made.bias)),
        "naive": _where(tested & (made.mase > 0), naive),
        "mean": np.rint(made.mean.mean(axis=1) * 1000).astype(np.int64).tolist(),
        "class": list(made.demand_class),
        "runner_up": list(made.runner_up),
        "drivers": [json.dumps(each) for each in drivers],
    }
    return {name: [values[row] for row in mine] for name, values in columns.items()}


def _days(values: rules.Reals) -> list[str]:
    return [json.dumps(row) for row in np.rint(values * 1000).astype(np.int64).tolist()]


def _basis_points(share: rules.Reals) -> rules.Integers:
    return np.rint(np.clip(share * 10_000, -SANE_BP, SANE_BP)).astype(np.int64)


def _where(holds: NDArray[np.bool_], values: rules.Integers) -> list[object]:
    return [value if there else None for there, value in zip(holds.tolist(), values.tolist(), strict=True)]
