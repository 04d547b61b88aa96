"""Picks and packs: whole, short by reason, twice, refused."""

from __future__ import annotations

import pytest

from longshore.ledger.models import Balance, Claim, Movement, OutboxEvent
from longshore.ordering.models import CustomerOrder
from longshore.ordering.operations import cancel_order
from longshore.storing.models import CountTask, PickTask
from longshore.storing.operations import Picked, PicksRefused, cancel_picks, confirm_picks, pack
from tests.platform.storing.floor import WHO, Floor, assert_books_are_clean, hours, line_ids, standing, task_of


def _counts() -> tuple[int, int, int]:
    return Movement.objects.count(), Claim.objects.count(), OutboxEvent.objects.count()


def test_a_pick_moves_goods_and_their_claim_to_staging(floor: Floor) -> None:
    """Three of ten: seven stay free on the shelf, three stand claimed in staging."""
    shelf = floor.stock(floor.tea, 10, floor.bin_a)
    order = floor.order("A-1", (floor.tea, 3))
    floor.pick_all()
    [claim] = Claim.objects.filter(state="open")
    assert claim.balance is not None and claim.balance.place_id == floor.staging
    assert (Balance.objects.get(pk=shelf).qty, Balance.objects.get(pk=shelf).claimed) == (7, 0)
    assert CustomerOrder.objects.get(pk=order).state == "picked"
    assert_books_are_clean()


def test_confirming_again_changes_nothing_and_differently_is_refused(floor: Floor) -> None:
    """The same confirmation is a replay; another quantity is an error that names the task."""
    floor.stock(floor.tea, 10, floor.bin_a)
    floor.order("A-1", (floor.tea, 3))
    [task] = floor.pick_all()
    before = _counts()
    assert confirm_picks([Picked(task, hours(5))], at=hours(5), cause=WHO).replayed == (task,)
    with pytest.raises(PicksRefused) as refusal:
        confirm_picks([Picked(task, hours(5), 1, "missing")], at=hours(5), cause=WHO)
    assert (refusal.value.code, refusal.value.rejected[0].value) == ("already-done", str(task))
    assert _counts() == before


@pytest.mark.parametrize(
    ("pick", "code"),
    [
        ((0, 4, ""), "more-than-asked"),
        ((0, 2, ""), "reason-needed"),
        ((0, 2, "tired"), "reason-needed"),
        ((0, -1, "missing"), "more-than-asked"),
        ((999_999, None, ""), "no-such-task"),
    ],
)
def test_bad_confirmations_are_refused(floor: Floor, pick: tuple[int, int | None, str], code: str) -> None:
    """Each wrong confirmation says why, and nothing moves."""
    floor.stock(floor.tea, 10, floor.bin_a)
    floor.order("A-1", (floor.tea, 3))
    [task] = floor.release()
    before = _counts()
    offset, qty, reason = pick
    with pytest.raises(PicksRefused) as refusal:
        confirm_picks([Picked(task + offset, hours(2), qty, reason)], at=hours(2), cause=WHO)
    assert refusal.value.code == code and refusal.value.rejected[0].remedy
    assert _counts() == before


def test_a_partial_batch_takes_the_good_rows(floor: Floor) -> None:
    """One good and one unknown task with partial: one picked, one rejected with its row number."""
    floor.stock(floor.tea, 10, floor.bin_a)
    floor.order("A-1", (floor.tea, 3))
    [task] = floor.release()
    picks = [Picked(task + 1000, hours(2)), Picked(task, hours(2))]
    receipt = confirm_picks(picks, at=hours(2), cause=WHO, partial=True)
    assert receipt.picked == (task,)
    assert [(row.row, row.code) for row in receipt.rejected] == [(1, "no-such-task")]


