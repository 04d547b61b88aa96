"""The small world of orders, with ten of milk delivered from two lots."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from longshore.ledger.models import Claim, PostingKind
from longshore.ledger.operations import Claims, Key, Move, NewPosting, post
from longshore.ordering.operations import add_delivered, add_shipped, promise
from tests.platform.ordering.world import MONDAY, WHO, World, build, hours, lines_of, name


@dataclass(frozen=True)
class Delivered:
    world: World
    order: int
    line: int


@pytest.fixture
def delivered(db: None) -> Delivered:
    world = build()
    world.stock(world.milk, 6, lot=world.early)
    world.stock(world.milk, 20, lot=world.late)
    order = world.order("A-1", (world.milk, 10), requested_at=hours(14))
    promise([order], at=MONDAY, cause=WHO)
    [line] = lines_of(order)
    moves = []
    for claim in Claim.objects.filter(state="open").order_by("id"):
        assert claim.balance is not None
        lot = claim.balance.lot_id
        source = Key(world.milk, world.north_shelf, world.owner, lot)
        target = Key(world.milk, world.shop_place, world.owner, lot)
        moves.append(Move(source, target, claim.qty, Claims.CONSUME, claim.pk))
    post([NewPosting(name("deliver"), PostingKind.DELIVER, hours(10), tuple(moves), "S-1")], at=hours(10), cause=WHO)
    add_shipped([(line.pk, 10)], at=hours(10), cause=WHO)
    add_delivered([(line.pk, 10)], at=hours(10), cause=WHO)
    return Delivered(world, order, line.pk)
