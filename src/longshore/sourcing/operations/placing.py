"""Released proposals become purchase orders: one for each supplier and site, one planned flow for each line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.models import FlowKind
from longshore.ledger.operations import NewFlow, plan_flows
from longshore.ledger.outbox import emit
from longshore.planning.reading import execute, listed, rows
from longshore.sourcing.events import Ordered
from longshore.sourcing.models import PurchaseOrder, PurchaseOrderLine
from longshore.sourcing.operations.approving import Bundle, held_back, sign_order

# Locked, so that the reactor and the nightly run never order the same proposal twice.
RELEASED = """
SELECT p.id, p.key, p.item_id, p.site_id, p.supplier_id, s.place_id, p.qty, p.unit_price, p.due_at,
    COALESCE(i.shelf_life_days, 0), p.decided_by
FROM planning_proposal p
JOIN catalog_partner s ON s.id = p.supplier_id
JOIN catalog_item i ON i.id = p.item_id
WHERE p.state = 'released' AND p.kind = 'purchase' AND p.flow_id IS NULL
    AND (%(ids)s::bigint[] IS NULL OR p.id = ANY(%(ids)s))
ORDER BY p.id FOR UPDATE OF p
"""
# Asked once the rows are ours: who held them before may have made them wait for a second person.
WAITING = """
SELECT (jsonb_array_elements(a.proposals))::bigint FROM sourcing_orderapproval a
WHERE a.state = 'waiting'
"""
NEXT_NUMBERS = """
INSERT INTO sourcing_numberseries AS n (code, last) VALUES (%(code)s, %(count)s)
ON CONFLICT (code) DO UPDATE SET last = n.last + EXCLUDED.last
RETURNING last
"""
LINK = """
UPDATE planning_proposal p SET flow_id = u.flow
FROM unnest(%(ids)s::bigint[], %(flow)s::bigint[]) AS u(id, flow) WHERE p.id = u.id
"""
SERIES = "PO"


@dataclass(frozen=True, slots=True)
class OrderedReceipt:
    """Purchase orders sent, and how many lines they have together."""

    purchase_orders: tuple[int, ...]
    lines: int


@dataclass(frozen=True, slots=True)
class _Released:
    id: int
    key: UUID
    item: int
    site: int
    supplier: int
    supplier_place: int
    qty: int
    unit_price: int
    due_at: datetime
    shelf_life_days: int
    decided_by: str


@transaction.atomic
def place_orders(
    proposal_ids: Sequence[int] | None = None, *, at: datetime, cause: Cause, signed: bool = False
) -> OrderedReceipt:
    """Order what was released and is not ordered yet; None: all of it. Asking twice orders once.

    What is worth more than who released it may order waits for a second person, unless `signed`.
    """
    released = _released(proposal_ids)
    if not released:
        return OrderedReceipt((), 0)
    groups: dict[tuple[int, int], list[_Released]] = {}
    for proposal in released:
        groups.setdefault((proposal.supplier, proposal.site), []).append(proposal)
    if not signed:
        held = held_back([_bundle(group) for group in groups.values()], at=at, cause=cause)
        groups = {key: group for key, group in groups.items() if group[0].id not in held}
    if not groups:
        return OrderedReceipt((), 0)
    orders = _write_orders(list(groups.values()), at=at, cause=cause)
    of_order = [(order, line, p) for order, group in zip(orders, groups.values(), strict=True)
                for line, p in enumerate(group, 1)]  # fmt: skip
    flows = plan_flows([_flow(order, p, at) for order, _line, p in of_order], at=at, cause=cause)
    lines = [
        PurchaseOrderLine(
            order=order,
            line=line,
            item_id=p.item,
            ordered=p.qty,
            qty=p.qty,
            unit_price=p.unit_price,
            flow_id=flow.flow_id,
        )
        for (order, line, p), flow in zip(of_order, flows, strict=True)
    ]
    PurchaseOrderLine.objects.bulk_create(lines)
    execute(LINK, {"ids": [p.id for _o, _l, p in of_order], "flow": [flow.flow_id for flow in flows]})
    ids = [order.pk for order in orders]
    emit([Ordered(ids)], at=at, cause=cause)
    return OrderedReceipt(tuple(ids), len(lines))


@transaction.atomic
def approve_order(approval: int, *, at: datetime, cause: Cause) -> OrderedReceipt:
    """A second person says yes: ordered at once. Two who say it make one order; the later one is told."""
    return place_orders(sign_order(approval, at=at, cause=cause), at=at, cause=cause, signed=True)


def _released(proposal_ids: Sequence[int] | None) -> list[_Released]:
    """Locked; without those that wait for a second person."""
    found = [_Released(*row) for row in rows(RELEASED, {"ids": listed(proposal_ids)})]
    waiting = {number for (number,) in rows(WAITING, {})}
    return [each for each in found if each.id not in waiting]


def _bundle(group: Sequence[_Released]) -> Bundle:
    return Bundle(
        group[0].supplier,
        group[0].site,
        tuple(p.id for p in group),
        sum(p.qty * p.unit_price for p in group),
        frozenset(p.decided_by or "plan" for p in group),
    )


def _write_orders(groups: Sequence[Sequence[_Released]], *, at: datetime, cause: Cause) -> list[PurchaseOrder]:
    first = next_numbers(SERIES, len(groups))
    orders = [
        PurchaseOrder(
            key=uuid5(group[0].key, "purchase-order"),
            number=f"{SERIES}-{first + n:06d}",
            supplier_id=group[0].supplier,
            site_id=group[0].site,
            ordered_at=at,
            agreed_at=_arrival(max(p.due_at for p in group), at),
            expected_at=_arrival(max(p.due_at for p in group), at),
            value=sum(p.qty * p.unit_price for p in group),
            actor=cause.actor,
            cause=(cause.because or cause.actor)[:120],
        )
        for n, group in enumerate(groups)
    ]
    return PurchaseOrder.objects.bulk_create(orders)


def next_numbers(code: str, count: int) -> int:
    """Take `count` numbers of a series; the first of them. Whoever else asks waits until this transaction ends."""
    return int(rows(NEXT_NUMBERS, {"code": code, "count": count})[0][0]) - count + 1


def _arrival(due_at: datetime, at: datetime) -> datetime:
    return max(due_at, at)


def _flow(order: PurchaseOrder, proposal: _Released, at: datetime) -> NewFlow:
    arrive_at = _arrival(proposal.due_at, at)
    fresh = timedelta(days=proposal.shelf_life_days)
    return NewFlow(
        key=uuid5(proposal.key, "flow"),
        kind=FlowKind.PURCHASE,
        item=proposal.item,
        source=proposal.supplier_place,
        target=proposal.site,
        qty=proposal.qty,
        ship_at=at,
        arrive_at=arrive_at,
        document=f"purchase-order:{order.pk}",
        usable_until=arrive_at + fresh if proposal.shelf_life_days else None,
    )
