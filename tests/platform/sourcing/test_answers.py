"""What a supplier may say and what it may not: more than asked, a new date every week, an answer that comes twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.test import Client

from longshore.catalog.models import Item, Partner, UnitOfMeasure
from longshore.ledger.cause import Cause
from longshore.ledger.models import Delivery, OutboxEvent, PlannedFlow
from longshore.planning.models import Proposal
from longshore.project.dispatcher import drain_outbox
from longshore.project.roles import ensure_roles
from longshore.sourcing.models import (
    ApprovalLimit,
    OrderApproval,
    OrderDocument,
    PurchaseOrder,
    PurchaseOrderLine,
    SupplierChannel,
)
from longshore.sourcing.operations import (
    ApprovalRefused,
    ChangeRefused,
    LineTerms,
    TermsRefused,
    Weights,
    WeightsRefused,
    answer_change,
    approve_order,
    ask_change,
    confirm,
    expedite,
    place_orders,
    read_document,
    receive,
    refuse_order,
    set_weights,
)
from longshore.sourcing.queries import scorecards
from longshore.sourcing.rules import Arrived
from tests.platform.planning.world import MONDAY, WHO, World, days, name

HEAD = "UNB+UNOC:3+GROWER+LONGSHORE+260302:0300+7'UNH+1+ORDRSP:D:96A:UN:EAN008'BGM+231+OR-1+{kind}'RFF+ON:PO-000001'"


def _ordered(world: World, qty: int = 50, label: str = "") -> PurchaseOrderLine:
    number = world.released(world.tea, qty, label=label)
    place_orders([number], at=MONDAY, cause=WHO)
    return PurchaseOrderLine.objects.get(flow=Proposal.objects.get(pk=number).flow_id)


def _channel(world: World, channel: str) -> None:
    SupplierChannel.objects.create(supplier_id=world.grower, channel=channel, our_id="LONGSHORE", their_id="GROWER")


def _buyer(most: int) -> Cause:
    ApprovalLimit.objects.create(role="buyer", most=most)
    ensure_roles()
    User.objects.create_user("bea").groups.set(Group.objects.filter(name="buyer"))
    return Cause(actor="bea")


def test_a_second_date_is_a_delay_not_an_agreement(world: World) -> None:
    """Confirmed for Thursday, then for the week after: the agreed day stays, and the scorecard sees it."""
    line = _ordered(world)
    confirm(line.order_id, at=days(1), cause=WHO)
    confirm(line.order_id, at=days(2), cause=WHO, expected_at=days(10))
    order = PurchaseOrder.objects.get()
    assert (order.agreed_at, order.expected_at) == (days(3), days(10))
    receive(line.order_id, [Arrived(line.pk, 50, name("r"))], world.dock, at=days(10), cause=WHO)
    assert scorecards(at=days(11))[0].on_time == 0


def test_a_date_we_asked_for_is_agreed(world: World) -> None:
    """A later day that is our own wish is kept when it is kept; ten fewer that we asked for are not short."""
    line = _ordered(world)
    confirm(line.order_id, at=days(1), cause=WHO)
    wish = ask_change(line.order_id, [LineTerms(line.pk, 40, days(8))], at=days(1), cause=WHO).changes[0]
    answer_change(wish, agreed=True, at=days(1), cause=WHO)
    assert PurchaseOrder.objects.get().agreed_at == days(8)
    receive(line.order_id, [Arrived(line.pk, 40, name("r"))], world.dock, at=days(8), cause=WHO)
    assert scorecards(at=days(9))[0].on_time_in_full == 1


def test_a_supplier_cannot_raise_an_order(world: World) -> None:
    """Fifty ordered: fifty-two come with what is tolerated, five hundred are refused and nothing changes."""
    line = _ordered(world)
    with pytest.raises(TermsRefused) as refused:
        confirm(line.order_id, at=MONDAY, cause=WHO, lines=[LineTerms(line.pk, 500)])
    assert (refused.value.code, refused.value.fields["most"]) == ("more-than-ordered", 52)
    assert PlannedFlow.objects.get(pk=line.flow_id).qty == 50
    confirm(line.order_id, at=MONDAY, cause=WHO, lines=[LineTerms(line.pk, 52)])
    assert PlannedFlow.objects.get(pk=line.flow_id).qty == 52


def test_a_raise_obeys_the_limit_of_who_asks(world: World) -> None:
    """A buyer may order up to 300.00: fifty at 5.00 may become sixty, not seventy."""
    line = _ordered(world)
    buyer = _buyer(30_000)
    with pytest.raises(ChangeRefused) as refused:
        ask_change(line.order_id, [LineTerms(line.pk, 70)], at=MONDAY, cause=buyer)
    assert refused.value.code == "above-limit"
    assert len(ask_change(line.order_id, [LineTerms(line.pk, 60)], at=MONDAY, cause=buyer).changes) == 1


def test_only_what_comes_later_is_expedited(world: World) -> None:
    """Two lines, one expected before the day wanted: the other is asked for."""
    soon = world.released(world.tea, 50, due_at=days(2))
    late = world.released(world.milk, 50, due_at=days(6))
    place_orders([soon, late], at=MONDAY, cause=WHO)
    order = PurchaseOrder.objects.get()
    asked = expedite(order.pk, days(4), at=MONDAY, cause=WHO)
    assert len(asked.changes) == 1
    with pytest.raises(ChangeRefused):
        expedite(order.pk, days(7), at=MONDAY, cause=WHO)


def test_a_refused_order_is_cancelled_not_confirmed(world: World) -> None:
    """An ORDRSP that accepts nothing and names no line ends every line."""
    _channel(world, "edifact")
    line = _ordered(world)
    read_document(HEAD.format(kind="27") + "UNT+4+1'UNZ+1+7'", supplier=None, at=MONDAY, cause=WHO)
    assert PlannedFlow.objects.get(pk=line.flow_id).status == "cancelled"
    assert PurchaseOrder.objects.get().state == "cancelled"


def test_today_past_noon_is_still_today(world: World) -> None:
    """Told in the afternoon that it comes today: the last minute of the day, not a date that has passed."""
    _channel(world, "edifact")
    line = _ordered(world)
    afternoon = MONDAY + timedelta(hours=6)  # 16:00 in Shanghai
    told = HEAD.format(kind="4") + "LIN+1+3'DTM+69:20260302:102'UNS+S'UNT+7+1'UNZ+1+7'"
    read_document(told, supplier=None, at=afternoon, cause=WHO)
    assert PlannedFlow.objects.get(pk=line.flow_id).arrive_at.isoformat() == "2026-03-02T15:59:00+00:00"


def test_one_order_that_cannot_be_written_holds_up_no_other(world: World) -> None:
    """X12 has no word for the tea's unit: its document says so, the milk's stands ready."""
    _channel(world, "x12")
    odd = UnitOfMeasure.objects.create(code="XYZ", name="odd")
    Item.objects.filter(pk=world.tea).update(base_unit=odd)
    _ordered(world)
    place_orders([world.released(world.milk, 50)], at=MONDAY, cause=WHO)
    drain_outbox(at=MONDAY)
    told = list(OrderDocument.objects.order_by("id").values_list("state", "told"))
    assert told == [("failed", "X12 has no unit for XYZ"), ("ready", "")]
    assert not Delivery.objects.exclude(state="done").exists()


def test_a_mail_that_fails_sends_no_other_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two orders go out by mail and the server refuses the second: the first is sent once, however often is tried."""
    for supplier in (world.grower, world.trader):
        SupplierChannel.objects.create(supplier_id=supplier, channel="email")
        Partner.objects.filter(pk=supplier).update(email=f"{supplier}@example.org")
    mine, theirs = world.released(world.tea, 50), world.released(world.milk, 50, supplier=world.trader)
    place_orders([mine, theirs], at=MONDAY, cause=WHO)
    send = mail.EmailMessage.send

    def refusing(message: mail.EmailMessage, fail_silently: bool = False) -> int:
        if message.to == [f"{world.trader}@example.org"]:
            raise ConnectionRefusedError("mail server")
        return send(message, fail_silently)

    monkeypatch.setattr(mail.EmailMessage, "send", refusing)
    for hour in range(4):
        drain_outbox(at=MONDAY + timedelta(hours=hour))
    assert [each.to for each in mail.outbox] == [[f"{world.grower}@example.org"]]
    first = OrderDocument.objects.get(supplier=world.grower)
    assert first.state == "sent" and mail.outbox[0].extra_headers["Message-ID"].startswith(f"<{first.key}@")
    assert OutboxEvent.objects.filter(name="sourcing.document-written").count() == 2


