"""Posting: conservation, limits, idempotence, claims that follow goods."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection

from longshore.ledger.audit import audit
from longshore.ledger.models import Balance, Claim, Movement, OutboxEvent, PlannedFlow, Posting, PostingKind
from longshore.ledger.operations import (
    Claims,
    Counted,
    FlowPatch,
    Move,
    NewClaim,
    NewFlow,
    NewPosting,
    PostingRefused,
    PostReceipt,
    change_flow,
    close_period,
    count_stock,
    plan_flows,
    post,
    rebuild_balances,
    reserve,
    reverse,
    value_stock,
    void_claims,
)
from longshore.ledger.posting import Key
from longshore.ledger.queries import as_of, available, movements_of_item, stock_of, stock_value, supply_of
from tests.platform.ledger.conftest import WHO, Small, hours


def receive(
    small: Small, qty: int, *, place: int | None = None, flow: int | None = None, lot: int | None = None
) -> UUID:
    key = uuid4()
    move = Move(small.key(small.supplier, lot=lot), small.key(place or small.shelf, lot=lot), qty, flow=flow)
    post([NewPosting(key, PostingKind.RECEIPT, hours(0), (move,))], at=hours(0), cause=WHO)
    return key


def claim(small: Small, qty: int, *, demand: str = "order-line:1", priority: int = 5, **on: int) -> int:
    new = NewClaim(uuid4(), demand, small.milk, small.east, qty, hours(24), hours(48), priority=priority, **on)
    return reserve([new], at=hours(1), cause=WHO).accepted[0].claim_id


def send(moves: tuple[Move, ...], *, kind: int = PostingKind.MOVE) -> PostReceipt:
    return post([NewPosting(uuid4(), kind, hours(2), moves)], at=hours(2), cause=WHO)


def standing(small: Small) -> dict[str, tuple[int, int]]:
    """place: (quantity, claimed) of milk"""
    rows = Balance.objects.filter(item_id=small.milk).exclude(qty=0).select_related("place").order_by("place__code")
    totals: dict[str, tuple[int, int]] = {}
    for row in rows:
        qty, claimed = totals.get(row.place.code, (0, 0))
        totals[row.place.code] = (qty + row.qty, claimed + row.claimed)
    return totals


def balance_of(small: Small, place: int) -> int:
    return Balance.objects.get(item_id=small.milk, place_id=place, condition=0, lot_id=small.early).pk


def test_a_movement_takes_from_one_key_and_gives_to_another(small: Small) -> None:
    """A receipt lowers the supplier's place and raises ours by the same quantity; the sum over all places is 0."""
    receive(small, 12)
    assert standing(small) == {"E-01": (12, 0), "P-SUP": (-12, 0)}
    assert audit().clean


def test_posting_the_same_id_again_is_a_no_op(small: Small) -> None:
    """The second posting returns the first receipt and writes nothing."""
    key = uuid4()
    move = Move(small.key(small.supplier), small.key(small.shelf), 5)
    batch = [NewPosting(key, PostingKind.RECEIPT, hours(0), (move,))]
    first = post(batch, at=hours(0), cause=WHO).accepted[0]
    events = OutboxEvent.objects.count()
    again = post(batch, at=hours(3), cause=WHO).accepted[0]
    assert (again.posting_id, again.replayed, first.replayed) == (first.posting_id, True, False)
    assert (Movement.objects.count(), OutboxEvent.objects.count()) == (1, events)


def test_an_id_used_for_something_else_is_refused(small: Small) -> None:
    """The same id with another quantity is refused and nothing changes."""
    key = uuid4()
    post(
        [NewPosting(key, 1, hours(0), (Move(small.key(small.supplier), small.key(small.shelf), 5),))],
        at=hours(0),
        cause=WHO,
    )
    with pytest.raises(PostingRefused, match="posting-id-reused"):
        post(
            [NewPosting(key, 1, hours(0), (Move(small.key(small.supplier), small.key(small.shelf), 6),))],
            at=hours(0),
            cause=WHO,
        )
    assert standing(small)["E-01"] == (5, 0)


