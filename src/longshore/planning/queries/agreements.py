"""Agreements and what stands under them. With a partner, only what that partner agreed is found: in SQL, not after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from longshore.planning import joint_rules, rules
from longshore.planning.models import EntryKind
from longshore.planning.queries.positions import own_forecast, stand_of
from longshore.planning.queries.projection import Projection, projected_stock
from longshore.planning.reading import rows

AGREEMENTS = """
SELECT a.id, a.code, a.mode, a.partner_id, p.code, p.name, p.name_zh, a.shares_stock, a.shares_forecast,
    a.shares_orders, a.shares_plan, a.horizon_days, a.threshold_bp, a.orders_at_once, a.starts_on, a.ends_on,
    a.made_by, a.made_at, (SELECT COUNT(*)::int FROM planning_agreementline l WHERE l.agreement_id = a.id)
FROM planning_agreement a JOIN catalog_partner p ON p.id = a.partner_id
WHERE (%(number)s::bigint IS NULL OR a.id = %(number)s)
    AND (%(partner)s::bigint IS NULL OR a.partner_id = %(partner)s)
    AND (%(partner)s::bigint IS NULL OR p.active AND a.starts_on <= %(today)s
        AND COALESCE(a.ends_on, 'infinity') >= %(today)s)
ORDER BY a.code
"""
LINES = """
SELECT l.id, a.id, a.code, a.mode, a.partner_id, p.place_id, a.shares_stock, a.shares_forecast, a.shares_orders,
    a.shares_plan, a.horizon_days, a.threshold_bp, a.orders_at_once, l.item_id, i.code, i.name, i.name_zh, u.code,
    l.site_id, s.code, s.name, s.name_zh, s.timezone, l.min_qty, l.max_qty, COALESCE(x.code, ''),
    a.starts_on <= %(today)s AND COALESCE(a.ends_on, 'infinity') >= %(today)s
FROM planning_agreementline l
JOIN planning_agreement a ON a.id = l.agreement_id
JOIN catalog_partner p ON p.id = a.partner_id
JOIN catalog_item i ON i.id = l.item_id
JOIN catalog_unitofmeasure u ON u.id = i.base_unit_id
JOIN catalog_place s ON s.id = l.site_id
LEFT JOIN LATERAL (
    SELECT c.code FROM catalog_partneritem c WHERE c.partner_id = a.partner_id AND c.item_id = l.item_id
    ORDER BY c.id LIMIT 1
) x ON true
WHERE (%(line)s::bigint IS NULL OR l.id = %(line)s)
    AND (%(agreement)s::bigint IS NULL OR a.id = %(agreement)s)
    AND (%(partner)s::bigint IS NULL OR a.partner_id = %(partner)s)
    AND (%(partner)s::bigint IS NULL OR p.active AND a.starts_on <= %(today)s
        AND COALESCE(a.ends_on, 'infinity') >= %(today)s)
ORDER BY a.code, i.code, s.code
"""
# What a supplier still brings, and what a customer still gets: only their own. A customer's orders are its sales.
SUPPLY = """
SELECT f.document, f.kind, f.qty, f.done, f.ship_at, f.arrive_at, f.status
FROM ledger_plannedflow f
JOIN catalog_place t ON t.id = f.target_id
JOIN catalog_place o ON o.id = f.source_id
WHERE f.item_id = %(item)s AND f.status = 'firm' AND f.qty > f.done AND %(place)s::bigint IS NOT NULL
    AND (f.source_id = %(place)s AND COALESCE(t.site_id, t.id) = %(site)s
        OR f.target_id = %(place)s AND COALESCE(o.site_id, o.id) = %(site)s)
