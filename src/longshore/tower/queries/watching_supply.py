"""Purchases that are on time as they stand and will probably not be, seen early enough to ask for them sooner."""

from __future__ import annotations

from typing import Final

# The worst line stands for the order. Sooner by as much as nine of ten such lines need, if that lies ahead by a day.
PURCHASE_RISK: Final = """
select 'purchase-risk:' || p.id || ':' || extract(epoch from p.agreed_at)::bigint,
       case when d.orders > 0 then 'warning' else 'info' end, p.site_id, 'purchase:' || p.number,
       jsonb_build_object('purchase', p.number, 'share', round(k.probability_bp / 100.0)::int,
         'supplier', jsonb_build_object('name', s.name, 'name_zh', s.name_zh),
         'likely', jsonb_build_object(
           'at', (k.likely_on::timestamp + interval '12 hours') at time zone place.timezone, 'zone', place.timezone))::json,
       p.value, d.orders,
       case when w.wanted_at >= %(at)s + interval '1 day' and not exists (
           select 1 from sourcing_orderchange h join sourcing_purchaseorderline y on y.id = h.line_id
            where y.order_id = p.id and h.expedite) then 'expedite' else '' end,
       jsonb_build_object('order', p.id, 'purchase', p.number, 'wanted_at', w.wanted_at,
         'by', jsonb_build_object('at', w.wanted_at, 'zone', place.timezone))::json
  from sourcing_purchaseorder p join catalog_partner s on s.id = p.supplier_id
  join catalog_place place on place.id = p.site_id
  cross join lateral (
    select r.probability_bp, r.likely_on, r.latest_on from sourcing_laterisk r
      join sourcing_purchaseorderline l on l.id = r.line_id and l.closed_at is null
     where l.order_id = p.id order by r.probability_bp desc, r.latest_on desc limit 1) k
  cross join lateral (
    select p.expected_at - greatest(k.latest_on - (p.agreed_at at time zone place.timezone)::date, 1)
           * interval '1 day' as wanted_at) w
  cross join lateral (
    select count(distinct x.order_id) as orders
      from sourcing_purchaseorderline l
      join ledger_claim c on c.flow_id = l.flow_id and c.state = 'open' and c.demand like 'order-line:%%'
      join ordering_orderline x on x.id = split_part(c.demand, ':', 2)::bigint
     where l.order_id = p.id) d
 where p.state in ('sent', 'confirmed', 'part_received') and k.probability_bp >= 5000
   and p.expected_at <= p.agreed_at + interval '4 hours' and p.agreed_at > %(at)s
 order by d.orders desc, k.probability_bp desc, p.id limit 200
"""
SUPPLY_WATCHES: Final = {"purchase-risk": PURCHASE_RISK}