def test_more_than_stands_there_cannot_leave(small: Small) -> None:
    """An issue beyond stock is refused with both numbers, and nothing changes."""
    receive(small, 5)
    with pytest.raises(PostingRefused) as refused:
        send((Move(small.key(small.shelf), small.key(small.customer), 6),))
    assert refused.value.code == "not-enough"
    assert refused.value.fields["free"] == 5
    assert (Posting.objects.count(), standing(small)["E-01"]) == (1, (5, 0))


def test_in_bulk_only_the_impossible_posting_is_rejected(small: Small) -> None:
    """Of three issues of 4 from 10, in order, the third comes back with its row number and the others stand."""
    receive(small, 10)
    keys = [uuid4() for _ in range(3)]
    out = [
        NewPosting(key, PostingKind.DELIVER, hours(2), (Move(small.key(small.shelf), small.key(small.customer), 4),))
        for key in keys
    ]
    receipt = post(out, at=hours(2), cause=WHO, partial=True)
    assert [row.key for row in receipt.accepted] == keys[:2]
    assert [(row.row, row.code) for row in receipt.rejected] == [(3, "not-enough")]
    assert standing(small) == {"E-01": (2, 0), "P-SHOP": (8, 0), "P-SUP": (-10, 0)}


def test_goods_may_pass_through_a_place_within_one_batch(small: Small) -> None:
    """A receipt and an issue of the same goods in one batch are judged in their order."""
    batch = [
        NewPosting(uuid4(), 1, hours(0), (Move(small.key(small.supplier), small.key(small.dock), 7),)),
        NewPosting(uuid4(), 2, hours(0), (Move(small.key(small.dock), small.key(small.shelf), 7),)),
    ]
    post(batch, at=hours(0), cause=WHO)
    assert standing(small) == {"E-01": (7, 0), "P-SUP": (-7, 0)}
    back = [
        NewPosting(uuid4(), 2, hours(0), (Move(small.key(small.dock), small.key(small.far_shelf), 3),)),
        NewPosting(uuid4(), 2, hours(0), (Move(small.key(small.shelf), small.key(small.dock), 3),)),
    ]
    with pytest.raises(PostingRefused):
        post(back, at=hours(1), cause=WHO)
    assert standing(small) == {"E-01": (7, 0), "P-SUP": (-7, 0)}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"qty": 0}, "quantity-not-positive"),
        ({"qty": -3}, "quantity-not-positive"),
        ({"target": "same"}, "not-conserved"),
        ({"target": "other item"}, "not-conserved"),
        ({"place": 999_999}, "unknown-key"),
        ({"condition": 9}, "unknown-key"),
        ({"happened": 5}, "in-the-future"),
    ],
)
def test_a_malformed_movement_is_refused(small: Small, change: dict[str, object], code: str) -> None:
    """Each malformed movement is refused by its own code and nothing is written."""
    source = small.key(small.supplier)
    target = small.key(int(str(change.get("place", small.shelf))), condition=int(str(change.get("condition", 0))))
    if change.get("target") == "same":
        target = source
    if change.get("target") == "other item":
        target = small.key(small.shelf, item=small.salt)
    move = Move(source, target, int(str(change.get("qty", 4))))
    when = hours(int(str(change.get("happened", 0))))
    with pytest.raises(PostingRefused, match=code):
        post([NewPosting(uuid4(), 1, when, (move,))], at=hours(0), cause=WHO)
    assert (Posting.objects.count(), Movement.objects.count()) == (0, 0)


def test_the_past_cannot_be_rewritten(small: Small) -> None:
    """The database itself refuses to change or delete a movement or a posting."""
    receive(small, 5)
    for statement in (
        "UPDATE ledger_movement SET qty = 9",
        "DELETE FROM ledger_movement",
        "DELETE FROM ledger_posting",
    ):
        with pytest.raises(Exception, match="append-only"), connection.cursor() as cursor:
            from django.db import transaction

            with transaction.atomic():
                cursor.execute(statement)
    assert standing(small)["E-01"] == (5, 0)


