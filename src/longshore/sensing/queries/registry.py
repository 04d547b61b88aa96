"""The registry as it stands: every device with its place, its keys and its troubles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, LiteralString, NamedTuple

from longshore.sensing.models import LISTENED_TO
from longshore.sensing.queries.rows import fetch, from_json
from longshore.sensing.rules import health


class DeviceRow(NamedTuple):
    """`troubles`: names of rules.health, the worst first. `keys`: how many are valid now. `refused`: of the last day."""

    id: int
    code: str
    name: str
    name_zh: str
    kind: str
    state: str
    quarantine_reason: str
    firmware: str
    calibration_due: date | None
    battery_pct: int | None
    clock_skew_ms: int | None
    expected_every_s: int
    online: bool
    last_seen_at: datetime | None
    created_at: datetime
    settings: dict[str, object]
    place: int | None
    place_code: str
    place_name: str
    place_name_zh: str
    place_kind: str
    sscc: str
    attached_at: datetime | None
    keys: int
    refused: int
    troubles: tuple[str, ...]

    @property
    def mark(self) -> str:
        return "idle" if self.state == "retired" else health.worst(self.troubles)


class TroubleCount(NamedTuple):
    name: str
    total: int


class KindCount(NamedTuple):
    kind: str
    total: int


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """Empty means any. `trouble` is one name of rules.health, or "any". Retired devices are shown when asked for."""

    kind: str = ""
    state: str = ""
    trouble: str = ""
    site: int | None = None
    search: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class DevicePage:
    rows: tuple[DeviceRow, ...]
    total: int


# One row a device, with its troubles in the order of rules.health. Parameters: at, 9 limits, the states listened to.
_SEEN: Final[LiteralString] = """
WITH given AS (SELECT %s::timestamptz AS at, %s::float8 AS silent, %s::float8 AS late, %s::bigint AS skew_ms,
    %s::int AS battery, %s::date AS calibration, %s::timestamptz AS refused_since, %s::timestamptz AS flood_since,
    %s::text[] AS listened),
keyed AS (
    SELECT k.device_id, count(*) AS n FROM sensing_devicekey k, given g
    WHERE k.revoked_at IS NULL AND k.valid_from <= g.at AND (k.valid_until IS NULL OR k.valid_until > g.at) GROUP BY 1
),
refused AS (
    SELECT r.device_id, sum(r.count) AS n,
        coalesce(sum(r.count) FILTER (WHERE r.reason = 'flood' AND r.hour >= g.flood_since), 0) AS flood,
        coalesce(sum(r.count) FILTER (WHERE r.reason IN ('forged', 'replayed')), 0) AS forged
    FROM sensing_refusedmessage r, given g WHERE r.hour >= g.refused_since AND r.device_id IS NOT NULL
        AND r.reason <> 'repeated' GROUP BY 1  -- what came twice is known already: counted, but no trouble
),
sensed AS (
    SELECT device_id, bool_or(stuck_since IS NOT NULL) AS stuck, bool_or(drifting_since IS NOT NULL) AS drifting
    FROM sensing_detectorstate WHERE stuck_since IS NOT NULL OR drifting_since IS NOT NULL GROUP BY 1
),
hung AS (
    SELECT a.device_id, a.place_id, a.handling_unit_id, a.from_at FROM sensing_attachment a, given g
    WHERE a.from_at <= g.at AND (a.until_at IS NULL OR a.until_at > g.at)
),
seen AS (
    SELECT d.id, d.code, d.name, d.name_zh, d.kind, d.state, d.quarantine_reason, d.firmware, d.calibration_due,
        coalesce(d.battery_pct, round(power.value)::smallint) AS battery_pct,
        d.clock_skew_ms, d.expected_every_s, d.online, d.last_seen_at, d.created_at, d.settings,
        p.id AS place, coalesce(p.code, '') AS place_code, coalesce(p.name, '') AS place_name,
        coalesce(p.name_zh, '') AS place_name_zh, coalesce(p.kind, '') AS place_kind,
        coalesce(h.sscc, '') AS sscc, hung.from_at AS attached_at, coalesce(keyed.n, 0)::int AS keys,
        coalesce(refused.n, 0)::bigint AS refused,
        array_remove(ARRAY[
            CASE WHEN d.state = 'quarantined' THEN 'quarantined' END,
            CASE WHEN o.on AND o.quiet_s > d.expected_every_s * g.silent THEN 'silent' END,
            CASE WHEN coalesce(refused.flood, 0) > 0 THEN 'flooding' END,
            CASE WHEN coalesce(refused.forged, 0) > 0 THEN 'forged' END,
            CASE WHEN o.on AND o.quiet_s > d.expected_every_s * g.late
                AND o.quiet_s <= d.expected_every_s * g.silent THEN 'late' END,
            CASE WHEN o.on AND abs(d.clock_skew_ms) > g.skew_ms THEN 'skewed' END,
            CASE WHEN o.on AND coalesce(d.battery_pct, power.value) <= g.battery THEN 'battery' END,
            CASE WHEN o.on AND d.calibration_due <= g.calibration THEN 'calibration' END,
            CASE WHEN o.on AND sensed.stuck THEN 'stuck' END,
            CASE WHEN o.on AND sensed.drifting THEN 'drifting' END,
            CASE WHEN coalesce(refused.n - refused.flood - refused.forged, 0) > 0 THEN 'refused' END,
            CASE WHEN o.on AND keyed.n IS NULL THEN 'keyless' END,
            CASE WHEN o.on AND hung.device_id IS NULL THEN 'loose' END
        ], NULL) AS troubles, coalesce(p.site_id, p.id) AS site
    FROM sensing_device d CROSS JOIN given g
    LEFT JOIN keyed ON keyed.device_id = d.id
    LEFT JOIN refused ON refused.device_id = d.id
    LEFT JOIN sensed ON sensed.device_id = d.id
    LEFT JOIN hung ON hung.device_id = d.id
    LEFT JOIN sensing_lastvalue power ON power.device_id = d.id
        AND power.metric_id = (SELECT id FROM sensing_metric WHERE code = 'battery')
    LEFT JOIN catalog_place p ON p.id = hung.place_id
    LEFT JOIN catalog_handlingunit h ON h.id = hung.handling_unit_id
    CROSS JOIN LATERAL (SELECT d.state = ANY(g.listened) AS on,
        CASE WHEN d.expected_every_s > 0 THEN extract(epoch FROM g.at - coalesce(d.last_seen_at, d.created_at)) END
            AS quiet_s) o
)
"""
_COLUMNS: Final[LiteralString] = """id, code, name, name_zh, kind, state, quarantine_reason, firmware, calibration_due,
    battery_pct, clock_skew_ms, expected_every_s, online, last_seen_at, created_at, settings, place, place_code,
    place_name, place_name_zh, place_kind, sscc, attached_at, keys, refused, troubles"""
_WANTED: Final[LiteralString] = """
WHERE (%s = '' OR kind = %s) AND (CASE WHEN %s = '' THEN state <> 'retired' ELSE state = %s END)
    AND (%s = '' OR %s = ANY(troubles) OR (%s = 'any' AND troubles <> '{}'))
    AND (%s::bigint IS NULL OR site = %s::bigint) AND (%s = '' OR code = %s)
    AND (%s = '' OR code ILIKE '%%' || %s || '%%' OR name ILIKE '%%' || %s || '%%' OR name_zh ILIKE '%%' || %s || '%%'
        OR place_code ILIKE '%%' || %s || '%%' OR place_name_zh ILIKE '%%' || %s || '%%')
