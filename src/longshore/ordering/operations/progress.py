"""How far orders have come: told by the warehouse and the road, in batches, after the ledger's verbs.

Order rows are locked after the ledger's rows, never before, and in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.wire import run
from longshore.ordering.operations.settling import settle
from longshore.ordering.queries.wanted import lock_orders, orders_of

MARK: Final = """
UPDATE ordering_customerorder SET state = %s
WHERE id = ANY(%s) AND state <> %s AND state NOT IN ('delivered', 'cancelled') RETURNING id
"""
ADD: Final = """
UPDATE ordering_orderline l SET shipped = l.shipped + a.shipped, delivered = l.delivered + a.delivered,
    refused = l.refused + a.refused, returned = l.returned + a.returned, cancelled = l.cancelled + a.cancelled
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
    AS a(id, shipped, delivered, refused, returned, cancelled)
WHERE l.id = a.id
"""


class MoreThanThere(Refusal):
    """More delivered than shipped, more returned than delivered, or more shipped than ordered."""


@retried
def mark_orders(order_ids: Sequence[int], state: str, *, at: datetime, cause: Cause) -> tuple[int, ...]:
    """Write how far these orders are; those delivered or cancelled stay so. Returns the orders that changed."""
    with transaction.atomic():
        lock_orders(order_ids)
        return tuple(sorted(row[0] for row in run(MARK, str(state), list(order_ids), str(state))))


def add_shipped(quantities: Iterable[tuple[int, int]], *, at: datetime, cause: Cause) -> None:
    """(line id, quantity) that left our last door."""
    _add(("shipped",), quantities, at)


def add_delivered(
    quantities: Iterable[tuple[int, int]],
    *,
    at: datetime,
    cause: Cause,
    taken_at: Mapping[int, datetime] | None = None,
) -> None:
    """(line id, quantity) the customer took. An order of which nothing is open is delivered.

    `taken_at`: order → when it was taken, where that is told later; an order is not late because its proof is.
    """
    _add(("delivered",), quantities, at, taken_at or {})


def add_refused(
    quantities: Iterable[tuple[int, int]],
    *,
    at: datetime,
    cause: Cause,
    again: bool = False,
    taken_at: Mapping[int, datetime] | None = None,
) -> None:
    """(line id, quantity) refused at the door: not wanted any more, or (`again`) still to be brought.

    `taken_at`, of orders of which everything else was taken before, as in `add_delivered`.
    """
    _add(("refused",) if again else ("refused", "cancelled"), quantities, at, taken_at or {})


def add_returned(quantities: Iterable[tuple[int, int]], *, at: datetime, cause: Cause) -> None:
    """(line id, quantity) that came back after delivery."""
    _add(("returned",), quantities, at)


COLUMNS: Final = ("shipped", "delivered", "refused", "returned", "cancelled")


@retried
def _add(
    raised: tuple[str, ...],
    quantities: Iterable[tuple[int, int]],
    at: datetime,
    happened: Mapping[int, datetime] = MappingProxyType({}),
) -> None:
    total: dict[int, int] = {}
    for line, qty in quantities:
        total[line] = total.get(line, 0) + qty
    if not total:
        return
    values = list(total.values())
    columns = [values if column in raised else [0] * len(values) for column in COLUMNS]
    with transaction.atomic():
        orders = orders_of(list(total))
        lock_orders(orders)
        try:
            with transaction.atomic():
                run(ADD, list(total), *columns)
        except IntegrityError as error:
            raise _too_much(raised[0]) from error
        moments: dict[datetime, list[int]] = {}
        for order in orders:
            moments.setdefault(happened.get(order, at), []).append(order)
        for moment, those in moments.items():
            settle(those, at=moment)


def _too_much(what: str) -> MoreThanThere:
    return MoreThanThere(
        "more-than-there",
        _("A line would have more %(what)s than it can.") % {"what": what},
        _("Compare the quantities with the order and with what was told before."),
        what=what,
    )
