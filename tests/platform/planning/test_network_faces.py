"""The network plan's page and API, and its proposals after something happened."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation

from longshore.planning.models import PlannedBy, PlannedOrder, Proposal
from longshore.planning.operations import plan_by, plan_network
from longshore.planning.queries.network_grid import supply_grid
from longshore.planning.wording import proposal_reason
from longshore.project.dispatcher import drain_outbox
from tests.platform.planning.world import MONDAY, WHO, World


@pytest.fixture
def fed(world: World) -> World:
    """A branch of four a day, fed by the centre, which buys; both planned by network."""
    world.policy(world.tea)
    world.policy(world.tea, site=world.branch, source=world.centre)
    world.expect(world.tea, 4, site=world.branch)
    world.stock(world.tea, 30)
    world.stock(world.tea, 18, shelf=world.branch_shelf)
    assert plan_by(PlannedBy.NETWORK, at=MONDAY, cause=WHO) == 2
    return world


def test_the_grid_adds_up(fed: World) -> None:
    """Each period's stock is the one before, plus what arrives, minus what is wanted and drawn; none falls below safety
    once the plan's orders can be there."""
    plan_network(at=MONDAY, cause=WHO)
    found = supply_grid(fed.tea, at=MONDAY, days=56)
    assert [site.code for site in found.sites] == ["BRANCH", "CENTRE"]
    for site in found.sites:
        left = site.on_hand
        for n in range(len(found.starts)):
            left += site.arriving[n] + site.planned[n] - site.wanted[n] - site.drawn[n]
            assert site.stock[n] == left
        assert min(site.stock[1:]) >= site.safety
    branch, centre = found.sites
    assert sum(branch.sent) == sum(centre.drawn)


def test_goods_lost_change_the_proposal_when_they_are_told(fed: World) -> None:
    """Scrapping half of the centre's stock changes its purchase at once, with a reason that can be read."""
    plan_network(at=MONDAY, cause=WHO)
    drain_outbox(at=MONDAY)
    before = PlannedOrder.objects.filter(site=fed.centre).order_by("order_on").values_list("order_on", flat=True)[0]
    fed.lose(fed.tea, 28)
    drain_outbox(at=MONDAY)
    after = PlannedOrder.objects.filter(site=fed.centre).order_by("order_on").values_list("order_on", flat=True)[0]
    assert after <= before
    found = Proposal.objects.get(site=fed.centre, state="proposed")
    with translation.override("en"):
        said = proposal_reason(found.explanation)
    assert "below what has to be kept" in said.why
    assert said.flip


def test_the_page_shows_the_grid_and_plans_again(fed: World) -> None:
    """The page of an item shows its sites; planning again writes orders; back to the reorder point empties the grid."""
    client = Client()
    client.force_login(User.objects.create_superuser("planner", password="a long pass-phrase"))
    assert client.post("/plan/now/", {"item": fed.tea}).status_code == 302
    assert PlannedOrder.objects.exists()
    page = client.get(f"/plan/?item={fed.tea}")
    assert page.status_code == 200
    assert "BRANCH" in page.content.decode()
    assert client.get(f"/plan/?item={fed.tea}&period=day").status_code == 200
    client.post("/plan/now/", {"item": fed.tea, "way": "position"})
    assert supply_grid(fed.tea, at=MONDAY).sites == ()


def test_the_same_over_http(fed: World) -> None:
    """Plan, grid, orders and shortages as JSON."""
    client = Client()
    client.force_login(User.objects.create_superuser("planner", password="a long pass-phrase"))
    planned = client.post("/api/planning/network-plan", {"days": 60}, content_type="application/json")
    assert (planned.status_code, planned.json()["nodes"]) == (200, 2)
    grid = client.get(f"/api/planning/network-plan/items/{fed.tea}").json()
    assert len(grid["sites"]) == 2
    orders = client.get(f"/api/planning/network-plan/items/{fed.tea}/orders?site={fed.branch}").json()
    assert {order["kind"] for order in orders} == {"transfer"}
    assert client.get("/api/planning/network-plan/shortages").json() == []
    way = client.post("/api/planning/network-plan/way", {"way": "position"}, content_type="application/json")
    assert way.json() == {"changed": 2}
