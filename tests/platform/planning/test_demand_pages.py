"""Demand, accuracy and stock policy as pages and over HTTP: what a planner does there, and what a viewer may not."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from longshore.planning.models import (
    DemandMark,
    DemandOverride,
    Forecast,
    ForecastRun,
    ItemLife,
    Promotion,
    SignalDay,
    StockPolicy,
)
from longshore.planning.operations import HistoryDay, company_today, make_forecasts, put_history, set_policies
from longshore.project.roles import ensure_roles
from tests.platform.planning.world import WHO, World


def _client(role: str) -> Client:
    ensure_roles()
    user = User.objects.create_user(role)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def today(world: World) -> date:
    """Tea has sold ten a day for a month and has a forecast and a policy."""
    now = timezone.now()
    found = company_today(now)
    put_history([HistoryDay(world.tea, world.centre, found - timedelta(days=n), 10) for n in range(1, 31)])
    make_forecasts(at=now, cause=WHO, fast=True)
    set_policies(at=now, cause=WHO)
    return found


def _override(world: World, today: date, **changes: object) -> dict[str, object]:
    form = {
        "key": str(uuid4()), "item": world.tea, "kind": "set", "amount": "140", "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=6)).isoformat(), "reason": "A contract",
    }  # fmt: skip
    return form | changes


def test_every_page_answers_at_every_level(world: World, today: date) -> None:
    """Everything, an item, a site, both, an unknown family; lists and details; the reason in Chinese."""
    viewer = _client("viewer")
    run = ForecastRun.objects.get().pk
    pages = (
        "/demand/", f"/demand/?item={world.tea}", f"/demand/?site={world.centre}&by=item", "/demand/?family=none",
        f"/demand/?item={world.tea}&site={world.centre}&day=requested", "/demand/lines/", "/accuracy/?by=item&days=91",
        f"/accuracy/{run}/", f"/accuracy/{run}/?view=changed", "/policies/", f"/policies/?site={world.centre}&q=tea",
        f"/policies/{world.tea}/{world.centre}/",
    )  # fmt: skip
    assert [(page, viewer.get(page).status_code) for page in pages] == [(page, 200) for page in pages]
    viewer.cookies["django_language"] = "zh-hans"
    assert viewer.get(f"/policies/{world.milk}/{world.centre}/").status_code == 404
    assert "为什么是这个数" in viewer.get(pages[-1]).content.decode()


def test_the_curve_ends_where_the_forecast_ends(world: World, today: date) -> None:
    """After midnight and before the night's run the forecast of yesterday reaches one day less far: no day is shown as one
    of no demand, on which nothing is known."""
    whole = _client("viewer").get(f"/demand/?item={world.tea}").context["chart"]["mean"][-28:]
    Forecast.objects.update(starts_on=today - timedelta(days=1))
    page = Client()
    page.force_login(User.objects.get(username="viewer"))
    chart = page.get(f"/demand/?item={world.tea}").context["chart"]
    assert None not in whole and len(chart["mean"]) == len(chart["x"])
    for name in ("mean", "low", "high"):
        assert chart[name][-1] is None and None not in chart[name][-28:-1]


def test_a_planner_overrides_on_the_page_and_takes_it_back(world: World, today: date) -> None:
    """Twice as much for a week; the forecast follows at once; sent twice it is done once; taken back it is as before."""
    planner = _client("planner")
    form = _override(world, today)
    for _again in range(2):
        assert planner.post("/demand/override/", form).status_code == 302
    made = DemandOverride.objects.get()
    assert sum(Forecast.objects.get().daily_milli[:7]) == 140_000
    assert planner.post(f"/demand/override/{made.pk}/withdraw/").status_code == 302
    assert sum(Forecast.objects.get().daily_milli[:7]) == 70_000


def test_what_is_wrong_comes_back_with_a_remedy(world: World, today: date) -> None:
    """Letters for an amount, no reason, a past end: 422 with the sentence on the page, and nothing written."""
    planner = _client("planner")
    for wrong in ({"amount": "many"}, {"reason": " "}, {"ends_on": "2020-01-01"}, {"starts_on": "tomorrow"}):
        answer = planner.post("/demand/override/", _override(world, today, **wrong))
        assert (answer.status_code, 'role="alert"' in answer.content.decode()) == (422, True)
    assert planner.post("/demand/mark/", {"item": world.tea, "mark_site": world.centre}).status_code == 422
    assert planner.post("/demand/life/", {"item": world.tea, "analogue": "NONE"}).status_code == 422
    assert planner.post("/demand/promotion/", {"item": world.tea, "code": ""}).status_code == 422
    saved = planner.post(f"/policies/{world.tea}/{world.centre}/save/", {"service": "a lot"})
    assert saved.status_code == 422
    assert DemandOverride.objects.count() + DemandMark.objects.count() + ItemLife.objects.count() == 0


def test_marks_lives_promotions_and_policies_are_kept(world: World, today: date) -> None:
    """Each form of the pages does what it says."""
    planner = _client("planner")
    day = (today - timedelta(days=3)).isoformat()
    mark = {"item": world.tea, "mark_site": world.centre, "day": day, "kind": "one-off", "note": "A fair"}
    assert planner.post("/demand/mark/", {**mark, "counts_as": "4"}).status_code == 302
    assert DemandMark.objects.values_list("qty", "counts_as", "kind").get() == (10, 4, "one-off")
    nothing = {"item": world.milk, "analogue": "TEA", "share": "0"}
    assert planner.post("/demand/life/", nothing).status_code == 422
    assert not ItemLife.objects.exists()
    life = {"item": world.milk, "analogue": "TEA", "share": "50", "fade_days": ""}
    assert planner.post("/demand/life/", life).status_code == 302
    assert ItemLife.objects.values_list("analogue_id", "share_bp").get() == (world.tea, 5000)
    promotion = {"code": "S1", "starts_on": day, "ends_on": today.isoformat(), "uplift": "30", "item": world.tea}
    assert planner.post("/demand/promotion/", promotion).status_code == 302
    assert Promotion.objects.values_list("uplift_bp", "item_id").get() == (3000, world.tea)
    path = f"/policies/{world.tea}/{world.centre}/save/"
    assert planner.post(path, {"service": "99", "automatic": "1"}).status_code == 302
    policy = StockPolicy.objects.get(item=world.tea, site=world.centre)
    assert (policy.service_level_bp, policy.own_service, policy.automatic, policy.locked) == (9900, True, True, False)
    planner.post(path, {"reorder_point": "77", "order_qty": "50"})
    policy.refresh_from_db()
    assert (policy.reorder_point, policy.order_qty, policy.locked) == (77, 50, True)


def test_a_viewer_changes_nothing(world: World, today: date) -> None:
    """403 on every form."""
    viewer = _client("viewer")
    answers = [
        viewer.post("/demand/override/", _override(world, today)),
        viewer.post("/accuracy/start/", {"key": str(uuid4())}),
        viewer.post(f"/policies/{world.tea}/{world.centre}/save/", {"service": "99"}),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert DemandOverride.objects.count() == 0


def test_a_run_is_started_watched_and_cancelled_on_the_page(world: World, today: date) -> None:
    """It waits for a worker with a bar; a second one is refused; cancelled, the bar gives way to the page."""
    planner = _client("planner")
    assert planner.post("/accuracy/start/", {"key": str(uuid4())}).status_code == 302
    run = ForecastRun.objects.get(state="waiting")
    assert 'id="bar"' in planner.get("/accuracy/").content.decode()
    assert "progress" in planner.get(f"/accuracy/{run.pk}/progress/").content.decode()
    assert planner.post("/accuracy/start/", {"key": str(uuid4())}).status_code == 422
    assert planner.post(f"/accuracy/{run.pk}/cancel/").status_code == 302
    assert planner.get(f"/accuracy/{run.pk}/progress/").headers["HX-Redirect"] == "/accuracy/"


def _sent(client: Client, method: str, path: str, body: Any) -> Any:
    sent = getattr(client, method)(f"/api/planning/demand-planning/{path}", json.dumps(body), "application/json")
    return sent.json()


def test_everything_can_be_done_over_http(world: World, today: date) -> None:
    """History, grid, consumption, marks, promotions, signals, lives, overrides, runs, accuracy, service curve."""
    planner = _client("planner")

    def got(path: str) -> Any:
        return planner.get(f"/api/planning/demand-planning/{path}").json()

    assert len(got(f"history?item={world.tea}&days=60")["days"]) == 30
    assert got("grid")["total"]["final"] == [70_000] * 4
    assert len(got("consumption")) == 28
    day = (today - timedelta(days=3)).isoformat()
    mark = {"item": world.tea, "site": world.centre, "day": day, "kind": "one-off", "note": "A fair", "counts_as": 4}
    assert _sent(planner, "put", "marks", mark)["counts_as"] == 4
    promotion = {"code": "S1", "starts_on": day, "ends_on": day, "uplift_bp": 3000}
    assert _sent(planner, "put", "promotions", promotion)["new"] is True
    assert [row["code"] for row in got("promotions")] == ["S1"]
    days = [
        {"signal": "heat", "day": day, "value_milli": 1, "kind": "weather"},
        {"signal": "", "day": day, "value_milli": 1},
    ]
    assert (_sent(planner, "put", "signals", days)["accepted"], SignalDay.objects.count()) == (1, 1)
    assert got("signals/heat")[0]["value_milli"] == 1
    assert _sent(planner, "put", f"lives/{world.milk}", {"analogue": world.tea})["new"] is True
    assert got(f"lives/{world.milk}")["analogue_id"] == world.tea
    week = {"starts_on": today.isoformat(), "ends_on": (today + timedelta(days=6)).isoformat()}
    wish = {**week, "node": {"item": world.tea}, "kind": "percent", "amount": 1000, "reason": "A contract"}
    made = _sent(planner, "post", "overrides", wish)
    assert (made["leaves"], made["changed"]) == (1, 1)
    assert _sent(planner, "post", f"overrides/{made['override']}/withdraw", {})["changed"] == 1
    assert _sent(planner, "post", "overrides", {**wish, "reason": ""})["code"] == "no-reason"
    run = _sent(planner, "post", "runs", {"items": [world.tea]})
    assert (run["state"], got(f"runs/{run['run']}")["state"]) == ("waiting", "waiting")
    assert _sent(planner, "post", f"runs/{run['run']}/cancel", {})["state"] == "cancelled"
    assert len(got("runs")) == 2
    assert (got("accuracy?by=item"), got("drifting")) == ([], [])
    assert any(point["chosen"] for point in got(f"service-curve/{world.tea}/{world.centre}")["points"])
