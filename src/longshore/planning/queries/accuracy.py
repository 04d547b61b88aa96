"""How good the forecasts were: by run, by class and item, against the naive one and with people's overrides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from longshore.planning.reading import rows

RUNS = """
SELECT r.id, r.key, r.state, r.actor, r.thorough, r.asked_at, r.finished_at, r.done, r.total, r.cancel_asked, r.counts,
    COALESCE(s.series, 0), COALESCE(s.measured, 0), COALESCE(s.changed, 0), s.wanted, s.off_base, s.off_final,
    s.off_naive, s.over_base, s.over_final
FROM planning_forecastrun r
LEFT JOIN LATERAL (
    SELECT COUNT(*) AS series, COUNT(w.wanted) AS measured,
        COUNT(*) FILTER (WHERE w.method_before NOT IN ('', w.method)) AS changed, SUM(w.wanted)::bigint AS wanted,
        SUM(w.off_base)::bigint AS off_base, SUM(w.off_final)::bigint AS off_final,
        SUM(w.off_naive)::bigint AS off_naive, SUM(w.over_base)::bigint AS over_base,
        SUM(w.over_final)::bigint AS over_final
    FROM planning_forecastrow w WHERE w.run_id = r.id
) s ON true
WHERE %(run)s::bigint IS NULL OR r.id = %(run)s
ORDER BY r.id DESC LIMIT %(limit)s
"""
GROUPED = """
SELECT {name}, MIN({zh}), COUNT(*)::int, COUNT(w.wanted)::int, SUM(w.wanted)::bigint, SUM(w.off_base)::bigint,
    SUM(w.off_final)::bigint, SUM(w.off_naive)::bigint, SUM(w.over_base)::bigint, SUM(w.over_final)::bigint
FROM planning_forecastrow w
JOIN catalog_item i ON i.id = w.item_id JOIN catalog_place s ON s.id = w.site_id
LEFT JOIN planning_forecast f ON f.item_id = w.item_id AND f.site_id = w.site_id
WHERE w.wanted IS NOT NULL AND w.starts_on >= %(since)s
GROUP BY 1 ORDER BY SUM(w.off_final) DESC NULLS LAST LIMIT 60
"""
GROUPS = {
    "family": ("i.family", "i.family_zh"),
    "item": ("i.name", "i.name_zh"),
    "site": ("s.name", "s.name_zh"),
    "class": ("COALESCE(f.demand_class, '')", "COALESCE(f.demand_class, '')"),
    "method": ("w.method", "w.method"),
}
ROWS = """
SELECT w.item_id, w.site_id, i.code, i.name, i.name_zh, s.name, s.name_zh, w.method, w.method_before, w.mean_milli,
    w.mean_before_milli, w.wanted, w.off_base, w.off_final, w.off_naive, w.over_final, f.wape_bp, f.naive_wape_bp,
    f.drift_bp
FROM planning_forecastrow w
JOIN catalog_item i ON i.id = w.item_id JOIN catalog_place s ON s.id = w.site_id
LEFT JOIN planning_forecast f ON f.item_id = w.item_id AND f.site_id = w.site_id
WHERE w.run_id = %(run)s AND (NOT %(changed)s OR w.method_before NOT IN ('', w.method)
    OR abs(w.mean_milli - COALESCE(w.mean_before_milli, w.mean_milli)) * 10 > abs(COALESCE(w.mean_before_milli, 0)))
ORDER BY {order} LIMIT 200
"""
ORDERS = {
    "error": "w.off_final DESC NULLS LAST, w.mean_milli DESC, w.id",
    "change": "abs(w.mean_milli - COALESCE(w.mean_before_milli, w.mean_milli)) DESC, w.id",
}
DRIFTING = """
SELECT f.item_id, f.site_id, i.code, i.name, i.name_zh, s.name, s.name_zh, f.method, f.drift_bp, f.wape_bp
FROM planning_forecast f JOIN catalog_item i ON i.id = f.item_id JOIN catalog_place s ON s.id = f.site_id
WHERE f.drift_bp IS NOT NULL ORDER BY abs(f.drift_bp) DESC, i.code LIMIT 100
"""
BACKTEST = """
SELECT COUNT(*)::int, COUNT(*) FILTER (WHERE f.wape_bp < f.naive_wape_bp)::int,
    SUM(f.wape_bp * f.mean_milli)::numeric / nullif(SUM(f.mean_milli) FILTER (WHERE f.wape_bp IS NOT NULL), 0),
    SUM(f.naive_wape_bp * f.mean_milli)::numeric
        / nullif(SUM(f.mean_milli) FILTER (WHERE f.naive_wape_bp IS NOT NULL), 0),
    SUM(f.bias_bp * f.mean_milli)::numeric / nullif(SUM(f.mean_milli) FILTER (WHERE f.bias_bp IS NOT NULL), 0)
