"""Where the trucks are, where they go, and whether they will be there in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from longshore.tower.queries.sql import one, rows


@dataclass(frozen=True, slots=True)
class Truck:
    vehicle: int
    plate: str
    trip: str
    site_name: str
    site_name_zh: str
    longitude: float | None
    latitude: float | None
    heading: int | None
    speed_kmh: int | None
    seen_at: datetime | None
    next_name: str | None
    next_name_zh: str | None
    next_eta: datetime | None
    slip_minutes: int  # the worst of the stops to come, against the plan of the trip
    late_minutes: int  # the worst against what a customer was told; 0 or less: in time
    stops_left: int
    shipments: int
    path: list[list[float]]


_TRUCKS = """
select v.id, v.plate, t.number, h.name, h.name_zh, p.longitude, p.latitude, p.heading, p.speed_kmh, p.at,
       n.name, n.name_zh, n.eta, coalesce(r.slip, 0), coalesce(d.late, 0), coalesce(r.stops, 0),
       coalesce(d.shipments, 0),
       coalesce(r.path, '[]'::json)
  from shipping_trip t
  join shipping_vehicle v on v.id = t.vehicle_id
  join catalog_place h on h.id = t.site_id
  left join shipping_vehicleposition p on p.vehicle_id = v.id
  left join lateral (
    select count(*) as stops, round(max(extract(epoch from s.eta - s.planned_arrival)) / 60)::int as slip,
           json_agg(json_build_array(round(c.longitude::numeric, 4), round(c.latitude::numeric, 4)) order by s.sequence)
             filter (where c.longitude is not null) as path
      from shipping_tripstop s join catalog_place c on c.id = s.place_id
     where s.trip_id = t.id and s.arrived_at is null) r on true
  left join lateral (
    select count(*) as shipments, round(max(extract(epoch from s.eta - m.due_at)) / 60)::int as late
      from shipping_shipment m join shipping_tripstop s on s.id = m.stop_id
     where m.trip_id = t.id and s.arrived_at is null) d on true
  left join lateral (
    select c.name, c.name_zh, s.eta from shipping_tripstop s join catalog_place c on c.id = s.place_id
     where s.trip_id = t.id and s.arrived_at is null order by s.sequence limit 1) n on true
 where t.state = 'under_way' and (%(vehicles)s::bigint[] is null or v.id = any(%(vehicles)s))
 order by v.plate
"""


def trucks(vehicles: Sequence[int] | None = None) -> tuple[Truck, ...]:
    return rows(Truck, _TRUCKS, {"vehicles": None if vehicles is None else list(vehicles)})


@dataclass(frozen=True, slots=True)
class SiteMark:
    code: str
    name: str
    name_zh: str
    longitude: float
    latitude: float
    open_exceptions: int
    trucks_out: int


_SITES = """
select s.code, s.name, s.name_zh, s.longitude, s.latitude,
       (select count(*) from tower_openexception e where e.site_id = s.id and e.state = 'open'),
       (select count(*) from shipping_trip t where t.site_id = s.id and t.state = 'under_way')
  from catalog_place s
 where s.kind = 'site' and s.active and s.longitude is not null
 order by s.code
"""


def site_marks() -> tuple[SiteMark, ...]:
    return rows(SiteMark, _SITES, {})


_NEWEST = "select max(at) from shipping_vehicleposition"
_MOVED = "select vehicle_id from shipping_vehicleposition where at > %(since)s"


def newest_fix() -> datetime | None:
    """When the last position came in; None before the first."""
    at: datetime | None = one(_NEWEST, {})[0]
    return at


def moved_vehicles(since: datetime) -> tuple[int, ...]:
    return rows(int, _MOVED, {"since": since})
