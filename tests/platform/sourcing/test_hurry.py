"""A buyer in a hurry and a supplier who tries: one line twice, no site, a stale page, a price that moved."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.test import Client

from longshore.catalog.models import Place, SupplierItem
from longshore.ledger.models import PlannedFlow
from longshore.sourcing.models import (
    Contract,
    DispatchNotice,
    OrderChange,
    PurchaseOrder,
    PurchaseOrderLine,
    Quote,
    QuoteRequest,
    SupplierChannel,
)
from longshore.sourcing.operations import (
    Arrived,
    Asked,
    ChangeRefused,
    LineTerms,
    Offered,
    QuoteRefused,
    TermsRefused,
    UnknownOrder,
    answer_change,
    answer_quote,
    ask_change,
    ask_quotes,
    close_short,
    confirm,
    place_orders,
    propose_prices,
    raise_claim,
    read_document,
    receive,
    report_delay,
    withdraw_claim,
)
from tests.platform.pages.desk import person as ours
from tests.platform.planning.partners import person as partner
from tests.platform.planning.world import MONDAY, WHO, World, days, name
from tests.platform.sourcing.test_edi import _edifact

pytestmark = pytest.mark.usefixtures("monday")


def _ordered(world: World) -> list[PurchaseOrderLine]:
    """Fifty tea and fifty milk at 5.00, in one order expected on Thursday."""
    place_orders([world.released(world.tea, 50), world.released(world.milk, 50)], at=MONDAY, cause=WHO)
    return list(PurchaseOrderLine.objects.select_related("order").order_by("line"))


def test_two_wishes_for_one_line_are_refused(world: World) -> None:
    """Sixty and seventy of line 1 in one breath: the line is named, and nothing is asked; nor confirmed twice."""
    tea, milk = _ordered(world)
    wishes = [LineTerms(tea.pk, 60), LineTerms(milk.pk, 55), LineTerms(tea.pk, 70)]
    for verb in (ask_change, lambda order, lines, **more: confirm(order, lines=lines, **more)):
        with pytest.raises(TermsRefused) as refused:
            verb(tea.order_id, wishes, at=MONDAY, cause=WHO)
        assert (refused.value.code, str(refused.value.sentence)) == ("line-twice", "Line 1 is named twice.")
    assert not OrderChange.objects.exists() and PurchaseOrder.objects.get().state == "sent"


def test_a_wish_for_what_came_already_is_refused_at_once(world: World) -> None:
    """Thirty of fifty came; asked for thirty in all nobody could agree, for confirming as much is refused: close it short."""
    tea = _ordered(world)[0]
    receive(tea.order_id, [Arrived(tea.pk, 30, name("r"))], world.dock, at=MONDAY, cause=WHO)
    with pytest.raises(ChangeRefused) as refused:
        ask_change(tea.order_id, [LineTerms(tea.pk, 30)], at=MONDAY, cause=WHO)
    assert refused.value.code == "less-than-received"
    assert len(ask_change(tea.order_id, [LineTerms(tea.pk, 31)], at=MONDAY, cause=WHO).changes) == 1


def test_prices_for_no_site_are_refused(world: World) -> None:
    """Every site is closed: an offer has nowhere to go, and says so; with one open it is for that one."""
    offered = Offered(490, 1440, valid_until=date(2026, 5, 31))
    _ordered(world)
    Place.objects.filter(kind="site").update(active=False)
    with pytest.raises(QuoteRefused) as refused:
        propose_prices(world.grower, world.tea, offered, at=MONDAY, cause=WHO)
    assert refused.value.code == "nowhere-to-deliver" and not QuoteRequest.objects.exists()
    Place.objects.filter(pk=world.branch).update(active=True)
    propose_prices(world.grower, world.tea, offered, at=MONDAY, cause=WHO)
    assert QuoteRequest.objects.get().site_id == world.branch


def _post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


def _changed(line: PurchaseOrderLine, qty: int) -> None:
    """We asked for another quantity, and a colleague of the supplier agreed."""
    wish = ask_change(line.order_id, [LineTerms(line.pk, qty)], at=MONDAY, cause=WHO).changes[0]
    answer_change(wish, agreed=True, at=MONDAY, cause=WHO)


def test_a_stale_form_confirms_nothing(world: World) -> None:
    """Fifty on the screen, sixty on the order since: nothing is confirmed, and the form stands there with sixty."""
    tea, milk = _ordered(world)
    grower, address = partner("GROWER"), f"/portal/orders/{tea.order.number}/"
    form = {"seen": grower.get(address).context["seen"], f"qty-{tea.pk}": "50", f"qty-{milk.pk}": "40"}
    _changed(tea, 60)
    answer = grower.post(f"{address}confirm/", form)
    page = answer.content.decode()
    assert answer.status_code == 422 and "The order was changed after you opened it; nothing was confirmed." in page
    assert f'name="qty-{tea.pk}" inputmode="numeric" size="8" value="60"' in page
    assert f'name="qty-{milk.pk}" inputmode="numeric" size="8" value="50"' in page
    assert list(PlannedFlow.objects.order_by("id").values_list("qty", flat=True)) == [60, 50]
    again = {**form, "seen": answer.context["seen"], f"qty-{tea.pk}": "60"}
    assert grower.post(f"{address}confirm/", again).status_code == 302
    assert list(PlannedFlow.objects.order_by("id").values_list("qty", flat=True)) == [60, 40]


@pytest.mark.parametrize("happens", ["day", "closed", "no-token"])
def test_whatever_changed_meanwhile_is_shown_first(world: World, happens: str) -> None:
    """Another day, a line closed, or a form from nowhere: refused, and the milk stays at fifty."""
    tea, milk = _ordered(world)
    grower, address = partner("GROWER"), f"/portal/orders/{tea.order.number}/"
    form = {"seen": grower.get(address).context["seen"], f"qty-{tea.pk}": "50", f"qty-{milk.pk}": "40"}
    if happens == "day":
        report_delay(tea.order_id, days(9), at=MONDAY, cause=WHO, lines=[tea.pk])
    elif happens == "closed":
        close_short(tea.order_id, at=MONDAY, cause=WHO, lines=[tea.pk])
    else:
        form["seen"] = ""
    assert grower.post(f"{address}confirm/", form).status_code == 422
    milk.refresh_from_db()
    assert milk.qty == 50 and PurchaseOrder.objects.get().confirmed_at is None


def test_a_second_click_is_no_surprise(world: World) -> None:
    """Forty tea and no milk, sent twice from one form: the first is written down, the second says just what stands."""
    tea, milk = _ordered(world)
    grower, address = partner("GROWER"), f"/portal/orders/{tea.order.number}/"
    form = {"seen": grower.get(address).context["seen"], f"qty-{tea.pk}": "40", f"qty-{milk.pk}": "0"}
    assert [grower.post(f"{address}confirm/", form).status_code for _click in range(2)] == [302, 302]
    assert grower.post(f"{address}confirm/", {**form, f"qty-{tea.pk}": "30"}).status_code == 422
    tea.refresh_from_db()
    assert tea.qty == 40


def test_a_program_may_say_what_it_has_seen(world: World) -> None:
    """With the token of the order read before a change the API refuses; read again it is taken; without one as ever."""
    tea = _ordered(world)[0]
    grower, address = partner("GROWER"), f"/api/portal/orders/{tea.order.number}"
    seen = grower.get(address).json()["seen"]
    _changed(tea, 60)
    told = _post(grower, f"{address}/confirm", {"seen": seen})
    assert (told.status_code, told.json()["code"]) == (409, "order-changed-since")
    seen = grower.get(address).json()["seen"]
    assert _post(grower, f"{address}/confirm", {"seen": seen}).status_code == 200
    assert _post(grower, f"{address}/confirm", {}).status_code == 200


def test_what_is_closed_meanwhile_is_not_announced_as_if_it_were_not_named(world: World) -> None:
    """The milk was closed while the supplier typed: its line is refused, and the tea is not announced alone."""
    tea, milk = _ordered(world)
    close_short(tea.order_id, at=MONDAY, cause=WHO, lines=[milk.pk])
    typed = {"notice": "DN-1", "arrives_at": "2026-03-04T10:00", f"send-{tea.pk}": "10", f"send-{milk.pk}": "20"}
    assert partner("GROWER").post(f"/portal/orders/{tea.order.number}/dispatch/", typed).status_code == 422
    assert not DispatchNotice.objects.exists()


def test_the_portal_counts_and_finds_beyond_the_first_hundreds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three hundred wishes and a page of two orders: the oldest wish is still its own, and every order is counted."""
    monkeypatch.setattr("longshore.sourcing.pages.portal.ROWS", 2)
    tea = _ordered(world)[0]
    wish = ask_change(tea.order_id, [LineTerms(tea.pk, 40)], at=MONDAY, cause=WHO).changes[0]
    OrderChange.objects.bulk_create(
        OrderChange(line=tea, qty=n, state="refused", asked_at=MONDAY, asked_by="x") for n in range(1, 300)
    )
    OrderChange.objects.filter(pk=wish).update(state="refused")
    grower = partner("GROWER")
    told = _post(grower, f"/api/portal/changes/{wish}/answer", {"agreed": True})
    assert (told.status_code, told.json()["code"]) == (409, "change-answered")
    assert _post(partner("TRADER"), f"/api/portal/changes/{wish}/answer", {"agreed": True}).status_code == 404
    for n in (10, 20):
        place_orders([world.released(world.tea, n)], at=MONDAY, cause=WHO)
    PurchaseOrder.objects.filter(number="PO-000003").update(state="cancelled")
    views = {name: count for name, _word, count in grower.get("/portal/orders/").context["views"]}
    assert views == {"open": 2, "sent": 2, "all": 3}
    page = grower.get("/portal/orders/?view=all&page=2")
    assert [row.number for row, _mark in page.context["rows"]] == ["PO-000003"]


