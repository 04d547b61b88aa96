"""What a supplier sends that nobody can mean, or that would tell it what is not its own."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from time import process_time
from typing import Any

import pytest
from django.test import Client

from longshore.ledger.models import Claim
from longshore.ledger.operations import NewClaim, reserve
from longshore.sourcing.models import Contract, DispatchNotice, PurchaseOrder, PurchaseOrderLine, QuoteRequest
from longshore.sourcing.operations import (
    Asked,
    ChangeRefused,
    LineTerms,
    NoticeRefused,
    Offered,
    QuoteRefused,
    Sent,
    TermsRefused,
    answer_change,
    answer_quote,
    ask_change,
    ask_quotes,
    award,
    confirm,
    notify_dispatch,
    place_orders,
    propose_prices,
    report_delay,
)
from longshore.sourcing.price_rules import price_faults
from tests.platform.pages.desk import person as ours
from tests.platform.planning.partners import person as partner
from tests.platform.planning.world import MONDAY, WHO, World, days, name
from tests.platform.sourcing.test_answers import _buyer

END_OF_TIME = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)


pytestmark = pytest.mark.usefixtures("monday")


def _ordered(world: World) -> list[PurchaseOrderLine]:
    """Fifty tea and fifty milk at 5.00, in one order expected on Thursday."""
    place_orders([world.released(world.tea, 50), world.released(world.milk, 50)], at=MONDAY, cause=WHO)
    return list(PurchaseOrderLine.objects.select_related("order").order_by("line"))


def _post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


def test_a_day_at_the_end_of_the_calendar_is_refused(world: World) -> None:
    """No zone's clock shows it, so it would take our own pages down: 409, and every list still answers."""
    line, grower = _ordered(world)[0], partner("GROWER")
    number = line.order.number
    told = _post(grower, f"/api/portal/orders/{number}/confirm", {"expected_at": "9999-12-31T23:59:00Z"})
    assert (told.status_code, told.json()["code"]) == (409, "expected-never")
    sent = {"number": "DN", "arrives_at": "2026-03-05T02:00:00Z", "lines": [[line.pk, 50]]}
    for shipped in ("9999-12-31T23:59:00Z", "0001-01-01T00:00:00Z"):
        told = _post(grower, f"/api/portal/orders/{number}/dispatch", {**sent, "shipped_at": shipped})
        assert (told.status_code, told.json()["code"]) == (409, "notice-does-not-fit")
    offer = {"item": world.tea, "unit_price": 490, "lead_minutes": 1440, "valid_until": "9999-12-31"}
    assert _post(grower, "/api/portal/offers", offer).json()["code"] == "offer-without-end"
    buyer = ours("buyer")
    for path in ("/purchases/", f"/purchases/{number}/", f"/suppliers/{world.grower}/", "/suppliers/quotes/"):
        assert buyer.get(path).status_code == 200, path


def test_nobody_of_ours_asks_for_it_either(world: World) -> None:
    """A delay, a wish, a notice and a request for the last day of the calendar: each is refused by its verb."""
    line = _ordered(world)[0]
    with pytest.raises(TermsRefused):
        report_delay(line.order_id, END_OF_TIME, at=MONDAY, cause=WHO)
    with pytest.raises(ChangeRefused):
        ask_change(line.order_id, [LineTerms(line.pk, None, END_OF_TIME)], at=MONDAY, cause=WHO)
    with pytest.raises(NoticeRefused):
        notify_dispatch(line.order_id, Sent("DN", MONDAY, END_OF_TIME, ((line.pk, 50),)), at=MONDAY, cause=WHO)
    asked = Asked(name("rfq"), world.tea, world.centre, 60, END_OF_TIME, days(8), (world.trader,))
    with pytest.raises(QuoteRefused):
        ask_quotes(asked, at=MONDAY, cause=WHO)
    assert confirm(line.order_id, at=MONDAY, cause=WHO, expected_at=days(3000)).after == days(3000)


def test_a_line_named_twice_counts_once(world: World) -> None:
    """Thirty and thirty of fifty tea are more than fifty; thirty and twenty are all of it."""
    line = _ordered(world)[0]
    with pytest.raises(NoticeRefused) as refused:
        sent = Sent("DN-1", MONDAY, days(2), ((line.pk, 30), (line.pk, 30)))
        notify_dispatch(line.order_id, sent, at=MONDAY, cause=WHO)
    assert [(row.row, row.code) for row in refused.value.rejected] == [(2, "more-than-ordered")]
    assert not DispatchNotice.objects.exists()
    sent = Sent("DN-1", MONDAY, days(2), ((line.pk, 30), (line.pk, 20)))
    assert notify_dispatch(line.order_id, sent, at=MONDAY, cause=WHO).terms is not None
    line.flow.refresh_from_db()
    assert line.flow.arrive_at == days(2)