ORDER BY f.arrive_at, f.id
"""
HISTORY = """
SELECT e.id, e.kind, e.side, e.day, e.qty, e.text, e.by, e.at, e.proposal_id, COALESCE(q.state, '')
FROM planning_jointentry e
JOIN planning_agreementline l ON l.id = e.line_id
JOIN planning_agreement a ON a.id = l.agreement_id
LEFT JOIN planning_proposal q ON q.id = e.proposal_id
WHERE e.line_id = %(line)s AND (%(partner)s::bigint IS NULL OR a.partner_id = %(partner)s)
ORDER BY e.id DESC LIMIT %(limit)s
"""
MOST_HISTORY = 500


@dataclass(frozen=True, slots=True)
class AgreementRow:
    id: int
    code: str
    mode: str
    partner: int
    partner_code: str
    name: str
    name_zh: str
    shares_stock: bool
    shares_forecast: bool
    shares_orders: bool
    shares_plan: bool
    horizon_days: int
    threshold_bp: int
    orders_at_once: bool
    starts_on: date
    ends_on: date | None
    made_by: str
    made_at: datetime
    lines: int


@dataclass(frozen=True, slots=True)
class Line:
    """One item at one site under an agreement, with what may be shown of it. `their_code`: the partner's own."""

    id: int
    agreement: int
    agreement_code: str
    mode: str
    partner: int
    partner_place: int | None
    shares_stock: bool
    shares_forecast: bool
    shares_orders: bool
    shares_plan: bool
    horizon_days: int
    threshold_bp: int
    orders_at_once: bool
    item: int
    item_code: str
    item_name: str
    item_name_zh: str
    unit: str
    site: int
    site_code: str
    site_name: str
    site_name_zh: str
    timezone: str
    min_qty: int | None
    max_qty: int | None
    their_code: str
    in_force: bool


@dataclass(frozen=True, slots=True)
class Level:
    """Where a line stands, as far as it is shared: None is not shared."""

    line: Line
    on_hand: int | None
    inbound: int | None
    daily_milli: int | None
    state: str  # below, within, above, or "" where no levels are agreed or no stock is shared


@dataclass(frozen=True, slots=True)
class Supply:
    document: str
    kind: str
    qty: int
    done: int
    ship_at: datetime
    arrive_at: datetime
    status: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Who wrote what into the shared plan; `proposal_state` where a delivery became one."""

    id: int
    kind: str
    side: str
    day: date
    qty: int | None
    text: str
    by: str
    at: datetime
    proposal: int | None
    proposal_state: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the plan: None is not shared. `planned` are deliveries both sides plan and nobody ordered yet."""

    day: date
    inbound: int | None
    planned: int | None
    forecast_milli: int | None
    closing_milli: int | None


@dataclass(frozen=True, slots=True)
class LineView:
    """Everything an agreement shares about one line."""

    level: Level
    days: tuple[Day, ...]
    supply: tuple[Supply, ...] | None
    history: tuple[Entry, ...]


def agreements(*, at: datetime, partner: int | None = None, number: int | None = None) -> tuple[AgreementRow, ...]:
    """All of them for us; those in force for a partner."""
    asked = {"number": number, "partner": partner, "today": company_today(at)}
    return tuple(AgreementRow(*row) for row in rows(AGREEMENTS, asked))


def lines(
    *, at: datetime, partner: int | None = None, agreement: int | None = None, line: int | None = None
) -> tuple[Line, ...]:
    asked = {"line": line, "agreement": agreement, "partner": partner, "today": company_today(at)}
    return tuple(Line(*row) for row in rows(LINES, asked))


def line_of(number: int, *, at: datetime, partner: int | None = None) -> Line | None:
    """None for a line that is not the partner's, exactly as for one that does not exist."""
    found = lines(at=at, partner=partner, line=number)
    return found[0] if found else None


def levels(
    *, at: datetime, partner: int | None = None, agreement: int | None = None, all_shared: bool = False
) -> tuple[Level, ...]:
    """Where every line stands. `all_shared`: for us, who see our own stock whatever is shared."""
    found = lines(at=at, partner=partner, agreement=agreement)
    if not found:
        return ()
    today = company_today(at)
    items = sorted({line.item for line in found})
    stand = stand_of(at=at, items=items, today=rules.epoch_day(today))
    keys = sorted({(line.item, line.site) for line in found})
    daily = own_forecast(keys, items, rules.epoch_day(today), 14).mean(axis=1)
    daily_of = {key: int(value) for key, value in zip(keys, daily.tolist(), strict=True)}
    told = []
    for line in found:
        key = (line.item, line.site)
        stock = line.shares_stock or all_shared
        on_hand = stand.on_hand.get(key, (0, 0))[0] if stock else None
        told.append(
            Level(
                line=line,
                on_hand=on_hand,
                inbound=sum(qty for _day, qty in stand.inbound.get(key, ())) if stock else None,
                daily_milli=daily_of[key] if line.shares_forecast or all_shared else None,
                state=_state(line, on_hand),
            )
        )
    return tuple(told)