def test_an_offer_that_became_dearer_does_not_win_unseen(world: World) -> None:
    """4.10 on the buyer's screen, 9.00 by the time of the click: nobody wins, nothing is bought by it, the page shows 9.00."""
    asked = Asked(name("rfq"), world.tea, world.centre, 60, days(20), days(8), (world.grower, world.trader))
    request = ask_quotes(asked, at=MONDAY, cause=WHO).request
    answer_quote(request, world.grower, Offered(410, 1440), at=MONDAY, cause=WHO)
    buyer, address = ours("buyer"), f"/suppliers/quotes/{request}/"
    seen = {row.supplier: row.seen for row in buyer.get(address).context["rows"]}[world.grower]
    answer_quote(request, world.grower, Offered(900, 1440), at=MONDAY, cause=WHO)
    form = {"supplier": world.grower, "seen": seen}
    answer = buyer.post(f"{address}award/", form)
    page = answer.content.decode()
    assert (
        answer.status_code == 422 and "The supplier changed this offer after you opened it" in page and "9.00" in page
    )
    told = _post(buyer, f"/api/sourcing/quotes/{request}/award", form)
    assert (told.status_code, told.json()["code"]) == (409, "offer-changed-since")
    assert QuoteRequest.objects.get().state == "open" and not Contract.objects.exists()
    assert SupplierItem.objects.get(supplier=world.grower, item=world.tea).unit_price == 500
    answer_quote(request, world.grower, Offered(410, 1440), at=MONDAY, cause=WHO)
    assert buyer.post(f"{address}award/", form).status_code == 302


