"""The letters of a recall on their way: a notice on the page of each order, and with an address an e-mail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from longshore.ledger.cause import Cause
from longshore.ordering.operations import NewNotice, notify
from longshore.storing.queries.rows import fetch


class _Letter(NamedTuple):
    letter: int
    order: int
    recall: str
    reason: str
    item: str
    lot: str
    qty: int


_LETTERS: Final = """
SELECT t.id, o.id, r.number, r.reason, i.code, coalesce(l.code, ''), t.qty
FROM tracing_recallletter t JOIN tracing_recall r ON r.id = t.recall_id JOIN catalog_item i ON i.id = t.item_id
JOIN ordering_customerorder o ON t."order" <> '' AND o.number = t."order" LEFT JOIN catalog_lot l ON l.id = t.lot_id
WHERE t.id = ANY(%(letters)s) ORDER BY o.id, t.id
"""


def tell_customers(letters: Sequence[int], kind: str, *, at: datetime, cause: Cause) -> tuple[int, ...]:
    """One notice for each order, whatever the number of its lots; what went out without an order is told by phone."""
    by_order: dict[int, list[_Letter]] = defaultdict(list)
    for row in fetch(_Letter, _LETTERS, {"letters": list(letters)}) if letters else ():
        by_order[row.order].append(row)
    notices = []
    for order, rows in by_order.items():
        goods = ", ".join(f"{row.item} {row.lot} × {row.qty}".replace("  ", " ") for row in rows)
        facts = {"recall": rows[0].recall, "reason": rows[0].reason, "goods": goods}
        notices.append(NewNotice(order, kind, None, f"recall:{rows[0].recall}:{rows[0].letter}", facts))
    return notify(notices, at=at, cause=cause).written if notices else ()
