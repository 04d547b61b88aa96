"""Credit notes against what the customer was sent: cancel what has not left, take back what was delivered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from django.db import connection

from longshore.ledger.cause import Cause
from longshore.ordering.operations import LineChange, OrderChanges, change_order
from longshore.returning.models import ReturnLine
from longshore.returning.operations import Inspected, NewReturn, inspect_return, return_goods
from longshore.twin.online_retail.accounting import Credits
from longshore.twin.online_retail.facts import Facts
from longshore.twin.online_retail.orders import Credit

NAMES = UUID("a6f7e3f4-0d6c-5f0b-9b41-62dd6a9b9d1c")
CAUSE, FLOOR = Cause("customer", "replay"), Cause("floor", "replay")
# Newest first. What is picked or under way can neither be cancelled nor come back yet: it is `moving`.
LINES = """
SELECT o.customer_id, l.item_id, l.id, o.id, l.line, l.qty, l.cancelled, l.delivered, l.returned,
    COALESCE((SELECT SUM(c.qty - c.consumed) FROM ledger_claim c
        WHERE c.demand = 'order-line:' || l.id AND c.state = 'open' AND c.hard), 0)
FROM ordering_orderline l
JOIN ordering_customerorder o ON o.id = l.order_id
JOIN (SELECT DISTINCT * FROM unnest(%s::bigint[], %s::bigint[]) AS u(customer, item)) u
    ON u.customer = o.customer_id AND u.item = l.item_id
ORDER BY o.received_at DESC, l.id DESC
"""


@dataclass(slots=True)
class Sent:
    """An order line a credit may be about: quantities that can be cancelled, come back, or neither yet."""

    line: int
    order: int
    number: int
    qty: int
    cancelled: int
    delivered: int
    returned: int
    moving: int

    @property
    def kept(self) -> int:
        return self.delivered - self.returned

    @property
    def untouched(self) -> int:
        return self.qty - self.cancelled - self.delivered - self.moving


class Desk:
    """Settles credits day by day; those about goods on their way wait for the delivery."""

    def __init__(self, facts: Facts, tally: Credits) -> None:
        self._facts = facts
        self._tally = tally
        self._waiting: list[Credit] = []

    def settle(self, credits: Sequence[Credit], *, at: datetime) -> None:
        asked = [*self._waiting, *credits]
        self._waiting = []
        sent = self._sent(asked)
        back: list[NewReturn] = []
        for credit in asked:
            lines = sent[self._facts.customers[credit.customer], self._facts.items[credit.code]]
            self._settle_one(credit, lines, back, at)
        if back:
            return_goods(back, at=at, cause=CAUSE)
        self._tally.waiting = len(self._waiting)

    def _sent(self, asked: Sequence[Credit]) -> dict[tuple[int, int], list[Sent]]:
        found: dict[tuple[int, int], list[Sent]] = defaultdict(list)
        customers = [self._facts.customers[credit.customer] for credit in asked]
        items = [self._facts.items[credit.code] for credit in asked]
        with connection.cursor() as cursor:
            cursor.execute(LINES, [customers, items])
            for customer, item, *rest in cursor.fetchall():
                found[customer, item].append(Sent(*rest))
        return found

    def _settle_one(self, credit: Credit, lines: list[Sent], back: list[NewReturn], at: datetime) -> None:
        ready = sum(line.kept + line.untouched for line in lines)
        if ready < credit.quantity:
            if ready + sum(line.moving for line in lines) >= credit.quantity:
                self._waiting.append(credit)
                return
            never = not any(line.delivered or line.moving or line.untouched for line in lines)
            self._tally.refused["return-without-delivery" if never else "return-exceeds-delivery"] += 1
            return
        # A credit for exactly one line's quantity is about that line; otherwise the newest purchases come back first.
        lines = sorted(lines, key=lambda line: line.qty != credit.quantity)
        left = self._take_back(credit, lines, back)
        if left < credit.quantity:
            self._tally.returned += 1
        else:
            self._tally.cancelled += 1
        self._cancel(lines, left, at)

    def _take_back(self, credit: Credit, lines: Sequence[Sent], back: list[NewReturn]) -> int:
        """Returns what is left to cancel."""
        left = credit.quantity
        site = self._facts.sites[self._facts.homes[credit.customer]]
        for line in lines:
            qty = min(left, line.kept)
            if qty:
                key = uuid5(NAMES, f"{credit.row}/{line.line}")
                back.append(NewReturn(key, line.line, qty, "unwanted", site))
                line.returned += qty
                left -= qty
        return left

    def _cancel(self, lines: Sequence[Sent], left: int, at: datetime) -> None:
        for line in lines:
            qty = min(left, line.untouched)
            if qty:
                kept = LineChange(line.number, line.qty - line.cancelled - qty)
                change_order(line.order, OrderChanges(lines=(kept,)), at=at, cause=CAUSE)
                line.cancelled += qty
                left -= qty


def inspect(*, at: datetime) -> int:
    """What came back yesterday is as good as new; returns how many returns were judged."""
    waiting = ReturnLine.objects.filter(restocked=0, scrapped=0).order_by("id").values_list("id", "key", "qty")
    verdicts = [Inspected(uuid5(NAMES, f"inspected/{key}"), pk, restock=qty) for pk, key, qty in waiting]
    for verdict in verdicts:
        inspect_return(verdict, at=at, cause=FLOOR)
    return len(verdicts)
