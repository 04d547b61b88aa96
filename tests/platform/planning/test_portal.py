"""People of partners see what their agreements share, and nothing else: on pages, over the API, by token, live."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from longshore.catalog.access import may_of
from longshore.planning.models import JointEntry, PartnerPerson, Proposal
from longshore.planning.operations.agreements import Shared
from longshore.project.people import NotAPartner, PartnerNeeded, add_person, change_role
from longshore.project.roles import ensure_roles
from longshore.project.tokens import issue
from longshore.project.visitor import visitor_of
from longshore.web.gate import OPEN, partners_stay_in_their_portal
from tests.platform.planning.partners import agree, person
from tests.platform.planning.world import MONDAY, World

PASSWORD = "a long pass-phrase"


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small world's week is now."""
    monkeypatch.setattr("longshore.web.clock.clock.now", lambda: MONDAY)


def _post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


def _ours(role: str) -> Client:
    ensure_roles()
    user = User.objects.create_user(role)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def test_a_partner_cannot_read_anothers(world: World) -> None:
    """The grower's agreement and line do not exist for the trader: 404 by page and by API, reading and writing."""
    agreed = agree(world, world.grower, "vmi", levels=(0, 100))
    grower, trader = person("GROWER"), person("TRADER")
    read = [f"/portal/agreements/{agreed.agreement}/", f"/portal/lines/{agreed.line}/",
            f"/api/portal/agreements/{agreed.agreement}", f"/api/portal/lines/{agreed.line}"]  # fmt: skip
    assert [grower.get(path).status_code for path in read] == [200] * 4
    assert [trader.get(path).status_code for path in read] == [404] * 4
    delivery = {"day": "2026-03-05", "qty": 10, "text": "mine"}
    assert trader.post(f"/portal/lines/{agreed.line}/propose/", delivery).status_code == 404
    assert _post(trader, f"/api/portal/lines/{agreed.line}/propose", delivery).status_code == 404
    assert (trader.get("/api/portal/agreements").json(), JointEntry.objects.count()) == ([], 0)
    assert "TEA" not in trader.get("/portal/").content.decode()
    assert "TEA" in grower.get("/portal/").content.decode()


def _addresses(patterns: list[Any], before: str = "/") -> list[str]:
    found: list[str] = []
    for each in patterns:
        path = before + str(each.pattern).lstrip("^")
        if isinstance(each, URLResolver):
            found += _addresses(each.url_patterns, path)
        elif isinstance(each, URLPattern):
            found.append(path)
    return found


def test_every_other_address_does_not_exist_for_them(world: World) -> None:
    """Each address of the whole site that is not the portal's is closed before its page is asked at all."""
    client = person("GROWER")
    grower = User.objects.get(username="supplier@grower")
    gate = partners_stay_in_their_portal(lambda request: HttpResponse("open"))
    closed = [path for path in _addresses(get_resolver().url_patterns) if not path.startswith(OPEN) and path != "/"]
    assert len(closed) > 100
    for path in closed:
        request = RequestFactory().get(path)
        request.user = grower
        with pytest.raises(Http404):
            gate(request)
    told = ("/stock/", "/admin/", "/api/catalog/items", "/tower/pulse/", "/api/planning/cover", "/palette/")
    assert [client.get(path).status_code for path in told] == [404] * len(told)
    assert client.get("/")["Location"] == "/portal/orders/"
    assert person("SHOP", "customer").get("/")["Location"] == "/portal/"


def test_their_token_opens_the_portal_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """By token the same: the portal's addresses answer, the others do not know the caller; the live stream neither."""
    agreed = agree(world, world.grower, "view")
    person("GROWER")
    user = User.objects.get(username="supplier@grower")
    token = {"HTTP_AUTHORIZATION": f"Bearer {issue(user=user, name='t', at=MONDAY)}"}
    assert Client().get(f"/api/portal/lines/{agreed.line}", **token).status_code == 200
    assert Client().get("/api/planning/cover", **token).status_code == 401
    assert Client().get("/api/catalog/items", **token).status_code == 401
    monkeypatch.setattr("longshore.project.visitor.close_old_connections", lambda: None)
    headers = [(b"authorization", token["HTTP_AUTHORIZATION"].encode())]
    assert visitor_of({"headers": headers}) is None


