"""Supply that orders compete for: which rows to lock, when new goods could come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection

from longshore.ordering.queries.wanted import fetch

# Everything a promise of these items may take from or give back to.
CONTENDED: Final = """
SELECT 'balance', b.id FROM ledger_balance b JOIN catalog_place p ON p.id = b.place_id
WHERE b.item_id = ANY(%(items)s) AND b.bounded AND b.condition = 0 AND b.qty > b.claimed
  AND p.usage IN ('storage', 'receiving')
UNION ALL
SELECT 'flow', f.id FROM ledger_plannedflow f
WHERE f.item_id = ANY(%(items)s) AND f.status = 'firm' AND f.kind <> 'sale' AND f.qty - f.done > f.claimed
UNION ALL
SELECT CASE WHEN c.balance_id IS NULL THEN 'flow' ELSE 'balance' END, coalesce(c.balance_id, c.flow_id)
FROM ledger_claim c WHERE c.state = 'open' AND NOT c.hard AND c.demand = ANY(%(demands)s)
"""
RIVALS: Final = """
SELECT c.demand FROM ledger_claim c
JOIN ordering_orderline l ON c.demand = 'order-line:' || l.id
WHERE l.item_id = ANY(%s) AND l.qty > l.cancelled + l.delivered
  AND c.state = 'open' AND NOT c.hard AND c.priority > %s
"""
LEAD_TIMES: Final = """
SELECT item_id, min(lead_time_minutes) FROM catalog_supplieritem WHERE active AND item_id = ANY(%s) GROUP BY item_id
"""


@dataclass(frozen=True, slots=True)
class Contended:
    balances: tuple[int, ...]
    flows: tuple[int, ...]


def contended(items: Sequence[int], demands: Sequence[str]) -> Contended:
    """Balances and flows with something free of these items, and those the soft claims of `demands` stand on."""
    with connection.cursor() as cursor:
        cursor.execute(CONTENDED, {"items": list(items), "demands": list(demands)})
        rows = cursor.fetchall()
    return Contended(
        tuple(sorted({key for kind, key in rows if kind == "balance"})),
        tuple(sorted({key for kind, key in rows if kind == "flow"})),
    )


def rival_demands(items: Sequence[int], priority: int) -> tuple[str, ...]:
    """Demands of order lines with soft claims on these items that are less urgent than `priority`."""
    return tuple(sorted({row[0] for row in fetch(RIVALS, list(items), priority)}))


def lead_times(items: Sequence[int]) -> dict[int, int]:
    """Item → minutes until a supplier could bring more, the quickest of them."""
    return dict(fetch(LEAD_TIMES, list(items)))