"""
_PAGE: Final[LiteralString] = (
    _SEEN
    + "SELECT "
    + _COLUMNS
    + " FROM seen"
    + _WANTED
    + "ORDER BY coalesce(array_position(%s::text[], troubles[1]), 99), code LIMIT %s OFFSET %s"
)
_COUNT: Final[LiteralString] = _SEEN + "SELECT count(*) FROM seen" + _WANTED
_TROUBLES: Final[LiteralString] = (
    _SEEN + "SELECT t.name, count(*) FROM seen, unnest(troubles) AS t(name) WHERE state <> 'retired' GROUP BY 1"
)
_KINDS: Final[LiteralString] = (
    "SELECT kind, count(*) FROM sensing_device WHERE state <> 'retired' GROUP BY 1 ORDER BY 1"
)
_STATES: Final[LiteralString] = "SELECT state, count(*) FROM sensing_device GROUP BY 1"


def devices(at: datetime, by: DeviceFilter | None = None, *, limit: int = 50, offset: int = 0) -> DevicePage:
    """One page of the registry, those in the worst trouble first."""
    limits, wanted = _limits(at), _wanted(by or DeviceFilter())
    order = [trouble.name for trouble in health.TROUBLES]
    rows = fetch(DeviceRow, _PAGE, *limits, *wanted, order, limit, offset)
    (total,) = fetch(_Total, _COUNT, *limits, *wanted)
    return DevicePage(tuple(_readable(row) for row in rows), total.total)


def device_row(code: str, at: datetime) -> DeviceRow | None:
    """One device, retired or not."""
    for state in ("", "retired"):
        found = devices(at, DeviceFilter(code=code, state=state), limit=1).rows
        if found:
            return found[0]
    return None


def trouble_counts(at: datetime) -> dict[str, int]:
    """How many devices have each trouble; a device may have several."""
    found = {row.name: row.total for row in fetch(TroubleCount, _TROUBLES, *_limits(at))}
    return {trouble.name: found.get(trouble.name, 0) for trouble in health.TROUBLES}


def kind_counts() -> dict[str, int]:
    return {row.kind: row.total for row in fetch(KindCount, _KINDS)}


def state_counts() -> dict[str, int]:
    return {row.kind: row.total for row in fetch(KindCount, _STATES)}


def _readable(row: DeviceRow) -> DeviceRow:
    return row._replace(troubles=tuple(row.troubles), settings=from_json(row.settings))


class _Total(NamedTuple):
    total: int


def _limits(at: datetime) -> tuple[object, ...]:
    skew_ms = int(health.SKEW.total_seconds() * 1000)
    return (
        at, health.SILENT_TIMES, health.LATE_TIMES, skew_ms, health.BATTERY_LOW_PCT,
        (at + health.CALIBRATION_AHEAD).date(), at - health.REFUSED_SINCE, at - health.FLOOD_SINCE,
        [str(state) for state in LISTENED_TO],
    )  # fmt: skip


def _wanted(by: DeviceFilter) -> tuple[object, ...]:
    kind, state, trouble, search = by.kind, by.state, by.trouble, by.search
    return (kind, kind, state, state, trouble, trouble, trouble, by.site, by.site, by.code, by.code, *[search] * 6)
