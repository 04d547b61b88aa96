"""The inbox: what is off plan, worst first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from longshore.tower.queries.sql import one, rows


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    id: int
    key: str
    kind: str
    severity: str
    state: str
    site_code: str
    site_name: str
    site_name_zh: str
    subject: str
    facts: dict[str, Any]
    money: int
    orders: int
    action: str
    action_facts: dict[str, Any]
    raised_at: datetime
    closed_at: datetime | None
    closed_by: str
    outcome: dict[str, Any]


_COLUMNS = """
select e.id, e.key, e.kind, e.severity, e.state, coalesce(s.code, ''), coalesce(s.name, ''), coalesce(s.name_zh, ''),
       e.subject, e.facts::json, e.money, e.orders, e.action, e.action_facts::json,
       e.raised_at, e.closed_at, e.closed_by, e.outcome::json
  from tower_openexception e left join catalog_place s on s.id = e.site_id
"""
_DUE = "(e.state = 'open' or (e.state = 'snoozed' and e.snoozed_until <= %(at)s))"
_WORST_FIRST = """
order by array_position(array['critical', 'warning', 'info']::varchar[], e.severity), e.money desc, e.raised_at, e.id
"""
_OPEN = f"""
{_COLUMNS} where {_DUE} and (%(severity)s = '' or e.severity = %(severity)s) and (%(site)s = '' or s.code = %(site)s)
   and (%(kind)s = '' or e.kind = %(kind)s)
{_WORST_FIRST} limit %(limit)s
"""
_CLOSED = f"{_COLUMNS} where e.state in ('done', 'cleared') order by e.closed_at desc limit %(limit)s"
_LATER = f"{_COLUMNS} where e.state = 'snoozed' and e.snoozed_until > %(at)s order by e.snoozed_until limit %(limit)s"
_ONE = f"{_COLUMNS} where e.id = %(id)s"


@dataclass(frozen=True, slots=True)
class InboxFilter:
    severity: str = ""
    site: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class InboxCounts:
    open: int
    critical: int
    warning: int
    later: int


_COUNTS = f"""
select count(*) filter (where {_DUE}), count(*) filter (where {_DUE} and e.severity = 'critical'),
       count(*) filter (where {_DUE} and e.severity = 'warning'),
       count(*) filter (where e.state = 'snoozed' and e.snoozed_until > %(at)s)
  from tower_openexception e where e.state in ('open', 'snoozed')
"""


def open_exceptions(at: datetime, by: InboxFilter = InboxFilter(), limit: int = 60) -> tuple[ExceptionRow, ...]:
    asked = {"at": at, "severity": by.severity, "site": by.site, "kind": by.kind, "limit": limit}
    return rows(ExceptionRow, _OPEN, asked)


def closed_exceptions(limit: int = 100) -> tuple[ExceptionRow, ...]:
    return rows(ExceptionRow, _CLOSED, {"limit": limit})


def later_exceptions(at: datetime, limit: int = 100) -> tuple[ExceptionRow, ...]:
    return rows(ExceptionRow, _LATER, {"at": at, "limit": limit})


def exception_row(id: int) -> ExceptionRow | None:
    found = rows(ExceptionRow, _ONE, {"id": id})
    return found[0] if found else None


def inbox_counts(at: datetime) -> InboxCounts:
    return InboxCounts(*one(_COUNTS, {"at": at}))