def test_who_released_is_read_from_the_proposals(world: World) -> None:
    """However many released together, none of them approves; a name cut from the row's text does not help."""
    buyer = _buyer(20_000)
    number = world.released(world.tea, 100)
    Proposal.objects.filter(pk=number).update(decided_by="bea")
    place_orders(at=MONDAY, cause=WHO)
    OrderApproval.objects.update(asked_by="somebody-el")
    with pytest.raises(ApprovalRefused) as refused:
        approve_order(OrderApproval.objects.get().pk, at=MONDAY, cause=buyer)
    assert refused.value.code == "same-person"


def test_what_is_ordered_already_is_not_refused(world: World) -> None:
    """An approval whose proposal was ordered meanwhile rejects nothing, and says nothing of the kind."""
    line = _ordered(world)
    number = Proposal.objects.get().pk
    waiting = OrderApproval.objects.create(
        supplier_id=world.grower, site_id=world.centre, proposals=[number], value=1, asked_at=MONDAY, asked_by="bea"
    )
    assert refuse_order(waiting.pk, at=MONDAY, cause=WHO) == ()
    assert Proposal.objects.get().flow_id == line.flow_id and Proposal.objects.get().state == "released"
    assert not OutboxEvent.objects.filter(name="planning.decided").exists()


def test_weights_beyond_measure_are_refused(world: World) -> None:
    """A weight of ten to the twelfth, or shares of nothing, are no weights."""
    for wrong in (Weights(time=10**12), Weights(max_share=0), Weights(cost=0), Weights(min_suppliers=0)):
        with pytest.raises(WeightsRefused):
            set_weights(wrong, at=MONDAY, cause=WHO)


