"""What is said between us and a supplier: short confirmations, changes, notices, claims, EDI documents, mails."""

from __future__ import annotations

import pytest
from django.core import mail

from longshore.catalog.models import Partner
from longshore.ledger.models import PlannedFlow
from longshore.ordering.models import OrderLine, PromiseRecord
from longshore.project.dispatcher import drain_outbox
from longshore.sourcing.edi.wording import UnreadableDocument
from longshore.sourcing.models import (
    DispatchNotice,
    OrderChange,
    OrderDocument,
    PurchaseOrder,
    PurchaseOrderLine,
    SupplierChannel,
    SupplierClaim,
)
from longshore.sourcing.operations import (
    Arrived,
    ChangeRefused,
    ClaimAnswer,
    ClaimRefused,
    DocumentRefused,
    LineTerms,
    NoticeRefused,
    Sent,
    answer_change,
    answer_claim,
    ask_change,
    close_short,
    confirm,
    expedite,
    notify_dispatch,
    place_orders,
    raise_claim,
    read_document,
    receive,
)
from longshore.sourcing.queries import scorecards
from tests.platform.planning.world import MONDAY, WHO, World, days, name
from tests.platform.sourcing.test_late_supply import _promised


def _ordered(world: World, qty: int = 50) -> PurchaseOrderLine:
    world.released(world.tea, qty)
    place_orders(at=MONDAY, cause=WHO)
    return PurchaseOrderLine.objects.get()


def _channel(world: World, channel: str) -> None:
    SupplierChannel.objects.create(supplier_id=world.grower, channel=channel, our_id="LONGSHORE", their_id="GROWER")


def test_a_fifth_less_moves_only_the_promises_that_stood_on_it(world: World) -> None:
    """Of 50, 40 are confirmed: who had the first 30 keeps the day, who hoped for the last 20 is promised anew."""
    world.stock(world.milk, 40)
    line = _ordered(world)
    kept, moved = _promised(world, "KEPT", world.tea, 30), _promised(world, "MOVED", world.tea, 20)
    other = _promised(world, "MILK", world.milk, 10)
    drain_outbox(at=MONDAY)
    before = {each.pk: OrderLine.objects.get(pk=each.pk).promised_at for each in (kept, moved, other)}
    records = {each.pk: PromiseRecord.objects.filter(line=each).count() for each in (kept, other)}
    again = PromiseRecord.objects.filter(line=moved).count()
    receipt = confirm(line.order_id, at=days(1), cause=WHO, lines=[LineTerms(line.pk, 40)])
    assert receipt.changed_lines == (line.pk,) and len(receipt.displaced) == 1
    drain_outbox(at=days(1))
    after = {each.pk: OrderLine.objects.get(pk=each.pk).promised_at for each in (kept, moved, other)}
    assert (after[kept.pk], after[other.pk]) == (before[kept.pk], before[other.pk])
    assert PromiseRecord.objects.filter(line=moved).count() > again
    assert {pk: PromiseRecord.objects.filter(line=pk).count() for pk in records} == records


def test_a_change_counts_when_the_supplier_agrees(world: World) -> None:
    """Asked for 60, the flow stays at 50; agreed it is 60; an answered wish takes no second answer."""
    line = _ordered(world)
    change = ask_change(line.order_id, [LineTerms(line.pk, 60)], at=MONDAY, cause=WHO).changes[0]
    assert PlannedFlow.objects.get(pk=line.flow_id).qty == 50
    assert answer_change(change, agreed=True, at=days(1), cause=WHO).state == "accepted"
    assert PlannedFlow.objects.get(pk=line.flow_id).qty == 60
    with pytest.raises(ChangeRefused):
        answer_change(change, agreed=False, at=days(1), cause=WHO)


def test_sooner_means_sooner(world: World) -> None:
    """A day after the one expected is not sooner; a day before is asked of every open line."""
    line = _ordered(world)
    with pytest.raises(ChangeRefused) as refused:
        expedite(line.order_id, days(4), at=MONDAY, cause=WHO)
    assert refused.value.code == "not-sooner" and not OrderChange.objects.exists()
    asked = expedite(line.order_id, days(2), at=MONDAY, cause=WHO, reason="shop is out")
    assert answer_change(asked.changes[0], agreed=True, at=MONDAY, cause=WHO).state == "accepted"
    assert PlannedFlow.objects.get(pk=line.flow_id).arrive_at == days(2)


def test_a_notice_moves_the_date_once(world: World) -> None:
    """Told that it arrives a day later, supply moves; the same notice again does nothing; a strange line is refused."""
    line = _ordered(world)
    sent = Sent("DN-1", days(1), days(4), ((line.pk, 50),))
    assert notify_dispatch(line.order_id, sent, at=days(1), cause=WHO).terms is not None
    assert PlannedFlow.objects.get(pk=line.flow_id).arrive_at == days(4)
    assert notify_dispatch(line.order_id, sent, at=days(1), cause=WHO).replayed
    with pytest.raises(NoticeRefused):
        notify_dispatch(line.order_id, Sent("DN-2", days(1), days(4), ((0, 1),)), at=days(1), cause=WHO)
    assert DispatchNotice.objects.count() == 1


