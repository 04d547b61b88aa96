"""Room for a delivery beside what is ordered for later; days that are free again; numbers nobody can mean."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from longshore.planning.joint_rules import Room, rooms
from longshore.planning.models import PlannedBy, Proposal
from longshore.planning.operations import (
    Change,
    ImpossibleChange,
    NewPolicy,
    approve,
    plan_by,
    put_policies,
    reject,
)
from longshore.planning.operations.agreements import AgreementRefused, NewLine, drop_line, put_lines
from longshore.planning.operations.joint_plan import (
    Author,
    PlanRefused,
    Words,
    order_planned,
    plan_delivery,
    propose_delivery,
)
from longshore.planning.operations.scenarios import NewChange, add_change, make_scenario
from longshore.planning.queries.network_facts import facts_of as network_facts
from longshore.planning.queries.projection import projected_stock
from longshore.planning.queries.scenario_facts import facts_of
from longshore.planning.scenario_rules import Change as Laid
from longshore.planning.scenario_rules import lay_over, offers_on
from longshore.sourcing.operations import place_orders
from tests.platform.planning.partners import agree
from tests.platform.planning.world import MONDAY, WHO, World, days

WEDNESDAY, THURSDAY = date(2026, 3, 4), date(2026, 3, 5)


def test_what_comes_later_takes_room_today() -> None:
    """20 and 15 are left, and 60 more come on the third day: of a most of 100 there is room for 25, not for 80."""
    told = rooms([(20_000, 0), (15_000, 0), (75_000, 0), (70_000, 0)], 30, 100)
    assert told == (Room(20, 10, 25), Room(15, 15, 25), Room(75, 0, 25), Room(70, 0, 30))
    assert rooms([(20_000, 0), (65_000, 50)], 30, 100) == (Room(20, 10, 80), Room(15, 15, 85))


def test_a_delivery_before_one_that_is_ordered(world: World) -> None:
    """60 are ordered for Thursday; on Wednesday 30 of the 75 free then would pass the most on Thursday."""
    world.stock(world.tea, 40)
    world.expect(world.tea, 5)
    line = agree(world, world.grower, "vmi", levels=(30, 100)).line
    place_orders([world.released(world.tea, 60)], at=MONDAY, cause=WHO)
    with pytest.raises(PlanRefused) as refused:
        propose_delivery(line, WEDNESDAY, Words(30), author=Author("grower", world.grower), at=MONDAY)
    assert (refused.value.code, refused.value.fields["most"]) == ("above-the-most", 20)


def test_a_day_whose_order_was_rejected_is_free_again(world: World) -> None:
    """The buyer says no to Thursday's delivery: it may be planned anew."""
    world.stock(world.tea, 40)
    world.expect(world.tea, 5)
    line, grower = agree(world, world.grower, "jmi").line, Author("grower", world.grower)
    plan_delivery(line, THURSDAY, Words(50, "a pallet"), author=grower, at=MONDAY)
    order_planned(line, THURSDAY, author=grower, at=MONDAY)
    with pytest.raises(PlanRefused):
        plan_delivery(line, THURSDAY, Words(20, "less"), author=grower, at=MONDAY)
    reject(Proposal.objects.get().pk, at=MONDAY, cause=WHO)
    plan_delivery(line, THURSDAY, Words(20, "less"), author=grower, at=days(0.1))
    assert order_planned(line, THURSDAY, author=grower, at=days(0.1)).state == "proposed"


def test_a_line_that_is_not_there_is_not_dropped(world: World) -> None:
    """A second click, or a number of another agreement, is told so; and nobody holds ten to the fifteenth."""
    made = agree(world, world.grower, "jmi")
    other = agree(world, world.trader, "jmi")
    with pytest.raises(AgreementRefused) as refused:
        drop_line(made.agreement, other.line, at=MONDAY, cause=WHO)
    assert refused.value.code == "no-such-line"
    with pytest.raises(AgreementRefused):
        put_lines(made.agreement, [NewLine(world.tea, world.centre, 1, 10**15)], at=MONDAY, cause=WHO)


def test_an_order_beyond_all_money_is_refused(world: World) -> None:
    """Ten to the seventeenth at 5.00 each is more than a ledger holds; the proposal waits as it was."""
    number = world.released(world.tea, 50)
    Proposal.objects.filter(pk=number).update(state="proposed")
    with pytest.raises(ImpossibleChange) as refused:
        approve(number, at=MONDAY, cause=WHO, change=Change(qty=10**17))
    assert refused.value.code == "value-out-of-range"
    row = Proposal.objects.get()
    assert (row.state, row.qty) == ("proposed", 50)


def test_early_in_the_morning_is_the_same_day(world: World) -> None:
    """At six on Thursday in Shanghai it is still Wednesday in Greenwich: ordered or only released, it comes on Thursday."""
    world.policy(world.tea)
    world.policy(world.milk)
    early = days(3).replace(hour=22) - timedelta(days=1)
    place_orders([world.released(world.tea, 60, due_at=early)], at=MONDAY, cause=WHO)
    world.released(world.milk, 40, due_at=early)
    supply = facts_of(at=MONDAY, days=14).supply
    assert sorted(zip(supply.qty.tolist(), supply.day.tolist(), strict=True)) == [(40, 3), (60, 3)]
    shown = [(each.inbound, each.day) for each in projected_stock(world.tea, world.centre, at=MONDAY, days=7).days]
    assert [day for qty, day in shown if qty] == [THURSDAY]
    plan_by(PlannedBy.NETWORK, at=MONDAY, cause=WHO)
    coming = network_facts(today=date(2026, 3, 2), days=14, keep=False).coming
    assert sorted(zip(coming["qty"].tolist(), coming["day"].tolist(), strict=True)) == [(40, 3), (60, 3)]


def test_a_policy_nobody_can_mean_comes_back_with_its_row(world: World) -> None:
    """A lead time before the order, a level of nothing, a review in three thousand years: told by row, nothing written."""
    wrong = [
        NewPolicy(world.tea, world.centre, lead_time_minutes=-1),
        NewPolicy(world.tea, world.centre, order_up_to=0),
        NewPolicy(world.milk, world.centre, review_minutes=2**31),
    ]
    told = put_policies(wrong, at=MONDAY, cause=WHO, partial=True)
    assert [(row.row, row.field, row.code) for row in told.rejected] == [
        (1, "lead_time_minutes", "too-small"), (2, "order_up_to", "too-small"), (3, "review_minutes", "too-large")
    ]  # fmt: skip
    assert told.accepted == 0


def test_lead_times_of_a_scenario_are_those_it_would_publish(world: World) -> None:
    """Three times the suppliers' lead time leaves the way from the centre to the branch as long as it is."""
    world.policy(world.tea)
    world.policy(world.tea, site=world.branch, source=world.centre)
    add_change(make_scenario("slow", at=MONDAY, cause=WHO), NewChange("lead-time", 30_000), at=MONDAY)
    facts = facts_of(at=MONDAY, days=14)
    slow, _usable = offers_on(lay_over(facts, (Laid("lead-time", 30_000, 0, 13),)), 3)
    fed = facts.offers.source % 2 == 1
    assert fed.any() and (slow.lead_minutes[fed] == facts.offers.lead_minutes[fed]).all()
    assert (slow.lead_minutes[~fed] == 3 * facts.offers.lead_minutes[~fed]).all()