def test_a_movement_of_a_balance_that_is_not_there_is_refused_by_the_database(small: Small) -> None:
    """Raw SQL that names an unknown balance or posting fails."""
    receive(small, 5)
    posting = Posting.objects.get().pk
    known = balance_of(small, small.shelf)
    for values in ((posting, known, 10**9), (10**9, known, balance_of(small, small.supplier))):
        with pytest.raises(Exception, match="does not exist"):
            from django.db import transaction

            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO ledger_movement (posting_id, source_id, target_id, qty, happened_at, recorded_at) "
                    "VALUES (%s, %s, %s, 1, now(), now())",
                    values,
                )
    assert Movement.objects.count() == 1


def test_claims_never_exceed_what_they_stand_on(small: Small) -> None:
    """A claim beyond the free quantity is refused; claimed goods cannot leave freely."""
    receive(small, 10)
    shelf = balance_of(small, small.shelf)
    claim(small, 7, balance=shelf)
    with pytest.raises(Exception, match="not-enough"):
        claim(small, 4, balance=shelf)
    with pytest.raises(PostingRefused, match="not-enough"):
        send((Move(small.key(small.shelf), small.key(small.customer), 4),))
    assert standing(small)["E-01"] == (10, 7)


def test_a_claim_travels_with_its_goods_and_is_used_up_at_delivery(small: Small) -> None:
    """Pick 4 of a claim on 6, load and deliver them: 2 stay claimed on the shelf under a new claim."""
    receive(small, 10)
    claim_id = claim(small, 6, balance=balance_of(small, small.shelf))
    pick = send(
        (Move(small.key(small.shelf), small.key(small.stage), 4, Claims.CARRY, claim_id),), kind=PostingKind.PICK
    )
    assert [first for first, _rest in pick.splits] == [claim_id]
    assert standing(small) == {"E-01": (6, 2), "E-STAGE": (4, 4), "P-SUP": (-10, 0)}
    send((Move(small.key(small.stage), small.key(small.truck), 4, Claims.CARRY, claim_id),))
    send((Move(small.key(small.truck), small.key(small.customer), 4, Claims.CONSUME, claim_id),))
    assert standing(small) == {"E-01": (6, 2), "P-SHOP": (4, 0), "P-SUP": (-10, 0)}
    assert Claim.objects.get(pk=claim_id).state == "consumed"
    assert audit().clean


def test_a_claim_cannot_travel_from_where_it_is_not(small: Small) -> None:
    """Picking with a claim that stands elsewhere is refused."""
    receive(small, 10)
    receive(small, 10, place=small.dock)
    claim_id = claim(small, 6, balance=balance_of(small, small.dock))
    with pytest.raises(PostingRefused, match="claim-does-not-cover"):
        send((Move(small.key(small.shelf), small.key(small.stage), 4, Claims.CARRY, claim_id),))
    assert standing(small)["E-DOCK"] == (10, 6)


def test_claims_follow_goods_that_are_put_away(small: Small) -> None:
    """Of 10 on the dock with 7 claimed, 8 go to the shelf: 5 of the claim must go along."""
    receive(small, 10, place=small.dock)
    claim(small, 7, balance=balance_of(small, small.dock))
    send((Move(small.key(small.dock), small.key(small.shelf), 8, Claims.FOLLOW),), kind=PostingKind.PUTAWAY)
    assert standing(small) == {"E-01": (8, 5), "E-DOCK": (2, 2), "P-SUP": (-10, 0)}
    assert audit().clean


def test_a_loss_voids_the_least_urgent_claims_and_says_so(small: Small) -> None:
    """Damage to 5 of 10 with claims of 4 (urgent) and 4: the less urgent claim falls, with an event."""
    receive(small, 10)
    shelf = balance_of(small, small.shelf)
    urgent = claim(small, 4, balance=shelf, priority=1, demand="order-line:1")
    other = claim(small, 4, balance=shelf, priority=6, demand="order-line:2")
    receipt = send((Move(small.key(small.shelf), small.key(small.shelf, condition=3), 5, Claims.DISPLACE),))
    assert receipt.displaced == (other,)
    assert Claim.objects.get(pk=urgent).state == "open"
    event = OutboxEvent.objects.get(name="ledger.claims-displaced")
    assert event.payload == {"claims": [other], "demands": ["order-line:2"]}
    assert audit().clean