def test_a_number_no_column_holds_is_refused_by_the_api(world: World) -> None:
    """Ten to the twentieth units, and a text that holds a NUL: 409 with a code, not an error of the server."""
    boss = User.objects.create_superuser("boss")
    client = Client()
    client.force_login(boss)
    line = _ordered(world)
    wish = {"lines": [{"line": line.pk, "qty": 10**20}]}
    url = f"/api/sourcing/orders/{line.order_id}/change"
    told = client.post(url, wish, content_type="application/json")
    assert (told.status_code, told.json()["code"]) == (409, "value-out-of-range")
    text = {"text": "ISA\0"}
    told = client.post("/api/sourcing/documents", text, content_type="application/json")
    assert (told.status_code, told.json()["code"]) == (409, "edi-unreadable")


def test_what_the_api_cannot_take_is_told_before_anything_is_done(world: World) -> None:
    """A time without a zone, a list of fewer than no rows, a choice weighed by nothing: no error of the server."""
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    line = _ordered(world)
    number = Proposal.objects.get().pk
    asked = (
        (f"orders/{line.order_id}/delay", {"expected_at": "2026-03-09T10:00:00"}, 422),
        (f"orders/{line.order_id}/expedite", {"wanted_at": "2026-03-04T10:00:00"}, 422),
        (f"proposals/{number}/choice", {"cost": 0}, 409),
        (f"proposals/{number}/choice", {"time": 10**12}, 409),
        (f"proposals/{number}/choice", {"time": 200}, 200),
    )
    for path, body, status in asked:
        told = client.post(f"/api/sourcing/{path}", body, content_type="application/json")
        assert told.status_code == status, (path, told.content)
    assert PlannedFlow.objects.get(pk=line.flow_id).arrive_at == days(3)
    assert client.get("/api/sourcing/orders?limit=-1").status_code == 409
