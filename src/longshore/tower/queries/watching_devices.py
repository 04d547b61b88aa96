"""What devices saw that somebody has to decide on, and goods that are being called back: one question for each kind."""

from __future__ import annotations

NAMED = "jsonb_build_object('name', {0}.name, 'name_zh', {0}.name_zh)"

_ABOARD = """
  cross join lateral (
    select count(distinct m.order_id) as orders, coalesce(sum(o.value), 0)::bigint as money
      from (select distinct x.order_id from shipping_shipment x where x.trip_id = t.id and x.state = 'in_transit') m
      left join ordering_customerorder o on o.id = m.order_id) w
"""
_TRUCK_ASTRAY = f"""
select 'truck-astray:' || d.id, case when d.farthest_m > 20000 then 'critical' else 'warning' end, t.site_id,
       'trip:' || t.number,
       jsonb_build_object('plate', v.plate, 'km', jsonb_build_object('tenths', d.farthest_m / 100),
                          'since', jsonb_build_object('at', d.from_at, 'zone', s.timezone))::json,
       w.money, w.orders, 'refresh-eta', jsonb_build_object('trip', t.id)::json
  from shipping_detour d join shipping_trip t on t.id = d.trip_id and t.state = 'under_way'
  join shipping_vehicle v on v.id = t.vehicle_id join catalog_place s on s.id = t.site_id {_ABOARD}
 where d.kind = 'off-way' and d.until_at is null order by d.id limit 200
"""
_TRUCK_STANDING = f"""
select 'truck-standing:' || d.id, case when %(at)s - d.from_at > interval '1 hour' then 'critical' else 'warning' end,
       t.site_id, 'trip:' || t.number,
       jsonb_build_object('plate', v.plate, 'since', jsonb_build_object('at', d.from_at, 'zone', s.timezone))::json,
       w.money, w.orders, 'refresh-eta', jsonb_build_object('trip', t.id)::json
  from shipping_detour d join shipping_trip t on t.id = d.trip_id and t.state = 'under_way'
  join shipping_vehicle v on v.id = t.vehicle_id join catalog_place s on s.id = t.site_id {_ABOARD}
 where d.kind = 'standing' and d.until_at is null order by d.id limit 200
"""
# A pallet of which we have never had anything came in at a dock. What may be on it: what is still to come there, of a
# supplier whose company prefix its number has before others, the soonest first; a lot nobody can guess.
_PALLET_UNANNOUNCED = f"""
select 'pallet-unannounced:' || g.sscc, 'warning', d.site_id, coalesce('purchase:' || c.number, 'pallet:' || g.sscc),
       jsonb_build_object('sscc', g.sscc, 'dock', {NAMED.format("d")},
                          'came', jsonb_build_object('at', g.at, 'zone', s.timezone))::json,
       coalesce(c.qty * c.unit_price, 0), coalesce(c.orders, 0), case when c.line is null then '' else 'receive-pallet' end,
       jsonb_build_object('passage', g.id, 'line', c.line, 'qty', c.qty, 'item', c.item, 'purchase', c.number)::json
  from (select distinct on (p.sscc) p.* from sensing_passage p
         where p.sscc <> '' and p.at > %(at)s - interval '2 days' and p.state <> 'withdrawn'
         order by p.sscc, p.at desc) g
  join catalog_place d on d.id = g.to_place_id and d.usage = 'receiving' join catalog_place s on s.id = d.site_id
  left join lateral (
    select o.number, l.id as line, l.qty - l.received as qty, l.unit_price, {NAMED.format("i")} as item,
           (select count(distinct k.demand) from ledger_claim k where k.flow_id = l.flow_id and k.state = 'open'
               and k.demand like 'order-line:%%') as orders
      from sourcing_purchaseorder o join sourcing_purchaseorderline l on l.order_id = o.id and l.closed_at is null
      join catalog_item i on i.id = l.item_id and not i.lot_tracked join ledger_plannedflow f on f.id = l.flow_id
      join catalog_partner v on v.id = o.supplier_id left join catalog_place h on h.id = v.place_id
     where o.site_id = d.site_id and o.state in ('sent', 'confirmed', 'part_received') and l.qty > l.received
     order by (coalesce(h.gln, '') <> '' and left(h.gln, 7) = substr(g.sscc, 2, 7)) desc, f.arrive_at, l.id limit 1) c
    on true
 where g.direction = 'in' and not exists (
    select 1 from catalog_handlingunit u join ledger_balance b on b.handling_unit_id = u.id where u.sscc = g.sscc)
 order by g.at limit 100
"""
# One exception a device and day; at stake is what stands there now.
_ANOMALY = f"""
select 'anomaly:' || a.device_id || ':' || (a.at at time zone 'UTC')::date,
       case when w.orders > 0 then 'warning' else 'info' end, coalesce(p.site_id, p.id), 'device:' || e.code,
       jsonb_build_object('device', jsonb_build_object('name', coalesce(nullif(e.name, ''), e.code), 'name_zh',
                              coalesce(nullif(e.name_zh, ''), nullif(e.name, ''), e.code)), 'metric', {NAMED.format("m")},
                          'place', case when p.id is null then jsonb_build_object('name', coalesce(h.sscc, '–'), 'name_zh', '')
                              else {NAMED.format("p")} end,
                          'since', jsonb_build_object('at', a.at, 'zone', coalesce(p.timezone, 'Asia/Shanghai')))::json,
       w.money, w.orders, case when a.signal in ('stillness', 'drift') then 'shut-out-device' else 'listen-closely' end,
       jsonb_build_object('device', a.device_id, 'code', e.code, 'signal', a.signal, 'anomaly', a.id)::json
  from (select distinct on (x.device_id) x.* from sensing_anomaly x
         where x.learned_at > %(at)s - interval '1 day' and x.at > %(at)s - interval '2 days'
         order by x.device_id, x.score desc, x.id) a
  join sensing_device e on e.id = a.device_id and e.state = 'active' join sensing_metric m on m.id = a.metric_id
  left join sensing_attachment t on t.device_id = e.id and t.from_at <= %(at)s and (t.until_at is null or t.until_at > %(at)s)
  left join catalog_place p on p.id = t.place_id left join catalog_handlingunit h on h.id = t.handling_unit_id
  cross join lateral (
    with recursive inside as (
      select t.place_id as id where t.place_id is not null and p.kind <> 'site'
      union select c.id from catalog_place c join inside i on c.parent_id = i.id),
    stands as (
      select b.id, b.qty * i.unit_cost as value from ledger_balance b join catalog_item i on i.id = b.item_id
       where b.bounded and b.qty > 0
         and (b.place_id in (select id from inside) or b.handling_unit_id = t.handling_unit_id))
    select coalesce(sum(value), 0)::bigint as money,
           (select count(distinct l.order_id) from ledger_claim c join stands x on x.id = c.balance_id
              join ordering_orderline l on l.id = split_part(c.demand, ':', 2)::bigint
             where c.state = 'open' and c.demand like 'order-line:%%') as orders
      from stands) w
 order by w.money desc, a.id limit 100
"""
# Open until it is closed: the next step is the action; where customers have to answer first, there is none.
_RECALL_OPEN = """
select 'recall-open:' || r.number || ':' || n.step || ':' || n.turn,
       case when n.step in ('hold', 'notify') then 'critical' else 'warning' end, w.site_id, 'recall:' || r.number,
       jsonb_build_object('recall', r.number, 'lots', l.lots, 'unanswered', c.unanswered, 'customers', c.customers,
                          'reason', r.reason)::json,
       l.money, c.orders, case when n.step = 'wait' then '' else 'recall-' || n.step end,
       jsonb_build_object('recall', r.id, 'number', r.number, 'customers', c.untold, 'lots', l.lots)::json
  from tracing_recall r
  cross join lateral (
    select count(*) as lots, coalesce(sum((x.found + x.shipped) * i.unit_cost), 0)::bigint as money
      from tracing_recallline x join catalog_item i on i.id = x.item_id where x.recall_id = r.id) l
  cross join lateral (
    select count(distinct x."order") filter (where x."order" <> '') as orders, count(distinct x.place_id) as customers,
           count(distinct x.place_id) filter (where x.state = 'waiting') as untold,
           count(*) filter (where x.state = 'sent') as unanswered, count(*) filter (where x.state = 'answered') as answered
      from tracing_recallletter x where x.recall_id = r.id) c
  left join lateral (
    select p.site_id from tracing_recallline x
      join ledger_balance b on b.lot_id = x.lot_id and b.bounded and b.qty > 0 join catalog_place p on p.id = b.place_id
     where x.recall_id = r.id and p.site_id is not null group by p.site_id order by sum(b.qty) desc, 1 limit 1) w on true
  cross join lateral (
    select exists (
      select 1 from tracing_recallline x join ledger_balance b on b.lot_id = x.lot_id and b.serial_id is null
       where x.recall_id = r.id and x.serial_id is null and b.bounded and b.qty > 0 and b.condition = 0)
    or exists (
      select 1 from tracing_recallline x join ledger_balance b on b.serial_id = x.serial_id
       where x.recall_id = r.id and b.bounded and b.qty > 0 and b.condition = 0) as free) f
  cross join lateral (
    select case when f.free or r.state = 'found' then 'hold' when c.untold > 0 then 'notify'
                when r.state = 'reconciled' then 'close' when c.unanswered > 0 then 'wait' else 'reconcile' end as step,
           case when f.free or r.state = 'found' then r.rounds when c.untold > 0 then c.unanswered + c.answered
                when c.unanswered > 0 then c.unanswered else c.answered end as turn) n
 where r.state not in ('closed', 'cancelled') order by r.id desc limit 50
"""
DEVICE_WATCHES = {
    "truck-astray": _TRUCK_ASTRAY,
    "truck-standing": _TRUCK_STANDING,
    "pallet-unannounced": _PALLET_UNANNOUNCED,
    "anomaly": _ANOMALY,
    "recall-open": _RECALL_OPEN,
}
