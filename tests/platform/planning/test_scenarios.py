"""What if: an overlay on the live facts, evaluated with the same luck, cancelled, compared, published or dropped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from django.db import connection

from longshore.catalog.models import Place, SupplierItem
from longshore.planning import scenario_living, scenario_rules
from longshore.planning.models import DemandOverride, Forecast, Scenario, ScenarioChange, ScenarioRun, StockPolicy
from longshore.planning.operations import set_policies
from longshore.planning.operations.scenario_publishing import publish_scenario
from longshore.planning.operations.scenario_runs import (
    EvaluationCancelled,
    ask_evaluation,
    cancel_evaluation,
    carry_out_evaluation,
    evaluate,
)
from longshore.planning.operations.scenarios import (
    NewChange,
    ScenarioRefused,
    Scope,
    UnknownScenario,
    add_change,
    change_scenario,
    drop_scenario,
    make_scenario,
    remove_change,
)
from longshore.planning.queries.scenario_facts import facts_of
from longshore.planning.scenario_rules import Change
from tests.platform.planning.world import MONDAY, WHO, World, days


@pytest.fixture
def running(world: World) -> World:
    """Tea sells 10 a day at the centre and 4 at the branch it feeds; the policies are computed."""
    world.expect(world.tea, 10)
    world.expect(world.tea, 4, site=world.branch)
    world.policy(world.tea, site=world.branch, source=world.centre)
    StockPolicy.objects.update(locked=False)
    set_policies(at=MONDAY, cause=WHO)
    world.stock(world.tea, 80)
    world.stock(world.tea, 20, shelf=world.branch_shelf)
    return world


def _quiet(done: int, total: int) -> None:
    """Nobody watches."""


def _ask(*changes: NewChange, days_ahead: int = 28) -> Scenario:
    number = make_scenario("what if", at=MONDAY, cause=WHO, horizon_days=days_ahead)
    for change in changes:
        add_change(number, change, at=MONDAY)
    return Scenario.objects.get(pk=number)


def _figures(*changes: NewChange) -> tuple[dict[str, Any], dict[str, Any]]:
    found = evaluate(_ask(*changes), at=MONDAY, watch=_quiet)
    return found["base"], found["with"]


def test_an_empty_overlay_is_the_live_plan(running: World) -> None:
    """Nothing changed: every figure the same, number for number, and nothing is written into the facts."""
    before = list(StockPolicy.objects.order_by("pk").values())
    base, changed = _figures()
    assert base == changed
    assert (base["service_bp"] or 0) > 9000 and len(base["value_by_day"]) == 28
    assert list(StockPolicy.objects.order_by("pk").values()) == before


def test_the_world_without_changes_is_the_facts(running: World) -> None:
    """The overlay of nothing gives back the facts themselves, policies and all."""
    facts = facts_of(at=MONDAY, days=28)
    world = scenario_rules.lay_over(facts, ())
    for name in ("reorder_point", "order_up_to", "order_qty", "mean_milli", "on_hand"):
        assert np.array_equal(getattr(world.facts, name), getattr(facts, name))
    centre, branch = (int(np.flatnonzero(facts.site == site)[0]) for site in (running.centre, running.branch))
    assert (int(facts.parent[branch]), int(facts.parent[centre])) == (centre, -1)
    assert world.needed_milli[centre, 0] == 14_000


def test_item_sites_of_the_network_are_in_it(running: World) -> None:
    """What the network plans is lived through as well, by its policy."""
    StockPolicy.objects.update(planned_by="network")
    assert len(facts_of(at=MONDAY, days=28).item) == 2


def test_goods_are_conserved_in_a_life(running: World) -> None:
    """Stock at the end = stock at the start + bought that arrived − given to customers, by another route."""
    facts = facts_of(at=MONDAY, days=28)
    world = scenario_rules.lay_over(facts, (Change("demand", 15_000, 5, 20),))
    luck = scenario_living.draws(world, 7)
    demand = scenario_living._demand(world, luck)
    state = scenario_living._begin(world)
    outcome = scenario_living.Outcome(late_by_row=np.zeros(2, dtype=np.int64))
    start, given, arrived_outside = int(state.stock.sum()), 0, 0
    for day in range(28):
        before = state.coming.copy()
        scenario_living._receive(world, state, day)
        fed = facts.parent >= 0
        arrived_outside += int(before[~fed, day].sum())
        stock = int(state.stock.sum())
        scenario_living._serve(world, state, demand[:, day], day)
        given += stock - int(state.stock.sum())
        scenario_living._ship(world, state, day)
        scenario_living._order(world, state, outcome, day)
        assert (state.stock >= 0).all() and (state.backlog >= 0).all() and (state.owed >= 0).all()
    fed = facts.parent >= 0
    under_way = int(state.coming[fed, 27 + 1 :].sum() + state.later[fed].sum())
    assert start + arrived_outside - given == int(state.stock.sum()) + under_way


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        (
            NewChange("demand", 20_000),
            lambda b, w: w["purchases"] > b["purchases"] and w["orders_late"] >= b["orders_late"],
        ),
        (
            NewChange("price", 13_000),
            lambda b, w: w["purchases"] > b["purchases"] and w["service_bp"] == b["service_bp"],
        ),
        (NewChange("service", 9990), lambda b, w: w["stock_value"] > b["stock_value"]),
        (NewChange("lead-time", 30_000), lambda b, w: w["stock_value"] != b["stock_value"]),
    ],
)
def test_each_change_moves_what_it_should(
    running: World, change: NewChange, holds: Callable[[dict[str, Any], dict[str, Any]], bool]
) -> None:
    """More demand costs more, dearer goods cost more at the same service, more service needs more stock."""
    base, changed = _figures(change)
    assert holds(base, changed), (base, changed)


def test_suppliers_and_sites_that_fail(running: World) -> None:
    """Both suppliers off: nothing is bought and orders are late. The branch closed: what it sells is late meanwhile."""
    off = [NewChange("supplier-off", scope=Scope(supplier=each)) for each in (running.grower, running.trader)]
    base, changed = _figures(*off)
    assert changed["purchases"] == 0 and changed["orders_late"] > base["orders_late"]
    closed = NewChange(
        "site-off", scope=Scope(site=running.branch), starts_on=date(2026, 3, 9), ends_on=date(2026, 3, 15)
    )
    base, changed = _figures(closed)
    assert changed["service_bp"] < base["service_bp"]
    scenario = _ask(closed)
    rows = evaluate(scenario, at=MONDAY, watch=_quiet)["rows"]
    assert rows[0]["site"] == running.branch and rows[0]["late_after_milli"] > rows[0]["late_before_milli"]


def test_a_full_site_orders_less(running: World) -> None:
    """Where little fits, orders wait until there is room; nothing is ordered above it."""
    Place.objects.filter(pk=running.centre).update(capacity_cm3=100_000)
    running_item = facts_of(at=MONDAY, days=28)
    assert running_item.capacity_cm3 == {running.centre: 100_000}
    from longshore.catalog.models import Item

    Item.objects.filter(pk=running.tea).update(volume_cm3=1000)
    base, changed = _figures(NewChange("capacity", 9000, Scope(site=running.centre)))
    assert changed["stock_value"] <= base["stock_value"]
    assert max(changed["value_by_day"]) <= (90 + 60) * 400


def test_a_change_keeps_to_its_scope_and_days(running: World) -> None:
    """A family nobody has, another item, or days beyond the horizon: the figures stay as they are."""
    for change in (
        NewChange("demand", 30_000, Scope(item=running.milk)),
        NewChange("demand", 30_000, starts_on=date(2027, 1, 1)),
        NewChange("price", 30_000, starts_on=date(2025, 1, 1), ends_on=date(2025, 2, 1)),
    ):
        base, changed = _figures(change)
        assert base == changed


def test_an_evaluation_is_a_job(running: World) -> None:
    """Asked for once, carried out once, progress to the end; the result stands beside its baseline."""
    scenario = _ask(NewChange("demand", 12_000))
    first, second = (ask_evaluation(scenario.pk, at=MONDAY, cause=WHO) for _ in range(2))
    assert first.pk == second.pk
    done = carry_out_evaluation(first.pk, now=lambda: days(0.1))
    assert (done.state, done.finished_at, done.result["days"], done.result["item_sites"]) == ("done", days(0.1), 28, 2)
    told = ScenarioRun.objects.get(pk=first.pk)
    assert told.done == told.total == 2 * 5 * 28
    again = carry_out_evaluation(first.pk, now=lambda: days(0.2))
    assert again.finished_at == days(0.1)


def test_a_cancelled_evaluation_leaves_nothing_behind(running: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped while it waits, or in the middle: the state says so, no result, no fact changed, and it can be asked again."""
    scenario = _ask(NewChange("demand", 12_000))
    waiting = ask_evaluation(scenario.pk, at=MONDAY, cause=WHO)
    assert cancel_evaluation(waiting.pk).state == "cancelled"
    assert carry_out_evaluation(waiting.pk, now=lambda: MONDAY).state == "cancelled"
    run = ask_evaluation(scenario.pk, at=MONDAY, cause=WHO)
    real, seen = scenario_living._order, []

    def order(*arguments: Any) -> None:
        real(*arguments)
        seen.append(1)
        if len(seen) == 10:
            cancel_evaluation(run.pk)

    monkeypatch.setattr(scenario_living, "_order", order)
    facts = (list(StockPolicy.objects.values()), list(Forecast.objects.values()))
    stopped = carry_out_evaluation(run.pk, now=lambda: days(0.1))
    assert (stopped.state, stopped.result, len(seen) < 30) == ("cancelled", {}, True)
    assert (list(StockPolicy.objects.values()), list(Forecast.objects.values())) == facts
    assert ask_evaluation(scenario.pk, at=MONDAY, cause=WHO).pk != run.pk
    with pytest.raises(EvaluationCancelled):
        raise EvaluationCancelled("cancelled", "…")


