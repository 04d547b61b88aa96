"""What suppliers announced, and how much of it is still on its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from longshore.planning.reading import rows
from longshore.sourcing.notice_rules import Announced, Came, Left, left_of, on_way, state_of

NOTICES: Final = """
SELECT n.id, o.number, n.number, n.shipped_at, n.arrives_at, n.told_at, n.told_by,
    (SELECT jsonb_agg(jsonb_build_array(l.line, i.code, (e->>1)::bigint) ORDER BY l.line)
        FROM jsonb_array_elements(n.lines) e JOIN sourcing_purchaseorderline l ON l.id = (e->>0)::bigint
        JOIN catalog_item i ON i.id = l.item_id), n.cancelled_at, o.id
FROM sourcing_dispatchnotice n JOIN sourcing_purchaseorder o ON o.id = n.order_id
WHERE (%(supplier)s::bigint IS NULL OR o.supplier_id = %(supplier)s)
    AND (%(order)s::bigint IS NULL OR o.id = %(order)s)
ORDER BY n.id DESC LIMIT 200
"""
ANNOUNCED: Final = """
SELECT n.id, (e->>0)::bigint, SUM((e->>1)::bigint)::bigint, n.shipped_at
FROM sourcing_dispatchnotice n CROSS JOIN jsonb_array_elements(n.lines) e
WHERE n.order_id = ANY(%(orders)s::bigint[]) AND n.cancelled_at IS NULL GROUP BY 1, 2, 4 ORDER BY 1, 2
"""
CAME: Final = """
SELECT r.line_id, r.qty, r.at FROM sourcing_receipt r JOIN sourcing_purchaseorderline l ON l.id = r.line_id
WHERE l.order_id = ANY(%(orders)s::bigint[]) ORDER BY r.at, r.id
"""
OPEN_LINES: Final = """
SELECT id FROM sourcing_purchaseorderline WHERE order_id = ANY(%(orders)s::bigint[]) AND closed_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """`lines`: [number of the line, code of the item, quantity]. `state`: on_way, arrived, cancelled, ended."""

    id: int
    order_number: str
    number: str
    shipped_at: datetime
    arrives_at: datetime
    told_at: datetime
    told_by: str
    lines: list[list[Any]]
    state: str


def notices(*, supplier: int | None = None, order: int | None = None) -> tuple[NoticeRow, ...]:
    """What was announced, the latest first."""
    found = rows(NOTICES, {"supplier": supplier, "order": order})
    orders = sorted({row[-1] for row in found})
    left, open_lines = announced_left(orders), _open_lines(orders)
    states = [state_of(row[0], left, open_lines, cancelled=row[-2] is not None) for row in found]
    return tuple(NoticeRow(*(*row[:-2], state)) for row, state in zip(found, states, strict=True))


def announced_left(orders: Sequence[int]) -> Left:
    """(notice, line) of these orders → how much of it has not come; cancelled notices are left out."""
    asked = {"orders": list(orders)}
    announced = [Announced(*row) for row in rows(ANNOUNCED, asked)]
    return left_of(announced, [Came(*row) for row in rows(CAME, asked)])


def lines_on_way(order: int) -> dict[int, int]:
    """Line → how much of it is announced and still to come."""
    return on_way(announced_left([order]), _open_lines([order]))


def _open_lines(orders: Sequence[int]) -> frozenset[int]:
    return frozenset(line for (line,) in rows(OPEN_LINES, {"orders": list(orders)}))
