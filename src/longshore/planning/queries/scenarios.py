"""Scenarios as people compare them: what each changes, what came of it beside the plan as it stands, and how fresh that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from longshore.planning.reading import listed, rows

LIST = """
SELECT s.id, s.name, s.note, s.state, s.horizon_days, s.made_at, s.made_by, s.changed_at, s.decided_at, s.decided_by,
    (SELECT COUNT(*)::int FROM planning_scenariochange c WHERE c.scenario_id = s.id),
    r.id, COALESCE(r.state, ''), COALESCE(r.done, 0), COALESCE(r.total, 0), r.asked_at, r.finished_at,
    COALESCE(d.result, '{}'::jsonb), d.finished_at
FROM planning_scenario s
LEFT JOIN LATERAL (
    SELECT * FROM planning_scenariorun r WHERE r.scenario_id = s.id ORDER BY r.id DESC LIMIT 1
) r ON true
LEFT JOIN LATERAL (
    SELECT * FROM planning_scenariorun d WHERE d.scenario_id = s.id AND d.state = 'done' ORDER BY d.id DESC LIMIT 1
) d ON true
WHERE (%(ids)s::bigint[] IS NULL OR s.id = ANY(%(ids)s)) AND (%(states)s::text[] IS NULL OR s.state = ANY(%(states)s))
ORDER BY s.id DESC LIMIT %(limit)s
"""
CHANGES = """
SELECT c.id, c.scenario_id, c.kind, c.value, c.item_id, COALESCE(i.code, ''), c.family, c.site_id,
    COALESCE(p.name, ''), COALESCE(p.name_zh, ''), c.supplier_id, COALESCE(v.name, ''), COALESCE(v.name_zh, ''),
    c.starts_on, c.ends_on
FROM planning_scenariochange c
LEFT JOIN catalog_item i ON i.id = c.item_id
LEFT JOIN catalog_place p ON p.id = c.site_id
LEFT JOIN catalog_partner v ON v.id = c.supplier_id
WHERE c.scenario_id = ANY(%(ids)s) ORDER BY c.id
"""
NAMES = """
SELECT u.item, u.site, i.code, i.name, i.name_zh, s.name, s.name_zh
FROM unnest(%(item)s::bigint[], %(site)s::bigint[]) AS u(item, site)
JOIN catalog_item i ON i.id = u.item JOIN catalog_place s ON s.id = u.site
"""
STALE_AFTER = timedelta(days=1)  # the facts have moved on since


@dataclass(frozen=True, slots=True)
class ChangeRow:
    id: int
    scenario: int
    kind: str
    value: int
    item: int | None
    item_code: str
    family: str
    site: int | None
    site_name: str
    site_name_zh: str
    supplier: int | None
    name: str  # the supplier's
    name_zh: str
    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    """`run*`: the last evaluation; `result`: of the last that came to its end, empty where none did."""

    id: int
    name: str
    note: str
    state: str
    horizon_days: int
    made_at: datetime
    made_by: str
    changed_at: datetime
    decided_at: datetime | None
    decided_by: str
    changes: int
    run: int | None
    run_state: str
    run_done: int
    run_total: int
    asked_at: datetime | None
    finished_at: datetime | None
    result: dict[str, Any]
    result_at: datetime | None

    @property
    def under_way(self) -> bool:
        return self.run_state in ("waiting", "running")

    @property
    def fits(self) -> bool:
        """Evaluated since its last change."""
        return self.result_at is not None and self.result_at >= self.changed_at

    def fresh(self, at: datetime) -> bool:
        return self.result_at is not None and self.result_at > at - STALE_AFTER


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a scenario makes most difference: what comes late, in thousandths of a unit over the horizon."""

    item: int
    site: int
    item_code: str
    name: str
    name_zh: str
    site_name: str
    site_name_zh: str
    late_before_milli: int
    late_after_milli: int


def scenarios(
    *, ids: Sequence[int] | None = None, states: Sequence[str] | None = None, limit: int = 200
) -> tuple[ScenarioRow, ...]:
    """The latest first."""
    asked = {"ids": listed(ids), "states": None if states is None else list(states), "limit": limit}
    return tuple(ScenarioRow(*row) for row in rows(LIST, asked))


def changes_of(ids: Sequence[int]) -> tuple[ChangeRow, ...]:
    return tuple(ChangeRow(*row) for row in rows(CHANGES, {"ids": listed(ids)}))


def moved(row: ScenarioRow) -> tuple[Moved, ...]:
    """The result's item-sites with their names."""
    told = row.result.get("rows", [])
    keys = {"item": [each["item"] for each in told], "site": [each["site"] for each in told]}
    found = rows(NAMES, keys) if told else []
    late = {(each["item"], each["site"]): (each["late_before_milli"], each["late_after_milli"]) for each in told}
    named = {(name[0], name[1]): Moved(*(*name, *late[name[0], name[1]])) for name in found}
    return tuple(named[key] for key in late if key in named)