FROM planning_forecast f
"""


@dataclass(frozen=True, slots=True)
class Error:
    """Sums in thousandths; the measures are basis points of what was wanted, none where nothing was."""

    wanted: int | None
    off_base: int | None
    off_final: int | None
    off_naive: int | None
    over_base: int | None
    over_final: int | None

    def _share(self, part: int | None) -> int | None:
        return None if not self.wanted or part is None else round(part * 10_000 / self.wanted)

    @property
    def wape_bp(self) -> int | None:
        return self._share(self.off_final)

    @property
    def machine_wape_bp(self) -> int | None:
        return self._share(self.off_base)

    @property
    def naive_wape_bp(self) -> int | None:
        return self._share(self.off_naive)

    @property
    def bias_bp(self) -> int | None:
        return self._share(self.over_final)

    @property
    def value_added_bp(self) -> int | None:
        """By how much less the machine is off than the naive forecast."""
        return _less(self.naive_wape_bp, self.machine_wape_bp)

    @property
    def human_value_added_bp(self) -> int | None:
        """By how much less the forecast is off with the overrides than without."""
        return _less(self.machine_wape_bp, self.wape_bp)


def _less(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else before - after


@dataclass(frozen=True, slots=True)
class RunRow:
    id: int
    key: UUID
    state: str
    actor: str
    thorough: bool | None
    asked_at: datetime
    finished_at: datetime | None
    done: int
    total: int
    cancel_asked: bool
    counts: dict[str, Any]
    series: int
    measured: int
    changed: int
    error: Error


@dataclass(frozen=True, slots=True)
class GroupRow:
    name: str
    name_zh: str
    rows: int
    measured: int
    error: Error


@dataclass(frozen=True, slots=True)
class LeafRow:
    item: int
    site: int
    code: str
    name: str
    name_zh: str
    site_name: str
    site_name_zh: str
    method: str
    method_before: str
    mean_milli: int
    mean_before_milli: int | None
    error: Error
    backtest_bp: int | None
    backtest_naive_bp: int | None
    drift_bp: int | None


@dataclass(frozen=True, slots=True)
class DriftRow:
    item: int
    site: int
    code: str
    name: str
    name_zh: str
    site_name: str
    site_name_zh: str
    method: str
    drift_bp: int
    wape_bp: int | None


@dataclass(frozen=True, slots=True)
class Backtest:
    """The back-tests of the forecasts as they stand, weighed by demand."""

    series: int
    better_than_naive: int
    wape_bp: int | None
    naive_wape_bp: int | None
    bias_bp: int | None


def runs(limit: int = 30) -> tuple[RunRow, ...]:
    """Newest first."""
    return tuple(RunRow(*(*row[:14], Error(*row[14:]))) for row in rows(RUNS, {"run": None, "limit": limit}))


def run(number: int) -> RunRow | None:
    found = rows(RUNS, {"run": number, "limit": 1})
    return RunRow(*(*found[0][:14], Error(*found[0][14:]))) if found else None


def grouped(by: str, since: date) -> tuple[GroupRow, ...]:
    """Measured error since a day, by family, item, site, class or method; the largest error first."""
    name, zh = GROUPS[by if by in GROUPS else "family"]
    found = rows(GROUPED.format(name=name, zh=zh), {"since": since})
    return tuple(GroupRow(*(*row[:4], Error(*row[4:]))) for row in found)


def rows_of_run(number: int, *, by: str = "change", changed: bool = False) -> tuple[LeafRow, ...]:
    """What a run said, beside what the one before had said; `changed`: only another method or a tenth more or less."""
    found = rows(ROWS.format(order=ORDERS.get(by, ORDERS["change"])), {"run": number, "changed": changed})
    return tuple(_leaf_row(row) for row in found)


def _leaf_row(row: tuple[Any, ...]) -> LeafRow:
    wanted, off_base, off_final, off_naive, over_final, backtest, naive, drift = row[11:]
    error = Error(wanted, off_base, off_final, off_naive, None, over_final)
    return LeafRow(*(*row[:11], error, backtest, naive, drift))


def drifting() -> tuple[DriftRow, ...]:
    return tuple(DriftRow(*row) for row in rows(DRIFTING, {}))


def backtest() -> Backtest:
    series, better, *shares = rows(BACKTEST, {})[0]
    return Backtest(series, better, *(None if share is None else round(share) for share in shares))
