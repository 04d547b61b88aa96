"""How many orders stand at each step, and how many of those are late or at risk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from longshore.tower.queries.sql import rows
from longshore.tower.queries.standing import STANDING, OrderRow

STEPS = ("new", "promised", "released", "picked", "packed", "loaded", "in_transit", "delivered")
OPEN_STEPS = STEPS[:-1]


@dataclass(frozen=True, slots=True)
class Step:
    state: str
    orders: int
    late: int
    risk: int


# "Delivered" counts the day of the company's home zone, from midnight to now.
TODAY = "(date_trunc('day', %(at)s::timestamptz at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai')"

_PIPELINE = f"""
with {STANDING}
select state, count(*), count(*) filter (where standing = 'late'), count(*) filter (where standing = 'risk')
  from standing group by state
union all
select 'delivered', count(*), count(*) filter (where delivered_at > coalesce(first_promised_at, requested_at)), 0
  from ordering_customerorder where state = 'delivered' and delivered_at >= {TODAY} and delivered_at <= %(at)s
"""


def pipeline(at: datetime) -> tuple[Step, ...]:
    known = {step.state: step for step in rows(Step, _PIPELINE, {"at": at})}
    return tuple(known.get(state, Step(state, 0, 0, 0)) for state in STEPS)


_DELIVERED = f"""
select o.number, o.state, case when o.delivered_at > d.due then 'late' else 'ok' end, d.due, o.delivered_at, o.value,
       c.name, c.name_zh
  from ordering_customerorder o join catalog_partner c on c.id = o.customer_id
  cross join lateral (select coalesce(o.first_promised_at, o.requested_at) as due) d
 where o.state = 'delivered' and o.delivered_at >= {TODAY} and o.delivered_at <= %(at)s
 order by o.delivered_at > d.due desc, o.delivered_at desc limit %(limit)s
"""


def delivered_today(at: datetime, limit: int = 500) -> tuple[OrderRow, ...]:
    return rows(OrderRow, _DELIVERED, {"at": at, "limit": limit})
