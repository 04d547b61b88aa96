"""What stood in a place during an interval: the join of goods with time that sensors need."""

from __future__ import annotations

from uuid import uuid4

from longshore.catalog.models import HandlingUnit
from longshore.ledger.models import PostingKind
from longshore.ledger.operations import Move, NewPosting, post
from longshore.ledger.posting import Key
from longshore.ledger.queries import stood_there
from tests.platform.ledger.conftest import WHO, Small, hours


def move(source: Key, target: Key, qty: int, at: float) -> None:
    posting = NewPosting(uuid4(), PostingKind.MOVE, hours(at), (Move(source, target, qty),))
    post([posting], at=hours(at), cause=WHO)


def test_only_what_stood_there_in_the_interval_is_told(small: Small) -> None:
    """Goods that left before or came after are not told; those that came and left within, or stay, are."""
    early, late = small.key(small.shelf), small.key(small.shelf, lot=small.late)
    away = small.key(small.far_shelf)
    move(small.key(small.supplier), early, 10, 0)
    move(early, away, 4, 1)
    move(small.key(small.supplier, lot=small.late), late, 7, 5)
    shelf = [small.shelf]
    lots = lambda begin, end: [(s.lot, s.qty, s.left) for s in stood_there(shelf, hours(begin), hours(end))]  # noqa: E731
    assert lots(-2, -1) == []
    assert lots(0.5, 2) == [(small.early, 10, 6)]
    assert lots(2, 4) == [(small.early, 6, 6)]
    assert lots(4, 6) == [(small.early, 6, 6), (small.late, 7, 7)]
    move(early, away, 6, 7)
    assert lots(4, 8) == [(small.early, 6, 0), (small.late, 7, 7)]
    assert lots(8, 9) == [(small.late, 7, 7)]


def test_places_inside_and_handling_units_count(small: Small) -> None:
    """A site stands for all its bins, and a sensor in a pallet for what is on the pallet, wherever it went."""
    unit = HandlingUnit.objects.create(sscc="395212340000000018", created_at=hours(0)).pk
    on_pallet = Key(small.milk, small.shelf, small.owner, small.early, 0, unit)
    on_truck = Key(small.milk, small.truck, small.owner, small.early, 0, unit)
    move(small.key(small.supplier), small.key(small.dock), 9, 0)
    move(small.key(small.dock), on_pallet, 9, 1)
    move(on_pallet, on_truck, 9, 2)
    assert [s.place for s in stood_there([small.east], hours(0.5), hours(1.5))] == [small.dock, small.shelf]
    stood = stood_there([], hours(1.5), hours(3), handling_units=[unit])
    assert [(s.place, s.handling_unit, s.qty) for s in stood] == [(small.shelf, unit, 9), (small.truck, unit, 9)]