def test_what_was_declined_is_no_offer(world: World) -> None:
    """Offered at 1.00 and declined: it is neither the best nor counted; the 4.50 beside it is."""
    asked = Asked(name("rfq"), world.tea, world.centre, 60, days(20), days(8), (world.grower, world.trader))
    request = ask_quotes(asked, at=MONDAY, cause=WHO).request
    answer_quote(request, world.grower, Offered(100, 1440), at=MONDAY, cause=WHO)
    answer_quote(request, world.grower, None, at=MONDAY, cause=WHO)
    answer_quote(request, world.trader, Offered(450, 1440), at=MONDAY, cause=WHO)
    buyer = ours("buyer")
    assert buyer.get(f"/suppliers/quotes/{request}/").context["best"] == 450 * 60
    assert [offered for _row, _asked, offered in buyer.get("/suppliers/quotes/").context["requests"]] == [1]


def test_a_claim_withdrawn_meanwhile_says_so(world: World) -> None:
    """The supplier credits what we withdrew a moment ago: the page says that it is answered, though it is open no more."""
    tea = _ordered(world)[0]
    receive(tea.order_id, [Arrived(tea.pk, 30, name("r"), damaged=4)], world.dock, at=MONDAY, cause=WHO)
    claim = raise_claim(tea.pk, "damaged", at=MONDAY, cause=WHO).claim
    withdraw_claim(claim, at=MONDAY, cause=WHO)
    answer = partner("GROWER").post(f"/portal/claims/{claim}/accept/", {"credit_note": "CN-1"})
    assert answer.status_code == 422 and "There is no such claim, or it was answered." in answer.content.decode()


