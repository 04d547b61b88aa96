"""Policies within shared money and room, and safety stock placed over a chain of sites: what binds, what it saves."""

from __future__ import annotations

import json
from dataclasses import replace
from math import sqrt
from statistics import NormalDist

import pytest

from longshore.catalog.models import Item
from longshore.planning import placement_rules
from longshore.planning.limit_rules import Use
from longshore.planning.models import StockPolicy
from longshore.planning.operations import set_policies
from longshore.planning.operations.adopting import AdoptionRefused, Within, adopt_limits
from longshore.planning.placement_rules import Site
from longshore.planning.queries.limits import limits
from longshore.planning.queries.placement import Some, chains
from tests.platform.pages.desk import person
from tests.platform.planning.partners import agree
from tests.platform.planning.world import MONDAY, WHO, World


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small world's week is now."""
    monkeypatch.setattr("longshore.web.clock.clock.now", lambda: MONDAY)
    monkeypatch.setattr("django.utils.timezone.now", lambda: MONDAY)


@pytest.fixture
def planned(world: World) -> World:
    """Tea and milk at the centre, computed; a litre and two of room each; the branch is fed with tea."""
    for item, daily in ((world.tea, 20), (world.milk, 8)):
        world.expect(item, daily)
        world.policy(item)
    world.expect(world.tea, 5, site=world.branch)
    world.policy(world.tea, site=world.branch, source=world.centre)
    StockPolicy.objects.update(locked=False)
    Item.objects.filter(pk=world.tea).update(volume_cm3=1000)
    Item.objects.filter(pk=world.milk).update(volume_cm3=2000)
    set_policies(at=MONDAY, cause=WHO)
    return world


