"""The pages a buyer and a supplier's person use: weights, split, quotes; a portal with one's own orders only."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from django.test import Client

from longshore.ledger.models import PlannedFlow
from longshore.planning.models import Proposal
from longshore.project.documents import known_as
from longshore.sourcing.models import PurchaseOrder, PurchaseOrderLine, Quote
from longshore.sourcing.operations import LineTerms, Price, Terms, ask_change, place_orders, put_contract
from tests.platform.pages.desk import person as ours
from tests.platform.planning.partners import person as partner
from tests.platform.planning.world import MONDAY, WHO, World

pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def order(world: World) -> PurchaseOrderLine:
    """The grower's 50 tea; the trader has 10."""
    world.released(world.tea, 50)
    world.released(world.tea, 10, supplier=world.trader)
    place_orders(at=MONDAY, cause=WHO)
    return PurchaseOrderLine.objects.get(order__supplier=world.grower)


def test_a_supplier_sees_its_own_orders_and_no_others(world: World, order: PurchaseOrderLine) -> None:
    """The trader's portal lists its order; the grower's does not exist for it, nor does the portal for a buyer."""
    trader, other = partner("TRADER"), PurchaseOrder.objects.get(supplier=world.trader)
    page = trader.get("/portal/orders/").content.decode()
    assert other.number in page and order.order.number not in page
    assert trader.get(f"/portal/orders/{order.order.number}/").status_code == 404
    told = {f"qty-{order.pk}": "1"}
    assert trader.post(f"/portal/orders/{order.order.number}/confirm/", told).status_code == 404
    assert ours("buyer").get("/portal/orders/").status_code == 404
    assert PlannedFlow.objects.get(pk=order.flow_id).qty == 50


def test_a_fifth_less_is_confirmed_in_the_portal(order: PurchaseOrderLine) -> None:
    """40 of 50 typed and sent: the order is confirmed, its supply is 40; more digits than a number has are refused."""
    grower = partner("GROWER")
    address = f"/portal/orders/{order.order.number}/confirm/"
    seen = grower.get(f"/portal/orders/{order.order.number}/").context["seen"]
    assert grower.post(address, {"seen": seen, f"qty-{order.pk}": "forty"}).status_code == 422
    assert grower.post(address, {"seen": seen, f"qty-{order.pk}": "40"}).status_code == 302
    order.refresh_from_db()
    assert (order.qty, order.ordered, order.order.state) == (40, 50, "confirmed")
    assert PlannedFlow.objects.get(pk=order.flow_id).qty == 40


def test_a_wish_is_answered_in_the_portal(order: PurchaseOrderLine) -> None:
    """The grower agrees to 60; nobody else's wish exists for the trader."""
    change = ask_change(order.order_id, [LineTerms(order.pk, 60)], at=MONDAY, cause=WHO).changes[0]
    own = PurchaseOrder.objects.exclude(pk=order.order_id).get().number
    answer = {"change": str(change), "agreed": "yes"}
    assert partner("TRADER").post(f"/portal/orders/{own}/answer/", answer).status_code == 404
    assert partner("GROWER").post(f"/portal/orders/{order.order.number}/answer/", answer).status_code == 302
    assert PlannedFlow.objects.get(pk=order.flow_id).qty == 60


def test_a_buyer_weighs_and_splits(world: World) -> None:
    """With a greatest share of sixty per cent the page shows sixty and forty; bought like that it is two proposals."""
    number = world.released(world.tea, 100)
    Proposal.objects.filter(pk=number).update(state="proposed")
    buyer = ours("buyer")
    page = buyer.get(f"/suppliers/choice/{number}/?max_share=60").content.decode()
    assert f'name="qty-{world.grower}" inputmode="numeric" size="8" value="60"' in page
    assert f'name="qty-{world.trader}" inputmode="numeric" size="8" value="40"' in page
    parts = {"supplier": [world.grower, world.trader], f"qty-{world.grower}": "60", f"qty-{world.trader}": "40"}
    assert buyer.post(f"/suppliers/choice/{number}/split/", parts).status_code == 302
    assert sorted(Proposal.objects.values_list("supplier_id", "qty", "state")) == sorted(
        [(world.grower, 60, "released"), (world.trader, 40, "released")]
    )
    again = buyer.post(f"/suppliers/choice/{number}/split/", parts)
    assert again.status_code == 422 and Proposal.objects.count() == 2


def test_quotes_from_asking_to_the_winner(world: World) -> None:
    """A buyer asks, the trader offers in its portal, the buyer awards: what the trader asks is the offer."""
    buyer: Client = ours("buyer")
    form = {"key": str(uuid4()), "item": world.tea, "site": world.centre, "qty": "60", "supplier": [world.trader],
            "needed_at": "2026-03-20T12:00", "answer_by": "2026-03-10T12:00"}  # fmt: skip
    asked = buyer.post("/suppliers/quotes/ask/", form)
    assert asked.status_code == 302
    quote = Quote.objects.get()
    offer = {"price-1": "4.50", "lead_days": "2", "valid_until": "2026-04-30"}
    assert partner("GROWER").post(f"/portal/quotes/{quote.request_id}/", offer).status_code == 404
    quote.refresh_from_db()
    assert quote.state == "asked"
    partner("TRADER").post(f"/portal/quotes/{quote.request_id}/", offer)
    page = buyer.get(asked["Location"])
    assert "4.50" in page.content.decode()
    winner = {"supplier": world.trader, "seen": page.context["rows"][0].seen}
    buyer.post(f"/suppliers/quotes/{quote.request_id}/award/", winner)
    quote.refresh_from_db()
    assert (quote.state, quote.unit_price) == ("won", 450)


def test_the_pages_of_suppliers_answer(world: World, order: PurchaseOrderLine) -> None:
    """List, one supplier with its contract, approvals: 200 in both languages."""
    prices = (Price(world.tea, 480), Price(world.tea, 440, 100))
    put_contract(Terms("C-1", world.grower, date(2026, 3, 1), date(2026, 3, 31), prices), at=MONDAY, cause=WHO)
    viewer = ours("viewer")
    for language in ("en", "zh-hans"):
        viewer.post("/language/", {"language": language})
        for path in ("/suppliers/", f"/suppliers/{world.grower}/", "/suppliers/quotes/", "/suppliers/approvals/"):
            assert viewer.get(path).status_code == 200, path
    assert "C-1" in viewer.get(f"/suppliers/{world.grower}/").content.decode()
    assert viewer.post(f"/suppliers/{world.grower}/contracts/new/", {}).status_code == 403


def test_pegging_names_the_purchase_order_and_leads_to_it(order: PurchaseOrderLine) -> None:
    """What an ordered quantity is for stands under the order's number, with a link; what has no page keeps its place empty."""
    number = order.order.number
    page = ours("buyer").get(f"/plan/pegging/?item={order.item_id}&site={order.order.site_id}&way=for").content.decode()
    assert number in page and f'href="/purchases/{number}/"' in page
    assert "purchase-order:" not in page
    asked = {f"purchase-order:{order.order_id}", "purchase-order:0", "purchase-order:x", "transfer:1", ""}
    assert known_as(asked) == {f"purchase-order:{order.order_id}": (number, f"/purchases/{number}/")}