def test_a_scenario_copies_nothing(running: World) -> None:
    """Making one with a change writes two rows, however many facts there are."""
    tables = ("planning_stockpolicy", "planning_forecast", "catalog_supplieritem", "catalog_place", "planning_proposal")

    def rows() -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(f"(SELECT COUNT(*)::int FROM {table})" for table in tables))
            return [count for (count,) in cursor.fetchall()]

    before = rows()
    scenario = _ask(NewChange("demand", 12_000))
    evaluate(scenario, at=MONDAY, watch=_quiet)
    assert (rows(), Scenario.objects.count(), ScenarioChange.objects.count()) == (before, 1, 1)


def test_published_changes_are_the_facts(running: World) -> None:
    """Demand becomes an override, price, lead time and capacity go into the catalog, service into the policies."""
    Place.objects.filter(pk=running.centre).update(capacity_cm3=1000)
    scenario = _ask(
        NewChange("demand", 12_000, Scope(item=running.tea), date(2026, 3, 3), date(2026, 3, 9)),
        NewChange("price", 11_000, Scope(supplier=running.grower)),
        NewChange("lead-time", 20_000, Scope(supplier=running.grower, item=running.tea)),
        NewChange("service", 9900, Scope(site=running.centre)),
        NewChange("capacity", 15_000, Scope(site=running.centre)),
        NewChange("supplier-off", scope=Scope(supplier=running.trader)),
    )
    done = publish_scenario(scenario.pk, at=MONDAY, cause=WHO)
    assert (done.changes, Scenario.objects.get().state) == (6, "published")
    row = DemandOverride.objects.get()
    assert (row.kind, row.amount, row.starts_on, row.actor) == ("percent", 2000, date(2026, 3, 3), "tester")
    grower = SupplierItem.objects.get(supplier=running.grower, item=running.tea)
    assert (grower.unit_price, grower.lead_time_minutes, grower.moq, grower.active) == (550, 6 * 1440, 10, True)
    assert SupplierItem.objects.get(supplier=running.grower, item=running.milk).lead_time_minutes == 3 * 1440
    assert SupplierItem.objects.filter(supplier=running.trader, active=True).count() == 0
    policy = StockPolicy.objects.get(item=running.tea, site=running.centre)
    assert (policy.service_level_bp, policy.own_service, policy.locked) == (9900, True, False)
    assert Place.objects.get(pk=running.centre).capacity_cm3 == 1500
    with pytest.raises(ScenarioRefused) as closed:
        publish_scenario(scenario.pk, at=MONDAY, cause=WHO)
    assert closed.value.code == "scenario-closed"


