"""Put-away, moves, holds, damage, counts, scans."""

from __future__ import annotations

import pytest

from longshore.ledger.models import Balance, Claim, Movement
from longshore.ledger.operations import Key
from longshore.storing.operations import (
    MovesRefused,
    NothingThere,
    Seen,
    SetApart,
    StockMove,
    count_place,
    hold_stock,
    move_stock,
    put_away,
    put_away_all,
    release_stock,
    report_damage,
    scrap,
)
from longshore.storing.queries import bin_contents, counts_waiting, put_away_waiting, scan
from longshore.storing.rules import Bin, Goods, choose_bins
from tests.platform.storing.floor import WHO, Floor, assert_books_are_clean, hours, name, standing


def test_goods_go_where_their_like_lies(floor: Floor) -> None:
    """Tea lies in bin B already: new tea goes there, milk into the cold bin, and the claims follow."""
    floor.stock(floor.tea, 2, floor.bin_b)
    dock = floor.stock(floor.tea, 5, floor.dock_in)
    floor.stock(floor.milk, 4, floor.dock_in, floor.late)
    floor.order("A-1", (floor.tea, 6))
    assert [row.item_code for row in put_away_waiting(site=floor.site)] == ["TEA", "MILK"]
    receipt = put_away_all(site=floor.site, at=hours(1), cause=WHO)
    assert [moved.target for moved in receipt.moved] == [floor.bin_b, floor.cold]
    assert Balance.objects.get(pk=dock).claimed == 0
    assert sum(claim.qty for claim in Claim.objects.filter(state="open", balance__place_id=floor.bin_b)) == 6
    assert put_away_waiting(site=floor.site) == []
    assert_books_are_clean()


def test_a_put_away_sent_twice_moves_once(floor: Floor) -> None:
    """The second upload of the same id is a replay."""
    dock = floor.stock(floor.tea, 5, floor.dock_in)
    move = StockMove(name("put"), dock, hours(1), 3, floor.bin_a)
    put_away([move], at=hours(1), cause=WHO)
    assert put_away([move], at=hours(2), cause=WHO).moved[0].replayed
    assert (standing(floor.dock_in), standing(floor.bin_a)) == (2, 3)


def test_more_than_is_there_is_refused(floor: Floor) -> None:
    """Six of five: refused with row, code and remedy; nothing moves."""
    dock = floor.stock(floor.tea, 5, floor.dock_in)
    before = Movement.objects.count()
    with pytest.raises(MovesRefused) as refusal:
        move_stock([StockMove(name("m"), dock, hours(1), 6, floor.bin_a)], at=hours(1), cause=WHO)
    assert (refusal.value.rejected[0].row, refusal.value.code) == (1, "not-enough")
    assert Movement.objects.count() == before


def test_the_rule_prefers_own_then_empty_then_any_bin_with_room() -> None:
    """Own bin while it has room, then an empty one, then any; nothing where none fits the temperature."""
    bins = [
        Bin(1, 9, "ambient", 10, None, True),
        Bin(2, 9, "ambient", 5, None, False),
        Bin(3, 9, "ambient", 50, None, False),
    ]
    goods = [Goods(key, 9, 7, "ambient", 5, 0) for key in range(4)] + [Goods(9, 9, 7, "frozen", 1, 0)]
    assert choose_bins(goods, bins, {7: {2}}) == {0: 2, 1: 1, 2: 1, 3: 3}


def test_a_hold_displaces_what_it_takes_away_and_can_be_released(floor: Floor) -> None:
    """Holding ten of ten voids the claim; released, the stock is free again."""
    shelf = floor.stock(floor.tea, 10, floor.bin_a)
    floor.order("A-1", (floor.tea, 4))
    receipt = hold_stock([SetApart(name("h"), shelf, hours(1))], at=hours(1), cause=WHO)
    assert len(receipt.displaced) == 1 and standing(floor.bin_a, 2) == 10
    held = Balance.objects.get(place_id=floor.bin_a, condition=2).pk
    release_stock([SetApart(name("r"), held, hours(2))], at=hours(2), cause=WHO)
    assert standing(floor.bin_a) == 10
    assert_books_are_clean()


def test_damage_then_scrap_leaves_our_books(floor: Floor) -> None:
    """Two broken, two scrapped: eight are left and the sum over all places is still nothing."""
    shelf = floor.stock(floor.tea, 10, floor.bin_a)
    report_damage([SetApart(name("d"), shelf, hours(1), 2)], at=hours(1), cause=WHO)
    broken = Balance.objects.get(place_id=floor.bin_a, condition=3).pk
    scrap([SetApart(name("s"), broken, hours(1))], at=hours(1), cause=WHO)
    assert (standing(floor.bin_a), standing(floor.bin_a, 3)) == (8, 0)
    with pytest.raises(NothingThere):
        scrap([SetApart(name("s2"), broken, hours(1))], at=hours(1), cause=WHO)
    assert_books_are_clean()


def test_small_differences_are_posted_and_large_ones_counted_twice(floor: Floor) -> None:
    """99 of 100 is posted; 60 asks for a second count, and the second count is believed."""
    floor.stock(floor.tea, 100, floor.bin_a)
    key = Key(floor.tea, floor.bin_a, floor.owner)
    small = count_place(
        place=floor.bin_a, seen=[Seen(name("c1"), key, 99)], happened_at=hours(1), at=hours(1), cause=WHO
    )
    assert (small.recount, standing(floor.bin_a)) == ((), 99)
    large = count_place(
        place=floor.bin_a, seen=[Seen(name("c2"), key, 60)], happened_at=hours(2), at=hours(2), cause=WHO
    )
    assert (large.recount, standing(floor.bin_a)) == ((floor.tea,), 99)
    assert [(row.item, row.recount) for row in counts_waiting(site=floor.site)] == [(floor.tea, True)]
    count_place(place=floor.bin_a, seen=[Seen(name("c3"), key, 61)], happened_at=hours(3), at=hours(3), cause=WHO)
    assert (standing(floor.bin_a), counts_waiting(site=floor.site)) == (61, [])
    assert_books_are_clean()


def test_a_complete_count_finds_what_is_not_there(floor: Floor) -> None:
    """Nothing seen at a place where five stand: a second count is asked for; then it is written off."""
    floor.stock(floor.tea, 5, floor.bin_a)
    for hour in (1, 2):
        count_place(place=floor.bin_a, seen=[], happened_at=hours(hour), at=hours(hour), cause=WHO, complete=True)
    assert standing(floor.bin_a) == 0
    assert_books_are_clean()


@pytest.mark.parametrize(
    ("code", "kind"),
    [("TEA", "item"), ("06901234567892", "item"), ("(01)06901234567892", "item"), ("H-A-01", "place"), ("L1", "lot")],
)
def test_a_scan_says_what_it_is(floor: Floor, code: str, kind: str) -> None:
    """Plain codes and GS1 codes are found."""
    assert [hit.kind for hit in scan(code)] == [kind]


def test_bin_contents_show_lots_and_claims(floor: Floor) -> None:
    """Ten with four claimed."""
    floor.stock(floor.milk, 10, floor.cold, floor.early)
    floor.order("A-1", (floor.milk, 4))
    [row] = bin_contents(place=floor.cold)
    assert (row.item_code, row.lot_code, row.qty, row.claimed) == ("MILK", "L1", 10, 4)
