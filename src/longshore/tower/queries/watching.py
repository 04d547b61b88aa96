"""What is off plan right now, one question for each kind. The answers are compared with the open exceptions by a sweep.

Every key names one episode (an order and the date it broke), so that what somebody has dealt with is not raised again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from longshore.tower.queries.measures import ON_HAND
from longshore.tower.queries.sql import rows
from longshore.tower.queries.watching_devices import DEVICE_WATCHES
from longshore.tower.queries.watching_supply import SUPPLY_WATCHES

NAMED = "jsonb_build_object('name', {0}.name, 'name_zh', {0}.name_zh)"


@dataclass(frozen=True, slots=True)
class Finding:
    key: str
    severity: str
    site: int | None
    subject: str
    facts: dict[str, Any]
    money: int
    orders: int
    action: str
    action_facts: dict[str, Any]


_MINUTES = "(extract(epoch from {0}) / 60)::bigint"
_OPEN_ORDERS = f"""
open_orders as (
  select o.id, o.number, o.state, o.value, o.priority, o.promised_at, o.first_promised_at,
         coalesce(o.first_promised_at, o.requested_at) as due, coalesce(o.promised_at, o.requested_at) as current,
         c.home_site_id as site_id, {NAMED.format("c")} as customer, l.ids, l.waiting
    from ordering_customerorder o join catalog_partner c on c.id = o.customer_id
    cross join lateral (
      select jsonb_agg(x.id order by x.id) as ids, count(*) filter (where x.promised_at is null) as waiting
        from ordering_orderline x where x.order_id = o.id and x.qty > x.cancelled + x.shipped) l
   where o.state in ('new', 'promised', 'released', 'picked', 'packed') and l.ids is not null
     and not exists (  -- what an excursion did to it is told there, once
       select 1 from storing_touchedline t join ordering_orderline y on y.id = t.order_line_id
         join tower_openexception e on e.key = 'excursion:' || t.excursion and e.state in ('open', 'snoozed')
        where y.order_id = o.id)
)
"""
# What would help: let in the supply the lines wait for, if a proposal for it lies undecided; else promise them again.
_HELP = """
case when p.id is not null then 'supply-' || p.kind when o.state in ('new', 'promised') then 'repromise' else '' end,
(jsonb_build_object('lines', jsonb_array_length(o.ids), 'ids', o.ids) || coalesce(p.facts, '{}'))::json
"""
_PROPOSAL_FACTS = f"""
jsonb_build_object('proposal', p.id, 'qty', p.qty, 'price', jsonb_build_object('money', p.qty * p.unit_price),
                   'due', jsonb_build_object('at', p.due_at, 'zone', s.timezone),
                   'supplier', {NAMED.format("v")}, 'origin', {NAMED.format("g")}, 'item', {NAMED.format("i")})
"""
_WAITED_FOR = f"""
  left join lateral (
    select p.id, p.kind, {_PROPOSAL_FACTS} as facts
      from ordering_orderline x
      join planning_proposal p on p.item_id = x.item_id and p.site_id = o.site_id and p.state = 'proposed'
      join catalog_item i on i.id = p.item_id join catalog_place s on s.id = p.site_id
      left join catalog_partner v on v.id = p.supplier_id left join catalog_place g on g.id = p.origin_id
     where x.order_id = o.id and x.qty > x.cancelled + x.shipped and (x.promised_at is null or x.promised_at > o.due)
     order by p.due_at, p.id limit 1) p on true
"""
_ORDER_LATE = f"""
with {_OPEN_ORDERS}
select 'order-late:' || o.id || ':' || extract(epoch from o.current)::bigint,
       case when o.priority <= 2 or %(at)s - o.current > interval '1 day' then 'critical' else 'warning' end,
       o.site_id, 'order:' || o.number,
       jsonb_build_object('order', o.number, 'customer', o.customer,
                          'late', jsonb_build_object('minutes', {_MINUTES.format("%(at)s - o.current")}))::json,
       o.value, 1, {_HELP}
  from open_orders o {_WAITED_FOR} where o.current < %(at)s order by o.current limit 200