def test_our_people_have_no_portal(world: World) -> None:
    """The portal is no second door for ours: 404 for a manager, 401 and the log-in for nobody."""
    agreed = agree(world, world.grower, "view")
    manager = _ours("manager")
    assert [manager.get(p).status_code for p in ("/portal/", f"/api/portal/lines/{agreed.line}")] == [404, 404]
    assert (Client().get("/api/portal/agreements").status_code, Client().get("/portal/").status_code) == (401, 302)
    assert "partner" not in may_of(User.objects.get(username="manager"))


def test_only_what_is_shared_is_shown(world: World) -> None:
    """An agreement about orders shows neither stock, forecast nor plan; one about stock shows stock alone."""
    world.stock(world.tea, 4321)
    world.expect(world.tea, 77)
    orders = agree(world, world.grower, "view", code="ORDERS", shared=Shared(orders=True))
    stock = agree(world, world.grower, "view", code="STOCK", shared=Shared(stock=True))
    client = person("GROWER")
    told = client.get(f"/api/portal/lines/{orders.line}").json()
    assert (told["level"]["on_hand"], told["level"]["inbound"], told["level"]["daily_milli"]) == (None, None, None)
    assert {day["closing_milli"] for day in told["days"]} | {day["forecast_milli"] for day in told["days"]} == {None}
    assert told["supply"] == []
    page = client.get(f"/portal/lines/{orders.line}/").content.decode()
    for token in set(re.findall(r'csrfmiddlewaretoken" value="(\w+)"', page)):
        page = page.replace(token, "")  # random: it may hold any two digits
    assert "4,321" not in page and "4321" not in page and "77" not in page
    told = client.get(f"/api/portal/lines/{stock.line}").json()
    assert (told["level"]["on_hand"], told["level"]["daily_milli"], told["supply"]) == (4321, None, None)
    assert "made_by" not in client.get(f"/api/portal/agreements/{stock.agreement}").json()


def test_after_its_last_day_nothing_is_shared(world: World) -> None:
    """An agreement that is over, or has not begun, is not there; an inactive company has no seat."""
    over = agree(world, world.grower, "view", ends_on=date(2026, 3, 1))
    client = person("GROWER")
    assert client.get(f"/portal/lines/{over.line}/").status_code == 404
    assert client.get("/api/portal/agreements").json() == []
    PartnerPerson.objects.get().partner.__class__.objects.filter(code="GROWER").update(active=False)
    assert client.get("/portal/").status_code == 404


def test_a_supplier_proposes_on_its_page(world: World) -> None:
    """A delivery in the form becomes a proposal; too much comes back with what fits, on the same page."""
    world.stock(world.tea, 40)
    line = agree(world, world.grower, "vmi", levels=(30, 100)).line
    client = person("GROWER")
    assert "What fits on which day" in client.get(f"/portal/lines/{line}/").content.decode()
    answer = client.post(f"/portal/lines/{line}/propose/", {"day": "2026-03-05", "qty": "600", "text": ""})
    assert answer.status_code == 422 and "above-the-most" in answer.content.decode()
    answer = client.post(f"/portal/lines/{line}/propose/", {"day": "2026-03-05", "qty": "many", "text": ""})
    assert answer.status_code == 422 and "not-a-whole-number" in answer.content.decode()
    answer = client.post(f"/portal/lines/{line}/propose/", {"day": "2026-03-05", "qty": "60", "text": "truck"})
    assert (answer.status_code, answer["Location"]) == (302, f"/portal/lines/{line}/")
    found = Proposal.objects.get()
    assert (found.qty, found.decided_by) == (60, "supplier@grower")
    assert "supplier@grower" in _ours("planner").get(f"/proposals/{found.pk}/").content.decode()
    assert client.post(f"/portal/lines/{line}/comment/", {"text": "at nine"}).status_code == 302
    assert _post(client, f"/api/portal/lines/{line}/barter", {"day": "2026-03-05"}).json()["code"] == "unknown-verb"


