"""What a supplier does by itself: announces part of an order, answers claims, offers price breaks. Its own data only."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from longshore.catalog.models import SupplierItem
from longshore.ledger.models import PlannedFlow
from longshore.planning.models import PriceBreak
from longshore.sourcing.models import Contract, DispatchNotice, PurchaseOrderLine, Quote, QuoteRequest, SupplierClaim
from longshore.sourcing.operations import Arrived, Asked, ask_quotes, close_short, place_orders, raise_claim, receive
from tests.platform.pages.desk import person as ours
from tests.platform.planning.partners import person as partner
from tests.platform.planning.world import MONDAY, WHO, World, days, name

pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def lines(world: World) -> dict[str, PurchaseOrderLine]:
    """The grower's order of 50 tea and 20 milk, expected on Thursday."""
    world.released(world.tea, 50)
    world.released(world.milk, 20)
    place_orders(at=MONDAY, cause=WHO)
    return {line.item.code: line for line in PurchaseOrderLine.objects.select_related("item", "order")}


def _post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


def _arrives(line: PurchaseOrderLine) -> object:
    return PlannedFlow.objects.get(pk=line.flow_id).arrive_at


def test_one_notice_names_several_lines_and_leaves_others_out(lines: dict[str, PurchaseOrderLine]) -> None:
    """All milk and ten of the tea on Wednesday: the milk comes then; forty tea are not sent, so the tea's day stays."""
    tea, milk = lines["TEA"], lines["MILK"]
    before = _arrives(tea)
    typed = {"notice": "DN-7", "arrives_at": "2026-03-04T10:00", f"send-{tea.pk}": "10", f"send-{milk.pk}": "20"}
    assert partner("GROWER").post(f"/portal/orders/{tea.order.number}/dispatch/", typed).status_code == 302
    assert sorted(DispatchNotice.objects.get().lines) == sorted([[tea.pk, 10], [milk.pk, 20]])
    assert (_arrives(milk), _arrives(tea)) == (days(2), before)


def test_a_second_truck_needs_a_number_of_its_own(lines: dict[str, PurchaseOrderLine]) -> None:
    """The same said twice changes nothing; the same number with other lines takes its place: the page says which."""
    tea, milk = lines["TEA"], lines["MILK"]
    address, grower = f"/portal/orders/{tea.order.number}/dispatch/", partner("GROWER")
    typed = {"notice": "DN-7", "arrives_at": "2026-03-04T10:00"}
    assert "Thank you" in grower.post(address, {**typed, f"send-{tea.pk}": "10"}, follow=True).content.decode()
    again = grower.post(address, {**typed, f"send-{tea.pk}": "10"}, follow=True).content.decode()
    assert "Delivery note DN-7 was announced before; nothing was changed." in again and "Thank you" not in again
    other = grower.post(address, {**typed, f"send-{milk.pk}": "20"}, follow=True).content.decode()
    assert "Delivery note DN-7 says this from now on; what it said before counts no more." in other
    assert DispatchNotice.objects.get().lines == [[milk.pk, 20]]


def test_more_than_ordered_is_refused_beside_its_line(lines: dict[str, PurchaseOrderLine]) -> None:
    """Of 50 tea 53 are named: 422, what was typed stays, the sentence says 52, and no notice is written."""
    tea, milk = lines["TEA"], lines["MILK"]
    typed = {"notice": "DN-8", "arrives_at": "2026-03-04T10:00", f"send-{tea.pk}": "53", f"send-{milk.pk}": "20"}
    answer = partner("GROWER").post(f"/portal/orders/{tea.order.number}/dispatch/", typed)
    page = answer.content.decode()
    assert answer.status_code == 422 and "At most 52 more" in page and 'value="53"' in page and "DN-8" in page
    assert not DispatchNotice.objects.exists()


