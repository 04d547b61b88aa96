"""Taking postings back: what they did of planned flows is to come again, and restoring does it once more."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from longshore.ledger.audit import audit
from longshore.ledger.models import Claim, Fulfilment, Movement, OutboxEvent, PlannedFlow, PostingKind
from longshore.ledger.operations import (
    Move,
    NewClaim,
    NewFlow,
    NewPosting,
    Reversal,
    ReversalRefused,
    close_flows,
    plan_flows,
    post,
    reserve,
    reverse,
    reverse_all,
)
from tests.platform.ledger.conftest import WHO, Small, hours

DAMAGED = 3


def inbound(small: Small, qty: int) -> int:
    flow = NewFlow(uuid4(), "purchase", small.milk, small.supplier, small.dock, qty, hours(10), hours(30), "po:1")
    return plan_flows([flow], at=hours(0), cause=WHO)[0].flow_id


def came(small: Small, qty: int, flow: int, *, damaged: int = 0, over: int = 0) -> UUID:
    """A receipt as purchasing posts it: what is due fulfils the flow, fit parts first; what is over only comes in."""
    key, source = uuid4(), small.key(small.supplier)
    fit = qty + over - damaged
    due = min(fit, qty)
    parts = ((due, 0, flow), (fit - due, 0, None), (qty - due, DAMAGED, flow), (damaged - (qty - due), DAMAGED, None))
    moves = tuple(
        Move(source, small.key(small.dock, condition=condition), part, flow=of) for part, condition, of in parts if part
    )
    post([NewPosting(key, PostingKind.RECEIPT, hours(0), moves)], at=hours(0), cause=WHO)
    return key


def flow_of(flow: int) -> tuple[int, int, str]:
    row = PlannedFlow.objects.get(pk=flow)
    return row.done, row.claimed, row.status


def test_a_reversed_receipt_is_to_come_again(small: Small) -> None:
    """Ten of ten came and went back: the flow is open for ten, once, and others are told that it is."""
    flow = inbound(small, 10)
    key, back = came(small, 10, flow), uuid4()
    assert flow_of(flow) == (10, 0, "closed")
    reverse(key, key=back, at=hours(1), cause=WHO)
    assert reverse(key, key=back, at=hours(2), cause=WHO).accepted[0].replayed
    assert flow_of(flow) == (0, 0, "firm")
    assert list(Fulfilment.objects.order_by("id").values_list("flow_id", "qty")) == [(flow, 10), (flow, -10)]
    (told,) = OutboxEvent.objects.filter(name="ledger.flow-changed")
    (change,) = told.payload["flows"]
    assert (change["flow"], change["before"]["status"], change["after"]["status"]) == (flow, "closed", "firm")
    assert audit().clean


def test_of_a_part_only_the_part_is_to_come_again(small: Small) -> None:
    """Four and six came; the four go back: four are to come, and six stand on the dock."""
    flow = inbound(small, 10)
    first, _second = came(small, 4, flow), came(small, 6, flow)
    reverse(first, key=uuid4(), at=hours(1), cause=WHO)
    assert flow_of(flow) == (6, 0, "firm")
    assert audit().clean


def test_what_was_over_was_never_to_come(small: Small) -> None:
    """Twelve came for ten, three of them damaged: taken back, ten are to come, and restored they have come again."""
    flow = inbound(small, 10)
    back = uuid4()
    reverse(came(small, 10, flow, damaged=3, over=2), key=back, at=hours(1), cause=WHO)
    assert flow_of(flow) == (0, 0, "firm")
    reverse(back, key=uuid4(), at=hours(2), cause=WHO)
    assert flow_of(flow) == (10, 0, "closed")
    assert Movement.objects.count() == 9
    assert audit().clean


def test_what_was_closed_short_stays_closed(small: Small) -> None:
    """Six of ten came, the rest was given up; the six taken back are not to come again."""
    flow = inbound(small, 10)
    key = came(small, 6, flow)
    close_flows([flow], at=hours(1), cause=WHO)
    reverse(key, key=uuid4(), at=hours(2), cause=WHO)
    assert flow_of(flow) == (0, 0, "closed")
    assert audit().clean


def test_claims_on_what_goes_away_again_fall_and_say_so(small: Small) -> None:
    """Eight of ten are promised on the dock; when all go back the promise falls, to be made anew on the flow."""
    flow = inbound(small, 10)
    new = NewClaim(uuid4(), "order-line:1", small.milk, small.east, 8, hours(24), hours(48), flow=flow)
    (claim,) = reserve([new], at=hours(0), cause=WHO).accepted
    key = came(small, 10, flow)
    receipt = reverse(key, key=uuid4(), at=hours(1), cause=WHO)
    assert receipt.displaced == (claim.claim_id,)
    assert Claim.objects.get(pk=claim.claim_id).state == "voided"
    assert flow_of(flow) == (0, 0, "firm")
    assert audit().clean


def test_of_many_those_that_can_be_are_taken_back(small: Small) -> None:
    """One has moved on, one is unknown, one was taken back by another: each is named by its row, the others go."""
    flow = inbound(small, 30)
    moved, fine, taken = came(small, 5, flow), came(small, 6, flow, damaged=6), came(small, 7, flow)
    reverse(taken, key=uuid4(), at=hours(1), cause=WHO)
    on = Move(small.key(small.dock), small.key(small.shelf), 5)
    post([NewPosting(uuid4(), PostingKind.MOVE, hours(1), (on,))], at=hours(1), cause=WHO)
    wanted = [Reversal(key, uuid4()) for key in (moved, uuid4(), fine, taken)]
    receipt = reverse_all(wanted, at=hours(2), cause=WHO, partial=True)
    assert [(row.row, row.code) for row in receipt.rejected] == [
        (1, "not-enough"),
        (2, "no-such-posting"),
        (4, "reversed-already"),
    ]
    assert [each.key for each in receipt.accepted] == [wanted[2].key]
    assert flow_of(flow) == (5, 0, "firm")
    with pytest.raises(ReversalRefused):
        reverse_all(wanted, at=hours(2), cause=WHO)
    assert flow_of(flow) == (5, 0, "firm")
    assert audit().clean
