"""Every verb of the pages, used as people use them: an order from the form to the door, and goods from the supplier."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection, transaction
from django.test import Client

from longshore.ledger.models import Balance, Condition
from longshore.ordering.models import CustomerOrder, OrderLine
from longshore.planning.models import Proposal
from longshore.returning.models import ReturnLine
from longshore.shipping.models import ProofOfDelivery, Shipment, Trip, TripStop
from longshore.sourcing.models import PurchaseOrder, PurchaseOrderLine, Receipt, SupplierClaim
from longshore.storing.models import PickTask, Wave
from longshore.twin.models import World
from tests.platform.pages.desk import Desk, person
from tests.platform.storing.floor import assert_books_are_clean, hours, standing

KEY = "00000000-0000-4000-8000-00000000000a"


@pytest.fixture
def manager(desk: Desk) -> Client:
    return person("manager")


def _at(moment: datetime) -> None:
    World.objects.update(now=moment)


def _new_order(**changed: str) -> dict[str, str]:
    typed = {
        "key": KEY, "number": "WEB-1", "customer": "SHOP", "requested_at": "2026-03-02T20:00", "priority": "5", "note": "",
        "item-1": "TEA", "amount-1": "６", "unit-1": "", "item-2": "MILK", "amount-2": "2", "unit-2": "EA",
    }  # fmt: skip
    return typed | changed


def test_an_order_is_taken_promised_changed_and_cancelled(desk: Desk, manager: Client) -> None:
    """The form takes the order once and promises it; urgent, change and cancel do what they say, with wanted times local."""
    for _again in range(2):
        answer = manager.post("/orders/new/", _new_order())
        assert (answer.status_code, answer.headers["Location"]) == (302, "/orders/WEB-1/")
    order = CustomerOrder.objects.get(number="WEB-1")
    assert (order.requested_at, order.state, order.channel) == (hours(12), "promised", "page")
    assert list(OrderLine.objects.filter(order=order).values_list("qty", flat=True)) == [6, 2]
    assert "On time and in full from one place." in manager.get("/orders/WEB-1/").content.decode()
    manager.post("/orders/WEB-1/do/urgent/")
    order.refresh_from_db()
    assert order.priority == 1
    manager.post(
        "/orders/WEB-1/do/change/", {"requested_at": "2026-03-03T20:00", "priority": "4", "qty-1": "9", "qty-2": ""}
    )
    order.refresh_from_db()
    assert (order.requested_at, order.priority) == (hours(36), 4)
    assert list(OrderLine.objects.filter(order=order).values_list("qty", flat=True)) == [9, 2]
    manager.post("/orders/WEB-1/do/cancel/")
    order.refresh_from_db()
    assert order.state == "cancelled"
    again = manager.post("/orders/WEB-1/do/cancel/")
    assert (again.status_code, "Nothing of order WEB-1 is open." in again.content.decode()) == (422, True)


def test_a_sheet_opened_by_itself_comes_in_the_shell(desk: Desk, manager: Client) -> None:
    """A proposal in a new tab is a whole page with its menu; asked for by the list it is the sheet alone."""
    address = f"/proposals/{desk.names['proposal']}/"
    alone, inside = manager.get(address), manager.get(address, headers={"HX-Request": "true"})
    assert ("<html" in alone.content.decode(), "<html" in inside.content.decode()) == (True, False)
    assert 'id="sheet-title"' in alone.content.decode() and 'id="sheet-title"' in inside.content.decode()


def test_more_than_a_column_holds_is_refused(desk: Desk, manager: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the database cannot keep is answered with what to do about it, whatever page it was typed on."""

    def too_much(*_args: object, **_named: object) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1000000::smallint")

    monkeypatch.setattr("longshore.ordering.operations.cancel_order", too_much)
    answer = manager.post(f"/orders/{desk.names['order']}/do/cancel/")
    assert (answer.status_code, "value-out-of-range" in answer.content.decode()) == (422, True)


