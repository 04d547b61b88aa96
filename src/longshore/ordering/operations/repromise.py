"""Promise lines again whose ground has moved; leave everybody else as they are."""

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
from longshore.ordering.queries.wanted import demands_of, orders_of
from longshore.ordering.rules import DEFAULT_POLICY, PromisePolicy


@retried
def repromise(
    line_ids: Sequence[int], *, at: datetime, cause: Cause, policy: PromisePolicy = DEFAULT_POLICY
) -> PromiseReceipt:
    """Re-promise these lines, most urgent order first; the receipt is the difference (before → after).

    A line keeps what it has unless that no longer holds or something better is there for it; hard claims (goods being
    worked on) always stay. A second call with nothing new writes nothing.
    """
    if not line_ids:
        return PromiseReceipt(())
    with transaction.atomic():
        order_ids = orders_of(line_ids)
        if not order_ids:
            return PromiseReceipt(())
        wanted = frozenset(line_ids)
        contest = enter(order_ids, at=at, policy=policy, demands=demands_of(order_ids))
        touched = [line for order in contest.orders for line in order.lines if line.id in wanted or order.ship_complete]
        refuse_if_changed(contest, touched)
        outcomes = [
            outcome
            for order in contest.orders
            if order.state not in (OrderState.CANCELLED, OrderState.DELIVERED)
            for outcome in contest.allocator.again(order, wanted)
        ]
        return write(outcomes, at=at, cause=cause)
