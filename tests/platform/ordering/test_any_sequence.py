"""Whatever happens in whatever order: every unit wanted is held, short, delivered or cancelled, and nothing is held twice."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from django.db import connection
from django.db.models import F

from longshore.catalog.errors import Refusal
from longshore.ledger.models import Balance, Claim, OutboxEvent, PlannedFlow, PostingKind
from longshore.ledger.operations import Claims, FlowPatch, Key, Move, NewPosting, change_flows, harden_claims, post
from longshore.ledger.outbox import Told
from longshore.ordering import reactors
from longshore.ordering.models import CustomerOrder, OrderLine, PromiseRecord
from longshore.ordering.operations import (
    LineChange,
    NewLine,
    OrderChanges,
    cancel_order,
    change_order,
    insert_urgent,
    promise,
    promise_or_refuse,
)
from longshore.ordering.queries.wanted import demand_of
from tests.platform.ordering.world import WHO, World, hours, name

REACTORS = {
    "ledger.claims-displaced": reactors.repromise_displaced,
    "ledger.flow-changed": reactors.repromise_moved_supply,
    "ordering.order-cancelled": reactors.repromise_freed_supply,
    "ledger.posted": reactors.promise_arrived_goods,
    "ordering.order-taken": reactors.promise_taken_orders,
}
HELD = """
SELECT l.id, l.qty - l.cancelled - l.delivered - l.short, coalesce(sum(c.qty - c.consumed), 0)::bigint
FROM ordering_orderline l LEFT JOIN ledger_claim c ON c.demand = 'order-line:' || l.id AND c.state = 'open'
GROUP BY l.id
"""
STANDING = """
SELECT count(*) FROM ledger_balance b WHERE b.claimed <> coalesce(
    (SELECT sum(c.qty - c.consumed) FROM ledger_claim c WHERE c.balance_id = b.id AND c.state = 'open'), 0)
"""


class Days:
    """A seeded run of events at the order desk, on the dock and in the warehouse."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.dice = random.Random(seed)
        self.hour = 0
        self.count = 0
        self.told = 0

    def step(self) -> None:
        self.hour += 1
        self.count += 1
        deeds: list[Callable[[], None]] = [
            *[self.take] * 4, self.urgent, self.strict, self.change, self.cancel, self.arrive, self.delay, self.lose, self.work,
        ]  # fmt: skip
        try:
            self.dice.choice(deeds)()
        except Refusal as refusal:
            assert refusal.code in {
                "cannot-promise", "no-supply", "nothing-to-cancel", "line-in-work", "order-closed", "not-enough-stock",
                "more-than-there", "not-enough", "line-repeated",
            }, refusal  # fmt: skip
        self.tell()

    def item(self) -> int:
        return self.dice.choice([self.world.tea, self.world.rice])

    def new(self, priority: int) -> int:
        lines = [
            (item, self.dice.randint(1, 9)) for item in (self.world.tea, self.world.rice) if self.dice.random() < 0.8
        ]
        wanted = hours(self.hour + self.dice.randint(12, 96))
        complete = self.dice.random() < 0.2
        lines = lines or [(self.world.tea, 3)]
        return self.world.order(
            f"N{self.count}", *lines, priority=priority, requested_at=wanted, ship_complete=complete
        )

    def take(self) -> None:
        promise([self.new(self.dice.randint(2, 9))], at=hours(self.hour), cause=WHO)

    def strict(self) -> None:
        promise_or_refuse(self.new(5), at=hours(self.hour), cause=WHO)

    def urgent(self) -> None:
        insert_urgent(self.new(1), at=hours(self.hour), cause=WHO)

    def any_order(self) -> int:
        return self.dice.choice(list(CustomerOrder.objects.order_by("id").values_list("id", flat=True)) or [0])

    def change(self) -> None:
        order = self.any_order()
        if not order:
            return
        lines = tuple(
            LineChange(line, self.dice.randint(0, 12))
            for line in OrderLine.objects.filter(order_id=order).values_list("line", flat=True)
            if self.dice.random() < 0.5
        )
        add = (NewLine(50 + self.count, self.item(), 2),) if self.dice.random() < 0.3 else ()
        date = hours(self.hour + 40) if self.dice.random() < 0.3 else None
        change_order(order, OrderChanges(requested_at=date, lines=lines, add=add), at=hours(self.hour), cause=WHO)

    def cancel(self) -> None:
        order = self.any_order()
        if order:
            cancel_order(order, at=hours(self.hour), cause=WHO, rest_only=self.dice.random() < 0.5)

    def arrive(self) -> None:
        self.world.inbound(self.item(), self.dice.randint(3, 20), hours(self.hour + 30), label=f"PO{self.count}")
        shelf = self.dice.choice([self.world.north_shelf, self.world.south_shelf])
        self.world.stock(self.item(), 5 + self.count, shelf=shelf)

    def delay(self) -> None:
        flows = list(PlannedFlow.objects.filter(status="firm").order_by("id"))
        if flows:
            flow = self.dice.choice(flows)
            patch = FlowPatch(flow.pk, arrive_at=hours(self.hour + self.dice.randint(2, 99)), qty=flow.qty)
            change_flows([patch], at=hours(self.hour), cause=WHO)

    def lose(self) -> None:
        row = Balance.objects.filter(bounded=True, condition=0, qty__gt=1).order_by("id").first()
        if row is None:
            return
        key = Key(row.item_id, row.place_id, row.owner_id)
        move = Move(
            key, Key(row.item_id, row.place_id, row.owner_id, condition=3), row.qty // 2, claims=Claims.DISPLACE
        )
        posting = NewPosting(name(f"lose{self.count}"), PostingKind.DAMAGE, hours(self.hour), (move,))
        post([posting], at=hours(self.hour), cause=WHO)

    def work(self) -> None:
        claims = Claim.objects.filter(state="open", hard=False, balance__isnull=False).order_by("id")
        harden_claims(list(claims.values_list("id", flat=True)[:2]), at=hours(self.hour), cause=WHO)

    def tell(self) -> None:
        """Everything told to everybody, twice."""
        for _again in range(2):
            for row in OutboxEvent.objects.filter(id__gt=self.told).order_by("id"):
                if row.name in REACTORS:
                    REACTORS[row.name](Told(row.pk, row.name, row.payload, hours(self.hour), row.cause))
        self.told = OutboxEvent.objects.latest("id").pk if OutboxEvent.objects.exists() else 0


def check() -> None:
    with connection.cursor() as cursor:
        cursor.execute(HELD)
        wrong = [row for row in cursor.fetchall() if row[1] != row[2]]
        cursor.execute(STANDING)
        adrift = cursor.fetchone()[0]
    assert (wrong, adrift) == ([], 0)
    assert not Balance.objects.filter(bounded=True, claimed__gt=F("qty")).exists()
    assert not PlannedFlow.objects.filter(claimed__gt=F("qty") - F("done")).exists()


@pytest.mark.parametrize("seed", range(6))
def test_every_unit_is_accounted_for_after_every_event(world: World, seed: int) -> None:
    """Sixty random events; after each, wanted = held + short for every line and no source holds more than it has."""
    days = Days(world, seed)
    world.stock(world.tea, 40)
    world.stock(world.rice, 30, shelf=world.south_shelf)
    for _event in range(60):
        days.step()
        check()
    told = {demand_of(line) for line in PromiseRecord.objects.values_list("line_id", flat=True)}
    assert set(Claim.objects.values_list("demand", flat=True)) <= told
    for order in CustomerOrder.objects.filter(state="promised"):
        assert order.promised_at is not None and not order.lines.filter(short__gt=0).exists()
