"""Put an urgent order in front: goods held by less urgent ones may go to it, and those are promised again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.operations import void_claims
from longshore.ordering.models import CustomerOrder
from longshore.ordering.operations.allocating import Outcome
from longshore.ordering.operations.contending import Contest, UnknownOrder, hold, look, refuse_if_changed
from longshore.ordering.operations.receipts import PromiseReceipt
from longshore.ordering.operations.residual import BORROWED, Residual, Source
from longshore.ordering.operations.writing import write
from longshore.ordering.queries.supply import rival_demands
from longshore.ordering.queries.wanted import Held, WantedLine, WantedOrder, demands_of, items_of, line_of, orders_of
from longshore.ordering.rules import DEFAULT_POLICY, PromisePolicy


@dataclass(frozen=True, slots=True)
class UrgentReceipt:
    """`urgent`: what the order got. `others`: the lines that gave way, before → after."""

    urgent: PromiseReceipt
    others: PromiseReceipt


@dataclass(frozen=True, slots=True)
class Rival:
    """A soft claim of a less urgent order on something the urgent one wants."""

    order: WantedOrder
    line: WantedLine
    held: Held


@retried
def insert_urgent(
    order_id: int, *, at: datetime, cause: Cause, policy: PromisePolicy = DEFAULT_POLICY
) -> UrgentReceipt:
    """Promise an order from what is free and, only if that makes it better, from what less urgent orders hold softly.

    The least urgent and latest claims give way first; the lines that lose goods are promised again in the same
    transaction. Goods being worked on, transfers and production are never touched.
    """
    with transaction.atomic():
        demands = rival_demands(items_of([order_id]), _priority_of(order_id))
        others = orders_of([line for line in map(line_of, demands) if line is not None])
        held = hold([order_id], demands=[*demands, *demands_of([order_id])], others=others)
        contest = look(held, at=at, policy=policy)
        order = next(found for found in contest.orders if found.id == order_id)
        refuse_if_changed(contest, order.lines)
        rivals = _rivals(contest, order)
        outcomes = contest.allocator.urgent(order, [(rival.line.item, rival.held) for rival in rivals])
        losers = _give_way(contest.allocator.residual, outcomes, rivals)
        if losers:
            void_claims([rival.held.claim for rival in losers], at=at, cause=cause)
        urgent = write(outcomes, at=at, cause=cause)
        return UrgentReceipt(urgent, _promise_again(contest, losers, at, cause))


def _priority_of(order_id: int) -> int:
    found = CustomerOrder.objects.filter(id=order_id).values_list("priority", flat=True).first()
    if found is None:
        raise UnknownOrder(
            "unknown-order", f"There is no order {order_id}.", "Look the order up in the list of orders."
        )
    return found


def _rivals(contest: Contest, urgent: WantedOrder) -> list[Rival]:
    """Soft claims of less urgent orders on what is locked, least urgent and latest first."""
    items = {line.item for line in urgent.lines}
    found = [
        Rival(order, line, held)
        for order in contest.orders
        if order.priority > urgent.priority
        for line in order.lines
        if line.item in items
        for held in line.held
        if not held.hard and (held.kind, held.source) in contest.held.sources
    ]
    return sorted(found, key=lambda rival: (rival.order.priority, rival.held.ship_at, rival.held.claim), reverse=True)


def _give_way(residual: Residual, outcomes: Sequence[Outcome], rivals: Sequence[Rival]) -> list[Rival]:
    """The claims that must go so that the urgent order gets what it borrowed; what they had beyond it is free again."""
    wanted: dict[Source, int] = {}
    for outcome in outcomes:
        for part in outcome.allocated:
            if part.borrowed:
                wanted[part.source] = wanted.get(part.source, 0) + part.qty
    losers = []
    for rival in rivals:
        source = (rival.held.kind, rival.held.source)
        missing = wanted.get(source, 0)
        if missing > 0:
            losers.append(rival)
            wanted[source] = missing - rival.held.qty
            if missing < rival.held.qty:
                residual.give_back(rival.line.item, replace(rival.held, qty=rival.held.qty - missing))
    return losers


def _promise_again(contest: Contest, losers: Sequence[Rival], at: datetime, cause: Cause) -> PromiseReceipt:
    """The losers without what they lost, most urgent first, against what is free now."""
    gone = {rival.held.claim for rival in losers}
    lines = frozenset(rival.line.id for rival in losers)
    contest.allocator.residual.forget(BORROWED)
    outcomes: list[Outcome] = []
    for order in contest.orders:
        if not any(line.id in lines for line in order.lines):
            continue
        left = tuple(replace(line, held=tuple(h for h in line.held if h.claim not in gone)) for line in order.lines)
        here = frozenset(line.id for line in order.lines if line.id in lines)
        outcomes += contest.allocator.again(replace(order, lines=left), here)
    return write(outcomes, at=at, cause=cause)
