"""How a simulated span measured up: the figures of the headless report, each defined where it is computed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from longshore.ledger.audit import audit

# Every count is over the span (since, until]; service measures are over what was due in it, so that what is late or
# never left counts against us. `otif`: order level, first promised date (the wanted one where none was given), in full.
ORDERS = """
WITH span AS (
    SELECT o.*, COALESCE(o.first_promised_at, o.requested_at) AS due FROM ordering_customerorder o
    WHERE o.received_at > %(since)s AND o.received_at <= %(until)s
), whole AS (
    SELECT order_id, bool_and(delivered = qty) AS in_full, SUM(cancelled) = SUM(qty) AS gone FROM ordering_orderline
    GROUP BY 1
)
SELECT COUNT(*), COUNT(*) FILTER (WHERE s.state = 'cancelled'), COUNT(*) FILTER (WHERE s.state = 'delivered'),
    COUNT(*) FILTER (WHERE s.due <= %(until)s AND NOT w.gone),
    COUNT(*) FILTER (WHERE s.due <= %(until)s AND NOT w.gone AND w.in_full AND s.delivered_at <= s.due),
    COUNT(*) FILTER (WHERE s.due <= %(until)s AND NOT w.gone AND s.delivered_at <= s.due),
    COUNT(*) FILTER (WHERE s.due <= %(until)s AND NOT w.gone AND w.in_full),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM s.delivered_at - s.received_at) / 3600)
        FILTER (WHERE s.state = 'delivered')
FROM span s JOIN whole w ON w.order_id = s.id
"""
LINES = """
SELECT COUNT(*), COUNT(*) FILTER (WHERE l.first_promised_at IS NOT NULL), COUNT(*) FILTER (WHERE l.shipped > 0),
    COUNT(*) FILTER (WHERE l.delivered > 0 AND l.delivered = l.qty - l.cancelled), COUNT(*) FILTER (WHERE l.cancelled = l.qty),
    COUNT(*) FILTER (WHERE l.refused > 0), COUNT(*) FILTER (WHERE l.returned > 0)
FROM ordering_orderline l JOIN ordering_customerorder o ON o.id = l.order_id
WHERE o.received_at > %(since)s AND o.received_at <= %(until)s
"""
SHIPMENTS = """
SELECT COUNT(*) FILTER (WHERE created_at > %(since)s AND created_at <= %(until)s),
    COUNT(*) FILTER (WHERE ship_by > %(since)s AND ship_by <= %(until)s AND state <> 'cancelled' AND order_id IS NOT NULL),
    COUNT(*) FILTER (WHERE ship_by > %(since)s AND ship_by <= %(until)s AND departed_at <= ship_by AND order_id IS NOT NULL),
    COUNT(*) FILTER (WHERE transfer_id IS NOT NULL)
FROM shipping_shipment
"""
# Time-weighted value at standard cost of what is ours and inside, and of what left for customers.
INVENTORY = """
WITH moved AS (
    SELECT m.qty * i.unit_cost AS value, LEAST(m.happened_at, %(until)s) AS at, s.bounded AS from_us, t.bounded AS to_us,
        p.is_customer AS sold
    FROM ledger_movement m
    JOIN ledger_balance s ON s.id = m.source_id
    JOIN ledger_balance t ON t.id = m.target_id
    JOIN catalog_item i ON i.id = s.item_id
    LEFT JOIN catalog_partner p ON p.place_id = t.place_id AND p.is_customer
    WHERE m.happened_at <= %(until)s
)
SELECT COALESCE(SUM(CASE WHEN to_us AND NOT from_us THEN value WHEN from_us AND NOT to_us THEN -value ELSE 0 END
        * EXTRACT(EPOCH FROM %(until)s - GREATEST(at, %(since)s))), 0) / EXTRACT(EPOCH FROM %(until)s - %(since)s),
    COALESCE(SUM(value) FILTER (WHERE sold AND at > %(since)s), 0)
FROM moved
"""
COUNTS = """
SELECT
    (SELECT COUNT(*) FROM sourcing_purchaseorder WHERE ordered_at > %(since)s AND ordered_at <= %(until)s),
    (SELECT COUNT(*) FROM sourcing_receipt WHERE at > %(since)s AND at <= %(until)s),
    (SELECT COUNT(*) FROM shipping_trip WHERE departed_at > %(since)s AND departed_at <= %(until)s),
    (SELECT COALESCE(SUM(driven_m), 0) FROM shipping_trip WHERE departed_at > %(since)s AND departed_at <= %(until)s),
    (SELECT COUNT(*) FROM storing_picktask WHERE done_at > %(since)s AND done_at <= %(until)s),
    (SELECT COUNT(*) FROM storing_picktask WHERE state = 'short' AND done_at > %(since)s AND done_at <= %(until)s),
    (SELECT COUNT(*) FROM returning_returnline WHERE at > %(since)s AND at <= %(until)s),
    (SELECT COUNT(*) FROM ledger_observation WHERE kind = 'count' AND happened_at > %(since)s AND happened_at <= %(until)s),
    (SELECT COUNT(*) FROM ledger_outboxevent),
    (SELECT COUNT(*) FROM ledger_delivery WHERE state = 'dead'),
    (SELECT COUNT(*) FROM ledger_delivery WHERE state = 'waiting')
"""


def measure(since: datetime, until: datetime) -> dict[str, Any]:
    """The figures of a span, ready for JSON; the same for the same ledger."""
    span = {"since": since, "until": until}
    orders, lines, shipments, counts = (_row(sql, span) for sql in (ORDERS, LINES, SHIPMENTS, COUNTS))
    report = audit()
    days = (until - since).total_seconds() / 86400
    return {
        "orders": orders[0],
        "lines": lines[0],
        "promised": lines[1],
        "shipped": lines[2],
        "delivered": lines[3],
        "cancelled": lines[4],
        "refused": lines[5],
        "returned": lines[6],
        "orders_delivered": orders[2],
        "orders_due": orders[3],
        "otif": _share(orders[4], orders[3]),
        "on_time_delivery": _share(orders[5], orders[3]),
        "in_full": _share(orders[6], orders[3]),
        "on_time_shipping": _share(shipments[2], shipments[1]),
        "order_cycle_hours_p50": None if orders[7] is None else round(float(orders[7]), 2),
        "inventory_days": _inventory_days(span, days),
        "purchase_orders": counts[0],
        "receipts": counts[1],
        "shipments": shipments[0],
        "transfer_shipments": shipments[3],
        "trips": counts[2],
        "vehicle_km": int(counts[3]) // 1000,
        "picks": counts[4],
        "short_picks": counts[5],
        "returns": counts[6],
        "counts": counts[7],
        "events": {"told": counts[8], "dead": counts[9], "waiting": counts[10]},
        "ledger": {"entries": report.entries, "discrepancies": len(report.discrepancies)},
    }


def _inventory_days(span: Mapping[str, datetime], days: float) -> float | None:
    """Days in the span × average inventory value ÷ cost of what was sold in it."""
    average, sold = _row(INVENTORY, span)
    return round(days * float(average) / float(sold), 2) if sold else None


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _row(sql: str, parameters: Mapping[str, datetime]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
    assert row is not None
    return row