def test_a_claim_is_about_a_line_of_its_own_order(desk: Desk) -> None:
    """A line of another purchase order is unknown on this order's page; no claim is raised."""
    first, other = desk.purchase("claim-1"), desk.purchase("claim-2")
    line = PurchaseOrderLine.objects.filter(order=other).values_list("pk", flat=True)[0]
    answer = person("buyer").post(f"/purchases/{first.number}/do/claim/", {"line": line, "kind": "short"})
    assert (answer.status_code, SupplierClaim.objects.count()) == (404, 0)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"item-1": "NOTHING"}, "NOTHING"),
        ({"amount-1": "many"}, "amount-1"),
        ({"customer": "NOBODY"}, "NOBODY"),
        ({"number": "SO-1"}, "Another order has the number SO-1."),
        ({"key": "no key"}, "The form has no id."),
        ({"item-1": "", "item-2": ""}, "role=\"alert\""),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_an_order_is_refused(
    changed: dict[str, str], said: str, desk: Desk, manager: Client
) -> None:
    """422 with the reason and everything that was typed; no order is made."""
    before = CustomerOrder.objects.count()
    answer = manager.post("/orders/new/", _new_order(**changed))
    assert answer.status_code == 422
    assert said in answer.content.decode() and 'role="alert"' in answer.content.decode()
    assert CustomerOrder.objects.count() == before


def test_a_change_that_is_no_number_is_refused(desk: Desk, manager: Client) -> None:
    """Letters for a quantity or a priority: the page says which field, and the order is as it was."""
    for typed in ({"qty-1": "abc"}, {"priority": "high"}, {"requested_at": "soon"}, {"qty-1": "-3"}):
        assert manager.post("/orders/SO-1/do/change/", typed).status_code == 422
    assert list(OrderLine.objects.filter(order__number="SO-1").values_list("qty", flat=True)) == [4, 2]


def test_a_proposal_is_changed_rejected_taken_back_and_approved(desk: Desk) -> None:
    """A planner rejects with a reason, takes it back with the toast's undo, and approves a different quantity."""
    planner, number = person("planner"), desk.names["proposal"]
    shown = planner.post(f"/proposals/{number}/reject/", {"note": "too early"}, follow=True).content.decode()
    assert f'action="/proposals/{number}/take-back/"' in shown and "Rejected." in shown
    rejected = Proposal.objects.get(pk=number)
    assert (rejected.state, rejected.decision_note, rejected.decided_by) == ("rejected", "too early", "planner")
    planner.post(f"/proposals/{number}/take-back/")
    assert Proposal.objects.get(pk=number).state == "proposed"
    assert planner.post(f"/proposals/{number}/approve/", {"qty": "many"}).status_code == 422
    assert (
        planner.post(f"/proposals/{number}/approve/", {"qty": "240", "supplier": str(desk.supplier)}).status_code == 302
    )
    approved = Proposal.objects.get(pk=number)
    assert (approved.state, approved.qty, approved.proposed_qty) == ("released", 240, 200)
    assert planner.post(f"/proposals/{number}/approve/", {"qty": "240"}).status_code == 422


def test_many_proposals_are_approved_together_or_not_at_all(desk: Desk) -> None:
    """One that is decided already stops the whole bulk."""
    planner, first = person("planner"), int(str(desk.names["proposal"]))
    second = desk.propose("second", item=desk.floor.milk)
    planner.post(f"/proposals/{second}/reject/")
    assert planner.post("/proposals/approve/", {"proposal": [first, second]}).status_code == 422
    assert Proposal.objects.get(pk=first).state == "proposed"
    planner.post("/proposals/approve/", {"proposal": [first]})
    assert Proposal.objects.get(pk=first).state == "released"