def _claim(world: World, line: PurchaseOrderLine) -> SupplierClaim:
    """Four of fifty tea came damaged: 20.00."""
    receive(line.order_id, [Arrived(line.pk, 45, name("r"), damaged=4)], world.dock, at=days(2), cause=WHO)
    return SupplierClaim.objects.get(pk=raise_claim(line.pk, "damaged", at=days(2), cause=WHO).claim)


def test_a_claim_is_credited_by_its_note(world: World, lines: dict[str, PurchaseOrderLine]) -> None:
    """Another's claim does not exist; a credit without its note's number is refused; with it all 20.00 are credited."""
    claim = _claim(world, lines["TEA"])
    address = f"/portal/claims/{claim.pk}/accept/"
    grower = partner("GROWER")
    assert partner("TRADER").post(address, {"credit_note": "CN-1"}).status_code == 404
    refused = grower.post(address, {})
    assert refused.status_code == 422 and "credit-note-missing" in refused.content.decode()
    assert grower.post(address, {"credit_note": "CN-1"}).status_code == 302
    claim.refresh_from_db()
    assert (claim.state, claim.credited, claim.credit_note) == ("accepted", 2_000, "CN-1")
    assert grower.post(address, {"credit_note": "CN-2"}).status_code == 422


def test_a_refused_claim_has_a_reason(world: World, lines: dict[str, PurchaseOrderLine]) -> None:
    """Over the API: no reason, no refusal; less than claimed needs one, too; the reason stands on our page."""
    claim = _claim(world, lines["TEA"])
    grower, address = partner("GROWER"), f"/api/portal/claims/{claim.pk}/answer"
    assert _post(grower, address, {"accepted": False}).json()["code"] == "reason-missing"
    short = {"accepted": True, "credited": 500, "credit_note": "CN-1"}
    assert _post(grower, address, short).json()["code"] == "reason-missing"
    assert _post(partner("TRADER"), address, {"accepted": False, "reason": "no"}).status_code == 404
    assert _post(grower, address, {"accepted": False, "reason": "packed well"}).json()["state"] == "refused"
    assert "packed well" in ours("buyer").get(f"/suppliers/{world.grower}/").content.decode()


def _asked(world: World) -> int:
    wanted = Asked(name("rfq"), world.tea, world.centre, 60, days(20), days(8), (world.trader,))
    return ask_quotes(wanted, at=MONDAY, cause=WHO).request


def test_a_request_is_answered_with_breaks(world: World) -> None:
    """4.50, from 50 on 4.10, from 200 on 3.95, as typed in the portal; a dearer break is refused beside its field."""
    request = _asked(world)
    trader, address = partner("TRADER"), f"/portal/quotes/{request}/"
    offer = {"price-1": "4.50", "from-1-1": "50", "price-1-1": "4.10", "from-1-2": "200", "price-1-2": "¥4.95",
             "lead_days": "2", "valid_until": "2026-04-30"}  # fmt: skip
    refused = trader.post(address, offer)
    page = refused.content.decode()
    assert refused.status_code == 422 and "From 200 on it would cost more" in page and "4.95" in page
    assert Quote.objects.get().state == "asked"
    assert trader.post(address, {**offer, "price-1-2": "3.95"}).status_code == 302
    quote = Quote.objects.get()
    assert (quote.unit_price, quote.breaks, quote.lead_minutes) == (450, [[50, 410], [200, 395]], 2880)
    assert ours("buyer").get(f"/suppliers/quotes/{request}/").status_code == 200


