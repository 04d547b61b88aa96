"""Planners, reactors and docks at the same moment: each proposal decided once, ordered once, each receipt once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from longshore.ledger.audit import audit
from longshore.planning.models import DemandOverride, Forecast, ForecastRun, Proposal
from longshore.planning.operations import (
    AlreadyDecided,
    NewOverride,
    RunRefused,
    approve,
    ask_for_run,
    override,
    replenish,
)
from longshore.planning.queries.hierarchy import Node
from longshore.sourcing.models import PurchaseOrderLine, Receipt
from longshore.sourcing.operations import Arrived, place_orders, receive
from tests.platform.planning.world import MONDAY, WHO, World, build, name
from tests.races.ledger.test_races import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture
def world(transactional_db: None) -> World:
    return build()


def _tried(job: Callable[[], object]) -> Callable[[], object]:
    def run() -> object:
        try:
            return job()
        except AlreadyDecided as refused:
            return refused.code

    return run


def test_ten_planners_approve_one_proposal(world: World) -> None:
    """Exactly one approval counts; the nine others are told that it is decided."""
    number = world.released(world.tea, 50)
    Proposal.objects.filter(pk=number).update(state="proposed")
    told = at_once(8, *[_tried(lambda: approve(number, at=MONDAY, cause=WHO).state) for _ in range(10)])
    assert sorted(str(each) for each in told) == ["already-decided"] * 9 + ["released"]


def test_eight_runs_order_a_proposal_once(world: World) -> None:
    """The reactor, the night and six impatient buyers: one purchase order line for each proposal."""
    numbers = [world.released(item, 50, label=str(n)) for n in range(5) for item in (world.tea, world.milk)]
    at_once(8, *[lambda: place_orders(at=MONDAY, cause=WHO) for _ in range(8)])
    assert PurchaseOrderLine.objects.count() == len(numbers)
    assert Proposal.objects.filter(flow__isnull=True).count() == 0


def test_reviews_at_once_propose_once(world: World) -> None:
    """Eight reviews of the same need make one proposal."""
    world.policy(world.tea)
    at_once(8, *[lambda: replenish(at=MONDAY, cause=WHO) for _ in range(8)])
    assert Proposal.objects.count() == 1


def test_two_scanners_send_the_same_receipt(world: World) -> None:
    """Eight uploads of the same scan: the goods stand on the dock once."""
    world.released(world.tea, 50)
    place_orders(at=MONDAY, cause=WHO)
    line = PurchaseOrderLine.objects.get()
    scan = Arrived(line.pk, 50, name("scan"))
    at_once(8, *[lambda: receive(line.order_id, [scan], world.dock, at=MONDAY, cause=WHO) for _ in range(8)])
    assert (Receipt.objects.count(), world.standing(world.tea, world.dock)) == (1, 50)
    assert audit().discrepancies == ()


def test_two_who_know_better_both_count(world: World) -> None:
    """Eight overrides of different days at once, one of them sent eight times: every day says what somebody said of it."""
    world.expect(world.tea, 10)
    monday = date(2026, 3, 2)
    wishes = [
        NewOverride(name(f"day {n}"), Node(item=world.tea), monday + timedelta(days=n), monday + timedelta(days=n), "set",
                    100 + n, "told by the shop")
        for n in range(8)
    ]  # fmt: skip
    at_once(15, *[lambda w=w: override(w, at=MONDAY, today=monday, cause=WHO) for w in [*wishes, *wishes[:1] * 7]])
    assert Forecast.objects.get().daily_milli[:9] == [*((100 + n) * 1000 for n in range(8)), 10_000]
    assert DemandOverride.objects.count() == 8


def test_eight_who_ask_for_a_forecast_get_one_run(world: World) -> None:
    """Different people at the same moment: one run waits, the others are told; the same form eight times is one run."""

    def asked(label: str) -> str:
        try:
            return str(ask_for_run(name(label), at=MONDAY, cause=WHO).pk)
        except RunRefused as refused:
            return refused.code

    told = at_once(8, *[lambda n=n: asked(f"run {n}") for n in range(8)])
    assert sorted(str(each) for each in told).count("run-under-way") == 7
    again = at_once(8, *[lambda: str(ask_for_run(name("milk"), at=MONDAY, cause=WHO, items=[1]).pk) for _ in range(8)])
    assert len(set(again)) == 1 and ForecastRun.objects.count() == 2
