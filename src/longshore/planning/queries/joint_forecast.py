"""The joint forecast of an agreement: each side's number for each week, how far they are apart, what is committed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from longshore.planning import joint_rules, rules
from longshore.planning.models import EntryKind, Side
from longshore.planning.queries.agreements import Line, company_today, lines
from longshore.planning.queries.positions import own_forecast
from longshore.planning.reading import rows

# The last number of each side, and the commitment; the agreement's partner is asked for again, in SQL.
LATEST = """
SELECT DISTINCT ON (e.line_id, e.kind, e.side, e.day) e.line_id, e.kind, e.side, e.day, e.qty, e.by, e.at
FROM planning_jointentry e
JOIN planning_agreementline l ON l.id = e.line_id
JOIN planning_agreement a ON a.id = l.agreement_id
WHERE l.agreement_id = %(agreement)s AND (%(partner)s::bigint IS NULL OR a.partner_id = %(partner)s)
    AND e.kind IN ('forecast', 'commit') AND e.day >= %(since)s
ORDER BY e.line_id, e.kind, e.side, e.day, e.id DESC
"""


@dataclass(frozen=True, slots=True)
class Number:
    qty: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Week:
    """One line's week. `statistical` is what planning's own forecast says; `ours` is what one of us wrote over it."""

    week: date
    statistical: int | None
    ours: Number | None
    theirs: Number | None
    committed: Number | None
    apart_bp: int | None
    exception: bool

    @property
    def our_qty(self) -> int | None:
        """What we say: a person's number, else the statistical one."""
        return self.ours.qty if self.ours is not None else self.statistical


@dataclass(frozen=True, slots=True)
class JointLine:
    line: Line
    weeks: tuple[Week, ...]


def joint_forecast(agreement: int, *, at: datetime, partner: int | None = None) -> tuple[JointLine, ...]:
    """Every line of an agreement with its weeks to come; nothing where the agreement is not this partner's."""
    found = lines(at=at, partner=partner, agreement=agreement)
    if not found:
        return ()
    today = company_today(at)
    weeks = joint_rules.weeks_ahead(today, found[0].horizon_days)
    asked = {"agreement": agreement, "partner": partner, "since": weeks[0]}
    said: dict[tuple[int, str, str, date], Number] = {}
    for line, kind, side, day, qty, by, when in rows(LATEST, asked):
        said[line, kind, side, day] = Number(qty, by, when)
    statistical = _statistical(found, today, weeks)
    return tuple(
        JointLine(line, tuple(_week(line, week, statistical[line.id].get(week), said) for week in weeks))
        for line in found
    )


def _statistical(found: tuple[Line, ...], today: date, weeks: tuple[date, ...]) -> dict[int, dict[date, int]]:
    days = (weeks[-1] - today).days + joint_rules.WEEK
    keys = [(line.item, line.site) for line in found]
    daily = own_forecast(keys, sorted({line.item for line in found}), rules.epoch_day(today), days).tolist()
    told: dict[int, dict[date, int]] = defaultdict(dict)
    for line, row in zip(found, daily, strict=True):
        told[line.id] = joint_rules.weekly(row, today, weeks)
    return told


def _week(line: Line, week: date, statistical: int | None, said: dict[tuple[int, str, str, date], Number]) -> Week:
    ours = said.get((line.id, EntryKind.FORECAST, Side.US, week))
    theirs = said.get((line.id, EntryKind.FORECAST, Side.PARTNER, week))
    committed = said.get((line.id, EntryKind.COMMIT, Side.US, week))
    our_qty = ours.qty if ours is not None else statistical
    apart = joint_rules.apart_bp(our_qty, None if theirs is None else theirs.qty)
    exception = committed is None and apart is not None and apart > line.threshold_bp
    return Week(week, statistical, ours, theirs, committed, apart, exception)