def _state(line: Line, on_hand: int | None) -> str:
    if on_hand is None or line.min_qty is None or line.max_qty is None:
        return ""
    if on_hand < line.min_qty:
        return "below"
    return "above" if on_hand > line.max_qty else "within"


def line_view(number: int, *, at: datetime, partner: int | None = None) -> LineView | None:
    """One line with its days, orders and history, cut down to what is shared when a partner asks."""
    line = line_of(number, at=at, partner=partner)
    if line is None:
        return None
    ours = partner is None
    level = next(
        each
        for each in levels(at=at, partner=partner, agreement=line.agreement, all_shared=ours)
        if each.line.id == number
    )
    projection = projected_stock(line.item, line.site, at=at, days=line.horizon_days)
    told = history(number, partner=partner)
    place = {"item": line.item, "site": line.site, "place": line.partner_place}
    supply = tuple(Supply(*row) for row in rows(SUPPLY, place)) if line.shares_orders or ours else None
    return LineView(level, _days(line, projection, planned_deliveries(told), ours=ours), supply, told)


def rooms_of(view: LineView) -> dict[date, joint_rules.Room]:
    """For supplier-managed stock: how much a delivery may bring on each day."""
    line = view.level.line
    if line.min_qty is None or line.max_qty is None:
        return {}
    told = [(day.day, day.closing_milli, day.planned or 0) for day in view.days if day.closing_milli is not None]
    found = joint_rules.rooms([(closing, planned) for _day, closing, planned in told], line.min_qty, line.max_qty)
    return dict(zip((day for day, _closing, _planned in told), found, strict=True))


def history(line: int, *, partner: int | None = None) -> tuple[Entry, ...]:
    """What both sides wrote, the latest first."""
    asked = {"line": line, "partner": partner, "limit": MOST_HISTORY}
    return tuple(Entry(*row) for row in rows(HISTORY, asked))


def planned_deliveries(told: tuple[Entry, ...]) -> dict[date, Entry]:
    """The delivery that counts for each day: the last one written, unless it was taken out or put on another day."""
    last: dict[date, Entry] = {}
    moved: set[int] = set()
    for entry in told:
        if entry.kind != EntryKind.DELIVERY or entry.day in last:
            continue
        if entry.proposal is None or entry.proposal not in moved:
            last[entry.day] = entry
        if entry.proposal is not None:
            moved.add(entry.proposal)
    return {day: entry for day, entry in sorted(last.items()) if entry.qty}


def _days(line: Line, projection: Projection, planned: dict[date, Entry], *, ours: bool) -> tuple[Day, ...]:
    """Planned deliveries that nobody ordered yet lift the curve from their day on; ordered ones are in it already."""
    stock, forecast, plan = line.shares_stock or ours, line.shares_forecast or ours, line.shares_plan or ours
    told, lifted = [], 0
    for each in projection.days:
        entry = planned.get(each.day)
        # A proposal that waits for approval is in nobody's books yet; a released one is.
        waits = entry is not None and entry.proposal_state in ("", "proposed")
        added = (entry.qty or 0) if entry is not None and waits else 0
        lifted += added
        told.append(
            Day(
                day=each.day,
                inbound=each.inbound if stock else None,
                planned=added if plan else None,
                forecast_milli=each.forecast_milli if forecast else None,
                closing_milli=each.closing_milli + lifted * 1000 if plan else None,
            )
        )
    return tuple(told)


ZONES = "SELECT timezone FROM catalog_place WHERE kind = 'site' AND active ORDER BY id"


def company_today(at: datetime) -> date:
    """The local day of most sites."""
    zones = [zone for (zone,) in rows(ZONES, {})] or ["UTC"]
    return rules.local_day(at, max(sorted(set(zones)), key=zones.count))
