"""The people of the demo, those of its partners too: they can log in, land on their portal, and have what to look at."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from longshore.planning.models import Agreement, PartnerPerson, StockPolicy
from longshore.planning.queries.seats import seat_of
from longshore.project.demo import ensure_logins
from longshore.project.demo_agreements import ensure_agreements
from longshore.project.roles import ROLES, ensure_roles
from longshore.twin.models import World as WorldRow
from tests.platform.planning.world import MONDAY, World, build


@pytest.fixture
def world(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("longshore.project.demo.home.directory", lambda: tmp_path)
    return build()


def test_every_role_of_the_demo_can_log_in(world: World) -> None:
    """One login a role; the supplier's and the customer's belong to a company and land on its portal; twice is once."""
    logins = {login.name: login for login in ensure_logins()}
    assert set(logins) == {role.name for role in ROLES}
    assert (logins["supplier"].partner, logins["manager"].partner) == ("GROWER", "")
    assert logins["customer"].partner in ("SHOP", "WALK-IN")
    assert {login.name: login for login in ensure_logins()} == logins
    assert User.objects.count() == len(ROLES) and PartnerPerson.objects.count() == 2
    for name, home in (("supplier", "/portal/orders/"), ("customer", "/portal/"), ("buyer", None)):
        client = Client()
        assert client.login(username=name, password=logins[name].password)
        assert client.get("/").headers.get("Location") == home
        assert home is None or client.get(home).status_code == 200


def test_they_have_something_to_look_at(world: World) -> None:
    """The grower's slowest item is its own to manage between safety stock and order-up-to level; made once."""
    world.policy(world.tea)
    StockPolicy.objects.filter(item=world.tea).update(safety_stock=5, order_up_to=70)
    assert ensure_agreements(["GROWER", "SHOP"], at=MONDAY) == ("VMI-GROWER",)
    assert ensure_agreements(["GROWER", "SHOP"], at=MONDAY) == ()
    made = Agreement.objects.get()
    assert (made.mode, list(made.lines.values_list("item", "min_qty", "max_qty"))) == ("vmi", [(world.tea, 5, 70)])


def test_the_door_of_a_demo_names_its_people(world: World) -> None:
    """The names fill the form; passwords are nowhere; where no demo lives, nobody is named."""
    logins = ensure_logins()
    assert "?as=" not in Client().get("/login/").content.decode()
    WorldRow.objects.create(name="demo", kind="living", now=MONDAY)
    page = Client().get("/login/?as=supplier").content.decode()
    assert page.count('href="?as=') == len(ROLES) and 'value="supplier"' in page and "Grower" in page
    assert not any(login.password in page for login in logins)


def _admin(world: World) -> Client:
    ensure_roles()
    user = User.objects.create_superuser("root", password="a long pass-phrase")
    client = Client()
    client.force_login(user)
    return client


def test_an_administrator_makes_a_person_of_a_partner(world: World) -> None:
    """Name, company and side make a login tied to it, its password told once; a shop is no supplier; taken out is out."""
    admin = _admin(world)
    address = "/admin/planning/partnerperson/add/"
    wrong = admin.post(address, {"name": "chen", "password": "", "partner": world.shop, "side": "supplier"})
    assert wrong.status_code == 200 and "SHOP is no supplier of ours." in wrong.content.decode()
    assert not PartnerPerson.objects.exists() and not User.objects.filter(username="chen").exists()
    made = admin.post(
        address, {"name": "chen", "password": "", "partner": world.grower, "side": "supplier"}, follow=True
    )
    chen = User.objects.get(username="chen")
    told = [str(message) for message in made.context["messages"]]
    assert told[0].startswith("chen logs in with the password"), told
    seat = seat_of(chen)
    assert seat is not None and (seat.code, seat.side) == ("GROWER", "supplier")
    tie = PartnerPerson.objects.get(user=chen)
    assert admin.get(f"/admin/planning/partnerperson/{tie.pk}/change/").status_code == 200
    assert admin.post(f"/admin/planning/partnerperson/{tie.pk}/delete/", {"post": "yes"}).status_code == 302
    chen.refresh_from_db()
    assert not chen.is_active and not PartnerPerson.objects.exists()


def test_agreements_are_found_in_the_admin(world: World) -> None:
    """The list leads to the page where they are made and changed."""
    world.policy(world.tea)
    ensure_agreements(["GROWER"], at=MONDAY)
    made = Agreement.objects.get()
    admin = _admin(world)
    assert f"/agreements/{made.pk}/" in admin.get("/admin/planning/agreement/").content.decode()
    assert admin.get(f"/admin/planning/agreement/{made.pk}/change/").status_code == 200
