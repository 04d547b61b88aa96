"""A late purchase order promises anew what stood on it, and nothing else."""

from __future__ import annotations

from longshore.ordering.models import OrderLine, PromiseRecord
from longshore.ordering.operations import NewLine, NewOrder, promise, take_orders
from longshore.project.dispatcher import drain_outbox
from longshore.sourcing.models import PurchaseOrderLine
from longshore.sourcing.operations import close_short, confirm_as_ordered, place_orders, report_delay
from tests.platform.planning.world import MONDAY, WHO, World, days, name


def _promised(world: World, number: str, item: int, qty: int) -> OrderLine:
    form = NewOrder(
        key=name(number),
        number=number,
        customer=world.shop,
        requested_at=days(6),
        lines=(NewLine(1, item, qty),),
        received_at=MONDAY,
    )
    order = take_orders([form], at=MONDAY, cause=WHO).accepted[0].order_id
    promise([order], at=MONDAY, cause=WHO)
    return OrderLine.objects.get(order=order)


def test_a_delay_changes_the_dates_of_its_own_lines_only(world: World) -> None:
    """Tea waits for the order that comes five days later now; milk on the shelf keeps its promise and its record."""
    world.stock(world.milk, 40)
    world.released(world.tea, 50)
    order = place_orders(at=MONDAY, cause=WHO).purchase_orders[0]
    late, safe = _promised(world, "LATE", world.tea, 30), _promised(world, "SAFE", world.milk, 10)
    drain_outbox(at=MONDAY)
    before = {line.pk: OrderLine.objects.get(pk=line.pk).promised_at for line in (late, safe)}
    records = PromiseRecord.objects.filter(line=safe).count()
    receipt = report_delay(order, days(8), at=days(1), cause=WHO)
    assert [claim.demand for claim in receipt.late] == [f"order-line:{late.pk}"]
    drain_outbox(at=days(1))
    after = {line.pk: OrderLine.objects.get(pk=line.pk).promised_at for line in (late, safe)}
    assert after[late.pk] is not None and after[late.pk] >= days(8)
    assert after[late.pk] > before[late.pk]
    assert after[safe.pk] == before[safe.pk]
    assert PromiseRecord.objects.filter(line=safe).count() == records


def test_what_does_not_come_is_ordered_again(world: World) -> None:
    """Closed short, the gap is below policy: a new proposal stands as soon as the events are told."""
    from longshore.planning.models import Proposal

    world.policy(world.tea)
    world.released(world.tea, 50)
    order = place_orders(at=MONDAY, cause=WHO).purchase_orders[0]
    drain_outbox(at=MONDAY)
    assert not Proposal.objects.filter(state="proposed").exists()
    close_short(order, at=days(1), cause=WHO)
    drain_outbox(at=days(1))
    assert Proposal.objects.get(state="proposed").qty == 50


def test_many_confirmations_at_once(world: World) -> None:
    """Two orders confirmed as ordered in one go; a second time finds nothing to confirm."""
    world.released(world.tea, 50)
    world.released(world.tea, 10, supplier=world.trader)
    orders = place_orders(at=MONDAY, cause=WHO).purchase_orders
    assert confirm_as_ordered(orders, at=MONDAY, cause=WHO) == orders
    assert confirm_as_ordered(orders, at=MONDAY, cause=WHO) == ()
    assert set(PurchaseOrderLine.objects.values_list("order__state", flat=True)) == {"confirmed"}
