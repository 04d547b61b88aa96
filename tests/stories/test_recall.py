"""A supplier's lot goes through production, packing and shipping, and is called back: found, held, told, reconciled."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core import mail

from longshore.catalog.models import Item, Lot, Partner, Place
from longshore.ledger.audit import audit
from longshore.ledger.models import OutboxEvent, PostingKind
from longshore.ledger.operations import Input, Key, Move, NewPosting, NewTransform, Output, post, transform
from longshore.ledger.outbox import Told
from longshore.ordering.models import CustomerNotice
from longshore.ordering.operations import send_notices
from longshore.project.subscriptions import SUBSCRIPTIONS
from longshore.shipping.models import Shipment
from longshore.shipping.operations import (
    Arrived,
    Delivered,
    arrive,
    choose_carrier,
    deliver,
    depart,
    load,
    open_shipments,
    plan_trips,
    stage,
)
from longshore.storing.operations import Picked, confirm_picks, pack, release_wave
from longshore.tracing.models import RecallLetter, RecallLine
from longshore.tracing.operations import (
    NewRecall,
    answer_letter,
    close_recall,
    hold_recall,
    notify_recall,
    reconcile_recall,
    start_recall,
)
from longshore.tracing.queries.naming import meant_by
from longshore.tracing.reactors import link_posted
from tests.platform.storing.floor import WHO, Floor, build, hours


@pytest.fixture
def floor(db: None) -> Floor:
    return build()


def tell_tracing() -> None:
    """What the dispatcher does: every posting told to tracing, and once more, as may happen."""
    assert link_posted in SUBSCRIPTIONS["ledger.posted"]
    for row in OutboxEvent.objects.filter(name="ledger.posted").order_by("id"):
        event = Told(row.pk, row.name, row.payload, row.at, row.cause)
        link_posted(event)
        link_posted(event)


def make_yoghurt(floor: Floor) -> int:
    """100 milk of the supplier's lot RAW arrive; 90 of it become 30 yoghurt of lot Y1."""
    supplier = Place.objects.create(code="P-FARM", name="Farm", kind="party")
    Partner.objects.create(code="FARM", name="Farm", is_supplier=True, place=supplier)
    raw = Lot.objects.create(item_id=floor.milk, code="RAW").pk
    milk = Item.objects.get(pk=floor.milk)
    yoghurt = Item.objects.create(
        code="YOG", name="Yoghurt", base_unit=milk.base_unit, lot_tracked=True, weight_g=100, volume_cm3=100
    ).pk
    lot = Lot.objects.create(item_id=yoghurt, code="Y1").pk
    came = Move(Key(floor.milk, supplier.pk, floor.owner, raw), Key(floor.milk, floor.cold, floor.owner, raw), 100)
    post([NewPosting(uuid4(), PostingKind.RECEIPT, hours(-1), (came,))], at=hours(-1), cause=WHO)
    used = Input(Key(floor.milk, floor.cold, floor.owner, raw), 90, lost=3)
    made = Output(Key(yoghurt, floor.bin_b, floor.owner, lot), 30)
    transform([NewTransform(uuid4(), hours(0), (used,), (made,), expected=30)], at=hours(0), cause=WHO)
    return yoghurt


def ship_to_the_shop(floor: Floor, order: int) -> None:
    wave = release_wave(key=uuid4(), site=floor.site, ship_before=hours(30), order_ids=[order], at=hours(1), cause=WHO)
    confirm_picks([Picked(task, hours(2)) for task in wave.tasks], at=hours(2), cause=WHO)
    pack(site=floor.site, at=hours(2.2), cause=WHO)
    opened = open_shipments(site=floor.site, at=hours(2.4), cause=WHO).shipments
    choose_carrier(opened, at=hours(2.4), cause=WHO)
    trips = plan_trips(site=floor.site, day=hours(3).date(), at=hours(2.5), cause=WHO).trips
    stage(opened, at=hours(2.6), cause=WHO)
    load(trips, at=hours(2.7), cause=WHO)
    depart(trips, at=hours(3), cause=WHO)
    shipment = Shipment.objects.get(order_id=order)
    assert shipment.stop is not None
    there = shipment.stop.eta
    assert there is not None
    arrive([Arrived(shipment.stop.pk, there)], at=there, cause=WHO)
    deliver([Delivered(shipment.pk, there, "Li Wei")], at=there, cause=WHO)


def test_a_supplier_lot_is_called_back_from_the_shop(floor: Floor) -> None:
    """Farm → yoghurt → carton → truck → shop; the recall of the farm's lot finds every unit and comes out to zero."""
    yoghurt = make_yoghurt(floor)
    order = floor.order("SO-77", (yoghurt, 12))
    ship_to_the_shop(floor, order)
    tell_tracing()
    at = hours(40)
    Partner.objects.filter(code="SHOP").update(email="shop@example.cn")
    recall = start_recall(NewRecall(uuid4(), "Glass at the farm", nodes=meant_by("RAW")), at=at, cause=WHO)
    found = {
        row.lot.code: (row.made, row.found, row.shipped, row.scrapped, row.consumed, row.unexplained)
        for row in RecallLine.objects.filter(recall_id=recall.recall).select_related("lot")
        if row.lot
    }
    assert found == {"RAW": (100, 10, 0, 3, 87, 0), "Y1": (30, 18, 12, 0, 0, 0)}
    held = hold_recall(recall.recall, at=at, cause=WHO)
    assert held.qty == 28
    told = notify_recall(recall.recall, at=at, cause=WHO)
    letter = RecallLetter.objects.get(pk=told.letters[0])
    assert letter.partner is not None
    assert (letter.partner.code, letter.order, letter.qty) == ("SHOP", "SO-77", 12)
    assert letter.document == Shipment.objects.get(order_id=order).number
    notice = CustomerNotice.objects.get(order_id=order, kind="recalled")
    assert (notice.facts["goods"], notice.facts["reason"]) == ("YOG Y1 × 12", "Glass at the farm")
    assert notify_recall(recall.recall, at=at, cause=WHO).letters == ()
    assert send_notices(at=at) == 1 and send_notices(at=at) == 0
    [message] = mail.outbox
    assert message.to == ["shop@example.cn"] and "Glass at the farm" in message.body and "YOG Y1" in message.body
    answer_letter(letter.pk, recovered=12, at=at, cause=WHO)
    done = reconcile_recall(recall.recall, at=at, cause=WHO)
    assert (done.reconciled, done.unexplained) == (True, 0)
    assert close_recall(recall.recall, at=at, cause=WHO).state == "closed"
    assert audit().clean