def inbound(small: Small, qty: int) -> int:
    flow = NewFlow(uuid4(), "purchase", small.milk, small.supplier, small.dock, qty, hours(10), hours(30), "po:1")
    return plan_flows([flow], at=hours(0), cause=WHO)[0].flow_id


def test_a_claim_on_a_planned_flow_moves_onto_the_goods_that_come(small: Small) -> None:
    """20 are on order with 15 claimed; 12 come: 12 claimed on the dock, 3 still on the flow."""
    flow = inbound(small, 20)
    claim(small, 15, flow=flow)
    receive(small, 12, place=small.dock, flow=flow)
    assert standing(small)["E-DOCK"] == (12, 12)
    row = PlannedFlow.objects.get(pk=flow)
    assert (row.done, row.claimed, row.status) == (12, 3, "firm")
    receive(small, 8, place=small.dock, flow=flow)
    row.refresh_from_db()
    assert (row.done, row.claimed, row.status) == (20, 0, "closed")
    assert standing(small)["E-DOCK"] == (20, 15)
    assert audit().clean


def test_a_smaller_flow_voids_what_it_cannot_bear(small: Small) -> None:
    """A flow of 20 cut to 10 with claims of 8 and 8 keeps the more urgent one."""
    flow = inbound(small, 20)
    urgent = claim(small, 8, flow=flow, priority=1)
    other = claim(small, 8, flow=flow, priority=9)
    change = change_flow(FlowPatch(flow, qty=10), at=hours(1), cause=WHO)
    assert change.displaced == (other,)
    assert Claim.objects.get(pk=urgent).state == "open"
    assert PlannedFlow.objects.get(pk=flow).claimed == 8
    assert audit().clean


def test_a_voided_claim_frees_its_goods(small: Small) -> None:
    """After voiding, the quantity can be claimed again; voiding twice frees it once."""
    receive(small, 10)
    shelf = balance_of(small, small.shelf)
    first = claim(small, 10, balance=shelf)
    assert void_claims([first], at=hours(2), cause=WHO).voided == (first,)
    assert void_claims([first], at=hours(2), cause=WHO).voided == ()
    claim(small, 10, balance=shelf)
    assert standing(small)["E-01"] == (10, 10)


def test_a_reversal_is_a_new_posting_the_other_way(small: Small) -> None:
    """A receipt reversed leaves nothing there, once; a second reversal is refused."""
    key = receive(small, 9)
    back = uuid4()
    receipt = reverse(key, key=back, at=hours(5), cause=WHO)
    assert standing(small) == {}
    assert reverse(key, key=back, at=hours(6), cause=WHO).accepted[0].replayed
    assert Posting.objects.get(pk=receipt.accepted[0].posting_id).reverses.key == key
    with pytest.raises(Exception, match="reversed-already"):
        reverse(key, key=uuid4(), at=hours(7), cause=WHO)
    assert Movement.objects.count() == 2


def test_both_clocks_answer(small: Small) -> None:
    """A late fact changes what is known now about then, not what was known then about then."""
    receive(small, 10)
    move = Move(small.key(small.shelf), small.key(small.customer), 3)
    post([NewPosting(uuid4(), PostingKind.DELIVER, hours(1), (move,))], at=hours(8), cause=WHO)
    shelf = balance_of(small, small.shelf)

    def stood(happened: int, known: int | None) -> int:
        rows = as_of([small.milk], happened_by=hours(happened), known_by=None if known is None else hours(known))
        return sum(row.qty for row in rows if row.balance == shelf)

    assert [stood(2, 2), stood(2, None), stood(0, None)] == [10, 7, 10]


def test_a_closed_period_refuses_what_happened_before(small: Small) -> None:
    """After the close a back-dated posting is refused and nothing is written."""
    close_period(hours(4), at=hours(5), cause=WHO)
    with pytest.raises(PostingRefused, match="period-closed"):
        receive(small, 5)
    assert Posting.objects.count() == 0


