"""Goods that leave with a carrier, and goods that go to another site of ours."""

from __future__ import annotations

import pytest

from longshore.ledger.models import Balance, PlannedFlow
from longshore.ledger.operations import NewFlow, plan_flows
from longshore.ordering.models import CustomerOrder
from longshore.planning.models import Proposal
from longshore.shipping.models import Shipment
from longshore.shipping.operations import (
    Delivered,
    NothingToHandOver,
    RefusedLine,
    bring_back,
    choose_carrier,
    deliver,
    hand_over,
    open_shipments,
)
from longshore.storing.models import PickTask
from longshore.storing.operations import claim_transfers
from tests.platform.storing.floor import WHO, Floor, assert_books_are_clean, hours, line_ids, name, standing


def _packed(floor: Floor, qty: int) -> tuple[int, int]:
    floor.stock(floor.tea, 100, floor.bin_a)
    order = floor.order("A-1", (floor.tea, qty))
    floor.pack_all()
    [shipment] = open_shipments(site=floor.site, at=hours(3), cause=WHO).shipments
    return order, shipment


def test_a_carrier_takes_delivers_and_brings_back(floor: Floor) -> None:
    """Ten with the carrier, seven delivered, three refused and brought back to the returns place."""
    order, shipment = _packed(floor, 10)
    assert choose_carrier([shipment], at=hours(3), cause=WHO, own_fleet=False).hired == ((shipment, floor.carrier),)
    assert hand_over([shipment], at=hours(4), cause=WHO).shipments == (shipment,)
    assert hand_over([shipment], at=hours(4), cause=WHO).replayed == (shipment,)
    assert CustomerOrder.objects.get(pk=order).state == "in_transit"
    carried = Balance.objects.get(place__code="CARRIER-FAST", qty__gt=0)
    assert (carried.qty, carried.claimed) == (10, 10)
    report = Delivered(shipment, hours(8), "signer", refused=(RefusedLine(line_ids(order)[0], 3),))
    deliver([report], at=hours(8), cause=WHO)
    back = bring_back(carriers=[floor.carrier], site=floor.site, key=name("back"), at=hours(9), cause=WHO)
    assert (back.qty, standing(floor.returns, 5), standing(floor.shop_place)) == (3, 3, 7)
    assert CustomerOrder.objects.get(pk=order).state == "delivered"
    assert_books_are_clean()


def test_nothing_is_handed_to_nobody(floor: Floor) -> None:
    """A shipment without a carrier is refused; naming one is enough."""
    _order, shipment = _packed(floor, 10)
    with pytest.raises(NothingToHandOver):
        hand_over([shipment], at=hours(4), cause=WHO)
    assert hand_over([shipment], at=hours(4), cause=WHO, carrier=floor.carrier).shipments == (shipment,)


def _transfer(floor: Floor, qty: int) -> Proposal:
    flow = NewFlow(
        name("flow"), "transfer", floor.tea, floor.site, floor.other_dock, qty, hours(6), hours(12), "transfer"
    )
    [planned] = plan_flows([flow], at=hours(0), cause=WHO)
    return Proposal.objects.create(
        key=name("proposal"), kind="transfer", state="released", item_id=floor.tea, site_id=floor.other,
        origin_id=floor.site, qty=qty, proposed_qty=qty, order_at=hours(0), due_at=hours(12), made_at=hours(0),
        flow_id=planned.flow_id,
    )  # fmt: skip


def test_a_transfer_is_picked_shipped_and_fulfils_its_flow(floor: Floor) -> None:
    """Forty tea go to the other site: same verbs, received at its dock, the planned flow is done."""
    floor.stock(floor.tea, 100, floor.bin_a)
    proposal = _transfer(floor, 40)
    [claimed] = claim_transfers([proposal.pk], at=hours(0), cause=WHO)
    assert (claimed.qty, claimed.missing) == (40, 0)
    assert claim_transfers([proposal.pk], at=hours(0), cause=WHO) == ()
    floor.pack_all()
    assert PickTask.objects.get().transfer_id == proposal.pk
    [shipment] = open_shipments(site=floor.site, at=hours(3), cause=WHO).shipments
    saved = Shipment.objects.get(pk=shipment)
    assert (saved.transfer_id, saved.ship_to_id, saved.order_id) == (proposal.pk, floor.other, None)
    hand_over([shipment], at=hours(4), cause=WHO, carrier=floor.carrier)
    deliver([Delivered(shipment, hours(9), "dock")], at=hours(9), cause=WHO)
    flow = PlannedFlow.objects.get()
    assert (flow.done, flow.status) == (40, "closed")
    assert standing(floor.other_dock) == 40
    assert_books_are_clean()


def test_a_transfer_of_more_than_is_there_is_cut(floor: Floor) -> None:
    """Forty wanted, thirty there: thirty are claimed and the other site counts on thirty only."""
    floor.stock(floor.tea, 30, floor.bin_a)
    [claimed] = claim_transfers([_transfer(floor, 40).pk], at=hours(0), cause=WHO)
    assert (claimed.qty, claimed.missing) == (30, 10)
    assert PlannedFlow.objects.get().qty == 30


def test_a_transfer_of_nothing_is_cancelled(floor: Floor) -> None:
    """Nothing there: no claim, and the planned flow is cancelled."""
    [claimed] = claim_transfers([_transfer(floor, 40).pk], at=hours(0), cause=WHO)
    assert (claimed.qty, PlannedFlow.objects.get().status) == (0, "cancelled")
