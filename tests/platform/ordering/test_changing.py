"""Change, cancel, urgent insertion, refusal with a date, progress."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from longshore.catalog.errors import Refusal
from longshore.ledger.models import Balance, Claim, OutboxEvent
from longshore.ledger.operations import harden_claims
from longshore.ordering.models import CustomerOrder, PromiseRecord
from longshore.ordering.operations import (
    CannotPromise,
    ChangeRefused,
    LineChange,
    MoreThanThere,
    NewLine,
    NothingToCancel,
    OrderChanges,
    add_delivered,
    add_refused,
    add_returned,
    add_shipped,
    cancel_order,
    change_order,
    insert_urgent,
    mark_orders,
    promise,
    promise_or_refuse,
)
from tests.platform.ordering.test_repromise import rows_of
from tests.platform.ordering.world import MONDAY, WHO, World, held, hours, lines_of


def held_in_all(order: int, line: int = 0) -> int:
    return sum(row[3] for row in held(lines_of(order)[line].pk))


def test_less_wanted_frees_the_difference(world: World) -> None:
    """Ten become six: six are held, four are free, four are cancelled and told."""
    world.stock(world.tea, 10)
    order = world.order("A-1", (world.tea, 10))
    promise([order], at=MONDAY, cause=WHO)
    receipt = change_order(order, OrderChanges(lines=(LineChange(1, "6"),)), at=hours(1), cause=WHO)
    [line] = lines_of(order)
    assert receipt.changed == ((line.pk, -4),)
    assert (line.qty, line.cancelled, held_in_all(order)) == (10, 4, 6)
    assert Balance.objects.get(place_id=world.north_shelf).claimed == 6
    assert CustomerOrder.objects.get(pk=order).value == 6 * 900
    assert OutboxEvent.objects.filter(name="ordering.order-cancelled").count() == 1


def test_more_wanted_is_promised_too(world: World) -> None:
    """Two cartons instead of ten pieces: twenty-four are held."""
    world.stock(world.tea, 30)
    order = world.order("A-1", (world.tea, 10))
    promise([order], at=MONDAY, cause=WHO)
    change_order(order, OrderChanges(lines=(LineChange(1, 2, "CT"),)), at=hours(1), cause=WHO)
    assert (lines_of(order)[0].qty, held_in_all(order)) == (24, 24)


def test_lines_are_added_and_removed(world: World) -> None:
    """Tea goes, rice comes: tea's claim is free again, rice is promised, the untouched line keeps its rows."""
    world.stock(world.tea, 5)
    world.stock(world.rice, 5)
    world.stock(world.milk, 5, lot=world.late)
    order = world.order("A-1", (world.tea, 5), (world.milk, 2))
    promise([order], at=MONDAY, cause=WHO)
    milk = list(Claim.objects.filter(item_id=world.milk).values_list())
    changes = OrderChanges(lines=(LineChange(1, 0),), add=(NewLine(3, "RICE", 4),))
    change_order(order, changes, at=hours(1), cause=WHO)
    assert [held_in_all(order, line) for line in range(3)] == [0, 2, 4]
    assert list(Claim.objects.filter(item_id=world.milk).values_list()) == milk
    assert CustomerOrder.objects.get(pk=order).state == "promised"


def test_an_earlier_date_moves_the_departure(world: World) -> None:
    """Wanted in two days, now tomorrow: the claim leaves earlier."""
    world.stock(world.tea, 5)
    order = world.order("A-1", (world.tea, 5), requested_at=hours(60))
    promise([order], at=MONDAY, cause=WHO)
    before = Claim.objects.get().ship_at
    change_order(order, OrderChanges(requested_at=hours(30)), at=hours(1), cause=WHO)
    claim = Claim.objects.get(state="open")
    assert claim.ship_at < before and claim.due_at <= hours(30)


def test_what_is_being_worked_on_cannot_be_changed_away(world: World) -> None:
    """Ten are being picked: asking for six refuses, says the least, and changes nothing."""
    world.stock(world.tea, 10)
    order = world.order("A-1", (world.tea, 10))
    promise([order], at=MONDAY, cause=WHO)
    harden_claims(list(Claim.objects.values_list("id", flat=True)), at=hours(1), cause=WHO)
    before = rows_of(order)
    with pytest.raises(ChangeRefused) as refused:
        change_order(order, OrderChanges(lines=(LineChange(1, 6),)), at=hours(2), cause=WHO)
    assert (refused.value.code, refused.value.fields["least"]) == ("line-in-work", 10)
    assert rows_of(order) == before


def test_a_cancelled_order_holds_nothing(world: World) -> None:
    """All claims are given back, the order is cancelled, cancelling again is refused."""
    world.stock(world.tea, 10)
    order = world.order("A-1", (world.tea, 4))
    promise([order], at=MONDAY, cause=WHO)
    receipt = cancel_order(order, at=hours(1), cause=WHO)
    assert [qty for _line, qty in receipt.lines] == [4]
    assert CustomerOrder.objects.get(pk=order).state == "cancelled"
    assert Balance.objects.get(place_id=world.north_shelf).claimed == 0
    with pytest.raises(NothingToCancel):
        cancel_order(order, at=hours(2), cause=WHO)


def test_an_urgent_order_takes_from_the_least_urgent(world: World) -> None:
    """Ten held by orders of priority 5 and 8; an order of priority 1 for five gets them from the 8, which waits for the
    receipt in three days; the 5 is untouched."""
    world.stock(world.tea, 10)
    usual, slow = world.order("A-1", (world.tea, 5), priority=5), world.order("A-2", (world.tea, 5), priority=8)
    promise([usual, slow], at=MONDAY, cause=WHO)
    world.inbound(world.tea, 50, hours(72))
    before = rows_of(usual)
    urgent = world.order("A-3", (world.tea, 5), priority=1)
    receipt = insert_urgent(urgent, at=hours(1), cause=WHO)
    assert rows_of(usual) == before
    assert (held_in_all(urgent), lines_of(urgent)[0].short) == (5, 0)
    [loser] = receipt.others.lines
    assert (loser.order, loser.short) == (slow, 0)
    assert loser.before is not None and loser.promised_at is not None and loser.promised_at > hours(72) > loser.before


