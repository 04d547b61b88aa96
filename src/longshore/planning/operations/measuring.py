"""What a run said, kept until its days are over, then compared with what was wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from django.db import transaction

from longshore.planning import demand_rules, forecast_rules, rules
from longshore.planning.reading import execute, rows

KEPT_DAYS: Final = 100
DRIFT_DAYS: Final = 28
DRIFT_POINTS: Final = 14

KEEP = """
INSERT INTO planning_forecastrow (run_id, item_id, site_id, starts_on, method, method_before, mean_milli,
    mean_before_milli, base, final, naive)
SELECT %(run)s, u.item, u.site, f.starts_on, f.method, u.method, f.mean_milli, u.mean,
    ARRAY(SELECT x::bigint FROM jsonb_array_elements_text(f.base_milli) WITH ORDINALITY t(x, n)
        WHERE n <= %(days)s ORDER BY n),
    ARRAY(SELECT x::bigint FROM jsonb_array_elements_text(f.daily_milli) WITH ORDINALITY t(x, n)
        WHERE n <= %(days)s ORDER BY n),
    u.naive::bigint[]
FROM unnest(%(item)s::bigint[], %(site)s::bigint[], %(method)s::text[], %(mean)s::bigint[], %(naive)s::text[])
    AS u(item, site, method, mean, naive)
JOIN planning_forecast f ON f.item_id = u.item AND f.site_id = u.site
ON CONFLICT (run_id, item_id, site_id) DO NOTHING
"""
# Days without a row of demand had none. The naive forecast is the same weekday of the week before.
MEASURE = """
UPDATE planning_forecastrow r SET wanted = m.wanted, off_base = m.off_base, off_final = m.off_final,
    off_naive = m.off_naive, over_base = m.over_base, over_final = m.over_final
FROM (
    SELECT r.id, SUM(w.qty) AS wanted, SUM(abs(u.base - w.qty)) AS off_base, SUM(abs(u.final - w.qty)) AS off_final,
        SUM(abs(u.naive - w.qty)) AS off_naive, SUM(u.base - w.qty) AS over_base, SUM(u.final - w.qty) AS over_final
    FROM planning_forecastrow r
    CROSS JOIN LATERAL unnest(r.base, r.final, r.naive) WITH ORDINALITY AS u(base, final, naive, n)
    LEFT JOIN planning_demandday d
        ON d.item_id = r.item_id AND d.site_id = r.site_id AND d.day = r.starts_on + (u.n - 1)::int
    CROSS JOIN LATERAL (SELECT COALESCE(d.qty, 0) * 1000 AS qty) w
    WHERE r.wanted IS NULL AND r.starts_on + %(days)s <= %(today)s
    GROUP BY r.id
) m
WHERE m.id = r.id
"""
FORGET = "DELETE FROM planning_forecastrow WHERE starts_on < %(today)s::date - %(kept)s"
# The one-day-ahead errors of the last four weeks, oldest first, with the spread that the forecast says it has.
SAID = """
WITH said AS (
    SELECT DISTINCT ON (r.item_id, r.site_id, r.starts_on) r.item_id, r.site_id, r.starts_on,
        r.final[1] - COALESCE(d.qty, 0) * 1000 AS off, COALESCE(d.qty, 0) * 1000 AS wanted
    FROM planning_forecastrow r
    LEFT JOIN planning_demandday d ON d.item_id = r.item_id AND d.site_id = r.site_id AND d.day = r.starts_on
    WHERE r.starts_on >= %(today)s::date - %(days)s AND r.starts_on < %(today)s
    ORDER BY r.item_id, r.site_id, r.starts_on, r.id DESC
)
SELECT f.id, f.sigma_milli, array_agg(s.off ORDER BY s.starts_on)::bigint[], SUM(s.wanted)::bigint
FROM planning_forecast f JOIN said s ON s.item_id = f.item_id AND s.site_id = f.site_id
GROUP BY f.id, f.sigma_milli HAVING COUNT(*) >= %(points)s
ORDER BY f.id
"""
DRIFT = """
UPDATE planning_forecast f SET drift_bp = found.drift_bp
FROM (
    SELECT f.id, u.drift_bp FROM planning_forecast f
    LEFT JOIN unnest(%(forecast)s::bigint[], %(drift)s::int[]) AS u(forecast, drift_bp) ON u.forecast = f.id
) found
WHERE found.id = f.id AND f.drift_bp IS DISTINCT FROM found.drift_bp
"""


def keep_rows(
    run: int,
    keys: Sequence[tuple[int, int]],
    last_week: rules.Integers,
    before: Mapping[tuple[int, int], tuple[str, int]],
) -> int:
    """Keep the first days of the forecasts of these leaves, beside the naive ones and what was said before."""
    none = ("", None)
    columns = {
        "item": [item for item, _site in keys],
        "site": [site for _item, site in keys],
        "method": [before.get(key, none)[0] for key in keys],
        "mean": [before.get(key, none)[1] for key in keys],
        "naive": ["{" + ",".join(str(qty * 1000) for qty in _a_week(week)) + "}" for week in last_week.tolist()],
    }
    return execute(KEEP, {**columns, "run": run, "days": demand_rules.MEASURED_DAYS})


def _a_week(known: list[int]) -> list[int]:
    return [0] * (demand_rules.MEASURED_DAYS - len(known)) + known


@transaction.atomic
def measure(*, today: date) -> int:
    """Compare what earlier runs said with what was wanted, once their week is over; look for drift; returns how many."""
    execute(FORGET, {"today": today, "kept": KEPT_DAYS})
    measured = execute(MEASURE, {"today": today, "days": demand_rules.MEASURED_DAYS})
    said = rows(SAID, {"days": DRIFT_DAYS, "points": DRIFT_POINTS, "today": today})
    ids, sigma, off, wanted = zip(*said, strict=True) if said else ((), (), (), ())
    leans = forecast_rules.leans(off, sigma, wanted)
    execute(DRIFT, {"forecast": [ids[row] for row in leans], "drift": list(leans.values())})
    return measured