def test_a_purchase_order_is_confirmed_delayed_received_and_closed(desk: Desk) -> None:
    """Receiving twice with the same form is one receipt; short, damaged and the rest closed."""
    buyer, number, line = person("warehouse"), desk.names["purchase"], desk.names["po_line"]
    do = f"/purchases/{number}/do"
    buyer.post(f"{do}/confirm/")
    assert PurchaseOrder.objects.get().state == "confirmed"
    assert buyer.post(f"{do}/delay/", {"expected_at": ""}).status_code == 422
    buyer.post(f"{do}/delay/", {"expected_at": "2026-03-09T08:00"})
    assert PurchaseOrder.objects.get().expected_at == hours(168)
    came = {
        "dock": str(desk.names["dock"]),
        "line": str(line),
        f"key-{line}": KEY,
        f"qty-{line}": "150",
        f"damaged-{line}": "5",
    }
    for _again in range(2):
        assert buyer.post(f"{do}/receive/", came).status_code == 302
    receipt = Receipt.objects.get()
    assert (receipt.qty, receipt.damaged, PurchaseOrder.objects.get().state) == (150, 5, "part_received")
    assert buyer.post(f"{do}/receive/", came | {f"qty-{line}": "x"}).status_code == 422
    assert buyer.post(f"{do}/receive/", came | {"dock": "999999", f"key-{line}": KEY[:-1] + "b"}).status_code == 422
    buyer.post(f"{do}/close/")
    assert PurchaseOrder.objects.get().state == "received"
    buyer.post("/warehouse/do/put-away/", {"site": desk.names["site"]})
    assert standing(desk.floor.dock_in) == 0
    assert_books_are_clean()


def test_an_order_goes_through_the_house_to_the_door(desk: Desk) -> None:
    """Wave, a short pick, packing, a trip planned, loaded, driven, signed for, and the truck home; the books are clean."""
    floor, dispatcher, site = person("warehouse"), person("dispatcher"), {"site": str(desk.names["site"])}
    for _again in range(2):
        floor.post("/warehouse/do/release/", site | {"key": KEY})
    assert Wave.objects.count() == 3
    short = desk.names["task"]
    chosen = [task.pk for task in PickTask.objects.filter(state="waiting")]
    refused = floor.post("/warehouse/do/pick/", site | {"task": [short], f"qty-{short}": "3"})
    assert refused.status_code == 422
    picked = site | {"task": chosen, f"qty-{short}": "3", f"reason-{short}": "missing"}
    assert floor.post("/warehouse/do/pick/", picked).status_code == 302
    assert PickTask.objects.get(pk=short).picked == 3
    floor.post("/warehouse/do/pack/", site)
    assert dispatcher.post("/shipments/plan/", site).status_code == 302
    assert Shipment.objects.filter(order__number__in=["SO-1", "SO-2"]).count() >= 2
    _drive(desk, dispatcher)
    assert_books_are_clean()


def _drive(desk: Desk, dispatcher: Client) -> None:
    trip = Trip.objects.get(number=desk.names["trip"])
    do = f"/shipments/trips/{trip.number}/do"
    assert dispatcher.post(f"{do}/load/").status_code == 302
    _at(max(trip.planned_departure, hours(5)))
    assert dispatcher.post(f"{do}/depart/").status_code == 302
    for stop in TripStop.objects.filter(trip=trip).order_by("sequence"):
        _at(stop.planned_arrival)
        assert dispatcher.post(f"{do}/arrive/", {"stop": stop.pk}).status_code == 302
        assert dispatcher.post(f"{do}/deliver/", {"stop": stop.pk, "signer": "Li Wei"}).status_code == 302
    assert dispatcher.post(f"{do}/finish/").status_code == 302
    trip.refresh_from_db()
    assert trip.state == "done"
    assert set(ProofOfDelivery.objects.values_list("signer", flat=True)) == {"Li Wei"}
    assert CustomerOrder.objects.get(number="T1-OUT").state == "delivered"


def test_what_the_customer_refuses_comes_home(desk: Desk) -> None:
    """Refused at the door: the shipment says so, the goods come back into returns with the truck."""
    dispatcher, trip = person("dispatcher"), Trip.objects.get(number=desk.names["trip"])
    do = f"/shipments/trips/{trip.number}/do"
    dispatcher.post(f"{do}/load/")
    _at(max(trip.planned_departure, hours(5)))
    dispatcher.post(f"{do}/depart/")
    _at(hours(8))
    dispatcher.post(f"{do}/arrive/", {"stop": desk.names["stop"]})
    answer = dispatcher.post(f"{do}/refuse/", {"stop": desk.names["stop"], "reason": "late"})
    assert (answer.status_code, Shipment.objects.get(number=desk.names["shipment"]).state) == (302, "refused")
    assert dispatcher.post(f"{do}/finish/").status_code == 302
    assert_books_are_clean()


