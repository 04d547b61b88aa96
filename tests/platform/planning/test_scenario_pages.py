"""Scenarios on their pages and over the API: made, changed, evaluated, compared, published; a viewer only looks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from longshore.planning.models import DemandOverride, Scenario, ScenarioRun
from longshore.planning.operations.scenario_runs import carry_out_evaluation
from longshore.planning.operations.scenarios import NewChange, add_change
from longshore.project.roles import ensure_roles
from tests.platform.planning.world import MONDAY, World, days


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small world's week is now."""
    monkeypatch.setattr("longshore.web.clock.clock.now", lambda: MONDAY)


def _ours(role: str) -> Client:
    ensure_roles()
    user = User.objects.create_user(role)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def _post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(f"/api/planning/{path}", json.dumps(body), content_type="application/json")


def _made(world: World, planner: Client) -> int:
    world.expect(world.tea, 10)
    world.policy(world.tea)
    world.stock(world.tea, 80)
    made = planner.post("/scenarios/make/", {"name": "More tea", "note": "", "horizon_days": "14"})
    assert made.status_code == 302
    return Scenario.objects.get().pk


def test_a_question_from_asking_to_publishing(world: World) -> None:
    """A change, an evaluation with its bar, the figures beside the plan as it stands, and the override at the end."""
    planner = _ours("planner")
    number = _made(world, planner)
    page = f"/scenarios/{number}/"
    change = {"kind": "demand", "value": "130.5", "item": "TEA", "family": "", "site": "", "supplier": ""}
    assert planner.post(f"{page}add/", change)["Location"] == page
    assert planner.post(f"{page}evaluate/")["Location"] == page
    assert "progress" in planner.get(page).content.decode()
    assert planner.get(f"{page}progress/").status_code == 200
    carry_out_evaluation(ScenarioRun.objects.get().pk, now=lambda: days(0.01))
    assert planner.get(f"{page}progress/")["HX-Redirect"] == page
    told = planner.get(page).content.decode()
    assert "130.5%" in told and "What would come of it" in told
    assert planner.get(f"/scenarios/compare/?s={number}").content.decode().count("More tea") >= 2
    assert planner.get("/scenarios/").status_code == planner.get("/scenarios/compare/").status_code == 200
    assert planner.post(f"{page}publish/").status_code == 302
    assert (DemandOverride.objects.get().amount, Scenario.objects.get().state) == (3050, "published")


def test_wrong_input_comes_back_on_the_page(world: World) -> None:
    """Letters for a percentage, an unknown item, a missing name, a scenario that is closed: 422 and what to do."""
    planner = _ours("planner")
    number = _made(world, planner)
    page = f"/scenarios/{number}/"
    for given, code in (
        ({"kind": "demand", "value": "more"}, "not-a-whole-number"),
        ({"kind": "demand", "value": "1.234"}, "not-a-percentage"),
        ({"kind": "demand", "value": "120", "item": "COFFEE"}, "no-such-item"),
        ({"kind": "supplier-off"}, "supplier-missing"),
        ({"kind": "demand", "value": "120", "starts_on": "soon"}, "no-date"),
    ):
        answer = planner.post(f"{page}add/", given)
        assert (answer.status_code, code in answer.content.decode()) == (422, True), given
    assert planner.post("/scenarios/make/", {"name": " ", "horizon_days": "14"}).status_code == 422
    assert planner.post(f"{page}publish/").status_code == 422
    assert planner.post(f"{page}drop/").status_code == 302
    assert planner.post(f"{page}evaluate/").status_code == 422
    assert planner.post(f"{page}explode/").status_code == 404
    assert planner.get("/scenarios/999999/").status_code == 404


def test_over_the_api(world: World) -> None:
    """The same journey as JSON; a planner may not publish what belongs to the catalog, a viewer nothing."""
    planner = _ours("planner")
    number = _made(world, planner)
    told = _post(planner, f"scenarios/{number}/changes", {"kind": "price", "value_bp": 11_000}).json()
    assert [(each["kind"], each["value"]) for each in told["changed"]] == [("price", 11_000)]
    run = _post(planner, f"scenarios/{number}/evaluate", {}).json()
    assert run["state"] == "waiting"
    assert _post(planner, f"scenarios/{number}/cancel", {}).json()["state"] == "cancelled"
    refused = _post(planner, f"scenarios/{number}/publish", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "catalog-not-yours")
    change = told["changed"][0]["id"]
    assert planner.delete(f"/api/planning/scenarios/{number}/changes/{change}").json()["changed"] == []
    viewer = _ours("viewer")
    assert viewer.get("/api/planning/scenarios").json()[0]["name"] == "More tea"
    assert _post(viewer, f"scenarios/{number}/drop", {}).status_code == 403
    assert viewer.post(f"/scenarios/{number}/drop/").status_code == 403
    assert _post(planner, f"scenarios/{number}/drop", {}).json()["state"] == "dropped"
    assert planner.get("/api/planning/scenarios/999999").status_code == 404


def test_a_result_says_when_it_no_longer_fits(world: World) -> None:
    """Changed after its evaluation, or evaluated long ago: the page asks for another."""
    planner = _ours("planner")
    number = _made(world, planner)
    planner.post(f"/scenarios/{number}/evaluate/")
    carry_out_evaluation(ScenarioRun.objects.get().pk, now=lambda: MONDAY)
    assert "evaluate again" not in planner.get(f"/scenarios/{number}/").content.decode()
    add_change(number, NewChange("demand", 12_000), at=days(0.1))
    assert "before its last change: evaluate again" in planner.get(f"/scenarios/{number}/").content.decode()
