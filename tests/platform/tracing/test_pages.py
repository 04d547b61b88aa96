"""The pages of tracing: search, family, recall from its start to its report, the public page; who may do what."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from longshore.catalog.models import HandlingUnit, Item, Lot
from longshore.project.roles import ensure_roles
from longshore.tracing.models import ConsumerPage, Recall
from longshore.tracing.queries.naming import meant_by
from longshore.tracing.queries.publishing import KNOCKS_A_MINUTE
from longshore.tracing.rules import DELIVERY, LOT, UNIT, kind_of, node_of
from tests.platform.tracing.dairy import Dairy, build_dairy, link


@pytest.fixture
def dairy(db: None) -> Dairy:
    ensure_roles()
    found = build_dairy()
    link()
    return found


def client_of(role: str) -> Client:
    from django.contrib.auth.models import Group

    user = User.objects.create_user(role, password="a-password-for-tests")
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def text(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, path
    return response.content.decode()


def test_codes_of_every_kind_are_found(dairy: Dairy) -> None:
    """A lot, its Digital Link, bracketed identifiers, a GTIN, an SSCC, a shipment, an item; nothing for nonsense."""
    cheese = node_of(LOT, dairy.c1)
    link_text = "https://id.gs1.org/01/09521234000017/10/C1?11=260301"
    for typed in ("C1", link_text, "(01)09521234000017(10)C1", "09521234000017", "CHEESE"):
        assert meant_by(typed) == (cheese,), typed
    assert meant_by(HandlingUnit.objects.get().sscc) == (node_of(UNIT, dairy.carton),)
    assert [kind_of(node) for node in meant_by("SH-1")] == [DELIVERY]
    assert meant_by("nonsense") == () == meant_by(" ")


def test_the_trace_page_shows_the_family(dairy: Dairy) -> None:
    """Everything up and down as boxes, lines and rows, with balance, timeline and code; a stranger is a 404."""
    client = client_of("viewer")
    page = text(client, "/trace/?q=C1")
    assert page.count('class="trace-node') == 6
    for words in ("L1", "S1", "SH-1", "095212340000000015", "Dairy", "Shop", "/01/09521234000017/10/C1"):
        assert words in page
    assert "Transformation" in page
    assert "Which one?" not in page
    assert "Nothing is called that" in text(client, "/trace/?q=nonsense")
    assert "C1" in text(client, "/trace/")
    text(client, "/trace/?node=999992", 404)


def test_a_recall_on_its_pages(dairy: Dairy) -> None:
    """Begun from the trace page, held, told, answered, reconciled, closed, printed; a viewer may only look."""
    client = client_of("quality")
    page = text(client, f"/recalls/?node={node_of(LOT, dairy.small.early)}")
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key
    asked = {"key": key[1], "reason": "metal", "kind": "lot", "node": str(node_of(LOT, dairy.small.early))}
    assert client.post("/recalls/start/", asked).headers["Location"] == "/recalls/RC-00001/"
    assert client.post("/recalls/start/", asked).headers["Location"] == "/recalls/RC-00001/"
    for verb, state in (("hold", "held"), ("notify", "notified"), ("reconcile", "notified")):
        assert client.post(f"/recalls/RC-00001/{verb}/").status_code == 302
        assert Recall.objects.get().state == state
    assert client.post("/recalls/RC-00001/close/").status_code == 422
    letter = Recall.objects.get().letters.get().pk
    assert client.post(f"/recalls/RC-00001/letters/{letter}/", {"recovered": "99"}).status_code == 422
    assert client.post(f"/recalls/RC-00001/letters/{letter}/", {"recovered": "15"}).status_code == 302
    client.post("/recalls/RC-00001/reconcile/")
    client.post("/recalls/RC-00001/close/")
    assert Recall.objects.get().state == "closed"
    for path in ("/recalls/", "/recalls/RC-00001/", "/recalls/RC-00001/report/"):
        assert "metal" in text(client, path)
    assert client.post("/recalls/start/", {"kind": "lot", "code": "nonsense", "reason": "x"}).status_code == 422
    viewer = client_of("viewer")
    assert "Begin a recall" not in text(viewer, "/recalls/")
    assert viewer.post("/recalls/RC-00001/hold/").status_code == 403
    text(viewer, "/recalls/RC-99999/", 404)


def test_the_public_page_tells_no_secrets(dairy: Dairy) -> None:
    """Without a row nothing is public; with it dates, origin and recall; no customer, supplier, price or quantity."""
    Lot.objects.filter(pk=dairy.c1).update(produced_on="2026-03-01", expires_on="2026-09-01")
    anybody = Client()
    path = "/01/09521234000017/10/C1"
    text(anybody, path, 404)
    page = ConsumerPage.objects.create(item_id=dairy.cheese, enabled=True, text="Aged six months.", show_origin=True)
    said = text(anybody, path)
    for words in ("Cheese", "C1", "2026-03-01", "2026-09-01", "Aged six months.", "Milk"):
        assert words in said
    body = said[said.index("<main") : said.index("</main>")]
    for secret in ("Shop", "Dairy", "SH-1", "E-01", "100", ">8<", "¥"):
        assert secret not in body
    text(anybody, "/01/09521234000017/10/NONE", 404)
    ConsumerPage.objects.filter(pk=page.pk).update(show_dates=False, show_origin=False)
    bare = text(anybody, path)
    assert "2026-03-01" not in bare
    assert "Milk" not in bare
    client = client_of("quality")
    client.post("/recalls/start/", {"kind": "lot", "code": "L1", "reason": "glass"})
    for verb in ("hold", "notify"):
        client.post(f"/recalls/RC-00001/{verb}/")
    assert "This lot is recalled" in text(anybody, path)


def test_the_public_page_is_not_asked_without_end(dairy: Dairy) -> None:
    """After sixty knocks in a minute it says so; another visitor is served."""
    ConsumerPage.objects.create(item_id=dairy.cheese, enabled=True)
    answers = [Client().get("/01/09521234000017/10/C1").status_code for _ in range(KNOCKS_A_MINUTE + 5)]
    assert answers.count(200) >= KNOCKS_A_MINUTE
    assert 429 in answers or answers.count(200) == KNOCKS_A_MINUTE + 5  # a minute may turn in between
    assert Client().get("/01/09521234000017/10/C1", REMOTE_ADDR="10.0.0.9").status_code == 200


def test_the_same_over_http(dairy: Dairy) -> None:
    """Find, family, a transformation, a recall with its verbs; a viewer may not change anything."""
    client = client_of("manager")
    found = client.get("/api/tracing/find?q=C1").json()
    assert [(row["code"], row["kind"], row["of"]) for row in found] == [("C1", "lot", "CHEESE")]
    family = client.get(f"/api/tracing/family/{found[0]['node']}?way=up").json()
    assert [(node["code"], node["depth"]) for node in family["nodes"]] == [("C1", 0), ("L1", 1), ("", 2)]
    assert family["nodes"][1]["balance"]["consumed"] == 75
    start = {"key": "11111111-1111-1111-1111-111111111111", "reason": "metal", "code": "L1"}
    recall = client.post("/api/tracing/recalls", start, content_type="application/json").json()
    assert (recall["number"], recall["lots"], recall["sums"]["unexplained"]) == ("RC-00001", 3, 0)
    held = client.post("/api/tracing/recalls/RC-00001/hold").json()
    assert held["qty"] == 49
    assert client.post("/api/tracing/recalls/RC-00001/close").json()["code"] == "recall-not-ready"
    assert len(client.get("/api/tracing/recalls/RC-00001").json()["lots"]) == 3
    cheese = {"item": dairy.cheese, "place": dairy.small.shelf, "owner": dairy.small.owner}
    relot = Lot.objects.create(item=Item.objects.get(pk=dairy.cheese), code="C2").pk
    body = {
        "key": "22222222-2222-2222-2222-222222222222",
        "happened_at": "2026-03-03T00:00:00Z",
        "inputs": [cheese | {"lot": dairy.c1, "qty": 2, "condition": 2}],
        "outputs": [cheese | {"lot": relot, "qty": 2, "condition": 2}],
        "reason": "re-lot",
    }
    done = client.post("/api/tracing/transforms", [body], content_type="application/json").json()
    assert len(done["accepted"]) == 1, done
    viewer = client_of("viewer")
    assert viewer.post("/api/tracing/recalls/RC-00001/hold").status_code == 403
