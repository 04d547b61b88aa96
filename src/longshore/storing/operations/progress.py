"""Tell the orders how far they have come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from longshore.ledger.cause import Cause
from longshore.ordering.models import OrderState
from longshore.ordering.operations import mark_orders
from longshore.storing.queries.stages import OrderStage, stages_of_orders

STATES: Final[Mapping[OrderStage, OrderState]] = {
    OrderStage.RELEASED: OrderState.RELEASED,
    OrderStage.PICKED: OrderState.PICKED,
    OrderStage.PACKED: OrderState.PACKED,
    OrderStage.ABOARD: OrderState.LOADED,
}


def mark_stages(order_ids: Sequence[int], *, at: datetime, cause: Cause) -> None:
    """Write the state of these orders as the ledger shows it; promises and deliveries are told elsewhere."""
    by_state: dict[OrderState, list[int]] = {}
    for row in stages_of_orders(order_ids):
        if row.stage in STATES:
            by_state.setdefault(STATES[row.stage], []).append(row.order)
    for state, orders in by_state.items():
        mark_orders(orders, state, at=at, cause=cause)