def test_an_urgent_order_disturbs_nobody_when_there_is_enough(world: World) -> None:
    """Free stock is there: nobody loses anything."""
    world.stock(world.tea, 20)
    slow = world.order("A-2", (world.tea, 5), priority=8)
    promise([slow], at=MONDAY, cause=WHO)
    before = rows_of(slow)
    urgent = world.order("A-3", (world.tea, 5), priority=1)
    assert insert_urgent(urgent, at=hours(1), cause=WHO).others.lines == ()
    assert (rows_of(slow), held_in_all(urgent)) == (before, 5)


def test_a_refusal_names_the_next_possible_date(world: World) -> None:
    """Three on hand, fifty in three days: five by the day after tomorrow are refused with a date after the receipt."""
    world.stock(world.tea, 3)
    world.inbound(world.tea, 50, hours(72))
    order = world.order("A-1", (world.tea, 5))
    with pytest.raises(CannotPromise) as refused:
        promise_or_refuse(order, at=MONDAY, cause=WHO)
    next_at = datetime.fromisoformat(str(refused.value.fields["next_at"]))
    assert refused.value.code == "cannot-promise"
    assert hours(72) < next_at < hours(120)
    assert (Claim.objects.count(), PromiseRecord.objects.count()) == (0, 0)
    promise_or_refuse(order, at=MONDAY, cause=WHO, by=next_at)
    assert held_in_all(order) == 5


def test_without_planned_supply_the_next_date_is_the_suppliers(world: World) -> None:
    """Nothing anywhere: tea could come from the grower in a week; rice from nobody, and the refusal says so."""
    tea, rice = world.order("A-1", (world.tea, 5)), world.order("A-2", (world.rice, 5))
    with pytest.raises(CannotPromise) as refused:
        promise_or_refuse(tea, at=MONDAY, cause=WHO)
    assert hours(168) < datetime.fromisoformat(str(refused.value.fields["next_at"])) < hours(180)
    with pytest.raises(CannotPromise) as hopeless:
        promise_or_refuse(rice, at=MONDAY, cause=WHO)
    assert (hopeless.value.code, hopeless.value.fields["next_at"]) == ("no-supply", None)


def test_an_order_is_delivered_when_nothing_of_it_is_open(world: World) -> None:
    """Ten shipped, eight taken, two refused: the order is delivered, the two count as refused and not wanted."""
    world.stock(world.tea, 10)
    order = world.order("A-1", (world.tea, 10))
    promise([order], at=MONDAY, cause=WHO)
    [line] = lines_of(order)
    mark_orders([order], "in_transit", at=hours(20), cause=WHO)
    add_shipped([(line.pk, 6), (line.pk, 4)], at=hours(20), cause=WHO)
    add_delivered([(line.pk, 8)], at=hours(24), cause=WHO)
    assert CustomerOrder.objects.get(pk=order).state == "in_transit"
    add_refused([(line.pk, 2)], at=hours(24), cause=WHO)
    saved = CustomerOrder.objects.get(pk=order)
    assert (saved.state, saved.delivered_at) == ("delivered", hours(24))
    add_returned([(line.pk, 1)], at=hours(48), cause=WHO)
    [line] = lines_of(order)
    assert (line.shipped, line.delivered, line.refused, line.cancelled, line.returned) == (10, 8, 2, 2, 1)
    with pytest.raises(MoreThanThere):
        add_returned([(line.pk, 8)], at=hours(49), cause=WHO)
    assert mark_orders([order], "loaded", at=hours(50), cause=WHO) == ()


def test_refusals_share_one_shape(world: World) -> None:
    """Code, sentence and remedy are there, and the fields name the order."""
    order = world.order("A-1", (world.rice, 5))
    with pytest.raises(Refusal) as refused:
        promise_or_refuse(order, at=MONDAY, cause=WHO)
    assert refused.value.fields["order"] == "A-1"
    assert str(refused.value.sentence) and str(refused.value.remedy)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (OrderChanges(requested_at=datetime(2026, 3, 5)), "time-without-zone"),  # noqa: DTZ001
        (OrderChanges(requested_at=datetime(1, 1, 1, tzinfo=UTC)), "time-out-of-range"),
        (OrderChanges(priority=0), "bad-priority"),
        (OrderChanges(lines=(LineChange(9, 1),)), "unknown-line"),
        (OrderChanges(lines=(LineChange(1, 1, "PX"),)), "unknown-unit"),
        (OrderChanges(lines=(LineChange(1, "-1"),)), "quantity-not-positive"),
        (OrderChanges(lines=(LineChange(1, 2**62),)), "value-out-of-range"),
        (OrderChanges(add=(NewLine(1, "RICE", 1),)), "line-repeated"),
        (OrderChanges(add=(NewLine(2, "COFFEE", 1),)), "unknown-item"),
    ],
)
def test_bad_changes_change_nothing(world: World, changes: OrderChanges, code: str) -> None:
    """Each is refused with its code, and every row of the order is as before."""
    world.stock(world.tea, 10)
    order = world.order("A-1", (world.tea, 10))
    promise([order], at=MONDAY, cause=WHO)
    before = rows_of(order)
    with pytest.raises(Refusal) as refused:
        change_order(order, changes, at=hours(1), cause=WHO)
    assert refused.value.code == code
    assert rows_of(order) == before