def test_less_money_binds_and_has_a_price(planned: World) -> None:
    """With as much as is used nothing is broken; with half of the money that binds, and one more of it saves something."""
    free = limits(at=MONDAY)
    assert (free.movable, free.fixed, free.too_tight) == (3, 0, "")
    assert free.money_now == sum(
        (2 * row.safety_stock + row.order_qty) * row.item.unit_cost // 2
        for row in StockPolicy.objects.select_related("item")
    )
    half = limits(at=MONDAY, budget=free.money_now // 2)
    assert half.fitted is not None and half.fitted.money.used <= half.fitted.money.limit == free.money_now // 2
    assert half.fitted.money.price_micro > 0 and half.fitted.cost >= half.fitted.bound
    plenty = limits(at=MONDAY, budget=free.money_now * 10, room=free.room_now * 10)
    assert plenty.fitted is not None and plenty.fitted.money.price_micro == plenty.fitted.room.price_micro == 0
    assert plenty.fitted.cost <= half.fitted.cost


def test_what_cannot_fit_is_said(planned: World) -> None:
    """A hundredth of the money is too little for any lot: nothing is chosen, and applying it is refused."""
    little = limits(at=MONDAY).money_now // 100
    found = limits(at=MONDAY, budget=little)
    assert (found.fitted, found.too_tight) == (None, "money")
    before = list(StockPolicy.objects.values_list("id", "reorder_point", "order_qty").order_by("id"))
    with pytest.raises(AdoptionRefused) as refused:
        adopt_limits(Within(budget=little), "less money", at=MONDAY, cause=WHO)
    assert refused.value.code == "nothing-fits"
    assert list(StockPolicy.objects.values_list("id", "reorder_point", "order_qty").order_by("id")) == before


def test_where_no_volume_is_known_only_money_counts(planned: World) -> None:
    """Goods that take no room fit into none of it: half of the money has a price, and nothing is said to be too tight."""
    Item.objects.update(volume_cm3=0)
    free = limits(at=MONDAY)
    assert (free.room_now, free.too_tight) == (0, "") and free.fitted is not None
    half = limits(at=MONDAY, budget=free.money_now // 2)
    assert half.fitted is not None and half.fitted.money.used <= free.money_now // 2
    assert half.fitted.money.price_micro > 0 and (half.fitted.room.used, half.fitted.room.price_micro) == (0, 0)


def test_hand_set_and_supplier_managed_stock_stays(planned: World) -> None:
    """They keep their levels, and what they use is taken from the limits."""
    StockPolicy.objects.filter(item=planned.milk).update(locked=True)
    agree(planned, planned.grower, "vmi", levels=(5, 70))
    found = limits(at=MONDAY)
    assert (found.movable, found.fixed) == (1, 2)
    [held] = {(row.item_id, row.site_id) for row in StockPolicy.objects.filter(locked=True)}
    assert held == (planned.milk, planned.centre) and found.fixed_money > 0
    assert limits(at=MONDAY, budget=found.fixed_money).too_tight == "money"


def test_the_choice_is_applied_with_a_reason(planned: World) -> None:
    """On the page: without a reason 422 and nothing changed; with one all that move are fixed, the money is kept."""
    money = limits(at=MONDAY).money_now // 2
    planner = person("planner")
    form = {"budget": f"{money / 100:.2f}", "room": "", "site": "", "reason": ""}
    assert planner.post("/policies/limits/apply/", form).status_code == 422
    assert not StockPolicy.objects.filter(locked=True).exists()
    assert planner.post("/policies/limits/apply/", {**form, "reason": "budget of May"}).status_code == 302
    used = sum(
        (2 * row.safety_stock + row.order_qty) * row.item.unit_cost // 2
        for row in StockPolicy.objects.select_related("item")
    )
    assert used <= money and StockPolicy.objects.filter(explanation__reason="budget of May").exists()


def test_pages_and_api_answer(planned: World) -> None:
    """A viewer reads limits and placement in both languages and changes nothing; money that is no number is refused."""
    viewer = person("viewer")
    for language in ("en", "zh-hans"):
        viewer.post("/language/", {"language": language})
        for path in ("/policies/", "/policies/limits/", f"/policies/limits/?site={planned.centre}&budget=500",
                     "/policies/placement/", f"/policies/placement/?item={planned.tea}"):  # fmt: skip
            assert viewer.get(path).status_code == 200, path
    assert viewer.get("/policies/limits/?budget=much").status_code == 422
    assert viewer.get("/api/planning/limits").json()["movable"] == 3
    assert [each["code"] for each in viewer.get("/api/planning/placement").json()] == ["TEA"]
    body = json.dumps({"reason": "x"})
    assert viewer.post("/api/planning/limits", body, content_type="application/json").status_code == 403


def _site(number: int, source: int | None, days: int, sd: int, *, mean: int = 10_000) -> Site:
    return Site(number, source, mean, sd, days * 1440, 9500, 0)


def test_two_sites_in_a_row_hold_where_it_is_cheaper() -> None:
    """Same cost and spread at both: four days and one are covered at the end, for sqrt(5) is less than sqrt(4) + 1."""
    placed = placement_rules.place([_site(1, None, 4, 3000), _site(2, 1, 1, 3000)], unit_cost=1000, holding_bp=2500)
    z = NormalDist().inv_cdf(0.95)
    assert [(stage.promise, stage.covers) for stage in placed.stages] == [(4, 0), (0, 5)]
    assert placed.stages[1].safety_stock == round(z * 3 * sqrt(5))
    assert placed.cost == round(z * 3 * sqrt(5) * 250) and placed.proven
    assert placed.everywhere == round(z * 3 * 3 * 250) and placed.saving > 0


def test_many_branches_are_pooled_at_the_centre() -> None:
    """Nine branches a day away behind four days: what is held at the centre covers the sum of them, so it holds."""
    branches = [_site(10 + n, 1, 1, 3000) for n in range(9)]
    placed = placement_rules.place([_site(1, None, 4, 9000, mean=90_000), *branches], unit_cost=1000, holding_bp=2500)
    assert placed.stages[0].covers == 4 and {stage.covers for stage in placed.stages[1:]} == {1}
    z = NormalDist().inv_cdf(0.95)
    assert placed.cost == round(z * (9 * sqrt(4) + 9 * 3) * 250)


def test_a_chain_is_read_from_the_policies(planned: World) -> None:
    """Tea goes from the centre to the branch: two stages with their safety stock as it is; milk is fed nowhere."""
    [chain] = chains().chains
    assert (chain.item, [stage.site for stage in chain.placed.stages]) == (
        planned.tea,
        [planned.centre, planned.branch],
    )
    now = dict(StockPolicy.objects.filter(item=planned.tea).values_list("site", "safety_stock"))
    assert {stage.site: stage.now for stage in chain.placed.stages} == now
    assert chain.placed.cost <= chain.placed.everywhere and chains(planned.milk) == Some((), 0)


def test_a_site_that_may_run_out_every_other_time_holds_nothing() -> None:
    """Half of the cycles without a stock-out, or fewer: no safety stock anywhere, and no cost of it."""
    chain = [_site(1, None, 4, 3000), _site(2, 1, 1, 3000)]
    for service in (5000, 4000):
        placed = placement_rules.place(
            [replace(each, service_bp=service) for each in chain], unit_cost=1000, holding_bp=2500
        )
        assert ([stage.safety_stock for stage in placed.stages], placed.cost, placed.everywhere) == ([0, 0], 0, 0)


def test_a_limit_with_a_price_binds() -> None:
    """Whole lots left a tenth of it unused: what one more would save is not said beside "does not bind"."""
    assert Use(now=100, limit=100, used=90, price_micro=5).binds
    assert not Use(now=100, limit=100, used=100, price_micro=0).binds


def test_only_the_chains_of_a_page_are_worked_out(planned: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two items are fed from site to site: asked for one at a time, one is placed, the dearest safety stock first."""
    planned.expect(planned.milk, 4, site=planned.branch)
    planned.policy(planned.milk, site=planned.branch, source=planned.centre)
    StockPolicy.objects.update(locked=False)
    set_policies(at=MONDAY, cause=WHO)
    placed = []
    place = placement_rules.place

    def counted(sites: list[Site], **terms: int) -> placement_rules.Placed:
        placed.append(len(sites))
        return place(sites, **terms)

    monkeypatch.setattr(placement_rules, "place", counted)
    first, second = chains(limit=1), chains(limit=1, offset=1)
    assert (first.total, second.total, placed) == (2, 2, [2, 2])
    held = {
        each.chains[0].item: sum(stage.now for stage in each.chains[0].placed.stages)
        * Item.objects.get(pk=each.chains[0].item).unit_cost
        for each in (first, second)
    }
    assert list(held) == sorted(held, key=lambda item: -held[item])
    assert set(held) == {planned.tea, planned.milk}
    monkeypatch.setattr("longshore.planning.pages.placement.ROWS", 1)
    viewer = person("viewer")
    placed.clear()
    shown = viewer.get("/policies/placement/?page=2")
    assert (shown.status_code, placed) == (200, [2])
    assert second.chains[0].code in shown.content.decode()
    assert viewer.get("/policies/placement/?page=99").status_code == 200
    assert viewer.get("/policies/placement/?page=x").status_code == 200
