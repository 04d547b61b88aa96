"""What a supplier's portal asks at every step: how much waits for an answer, and whether a row is the supplier's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from longshore.planning.reading import rows
from longshore.sourcing.price_rules import token_of
from longshore.sourcing.queries.orders import LineRow

WAITING: Final = """
SELECT
    (SELECT COUNT(*)::int FROM sourcing_quote q JOIN sourcing_quoterequest r ON r.id = q.request_id
        WHERE q.supplier_id = %(supplier)s AND q.state = 'asked' AND r.state = 'open' AND r.answer_by >= %(at)s),
    (SELECT COUNT(*)::int FROM sourcing_supplierclaim c JOIN sourcing_purchaseorderline l ON l.id = c.line_id
        JOIN sourcing_purchaseorder o ON o.id = l.order_id WHERE o.supplier_id = %(supplier)s AND c.state = 'open')
"""
BY_STATE: Final = """
SELECT state, COUNT(*)::int FROM sourcing_purchaseorder WHERE supplier_id = %(supplier)s GROUP BY state
"""
OWN_CHANGE: Final = """
SELECT 1 FROM sourcing_orderchange h JOIN sourcing_purchaseorderline l ON l.id = h.line_id
JOIN sourcing_purchaseorder o ON o.id = l.order_id
WHERE h.id = %(row)s AND o.supplier_id = %(supplier)s AND (%(order)s::bigint IS NULL OR o.id = %(order)s)
"""
OWN_CLAIM: Final = """
SELECT 1 FROM sourcing_supplierclaim c JOIN sourcing_purchaseorderline l ON l.id = c.line_id
JOIN sourcing_purchaseorder o ON o.id = l.order_id WHERE c.id = %(row)s AND o.supplier_id = %(supplier)s
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Requests a supplier can still answer, and claims it has not answered."""

    quotes: int
    claims: int


def waiting_for(supplier: int, *, at: datetime) -> Waiting:
    return Waiting(*rows(WAITING, {"supplier": supplier, "at": at})[0])


def orders_by_state(supplier: int) -> dict[str, int]:
    """How many orders a supplier has in each state."""
    return dict(rows(BY_STATE, {"supplier": supplier}))


def owns_change(supplier: int, change: int, *, order: int | None = None) -> bool:
    return bool(rows(OWN_CHANGE, {"row": change, "supplier": supplier, "order": order}))


def owns_claim(supplier: int, claim: int) -> bool:
    return bool(rows(OWN_CLAIM, {"row": claim, "supplier": supplier}))


def seen_of(lines: Sequence[LineRow]) -> str:
    """A token of what an order's lines say: another one once a quantity, a day or a price is another, or a line closed."""
    told = (
        (each.id, each.ordered, each.qty, each.unit_price, each.closed_at is None, each.expected_at.astimezone(UTC))
        for each in sorted(lines, key=lambda line: line.id)
    )
    return token_of(*told)