def test_prices_are_offered_without_being_asked(world: World) -> None:
    """The grower's offer waits for the buyer, a second one changes it; let win it is a contract with its break."""
    grower = partner("GROWER")
    offer = {"item": world.tea, "unit_price": 490, "lead_minutes": 4320, "breaks": [[100, 450]],
             "valid_until": "2026-05-31"}  # fmt: skip
    assert _post(grower, "/api/portal/offers", {**offer, "unit_price": 495}).status_code == 200
    request = _post(grower, "/api/portal/offers", offer).json()["request"]
    assert QuoteRequest.objects.count() == 1 and not Contract.objects.exists()
    assert _post(grower, "/api/portal/offers", {**offer, "item": 0}).json()["code"] == "supplier-does-not-offer"
    buyer, page = ours("buyer"), f"/suppliers/quotes/{request}/"
    winner = {"supplier": world.grower, "seen": buyer.get(page).context["rows"][0].seen}
    assert buyer.post(f"{page}award/", winner).status_code == 302
    assert SupplierItem.objects.get(supplier=world.grower, item=world.tea).unit_price == 490
    assert list(PriceBreak.objects.values_list("from_qty", "unit_price")) == [(100, 450)]


def test_every_portal_page_answers_its_supplier_alone(world: World, lines: dict[str, PurchaseOrderLine]) -> None:
    """Lists, order, request, offer and claims in both languages; a customer's person finds none of them."""
    request = _asked(world)
    close_short(lines["TEA"].order_id, at=MONDAY, cause=WHO)
    raise_claim(lines["TEA"].pk, "short", at=MONDAY, cause=WHO)
    grower, shop = partner("GROWER"), partner("SHOP", "customer")
    number = lines["TEA"].order.number
    pages = ["/portal/orders/", f"/portal/orders/{number}/", "/portal/quotes/", "/portal/quotes/propose/",
             "/portal/claims/", "/api/portal/orders", f"/api/portal/orders/{number}", "/api/portal/claims",
             "/api/portal/quotes"]  # fmt: skip
    for language in ("en", "zh-hans"):
        grower.post("/language/", {"language": language})
        assert [grower.get(path).status_code for path in pages] == [200] * len(pages)
    assert [shop.get(path).status_code for path in pages] == [404] * len(pages)
    assert grower.get(f"/portal/quotes/{request}/").status_code == 404
    assert _post(grower, f"/api/portal/quotes/{request}/decline", {}).status_code == 404
    told = grower.get(f"/api/portal/orders/{number}").json()
    assert "actor" not in told and "claimed" not in told["order_lines"][0]


def _contract(world: World, **other: str) -> dict[str, str]:
    tea, milk = world.tea, world.milk
    return {"code": "C-9", "starts_on": "2026-03-01", "ends_on": "2026-12-31", f"price-{tea}": "4.80",
            f"from-{tea}-1": "100", f"price-{tea}-1": "4.40", f"from-{tea}-2": "500", f"price-{tea}-2": "4.20",
            f"price-{milk}": "5.10", f"from-{milk}-1": "40", f"price-{milk}-1": "4.90", **other}  # fmt: skip


def test_a_contract_of_several_items_is_written_at_once(world: World) -> None:
    """Two items with two breaks and one: five prices of one contract, and replenishment orders by them."""
    answer = ours("buyer").post(f"/suppliers/{world.grower}/contracts/new/", _contract(world))
    assert answer.status_code == 302
    prices = Contract.objects.get().prices.order_by("item__code", "from_qty")
    assert list(prices.values_list("item__code", "from_qty", "unit_price")) == [
        ("MILK", 1, 510), ("MILK", 40, 490), ("TEA", 1, 480), ("TEA", 100, 440), ("TEA", 500, 420),
    ]  # fmt: skip
    assert PriceBreak.objects.filter(supplier=world.grower).count() == 3


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("from-{tea}-2", "100", "From 100 on there are two prices."),
        ("price-{tea}-2", "4.60", "From 500 on it would cost more for each than before."),
        ("price-{milk}", "cheap", "“cheap” is no amount of money."),
        ("price-{milk}", "", "“” is no amount of money."),
        ("from-{milk}-1", "0", "A price counts from one on."),
    ],
)
def test_one_wrong_price_and_nothing_is_saved(world: World, field: str, typed: str, sentence: str) -> None:
    """The sentence stands beside the field, everything typed is there still, and no contract is written."""
    wrong = _contract(world, **{field.format(tea=world.tea, milk=world.milk): typed})
    answer = ours("buyer").post(f"/suppliers/{world.grower}/contracts/new/", wrong)
    page = answer.content.decode()
    assert answer.status_code == 422 and page.count('aria-invalid="true"') == 1
    assert sentence in page and 'value="4.90"' in page
    assert not Contract.objects.exists()


