"""Demand that leaves its band within a day: the forecast is made again at once, for what is touched alone.

Two steps. `note_surges` is asked after every order and is one question; `take_up_surges` forecasts, sets policies and keeps
what they were before. Orders that come in a row are taken up together: a surge is taken up again only when its day has grown
by a quarter.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.planning import forecast_rules, rules, surge_rules
from longshore.planning.events import LeftBand, Surged
from longshore.planning.operations.forecasts import (
    LARGE_SET,
    PUT,
    columns_of,
    run_of,
    said_of,
    unwatched,
)
from longshore.planning.operations.measuring import keep_rows
from longshore.planning.operations.overriding import apply_overrides, write_alone
from longshore.planning.operations.policies import set_policies
from longshore.planning.queries.influences import Series, lives
from longshore.planning.queries.training import as_marked, wanted_days
from longshore.planning.reading import execute, prepared, rows

ItemSite = tuple[int, int]

# Of the item-site-days just recounted, those of today that are far above their band, in far more lines than usual.
NOTE = """
INSERT INTO planning_demandsurge AS s (item_id, site_id, day, qty, lines, expected_milli, high_milli, seen_at, counted,
    before, after)
SELECT d.item_id, d.site_id, d.day, d.qty, d.lines, e.mean, e.high, %(at)s::timestamptz, 0, '{}', '{}'
FROM unnest(%(item)s::bigint[], %(site)s::bigint[], %(day)s::date[]) AS u(item, site, day)
JOIN planning_demandday d ON d.item_id = u.item AND d.site_id = u.site AND d.day = u.day AND d.lines >= %(lines)s::int
JOIN catalog_place p ON p.id = u.site AND (%(at)s::timestamptz AT TIME ZONE p.timezone)::date = u.day
JOIN planning_forecast f ON f.item_id = u.item AND f.site_id = u.site
    AND u.day - f.starts_on BETWEEN -1 AND jsonb_array_length(f.daily_milli) - 1
CROSS JOIN LATERAL (SELECT greatest(u.day - f.starts_on, 0) AS nth) g  -- the company's day may have begun before the site's
CROSS JOIN LATERAL (SELECT (f.daily_milli->>g.nth)::numeric::bigint AS mean) m
CROSS JOIN LATERAL (
    SELECT m.mean, greatest(COALESCE((f.high_milli->>g.nth)::numeric::bigint, m.mean + f.sigma_milli * 1282 / 1000), m.mean)
        AS high
) e
CROSS JOIN LATERAL (
    SELECT least(u.day - MIN(b.day), %(days)s::int) AS days FROM planning_demandday b
    WHERE b.item_id = u.item AND b.site_id = u.site
) known
CROSS JOIN LATERAL (
    SELECT COALESCE(SUM(b.lines), 0) AS lines FROM planning_demandday b
    WHERE b.item_id = u.item AND b.site_id = u.site AND b.day < u.day AND b.day >= u.day - known.days
) usual
WHERE d.qty * 1000 > e.mean + %(width)s::int * (e.high - e.mean)
    AND known.days >= %(least)s::int AND d.lines * known.days > usual.lines * %(times)s::int
ORDER BY 1, 2
ON CONFLICT (item_id, site_id, day) DO UPDATE SET qty = EXCLUDED.qty, lines = EXCLUDED.lines
WHERE EXCLUDED.qty * 100 >= s.counted * %(grows)s::int
RETURNING s.id
"""
# What was noted may have been cancelled since: the day as it is now, and away with what no longer is a surge.
RECOUNT = """
UPDATE planning_demandsurge s SET qty = d.qty, lines = d.lines FROM planning_demandday d, catalog_place p
WHERE p.id = s.site_id AND s.day = (%(at)s::timestamptz AT TIME ZONE p.timezone)::date
    AND d.item_id = s.item_id AND d.site_id = s.site_id AND d.day = s.day AND d.qty > 0
    AND (s.qty, s.lines) IS DISTINCT FROM (d.qty, d.lines)
"""
CALLED_OFF = """
DELETE FROM planning_demandsurge s USING catalog_place p, planning_demandday d
WHERE p.id = s.site_id AND s.day = (%(at)s::timestamptz AT TIME ZONE p.timezone)::date AND s.counted = 0
    AND d.item_id = s.item_id AND d.site_id = s.site_id AND d.day = s.day AND (d.lines < %(lines)s::int
        OR d.qty * 1000 <= s.expected_milli + %(width)s::int * (s.high_milli - s.expected_milli))
