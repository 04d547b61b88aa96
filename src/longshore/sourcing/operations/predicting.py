"""Every open order line gets its risk of lateness, learnt from all lines of two years at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from longshore.planning.operations import company_today
from longshore.planning.reading import execute, rows
from longshore.planning.rules import epoch_day
from longshore.sourcing import lateness_rules
from longshore.sourcing.lateness_rules import Line

LOOK_BACK: Final = timedelta(days=730)
# A line has come on the day of the receipt that completed it; what was closed short never came complete.
LINES: Final = """
SELECT l.id, l.order_id, o.supplier_id, l.item_id, o.site_id,
    (o.ordered_at AT TIME ZONE s.timezone)::date - DATE '1970-01-01',
    (COALESCE(l.agreed_at, o.agreed_at) AT TIME ZONE s.timezone)::date - DATE '1970-01-01',
    CASE WHEN l.received >= l.qty AND l.received > 0
        THEN (c.last_at AT TIME ZONE s.timezone)::date - DATE '1970-01-01' END,
    l.closed_at IS NULL AND l.received < l.qty AND o.state IN ('sent', 'confirmed', 'part_received'),
    l.ordered, l.ordered * l.unit_price
FROM sourcing_purchaseorderline l
JOIN sourcing_purchaseorder o ON o.id = l.order_id AND o.state <> 'cancelled' AND o.ordered_at >= %(since)s
JOIN catalog_place s ON s.id = o.site_id
LEFT JOIN (SELECT line_id, max(at) AS last_at FROM sourcing_receipt GROUP BY 1) c ON c.line_id = l.id
ORDER BY l.id
"""
FORGET: Final = "DELETE FROM sourcing_laterisk WHERE NOT line_id = ANY(%(lines)s::bigint[])"
PUT: Final = """
INSERT INTO sourcing_laterisk AS r (line_id, probability_bp, early_on, likely_on, latest_on, basis, drivers, made_at)
SELECT u.line, u.probability, DATE '1970-01-01' + u.early, DATE '1970-01-01' + u.likely, DATE '1970-01-01' + u.latest,
    %(basis)s, u.drivers, %(at)s
FROM unnest(%(lines)s::bigint[], %(probability)s::int[], %(early)s::int[], %(likely)s::int[], %(latest)s::int[],
    ARRAY(SELECT jsonb_array_elements(%(drivers)s::jsonb))) AS u(line, probability, early, likely, latest, drivers)
ORDER BY 1
ON CONFLICT (line_id) DO UPDATE SET probability_bp = EXCLUDED.probability_bp, early_on = EXCLUDED.early_on,
    likely_on = EXCLUDED.likely_on, latest_on = EXCLUDED.latest_on, basis = EXCLUDED.basis,
    drivers = EXCLUDED.drivers, made_at = EXCLUDED.made_at
"""
ALONE: Final = "SELECT pg_advisory_xact_lock(hashtext('longshore.sourcing.lateness'))"


@dataclass(frozen=True, slots=True)
class LatenessReceipt:
    """`basis` empty: no outcome is known yet, so nothing is said. `known` outcomes stand behind `lines` predictions."""

    lines: int
    known: int
    basis: str


@transaction.atomic
def predict_lateness(*, at: datetime) -> LatenessReceipt:
    """Predict every open line anew; what has come or was closed loses its risk."""
    rows(ALONE, {})
    lines = [Line(*row) for row in rows(LINES, {"since": at - LOOK_BACK})]
    found = lateness_rules.predict(lines, today=epoch_day(company_today(at)))
    risks = found.risks
    columns = {
        "lines": [risk.line for risk in risks],
        "probability": [risk.probability_bp for risk in risks],
        "early": [risk.days[0] for risk in risks],
        "likely": [risk.days[1] for risk in risks],
        "latest": [risk.days[2] for risk in risks],
        "drivers": json.dumps([risk.drivers for risk in risks]),
    }
    execute(FORGET, columns)
    if risks:
        execute(PUT, {**columns, "basis": found.basis, "at": at})
    return LatenessReceipt(len(risks), found.known, found.basis)