@pytest.mark.parametrize(
    ("change", "catalog", "code"),
    [
        (None, True, "nothing-to-publish"),
        (NewChange("price", 11_000, starts_on=date(2026, 3, 9)), True, "cannot-be-dated"),
        (NewChange("price", 11_000), False, "catalog-not-yours"),
        (NewChange("price", 11_000, Scope(site=-1)), True, "terms-are-everywhere"),
    ],
)
def test_what_cannot_be_published_changes_nothing(
    running: World, change: NewChange | None, catalog: bool, code: str
) -> None:
    """One change that cannot go in keeps all of them out, with what to do about it."""
    changes = [NewChange("demand", 12_000)] if change is not None else []
    if change is not None:
        site = running.centre if change.scope.site == -1 else None
        changes.append(NewChange(change.kind, change.value_bp, Scope(site=site), change.starts_on, change.ends_on))
    scenario = _ask(*changes)
    with pytest.raises(ScenarioRefused) as refused:
        publish_scenario(scenario.pk, at=MONDAY, cause=WHO, may_change_catalog=catalog)
    assert (refused.value.code, DemandOverride.objects.count(), Scenario.objects.get().state) == (code, 0, "draft")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (NewChange("weather", 1), "unknown-change"),
        (NewChange("service", 10_000), "bad-service"),
        (NewChange("demand", 100_001), "bad-value"),
        (NewChange("lead-time", 0), "bad-value"),
        (NewChange("demand", 12_000, Scope(supplier=1)), "supplier-means-nothing"),
        (NewChange("supplier-off"), "supplier-missing"),
        (NewChange("site-off"), "site-missing"),
        (NewChange("demand", 12_000, Scope(item=1, family="drinks")), "item-or-family"),
        (NewChange("demand", 12_000, starts_on=date(2026, 3, 9), ends_on=date(2026, 3, 8)), "ends-before-start"),
        (NewChange("demand", 12_000, Scope(item=999_999)), "no-such-item"),
        (NewChange("demand", 12_000, Scope(family="nothing")), "no-such-family"),
        (NewChange("demand", 12_000, Scope(site=999_999)), "no-such-site"),
        (NewChange("supplier-off", scope=Scope(supplier=999_999)), "no-such-supplier"),
    ],
)
def test_a_change_that_says_nonsense_is_refused(world: World, change: NewChange, code: str) -> None:
    """Each by its code with a remedy; the scenario stays empty."""
    number = make_scenario("what if", at=MONDAY, cause=WHO)
    with pytest.raises(ScenarioRefused) as refused:
        add_change(number, change, at=MONDAY)
    assert (refused.value.code, bool(str(refused.value.remedy)), ScenarioChange.objects.count()) == (code, True, 0)


