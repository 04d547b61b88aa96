"""A policy against its own history: the same demand for every option, one of them adopted with a reason."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from longshore.catalog.models import Item
from longshore.planning.models import DemandDay, StockPolicy
from longshore.planning.operations import set_policies
from longshore.planning.operations.adopting import Adopted, AdoptionRefused, adopt_levels, adopt_option
from longshore.planning.queries.backtest import backtest
from tests.platform.pages.desk import person
from tests.platform.planning.world import MONDAY, WHO, World


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small world's week is now."""
    monkeypatch.setattr("longshore.web.clock.clock.now", lambda: MONDAY)
    monkeypatch.setattr("django.utils.timezone.now", lambda: MONDAY)


def _sold(world: World, days: int, qty: int = 5) -> None:
    """Five tea a day at the centre, without exception."""
    first = MONDAY.date() - timedelta(days=days)
    DemandDay.objects.bulk_create(
        DemandDay(item_id=world.tea, site_id=world.centre, day=first + timedelta(days=n), qty=qty, lines=1)
        for n in range(days)
    )


@pytest.fixture
def steady(world: World) -> World:
    """Reorder at 40, fifty at a time; three days of lead time without spread."""
    _sold(world, 120)
    world.policy(world.tea)
    StockPolicy.objects.filter(item=world.tea).update(reorder_point=40, order_up_to=90, lead_time_minutes=3 * 1440)
    return world


def test_history_asks_for_less_and_saves_exactly_that(steady: World) -> None:
    """Demand of 4 days is 20: with a reorder point of 20 instead of 40 everything is served, with 20 less on the shelf."""
    found = backtest(steady.tea, steady.centre, at=MONDAY)
    assert found is not None and (found.days, found.asked) == (120, 600)
    by_key = {each.levels.key: each for each in found.outcomes}
    assert list(by_key) == ["present", "history", "half-lot"]
    assert [by_key[key].levels.reorder_point for key in by_key] == [40, 20, 40]
    assert {each.fill_bp.mean for each in found.outcomes} == {10_000}
    assert by_key["present"].stock.mean - by_key["history"].stock.mean == 20
    assert found.chosen is by_key["history"] and found.saving is not None and found.saving.sure
    assert found.saving.yearly == by_key["present"].cost.__class__(*[20 * 400 * 2500 // 10_000] * 3)
    assert backtest(steady.milk, steady.centre, at=MONDAY) is None


def test_an_option_is_adopted_with_a_reason(steady: World) -> None:
    """Without a reason, or for what the back-test does not show, nothing changes; with one the levels are fixed."""
    for option, reason, code in (("history", " ", "reason-missing"), ("present", "x", "no-such-option")):
        with pytest.raises(AdoptionRefused) as refused:
            adopt_option(steady.tea, steady.centre, option, reason, at=MONDAY, cause=WHO)
        assert refused.value.code == code
    assert StockPolicy.objects.get().reorder_point == 40
    adopt_option(steady.tea, steady.centre, "history", "served all of it", at=MONDAY, cause=WHO)
    policy = StockPolicy.objects.get()
    assert (policy.reorder_point, policy.order_up_to, policy.locked) == (20, 70, True)
    assert (policy.explanation["by"], policy.explanation["reason"]) == ("tester", "served all of it")


def test_what_a_fed_site_sells_counts(world: World) -> None:
    """The branch is fed by the centre: its demand is the centre's, too."""
    _sold(world, 100)
    DemandDay.objects.filter(item=world.tea).update(site=world.branch)
    world.policy(world.tea)
    world.policy(world.tea, site=world.branch, source=world.centre)
    found = backtest(world.tea, world.centre, at=MONDAY)
    assert found is not None and found.asked == 500


def test_a_short_history_says_nothing(world: World) -> None:
    """Fifty days are too few: no option, and the page says so."""
    _sold(world, 50)
    world.policy(world.tea)
    found = backtest(world.tea, world.centre, at=MONDAY)
    assert found is not None and (found.days, found.outcomes) == (50, ())
    assert person("viewer").get(f"/policies/{world.tea}/{world.centre}/backtest/").status_code == 200


def test_a_computed_policy_is_tried_a_step_up_and_down(steady: World) -> None:
    """Computed by the engine, the options are a step less and more service, with what the service asks for."""
    StockPolicy.objects.update(locked=False)
    steady.expect(steady.tea, 5)
    set_policies(at=MONDAY, cause=WHO, items=[steady.tea])
    found = backtest(steady.tea, steady.centre, at=MONDAY)
    assert found is not None
    services = {each.levels.key: each.levels.service_bp for each in found.outcomes}
    assert services["leaner"] < StockPolicy.objects.get().service_level_bp < services["safer"]


def test_the_page_and_the_api_adopt(steady: World) -> None:
    """A viewer sees it in both languages and may not adopt; a planner may, with a reason; the policy's page says it."""
    page = f"/policies/{steady.tea}/{steady.centre}/"
    viewer, planner = person("viewer"), person("planner")
    for language in ("en", "zh-hans"):
        viewer.post("/language/", {"language": language})
        assert viewer.get(f"{page}backtest/").status_code == 200
    assert viewer.post(f"{page}adopt/", {"option": "history", "reason": "x"}).status_code == 403
    assert planner.post(f"{page}adopt/", {"option": "history", "reason": ""}).status_code == 422
    body = json.dumps({"option": "half-lot", "reason": "room is short"})
    api = f"/api/planning/policies/{steady.tea}/{steady.centre}"
    assert planner.get(f"{api}/backtest").json()["outcomes"][1]["levels"]["reorder_point"] == 20
    assert planner.post(f"{api}/adopt", body, content_type="application/json").json() == {"policies": 1}
    assert planner.post(f"{page}adopt/", {"option": "history", "reason": "served all"}).status_code == 302
    assert "Set by planner: served all" in planner.get(page).content.decode()


def test_an_adopted_option_takes_no_old_service_along(steady: World) -> None:
    """Levels that stand for no service leave the item-site following its item's; those made for one take that one; a
    site's own stays its own."""
    Item.objects.filter(pk=steady.tea).update(service_level_bp=9800)
    StockPolicy.objects.update(service_level_bp=9123)
    levels = Adopted(steady.tea, steady.centre, 4, 18, 40)
    adopt_levels([levels], "simpler", at=MONDAY, cause=WHO)
    found = StockPolicy.objects.get()
    assert (found.service_level_bp, found.own_service, found.reorder_point) == (9800, False, 18)
    adopt_levels([replace(levels, service_bp=9900)], "safer", at=MONDAY, cause=WHO)
    found = StockPolicy.objects.get()
    assert (found.service_level_bp, found.own_service) == (9900, True)
    adopt_levels([levels], "simpler", at=MONDAY, cause=WHO)
    found = StockPolicy.objects.get()
    assert (found.service_level_bp, found.own_service) == (9900, True)
