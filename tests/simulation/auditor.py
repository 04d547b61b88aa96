"""Recomputes what must hold, from the movements and claims alone, sharing no code with the ledger."""

from __future__ import annotations

from django.db import connection

CHECKS = {
    "a balance is not the sum of its movements": """
        SELECT b.id, b.qty, COALESCE(i.qty, 0) - COALESCE(o.qty, 0)
        FROM ledger_balance b
        LEFT JOIN (SELECT target_id, SUM(qty) AS qty FROM ledger_movement GROUP BY 1) i ON i.target_id = b.id
        LEFT JOIN (SELECT source_id, SUM(qty) AS qty FROM ledger_movement GROUP BY 1) o ON o.source_id = b.id
        WHERE b.qty <> COALESCE(i.qty, 0) - COALESCE(o.qty, 0)""",
    "goods came from nowhere or went nowhere": """
        SELECT item_id, lot_id, SUM(qty) FROM ledger_balance GROUP BY 1, 2 HAVING SUM(qty) <> 0""",
    "a physical place holds less than nothing": """
        SELECT b.id, b.qty, p.kind FROM ledger_balance b JOIN catalog_place p ON p.id = b.place_id
        WHERE b.qty < 0 AND p.kind NOT IN ('party', 'external')""",
    "the claimed quantity is not the sum of open claims": """
        SELECT b.id, b.claimed, COALESCE(c.qty, 0) FROM ledger_balance b
        LEFT JOIN (SELECT balance_id, SUM(qty - consumed) AS qty FROM ledger_claim WHERE state = 'open' GROUP BY 1) c
            ON c.balance_id = b.id
        WHERE b.claimed <> COALESCE(c.qty, 0)""",
    "the claims on a flow are not the sum of open claims": """
        SELECT f.id, f.claimed, COALESCE(c.qty, 0) FROM ledger_plannedflow f
        LEFT JOIN (SELECT flow_id, SUM(qty - consumed) AS qty FROM ledger_claim WHERE state = 'open' GROUP BY 1) c
            ON c.flow_id = f.id
        WHERE f.claimed <> COALESCE(c.qty, 0)""",
    "claims exceed what they stand on": """
        SELECT id, qty, claimed FROM ledger_balance WHERE claimed > qty AND claimed > 0
        UNION ALL SELECT id, qty - done, claimed FROM ledger_plannedflow WHERE claimed > qty - done AND claimed > 0""",
    "an order line's parts do not add up": """
        SELECT id, qty, delivered FROM ordering_orderline
        WHERE cancelled + delivered > qty OR returned > delivered OR delivered + refused > shipped""",
    "an order line is held more than once": """
        SELECT l.id, l.qty - l.cancelled - l.delivered, SUM(c.qty - c.consumed) FROM ordering_orderline l
        JOIN ledger_claim c ON c.demand = 'order-line:' || l.id AND c.state = 'open'
        GROUP BY l.id HAVING SUM(c.qty - c.consumed) > l.qty - l.cancelled - l.delivered""",
}


BUSY = (
    "ledger_balance",
    "ledger_claim",
    "ledger_movement",
    "ledger_plannedflow",
    "ordering_customerorder",
    "ordering_orderline",
    "planning_demandday",
    "storing_picktask",
    "shipping_shipmentline",
)


def findings() -> list[str]:
    """Every violation, in words, with the first rows that show it."""
    found = []
    with connection.cursor() as cursor:
        # A test lives in one transaction, which the statistics keeper does not see: left to guess, PostgreSQL loops.
        cursor.execute(f"ANALYZE {', '.join(BUSY)}")
        for sentence, sql in CHECKS.items():
            cursor.execute(f"{sql} LIMIT 5")
            rows = cursor.fetchall()
            if rows:
                found.append(f"{sentence}: {rows}")
    return found
