"""Supply that orders compete for: which rows to lock, when new goods could come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from longshore.ordering.queries.wanted import fetch

# Everything a promise of these items may take from, and what these demands would give back to.
CONTENDED: Final = """
WITH items AS (SELECT unnest(%s::bigint[]) AS id)
SELECT 'balance', b.id FROM items i JOIN ledger_balance b ON b.item_id = i.id JOIN catalog_place p ON p.id = b.place_id
WHERE b.bounded AND b.condition = 0 AND b.qty > b.claimed AND p.usage IN ('storage', 'receiving')
UNION ALL
SELECT 'flow', f.id FROM items i JOIN ledger_plannedflow f ON f.item_id = i.id
WHERE f.status = 'firm' AND f.kind <> 'sale' AND f.qty - f.done > f.claimed
UNION ALL
SELECT CASE WHEN c.balance_id IS NULL THEN 'flow' ELSE 'balance' END, coalesce(c.balance_id, c.flow_id)
FROM ledger_claim c WHERE c.state = 'open' AND c.demand = ANY(%s::text[])
"""
RIVALS: Final = """
SELECT c.demand FROM ledger_claim c
JOIN ordering_orderline l ON c.demand = 'order-line:' || l.id
WHERE l.item_id = ANY(%s::bigint[]) AND l.qty > l.cancelled + l.delivered
  AND c.state = 'open' AND NOT c.hard AND c.priority > %s::int
"""
LEAD_TIMES: Final = """
SELECT item_id, min(lead_time_minutes) FROM catalog_supplieritem
WHERE active AND item_id = ANY(%s::bigint[]) GROUP BY item_id
"""


@dataclass(frozen=True, slots=True)
class Contended:
    balances: tuple[int, ...]
    flows: tuple[int, ...]


def contended(items: Sequence[int], demands: Sequence[str]) -> Contended:
    """The balances and flows with something free of these items, and what claims of `demands` stand on."""
    found: dict[str, set[int]] = {"balance": set(), "flow": set()}
    for kind, key in fetch(CONTENDED, list(items), list(demands)):
        found[kind].add(key)
    return Contended(*(tuple(sorted(found[kind])) for kind in ("balance", "flow")))


def rival_demands(items: Sequence[int], priority: int) -> tuple[str, ...]:
    """Demands of order lines with soft claims on these items that are less urgent than `priority`."""
    return tuple(sorted({row[0] for row in fetch(RIVALS, list(items), priority)}))


def lead_times(items: Sequence[int]) -> dict[int, int]:
    """Item → minutes until a supplier could bring more, the quickest of them."""
    return dict(fetch(LEAD_TIMES, list(items)))
