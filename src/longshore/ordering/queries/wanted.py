"""What a promise has to know of orders and their claims, read set-based."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString

from longshore.ledger.wire import run

DEMAND_PREFIX: Final = "order-line:"


@dataclass(frozen=True, slots=True)
class Held:
    """An open claim of a line: what it stands on, and whether that is still good for its departure."""

    claim: int
    kind: str  # balance or flow
    source: int
    qty: int
    hard: bool
    site: int
    ship_at: datetime
    due_at: datetime
    ready_at: datetime | None  # arrival of the flow; None for stock
    usable_until: datetime | None
    stands: bool  # the flow is firm, or the stock unrestricted and in storage


@dataclass(frozen=True, slots=True)
class WantedLine:
    id: int
    line: int
    item: int
    open_qty: int
    promised_at: datetime | None
    first_promised_at: datetime | None
    short: int
    weight_g: int
    min_remaining_days: int
    told: bool  # whether a promise, or that there is none, has been told before
    held: tuple[Held, ...] = ()
    claims_so_far: int = 0

    @property
    def covered(self) -> int:
        return sum(held.qty for held in self.held)


@dataclass(frozen=True, slots=True)
class WantedOrder:
    id: int
    number: str
    ship_to: int
    customer: int
    priority: int
    ship_complete: bool
    requested_at: datetime
    state: str
    promised_at: datetime | None
    lines: tuple[WantedLine, ...]


ITEMS: Final = "SELECT DISTINCT item_id FROM ordering_orderline WHERE order_id = ANY(%s::bigint[])"
TOUCHED: Final = """
SELECT DISTINCT l.item_id FROM ordering_orderline l JOIN ordering_customerorder o ON o.id = l.order_id
WHERE l.order_id = %s AND (o.ship_complete OR l.line = ANY(%s::bigint[]) OR l.id = ANY(%s::bigint[]))
"""
ORDERS_OF_LINES: Final = "SELECT DISTINCT order_id FROM ordering_orderline WHERE id = ANY(%s::bigint[])"
LINES_OF_ORDERS: Final = "SELECT id FROM ordering_orderline WHERE order_id = ANY(%s::bigint[]) ORDER BY id"
# Documents are locked after the ledger's rows, always; FOR NO KEY UPDATE lets others point at them meanwhile.
LOCK_ORDERS: Final = "SELECT id FROM ordering_customerorder WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
LINES: Final = """
SELECT o.id, o.number, o.ship_to_id, o.customer_id, o.priority, o.ship_complete, o.requested_at, o.state,
       o.promised_at, l.id, l.line, l.item_id, l.qty - l.cancelled - l.delivered, l.promised_at,
       l.first_promised_at, l.short, i.weight_g, i.min_remaining_days,
       l.promised_at IS NOT NULL OR l.short > 0
FROM ordering_orderline l
JOIN ordering_customerorder o ON o.id = l.order_id
JOIN catalog_item i ON i.id = l.item_id
WHERE l.order_id = ANY(%s::bigint[])
ORDER BY o.priority, o.received_at, o.id, l.line
"""
CLAIMS: Final = """
SELECT c.demand, c.state, c.id, c.balance_id, c.flow_id, c.qty - c.consumed, c.hard, c.site_id, c.ship_at, c.due_at,
       f.arrive_at, coalesce(f.usable_until, (t.expires_on + 1)::timestamp AT TIME ZONE p.timezone),
       coalesce(f.status = 'firm', b.condition = 0 AND p.usage IN ('storage', 'receiving'))
FROM ledger_claim c
LEFT JOIN ledger_plannedflow f ON f.id = c.flow_id
LEFT JOIN ledger_balance b ON b.id = c.balance_id
LEFT JOIN catalog_place p ON p.id = b.place_id
LEFT JOIN catalog_lot t ON t.id = b.lot_id
WHERE c.demand = ANY(%s::text[]) ORDER BY c.id
"""


def demand_of(line: int) -> str:
    return f"{DEMAND_PREFIX}{line}"


def line_of(demand: str) -> int | None:
    """The order line a claim is for; None for another kind of demand."""
    return int(demand[len(DEMAND_PREFIX) :]) if demand.startswith(DEMAND_PREFIX) else None


def fetch(sql: LiteralString, *parameters: object) -> list[Any]:
    return run(sql, *parameters).fetchall()


def items_of(orders: Sequence[int]) -> list[int]:
    return [row[0] for row in fetch(ITEMS, list(orders))]


def touched_items(order: int, numbers: Sequence[int], added: Sequence[int]) -> list[int]:
    """Items whose supply matters when these lines change; of a complete order, all of its items."""
    return [row[0] for row in fetch(TOUCHED, order, list(numbers), list(added))]


def orders_of(lines: Sequence[int]) -> list[int]:
    return sorted(row[0] for row in fetch(ORDERS_OF_LINES, list(lines)))


def demands_of(orders: Sequence[int]) -> list[str]:
    """The demand names of all lines of these orders."""
    return [demand_of(row[0]) for row in fetch(LINES_OF_ORDERS, list(orders))]


def lock_orders(orders: Sequence[int]) -> None:
    """Hold these orders' rows until the transaction ends. Call it after the ledger's locks, never before."""
    fetch(LOCK_ORDERS, list(orders))


def read_orders(orders: Sequence[int]) -> tuple[WantedOrder, ...]:
    """Orders with all their lines and claims, most urgent first (priority, then first come)."""
    rows = fetch(LINES, list(orders))
    claims = claims_of(row[9] for row in rows)
    heads: dict[int, list[Any]] = {}
    lines: dict[int, list[WantedLine]] = {}
    for row in rows:
        heads.setdefault(row[0], list(row[:9]))
        cells = [*row[9:], *claims.get(row[9], ((), 0))]
        lines.setdefault(row[0], []).append(WantedLine(*cells))
    filled: list[list[Any]] = [[*head, tuple(lines[order])] for order, head in heads.items()]
    return tuple(WantedOrder(*cells) for cells in filled)


def claims_of(lines: Iterable[int]) -> dict[int, tuple[tuple[Held, ...], int]]:
    """Line → (its open claims, how many claims it has ever had)."""
    found: dict[int, tuple[list[Held], int]] = {}
    for demand, state, claim, balance, flow, *rest in fetch(CLAIMS, [demand_of(line) for line in lines]):
        line = int(demand[len(DEMAND_PREFIX) :])
        held, so_far = found.get(line, ([], 0))
        if state == "open":
            held.append(_held(claim, balance, flow, rest))
        found[line] = (held, so_far + 1)
    return {line: (tuple(held), so_far) for line, (held, so_far) in found.items()}


def _held(claim: int, balance: int | None, flow: int | None, rest: Sequence[Any]) -> Held:
    qty, hard, site, ship_at, due_at, ready_at, usable_until, stands = rest
    kind = "balance" if balance is not None else "flow"
    source = balance if balance is not None else flow
    assert source is not None
    return Held(claim, kind, source, qty, hard, site, ship_at, due_at, ready_at, usable_until, bool(stands))