"""
_SLIP = f"""jsonb_build_object('minutes', {_MINUTES.format("o.promised_at - o.first_promised_at")})"""
_ORDER_SLIPPING = f"""
with {_OPEN_ORDERS}
select 'order-slipping:' || o.id || ':' || extract(epoch from o.promised_at)::bigint,
       case when o.priority <= 2 then 'critical' else 'warning' end, o.site_id, 'order:' || o.number,
       jsonb_build_object('order', o.number, 'customer', o.customer,
                          'late', {_SLIP})::json,
       o.value, 1, {_HELP}
  from open_orders o {_WAITED_FOR}
 where o.promised_at >= %(at)s and o.promised_at > o.first_promised_at + interval '30 minutes'
   and not exists (  -- somebody has told the customer this very date
     select 1 from ordering_customernotice n where n.order_id = o.id and n.promised_at = o.promised_at)
 order by o.value desc limit 200
"""
_ORDER_UNPROMISED = f"""
with {_OPEN_ORDERS}
select 'order-unpromised:' || o.id, case when o.priority <= 2 or o.due < %(at)s then 'critical' else 'warning' end,
       o.site_id, 'order:' || o.number,
       jsonb_build_object('order', o.number, 'customer', o.customer, 'lines', o.waiting)::json,
       o.value, 1, {_HELP}
  from open_orders o {_WAITED_FOR}
 where o.promised_at is null and o.waiting > 0 and o.due between %(at)s and %(at)s + interval '2 days'
 order by o.due limit 200
"""
# A proposal that cannot wait: the stock will not last, and somebody has to say yes.
_STOCK_SHORT = f"""
with {ON_HAND},
waiting as (
  select p.*, coalesce(h.qty, 0) as qty_there, w.daily_milli,
         round(coalesce(h.qty, 0) * 10000 / nullif(w.daily_milli, 0))::bigint as tenths
    from planning_proposal p
    left join on_hand h on h.item_id = p.item_id and h.site_id = p.site_id
    left join wanted w on w.item_id = p.item_id and w.site_id = p.site_id
   where p.state = 'proposed' and p.order_at <= %(at)s + interval '12 hours'
),
touched as (
  select l.item_id, c.home_site_id as site_id, count(distinct o.id) as orders,
         sum((l.qty - l.cancelled - l.shipped) * l.unit_price)::bigint as money
    from ordering_orderline l join ordering_customerorder o on o.id = l.order_id
    join catalog_partner c on c.id = o.customer_id
   where o.state in ('new', 'promised') group by l.item_id, c.home_site_id
)
select 'stock-short:' || p.id, case when p.tenths < %(out)s then 'critical' else 'warning' end, p.site_id,
       'item:' || i.id,
       jsonb_build_object('item', {NAMED.format("i")}, 'site', {NAMED.format("s")},
                          'days', jsonb_build_object('tenths', coalesce(p.tenths, 0)))::json,
       coalesce(t.money, 0), coalesce(t.orders, 0), 'approve-' || p.kind,
       ({_PROPOSAL_FACTS})::json
  from waiting p join catalog_item i on i.id = p.item_id join catalog_place s on s.id = p.site_id
  left join catalog_partner v on v.id = p.supplier_id left join catalog_place g on g.id = p.origin_id
  left join touched t on t.item_id = p.item_id and t.site_id = p.site_id
 where coalesce(p.tenths, 0) < %(soon)s order by p.tenths limit 200
