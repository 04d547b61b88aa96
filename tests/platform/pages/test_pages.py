"""Every page for every kind of reader, and how many questions a list asks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern

from longshore.ledger.models import Claim, Movement, OutboxEvent
from longshore.project.urls import urlpatterns
from longshore.sensing.models import Device
from longshore.tower.operations import sweep
from tests.platform.pages.desk import Desk, person
from tests.platform.pages.routes import ROLE_OF, ROUTES, Route
from tests.platform.storing.floor import WHO, hours

GUARDED = [route for route in ROUTES if route.needs]
READS = [route for route in GUARDED if route.needs == "view"]
VERBS = [route for route in GUARDED if route.needs != "view"]
UNKNOWN = [route for route in ROUTES if route.unknown]


@pytest.fixture
def names(desk: Desk) -> dict[str, object]:
    """The desk's names, and an exception of an expired lot."""
    desk.floor.stock(desk.floor.milk, 5, desk.floor.cold, desk.floor.early)
    (raised,) = sweep(at=hours(24 * 10), cause=WHO, kinds=("lot-expired",)).raised
    device = Device.objects.create(code="LOG-1", name="Cold room", kind="logger", created_at=hours(0))
    return desk.names | {"exception": raised, "device": device.code}


def _answer(client: Client, route: Route, path: str, names: dict[str, object]) -> Any:
    data = {key: text.format(**names) for key, text in route.data.items()}
    return client.post(path.format(**names), data) if route.method == "post" else client.get(path.format(**names))


def _standing() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Movement, Claim, OutboxEvent))


def test_every_page_stands_in_the_table() -> None:
    """A page that is added must be added to the table of routes, with who may and what is unknown."""
    pages = [pattern for pattern in urlpatterns if isinstance(pattern, URLPattern)]
    known = {
        page.name for page in pages if not str(page.pattern).startswith("epcis/")
    }  # held to the standard's own table
    assert known == {route.name for route in ROUTES}


def test_nobody_gets_in_without_logging_in(names: dict[str, object]) -> None:
    """Without a session every page answers with the way to the log-in."""
    stranger = Client(headers={"host": "localhost"})
    answers = {str(route): _answer(stranger, route, route.path, names) for route in GUARDED}
    sent_to = {
        name: (given.status_code, given.headers.get("Location", "").partition("?")[0])
        for name, given in answers.items()
    }
    assert {name: told for name, told in sent_to.items() if told != (302, "/login/")} == {}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_viewer_reads(language: str, names: dict[str, object]) -> None:
    """Everything that can be looked at answers a viewer, in both languages."""
    viewer = person("viewer")
    viewer.post("/language/", {"language": language})
    answers = {str(route): (_answer(viewer, route, route.path, names).status_code, route.answer) for route in READS}
    assert {name: codes for name, codes in answers.items() if codes[0] != codes[1]} == {}


def test_a_viewer_changes_nothing(names: dict[str, object]) -> None:
    """What changes something answers a viewer with 403, and nothing is changed."""
    viewer, before = person("viewer"), _standing()
    answers = {str(route): _answer(viewer, route, route.path, names).status_code for route in VERBS}
    assert {name: code for name, code in answers.items() if code != 403} == {}
    assert _standing() == before


@pytest.mark.parametrize("route", VERBS, ids=str)
def test_who_may_does(route: Route, names: dict[str, object]) -> None:
    """The narrowest role that may use the verb gets its answer; what cannot be done now is refused with a sentence."""
    assert _answer(person(ROLE_OF[route.needs]), route, route.path, names).status_code == route.answer


def test_what_is_unknown_is_not_found(names: dict[str, object]) -> None:
    """A number or a verb that does not exist answers 404."""
    manager = person("manager")
    bare = [replace(route, data={"key": route.data.get("key", "")}) for route in UNKNOWN]
    answers = {str(route): _answer(manager, route, route.unknown, names).status_code for route in bare}
    assert {name: code for name, code in answers.items() if code != 404} == {}


LISTS = (
    "/orders/", "/stock/", "/proposals/", "/purchases/", "/warehouse/", "/shipments/", "/shipments/trips/", "/returns/",
    "/orders/SO-1/", "/shipments/of-order/SO-1/",
)  # fmt: skip


def _asked(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


def test_a_list_asks_the_same_of_few_rows_and_of_many(desk: Desk) -> None:
    """The number of SQL statements of a list does not grow with its rows."""
    manager = person("manager")
    for path in LISTS:
        manager.get(path)
    few = {path: _asked(manager, path) for path in LISTS}
    for item, site in ((desk.floor.milk, desk.floor.site), (desk.floor.tea, desk.floor.other)):
        desk.propose(f"more-{item}-{site}", item=item, site=site)
    for n in range(4):
        desk.come_back(f"more-{n}")
        desk.floor.order(f"more-{n}", (desk.floor.tea, 1), (desk.floor.milk, 1))
        desk.purchase(f"more-{n}")
    desk.packed("more")
    desk.floor.order("wave", (desk.floor.tea, 1), (desk.floor.milk, 1))
    desk.floor.release("more-wave")
    assert {path: _asked(manager, path) for path in LISTS} == few


BY_HAND = (
    "/stock/?site=x", "/stock/?page=9999999999999999999", "/orders/?page=²", "/orders/?item=٣", "/returns/?site=99999999999999",
    "/shipments/?view=nonsense&page=0", "/orders/?sort=nonsense&view=nonsense", "/proposals/?view=nonsense&open=zz",
    "/orders/?q=100%25_'", "/returns/?page=999999999999999999", "/orders/?page=999999999999999999",
)  # fmt: skip


def test_addresses_written_by_hand_do_no_harm(desk: Desk) -> None:
    """What nobody asked for properly is read as not asked."""
    viewer = person("viewer")
    answers = {path: viewer.get(path).status_code for path in BY_HAND}
    assert {path: code for path, code in answers.items() if code != 200} == {}