def test_a_count_is_judged_against_what_stood_there_then(small: Small) -> None:
    """Counted 9 where 10 stood, told after 4 more were picked: the difference is 1, not 5."""
    receive(small, 10)
    send((Move(small.key(small.shelf), small.key(small.customer), 4),))  # at hour 2
    count = Counted(uuid4(), small.key(small.shelf), 9, hours(1))
    first = count_stock([count], at=hours(6), cause=WHO)
    assert [(row.expected, row.difference) for row in first.rows] == [(10, -1)]
    assert standing(small)["E-01"] == (5, 0)
    count_stock([count], at=hours(7), cause=WHO)
    assert standing(small)["E-01"] == (5, 0)
    assert audit().clean


def test_the_audit_names_the_first_divergent_entry(small: Small) -> None:
    """A balance row altered by hand is found with item, place, lot and the entry where it parts; a rebuild mends it."""
    receive(small, 10)
    send((Move(small.key(small.shelf), small.key(small.customer), 4),))
    second = Movement.objects.order_by("-pk")[0].pk
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_balance SET qty = 10 WHERE id = %s", [balance_of(small, small.shelf)])
    found = [row for row in audit().discrepancies if row.kind == "balance"]
    assert [(r.item, r.place, r.lot, r.expected, r.found, r.first_entry) for r in found] == [
        ("MILK", "E-01", "L1", 6, 10, second)
    ]
    assert rebuild_balances() == (balance_of(small, small.shelf),)
    assert audit().clean


def test_supply_counts_what_is_free_now_and_what_is_to_come(small: Small) -> None:
    """Free stock by lot and firm inbound flows, less what is claimed, as a step function of time."""
    receive(small, 10)
    receive(small, 5, lot=small.late)
    claim(small, 4, balance=balance_of(small, small.shelf))
    inbound(small, 20)
    assert [(row.source, row.qty_free) for row in supply_of([small.milk], [small.east])] == [
        ("balance", 6), ("balance", 5), ("flow", 20),
    ]  # fmt: skip
    assert [step.cumulative for step in available(small.milk, [small.east])] == [6, 11, 31]
    assert [step.cumulative for step in available(small.milk, [small.east], usable_for=hours(24 * 12))] == [5, 25]
    assert [row.lot_code for row in stock_of([small.milk])] == ["L1", "L2"]
    assert len(movements_of_item(small.milk)) == 2


def test_stock_is_valued_by_average_and_by_first_in_first_out(small: Small) -> None:
    """10 at 300 and 10 at 400, then 15 go out: 1,750 are left by average, 2,000 by first in, first out."""
    from longshore.ledger.models import ReceiptPrice

    receive(small, 10)
    second = receive(small, 10)
    ReceiptPrice.objects.create(posting=Posting.objects.get(key=second), item_id=small.milk, unit_price=400)
    send((Move(small.key(small.shelf), small.key(small.customer), 15),))
    assert value_stock(at=hours(9)).movements == 3
    assert value_stock(at=hours(9)).movements == 0
    assert [(row.qty, row.value) for row in stock_value()] == [(5, 1750)]
    assert [(row.qty, row.value) for row in stock_value(method="fifo")] == [(5, 2000)]


def test_a_serial_stands_in_one_place_only(small: Small) -> None:
    """The database refuses a second piece under the same serial number."""
    from longshore.catalog.models import Serial

    serial = Serial.objects.create(item_id=small.salt, code="S-1").pk
    inside = Key(small.salt, small.shelf, small.owner, serial=serial)
    outside = Key(small.salt, small.supplier, small.owner, serial=serial)
    post([NewPosting(uuid4(), 1, hours(0), (Move(outside, inside, 1),))], at=hours(0), cause=WHO)
    other = Key(small.salt, small.far_shelf, small.owner, serial=serial)
    with pytest.raises(IntegrityError, match="two places"):
        post([NewPosting(uuid4(), 1, hours(0), (Move(outside, other, 1),))], at=hours(0), cause=WHO)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