def test_a_scenario_is_kept_and_dropped(world: World) -> None:
    """Renamed, a change taken out, dropped; afterwards nothing more can be done to it. No name, no scenario."""
    number = make_scenario("first", at=MONDAY, cause=WHO)
    change = add_change(number, NewChange("demand", 12_000), at=MONDAY)
    change_scenario(number, at=MONDAY, name="second", note="why", horizon_days=14)
    remove_change(number, change, at=MONDAY)
    with pytest.raises(UnknownScenario):
        remove_change(number, change, at=MONDAY)
    drop_scenario(number, at=MONDAY, cause=WHO)
    row = Scenario.objects.get()
    assert (row.name, row.state, row.decided_by, row.changes.count()) == ("second", "dropped", "tester", 0)
    for refused in (
        lambda: add_change(number, NewChange("demand", 12_000), at=MONDAY),
        lambda: ask_evaluation(number, at=MONDAY, cause=WHO),
        lambda: make_scenario(" ", at=MONDAY, cause=WHO),
        lambda: make_scenario("x", at=MONDAY, cause=WHO, horizon_days=3),
    ):
        with pytest.raises(ScenarioRefused):
            refused()
    with pytest.raises(UnknownScenario):
        drop_scenario(999_999, at=MONDAY, cause=WHO)
