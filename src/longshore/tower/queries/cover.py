"""Days of cover by item and site: what is there over what is expected to go in a day of the coming week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from longshore.tower.queries.measures import ON_HAND
from longshore.tower.queries.sql import one, rows


@dataclass(frozen=True, slots=True)
class CoverCell:
    item_id: int
    site_id: int
    item: str
    item_name: str
    item_name_zh: str
    site: str
    site_name: str
    site_name_zh: str
    qty: int
    daily_milli: int
    cover_tenths: int
    below: bool


@dataclass(frozen=True, slots=True)
class CoverTable:
    cells: tuple[CoverCell, ...]
    items_shown: int
    items_known: int


# The items shown are the ones that run out first: sites below the reorder point count most, then the shortest cover.
_CELLS = f"""
with {ON_HAND},
cells as (
  select w.item_id, w.site_id, coalesce(h.qty, 0) as qty, round(w.daily_milli)::bigint as daily_milli,
         round(coalesce(h.qty, 0) * 10000 / w.daily_milli)::bigint as tenths,
         coalesce(h.qty, 0) < coalesce(p.reorder_point, 0) as below
    from wanted w
    left join on_hand h on h.item_id = w.item_id and h.site_id = w.site_id
    left join planning_stockpolicy p on p.item_id = w.item_id and p.site_id = w.site_id
   where w.daily_milli > 0
),
chosen as (
  select item_id, count(*) filter (where tenths < %(low)s) as short, min(tenths) as least
    from cells group by item_id order by short desc, least, item_id limit %(items)s
)
select i.id, s.id, i.code, i.name, i.name_zh, s.code, s.name, s.name_zh, c.qty, c.daily_milli, c.tenths, c.below
  from cells c join chosen k on k.item_id = c.item_id
  join catalog_item i on i.id = c.item_id join catalog_place s on s.id = c.site_id
 order by k.short desc, k.least, i.code, s.code
"""
_KNOWN = "select count(distinct item_id) from planning_forecast"


def cover_table(at: datetime, items: int, low_tenths: int) -> CoverTable:
    cells = rows(CoverCell, _CELLS, {"at": at, "items": items, "low": low_tenths})
    known = one(_KNOWN, {})[0]
    return CoverTable(cells, len({cell.item for cell in cells}), known)


@dataclass(frozen=True, slots=True)
class ShortRow:
    item_id: int
    site_id: int
    item: str
    item_name: str
    item_name_zh: str
    site: str
    site_name: str
    site_name_zh: str
    qty: int
    reorder_point: int
    coming: int
    cover_tenths: int | None


_BELOW = f"""
with {ON_HAND}
select i.id, s.id, i.code, i.name, i.name_zh, s.code, s.name, s.name_zh, coalesce(h.qty, 0), p.reorder_point,
       coalesce((select sum(f.qty - f.done) from ledger_plannedflow f
                  where f.item_id = w.item_id and f.target_id = w.site_id and f.status = 'firm'), 0)::bigint,
       round(coalesce(h.qty, 0) * 10000 / w.daily_milli)::bigint
  from wanted w
  join planning_stockpolicy p on p.item_id = w.item_id and p.site_id = w.site_id
  join catalog_item i on i.id = w.item_id join catalog_place s on s.id = w.site_id
  left join on_hand h on h.item_id = w.item_id and h.site_id = w.site_id
 where w.daily_milli > 0 and coalesce(h.qty, 0) < p.reorder_point
 order by 12, i.code limit %(limit)s
"""


def below_reorder_point(limit: int = 500) -> tuple[ShortRow, ...]:
    return rows(ShortRow, _BELOW, {"limit": limit})
