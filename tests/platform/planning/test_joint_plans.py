"""Plans both sides write: deliveries within levels, joint forecasts, jointly managed stock; each says who and why."""

from __future__ import annotations

from datetime import date

import pytest

from longshore.planning.models import DemandOverride, Forecast, JointEntry, Proposal
from longshore.planning.operations import approve, replenish
from longshore.planning.operations.agreements import (
    AgreementRefused,
    LinesRefused,
    NewAgreement,
    NewLine,
    drop_line,
    end_agreement,
    make_agreement,
)
from longshore.planning.operations.deciding import ImpossibleChange
from longshore.planning.operations.joint_plan import (
    Author,
    NotAgreed,
    PlanRefused,
    UnknownLine,
    Words,
    comment,
    commit_forecast,
    order_planned,
    plan_delivery,
    propose_delivery,
    say_forecast,
)
from longshore.planning.queries.agreements import history, levels, line_view
from longshore.planning.queries.joint_forecast import joint_forecast
from longshore.sourcing.models import PurchaseOrder
from longshore.sourcing.operations import place_orders
from tests.platform.planning.partners import STARTS, agree
from tests.platform.planning.world import MONDAY, WHO, World, days

THURSDAY, FRIDAY = date(2026, 3, 5), date(2026, 3, 6)
NEXT_WEEK = date(2026, 3, 9)
US = Author("planner")


def _vmi(world: World, *, at_once: bool = False) -> int:
    """40 tea on the shelf, 5 a day are asked for; the grower keeps between 30 and 100."""
    world.stock(world.tea, 40)
    world.expect(world.tea, 5)
    return agree(world, world.grower, "vmi", levels=(30, 100), orders_at_once=at_once).line


def _grower(world: World) -> Author:
    return Author("grower", world.grower)


def test_a_delivery_within_the_levels_becomes_a_proposal(world: World) -> None:
    """Thursday evening 20 are left; 80 more just fit, and wait for a buyer with the agreement as their cause."""
    line = _vmi(world)
    done = propose_delivery(line, THURSDAY, Words(80, "full truck"), author=_grower(world), at=MONDAY)
    found = Proposal.objects.get(pk=done.proposal)
    assert (found.state, found.qty, found.supplier_id, found.unit_price) == ("proposed", 80, world.grower, 500)
    assert (found.cause, found.decided_by, found.decision_note) == (
        f"agreement:VMI-{world.grower}",
        "grower",
        "full truck",
    )
    assert (found.explanation["rule"], found.explanation["max"], found.due_at) == (
        "agreed-delivery",
        100,
        days(3 + 2 / 24),
    )
    replenish(at=MONDAY, cause=WHO)
    assert Proposal.objects.filter(state="proposed").count() == 1


def test_more_than_fits_is_refused_with_what_fits(world: World) -> None:
    """81 would pass the upper level: refused with the least and the most, and nothing is written."""
    line = _vmi(world)
    with pytest.raises(PlanRefused) as refused:
        propose_delivery(line, THURSDAY, Words(85), author=_grower(world), at=MONDAY)
    assert (refused.value.code, refused.value.fields) == ("above-the-most", {"least": 10, "most": 80})
    with pytest.raises(ImpossibleChange):  # the grower sells in fives
        propose_delivery(line, THURSDAY, Words(52), author=_grower(world), at=MONDAY)
    assert (Proposal.objects.count(), JointEntry.objects.count()) == (0, 0)


def test_a_second_proposal_replaces_the_first(world: World) -> None:
    """While the buyer has not decided the supplier may say something else; one proposal stands, both are in the history."""
    line = _vmi(world)
    first = propose_delivery(line, THURSDAY, Words(80), author=_grower(world), at=MONDAY)
    second = propose_delivery(line, FRIDAY, Words(85), author=_grower(world), at=days(0.1))
    found = Proposal.objects.get()
    assert (first.proposal, second.proposal, found.qty) == (found.pk, found.pk, 85)
    assert [(entry.day, entry.qty) for entry in history(line)] == [(FRIDAY, 85), (THURSDAY, 80)]
    view = line_view(line, at=days(0.1))
    assert view is not None and [day.planned for day in view.days[:6]] == [0, 0, 0, 0, 85, 0]


