"""The ways from our sites to the places orders go to."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from longshore.ordering.queries.wanted import fetch
from longshore.ordering.rules import CustomerFacts, LaneFacts, PromisePolicy, SiteFacts, Way, utc_offset, ways

# Every site with every destination, in one answer. Of several carriers the one that is cheaper for a hundred kilograms
# stands for the lane.
PAIRS: Final = """
SELECT w.place, w.partner, d.latitude, d.longitude, d.timezone, c.window_opens_minute, c.window_closes_minute,
       c.home_site_id, s.id, s.latitude, s.longitude, s.timezone, coalesce(k.opens_minute, 0),
       coalesce(k.closes_minute, 1440), n.transit_minutes, n.fixed_cost, n.cost_per_kg
FROM unnest(%s::bigint[], %s::bigint[]) AS w(place, partner)
JOIN catalog_place d ON d.id = w.place JOIN catalog_partner c ON c.id = w.partner
JOIN catalog_place s ON s.kind = 'site' AND s.active
LEFT JOIN catalog_calendar k ON k.id = s.calendar_id
LEFT JOIN LATERAL (
    SELECT l.transit_minutes, l.fixed_cost, l.cost_per_kg FROM catalog_lane l
    WHERE l.origin_id = s.id AND l.destination_id = d.id AND l.active
    ORDER BY l.fixed_cost + 100 * l.cost_per_kg, l.transit_minutes, l.id LIMIT 1) n ON true
ORDER BY w.place, w.partner, s.id
"""

Ways = dict[tuple[int, int], tuple[Way, ...]]


def ways_to(destinations: Collection[tuple[int, int]], *, policy: PromisePolicy, at: datetime) -> Ways:
    """(place, customer) → ways from every site, best first."""
    wanted = sorted(set(destinations))
    customers: dict[tuple[int, int], CustomerFacts] = {}
    sites: dict[int, SiteFacts] = {}
    lanes: dict[tuple[int, int], dict[int, LaneFacts]] = {}
    for place, partner, lat, lon, zone, opens, closes, home, site, site_lat, site_lon, site_zone, *rest in fetch(
        PAIRS, [place for place, _customer in wanted], [customer for _place, customer in wanted]
    ):
        pair = (place, partner)
        if pair not in customers:
            customers[pair] = CustomerFacts(place, lat, lon, utc_offset(zone, at), opens, closes, home)
            lanes[pair] = {}
        if site not in sites:
            sites[site] = SiteFacts(site, site_lat, site_lon, utc_offset(site_zone, at), rest[0], rest[1])
        if rest[2] is not None:
            lanes[pair][site] = LaneFacts(*rest[2:])
    every = list(sites.values())
    return {pair: ways(every, lanes[pair], customer, policy) for pair, customer in customers.items()}
