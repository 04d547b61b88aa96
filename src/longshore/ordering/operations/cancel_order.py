"""Cancel an order or some of its lines, and free what they held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal
from longshore.ledger import outbox
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.operations import void_claims
from longshore.ledger.wire import run
from longshore.ordering.events import OrderCancelled
from longshore.ordering.operations.contending import OrdersChangedMeanwhile, UnknownOrder, hold
from longshore.ordering.operations.settling import settle
from longshore.ordering.queries.wanted import Held, WantedLine, demands_of, read_orders

CANCEL: Final = """
UPDATE ordering_orderline l SET cancelled = l.cancelled + c.qty, short = 0
FROM unnest(%s::bigint[], %s::bigint[]) AS c(id, qty) WHERE l.id = c.id
"""


class LineInWork(Refusal):
    """Goods for the line have left their shelf; they can be refused or returned, not cancelled."""


class NothingToCancel(Refusal):
    """Nothing of this order or these lines is open."""


@dataclass(frozen=True, slots=True)
class CancelReceipt:
    """(line id, quantity cancelled) for each line, and the claims that were given back."""

    order: int
    lines: tuple[tuple[int, int], ...]
    voided: tuple[int, ...]


@retried
def cancel_order(
    order_id: int, *, at: datetime, cause: Cause, lines: Sequence[int] | None = None, rest_only: bool = False
) -> CancelReceipt:
    """Cancel what is open of the order, or of these lines (ids).

    Goods already picked refuse the call; with `rest_only` they stay and the rest is cancelled.
    """
    with transaction.atomic():
        demands = demands_of([order_id])
        if not demands:
            raise UnknownOrder(
                "unknown-order", _("There is no such order."), _("Look the order up in the list."), order=order_id
            )
        held = hold([order_id], demands=demands, items=())  # it gives back and takes nothing
        [order] = read_orders([order_id])
        chosen = [line for line in order.lines if line.open_qty and (lines is None or line.id in lines)]
        if not chosen:
            raise NothingToCancel(
                "nothing-to-cancel",
                _("Nothing of order %(order)s is open.") % {"order": order.number},
                _("Delivered goods come back as a return."),
                order=order.number,
            )
        in_work = {line.id: sum(held.qty for held in line.held if not can_be_given_back(held)) for line in chosen}
        if any(in_work.values()) and not rest_only:
            raise _line_in_work(order.number, [line for line in chosen if in_work[line.id]])
        claims = [found for line in chosen for found in line.held if can_be_given_back(found)]
        if any(not found.hard and (found.kind, found.source) not in held.sources for found in claims):
            raise OrdersChangedMeanwhile(
                "orders-changed-meanwhile", _("The order was promised again at this moment."), _("Call again.")
            )
        cancelled = [(line.id, line.open_qty - in_work[line.id]) for line in chosen if line.open_qty > in_work[line.id]]
        voided = void_claims([found.claim for found in claims], at=at, cause=cause).voided
        run(CANCEL, [line for line, _qty in cancelled], [qty for _line, qty in cancelled])
        settle([order_id], at=at)
        items = sorted({line.item for line in chosen})
        outbox.emit([OrderCancelled(order_id, [line for line, _qty in cancelled], items)], at=at, cause=cause)
        return CancelReceipt(order_id, tuple(cancelled), voided)


def can_be_given_back(held: Held) -> bool:
    """Soft claims, and hard ones whose goods still stand on their shelf (the pick list drops them)."""
    return not held.hard or (held.kind == "balance" and held.stands)


def _line_in_work(number: str, lines: Sequence[WantedLine]) -> LineInWork:
    return LineInWork(
        "line-in-work",
        _("Goods of order %(order)s, line %(lines)s, have been picked already.")
        % {"order": number, "lines": ", ".join(str(line.line) for line in lines)},
        _("Cancel only the rest, or let the customer refuse or return them."),
        order=number,
        lines=[line.line for line in lines],
    )