def test_at_once_means_ordered(world: World) -> None:
    """With orders at once the proposal is released, and the purchase order names the agreement."""
    line = _vmi(world, at_once=True)
    done = propose_delivery(line, THURSDAY, Words(50), author=_grower(world), at=MONDAY)
    assert done.state == "released"
    assert place_orders(at=MONDAY, cause=WHO).lines == 1
    assert PurchaseOrder.objects.get().supplier_id == world.grower
    with pytest.raises(PlanRefused) as refused:  # what is ordered takes its room
        propose_delivery(line, FRIDAY, Words(50), author=_grower(world), at=MONDAY)
    assert refused.value.fields == {"least": 0, "most": 35}


def test_what_a_buyer_changed_is_not_overwritten(world: World) -> None:
    """A proposal somebody decided on by hand stays; the supplier is told to wait."""
    line = _vmi(world)
    number = world.released(world.tea, 50)
    Proposal.objects.filter(pk=number).update(state="proposed", decided_by="buyer")
    with pytest.raises(Exception) as refused:
        propose_delivery(line, THURSDAY, Words(50), author=_grower(world), at=MONDAY)
    assert getattr(refused.value, "code", "") == "decision-waits"
    assert Proposal.objects.get().qty == 50


def test_a_reviews_proposal_becomes_the_suppliers(world: World) -> None:
    """What the review proposed for the same need is changed into the supplier's delivery, and approved by the verb."""
    world.policy(world.tea)
    replenish(at=MONDAY, cause=WHO)
    number = Proposal.objects.get(state="proposed").pk
    line = _vmi(world)
    world.lose(world.tea, 25)
    done = propose_delivery(line, THURSDAY, Words(60), author=_grower(world), at=MONDAY)
    assert done.proposal == number
    assert approve(number, at=MONDAY, cause=WHO).state == "released"


@pytest.mark.parametrize("day", [date(2026, 3, 2), date(2026, 3, 1), date(2026, 4, 30)])
def test_a_delivery_lies_ahead_and_within_the_horizon(world: World, day: date) -> None:
    """Today, yesterday and beyond the agreement's days are refused."""
    line = _vmi(world)
    with pytest.raises(PlanRefused) as refused:
        propose_delivery(line, day, Words(10), author=_grower(world), at=MONDAY)
    assert refused.value.code == "day-not-open"


def test_another_partner_has_no_such_line(world: World) -> None:
    """The trader's people cannot write to the grower's line: for them there is none; nor after the agreement ended."""
    line = _vmi(world)
    with pytest.raises(UnknownLine):
        propose_delivery(line, THURSDAY, Words(10), author=Author("trader", world.trader), at=MONDAY)
    with pytest.raises(UnknownLine):
        comment(line, THURSDAY, "hello", author=Author("trader", world.trader), at=MONDAY)
    agreement = JointEntry.objects.count()
    assert agreement == 0
    found = levels(at=MONDAY)[0].line.agreement
    end_agreement(found, on=STARTS, at=MONDAY, cause=WHO)
    with pytest.raises(UnknownLine):
        propose_delivery(line, THURSDAY, Words(10), author=_grower(world), at=MONDAY)