def test_a_joint_forecast_on_both_pages(world: World) -> None:
    """The customer says a number, the planner commits it; each sees it on their page. A viewer only looks."""
    world.expect(world.tea, 5)
    agreed = agree(world, world.shop, "cpfr")
    shop, planner = person("SHOP", "customer"), _ours("planner")
    said = shop.post(f"/portal/lines/{agreed.line}/say/", {"day": "2026-03-09", "qty": "36", "text": ""})
    assert (said.status_code, said["Location"]) == (302, f"/portal/agreements/{agreed.agreement}/")
    committed = planner.post(f"/agreements/lines/{agreed.line}/commit/", {"day": "2026-03-09", "qty": "36", "text": ""})
    assert committed.status_code == 302
    told = planner.get(f"/api/planning/agreements/{agreed.agreement}").json()["joint"][0]["weeks"][0]
    assert (told["theirs"]["qty"], told["committed"]["by"]) == (36, "planner")
    assert _ours("viewer").post(f"/agreements/lines/{agreed.line}/comment/", {"text": "x"}).status_code == 403


def test_people_are_tied_to_a_company_that_fits(world: World) -> None:
    """A supplier's role needs a supplier, a customer's a customer; back to our own roles the tie is cut."""
    for role, partner in (("supplier", ""), ("supplier", "SHOP"), ("customer", "GROWER"), ("supplier", "NOBODY")):
        with pytest.raises((PartnerNeeded, NotAPartner)):
            add_person(name="li", role=role, password=PASSWORD, partner=partner)
    assert User.objects.filter(username="li").count() == 0
    add_person(name="li", role="supplier", password=PASSWORD, partner="GROWER")
    assert may_of(User.objects.get(username="li")) == {"partner", "supplier"}
    change_role(name="li", role="viewer")
    assert (may_of(User.objects.get(username="li")), PartnerPerson.objects.count()) == ({"view"}, 0)
    tied = User.objects.get(username="li")
    tied.groups.set(Group.objects.filter(name="supplier"))
    assert may_of(User.objects.get(username="li")) == {"partner", "nobody"}


def test_agreements_are_made_on_a_page(world: World) -> None:
    """The form makes one with its lines, a wrong one comes back; the levels are changed and it is ended."""
    planner = _ours("planner")
    form = {"code": "V1", "partner": str(world.grower), "mode": "vmi", "starts_on": "2026-03-01", "horizon_days": "28",
            "threshold": "20", "items": "TEA, MILK", "site": str(world.centre), "min_qty": "10", "max_qty": "50"}  # fmt: skip
    empty = planner.get("/agreements/new/")
    assert empty.status_code == 200 and "generator object" not in empty.content.decode()
    answer = planner.post("/agreements/new/", {**form, "max_qty": "5"})
    assert answer.status_code == 422 and "levels-crossed" in answer.content.decode()
    answer = planner.post("/agreements/new/", {**form, "items": "TEA COFFEE"})
    assert answer.status_code == 422 and "COFFEE" in answer.content.decode()
    made = planner.post("/agreements/new/", form)
    assert made.status_code == 302
    page = made["Location"]
    number = int(page.rstrip("/").rpartition("/")[2])
    levels = planner.get(f"/api/planning/agreements/{number}").json()["levels"]
    assert [(row["line"]["item_code"], row["line"]["max_qty"]) for row in levels] == [("MILK", 50), ("TEA", 50)]
    tea = levels[1]["line"]["id"]
    assert planner.post(f"{page}lines/", {f"min-{tea}": "10", f"max-{tea}": "80"}).status_code == 302
    assert planner.get(f"/api/planning/agreements/{number}").json()["levels"][1]["line"]["max_qty"] == 80
    assert planner.post(f"{page}end/", {"on": "2026-02-01"}).status_code == 422
    assert planner.post(f"{page}end/", {"on": "2026-03-02"}).status_code == 302
    assert all(planner.get(path).status_code == 200 for path in ("/agreements/", page, f"/agreements/lines/{tea}/"))