def test_damage_is_claimed_once_and_credited(world: World) -> None:
    """Eight of fifty came damaged: 40.00 claimed, 30.00 credited; nothing was late, so nothing is claimed for that."""
    line = _ordered(world)
    receive(line.order_id, [Arrived(line.pk, 45, name("r"), damaged=8)], world.dock, at=days(2), cause=WHO)
    claim = raise_claim(line.pk, "damaged", at=days(2), cause=WHO)
    assert (claim.qty, claim.amount, claim.number) == (8, 4_000, "SC-000001")
    for kind in ("damaged", "late", "short"):
        with pytest.raises(ClaimRefused):
            raise_claim(line.pk, kind, at=days(2), cause=WHO)
    close_short(line.order_id, at=days(3), cause=WHO)
    assert raise_claim(line.pk, "short", at=days(3), cause=WHO).qty == 5
    assert answer_claim(claim.claim, ClaimAnswer(True, 3_000), at=days(3), cause=WHO).credited == 3_000
    with pytest.raises(ClaimRefused):
        answer_claim(claim.claim, ClaimAnswer(False), at=days(3), cause=WHO)
    assert SupplierClaim.objects.filter(state="open").count() == 1
    card = scorecards(at=days(9))[0]
    assert (card.lines, card.on_time_in_full, card.damaged, card.price_bp, card.open_claims) == (1, 0, 8, 12_500, 1)


def test_how_long_a_supplier_takes_to_answer(world: World) -> None:
    """Confirmed a day after the order: 1440 minutes on the scorecard."""
    line = _ordered(world)
    confirm(line.order_id, at=days(1), cause=WHO)
    assert scorecards(at=days(9))[0].answer_minutes == 1440


def test_an_x12_order_is_written_and_its_answer_done(world: World) -> None:
    """An 850 stands ready once; an 855 with 40 of 50 on another day changes supply; read again it does nothing."""
    _channel(world, "x12")
    line = _ordered(world)
    drain_outbox(at=MONDAY)
    written = OrderDocument.objects.get()
    assert (written.kind, written.state) == ("850", "ready")
    assert "BEG*00*NE*PO-000001**20260302~" in written.body and "PO1*1*50*EA*5.00**SK*TEA~" in written.body
    isa = written.body.split("~")[0].replace("LONGSHORE      *ZZ*GROWER         ", "GROWER         *ZZ*LONGSHORE      ")
    control = isa.split("*")[13]
    answer = "~".join([
        isa, "GS*PR*GROWER*LONGSHORE*20260302*0300*1*X*004010", "ST*855*0001", "BAK*00*AC*PO-000001*20260302",
        "PO1*1*50*EA*5.00**SK*TEA", "ACK*IQ*40*EA*068*20260306", "CTT*1", "SE*6*0001", "GE*1*1", f"IEA*1*{control}", "",
    ])  # fmt: skip
    assert read_document(answer, supplier=None, at=MONDAY, cause=WHO).order == "PO-000001"
    flow = PlannedFlow.objects.get(pk=line.flow_id)
    assert (flow.qty, flow.arrive_at.isoformat()) == (40, "2026-03-06T04:00:00+00:00")
    assert read_document(answer, supplier=None, at=MONDAY, cause=WHO).replayed
    with pytest.raises(DocumentRefused):
        read_document(answer.replace("PO-000001", "PO-000009"), supplier=None, at=MONDAY, cause=WHO)
    with pytest.raises(DocumentRefused):
        read_document(answer, supplier=world.trader, at=MONDAY, cause=WHO)
    with pytest.raises(UnreadableDocument):
        read_document(answer.replace("SE*6", "SE*9"), supplier=None, at=MONDAY, cause=WHO)


def test_an_edifact_order_its_answer_and_its_notice(world: World) -> None:
    """ORDERS stands ready; ORDRSP confirms 40; DESADV announces them for the seventh."""
    _channel(world, "edifact")
    line = _ordered(world)
    drain_outbox(at=MONDAY)
    body = OrderDocument.objects.get().body
    assert "BGM+220+PO-000001+9'" in body and "LIN+1++TEA:SA'QTY+21:50:EA'PRI+AAA:5.00'" in body
    head = "UNB+UNOC:3+GROWER+LONGSHORE+260302:0300+7'UNH+1+{kind}:D:96A:UN:EAN008'"
    answer = (
        head.format(kind="ORDRSP") + "BGM+231+OR-1+4'DTM+137:20260302:102'RFF+ON:PO-000001'"
        "LIN+1+3'QTY+21:40'UNS+S'UNT+8+1'UNZ+1+7'"
    )
    read_document(answer, supplier=world.grower, at=MONDAY, cause=WHO)
    assert PlannedFlow.objects.get(pk=line.flow_id).qty == 40
    notice = (
        head.format(kind="DESADV") + "BGM+351+DN-5+9'DTM+11:20260304:102'DTM+132:20260307:102'RFF+ON:PO-000001'"
        "CPS+1'LIN+1'QTY+12:40'UNT+9+1'UNZ+1+7'"
    )
    assert read_document(notice, supplier=world.grower, at=MONDAY, cause=WHO).kind == "dispatch"
    assert DispatchNotice.objects.get().number == "DN-5"
    assert PlannedFlow.objects.get(pk=line.flow_id).arrive_at.isoformat() == "2026-03-07T04:00:00+00:00"


def test_a_mail_goes_out_after_the_order_stands(world: World) -> None:
    """One mail to the grower's address with the lines; without an address the document says why not."""
    _channel(world, "email")
    Partner.objects.filter(pk=world.grower).update(email="orders@grower.example")
    _ordered(world)
    drain_outbox(at=MONDAY)
    assert [(each.to, each.subject) for each in mail.outbox] == [
        (["orders@grower.example"], "Purchase order PO-000001")
    ]
    assert "1. TEA  50 × 5.00" in mail.outbox[0].body
    assert OrderDocument.objects.get().state == "sent"
    Partner.objects.filter(pk=world.grower).update(email="")
    world.released(world.tea, 10, label="second")
    place_orders(at=MONDAY, cause=WHO)
    drain_outbox(at=MONDAY)
    late = OrderDocument.objects.get(order=PurchaseOrder.objects.get(number="PO-000002"))
    assert (late.state, late.told) == ("failed", "no-address")
