"""People decide: approve, change, reject; the first one counts."""

from __future__ import annotations

import pytest

from longshore.planning.models import Proposal
from longshore.planning.operations import (
    AlreadyDecided,
    Change,
    ImpossibleChange,
    UnknownProposal,
    approve,
    change,
    reject,
    release,
    replenish,
    take_back_rejection,
)
from longshore.planning.operations.releasing import NotReleasable
from longshore.sourcing.operations import place_orders
from tests.platform.planning.world import MONDAY, WHO, World, days


@pytest.fixture
def number(world: World) -> int:
    """An open proposal for 50 tea."""
    row = Proposal.objects.get(pk=world.released(world.tea, 50))
    Proposal.objects.filter(pk=row.pk).update(state="proposed")
    return row.pk


def test_approved_is_released_and_ordered(world: World, number: int) -> None:
    """The state is released, who and why are written down, and it can be ordered."""
    receipt = approve(number, at=MONDAY, cause=WHO, note="as every Monday")
    found = Proposal.objects.get(pk=number)
    assert (receipt.state, found.decided_by, found.decision_note, found.decided_at) == (
        "released", "tester", "as every Monday", MONDAY,
    )  # fmt: skip
    assert place_orders(at=MONDAY, cause=WHO).lines == 1


def test_a_late_decision_comes_later(world: World, number: int) -> None:
    """Approved two days after it should have been ordered: the supplier still needs three days; a date by hand stays."""
    assert approve(number, at=days(2), cause=WHO).due_at == days(5)
    other = world.released(world.milk, 10)
    Proposal.objects.filter(pk=other).update(state="proposed")
    assert approve(other, at=days(2), cause=WHO, change=Change(due_at=days(4))).due_at == days(4)


def test_the_second_approval_is_refused(world: World, number: int) -> None:
    """Two planners: the first counts, the second is told who was faster."""
    approve(number, at=MONDAY, cause=WHO)
    with pytest.raises(AlreadyDecided) as refused:
        approve(number, at=MONDAY, cause=WHO)
    assert (refused.value.code, refused.value.fields["by"]) == ("already-decided", "tester")


def test_changed_and_approved(world: World, number: int) -> None:
    """Quantity, date and supplier as the person wants them; what was proposed stays written."""
    receipt = approve(number, at=MONDAY, cause=WHO, change=Change(qty=33, due_at=days(2), supplier=world.trader))
    found = Proposal.objects.get(pk=number)
    assert (receipt.qty, found.proposed_qty, found.supplier_id, found.unit_price, found.due_at) == (
        33, 50, world.trader, 560, days(2),
    )  # fmt: skip


def test_a_changed_proposal_is_left_alone_by_reviews(world: World, number: int) -> None:
    """Changed by hand, then reviewed: neither overwritten nor withdrawn."""
    change(number, at=MONDAY, cause=WHO, change=Change(qty=100), note="promotion")
    world.policy(world.tea)
    world.stock(world.tea, 500)
    receipt = replenish(at=MONDAY, cause=WHO)
    found = Proposal.objects.get(pk=number)
    assert (receipt.superseded, found.state, found.qty, found.decision_note) == ((), "proposed", 100, "promotion")


@pytest.mark.parametrize(
    ("wanted", "code", "least"),
    [
        (Change(qty=7), "not-orderable", 10),
        (Change(qty=52), "not-orderable", 55),
        (Change(qty=0), "not-orderable", 10),
        (Change(supplier=999_999), "supplier-does-not-offer", None),
        (Change(due_at=days(-1)), "due-in-the-past", None),
    ],
)
def test_what_the_supplier_does_not_sell_is_refused(
    world: World, number: int, wanted: Change, code: str, least: int | None
) -> None:
    """Below the least order, off the multiple, unknown supplier, past date: refused, and nothing changed."""
    with pytest.raises(ImpossibleChange) as refused:
        approve(number, at=MONDAY, cause=WHO, change=wanted)
    assert (refused.value.code, refused.value.fields.get("least")) == (code, least)
    found = Proposal.objects.get(pk=number)
    assert (found.state, found.qty, found.supplier_id, found.decided_by) == ("proposed", 50, world.grower, "")


def test_a_rejection_can_be_taken_back(world: World, number: int) -> None:
    """Rejected, then undone: it stands as before; a rejected one is not released."""
    reject(number, at=MONDAY, cause=WHO, note="no")
    with pytest.raises(NotReleasable):
        release([number], at=MONDAY, cause=WHO)
    take_back_rejection(number, at=MONDAY, cause=WHO)
    found = Proposal.objects.get(pk=number)
    assert (found.state, found.decided_by, found.decided_at) == ("proposed", "", None)


def test_an_unknown_proposal_is_named(world: World) -> None:
    """A number that does not exist is a refusal, not an error."""
    with pytest.raises(UnknownProposal) as refused:
        approve(4711, at=MONDAY, cause=WHO)
    assert refused.value.fields == {"proposal": 4711}
