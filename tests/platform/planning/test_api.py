"""Planning and purchasing over HTTP: what a page can do, for those whose role allows it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from longshore.planning.models import Proposal
from longshore.project.roles import ensure_roles
from longshore.sourcing.models import PurchaseOrder
from tests.platform.planning.world import World, name


def _client(role: str) -> Client:
    ensure_roles()
    user = User.objects.create_user(role)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def number(world: World) -> int:
    found = world.released(world.tea, 50)
    Proposal.objects.filter(pk=found).update(state="proposed", explanation={"rule": "below-reorder-point"})
    return found


def _post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(f"/api/{path}", json.dumps(body), content_type="application/json")


def test_a_buyer_approves_and_receives(world: World, number: int) -> None:
    """List, detail, approve, order, receive, read back: one journey over the API."""
    buyer = _client("buyer")
    assert [row["id"] for row in buyer.get("/api/planning/proposals?state=proposed").json()] == [number]
    detail = buyer.get(f"/api/planning/proposals/{number}").json()
    assert (detail["item_code"], [offer["unit_price"] for offer in detail["offers"]]) == ("TEA", [500, 560])
    approved = _post(buyer, f"planning/proposals/{number}/approve", {"qty": 55, "note": "more"}).json()
    assert (approved["state"], approved["qty"]) == ("released", 55)
    assert _post(buyer, "sourcing/orders", {}).json()["lines"] == 1
    order = PurchaseOrder.objects.get()
    line = order.lines.get()
    rows = [{"line": line.pk, "qty": 55, "key": str(name("api")), "damaged": 5}]
    taken = _post(buyer, f"sourcing/orders/{order.pk}/receive", {"dock": world.dock, "rows": rows}).json()
    assert [(row["qty"], row["damaged"], row["replayed"]) for row in taken["accepted"]] == [(55, 5, False)]
    read = buyer.get(f"/api/sourcing/orders/{order.number}").json()
    assert (read["state"], read["received"], len(read["receipts"])) == ("received", 55, 1)
    assert len(buyer.get(f"/api/sourcing/waiting?site={world.centre}").json()) == 1


def test_a_viewer_only_looks(world: World, number: int) -> None:
    """Reading is allowed, deciding is answered with 403 and changes nothing."""
    viewer = _client("viewer")
    assert viewer.get("/api/planning/cover").status_code == 200
    answer = _post(viewer, f"planning/proposals/{number}/approve", {})
    assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")
    assert Proposal.objects.get(pk=number).state == "proposed"


def test_a_refusal_has_code_sentence_and_remedy(world: World, number: int) -> None:
    """A quantity the supplier does not sell: 409 with what would be possible."""
    answer = _post(_client("planner"), f"planning/proposals/{number}/approve", {"qty": 52})
    body = answer.json()
    assert (answer.status_code, body["code"], body["fields"]["least"]) == (409, "not-orderable", 55)
    assert body["sentence"] and body["remedy"]


def test_nobody_without_a_login(world: World) -> None:
    """No session and no token: 401."""
    assert Client().get("/api/planning/proposals").status_code == 401
