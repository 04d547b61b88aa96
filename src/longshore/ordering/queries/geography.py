"""The ways from our sites to the places orders go to."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from longshore.ordering.queries.wanted import fetch
from longshore.ordering.rules import CustomerFacts, LaneFacts, PromisePolicy, SiteFacts, Way, utc_offset, ways

SITES: Final = """
SELECT p.id, p.latitude, p.longitude, p.timezone, coalesce(c.opens_minute, 0), coalesce(c.closes_minute, 1440)
FROM catalog_place p LEFT JOIN catalog_calendar c ON c.id = p.calendar_id
WHERE p.kind = 'site' AND p.active ORDER BY p.id
"""
CUSTOMERS: Final = """
SELECT w.place, w.partner, p.latitude, p.longitude, p.timezone, c.window_opens_minute, c.window_closes_minute,
       c.home_site_id
FROM unnest(%s::bigint[], %s::bigint[]) AS w(place, partner)
JOIN catalog_place p ON p.id = w.place JOIN catalog_partner c ON c.id = w.partner
"""
# Of several carriers the one that is cheaper for a hundred kilograms stands for the lane.
LANES: Final = """
SELECT DISTINCT ON (destination_id, origin_id) destination_id, origin_id, transit_minutes, fixed_cost, cost_per_kg
FROM catalog_lane WHERE active AND destination_id = ANY(%s)
ORDER BY destination_id, origin_id, fixed_cost + 100 * cost_per_kg, transit_minutes, id
"""

Ways = dict[tuple[int, int], tuple[Way, ...]]


def ways_to(destinations: Collection[tuple[int, int]], *, policy: PromisePolicy, at: datetime) -> Ways:
    """(place, customer) → ways from every site, best first."""
    wanted = sorted(set(destinations))
    sites = [
        SiteFacts(site, latitude, longitude, utc_offset(zone, at), opens, closes)
        for site, latitude, longitude, zone, opens, closes in fetch(SITES)
    ]
    lanes: dict[int, dict[int, LaneFacts]] = {}
    for destination, origin, *facts in fetch(LANES, [place for place, _customer in wanted]):
        lanes.setdefault(destination, {})[origin] = LaneFacts(*facts)
    found: Ways = {}
    for place, partner, latitude, longitude, zone, opens, closes, home in fetch(
        CUSTOMERS, [place for place, _customer in wanted], [customer for _place, customer in wanted]
    ):
        customer = CustomerFacts(place, latitude, longitude, utc_offset(zone, at), opens, closes, home)
        found[place, partner] = ways(sites, lanes.get(place, {}), customer, policy)
    return found