def test_rows_of_a_contract_are_named_over_the_api(world: World) -> None:
    """The second and third price are wrong: both rows are told with field and code; nothing is written."""
    prices = [
        {"item": world.tea, "unit_price": 480},
        {"item": world.tea, "unit_price": 500, "from_qty": 100},
        {"item": 0, "unit_price": 5},
    ]
    terms = {"code": "C-1", "supplier": world.grower, "starts_on": "2026-03-01", "ends_on": "2026-03-31",
             "prices": prices}  # fmt: skip
    told = _post(ours("buyer"), "/api/sourcing/contracts", terms)
    assert told.status_code == 409
    assert [(row["row"], row["field"], row["code"]) for row in told.json()["fields"]["rows"]] == [
        (2, "unit_price", "break-dearer"), (3, "item", "supplier-does-not-offer"),
    ]  # fmt: skip
    assert not Contract.objects.exists() and date(2026, 3, 1) < MONDAY.date()


def test_a_request_past_its_date_waits_for_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the date to answer the tab of prices counts one; after it none, for nothing can be answered any more."""
    _asked(world)
    trader = partner("TRADER")
    assert trader.get("/portal/orders/").context["waiting_quotes"] == 1
    monkeypatch.setattr("longshore.web.clock.clock.now", lambda: days(9))
    assert trader.get("/portal/orders/").context["waiting_quotes"] == 0


def test_the_orders_after_the_first_page_are_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three orders, two to a page: the third stands on the second, and no order is counted that cannot be reached."""
    monkeypatch.setattr("longshore.sourcing.pages.portal.ROWS", 2)
    for qty in (50, 60, 70):
        world.released(world.tea, qty)
        place_orders(at=MONDAY, cause=WHO)
    numbers = [f"PO-{n:06}" for n in (1, 2, 3)]
    grower = partner("GROWER")
    pages = [grower.get(f"/portal/orders/?page={n}").content.decode() for n in (1, 2)]
    assert [[number in page for number in numbers] for page in pages] == [[True, True, False], [False, False, True]]


def test_today_is_the_companys_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """At four on Tuesday morning where the sites are it is Monday in Greenwich: what begins today is ended today."""
    monkeypatch.setattr("longshore.web.clock.clock.now", lambda: datetime(2026, 3, 2, 20, tzinfo=UTC))
    buyer, address = ours("buyer"), f"/suppliers/{world.grower}/"
    assert 'name="starts_on" required value="2026-03-03"' in buyer.get(f"{address}contracts/new/").content.decode()
    assert buyer.post(f"{address}contracts/new/", _contract(world, starts_on="2026-03-03")).status_code == 302
    contract = Contract.objects.get()
    assert "End it today" in buyer.get(address).content.decode()
    assert buyer.post(f"{address}end-contract/", {"contract": contract.pk}).status_code == 302
    contract.refresh_from_db()
    assert contract.ends_on == date(2026, 3, 3)


def test_a_supplier_of_many_items_gets_a_contract(world: World) -> None:
    """Seven fields for each of 600 items, most of them empty, come through."""
    empty = {f"{field}-{n}-1": "" for n in range(10**6, 10**6 + 2100) for field in ("from", "price")}
    answer = ours("buyer").post(f"/suppliers/{world.grower}/contracts/new/", _contract(world, **empty))
    assert (answer.status_code, Contract.objects.get().prices.count()) == (302, 5)
