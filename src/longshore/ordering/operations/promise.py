"""Promise: a date and a source for every line that has none yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ordering.models import OrderState
from longshore.ordering.operations.contending import enter, refuse_if_changed
from longshore.ordering.operations.receipts import PromiseReceipt
from longshore.ordering.operations.writing import write
from longshore.ordering.rules import DEFAULT_POLICY, PromisePolicy


@retried
def promise(
    order_ids: Sequence[int], *, at: datetime, cause: Cause, policy: PromisePolicy = DEFAULT_POLICY
) -> PromiseReceipt:
    """Promise whole batches: most urgent first, each order against what those before it left.

    Lines that are held already stay as they are, so calling again does nothing. A line without enough supply gets a
    record that says so (`promised_at` None where nothing is there) and the event `ordering.unpromised`.
    """
    if not order_ids:
        return PromiseReceipt(())
    with transaction.atomic():
        contest = enter(order_ids, at=at, policy=policy)
        refuse_if_changed(
            contest, [line for order in contest.orders for line in order.lines if line.open_qty > line.covered]
        )
        outcomes = [
            outcome
            for order in contest.orders
            if order.state not in (OrderState.CANCELLED, OrderState.DELIVERED)
            for outcome in contest.allocator.first(order)
        ]
        return write(outcomes, at=at, cause=cause)
