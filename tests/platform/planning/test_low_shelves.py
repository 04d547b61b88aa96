"""A shelf that shows less is looked at by planning at once."""

from __future__ import annotations

from datetime import datetime

from longshore.ledger.outbox import emit
from longshore.planning.models import Proposal
from longshore.project.dispatcher import drain_outbox
from longshore.sensing.events import StockLevelled
from tests.platform.planning.world import MONDAY, WHO, World


def _level(world: World, qty: int, before: int | None, at: datetime = MONDAY) -> None:
    emit([StockLevelled(1, world.shelf, world.tea, qty, before, at.isoformat())], at=at, cause=WHO)
    drain_outbox(at=at)


def test_a_low_shelf_is_proposed_to_be_filled_without_waiting_for_the_night(world: World) -> None:
    """Fifteen are there, the reorder point is twenty: told of a fuller shelf nothing is asked, of an emptier one it is."""
    world.stock(world.tea, 15)
    drain_outbox(at=MONDAY)
    world.policy(world.tea)
    world.expect(world.tea, 2)
    Proposal.objects.all().delete()
    _level(world, 15, 10)
    assert not Proposal.objects.exists()
    _level(world, 15, 25)
    proposed = Proposal.objects.get()
    assert (proposed.item_id, proposed.site_id, proposed.state, proposed.qty) == (
        world.tea, world.centre, "proposed", 50,
    )  # fmt: skip
    _level(world, 15, 25)
    assert Proposal.objects.count() == 1
