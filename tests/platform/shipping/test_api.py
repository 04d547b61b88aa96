"""Floor and road over HTTP: one order from wave to signature by calls, and who may not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from longshore.ordering.models import CustomerOrder
from longshore.shipping.models import Shipment
from tests.platform.storing.floor import Floor, assert_books_are_clean, hours, line_ids, name, standing


class Caller:
    """A logged-in JSON client."""

    def __init__(self, *permissions: str) -> None:
        user = User.objects.create_user(f"user{User.objects.count()}", password="a long enough one")
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        self.client = Client()
        self.client.force_login(user)

    def send(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        answer = self.client.generic(method, f"/api{path}", json.dumps(body, default=str), "application/json")
        return answer.status_code, answer.json()

    def post(self, path: str, **body: object) -> Any:
        status, answer = self.send("POST", path, body)
        assert status == 200, answer
        return answer


@pytest.fixture
def worker(floor: Floor) -> Caller:
    floor.stock(floor.tea, 10, floor.bin_a)
    return Caller("change_wave", "change_trip")


def test_an_order_goes_out_by_calls(floor: Floor, worker: Caller) -> None:
    """Wave, picks, pack, shipment, carrier, delivery with two refused: the order is delivered and the books are clean."""
    order = floor.order("API-1", (floor.tea, 6))
    wave = worker.post("/storing/waves", key=name("api"), site=floor.site, ship_before=hours(48))
    assert worker.send("GET", f"/storing/picks?wave={wave['wave']}")[1][0]["place_code"] == "H-A-01"
    picks = [{"task": task} for task in wave["tasks"]]
    assert worker.post("/storing/picks", picks=picks)["picked"] == wave["tasks"]
    assert len(worker.post("/storing/packs", site=floor.site)["units"]) == 1
    opened = worker.post("/shipping/shipments", site=floor.site)["shipments"]
    worker.post("/shipping/hand-over", shipments=opened, carrier=floor.carrier)
    refused = [{"order_line": line_ids(order)[0], "qty": 2, "reason": "unwanted"}]
    done = worker.post("/shipping/deliveries", deliveries=[{"shipment": opened[0], "signer": "Li", "refused": refused}])
    assert done["refused"] == opened
    assert CustomerOrder.objects.get(pk=order).state == "delivered"
    assert standing(floor.shop_place) == 4
    status, shown = worker.send("GET", f"/shipping/shipments/{opened[0]}")
    assert (status, shown["state"], shown["lines"][0]["refused"]) == (200, "delivered", 2)
    assert worker.send("GET", "/shipping/shipments?state=delivered")[1][0]["number"] == Shipment.objects.get().number
    assert_books_are_clean()


def test_a_refusal_has_its_code_and_remedy(floor: Floor, worker: Caller) -> None:
    """A task that does not exist: 409 with the code; a reason that does not exist: 422 with the field."""
    status, answer = worker.send("POST", "/storing/picks", {"picks": [{"task": 99}]})
    assert (status, answer["code"]) == (409, "no-such-task") and answer["remedy"]
    body = {"deliveries": [{"shipment": 1, "refused": [{"order_line": 1, "qty": 1, "reason": "rain"}]}]}
    assert worker.send("POST", "/shipping/deliveries", body)[0] == 422


def test_who_may_only_look_may_not_act(floor: Floor) -> None:
    """A reader sees the waves and the map, and is told no when releasing or dispatching."""
    reader = Caller()
    assert reader.send("GET", "/storing/waves")[0] == 200
    assert reader.send("GET", "/shipping/positions")[0] == 200
    body = {"key": name("no"), "site": floor.site, "ship_before": hours(48)}
    assert reader.send("POST", "/storing/waves", body)[0] == 403
    assert reader.send("POST", "/shipping/trips", {"site": floor.site, "day": "2026-03-02"})[0] == 403


def test_dock_and_stock_by_calls(floor: Floor, worker: Caller) -> None:
    """A put-away names its bin, the scan knows the item, a hold and a count change the stock."""
    dock = floor.stock(floor.tea, 5, floor.dock_in)
    [waiting] = worker.send("GET", f"/storing/put-away?site={floor.site}")[1]
    assert waiting["suggested"] == floor.bin_a
    worker.post("/storing/put-away", moves=[{"key": name("p"), "balance": dock}])
    assert standing(floor.bin_a) == 15
    assert worker.send("GET", "/storing/scan?code=TEA")[1][0]["kind"] == "item"
    [row] = worker.send("GET", f"/storing/bins?place={floor.bin_a}")[1]
    worker.post("/storing/set-apart", what="hold", rows=[{"key": name("h"), "balance": row["balance"], "qty": 5}])
    assert (standing(floor.bin_a), standing(floor.bin_a, 2)) == (10, 5)
    seen = [{"key": name("c"), "item": floor.tea, "owner": floor.owner, "counted": 10}]
    assert worker.post("/storing/counts", place=floor.bin_a, seen=seen)["recount"] == []
    assert worker.send("POST", "/storing/set-apart", {"what": "paint", "rows": []})[0] == 409