"""
_PURCHASE_LATE = f"""
select 'purchase-late:' || p.id || ':' || extract(epoch from p.expected_at)::bigint,
       case when d.orders > 0 then 'critical' else 'info' end, p.site_id, 'purchase:' || p.number,
       jsonb_build_object('purchase', p.number, 'supplier', {NAMED.format("s")}, 'late',
         jsonb_build_object('minutes', {_MINUTES.format("greatest(p.expected_at, %(at)s) - p.agreed_at")}))::json,
       p.value, d.orders, case when d.orders > 0 then 'repromise' else '' end,
       jsonb_build_object('lines', d.lines, 'ids', d.ids)::json
  from sourcing_purchaseorder p join catalog_partner s on s.id = p.supplier_id
  cross join lateral (
    select count(distinct x.order_id) as orders, count(x.id) as lines, coalesce(jsonb_agg(x.id), '[]') as ids
      from sourcing_purchaseorderline l
      join ledger_claim c on c.flow_id = l.flow_id and c.state = 'open' and c.demand like 'order-line:%%'
      join ordering_orderline x on x.id = split_part(c.demand, ':', 2)::bigint
     where l.order_id = p.id) d
 where p.state in ('sent', 'confirmed', 'part_received')
   and (p.expected_at > p.agreed_at + interval '4 hours' or p.expected_at < %(at)s - interval '4 hours')
 order by d.orders desc, p.id limit 200
"""
_TRIP_LATE = f"""
select 'trip-late:' || t.id || ':' || w.place_id,
       case when w.late > interval '2 hours' then 'critical' else 'warning' end,
       t.site_id, 'trip:' || t.number,
       jsonb_build_object('plate', v.plate, 'place', {NAMED.format("p")},
                          'late', jsonb_build_object('minutes', {_MINUTES.format("w.late")}))::json,
       w.money, w.orders, 'refresh-eta', jsonb_build_object('trip', t.id)::json
  from shipping_trip t join shipping_vehicle v on v.id = t.vehicle_id
  cross join lateral (
    select s.place_id, max(s.eta - m.due_at) as late, count(distinct m.order_id) as orders,
           coalesce(sum(o.value), 0)::bigint as money
      from shipping_shipment m join shipping_tripstop s on s.id = m.stop_id
      left join ordering_customerorder o on o.id = m.order_id
     where m.trip_id = t.id and s.arrived_at is null and s.eta > m.due_at + interval '15 minutes'
     group by s.place_id order by 2 desc limit 1) w
  join catalog_place p on p.id = w.place_id
 where t.state = 'under_way' order by w.late desc limit 200
"""
_PICK_SHORT = f"""
select 'pick-short:' || t.id, 'warning', p.site_id, 'item:' || i.id,
       jsonb_build_object('missing', t.qty - t.picked, 'item', {NAMED.format("i")}, 'place', p.code,
                          'order', coalesce(o.number, 'transfer'))::json,
       coalesce((t.qty - t.picked) * l.unit_price, 0), (o.id is not null)::int,
       case when k.id is null then 'ask-count' else '' end,
       jsonb_build_object('place', p.code, 'place_id', p.id, 'item_id', i.id)::json
  from storing_picktask t
  join ledger_balance b on b.id = t.balance_id
  join catalog_place p on p.id = b.place_id join catalog_item i on i.id = b.item_id
  left join ordering_orderline l on l.id = t.order_line_id left join ordering_customerorder o on o.id = l.order_id
  left join lateral (
    select k.id, k.done_at from storing_counttask k where k.place_id = p.id and k.asked_at >= t.done_at
     order by k.done_at desc nulls first limit 1) k on true
 where t.state = 'short' and t.done_at > %(at)s - interval '2 days' and k.done_at is null
 order by t.id limit 200
"""
_LOT_EXPIRED = f"""
select 'lot-expired:' || b.id || ':' || t.expires_on, 'warning', p.site_id, 'item:' || i.id,
       jsonb_build_object('lot', t.code, 'item', {NAMED.format("i")}, 'qty', b.qty, 'place', p.code)::json,
       b.qty * i.unit_cost, 0, 'hold-lot', jsonb_build_object('qty', b.qty, 'balance', b.id)::json
  from ledger_balance b join catalog_lot t on t.id = b.lot_id join catalog_item i on i.id = b.item_id
  join catalog_place p on p.id = b.place_id join catalog_place s on s.id = p.site_id
 where b.condition = 0 and b.bounded and b.qty > 0 and p.usage in ('storage', 'receiving')
   and t.expires_on < (%(at)s at time zone s.timezone)::date
 order by b.qty * i.unit_cost desc limit 100
