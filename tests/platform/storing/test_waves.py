"""Waves: what they take, what they leave, which lots, and twice the same key."""

from __future__ import annotations

from longshore.ledger.models import Claim, OutboxEvent
from longshore.ledger.operations import NewFlow, plan_flows
from longshore.ordering.models import CustomerOrder
from longshore.storing.models import PickTask, Wave
from longshore.storing.operations import release_wave
from longshore.storing.queries import pick_list, waves
from tests.platform.storing.floor import MONDAY, WHO, Floor, assert_books_are_clean, hours, name


def test_a_wave_makes_tasks_in_walking_order_and_hardens_claims(floor: Floor) -> None:
    """Two orders, two bins: tasks walk from bin A to bin B, claims are hard, the orders are released."""
    floor.stock(floor.tea, 10, floor.bin_b)
    floor.stock(floor.milk, 10, floor.cold, floor.late)
    first, second = floor.order("A-1", (floor.milk, 2)), floor.order("A-2", (floor.tea, 3))
    receipt = release_wave(key=name("w"), site=floor.site, ship_before=hours(48), at=hours(1), cause=WHO)
    assert receipt.orders == (first, second)
    assert [(row.place_code, row.qty) for row in pick_list(wave=receipt.wave)] == [("H-B-01", 3), ("H-C-01", 2)]
    assert set(Claim.objects.values_list("hard", flat=True)) == {True}
    assert set(CustomerOrder.objects.values_list("state", flat=True)) == {"released"}
    [event] = OutboxEvent.objects.filter(name="storing.wave-released")
    assert event.payload == {"wave": receipt.wave, "orders": [first, second]}
    assert_books_are_clean()


def test_the_lot_that_expires_first_is_taken_when_it_lives_long_enough(floor: Floor) -> None:
    """The promise stood on the late lot; an early lot came since: the wave takes the early one."""
    floor.stock(floor.milk, 5, floor.cold, floor.late)
    floor.order("A-1", (floor.milk, 4))
    floor.stock(floor.milk, 3, floor.cold, floor.early)
    floor.release()
    taken = sorted((task.balance.lot_id, task.qty) for task in PickTask.objects.select_related("balance"))
    assert taken == sorted([(floor.early, 3), (floor.late, 1)])
    assert_books_are_clean()


def test_the_same_key_releases_once(floor: Floor) -> None:
    """The second call returns the first wave and makes no task."""
    floor.stock(floor.tea, 10, floor.bin_a)
    floor.order("A-1", (floor.tea, 3))
    tasks = floor.release("again")
    assert floor.release("again") == tasks
    assert (Wave.objects.count(), PickTask.objects.count()) == (1, 1)


def test_nothing_to_release_makes_no_wave(floor: Floor) -> None:
    """Without promised orders the receipt is empty and nothing is written."""
    receipt = release_wave(key=name("w"), site=floor.site, ship_before=hours(48), at=hours(1), cause=WHO)
    assert (receipt.wave, receipt.tasks, Wave.objects.count()) == (None, (), 0)


def test_what_leaves_later_waits(floor: Floor) -> None:
    """An order that leaves after the wave's time stays soft, unless it is named."""
    floor.stock(floor.tea, 10, floor.bin_a)
    order = floor.order("A-1", (floor.tea, 3))
    early = release_wave(key=name("w1"), site=floor.site, ship_before=hours(1), at=hours(1), cause=WHO)
    assert early.tasks == ()
    named = release_wave(
        key=name("w2"), site=floor.site, ship_before=hours(1), order_ids=[order], at=hours(1), cause=WHO
    )
    assert len(named.tasks) == 1


def test_lines_on_supply_to_come_are_left_out(floor: Floor) -> None:
    """Three on the shelf, five on the way: three are released, the rest is named as awaited; a complete order waits."""
    floor.stock(floor.tea, 3, floor.bin_a)
    flow = NewFlow(name("flow"), "purchase", floor.tea, floor.opening, floor.dock_in, 50, MONDAY, hours(4), "PO-1")
    plan_flows([flow], at=MONDAY, cause=WHO)
    floor.order("A-1", (floor.tea, 8))
    receipt = release_wave(key=name("w"), site=floor.site, ship_before=hours(48), at=hours(1), cause=WHO)
    assert PickTask.objects.get().qty == 3
    assert [(row.qty, row.code, row.ready_at) for row in receipt.left_out] == [(5, "awaiting-receipt", hours(4))]
    assert CustomerOrder.objects.get().state == "promised"


def test_an_order_to_be_delivered_complete_waits_as_a_whole(floor: Floor) -> None:
    """Part in stock, part on the way, deliver complete: nothing is released."""
    floor.stock(floor.tea, 3, floor.bin_a)
    flow = NewFlow(name("flow"), "purchase", floor.milk, floor.opening, floor.dock_in, 50, MONDAY, hours(4), "PO-1")
    plan_flows([flow], at=MONDAY, cause=WHO)
    floor.order("A-1", (floor.tea, 3), (floor.milk, 2), complete=True)
    receipt = release_wave(key=name("w"), site=floor.site, ship_before=hours(72), at=hours(1), cause=WHO)
    assert receipt.tasks == ()
    assert {row.code for row in receipt.left_out} <= {"awaiting-receipt", "incomplete"}
    assert not Claim.objects.filter(hard=True).exists()


def test_the_list_of_waves_counts_its_tasks(floor: Floor) -> None:
    """One wave of one task: one waiting; after the pick it is done."""
    floor.stock(floor.tea, 10, floor.bin_a)
    floor.order("A-1", (floor.tea, 3))
    floor.release()
    assert [(row.tasks, row.waiting, row.orders) for row in waves(site=floor.site)] == [(1, 1, 1)]
    floor.pick_all()
    assert waves(site=floor.site)[0].done_at == hours(2)
    assert waves(only_open=True) == []