"""
# Each on the day of its own site; a forecast made after that day's end knows it already.
OPEN = """
SELECT s.id, s.item_id, s.site_id, s.day FROM planning_demandsurge s
JOIN catalog_place p ON p.id = s.site_id AND s.day = (%(at)s::timestamptz AT TIME ZONE p.timezone)::date
JOIN planning_forecast f ON f.item_id = s.item_id AND f.site_id = s.site_id
    AND (f.made_at AT TIME ZONE p.timezone)::date <= s.day
WHERE s.qty * 100 >= s.counted * %(grows)s AND s.qty > s.counted ORDER BY s.item_id, s.site_id FOR UPDATE OF s
"""
# What a reader would compare: an average day and its band, and the policy that stands on it.
STANDS = """
SELECT u.item, u.site, f.mean_milli, f.starts_on, f.daily_milli, f.base_milli, f.low_milli, f.high_milli, f.sigma_milli,
    f.method, p.safety_stock, p.reorder_point, p.order_up_to
FROM unnest(%(item)s::bigint[], %(site)s::bigint[]) WITH ORDINALITY AS u(item, site, n)
JOIN planning_forecast f ON f.item_id = u.item AND f.site_id = u.site
LEFT JOIN planning_stockpolicy p ON p.item_id = u.item AND p.site_id = u.site
ORDER BY u.n
"""
COUNTED = """
UPDATE planning_demandsurge s SET counted = s.qty, counted_at = %(at)s, after = u.after::jsonb,
    before = CASE WHEN s.before = '{}' THEN u.before::jsonb ELSE s.before END
FROM unnest(%(ids)s::bigint[], %(before)s::text[], %(after)s::text[]) AS u(id, before, after)
WHERE s.id = u.id
"""
SERIES = "SELECT COUNT(*) FROM (SELECT FROM planning_forecast LIMIT %(most)s) counted"


@dataclass(frozen=True, slots=True)
class SurgeReceipt:
    """Surges taken up, with their item-sites."""

    surges: tuple[int, ...]
    leaves: tuple[ItemSite, ...]


@dataclass(frozen=True, slots=True)
class _Stand:
    item: int
    site: int
    mean_milli: int
    starts_on: date
    daily: list[int]
    base: list[int]
    low: list[int]
    high: list[int]
    sigma_milli: int
    method: str
    safety_stock: int | None
    reorder_point: int | None
    order_up_to: int | None


@transaction.atomic
def note_surges(days: Sequence[tuple[int, int, date]], *, at: datetime, cause: Cause) -> tuple[int, ...]:
    """Which of these item-site-days are a surge that no forecast knows yet; says so when there are any."""
    if not days:
        return ()
    item, site, day = zip(*days, strict=True)
    asked = {
        "item": list(item), "site": list(site), "day": list(day), "at": at, "lines": surge_rules.LEAST_LINES,
        "days": surge_rules.USUAL_DAYS, "width": surge_rules.WIDTH, "times": surge_rules.LINES_TIMES,
        "least": surge_rules.KNOWN_DAYS, "grows": surge_rules.GROWS_PERCENT,
    }  # fmt: skip
    found = tuple(number for (number,) in prepared(NOTE, asked))
    if found:
        emit([LeftBand(list(found))], at=at, cause=cause)
    return found


@transaction.atomic
def take_up_surges(*, at: datetime, cause: Cause) -> SurgeReceipt:
    """Forecast and policy of today's surges with today's orders in them, each by its site's day; nothing where all are taken
    up already."""
    write_alone()
    execute(RECOUNT, {"at": at})
    execute(CALLED_OFF, {"at": at, "lines": surge_rules.LEAST_LINES, "width": surge_rules.WIDTH})
    found = rows(OPEN, {"at": at, "grows": surge_rules.GROWS_PERCENT})
    if not found:
        return SurgeReceipt((), ())
    leaves = [(item, site) for _number, item, site, _day in found]
    days: list[date] = [day for _number, _item, _site, day in found]
    before = _stands(leaves)
    for today in sorted(set(days)):  # sites far apart have two at most
        mine = [leaf for leaf, day in zip(leaves, days, strict=True) if day == today]
        _forecast_again(mine, before, today=today, at=at, cause=cause)
    items = sorted({item for item, _site in leaves})
    set_policies(at=at, cause=cause, items=items)
    after = _stands(leaves)
    numbers = [row[0] for row in found]
    stood = list(zip(leaves, days, strict=True))
    told = {
        "ids": numbers,
        "before": [json.dumps(_told(before[leaf], day, whole=True)) for leaf, day in stood],
        "after": [json.dumps(_told(after[leaf], day, whole=False)) for leaf, day in stood],
    }
    execute(COUNTED, {**told, "at": at})
    emit([Surged(numbers, items, sorted({site for _item, site in leaves}))], at=at, cause=cause)
    return SurgeReceipt(tuple(numbers), tuple(leaves))


def _stands(leaves: Sequence[ItemSite]) -> dict[ItemSite, _Stand]:
    asked = {"item": [item for item, _site in leaves], "site": [site for _item, site in leaves]}
    return {(row[0], row[1]): _Stand(*row) for row in rows(STANDS, asked)}


def _told(stand: _Stand, today: date, *, whole: bool) -> dict[str, Any]:
    """Band of an average day, and the policy; `whole`: with the bands by day from today on."""
    gone = (today - stand.starts_on).days if today > stand.starts_on else 0
    band = stand.sigma_milli * 1282 // 1000
    high = stand.high or [each + band for each in stand.daily]
    low = stand.low or [each - band if each > band else 0 for each in stand.daily]
    said: dict[str, Any] = {
        "mean_milli": stand.mean_milli, "low_milli": sum(low) // len(low), "high_milli": sum(high) // len(high),
        "method": stand.method, "safety_stock": stand.safety_stock, "reorder_point": stand.reorder_point,
        "order_up_to": stand.order_up_to,
    }  # fmt: skip
    if whole:
        said |= {"high": high[gone:], "low": low[gone:]}
    return said


def _forecast_again(
    leaves: Sequence[ItemSite], before: dict[ItemSite, _Stand], *, today: date, at: datetime, cause: Cause
) -> None:
    """As the night would tomorrow, but from today's orders so far; the rest of today stays as it was expected."""
    items = sorted({item for item, _site in leaves})
    series, known = _with_today(leaves, items, today)
    way = forecast_rules.QUICK if _many() else forecast_rules.SLOW
    said, drivers = said_of(series, known, way, unwatched)
    mine = [series.keys.index(leaf) for leaf in leaves]
    said = surge_rules.by_spread(said, mine)
    begun = surge_rules.from_today(said, _this_morning(series, before, today))
    keys = {"item": [item for item, _site in leaves], "site": [site for _item, site in leaves]}
    execute(PUT, {**keys, **columns_of(begun, drivers, mine), "at": at, "starts_on": today})
    apply_overrides(today=today, items=items, fresh=True)
    number = run_of(None, at=at, cause=cause, items=items, thorough=way == forecast_rules.SLOW)
    last_week = series.wanted[mine][:, -1 - rules.SEASON_DAYS : -1]
    keep_rows(number, leaves, last_week, {leaf: (row.method, row.mean_milli) for leaf, row in before.items()})


