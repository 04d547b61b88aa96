"""Goods in a shipment that must not reach anybody: they come off it, and off what was told to be on its way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.operations import FlowPatch, cancel_flows, change_flows
from longshore.ledger.outbox import emit
from longshore.ordering.models import OrderState
from longshore.ordering.operations import add_refused, mark_orders
from longshore.shipping.events import GoodsLeftOut
from longshore.shipping.queries.loading import lock_shipments
from longshore.storing.queries.rows import change, fetch

NOT_GOOD: Final = "not-good"
# What is still claimed in the package is what still goes: the rest is left out, however often this is asked.
_LINES: Final = """
SELECT l.id, s.id, s.state, l.order_line_id, s.order_id, p.flow_id, l.qty - l.delivered - l.refused - coalesce((
    SELECT sum(k.qty - k.consumed) FROM ledger_claim k JOIN ledger_balance b ON b.id = k.balance_id
    WHERE k.closed_at IS NULL AND b.handling_unit_id = l.handling_unit_id
        AND k.demand = coalesce('order-line:' || l.order_line_id, 'transfer:' || s.transfer_id)), 0)::bigint
FROM shipping_shipmentline l JOIN shipping_shipment s ON s.id = l.shipment_id
LEFT JOIN planning_proposal p ON p.id = s.transfer_id
WHERE s.id = ANY(%(shipments)s) ORDER BY l.id
"""
_SHIPMENTS: Final = """
SELECT DISTINCT s.id FROM ledger_claim c JOIN ledger_balance b ON b.id = c.balance_id
JOIN shipping_shipmentline l ON l.handling_unit_id = b.handling_unit_id JOIN shipping_shipment s ON s.id = l.shipment_id
WHERE c.id = ANY(%(claims)s) AND s.state IN ('planned', 'packed', 'staged', 'loaded', 'in_transit') ORDER BY s.id
"""
_LEAVE: Final = """
UPDATE shipping_shipmentline l SET refused = l.refused + k.qty, refused_reason = %(reason)s
FROM unnest(%(lines)s::bigint[], %(qtys)s::bigint[]) AS k(line, qty) WHERE l.id = k.line
"""
# Nothing good is left in it: the truck need not stop there for it.
_EMPTY: Final = """
UPDATE shipping_shipment s SET state = CASE WHEN s.state = 'in_transit' THEN 'refused' ELSE 'cancelled' END,
    trip_id = CASE WHEN s.state = 'in_transit' THEN s.trip_id END,
    stop_id = CASE WHEN s.state = 'in_transit' THEN s.stop_id END
WHERE s.id = ANY(%(shipments)s)
    AND NOT EXISTS (SELECT 1 FROM shipping_shipmentline l WHERE l.shipment_id = s.id AND l.qty > l.refused)
"""
_FLOWS: Final = "SELECT id, qty, done FROM ledger_plannedflow WHERE id = ANY(%(flows)s) AND status = 'firm'"
# Orders of which nothing is being worked on any more are as promised (or not) as before their wave.
_BACK: Final = """
SELECT o.id, o.promised_at IS NOT NULL FROM ordering_customerorder o
WHERE o.id = ANY(%(orders)s) AND o.state NOT IN ('new', 'promised', 'delivered', 'cancelled') AND NOT EXISTS (
    SELECT 1 FROM ordering_orderline l JOIN ledger_claim c ON c.demand = 'order-line:' || l.id
    WHERE l.order_id = o.id AND c.closed_at IS NULL AND c.hard)
"""


class _Line(NamedTuple):
    line: int
    shipment: int
    state: str
    order_line: int | None
    order: int | None
    flow: int | None
    missing: int


class _Id(NamedTuple):
    id: int


class _Flow(NamedTuple):
    id: int
    qty: int
    done: int


class _Back(NamedTuple):
    order: int
    promised: bool


@dataclass(frozen=True, slots=True)
class LeftOutReceipt:
    """`shipments` lost goods that `order_lines` wanted."""

    shipments: tuple[int, ...]
    order_lines: tuple[int, ...]


@retried
def leave_out(claims: Sequence[int], *, at: datetime, cause: Cause) -> LeftOutReceipt:
    """What these claims had in shipments comes off them. Asked again, nothing is left to come off."""
    with transaction.atomic():
        shipments = [row.id for row in fetch(_Id, _SHIPMENTS, {"claims": list(claims)})]
        if not shipments:
            return LeftOutReceipt((), ())
        lock_shipments(shipments)
        lines = [row for row in fetch(_Line, _LINES, {"shipments": shipments}) if row.missing > 0]
        if not lines:
            return LeftOutReceipt((), ())
        change(
            _LEAVE,
            {"reason": NOT_GOOD, "lines": [row.line for row in lines], "qtys": [row.missing for row in lines]},
        )
        touched = sorted({row.shipment for row in lines})
        change(_EMPTY, {"shipments": touched})
        _tell_orders(lines, at, cause)
        _cut_transfers(lines, at, cause)
        receipt = LeftOutReceipt(
            tuple(touched), tuple(sorted({row.order_line for row in lines if row.order_line is not None}))
        )
        emit([GoodsLeftOut(receipt.shipments, receipt.order_lines)], at=at, cause=cause)
        return receipt


def _tell_orders(lines: Sequence[_Line], at: datetime, cause: Cause) -> None:
    """What had left counts as not taken and wanted again; what had not is simply not shipped."""
    on_the_way = [row for row in lines if row.state == "in_transit"]
    again = [(row.order_line, row.missing) for row in on_the_way if row.order_line is not None]
    add_refused(again, at=at, cause=cause, again=True)
    orders = sorted({row.order for row in lines if row.order is not None})
    back = fetch(_Back, _BACK, {"orders": orders})
    for state, promised in ((OrderState.PROMISED, True), (OrderState.NEW, False)):
        mark_orders([row.order for row in back if row.promised is promised], state, at=at, cause=cause)


def _cut_transfers(lines: Sequence[_Line], at: datetime, cause: Cause) -> None:
    """The receiving site does not count on what will not come."""
    missing: dict[int, int] = defaultdict(int)
    for row in lines:
        if row.flow is not None:
            missing[row.flow] += row.missing
    if not missing:
        return
    flows = fetch(_Flow, _FLOWS, {"flows": sorted(missing)})
    gone = [flow.id for flow in flows if flow.qty - flow.done <= missing[flow.id]]
    less = [FlowPatch(flow.id, qty=flow.qty - missing[flow.id]) for flow in flows if flow.id not in gone]
    if less:
        change_flows(less, at=at, cause=cause)
    if gone:
        cancel_flows(gone, at=at, cause=cause)