@pytest.mark.parametrize(("reason", "shelf", "damaged"), [("missing", 0, 0), ("damaged", 8, 1), ("other", 9, 0)])
def test_a_short_pick_by_reason(floor: Floor, reason: str, shelf: int, damaged: int) -> None:
    """Two of three, ten on the shelf: an empty bin is written off, a broken piece set apart, else the stock stays."""
    floor.stock(floor.tea, 11, floor.bin_a)
    order = floor.order("A-1", (floor.tea, 3))
    [task] = floor.release()
    receipt = confirm_picks([Picked(task, hours(2), 2, reason)], at=hours(2), cause=WHO)
    assert receipt.short == (task,)
    assert (standing(floor.bin_a), standing(floor.bin_a, 3), standing(floor.staging)) == (shelf, damaged, 2)
    [event] = OutboxEvent.objects.filter(name="storing.picked-short")
    assert (event.payload["order_line"], event.payload["short"]) == (line_ids(order)[0], 1)
    assert CountTask.objects.get().place_id == floor.bin_a
    assert sum(claim.qty - claim.consumed for claim in Claim.objects.filter(state="open")) == 2
    assert_books_are_clean()


def test_nothing_found_gives_the_whole_claim_back(floor: Floor) -> None:
    """Zero of three: no movement to staging, no open claim, the task is short."""
    floor.stock(floor.tea, 3, floor.bin_a)
    floor.order("A-1", (floor.tea, 3))
    [task] = floor.release()
    confirm_picks([Picked(task, hours(2), 0, "missing")], at=hours(2), cause=WHO)
    assert PickTask.objects.get().state == "short"
    assert not Claim.objects.filter(state="open").exists()
    assert standing(floor.bin_a) == 0
    assert_books_are_clean()


def test_a_cancelled_order_leaves_the_pick_list(floor: Floor) -> None:
    """The claim is given back; the task is cancelled and cannot be picked any more."""
    floor.stock(floor.tea, 3, floor.bin_a)
    order = floor.order("A-1", (floor.tea, 3))
    [task] = floor.release()
    cancel_order(order, at=hours(2), cause=WHO)
    with pytest.raises(PicksRefused) as refusal:
        confirm_picks([Picked(task, hours(2))], at=hours(2), cause=WHO)
    assert refusal.value.code == "claim-gone"
    assert cancel_picks(order_lines=line_ids(order), at=hours(2), cause=WHO) == (task,)
    assert task_of(order).state == "cancelled"


def test_packing_gives_each_order_and_temperature_its_own_unit(floor: Floor) -> None:
    """Two orders, one with two temperature classes: three cartons with valid, different SSCC; packing again finds nothing."""
    floor.stock(floor.tea, 50, floor.bin_a)
    floor.stock(floor.milk, 50, floor.cold, floor.late)
    floor.order("A-1", (floor.tea, 3), (floor.milk, 2))
    floor.order("A-2", (floor.tea, 4))
    floor.pick_all()
    receipt = pack(site=floor.site, at=hours(3), cause=WHO)
    assert [unit.kind for unit in receipt.units] == ["carton"] * 3
    assert len({unit.sscc for unit in receipt.units}) == 3
    assert pack(site=floor.site, at=hours(3), cause=WHO).units == ()
    assert set(CustomerOrder.objects.values_list("state", flat=True)) == {"packed"}
    assert_books_are_clean()


def test_a_line_too_heavy_for_one_pallet_is_split(floor: Floor) -> None:
    """Two thousand kilograms of tea go on three pallets, and the claims add up."""
    floor.stock(floor.tea, 4000, floor.bin_a)
    floor.order("A-1", (floor.tea, 4000))
    floor.pick_all()
    receipt = pack(site=floor.site, at=hours(3), cause=WHO)
    assert [(unit.kind, sum(qty for _task, qty in unit.contents)) for unit in receipt.units] == [
        ("pallet", 1500),
        ("pallet", 1500),
        ("pallet", 1000),
    ]
    assert sum(claim.qty - claim.consumed for claim in Claim.objects.filter(state="open")) == 4000
    assert_books_are_clean()
