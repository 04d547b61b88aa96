"""What a return has to know: what was delivered on a line, and how it stands at the customer's or with us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from longshore.ledger.wire import run
from longshore.ordering.queries.wanted import DEMAND_PREFIX, demand_of
from longshore.returning.rules import LotShare, Standing

KNOWN: Final = "SELECT key, id, posting_id FROM returning_returnline WHERE key = ANY(%s)"
LINES: Final = """
SELECT l.id, l.line, o.number, o.ship_to_id, l.item_id, i.temperature_class, l.delivered, l.returned
FROM ordering_orderline l JOIN ordering_customerorder o ON o.id = l.order_id JOIN catalog_item i ON i.id = l.item_id
WHERE l.id = ANY(%s::bigint[])
"""
# What the line's claims were used up for, by lot, less what has come back of it.
DELIVERED: Final = """
SELECT line, lot, sum(qty)::bigint FROM (
    SELECT substr(c.demand, %s)::bigint AS line, b.lot_id AS lot, c.consumed AS qty
    FROM ledger_claim c JOIN ledger_balance b ON b.id = c.balance_id
    WHERE c.demand = ANY(%s::text[]) AND c.consumed > 0
    UNION ALL
    SELECT r.order_line_id, t.lot_id, -m.qty
    FROM returning_returnline r JOIN ledger_movement m ON m.posting_id = r.posting_id
    JOIN ledger_balance t ON t.id = m.target_id WHERE r.order_line_id = ANY(%s::bigint[])
) s GROUP BY line, lot HAVING sum(qty) > 0 ORDER BY line, lot NULLS FIRST
"""
STANDING: Final = """
SELECT b.place_id, b.item_id, b.lot_id, b.serial_id, b.owner_id, b.handling_unit_id, b.qty
FROM unnest(%s::bigint[], %s::bigint[]) AS w(place, item)
JOIN ledger_balance b ON b.place_id = w.place AND b.item_id = w.item
WHERE b.qty > 0 AND b.condition = 0 ORDER BY b.lot_id NULLS FIRST, b.id
"""
TO_JUDGE: Final = """
SELECT r.id, o.number, r.qty, r.restocked + r.scrapped, r.site_id, i.temperature_class, m.qty, b.item_id, b.place_id,
       b.owner_id, b.lot_id, b.condition, b.handling_unit_id, b.serial_id
FROM returning_returnline r
JOIN ordering_orderline l ON l.id = r.order_line_id JOIN ordering_customerorder o ON o.id = l.order_id
JOIN catalog_item i ON i.id = l.item_id
JOIN ledger_movement m ON m.posting_id = r.posting_id JOIN ledger_balance b ON b.id = m.target_id
WHERE r.id = ANY(%s::bigint[]) ORDER BY r.id, m.id
"""


class DeliveredLine(NamedTuple):
    id: int
    line: int
    number: str
    ship_to: int
    item: int
    temperature_class: str
    delivered: int
    returned: int


class JudgeRow(NamedTuple):
    """A movement of a return: how many of the return are judged so far, and the key that its goods were given."""

    returned: int
    number: str
    qty: int
    judged: int
    site: int
    temperature_class: str
    moved: int
    item: int
    place: int
    owner: int
    lot: int | None
    condition: int
    handling_unit: int | None
    serial: int | None


@dataclass(frozen=True, slots=True)
class Deliveries:
    lines: dict[int, DeliveredLine]
    shares: dict[int, list[LotShare]]
    standing: dict[tuple[int, int], list[Standing]]


def known_returns(keys: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """Key → (return, posting) for those written before."""
    return {key: (pk, posting) for key, pk, posting in run(KNOWN, list(keys))}


def deliveries(line_ids: Sequence[int]) -> Deliveries:
    """Everything about these order lines, three queries whatever their number."""
    wanted = sorted(set(line_ids))
    lines = {row[0]: DeliveredLine(*row) for row in run(LINES, wanted)}
    shares: dict[int, list[LotShare]] = {}
    demands = [demand_of(line) for line in wanted]
    for line, lot, qty in run(DELIVERED, len(DEMAND_PREFIX) + 1, demands, wanted):
        shares.setdefault(line, []).append(LotShare(lot, qty))
    pairs = sorted({(line.ship_to, line.item) for line in lines.values()})
    standing: dict[tuple[int, int], list[Standing]] = {}
    for place, item, *rest in run(STANDING, [place for place, _item in pairs], [item for _place, item in pairs]):
        standing.setdefault((place, item), []).append(Standing(*rest))
    return Deliveries(lines, shares, standing)


def to_judge(returns: Sequence[int]) -> dict[int, list[JudgeRow]]:
    found: dict[int, list[JudgeRow]] = {}
    for row in run(TO_JUDGE, list(returns)):
        found.setdefault(row[0], []).append(JudgeRow(*row))
    return found
