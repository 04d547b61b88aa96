"""Two workers hear of two facts at once: the plan is that of both, whoever comes first."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from longshore.planning.network_rules import NetworkTerms
from longshore.planning.operations import plan_network
from tests.platform.planning.test_network import gifts_of_milk, stored_plan
from tests.platform.planning.world import MONDAY, WHO, World, build, days
from tests.races.ledger.test_races import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
TERMS = NetworkTerms(days=60, release_days=10, keep_days=0)


@pytest.fixture
def world(transactional_db: None) -> World:
    return build()


def test_two_workers_plan_two_facts_to_the_plan_of_both(world: World) -> None:
    """Milk and tea, which share a supplier's limit, are lost; four workers plan them at once, each from what the one before
    wrote: no order is doubled, and a plan of everything finds nothing to change."""
    gifts_of_milk(world)
    plan_network(at=MONDAY, cause=WHO, terms=TERMS)
    world.lose(world.milk, 150)
    world.lose(world.tea, 30)

    def planning(item: int) -> Callable[[], int]:
        return lambda: plan_network(at=days(0.1), cause=WHO, terms=TERMS, items=[item]).nodes

    told = at_once(4, *[planning(item) for item in (world.milk, world.tea) * 2])
    assert told == [2, 2, 2, 2]
    both = stored_plan()
    plan_network(at=days(0.1), cause=WHO, terms=TERMS)
    assert stored_plan() == both
