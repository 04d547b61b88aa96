"""Raise what is off plan, refresh what still is, clear what no longer is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from longshore.ledger.cause import Cause
from longshore.ledger.outbox import emit
from longshore.tower import rules
from longshore.tower.events import ExceptionRaised
from longshore.tower.operations.telling import tell_live
from longshore.tower.queries.watching import WATCHES, Finding, findings


@dataclass(frozen=True, slots=True)
class SweepReceipt:
    raised: tuple[int, ...]
    cleared: tuple[int, ...]


# One exception an episode: what was done about it stays done, what is open is refreshed in place.
_RAISE = """
insert into tower_openexception (key, kind, severity, state, site_id, subject, facts, money, orders, action,
                                 action_facts, raised_at, closed_by, outcome, cause)
select f.key, %(kind)s, f.severity, 'open', f.site, f.subject, f.facts::jsonb, f.money, f.orders, f.action,
       f.action_facts::jsonb, %(at)s, '', '{}', %(cause)s
  from unnest(%(keys)s::text[], %(severities)s::text[], %(sites)s::bigint[], %(subjects)s::text[], %(facts)s::text[],
              %(money)s::bigint[], %(orders)s::int[], %(actions)s::text[], %(action_facts)s::text[])
         as f(key, severity, site, subject, facts, money, orders, action, action_facts)
 where not exists (select 1 from tower_openexception e where e.key = f.key and e.state = 'done')
on conflict (key) where state in ('open', 'snoozed')
do update set severity = excluded.severity, facts = excluded.facts, money = excluded.money, orders = excluded.orders,
              action = excluded.action, action_facts = excluded.action_facts
returning id, xmax = 0
"""
_CLEAR = """
update tower_openexception set state = 'cleared', closed_at = %(at)s, closed_by = ''
 where kind = %(kind)s and state in ('open', 'snoozed') and not key = any(%(keys)s) returning id
"""
# Two sweeps at once would each clear what the other has just raised.
_ALONE = "select pg_advisory_xact_lock(hashtext('tower.sweep'), hashtext(%(kind)s))"


@transaction.atomic
def sweep(*, at: datetime, cause: Cause, kinds: Sequence[str] = tuple(WATCHES)) -> SweepReceipt:
    """Compare what is off plan now with what is open, kind by kind. Doing it again changes nothing."""
    raised: list[int] = []
    cleared: list[int] = []
    for kind in sorted(kinds):
        with connection.cursor() as cursor:
            cursor.execute(_ALONE, {"kind": kind})
        found = findings(kind, at, out_tenths=rules.COVER_OUT, soon_tenths=rules.COVER_SOON)
        raised += raise_exceptions(kind, found, at=at, cause=cause).raised
        with connection.cursor() as cursor:
            cursor.execute(_CLEAR, {"at": at, "kind": kind, "keys": [f.key for f in found]})
            cleared += [line[0] for line in cursor.fetchall()]
    if raised or cleared:
        tell_live("exception", {"raised": raised, "cleared": cleared}, at=at)
    return SweepReceipt(tuple(raised), tuple(cleared))


@transaction.atomic
def raise_exceptions(kind: str, found: Sequence[Finding], *, at: datetime, cause: Cause) -> SweepReceipt:
    """Open these, or refresh them where they are open; the receipt names only the new ones."""
    if not found:
        return SweepReceipt((), ())
    columns: dict[str, Any] = {
        "keys": [f.key for f in found],
        "severities": [f.severity for f in found],
        "sites": [f.site for f in found],
        "subjects": [f.subject for f in found],
        "facts": [json.dumps(f.facts) for f in found],
        "money": [f.money for f in found],
        "orders": [f.orders for f in found],
        "actions": [f.action for f in found],
        "action_facts": [json.dumps(f.action_facts) for f in found],
    }
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, {**columns, "kind": kind, "at": at, "cause": cause.because or cause.actor})
        new = [id for id, is_new in cursor.fetchall() if is_new]
    if new:
        emit([ExceptionRaised(exceptions=new, kind=kind)], at=at, cause=cause)
    return SweepReceipt(tuple(new), ())
