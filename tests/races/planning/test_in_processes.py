"""Real processes at once: goods move, plans run, buyers approve, change, split and reject the same proposals."""

from __future__ import annotations

import multiprocessing
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections

from longshore.catalog.errors import Refusal
from longshore.ledger.audit import audit
from longshore.ledger.cause import Cause
from longshore.ledger.models import OutboxEvent
from longshore.planning.models import PlannedBy, Proposal
from longshore.planning.operations import Change, approve, change, plan_by, plan_network, reject, replenish
from longshore.project.dispatcher import drain_outbox
from longshore.sourcing.models import PurchaseOrderLine
from longshore.sourcing.operations import Part, place_orders, split_proposal
from tests.platform.planning.world import MONDAY, WHO, World, build, days

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
Work = Callable[[World, random.Random], None]


@pytest.fixture
def world(transactional_db: None) -> World:
    return build()


def _alone(database: str, work: Work, world: World, seed: int) -> None:
    """One process with a connection of its own; what it cannot do because somebody was faster it leaves."""
    connections.close_all()
    connection.settings_dict["NAME"] = database
    work(world, random.Random(seed))
    connections.close_all()


def _together(world: World, *works: Work) -> None:
    database = connection.settings_dict["NAME"]
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=_alone, args=(database, work, world, n)) for n, work in enumerate(works)]
    for each in processes:
        each.start()
    for each in processes:
        each.join(timeout=120)
    assert [each.exitcode for each in processes] == [0] * len(works)


def _tried(verb: Callable[[], Any]) -> bool:
    try:
        verb()
    except Refusal:
        return False
    return True


def _decide(world: World, dice: random.Random) -> None:
    """Whatever is open is approved, changed, split or turned down, in a random order."""
    for _ in range(12):
        found = list(Proposal.objects.filter(state="proposed").values_list("pk", flat=True))
        for number in dice.sample(found, len(found)):
            parts = [Part(world.grower, 60), Part(world.trader, 40)]
            dice.choice([
                lambda n=number: _tried(lambda: approve(n, at=MONDAY, cause=WHO)),
                lambda n=number: _tried(lambda: change(n, at=MONDAY, cause=WHO, change=Change(qty=100))),
                lambda n=number, p=parts: _tried(lambda: split_proposal(n, p, at=MONDAY, cause=WHO)),
                lambda n=number: _tried(lambda: reject(n, at=MONDAY, cause=WHO)),
            ])()  # fmt: skip


def _move(world: World, dice: random.Random) -> None:
    for n in range(25):
        item = dice.choice((world.tea, world.milk))
        if dice.random() < 0.4:
            world.stock(item, dice.randint(1, 5), label=f"{dice.random()}")
        else:
            _tried(lambda item=item, n=n: world.lose(item, dice.randint(1, 9), label=f"{n}:{dice.random()}"))


def _plan(world: World, dice: random.Random) -> None:
    for n in range(3):
        replenish(at=days(n / 10), cause=WHO)
        plan_network(at=days(n / 10), cause=WHO)


def _order(world: World, dice: random.Random) -> None:
    for _ in range(6):
        place_orders(at=MONDAY, cause=Cause("reactor"))


def test_one_proposal_is_decided_by_one_process(world: World) -> None:
    """Four processes approve, change, split or reject the same four proposals: each is decided once and ordered once."""
    for item in (world.tea, world.milk):
        for site in (world.centre, world.branch):
            number = world.released(item, 100, site=site)
            Proposal.objects.filter(pk=number).update(state="proposed")
    _together(world, _decide, _decide, _decide, _decide, _order)
    drain_outbox(at=MONDAY)
    _decided_once()


def test_plans_run_while_goods_move_and_people_decide(world: World) -> None:
    """Two post, two plan, one decides, one orders: the books are clean, and nothing is ordered twice."""
    for item in (world.tea, world.milk):
        world.stock(item, 60)
        world.policy(item)
        world.expect(item, 5)
    world.policy(world.tea, site=world.branch, source=world.centre)
    plan_by(PlannedBy.NETWORK, at=MONDAY, cause=WHO, items=[world.milk])
    plan_network(at=MONDAY, cause=WHO)  # the processes inherit the solver, ready to run
    _together(world, _move, _move, _plan, _plan, _decide, _order)
    assert audit().clean
    drain_outbox(at=days(1))
    assert audit().clean
    _decided_once()


def _decided_once() -> None:
    told = Counter(
        number
        for payload in OutboxEvent.objects.filter(name="planning.decided").values_list("payload", flat=True)
        if payload["state"] == "released"
        for number in payload["proposals"]
    )
    released = Proposal.objects.filter(state="released")
    assert set(told) == set(released.values_list("pk", flat=True)) and set(told.values()) <= {1}
    bought = released.filter(kind="purchase")
    assert bought.filter(flow=None).count() == 0
    assert PurchaseOrderLine.objects.count() == bought.count()
