"""Where the quantities of lots and serial numbers went: made = found + shipped + scrapped + consumed + unexplained."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from longshore.engine.tracing.problem import UNEXPLAINED, Quantities
from longshore.engine.tracing.solve import balance
from longshore.ledger.wire import Ints, arrays
from longshore.tracing.rules import LOT, SERIAL, IntArray, rows_of

# A piece with a serial number counts under that number, not under its lot. Categories are the engine's: 0 made, 1 found,
# 2 shipped, 3 scrapped, 4 consumed; 9 is what of the found is on hold. Count differences stay out: they are what is
# unexplained. Production both takes and gives, so it is read from its movements; a reversal counts against.
_WHERE_IT_WENT: Final = """
WITH places AS MATERIALIZED (
    SELECT id, CASE WHEN code = 'PRODUCTION' THEN 4 WHEN code IN ('COUNT-DIFF', 'UNEXPLAINED') THEN 5
        WHEN code = 'SCRAP' THEN 3 WHEN code = 'OPENING' THEN 0 WHEN kind = 'party' THEN 2 ELSE 1 END AS category
    FROM catalog_place
), stands AS MATERIALIZED (
    SELECT b.id, b.lot_id * 8 + 1 AS node, b.qty, b.condition, p.category
    FROM unnest(%s) AS wanted(id) JOIN ledger_balance b ON b.lot_id = wanted.id AND b.serial_id IS NULL
    JOIN places p ON p.id = b.place_id WHERE p.category <> 5
    UNION ALL
    SELECT b.id, b.serial_id * 8 + 2, b.qty, b.condition, p.category
    FROM unnest(%s) AS wanted(id) JOIN ledger_balance b ON b.serial_id = wanted.id
    JOIN places p ON p.id = b.place_id WHERE p.category <> 5
), reversals AS MATERIALIZED (
    SELECT id FROM ledger_posting WHERE reverses_id IS NOT NULL
), told AS (
    SELECT node, CASE WHEN category = 2 AND qty < 0 THEN 0 ELSE category END AS category,
        CASE WHEN category = 0 OR (category = 2 AND qty < 0) THEN -qty ELSE qty END AS qty
    FROM stands WHERE qty <> 0 AND category <> 4
    UNION ALL
    SELECT node, 9, qty FROM stands WHERE qty <> 0 AND category = 1 AND condition = 2
    UNION ALL
    SELECT s.node, CASE WHEN r.id IS NULL THEN 4 ELSE 0 END, CASE WHEN r.id IS NULL THEN m.qty ELSE -m.qty END
    FROM stands s JOIN ledger_movement m ON m.target_id = s.id LEFT JOIN reversals r ON r.id = m.posting_id
    WHERE s.category = 4
    UNION ALL
    SELECT s.node, CASE WHEN r.id IS NULL THEN 0 ELSE 4 END, CASE WHEN r.id IS NULL THEN m.qty ELSE -m.qty END
    FROM stands s JOIN ledger_movement m ON m.source_id = s.id LEFT JOIN reversals r ON r.id = m.posting_id
    WHERE s.category = 4
)
SELECT array_agg(node), array_agg(category::bigint), array_agg(qty) FROM told
"""
_HELD: Final = 9


@dataclass(frozen=True, slots=True, eq=False)
class Balanced:
    """For each node (n,), ascending: (n, 6) made, found, shipped, scrapped, consumed, unexplained; and held (n,)."""

    node: IntArray
    columns: IntArray
    held: IntArray

    @property
    def unexplained(self) -> int:
        """Shortages and surpluses added up, not set off against each other."""
        return int(np.abs(self.columns[:, UNEXPLAINED]).sum())


def mass_balance(nodes: Iterable[int]) -> Balanced:
    """Where everything of these lots and serial numbers is or went, by the ledger as it stands."""
    wanted = np.unique(np.fromiter((n for n in nodes if n % 8 in (LOT, SERIAL)), dtype=np.int64))
    rows = [Ints(np.array(rows_of(wanted.tolist(), kind), dtype=np.int64)) for kind in (LOT, SERIAL)]
    node, category, qty = arrays(_WHERE_IT_WENT, *rows)
    at = np.searchsorted(wanted, node)
    plain = category != _HELD
    sums = balance(Quantities(len(wanted), at[plain], category[plain], qty[plain]))
    held = np.zeros(len(wanted), dtype=np.int64)
    np.add.at(held, at[~plain], qty[~plain])
    return Balanced(wanted, sums.columns, held)
