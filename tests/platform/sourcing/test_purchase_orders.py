"""From released proposals to purchase orders, and what suppliers say about them."""

from __future__ import annotations

import pytest

from longshore.ledger.models import Claim, PlannedFlow
from longshore.ledger.operations import NewClaim, reserve
from longshore.planning.models import Proposal
from longshore.sourcing.models import PurchaseOrder, PurchaseOrderLine
from longshore.sourcing.operations import (
    LineTerms,
    OrderClosed,
    TermsRefused,
    cancel,
    close_short,
    confirm,
    place_orders,
    report_delay,
)
from longshore.sourcing.queries import late_orders, lines_due, order_by_number
from tests.platform.planning.world import MONDAY, WHO, World, days, name


def _ordered(world: World) -> tuple[PurchaseOrder, list[PurchaseOrderLine]]:
    """One order of the grower with 50 tea and 20 milk."""
    world.released(world.tea, 50)
    world.released(world.milk, 20, due_at=days(5))
    receipt = place_orders(at=MONDAY, cause=WHO)
    order = PurchaseOrder.objects.get(pk=receipt.purchase_orders[0])
    return order, list(order.lines.order_by("line"))


def _claim(world: World, flow: int, qty: int, label: str, *, ship_at: float = 4, priority: int = 5) -> int:
    claim = NewClaim(
        key=name(label),
        demand=label,
        item=PlannedFlow.objects.get(pk=flow).item_id,
        site=world.centre,
        qty=qty,
        ship_at=days(ship_at),
        due_at=days(ship_at + 1),
        flow=flow,
        priority=priority,
    )
    return reserve([claim], at=MONDAY, cause=WHO).accepted[0].claim_id


def test_one_order_for_each_supplier_and_site(world: World) -> None:
    """Four proposals for two suppliers and two sites become three numbered orders, each line with a flow."""
    world.released(world.tea, 50)
    world.released(world.milk, 20)
    world.released(world.tea, 10, supplier=world.trader, price=560)
    world.released(world.tea, 15, site=world.branch)
    receipt = place_orders(at=MONDAY, cause=WHO)
    orders = list(PurchaseOrder.objects.order_by("number"))
    assert receipt.lines == 4
    assert [(o.number, o.supplier_id, o.site_id, o.lines.count(), o.value) for o in orders] == [
        ("PO-000001", world.grower, world.centre, 2, 35000),
        ("PO-000002", world.trader, world.centre, 1, 5600),
        ("PO-000003", world.grower, world.branch, 1, 7500),
    ]
    flow = orders[0].lines.get(line=1).flow
    assert (flow.kind, flow.qty, flow.source_id, flow.target_id, flow.arrive_at, flow.status) == (
        "purchase", 50, world.grower_place, world.centre, days(3), "firm",
    )  # fmt: skip
    assert flow.document == f"purchase-order:{orders[0].pk}"
    assert not Proposal.objects.filter(flow__isnull=True).exists()


def test_ordering_twice_orders_once(world: World) -> None:
    """What is ordered is not ordered again, whoever asks."""
    _ordered(world)
    assert place_orders(at=MONDAY, cause=WHO).purchase_orders == ()
    assert PurchaseOrder.objects.count() == 1


def test_a_confirmation_of_less_takes_the_least_urgent_claims(world: World) -> None:
    """Confirmed 30 of 50: supply shrinks, the less urgent claim falls, the other stays."""
    order, (tea, _milk) = _ordered(world)
    urgent = _claim(world, tea.flow_id, 25, "order-line:1", priority=1)
    later = _claim(world, tea.flow_id, 20, "order-line:2", priority=7)
    receipt = confirm(order.pk, at=MONDAY, cause=WHO, lines=[LineTerms(tea.pk, qty=30)])
    tea.refresh_from_db()
    order.refresh_from_db()
    assert (tea.ordered, tea.qty, tea.flow.qty, order.state, order.value) == (50, 30, 30, "confirmed", 25000)
    assert receipt.changed_lines == (tea.pk,)
    assert receipt.displaced == (later,)
    assert Claim.objects.get(pk=urgent).state == "open"


def test_a_line_that_will_not_come_ends(world: World) -> None:
    """Confirmed with quantity 0: its flow is cancelled, the order expects the rest only."""
    order, (tea, milk) = _ordered(world)
    confirm(order.pk, at=MONDAY, cause=WHO, lines=[LineTerms(milk.pk, qty=0)])
    order.refresh_from_db()
    assert PlannedFlow.objects.get(pk=milk.flow_id).status == "cancelled"
    assert PlannedFlow.objects.get(pk=tea.flow_id).status == "firm"
    assert (order.state, order.expected_at) == ("confirmed", days(3))


def test_a_late_order_hurts_its_own_claims_only(world: World) -> None:
    """A delay names the demands that should have left before it comes; claims on other supply are untouched."""
    order, (tea, milk) = _ordered(world)
    early = _claim(world, tea.flow_id, 10, "order-line:1", ship_at=4)
    _claim(world, tea.flow_id, 10, "order-line:2", ship_at=9)
    _claim(world, milk.flow_id, 5, "order-line:3", ship_at=6)
    receipt = report_delay(order.pk, days(8), at=MONDAY, cause=WHO, lines=[tea.pk])
    assert [(late.claim, late.demand, late.qty) for late in receipt.late] == [(early, "order-line:1", 10)]
    assert receipt.changed_lines == (tea.pk,)
    assert PlannedFlow.objects.get(pk=tea.flow_id).arrive_at == days(8)
    assert PlannedFlow.objects.get(pk=milk.flow_id).arrive_at == days(5)
    order.refresh_from_db()
    assert (order.expected_at, order.agreed_at) == (days(8), days(5))
    assert [row.id for row in late_orders(at=MONDAY)] == [order.pk]


def test_a_date_in_the_past_is_refused(world: World) -> None:
    """Nothing changes when the new date has passed."""
    order, _lines = _ordered(world)
    with pytest.raises(TermsRefused) as refused:
        report_delay(order.pk, days(-1), at=MONDAY, cause=WHO)
    assert refused.value.code == "expected-in-the-past"
    order.refresh_from_db()
    assert order.expected_at == days(5)


def test_a_cancelled_order_ends_its_supply(world: World) -> None:
    """Flows close, claims fall, the state says cancelled; a second time is refused."""
    order, (tea, milk) = _ordered(world)
    claim = _claim(world, tea.flow_id, 10, "order-line:1")
    receipt = cancel(order.pk, at=MONDAY, cause=WHO)
    order.refresh_from_db()
    assert (order.state, receipt.displaced) == ("cancelled", (claim,))
    assert set(PlannedFlow.objects.values_list("status", flat=True)) == {"closed"}
    with pytest.raises(OrderClosed):
        close_short(order.pk, at=MONDAY, cause=WHO)
    assert {tea.flow_id, milk.flow_id} == set(PlannedFlow.objects.values_list("id", flat=True))


def test_the_dock_sees_what_is_due(world: World) -> None:
    """Lines due until a time, the earliest first, with what is promised on them."""
    order, (tea, milk) = _ordered(world)
    _claim(world, tea.flow_id, 10, "order-line:1")
    due = lines_due(site=world.centre, until=days(4))
    assert [(line.id, line.to_come, line.claimed, line.number) for line in due] == [(tea.pk, 50, 10, order.number)]
    assert [line.id for line in lines_due(site=world.centre, until=days(6))] == [tea.pk, milk.pk]
    row = order_by_number(order.number)
    assert row is not None and (row.lines, row.qty, row.received, row.late_minutes(days(6))) == (2, 70, 0, 1440)
