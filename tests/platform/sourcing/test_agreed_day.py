"""Which day a supplier is held to: the first it agreed, an earlier one it agreed later, a later one we really wanted."""

from __future__ import annotations

import pytest

from longshore.ledger.models import PlannedFlow
from longshore.sourcing.models import PurchaseOrder, PurchaseOrderLine
from longshore.sourcing.operations import (
    Arrived,
    ClaimRefused,
    LineTerms,
    Sent,
    answer_change,
    ask_change,
    cancel_dispatch,
    confirm,
    expedite,
    notify_dispatch,
    place_orders,
    raise_claim,
    receive,
    report_delay,
)
from longshore.sourcing.queries import late_orders, lines_of, scorecards
from tests.platform.planning.world import MONDAY, WHO, World, days, name


@pytest.fixture
def tea(world: World) -> PurchaseOrderLine:
    """The grower's 50 tea and 50 milk, agreed for Thursday."""
    place_orders([world.released(world.tea, 50), world.released(world.milk, 50)], at=MONDAY, cause=WHO)
    line = PurchaseOrderLine.objects.get(line=1)
    confirm(line.order_id, at=MONDAY, cause=WHO)
    return line


def _milk() -> PurchaseOrderLine:
    return PurchaseOrderLine.objects.get(line=2)


def _agreed() -> dict[int, object]:
    return {line.line: line.agreed_at for line in lines_of(PurchaseOrder.objects.get().pk)}


def _tea_comes(world: World, line: PurchaseOrderLine, on: float) -> None:
    receive(line.order_id, [Arrived(line.pk, 50, name("r"))], world.dock, at=days(on), cause=WHO)


def _wish(line: PurchaseOrderLine, on: float, *, at: float) -> int:
    return ask_change(line.order_id, [LineTerms(line.pk, None, days(on))], at=days(at), cause=WHO).changes[0]


def _yes(change: int, *, at: float) -> None:
    answer_change(change, agreed=True, at=days(at), cause=WHO)


def _on_time(at: float = 20) -> int:
    return scorecards(at=days(at))[0].on_time


@pytest.mark.parametrize(("came", "on_time"), [(2, 1), (3, 0)])
def test_an_earlier_day_is_a_promise(world: World, tea: PurchaseOrderLine, came: int, on_time: int) -> None:
    """Asked for Wednesday and agreed for one line of two: Thursday is late for it, and still right for the other."""
    _yes(_wish(tea, 2, at=0), at=0)
    assert _agreed() == {1: days(2), 2: days(3)} and PurchaseOrder.objects.get().agreed_at == days(3)
    _tea_comes(world, tea, came)
    assert _on_time() == on_time


def test_expediting_what_is_late_does_not_make_it_punctual(world: World, tea: PurchaseOrderLine) -> None:
    """Thursday was agreed and a week from Friday is told; asked to come on Tuesday it does: sooner, and late all the same."""
    report_delay(tea.order_id, days(11), at=days(1), cause=WHO, lines=[tea.pk])
    for change in expedite(tea.order_id, days(8), at=days(1), cause=WHO).changes:
        _yes(change, at=1)
    assert PlannedFlow.objects.get(pk=tea.flow_id).arrive_at == days(8)
    assert PurchaseOrder.objects.get().agreed_at == days(3)
    _tea_comes(world, tea, 8)
    assert _on_time() == 0
    assert raise_claim(tea.pk, "late", at=days(8), cause=WHO).qty == 50


def test_a_wish_after_the_day_excuses_nothing(world: World, tea: PurchaseOrderLine) -> None:
    """On Saturday, two days late, we ask for Monday: it stays late, even where the supplier had called it punctual."""
    wish = _wish(tea, 8, at=5)
    _yes(wish, at=5)
    _tea_comes(world, tea, 8)
    assert _on_time() == 0


def test_a_delay_is_not_undone_to_be_excused(world: World, tea: PurchaseOrderLine) -> None:
    """Late when we asked; that the supplier says Thursday again before it agrees to the later day changes nothing."""
    report_delay(tea.order_id, days(11), at=MONDAY, cause=WHO, lines=[tea.pk])
    wish = _wish(tea, 8, at=1)
    confirm(tea.order_id, at=days(1), cause=WHO, lines=[LineTerms(tea.pk, None, days(3))])
    _yes(wish, at=1)
    assert _agreed() == {1: days(3), 2: days(3)}


def test_a_later_day_that_we_wanted_is_agreed_for_its_line_alone(world: World, tea: PurchaseOrderLine) -> None:
    """Punctual so far and asked for Tuesday after: the tea may come then, the milk is late as soon as Thursday is over."""
    _yes(_wish(tea, 8, at=1), at=1)
    assert _agreed() == {1: days(8), 2: days(3)} and PurchaseOrder.objects.get().agreed_at == days(8)
    _tea_comes(world, tea, 8)
    with pytest.raises(ClaimRefused):
        raise_claim(tea.pk, "late", at=days(8), cause=WHO)
    card = scorecards(at=days(9))[0]
    assert (card.lines, card.on_time) == (2, 1)


def test_an_answer_after_the_day_agrees_no_other(world: World) -> None:
    """Ordered for Thursday, never answered, confirmed on Saturday for Sunday: Thursday stays the day."""
    place_orders([world.released(world.tea, 50)], at=MONDAY, cause=WHO)
    line = PurchaseOrderLine.objects.get()
    confirm(line.order_id, at=days(5), cause=WHO, expected_at=days(6))
    order = PurchaseOrder.objects.get()
    assert (order.agreed_at, order.expected_at) == (days(3), days(6))
    _tea_comes(world, line, 6)
    assert _on_time() == 0


def test_late_is_after_the_day_not_the_hour(world: World, tea: PurchaseOrderLine) -> None:
    """Three hours after the hour agreed and on its day: the scorecard calls it punctual, and nothing is claimed for it."""
    _tea_comes(world, tea, 3.125)
    assert _on_time() == 1
    with pytest.raises(ClaimRefused):
        raise_claim(tea.pk, "late", at=days(4), cause=WHO)


def test_a_late_line_is_not_hidden_by_one_we_put_off(tea: PurchaseOrderLine) -> None:
    """The milk may come in two weeks, the tea is a week late: the order stands among the late ones, and is marked so."""
    _yes(_wish(_milk(), 14, at=0), at=0)
    assert late_orders(at=days(1)) == ()
    report_delay(tea.order_id, days(10), at=days(1), cause=WHO, lines=[tea.pk])
    assert [row.number for row in late_orders(at=days(1))] == ["PO-000001"]


def test_a_cancelled_notice_gives_its_line_its_own_agreed_day_back(tea: PurchaseOrderLine) -> None:
    """Tea is agreed for Wednesday, the milk stays with Thursday: announced for Tuesday and taken back, it is Wednesday again."""
    answer_change(_wish(tea, 2, at=0), agreed=True, at=MONDAY, cause=WHO)
    assert _agreed() == {1: days(2), 2: days(3)}
    notify_dispatch(tea.order_id, Sent("A", MONDAY, days(1), ((tea.pk, 50),)), at=MONDAY, cause=WHO)
    assert PlannedFlow.objects.get(pk=tea.flow_id).arrive_at == days(1)
    cancel_dispatch(tea.order_id, "A", at=MONDAY, cause=WHO)
    assert PlannedFlow.objects.get(pk=tea.flow_id).arrive_at == days(2)