def test_an_offer_of_many_breaks_keeps_them_all(world: World) -> None:
    """Six breaks by the API: the form shows six, and sent as it is nothing is lost."""
    asked = Asked(name("rfq"), world.tea, world.centre, 60, days(20), days(8), (world.grower,))
    request = ask_quotes(asked, at=MONDAY, cause=WHO).request
    breaks = tuple((10 * n, 500 - n) for n in range(1, 7))
    answer_quote(request, world.grower, Offered(500, 1440, breaks=breaks), at=MONDAY, cause=WHO)
    grower, address = partner("GROWER"), f"/portal/quotes/{request}/"
    steps = grower.get(address).context["steps"]
    form = {
        "lead_days": "1",
        **{f"from-{s.name}": s.start for s in steps},
        **{f"price-{s.name}": s.price for s in steps},
    }
    assert grower.post(address, form).status_code == 302
    assert Quote.objects.get().breaks == [list(step) for step in breaks]


def test_an_answer_that_repeats_a_line_that_is_over_is_taken(world: World) -> None:
    """No milk in the first answer; the second says so again and forty tea: it is done, not refused for the milk."""
    tea, milk = _ordered(world)
    SupplierChannel.objects.create(supplier_id=world.grower, channel="edifact", our_id="LONGSHORE", their_id="GROWER")
    for qty in (45, 40):
        lines = ("LIN+1+3", f"QTY+113:{qty}", "LIN+2+7", "QTY+21:50")
        text = _edifact("ORDRSP", "BGM+231+OR-1+4", "RFF+ON:PO-000001", *lines)
        read_document(text, supplier=None, at=MONDAY, cause=WHO)
    tea.refresh_from_db()
    milk.refresh_from_db()
    assert (tea.qty, milk.closed_at) == (40, MONDAY)
    with pytest.raises(UnknownOrder):
        text = _edifact("ORDRSP", "BGM+231+OR-1+4", "RFF+ON:PO-000001", "LIN+2+3", "QTY+113:30")
        read_document(text, supplier=None, at=MONDAY, cause=WHO)


def test_what_was_needed_yesterday_is_not_asked_for(world: World) -> None:
    """A day of need that has passed is a slip of the finger: refused, and nobody is asked."""
    asked = Asked(name("rfq"), world.tea, world.centre, 60, days(-1), days(8), (world.grower,))
    with pytest.raises(QuoteRefused) as refused:
        ask_quotes(asked, at=MONDAY, cause=WHO)
    assert refused.value.code == "cannot-ask" and not QuoteRequest.objects.exists()
