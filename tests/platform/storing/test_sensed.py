"""What shelves and readers see against the books: posted, counted by a person, or nothing."""

from __future__ import annotations

from datetime import datetime

import pytest

from longshore.catalog.models import Item
from longshore.ledger.models import Balance, Observation, Posting
from longshore.ledger.outbox import emit
from longshore.project.dispatcher import drain_outbox
from longshore.sensing.events import StockLevelled, SweepCounted
from longshore.storing.count_rules import CountPolicy, Follow, follow
from longshore.storing.models import CountTask
from tests.platform.storing.floor import WHO, Floor, assert_books_are_clean, hours


def _level(floor: Floor, qty: int, at: datetime, *, before: int | None = None) -> None:
    event = StockLevelled(1, floor.bin_a, floor.tea, qty, before, at.isoformat())
    emit([event], at=at, cause=WHO)
    drain_outbox(at=at)


@pytest.mark.parametrize(
    ("expected", "seen", "what"),
    [
        (100, 100, Follow.NOTHING),
        (100, 98, Follow.ADJUST),
        (100, 97, Follow.RECOUNT),
        (100, 102, Follow.ADJUST),
        (1, 0, Follow.RECOUNT),
        (0, 0, Follow.NOTHING),
        (0, 5, Follow.RECOUNT),
    ],
)
def test_the_policy(expected: int, seen: int, what: Follow) -> None:
    """Two in a hundred are posted, three are counted, and an empty sensor is never believed."""
    assert follow(expected, seen, 100, CountPolicy(2, 10_000)) is what


def test_a_dear_difference_is_counted_by_a_person() -> None:
    """However small its share."""
    assert follow(1000, 999, 20_000, CountPolicy(2, 10_000)) is Follow.RECOUNT


def test_a_small_difference_becomes_a_movement(floor: Floor) -> None:
    """The shelf shows 99 of 100: an observation and an explicit movement; the same reading again changes nothing."""
    balance = floor.stock(floor.tea, 100, floor.bin_a)
    _level(floor, 99, hours(1))
    posted = Posting.objects.count()
    _level(floor, 99, hours(1))
    assert Balance.objects.get(pk=balance).qty == 99
    assert (Posting.objects.count(), Observation.objects.count()) == (posted, 1)
    assert not CountTask.objects.exists()
    assert_books_are_clean()


def test_an_older_level_heard_after_a_newer_one_is_let_be(floor: Floor) -> None:
    """The newer level has the older difference in it: told in either order the books end with what the shelf shows."""
    balance = floor.stock(floor.tea, 100, floor.bin_a)
    _level(floor, 98, hours(2))
    _level(floor, 99, hours(1))
    assert Balance.objects.get(pk=balance).qty == 98
    assert_books_are_clean()


def test_a_large_difference_asks_for_one_count(floor: Floor) -> None:
    """The shelf shows half: nobody believes it, one person is sent, once."""
    balance = floor.stock(floor.tea, 100, floor.bin_a)
    _level(floor, 50, hours(1))
    _level(floor, 48, hours(2))
    assert Balance.objects.get(pk=balance).qty == 100
    assert list(CountTask.objects.values_list("place_id", "item_id", "recount")) == [(floor.bin_a, floor.tea, True)]


def test_a_sweep_compares_every_item_of_the_place(floor: Floor) -> None:
    """Two tags of tea where three are in the books: a count of the tea; tags of others and rubbish are passed over."""
    Item.objects.filter(pk=floor.tea).update(gtin="06901234567892")
    floor.stock(floor.tea, 3, floor.bin_a)
    tags = ("urn:epc:id:sgtin:690123456.0789.1", "urn:epc:id:sgtin:690123456.0789.2", "rubbish")
    emit([SweepCounted("s-1", 1, floor.bin_a, hours(1).isoformat(), tags)], at=hours(1), cause=WHO)
    drain_outbox(at=hours(1))
    assert list(CountTask.objects.values_list("place_id", "item_id")) == [(floor.bin_a, floor.tea)]
