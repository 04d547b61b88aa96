"""How every open order stands against what the customer was first told: the one definition all numbers share.

late: the first promised date (or, before any promise, the wanted date) has passed, or the truck will be there after it;
risk: promised later than first promised, not promised with less than a day to go, or not left though it should have.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from longshore.tower.queries.sql import rows

STANDING = """
journey as (
  select s.order_id, max(t.eta) filter (where s.state in ('loaded', 'in_transit')) as eta,
         bool_or(s.ship_by < %(at)s and s.state in ('planned', 'packed', 'staged')) as missed
    from shipping_shipment s left join shipping_tripstop t on t.id = s.stop_id
   where s.order_id is not null and s.state in ('planned', 'packed', 'staged', 'loaded', 'in_transit')
   group by s.order_id
),
standing as (
  select o.id, o.number, o.state, o.value, o.customer_id, o.promised_at, d.due, j.eta,
         case when d.due < %(at)s or j.eta > d.due then 'late'
              when o.promised_at > d.due or coalesce(j.missed, false)
                or (o.promised_at is null and d.due < %(at)s + interval '1 day') then 'risk'
              else 'ok' end as standing
    from ordering_customerorder o
    cross join lateral (select coalesce(o.first_promised_at, o.requested_at) as due) d
    left join journey j on j.order_id = o.id
   where o.state not in ('delivered', 'cancelled')
)
"""


@dataclass(frozen=True, slots=True)
class OrderRow:
    number: str
    state: str
    standing: str
    due: datetime
    expected: datetime | None
    value: int
    name: str
    name_zh: str


_LISTED = f"""
with {STANDING}
select s.number, s.state, s.standing, s.due, coalesce(s.eta, s.promised_at), s.value, c.name, c.name_zh
  from standing s join catalog_partner c on c.id = s.customer_id
 where s.standing = any(%(standings)s) and s.state = any(%(states)s)
 order by s.standing = 'late' desc, s.due, s.id limit %(limit)s
"""


def orders_standing(
    at: datetime, standings: tuple[str, ...], states: tuple[str, ...], limit: int = 500
) -> tuple[OrderRow, ...]:
    asked = {"at": at, "standings": list(standings), "states": list(states), "limit": limit}
    return rows(OrderRow, _LISTED, asked)
