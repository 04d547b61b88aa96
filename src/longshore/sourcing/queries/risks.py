"""Which open lines will probably come late, and when they are expected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from longshore.planning.reading import rows

RISKS: Final = """
SELECT r.line_id, o.id, o.number, o.supplier_id, l.line, i.code, i.name, i.name_zh,
    COALESCE(l.agreed_at, o.agreed_at), r.probability_bp,
    r.early_on, r.likely_on, r.latest_on, r.basis, r.drivers, r.made_at, l.qty - l.received, f.claimed
FROM sourcing_laterisk r JOIN sourcing_purchaseorderline l ON l.id = r.line_id
JOIN sourcing_purchaseorder o ON o.id = l.order_id JOIN catalog_item i ON i.id = l.item_id
JOIN ledger_plannedflow f ON f.id = l.flow_id
WHERE l.closed_at IS NULL AND o.state IN ('sent', 'confirmed', 'part_received')
    AND (%(order)s::bigint IS NULL OR o.id = %(order)s)
    AND (%(supplier)s::bigint IS NULL OR o.supplier_id = %(supplier)s)
ORDER BY r.probability_bp DESC, COALESCE(l.agreed_at, o.agreed_at), l.id LIMIT 2000
"""
HIGH_BP, SOME_BP = 5_000, 2_500


@dataclass(frozen=True, slots=True)
class RiskRow:
    """One of ten such lines is there on `early_on`, half on `likely_on`, nine of ten on `latest_on`."""

    line: int
    order: int
    number: str
    supplier: int
    line_number: int
    item_code: str
    item_name: str
    item_name_zh: str
    agreed_at: datetime
    probability_bp: int
    early_on: date
    likely_on: date
    latest_on: date
    basis: str
    drivers: list[tuple[str, int]]
    made_at: datetime
    to_come: int
    claimed: int

    @property
    def share(self) -> str:
        """In whole per cent: more would be false precision."""
        return f"{round(self.probability_bp / 100)}%"

    @property
    def mark(self) -> str:
        return "late" if self.probability_bp >= HIGH_BP else "risk" if self.probability_bp >= SOME_BP else "ok"


def risks(*, order: int | None = None, supplier: int | None = None) -> tuple[RiskRow, ...]:
    """Open lines, the likeliest to be late first."""
    return tuple(RiskRow(*row) for row in rows(RISKS, {"order": order, "supplier": supplier}))
