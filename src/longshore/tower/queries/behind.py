"""The rows behind a measure: what was missed, where the value lies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from longshore.tower.queries.measures import SERVICE_WINDOW
from longshore.tower.queries.sql import rows


@dataclass(frozen=True, slots=True)
class MissedRow:
    number: str
    href: str
    due: datetime
    actual: datetime | None
    whole: bool
    value: int
    name: str
    name_zh: str


_MISSED_ORDERS = """
select o.number, '/orders/' || o.number || '/', d.due, o.delivered_at, coalesce(l.whole, false), o.value,
       c.name, c.name_zh
  from ordering_customerorder o join catalog_partner c on c.id = o.customer_id
  cross join lateral (select coalesce(o.first_promised_at, o.requested_at) as due) d
  cross join lateral (
    select bool_and(x.delivered >= x.qty) as whole from ordering_orderline x where x.order_id = o.id) l
 where o.state <> 'cancelled' and d.due > %(since)s and d.due <= %(at)s
   and not coalesce(o.delivered_at <= d.due and l.whole, false)
 order by d.due desc, o.id limit %(limit)s
"""
_MISSED_SHIPMENTS = """
select s.number, '/shipments/' || s.number || '/', s.ship_by, s.departed_at, true, o.value,
       p.name, p.name_zh
  from shipping_shipment s join catalog_place p on p.id = s.ship_to_id
  join ordering_customerorder o on o.id = s.order_id
 where s.state <> 'cancelled' and s.ship_by > %(since)s and s.ship_by <= %(at)s
   and not coalesce(s.departed_at <= s.ship_by, false)
 order by s.ship_by desc, s.id limit %(limit)s
"""


def missed(name: str, at: datetime, limit: int = 500) -> tuple[MissedRow, ...]:
    statement = _MISSED_ORDERS if name == "otif" else _MISSED_SHIPMENTS
    return rows(MissedRow, statement, {"at": at, "since": at - SERVICE_WINDOW, "limit": limit})


@dataclass(frozen=True, slots=True)
class ValueRow:
    name: str
    name_zh: str
    items: int
    value: int


# A truck's load belongs to no site: it is one line of its own, so that the lines add up to the whole.
_VALUE = """
select coalesce(s.name, 'On the road'), coalesce(s.name_zh, '在途'), count(distinct b.item_id),
       sum(b.qty * i.unit_cost)::bigint
  from ledger_balance b join catalog_item i on i.id = b.item_id
  join catalog_place p on p.id = b.place_id left join catalog_place s on s.id = p.site_id
 where b.bounded and b.qty > 0 group by 1, 2 order by 4 desc
"""


def value_by_site() -> tuple[ValueRow, ...]:
    return rows(ValueRow, _VALUE, {})
