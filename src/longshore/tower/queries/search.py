"""What the palette finds: orders, trips, shipments, purchase orders, items, places, by number, code or name."""

from __future__ import annotations

from dataclasses import dataclass

from longshore.tower.queries.sql import rows


@dataclass(frozen=True, slots=True)
class Hit:
    icon: str
    title: str
    note: str
    href: str


# Every branch takes its own best few, so that a thousand matching items never push one order out.
_SEARCH = """
with asked as (select %(like)s::text as word, %(start)s::text as head)
select icon, title, note, href from (
  (select 1 as rank, 'package' as icon, o.number as title, c.name || ' · ' || o.state as note,
          '/orders/' || o.number || '/' as href
     from ordering_customerorder o join catalog_partner c on c.id = o.customer_id, asked
    where o.number ilike word or c.name ilike word or c.name_zh ilike word
    order by (o.number ilike head) desc, o.id desc limit 5)
  union all
  (select 2, 'truck', t.number, v.plate || ' · ' || t.state, '/shipments/trips/' || t.number || '/'
     from shipping_trip t join shipping_vehicle v on v.id = t.vehicle_id, asked
    where t.number ilike word or v.plate ilike word order by t.id desc limit 4)
  union all
  (select 3, 'package-check', s.number, s.state, '/shipments/' || s.number || '/'
     from shipping_shipment s, asked where s.number ilike word order by s.id desc limit 4)
  union all
  (select 4, 'clipboard-list', p.number, s.name || ' · ' || p.state, '/purchases/' || p.number || '/'
     from sourcing_purchaseorder p join catalog_partner s on s.id = p.supplier_id, asked
    where p.number ilike word or s.name ilike word or s.name_zh ilike word order by p.id desc limit 4)
  union all
  (select 5, 'boxes', i.code, case when i.name_zh = '' then i.name else i.name || ' · ' || i.name_zh end,
          '/stock/' || i.id || '/'
     from catalog_item i, asked
    where i.code ilike word or i.name ilike word or i.name_zh ilike word or i.gtin like head
    order by (i.code ilike head) desc, i.code limit 6)
  union all
  (select 6, 'warehouse', p.code, case when p.name_zh = '' then p.name else p.name || ' · ' || p.name_zh end,
          '/stock/?site=' || p.id
     from catalog_place p, asked
    where p.kind = 'site' and (p.code ilike word or p.name ilike word or p.name_zh ilike word) order by p.code limit 3)
) found order by rank
"""


def search(asked: str) -> tuple[Hit, ...]:
    word = asked.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return rows(Hit, _SEARCH, {"like": f"%{word}%", "start": f"{word}%"})