def test_a_carrier_takes_a_shipment_and_the_customer_signs(desk: Desk) -> None:
    """A shipment of a carrier is handed over and delivered from its own page."""
    from longshore.shipping.operations import cancel_trips, choose_carrier
    from tests.platform.storing.floor import WHO

    cancel_trips(list(Trip.objects.values_list("pk", flat=True)), at=hours(4), cause=WHO)
    shipment = Shipment.objects.get(number=desk.names["shipment"])
    choose_carrier([shipment.pk], at=hours(4), cause=WHO, own_fleet=False)
    dispatcher, do = person("dispatcher"), f"/shipments/{shipment.number}/do"
    assert "The carrier took it" in dispatcher.get(f"/shipments/{shipment.number}/").content.decode()
    assert dispatcher.post(f"{do}/hand-over/").status_code == 302
    assert dispatcher.post(f"{do}/deliver/", {"signer": "Li Wei"}).status_code == 302
    shipment.refresh_from_db()
    assert (shipment.state, ProofOfDelivery.objects.get().signer) == ("delivered", "Li Wei")


def test_a_return_is_judged(desk: Desk) -> None:
    """Two good again, one scrap; the same form again changes nothing; more than came back is refused."""
    floor, number = person("warehouse"), desk.names["returned"]
    waiting = floor.get("/returns/").content.decode()
    assert "R1-BACK" in waiting and "Wrong goods" in waiting
    assert floor.post(f"/returns/{number}/inspect/", {"key": KEY, "restock": "9"}).status_code == 422
    for _again in range(2):
        assert floor.post(f"/returns/{number}/inspect/", {"key": KEY, "restock": "2", "scrap": "1"}).status_code == 302
    judged = ReturnLine.objects.get(pk=number)
    assert (judged.restocked, judged.scrapped) == (2, 1)
    assert standing(desk.floor.dock_in, Condition.UNRESTRICTED) == 2
    assert "R1-BACK" not in floor.get("/returns/").content.decode()
    assert "R1-BACK" in floor.get("/returns/?view=all").content.decode()
    assert_books_are_clean()


def test_more_comes_back_than_was_sent_for(desk: Desk) -> None:
    """The rest of a delivered line is taken back once, however often the form is sent; one more is refused, and stays out."""
    floor = person("warehouse")
    typed = {
        "key": KEY,
        "order": "R1-BACK",
        "line": "1",
        "qty": "3",
        "site": str(desk.floor.site),
        "reason": "unwanted",
    }
    for _again in range(2):
        assert floor.post("/returns/take-back/", typed).status_code == 302
    assert ReturnLine.objects.filter(order_line__order__number="R1-BACK", reason="unwanted").get().qty == 3
    for wrong in ({"qty": "1"}, {"order": "NONE"}, {"qty": "x"}):
        answer = floor.post("/returns/take-back/", typed | {"key": "00000000-0000-4000-8000-00000000000b"} | wrong)
        assert (answer.status_code, 'role="alert"' in answer.content.decode()) == (422, True)
    assert ReturnLine.objects.filter(order_line__order__number="R1-BACK").count() == 2
    assert_books_are_clean()


def test_a_bin_is_counted_on_its_page(desk: Desk) -> None:
    """The list does not tell the quantity; one of twelve missing is counted twice, then posted; nonsense changes nothing."""
    floor, address = person("warehouse"), "/warehouse/count/?place=H-C-01"
    page = floor.get(address).content.decode()
    assert "MILK" in page and ">12<" not in page
    balance = Balance.objects.get(place_id=desk.floor.cold, qty=12).pk
    row = {"key": KEY, "balance": str(balance), f"counted-{balance}": "11"}
    assert "counted once more" in floor.post(address, row, follow=True).content.decode()
    assert standing(desk.floor.cold) == 12
    again = row | {"key": "00000000-0000-4000-8000-00000000000b"}
    assert "is posted" in floor.post(address, again, follow=True).content.decode()
    assert standing(desk.floor.cold) == 11
    for wrong in (
        {f"counted-{balance}": ""},
        {"item": "NONE", "found": "2"},
        {"item": "MILK", "lot": "?", "found": "2"},
    ):
        assert floor.post(address, again | wrong).status_code == 422
    assert standing(desk.floor.cold) == 11
    assert floor.get("/warehouse/count/?place=NONE").status_code == 404
    assert_books_are_clean()