def test_jointly_managed_stock_is_one_plan(world: World) -> None:
    """Either side puts deliveries on days with a reason; both see the same curve; then one of them orders it."""
    world.stock(world.tea, 40)
    world.expect(world.tea, 5)
    line = agree(world, world.grower, "jmi").line
    plan_delivery(line, THURSDAY, Words(30, "promotion"), author=US, at=MONDAY)
    plan_delivery(line, THURSDAY, Words(50, "a full pallet"), author=_grower(world), at=days(0.1))
    ours, theirs = line_view(line, at=days(0.1)), line_view(line, at=days(0.1), partner=world.grower)
    assert ours is not None and theirs is not None
    assert [(d.planned, d.closing_milli) for d in ours.days] == [(d.planned, d.closing_milli) for d in theirs.days]
    assert (ours.days[3].planned, ours.days[3].closing_milli) == (50, 70_000)
    assert [(e.side, e.by, e.qty, e.text) for e in ours.history] == [
        ("partner", "grower", 50, "a full pallet"), ("us", "planner", 30, "promotion"),
    ]  # fmt: skip
    done = order_planned(line, THURSDAY, author=US, at=days(0.2))
    assert done.state == "released"
    with pytest.raises(PlanRefused) as refused:
        plan_delivery(line, THURSDAY, Words(0, "no"), author=_grower(world), at=days(0.3))
    assert refused.value.code == "already-ordered"
    after = line_view(line, at=days(0.3))
    assert after is not None and (after.days[3].planned, after.days[3].closing_milli) == (0, 70_000)


def test_a_change_of_the_joint_plan_says_why(world: World) -> None:
    """Without a reason, or under another way of working, nothing is written."""
    line = agree(world, world.grower, "jmi").line
    with pytest.raises(PlanRefused) as refused:
        plan_delivery(line, THURSDAY, Words(30), author=US, at=MONDAY)
    assert refused.value.code == "reason-missing"
    with pytest.raises(NotAgreed):
        say_forecast(line, NEXT_WEEK, Words(30), author=US, at=MONDAY)
    assert JointEntry.objects.count() == 0


def test_a_joint_forecast_is_committed_and_used(world: World) -> None:
    """35 against 56 is an exception over 20 %; committed with a reason it is frozen and becomes the forecast."""
    world.expect(world.tea, 5)
    agreed = agree(world, world.shop, "cpfr")
    shop = Author("shop", world.shop)
    with pytest.raises(PlanRefused) as refused:
        say_forecast(agreed.line, NEXT_WEEK, Words(56), author=shop, at=MONDAY)
    assert refused.value.code == "reason-missing"
    say_forecast(agreed.line, NEXT_WEEK, Words(56, "campaign"), author=shop, at=MONDAY)
    week = joint_forecast(agreed.agreement, at=MONDAY)[0].weeks[0]
    assert (week.week, week.statistical, week.our_qty, week.apart_bp, week.exception) == (NEXT_WEEK, 35, 35, 3750, True)
    with pytest.raises(PlanRefused):
        commit_forecast(agreed.line, NEXT_WEEK, Words(49), author=US, at=MONDAY)
    commit_forecast(agreed.line, NEXT_WEEK, Words(49, "half of the campaign"), author=US, at=MONDAY)
    row = Forecast.objects.get()
    assert (sum(row.daily_milli[7:14]), DemandOverride.objects.get().actor) == (49_000, "planner")
    with pytest.raises(PlanRefused) as frozen:
        say_forecast(agreed.line, NEXT_WEEK, Words(60, "more"), author=shop, at=MONDAY)
    assert frozen.value.code == "week-committed"
    told = joint_forecast(agreed.agreement, at=MONDAY, partner=world.shop)[0].weeks[0]
    assert told.committed is not None and (told.committed.qty, told.exception) == (49, False)


