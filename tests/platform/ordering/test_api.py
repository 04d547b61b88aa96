"""Orders over HTTP: the answers an integrator gets, good and bad."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from longshore.ledger.models import Claim
from longshore.ordering.models import CustomerOrder
from tests.platform.ordering.world import World


class Caller:
    """A logged-in JSON client."""

    def __init__(self, *permissions: str) -> None:
        user = User.objects.create_user(f"user{User.objects.count()}", password="a long enough one")
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        self.client = Client()
        self.client.force_login(user)

    def send(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        answer = self.client.generic(method, f"/api/ordering{path}", json.dumps(body), "application/json")
        return answer.status_code, answer.json()


@pytest.fixture
def desk(world: World) -> Caller:
    world.stock(world.tea, 10)
    return Caller("change_customerorder")


def order(number: str = "WEB-1", **changes: object) -> dict[str, object]:
    lines = [{"item": "TEA", "qty": 4}]
    head = {"number": number, "customer": "SHOP", "requested_at": "2036-03-05T08:00:00+08:00", "lines": lines}
    return {**head, **changes}


def test_an_order_is_taken_and_promised_in_one_call(desk: Caller) -> None:
    """The answer has the order's id and the promise of its line; sending it again takes nothing twice."""
    status, answer = desk.send("POST", "/orders", order())
    assert status == 200
    assert [(row["number"], row["replayed"]) for row in answer["accepted"]] == [("WEB-1", False)]
    assert [(row["qty"], row["short"]) for row in answer["promises"]] == [(4, 0)]
    status, again = desk.send("POST", "/orders", order())
    assert (status, again["accepted"][0]["replayed"], CustomerOrder.objects.count()) == (200, True, 1)


def test_a_batch_says_row_and_field_of_every_fault(desk: Caller) -> None:
    """All or nothing: 409 with the rows; partial: the good one is taken."""
    bad = order("WEB-2", lines=[{"item": "COFFEE", "qty": "1,200"}, {"item": "TEA", "qty": "-1"}])
    status, answer = desk.send("POST", "/orders/batch", {"orders": [order(), bad]})
    assert (status, answer["code"], CustomerOrder.objects.count()) == (409, "unknown-item", 0)
    assert [(row["row"], row["field"]) for row in answer["fields"]["rows"]] == [
        (2, "lines[1].item"),
        (2, "lines[2].qty"),
    ]
    status, answer = desk.send("POST", "/orders/batch", {"orders": [order(), bad], "partial": True})
    assert (status, len(answer["accepted"]), len(answer["rejected"])) == (200, 1, 2)


def test_an_order_is_listed_shown_changed_and_cancelled(desk: Caller) -> None:
    """The whole life at the order desk."""
    desk.send("POST", "/orders", order())
    status, page = desk.send("GET", "/orders?state=promised&search=shop")
    assert (status, page["total"], page["rows"][0]["number"]) == (200, 1, "WEB-1")
    status, detail = desk.send("GET", "/orders/WEB-1")
    assert (status, detail["lines"][0]["held"][0]["qty"]) == (200, 4)
    assert detail["lines"][0]["promises"][0]["explanation"]["binding"]["code"] == "none"
    status, _answer = desk.send("PATCH", "/orders/WEB-1", {"lines": [{"line": 1, "qty": 6}]})
    assert (status, Claim.objects.get(state="open").qty) == (200, 6)
    status, _answer = desk.send("POST", "/orders/WEB-1/cancel", {})
    assert (status, CustomerOrder.objects.get().state) == (200, "cancelled")
    status, answer = desk.send("POST", "/orders/WEB-1/cancel", {})
    assert (status, answer["code"]) == (409, "nothing-to-cancel")
    assert desk.send("GET", "/orders/WEB-1/journey") == (200, [])


def test_a_refused_promise_names_the_next_date(desk: Caller) -> None:
    """All of twenty by the date: 409 with the date a supplier could make."""
    desk.send("POST", "/orders?promise=false", order(lines=[{"item": "TEA", "qty": 20}]))
    status, answer = desk.send("POST", "/orders/WEB-1/promise", {"whole": True, "by": "2026-03-05T08:00:00+08:00"})
    assert (status, answer["code"]) == (409, "cannot-promise")
    assert answer["fields"]["next_at"] > "2026" and answer["remedy"]
    status, answer = desk.send("POST", "/orders/WEB-1/urgent", {})
    assert (status, answer["urgent"]["lines"][0]["short"]) == (200, 10)


def test_an_unknown_order_is_said_so(desk: Caller) -> None:
    """409 with code and remedy, no trace."""
    status, answer = desk.send("POST", "/orders/NOPE/urgent", {})
    assert (status, answer["code"]) == (409, "unknown-order")


@pytest.mark.parametrize("body", [{}, {"number": "X"}, [], "text", order(lines="none"), order(requested_at="soon")])
def test_a_body_of_the_wrong_shape_is_refused(desk: Caller, body: object) -> None:
    """422 and nothing taken."""
    status, _answer = desk.send("POST", "/orders", body)
    assert (status, CustomerOrder.objects.count()) == (422, 0)


def test_who_may_only_look_may_not_change(world: World) -> None:
    """A viewer lists orders and is told no on everything else."""
    viewer = Caller("view_customerorder")
    assert viewer.send("GET", "/orders")[0] == 200
    calls = [("POST", "/orders", order()), ("PATCH", "/orders/X", {}), ("POST", "/orders/X/urgent", None)]
    assert [viewer.send(*call)[0] for call in calls] == [403, 403, 403]