def _with_today(leaves: Sequence[ItemSite], items: Sequence[int], today: date) -> tuple[Series, Any]:
    """History that ends today, of these leaves and of those that they sell like. Only the surges' day counts as it is: the
    others' is not over, so their last one is that of a week ago."""
    known = lives(None)
    mine, surges = set(items), set(leaves)
    wanted = sorted(mine | {life.analogue for life in known if life.item in mine and life.analogue is not None})
    tomorrow = today + timedelta(days=1)
    series = as_marked(wanted_days(tomorrow, wanted), tomorrow, wanted)
    surging = np.array([key in surges for key in series.keys])
    if series.days > rules.SEASON_DAYS:
        series.wanted[~surging, -1] = series.wanted[~surging, -1 - rules.SEASON_DAYS]
    return series, known


def _many() -> bool:
    """Whether the night forecasts by the compiled methods only, too: a surge is forecast as the night would."""
    return int(rows(SERIES, {"most": LARGE_SET + 1})[0][0]) > LARGE_SET


def _this_morning(series: Series, before: dict[ItemSite, _Stand], today: date) -> dict[str, rules.Reals]:
    """What was expected of today, by row of the series; NaN where nothing was."""
    found = {name: np.full(len(series.keys), np.nan) for name in ("mean", "low", "high")}
    for row, key in enumerate(series.keys):
        stand = before.get(key)
        place = -1 if stand is None else (today - stand.starts_on).days
        if stand is None or not 0 <= place < len(stand.base or stand.daily):
            continue
        found["mean"][row] = (stand.base or stand.daily)[place] / 1000
        if stand.low and stand.high:
            found["low"][row], found["high"][row] = stand.low[place] / 1000, stand.high[place] / 1000
    return found
