"""Buyers and managers at the same moment: a proposal is split once, an order above a limit is made once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.contrib.auth.models import User

from longshore.catalog.errors import Refusal
from longshore.ledger.cause import Cause
from longshore.planning.models import Proposal
from longshore.sourcing.models import ApprovalLimit, OrderApproval, PurchaseOrder, QuoteRequest
from longshore.sourcing.operations import (
    Asked,
    Offered,
    Part,
    approve_order,
    ask_quotes,
    place_orders,
    propose_prices,
    split_proposal,
)
from tests.platform.planning.world import MONDAY, WHO, World, build, days, name
from tests.races.ledger.test_races import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


@pytest.fixture
def world(transactional_db: None) -> World:
    return build()


def _told(job: Callable[[], object]) -> Callable[[], str]:
    def run() -> str:
        try:
            job()
        except Refusal as refused:
            return refused.code
        return "done"

    return run


def test_two_managers_approve_one_order(world: World) -> None:
    """Six say yes to the same order: one purchase order, five are told that it is decided."""
    ApprovalLimit.objects.create(role="buyer", most=1)
    User.objects.create_superuser("max")
    world.released(world.tea, 50)
    place_orders(at=MONDAY, cause=WHO)
    waiting = OrderApproval.objects.get().pk
    told = at_once(6, *[_told(lambda: approve_order(waiting, at=MONDAY, cause=Cause(actor="max"))) for _ in range(6)])
    assert sorted(str(each) for each in told) == ["approval-decided"] * 5 + ["done"]
    assert PurchaseOrder.objects.count() == 1


def test_six_buyers_split_one_proposal(world: World) -> None:
    """One split counts: two proposals released, sixty and forty."""
    number = world.released(world.tea, 100)
    Proposal.objects.filter(pk=number).update(state="proposed")
    parts = [Part(world.grower, 60), Part(world.trader, 40)]
    told = at_once(6, *[_told(lambda: split_proposal(number, parts, at=MONDAY, cause=WHO)) for _ in range(6)])
    assert sorted(str(each) for each in told) == ["done"] + ["not-splittable"] * 5
    assert sorted(Proposal.objects.values_list("qty", "state")) == [(40, "released"), (60, "released")]


def test_eight_runs_ask_a_second_person_once(world: World) -> None:
    """The reactor and seven others hold the same order back: one approval waits, and its yes makes one order."""
    ApprovalLimit.objects.create(role="buyer", most=1)
    User.objects.create_superuser("max")
    world.released(world.tea, 50)
    at_once(8, *[lambda: place_orders(at=MONDAY, cause=WHO) for _ in range(8)])
    approve_order(OrderApproval.objects.get().pk, at=MONDAY, cause=Cause(actor="max"))
    assert PurchaseOrder.objects.count() == 1


def test_a_request_sent_eight_times_at_once_is_asked_once(world: World) -> None:
    """A double click on asking, and on an offer of one's own: one request each, nobody sees an error."""
    asked = Asked(name("rfq"), world.tea, world.centre, 60, days(10), days(2), (world.trader,))
    numbers = at_once(8, *[lambda: ask_quotes(asked, at=MONDAY, cause=WHO).number for _ in range(8)])
    assert set(numbers) == {"RFQ-000001"}
    offer = Offered(450, 2880, valid_until=date(2026, 4, 30))
    own = at_once(
        8, *[lambda: propose_prices(world.trader, world.tea, offer, at=MONDAY, cause=WHO).number for _ in range(8)]
    )
    assert set(own) == {"RFQ-000002"} and QuoteRequest.objects.count() == 2
