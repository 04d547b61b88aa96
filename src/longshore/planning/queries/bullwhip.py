"""How much more orders vary than the demand behind them, measured for each item-site and level of the network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from longshore.planning import joint_rules, rules
from longshore.planning.joint_rules import Flow, Whip
from longshore.planning.queries.agreements import company_today
from longshore.planning.reading import rows

WEEKS = 26
# What an item-site was asked for: by customers, and by the sites it feeds. What it ordered itself: decided proposals.
FLOWS = """
WITH known AS (
    SELECT p.item_id, p.site_id, p.origin_id, p.qty, (p.decided_at AT TIME ZONE s.timezone)::date AS day
    FROM planning_proposal p JOIN catalog_place s ON s.id = p.site_id
    WHERE p.state IN ('approved', 'released') AND p.decided_at >= %(from)s
),
told AS (
    SELECT d.item_id, d.site_id, d.day, d.qty AS demand, 0::bigint AS ordered FROM planning_demandday d
    WHERE d.day >= %(since)s AND d.day < %(until)s AND d.qty > 0
    UNION ALL SELECT item_id, origin_id, day, qty, 0 FROM known WHERE origin_id IS NOT NULL
    UNION ALL SELECT item_id, site_id, day, 0, qty FROM known
)
SELECT item_id, site_id, (date_trunc('week', day)::date - date '1970-01-01')::int, SUM(demand)::bigint,
    SUM(ordered)::bigint
FROM told WHERE day >= %(since)s AND day < %(until)s
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
SOURCES = "SELECT item_id, site_id, source_id FROM planning_stockpolicy"
NAMES = """
SELECT i.id, s.id, i.code, i.name, i.name_zh, s.name, s.name_zh
FROM unnest(%(item)s::bigint[], %(site)s::bigint[]) AS u(item, site)
JOIN catalog_item i ON i.id = u.item JOIN catalog_place s ON s.id = u.site
"""


@dataclass(frozen=True, slots=True)
class SiteWhip:
    item: int
    site: int
    item_code: str
    name: str
    name_zh: str
    site_name: str
    site_name_zh: str
    echelon: int
    whip: Whip


@dataclass(frozen=True, slots=True)
class EchelonWhip:
    """`echelon` 1 sells to customers and feeds nobody; 2 feeds those, and so on."""

    echelon: int
    item_sites: int
    whip: Whip


@dataclass(frozen=True, slots=True)
class Bullwhip:
    weeks: int
    echelons: tuple[EchelonWhip, ...]
    sites: tuple[SiteWhip, ...]


def bullwhip(*, at: datetime, weeks: int = WEEKS, limit: int = 200) -> Bullwhip:
    """Over the last complete weeks; the item-sites whose orders vary most against their demand first."""
    until = joint_rules.week_of(company_today(at))
    last = rules.epoch_day(until)
    monday = list(range(last - weeks * joint_rules.WEEK, last, joint_rules.WEEK))
    since = rules.day_of(monday[0])
    asked = {"since": since, "until": until, "from": rules.start_of_day(monday[0] - 1, "UTC")}
    flows = [Flow(*row) for row in rows(FLOWS, asked)]
    level = joint_rules.echelons({(item, site): source for item, site, source in rows(SOURCES, {})})
    measured = joint_rules.whips(flows, monday)
    ordered = {key: whip for key, whip in measured.items() if whip.weeks}
    chosen = sorted(ordered, key=lambda key: (-(ordered[key].ratio_milli or 0), key))[:limit]
    named = {
        (row[0], row[1]): row for row in rows(NAMES, {"item": [k[0] for k in chosen], "site": [k[1] for k in chosen]})
    }
    sites = tuple(SiteWhip(*(*named[key], level.get(key, 1), ordered[key])) for key in chosen)
    counts: dict[int, int] = {}
    for key in ordered:
        counts[level.get(key, 1)] = counts.get(level.get(key, 1), 0) + 1
    echelons = tuple(
        EchelonWhip(number, counts.get(number, 0), whip)
        for number, whip in joint_rules.whips_by_echelon(flows, monday, level).items()
    )
    return Bullwhip(weeks, echelons, sites)
