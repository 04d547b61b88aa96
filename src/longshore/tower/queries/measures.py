"""The measures of the tower, each over a stated population."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from longshore.tower.queries.sql import one, rows
from longshore.tower.queries.standing import STANDING

SERVICE_WINDOW = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Measure:
    """`value_milli` is in thousandths; None: there is nothing to measure."""

    name: str
    value_milli: int | None
    population: int
    second: int = 0  # for the line under the number: money, late trucks, short items
    history: tuple[float, ...] = ()
    before_milli: int | None = None  # the same measure a day ago


# One order counts once, in the period it was due in, delivered or not; every line must have come whole.
_OTIF = """
select count(*), count(*) filter (where o.delivered_at <= d.due and l.whole)
  from ordering_customerorder o
  cross join lateral (select coalesce(o.first_promised_at, o.requested_at) as due) d
  cross join lateral (
    select bool_and(x.delivered >= x.qty) as whole from ordering_orderline x where x.order_id = o.id) l
 where o.state <> 'cancelled' and d.due > %(since)s and d.due <= %(at)s
"""
# A transfer is no commitment to anybody: it leaves as soon as it can.
_ON_TIME_SHIPPING = """
select count(*), count(*) filter (where departed_at <= ship_by)
  from shipping_shipment
 where order_id is not null and state <> 'cancelled' and ship_by > %(since)s and ship_by <= %(at)s
"""
_AT_RISK = f"""
with {STANDING}
select count(*), coalesce(sum(value), 0)::bigint from standing where standing in ('late', 'risk')
"""
_TRUCKS = """
select count(*), count(*) filter (where late) from (
  select exists (select 1 from shipping_tripstop s join shipping_shipment h on h.stop_id = s.id
                  where s.trip_id = t.id and s.arrived_at is null and s.eta > h.due_at) as late
    from shipping_trip t where t.state = 'under_way') trips
"""
_WEEK = " + ".join(f"coalesce((f.daily_milli->>{day})::bigint, 0)" for day in range(7))
ON_HAND = f"""
on_hand as (
  select b.item_id, p.site_id, sum(b.qty)::bigint as qty
    from ledger_balance b join catalog_place p on p.id = b.place_id
   where b.condition = 0 and b.bounded and b.qty > 0 and p.usage in ('storage', 'receiving')
   group by b.item_id, p.site_id
),
wanted as (
  select f.item_id, f.site_id, ({_WEEK})::numeric / nullif(least(jsonb_array_length(f.daily_milli), 7), 0) as daily_milli
    from planning_forecast f
)
"""
# Days the stock lasts, by cost: what is there over what is expected to go in a day.
_COVER = f"""
with {ON_HAND},
cells as (
  select w.item_id, w.daily_milli, coalesce(h.qty, 0) as qty, i.unit_cost,
         coalesce(h.qty, 0) * 1000 < coalesce(p.reorder_point, 0)::numeric * 1000 as below
    from wanted w join catalog_item i on i.id = w.item_id
    left join on_hand h on h.item_id = w.item_id and h.site_id = w.site_id
    left join planning_stockpolicy p on p.item_id = w.item_id and p.site_id = w.site_id
   where w.daily_milli > 0
)
select count(*),
       coalesce(round(sum(qty * unit_cost) * 1000000 / nullif(sum(daily_milli * unit_cost), 0)), 0)::bigint,
       count(*) filter (where below)
  from cells
"""
_INVENTORY = """
select count(distinct b.item_id), coalesce(sum(b.qty * i.unit_cost), 0)::bigint
  from ledger_balance b join catalog_item i on i.id = b.item_id where b.bounded and b.qty > 0
"""
NAMES = ("otif", "orders_at_risk", "trucks", "stock_cover", "on_time_shipping", "inventory_value")


def _share(name: str, statement: str, at: datetime) -> Measure:
    due, good = one(statement, {"at": at, "since": at - SERVICE_WINDOW})
    return Measure(name, good * 100_000 // due if due else None, due, due - good)


def measures_now(at: datetime) -> tuple[Measure, ...]:
    """Without history: what `record_measures` writes down."""
    asked = {"at": at}
    risky, money = one(_AT_RISK, asked)
    trucks, late = one(_TRUCKS, asked)
    cells, days_milli, below = one(_COVER, asked)
    items, value = one(_INVENTORY, asked)
    return (
        _share("otif", _OTIF, at),
        Measure("orders_at_risk", risky * 1000, risky, money),
        Measure("trucks", trucks * 1000, trucks, late),
        Measure("stock_cover", days_milli if cells else None, cells, below),
        _share("on_time_shipping", _ON_TIME_SHIPPING, at),
        Measure("inventory_value", value * 1000, items, 0),
    )


@dataclass(frozen=True, slots=True)
class Point:
    name: str
    at: datetime
    value_milli: int


_HISTORY = """
select name, at, value_milli from tower_kpipoint
 where name = any(%(names)s) and at > %(since)s and at <= %(at)s order by name, at
"""
_SHOWN_POINTS = 24


def measures(at: datetime, over: timedelta = timedelta(days=1)) -> tuple[Measure, ...]:
    points: dict[str, list[Point]] = {name: [] for name in NAMES}
    for point in rows(Point, _HISTORY, {"names": list(NAMES), "since": at - over, "at": at}):
        points[point.name].append(point)
    return tuple(_with_history(measure, points[measure.name]) for measure in measures_now(at))


def _with_history(measure: Measure, points: list[Point]) -> Measure:
    if measure.value_milli is None:
        return measure
    step = len(points) // _SHOWN_POINTS + 1
    history = (*(p.value_milli / 1000 for p in points[::step]), measure.value_milli / 1000)
    before = points[0].value_milli if points else None
    return Measure(measure.name, measure.value_milli, measure.population, measure.second, history, before)


def measure_points(name: str, since: datetime, at: datetime) -> tuple[Point, ...]:
    return rows(Point, _HISTORY, {"names": [name], "since": since, "at": at})
