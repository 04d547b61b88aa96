"""In the living demo a supplier keeps the stock it manages within its levels, if nobody of it did so before nine."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, cast

import pytest

from longshore.planning.models import JointEntry, Proposal
from longshore.twin.world import managing
from longshore.twin.world.scene import Scene, Tick
from tests.platform.planning.partners import agree
from tests.platform.planning.world import MONDAY, World, build

MORNING = Tick(MONDAY - timedelta(hours=2), MONDAY)  # nine o'clock in Shanghai lies in it


@pytest.fixture
def world(db: None) -> World:
    return build()


def _scene(*, living: bool = True) -> Scene:
    return Scene(1, cast(Any, None), {}, lambda at: None, living)


def test_what_is_below_its_least_is_filled_up(world: World) -> None:
    """Ten tea where thirty to a hundred are agreed: ninety more in whole fives, here when the grower can; once."""
    world.stock(world.tea, 10)
    agreed = agree(world, world.grower, "vmi", levels=(30, 102))
    managing.step(_scene(), MORNING)
    found = Proposal.objects.get()
    assert (found.item_id, found.qty, found.supplier_id, found.state) == (world.tea, 90, world.grower, "proposed")
    entry = JointEntry.objects.get(line=agreed.line)
    assert (entry.day, entry.by, entry.side) == (date(2026, 3, 5), "supplier", "partner")
    managing.step(_scene(), MORNING)
    assert JointEntry.objects.count() == 1


def test_nothing_else_is_touched(world: World) -> None:
    """Within its levels, at another hour, jointly managed, or in a world that only computes: no proposal."""
    world.stock(world.tea, 50)
    agree(world, world.grower, "vmi", levels=(30, 100))
    managing.step(_scene(), MORNING)
    world.lose(world.tea, 45)
    managing.step(_scene(living=False), MORNING)
    managing.step(_scene(), replace(MORNING, since=MONDAY - timedelta(minutes=10)))
    assert not Proposal.objects.exists()
