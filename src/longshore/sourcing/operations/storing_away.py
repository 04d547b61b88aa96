"""Receipts whose goods have left the dock are no longer waiting."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from longshore.planning.reading import execute

MOVED_ON = """
UPDATE sourcing_receipt r SET stored_at = %(at)s
WHERE r.stored_at IS NULL AND NOT EXISTS (
    SELECT FROM ledger_balance b
    JOIN sourcing_purchaseorderline l ON l.id = r.line_id
    WHERE b.place_id = r.dock_id AND b.item_id = l.item_id AND b.lot_id IS NOT DISTINCT FROM r.lot_id AND b.qty > 0
)
"""


@transaction.atomic
def mark_stored(*, at: datetime) -> int:
    """Look at the ledger: where nothing of a receipt's item and lot stands on its dock any more, it was put away."""
    return execute(MOVED_ON, {"at": at})
