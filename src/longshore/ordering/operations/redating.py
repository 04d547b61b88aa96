"""Goods that are on their way come at another time: the promise is told anew, nothing is taken from anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import orjson
from django.db import transaction

from longshore.ledger import outbox
from longshore.ledger.cause import Cause
from longshore.ledger.locks import retried
from longshore.ledger.wire import run
from longshore.ordering.events import Promised
from longshore.ordering.operations.settling import settle
from longshore.ordering.operations.writing import RECORDS
from longshore.ordering.queries.wanted import lock_orders, orders_of

NOTICEABLE: Final = timedelta(minutes=15)
_NOW: Final = """
SELECT l.id, l.order_id, l.promised_at, l.qty - l.cancelled - l.delivered FROM ordering_orderline l
WHERE l.id = ANY(%s::bigint[]) AND l.qty > l.cancelled + l.delivered ORDER BY l.id
"""
_DATES: Final = """
UPDATE ordering_orderline l SET promised_at = k.at
FROM unnest(%s::bigint[], %s::timestamptz[]) AS k(line, at) WHERE l.id = k.line
"""


class _Line(NamedTuple):
    line: int
    order: int
    promised_at: datetime | None
    open_qty: int


@dataclass(frozen=True, slots=True)
class NewDate:
    """An order line whose goods will be there at `at`; `site`: where they come from."""

    line: int
    at: datetime
    site: int


@dataclass(frozen=True, slots=True)
class Redated:
    order: int
    before: datetime | None
    after: datetime


@retried
def redate(dates: Sequence[NewDate], *, at: datetime, cause: Cause) -> tuple[Redated, ...]:
    """Promise these lines for when they will really come; a difference nobody notices is not told. Returns the orders."""
    wanted = {date.line: date for date in dates}
    if not wanted:
        return ()
    with transaction.atomic():
        lock_orders(orders_of(list(wanted)))
        rows = [_Line(*row) for row in run(_NOW, list(wanted))]
        moved = [
            row for row in rows if row.promised_at is None or abs(wanted[row.line].at - row.promised_at) >= NOTICEABLE
        ]
        if not moved:
            return ()
        lines, after = [row.line for row in moved], [wanted[row.line].at for row in moved]
        run(_DATES, lines, after)
        reasons = [
            {"binding": {"code": "truck", "site": wanted[line].site, "at": wanted[line].at.isoformat()}}
            for line in lines
        ]
        before = [row.promised_at for row in moved]
        told = orjson.dumps(reasons).decode()
        run(RECORDS, at, cause.because or cause.actor, lines, after, before, [row.open_qty for row in moved], told)
        orders = sorted({row.order for row in moved})
        settle(orders, at=at)
        found = tuple(_redated(order, [row for row in moved if row.order == order], wanted) for order in orders)
        outbox.emit([_promised(orders, moved, wanted, cause)], at=at, cause=cause)
        return found


def _redated(order: int, rows: Sequence[_Line], wanted: dict[int, NewDate]) -> Redated:
    known = [row.promised_at for row in rows if row.promised_at is not None]
    return Redated(order, max(known, default=None), max(wanted[row.line].at for row in rows))


def _promised(orders: Sequence[int], rows: Sequence[_Line], wanted: dict[int, NewDate], cause: Cause) -> Promised:
    before = {str(row.line): None if row.promised_at is None else row.promised_at.isoformat() for row in rows}
    after: dict[str, str | None] = {str(row.line): wanted[row.line].at.isoformat() for row in rows}
    return Promised(orders, before, after, cause.because or cause.actor)