def test_a_partner_does_not_commit(world: World) -> None:
    """Numbers are theirs to say, the commitment is ours; without their number there is nothing to commit."""
    world.expect(world.tea, 5)
    line = agree(world, world.shop, "cpfr").line
    with pytest.raises(NotAgreed):
        commit_forecast(line, NEXT_WEEK, Words(35), author=Author("shop", world.shop), at=MONDAY)
    with pytest.raises(PlanRefused) as refused:
        commit_forecast(line, NEXT_WEEK, Words(35), author=US, at=MONDAY)
    assert refused.value.code == "one-side-missing"
    with pytest.raises(PlanRefused) as closed:
        say_forecast(line, date(2026, 3, 10), Words(35), author=US, at=MONDAY)
    assert closed.value.code == "week-not-open"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"partner": 999_999}, "no-such-partner"),
        ({"code": " "}, "code-missing"),
        ({"mode": "barter"}, "unknown-mode"),
        ({"mode": "vmi", "partner": "shop"}, "not-a-supplier"),
        ({"ends_on": date(2026, 2, 1)}, "ends-before-start"),
        ({"horizon_days": 0}, "bad-horizon"),
        ({"threshold_bp": 10_001}, "bad-threshold"),
    ],
)
def test_an_agreement_that_says_nonsense_is_refused(world: World, change: dict[str, object], code: str) -> None:
    """Each wrong term by its code; no agreement is made."""
    terms = {"code": "A", "partner": world.grower, "mode": "view", "starts_on": STARTS, **change}
    if terms["partner"] == "shop":
        terms["partner"] = world.shop
    with pytest.raises(AgreementRefused) as refused:
        make_agreement(NewAgreement(**terms), [NewLine(world.tea, world.centre)], at=MONDAY, cause=WHO)  # type: ignore[arg-type]
    assert (refused.value.code, levels(at=MONDAY)) == (code, ())


def test_wrong_lines_come_back_with_their_numbers(world: World) -> None:
    """Unknown item, unknown site, missing and crossed levels: all of them are told, none is written."""
    wanted = NewAgreement("A", world.grower, "vmi", STARTS)
    lines = [
        NewLine(999_999, world.centre, 1, 2), NewLine(world.tea, world.shelf, 1, 2), NewLine(world.tea, world.centre),
        NewLine(world.tea, world.centre, 5, 2), NewLine(world.tea, world.centre, None, 2),
    ]  # fmt: skip
    with pytest.raises(LinesRefused) as refused:
        make_agreement(wanted, lines, at=MONDAY, cause=WHO)
    assert [(row.row, row.code) for row in refused.value.rejected] == [
        (1, "no-such-item"), (2, "no-such-site"), (3, "levels-missing"), (4, "levels-crossed"), (5, "one-level-missing"),
    ]  # fmt: skip
    with pytest.raises(AgreementRefused):
        make_agreement(wanted, [], at=MONDAY, cause=WHO)
    assert levels(at=MONDAY) == ()


def test_a_code_is_used_once(world: World) -> None:
    """A second agreement of the same code is refused, and the first stays as it is."""
    agree(world, world.grower, "view", code="A")
    with pytest.raises(AgreementRefused) as refused:
        agree(world, world.trader, "view", code="A")
    assert (refused.value.code, "A" in str(refused.value.sentence)) == ("agreement-exists", True)
    assert [level.line.partner for level in levels(at=MONDAY)] == [world.grower]


def test_a_line_with_history_stays(world: World) -> None:
    """An untouched line can be taken out, one somebody wrote to cannot."""
    agreed = agree(world, world.grower, "jmi")
    comment(agreed.line, THURSDAY, "truck at nine", author=_grower(world), at=MONDAY)
    with pytest.raises(AgreementRefused) as refused:
        drop_line(agreed.agreement, agreed.line, at=MONDAY, cause=WHO)
    assert refused.value.code == "line-has-history"
    other = agree(world, world.trader, "jmi")
    assert drop_line(other.agreement, other.line, at=MONDAY, cause=WHO).lines == 0


def test_what_a_supplier_manages_is_not_proposed_by_us(world: World) -> None:
    """Below its reorder point the centre's tea is the grower's to deliver; the milk, and tea after the last day, ours."""
    for item in (world.tea, world.milk):
        world.policy(item)
        world.expect(item, 5)
    agreed = agree(world, world.grower, "vmi", levels=(5, 70))
    assert len(replenish(at=MONDAY, cause=WHO).new) == 1
    assert list(Proposal.objects.values_list("item", flat=True)) == [world.milk]
    end_agreement(agreed.agreement, on=MONDAY.date(), at=MONDAY, cause=WHO)
    assert len(replenish(at=days(1), cause=WHO).new) == 1
    assert Proposal.objects.filter(item=world.tea, state="proposed").count() == 1