def test_an_answer_tells_nothing_of_our_customers(world: World) -> None:
    """Whose goods a later day makes late, and who of us asked for it, is in our own receipt and not in theirs."""
    line, grower = _ordered(world)[0], partner("GROWER")
    demand = NewClaim(name("c"), "order-line:77", world.tea, world.centre, 20, days(4), days(5), flow=line.flow_id)
    reserve([demand], at=MONDAY, cause=WHO)
    wish = ask_change(line.order_id, [LineTerms(line.pk, None, days(8))], at=MONDAY, cause=WHO).changes[0]
    shown = grower.get(f"/api/portal/orders/{line.order.number}").json()
    assert shown["changes"][0]["id"] == wish and "asked_by" not in shown["changes"][0]
    told = _post(grower, f"/api/portal/changes/{wish}/answer", {"agreed": True})
    assert told.json() == {"change": wish, "state": "accepted"}
    assert Claim.objects.get().demand == "order-line:77"


def test_a_delay_is_not_agreed_with_a_quantity(world: World) -> None:
    """A week late, then ten fewer that we asked for, or another day for the other line: Thursday stays agreed."""
    tea, milk = _ordered(world)
    report_delay(tea.order_id, days(10), at=MONDAY, cause=WHO, lines=[tea.pk])
    confirm(tea.order_id, at=MONDAY, cause=WHO)
    PurchaseOrder.objects.update(agreed_at=days(3))
    for wish in (LineTerms(tea.pk, 40), LineTerms(milk.pk, None, days(2))):
        asked = ask_change(tea.order_id, [wish], at=MONDAY, cause=WHO).changes[0]
        answer_change(asked, agreed=True, at=MONDAY, cause=WHO)
        assert PurchaseOrder.objects.get().agreed_at == days(3)
    asked = ask_change(tea.order_id, [LineTerms(milk.pk, None, days(5))], at=MONDAY, cause=WHO).changes[0]
    answer_change(asked, agreed=True, at=MONDAY, cause=WHO)
    assert PurchaseOrder.objects.get().agreed_at == days(5)


def test_raises_add_up_against_the_limit(world: World) -> None:
    """600.00 may be spent and 500.00 are: a second raise of fifteen, or one balanced by fewer of another line, is refused."""
    tea, milk = _ordered(world)
    buyer = _buyer(60_000)
    ask_change(tea.order_id, [LineTerms(tea.pk, 65)], at=MONDAY, cause=buyer)
    for wishes in ([LineTerms(milk.pk, 65)], [LineTerms(tea.pk, 10), LineTerms(milk.pk, 80)]):
        with pytest.raises(ChangeRefused) as refused:
            ask_change(tea.order_id, wishes, at=MONDAY, cause=buyer)
        assert refused.value.code == "above-limit"
    ask_change(tea.order_id, [LineTerms(tea.pk, 70)], at=MONDAY, cause=buyer)


def test_an_offer_ends_with_its_day_where_the_goods_go(world: World) -> None:
    """The last minute of the 31st of May in Shanghai, not of the world's clock eight hours later."""
    offered = Offered(490, 1440, valid_until=date(2026, 5, 31))
    propose_prices(world.grower, world.tea, offered, at=MONDAY, cause=WHO)
    assert QuoteRequest.objects.get().answer_by == datetime(2026, 5, 31, 15, 59, tzinfo=UTC)


def test_an_offer_without_an_end_holds_until_the_day_of_the_need(world: World) -> None:
    """Needed on the 20th at seven in the morning of Shanghai, which is the 19th elsewhere: a contract until the 20th."""
    needed = datetime(2026, 3, 19, 23, tzinfo=UTC)
    asked = ask_quotes(
        Asked(name("rfq"), world.tea, world.centre, 60, needed, days(8), (world.grower,)), at=MONDAY, cause=WHO
    )
    answer_quote(asked.request, world.grower, Offered(490, 1440), at=MONDAY, cause=WHO)
    award(asked.request, world.grower, at=MONDAY, cause=WHO)
    assert Contract.objects.get().ends_on == date(2026, 3, 20)


def test_prices_by_the_thousand_are_judged_at_once() -> None:
    """Twenty thousand breaks, backwards and one of them dearer: one row is told, long before anybody stops waiting."""
    steps = [(1, 20_000 - n, 10 + n) for n in range(20_000)]
    steps[5_000] = (1, 15_000, 5_012)
    before = process_time()
    assert [(row.row, row.code) for row in price_faults(steps, {1})] == [(5_001, "break-dearer")]
    assert process_time() - before < 5