"""
# One exception an excursion, however many lots and orders; it goes away when every lot is decided on.
_EXCURSION = f"""
select 'excursion:' || q.excursion, case when d.orders > 0 then 'critical' else 'warning' end,
       coalesce(p.site_id, t.site_id), 'excursion:' || q.excursion,
       jsonb_build_object('place', case when p.id is null then jsonb_build_object('name', h.sscc, 'name_zh', '')
                                  else {NAMED.format("p")} end,
                          'worst', jsonb_build_object('tenths', round(e.worst * 10)::int), 'lots', q.lots,
                          'qty', q.qty, 'kept', d.kept, 'touched', d.orders)::json,
       q.value + d.money, d.orders, 'accept-excursion',
       jsonb_build_object('excursion', q.excursion, 'orders', d.orders, 'lots', q.lots)::json
  from (select excursion, count(*) as lots, sum(qty)::bigint as qty, sum(value)::bigint as value
          from storing_qualitycase group by excursion having bool_or(state in ('held', 'sent'))) q
  join sensing_excursion e on e.id = q.excursion
  left join catalog_place p on p.id = e.place_id left join catalog_handlingunit h on h.id = e.handling_unit_id
  left join lateral (
    select r.site_id from shipping_trip r join shipping_vehicle v on v.id = r.vehicle_id
     where v.place_id = e.place_id order by r.departed_at desc nulls last limit 1) t on true
  cross join lateral (
    select count(distinct l.order_id) as orders,
           count(distinct l.order_id) filter (where l.short = 0 and l.promised_at is not null) as kept,
           coalesce(sum(x.qty * l.unit_price) filter (where l.short > 0 or l.promised_at is null), 0)::bigint as money
      from storing_touchedline x join ordering_orderline l on l.id = x.order_line_id where x.excursion = q.excursion) d
 order by q.excursion desc limit 100
"""
# A forecast that has leaned one way for weeks; a week later it is another episode.
_FORECAST_DRIFT = f"""
select 'forecast-drift:' || f.item_id || ':' || f.site_id || ':' || to_char(f.made_at, 'IYYY-IW'), 'warning', f.site_id,
       'item:' || i.id,
       jsonb_build_object('item', {NAMED.format("i")}, 'site', {NAMED.format("s")},
                          'lean', round(abs(f.drift_bp) / 100.0)::int, 'high', f.drift_bp > 0)::json,
       0, 0, 'reforecast', jsonb_build_object('item', f.item_id, 'name', {NAMED.format("i")})::json
  from planning_forecast f join catalog_item i on i.id = f.item_id join catalog_place s on s.id = f.site_id
 where f.drift_bp is not null order by abs(f.drift_bp) desc limit 100
"""
WATCHES = {
    "forecast-drift": _FORECAST_DRIFT,
    "excursion": _EXCURSION,
    "order-late": _ORDER_LATE,
    "order-slipping": _ORDER_SLIPPING,
    "order-unpromised": _ORDER_UNPROMISED,
    "stock-short": _STOCK_SHORT,
    "purchase-late": _PURCHASE_LATE,
    "trip-late": _TRIP_LATE,
    "pick-short": _PICK_SHORT,
    "lot-expired": _LOT_EXPIRED,
    **SUPPLY_WATCHES,
    **DEVICE_WATCHES,
}


def findings(kind: str, at: datetime, *, out_tenths: int, soon_tenths: int) -> tuple[Finding, ...]:
    return rows(Finding, WATCHES[kind], {"at": at, "out": out_tenths, "soon": soon_tenths})
