"""What is off plan is raised once, acted upon by real verbs, and stays done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from longshore.ledger.models import Balance, Condition, OutboxEvent
from longshore.ordering.models import CustomerOrder
from longshore.shipping.models import Shipment, Trip, TripStop, VehiclePosition
from longshore.storing.models import CountTask
from longshore.storing.operations import Picked, confirm_picks
from longshore.tower.models import LiveEvent, OpenException
from longshore.tower.operations import (
    AlreadyClosed,
    NothingProposed,
    act_on_exception,
    close_exception,
    reopen_exception,
    snooze_exception,
    sweep,
)
from longshore.tower.queries import inbox_counts, open_exceptions
from tests.platform.storing.floor import WHO, Floor, hours, name, standing

pytestmark = pytest.mark.django_db


LATE = hours(24 * 10)  # the early lot of milk has expired


def _expired(floor: Floor) -> int:
    """Five milk of the expired lot on a shelf; the exception about them."""
    floor.stock(floor.milk, 5, floor.cold, floor.early)
    (id,) = sweep(at=LATE, cause=WHO, kinds=("lot-expired",)).raised
    return id


def test_a_sweep_raises_each_matter_once(floor: Floor) -> None:
    """A short pick becomes one exception with what, where and money; the second sweep adds nothing."""
    floor.stock(floor.tea, 10, floor.bin_a)
    floor.order("T-1", (floor.tea, 10))
    (task,) = floor.release()
    confirm_picks([Picked(task, hours(2), 7, "missing")], at=hours(2), cause=WHO)
    first = sweep(at=hours(3), cause=WHO, kinds=("pick-short",))
    again = sweep(at=hours(3), cause=WHO, kinds=("pick-short",))
    assert len(first.raised) == 1 and again.raised == () and again.cleared == ()
    (row,) = open_exceptions(hours(3))
    assert (row.kind, row.severity, row.site_code, row.subject) == ("pick-short", "warning", "HUB", f"item:{floor.tea}")
    assert (row.money, row.orders) == (3 * 900, 1)
    assert row.action == "", "the warehouse has asked for a count already"
    assert row.facts["missing"] == 3 and row.facts["order"] == "T-1" and row.facts["place"] == "H-A-01"
    assert OutboxEvent.objects.filter(name="tower.exception-raised").count() == 1
    assert LiveEvent.objects.filter(topic="exception").count() == 1


def test_a_count_is_asked_for_when_nobody_has(floor: Floor) -> None:
    """Without a count under way the short pick proposes one; acting puts it on the warehouse's list."""
    floor.stock(floor.tea, 10, floor.bin_a)
    floor.order("T-1", (floor.tea, 10))
    (task,) = floor.release()
    confirm_picks([Picked(task, hours(2), 7, "missing")], at=hours(2), cause=WHO)
    CountTask.objects.all().delete()
    (id,) = sweep(at=hours(3), cause=WHO, kinds=("pick-short",)).raised
    receipt = act_on_exception(id, at=hours(3), cause=WHO)
    count = CountTask.objects.get()
    assert receipt.facts == {"tasks": [count.pk]}
    assert (count.place_id, count.item_id) == (floor.bin_a, floor.tea)


def test_acting_calls_the_verb_and_closes(floor: Floor) -> None:
    """The expired lot goes on hold in the ledger, the exception is done and says what came of it; twice is refused."""
    id = _expired(floor)
    receipt = act_on_exception(id, at=LATE, cause=WHO)
    assert receipt.facts["qty"] == 5
    assert (standing(floor.cold), standing(floor.cold, Condition.HOLD)) == (0, 5)
    row = OpenException.objects.get(pk=id)
    assert (row.state, row.closed_by, row.outcome["action"]) == ("done", "tester", "hold-lot")
    with pytest.raises(AlreadyClosed) as refused:
        act_on_exception(id, at=LATE, cause=WHO)
    assert refused.value.code == "exception-closed"
    assert standing(floor.cold, Condition.HOLD) == 5
    assert sweep(at=LATE, cause=WHO, kinds=("lot-expired",)).raised == ()


