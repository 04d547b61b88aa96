"""The way into every promising verb: lock what it may touch, then read it. Ledger rows first, orders after, always."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.ledger.locks import lock_balances, lock_flows
from longshore.ledger.queries import supply_of
from longshore.ordering.operations.allocating import Allocator
from longshore.ordering.operations.residual import Residual, Source
from longshore.ordering.queries.geography import ways_to
from longshore.ordering.queries.supply import contended
from longshore.ordering.queries.wanted import WantedLine, WantedOrder, items_of, lock_orders, read_orders
from longshore.ordering.rules import PromisePolicy


class OrdersChangedMeanwhile(Refusal):
    """Somebody added a line for another item between the look and the lock; nothing was done."""


class UnknownOrder(Refusal):
    """There is no such order."""


@dataclass(frozen=True, slots=True)
class Hold:
    """What a verb holds locked: items whose free supply it may take, the sources, the orders."""

    items: tuple[int, ...]
    sources: frozenset[Source]
    orders: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Contest:
    """Locked orders, most urgent first, and what they may take."""

    orders: tuple[WantedOrder, ...]
    allocator: Allocator
    held: Hold


def enter(order_ids: Sequence[int], *, at: datetime, policy: PromisePolicy, demands: Sequence[str] = ()) -> Contest:
    """Lock the supply these orders compete for and what `demands` hold, lock the orders, read both."""
    return look(hold(order_ids, demands=demands), at=at, policy=policy)


def hold(
    order_ids: Sequence[int],
    *,
    demands: Sequence[str] = (),
    others: Sequence[int] = (),
    items: Sequence[int] | None = None,
) -> Hold:
    """Lock everything, in the one order. To be called first in a transaction; `others` are orders that may give way,
    `items` those whose free supply is wanted (None: all of the orders')."""
    wanted = items_of(order_ids) if items is None else sorted(set(items))
    found = contended(wanted, demands)
    locked = {("balance", key) for key in lock_balances(found.balances)}
    locked |= {("flow", key) for key in lock_flows(found.flows)}
    orders = sorted({*order_ids, *others})
    lock_orders(orders)
    return Hold(tuple(wanted), frozenset(locked), tuple(orders))


def look(held: Hold, *, at: datetime, policy: PromisePolicy) -> Contest:
    """Read what is locked. Supply that turned up since is left to the next call, so nobody locks out of order."""
    orders = read_orders(held.orders)
    _refuse_surprises(orders, held)
    residual = Residual(at, policy)
    residual.add_rows(supply_of(held.items), held.sources)
    ways = ways_to({(order.ship_to, order.customer) for order in orders}, policy=policy, at=at)
    return Contest(orders, Allocator(residual, ways, at), held)


def _refuse_surprises(orders: Sequence[WantedOrder], held: Hold) -> None:
    missing = set(held.orders) - {order.id for order in orders}
    if missing:
        raise UnknownOrder(
            "unknown-order",
            _("There is no order with lines under the number %(id)s.") % {"id": min(missing)},
            _("Look the order up in the list of orders."),
            orders=sorted(missing),
        )


def refuse_if_changed(contest: Contest, lines: Sequence[WantedLine]) -> None:
    """Lines whose item or claims were not there when we locked cannot be promised in this transaction."""
    known = set(contest.held.items)
    sources = contest.held.sources
    if all(
        line.item in known and all(held.hard or (held.kind, held.source) in sources for held in line.held)
        for line in lines
    ):
        return
    raise changed_meanwhile()


def changed_meanwhile() -> OrdersChangedMeanwhile:
    return OrdersChangedMeanwhile(
        "orders-changed-meanwhile",
        _("The order was changed by somebody else at this moment."),
        _("Call again; nothing was done."),
    )
