"""A buyer in a hurry and a supplier who tries: one line twice, no site, a stale page, a price that moved."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.test import Client

from longshore.catalog.models import Place
from longshore.ledger.models import PlannedFlow
from longshore.sourcing.models import DispatchNotice, OrderChange, PurchaseOrder, PurchaseOrderLine, QuoteRequest
from longshore.sourcing.operations import (
    Arrived,
    ChangeRefused,
    LineTerms,
    Offered,
    QuoteRefused,
    TermsRefused,
    answer_change,
    ask_change,
    close_short,
    confirm,
    place_orders,
    propose_prices,
    receive,
    report_delay,
)
from tests.platform.planning.partners import person as partner
from tests.platform.planning.world import MONDAY, WHO, World, days, name


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small world's week is now."""
    monkeypatch.setattr("longshore.web.clock.clock.now", lambda: MONDAY)
    monkeypatch.setattr("django.utils.timezone.now", lambda: MONDAY)


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