def test_what_goes_away_is_cleared(floor: Floor) -> None:
    """When somebody else puts the expired lot on hold the exception clears by itself, and may come again."""
    id = _expired(floor)
    Balance.objects.filter(place_id=floor.cold).update(condition=Condition.HOLD)
    assert sweep(at=LATE, cause=WHO, kinds=("lot-expired",)).cleared == (id,)
    assert OpenException.objects.get(pk=id).state == "cleared"
    Balance.objects.filter(place_id=floor.cold).update(condition=Condition.UNRESTRICTED)
    assert len(sweep(at=LATE, cause=WHO, kinds=("lot-expired",)).raised) == 1


def test_a_late_order_is_promised_again(floor: Floor) -> None:
    """An order whose promise has passed is raised as late, counted in the inbox, and acting calls promising."""
    floor.stock(floor.tea, 10, floor.bin_a)
    order = floor.order("T-2", (floor.tea, 10))
    promised = CustomerOrder.objects.get(pk=order).promised_at
    assert promised is not None
    at = hours(48)
    (id,) = sweep(at=at, cause=WHO, kinds=("order-late",)).raised
    assert at - promised > timedelta(days=1)
    counts = inbox_counts(at)
    assert (counts.open, counts.critical) == (1, 1)
    receipt = act_on_exception(id, at=at, cause=WHO)
    assert receipt.action == "repromise"
    assert CustomerOrder.objects.get(pk=order).promised_at is not None


def test_a_late_truck_is_expected_anew(floor: Floor) -> None:
    """A truck that will miss what a customer was told is raised; acting works its arrivals out again and says how many."""
    floor.stock(floor.tea, 10, floor.bin_a)
    order = floor.order("T-9", (floor.tea, 10))
    trip = Trip.objects.create(
        key=name("trip"), number="TR-1", vehicle_id=floor.truck, site_id=floor.site, state="under_way",
        planned_departure=hours(1), departed_at=hours(1),
    )  # fmt: skip
    stop = TripStop.objects.create(
        trip=trip, sequence=1, place_id=floor.shop_place, planned_arrival=hours(2), planned_departure=hours(2),
        eta=hours(9), eta_at=hours(1), leg_m=12_000,
    )  # fmt: skip
    Shipment.objects.create(
        key=name("shipment"), number="SH-1", order_id=order, site_id=floor.site, ship_to_id=floor.shop_place,
        state="in_transit", trip=trip, stop=stop, ship_by=hours(1), due_at=hours(6), created_at=hours(1),
    )  # fmt: skip
    VehiclePosition.objects.create(vehicle_id=floor.truck, at=hours(2), latitude=31.24, longitude=121.47)
    (id,) = sweep(at=hours(2), cause=WHO, kinds=("trip-late",)).raised
    row = OpenException.objects.get(pk=id)
    assert (row.severity, row.orders, row.facts["late"]) == ("critical", 1, {"minutes": 180})
    assert act_on_exception(id, at=hours(2), cause=WHO).facts["stops"] == 1
    stop.refresh_from_db()
    assert stop.eta < hours(6)
    assert sweep(at=hours(2), cause=WHO, kinds=("trip-late",)).raised == ()


def test_done_later_and_undo(floor: Floor) -> None:
    """Done and later take it out of the inbox until undone or due; undo of an act is refused."""
    id = _expired(floor)
    close_exception(id, at=LATE, cause=WHO)
    assert open_exceptions(LATE) == ()
    reopen_exception(id, at=LATE, cause=WHO)
    assert [row.id for row in open_exceptions(LATE)] == [id]
    snooze_exception(id, until=LATE + timedelta(hours=2), at=LATE, cause=WHO)
    assert open_exceptions(LATE + timedelta(hours=1)) == ()
    assert [row.id for row in open_exceptions(LATE + timedelta(hours=2))] == [id]
    act_on_exception(id, at=LATE, cause=WHO)
    with pytest.raises(AlreadyClosed) as refused:
        reopen_exception(id, at=LATE, cause=WHO)
    assert refused.value.code == "exception-acted"


def test_an_exception_without_an_action_refuses_to_act(floor: Floor) -> None:
    """Nothing is proposed: the refusal says so and the exception stays open."""
    row = OpenException.objects.create(
        key="trip-late:1:1", kind="trip-late", severity="warning", subject="trip:T", raised_at=hours(1)
    )
    with pytest.raises(NothingProposed):
        act_on_exception(row.pk, at=hours(1), cause=WHO)
    row.refresh_from_db()
    assert row.state == "open"
